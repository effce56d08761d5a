"""What scikit-learn expects of an estimator, without needing scikit-learn.

`clone`, `Pipeline`, `GridSearchCV` and `cross_val_score` take such an estimator as one of their own. Where scikit-learn
is loaded, warnings and errors are also those of its classes, so that its users' filters catch them.
"""

from __future__ import annotations

import inspect
import sys
from functools import lru_cache
from typing import Any, TypeVar

Self = TypeVar("Self", bound="Estimator")


class ConvergenceWarning(UserWarning):
    """Training has ended without having separated the classes.

    Where scikit-learn is loaded, also its `sklearn.exceptions.ConvergenceWarning`.

    Example:
        >>> issubclass(ConvergenceWarning, UserWarning)
        True
    """


class NotFittedError(ValueError, AttributeError):
    """An estimator was used before `fit`.

    Where scikit-learn is loaded, also its `sklearn.exceptions.NotFittedError`.

    Example:
        >>> issubclass(NotFittedError, ValueError)
        True
    """


def like_sklearn(own: type[Any]) -> type[Any]:
    """Return a class that is both `own` and scikit-learn's of the same name, or `own` while scikit-learn is not loaded.

    Args:
        own: exception or warning of this module.
    """
    theirs = getattr(sys.modules.get("sklearn.exceptions"), own.__name__, None)
    return own if theirs is None else _both(own, theirs)  # type: ignore[arg-type]


@lru_cache
def _both(own: type[Any], theirs: type[Any]) -> type[Any]:
    """Return a class of both; other processes, to which errors are sent, read it as `own`."""
    members = {"__module__": own.__module__, "__reduce__": lambda self: (own, self.args)}
    return type(own.__name__, (own, theirs), members)


class Estimator:
    """Keep the arguments of `__init__` as attributes of the same names, and say so as scikit-learn asks for it.

    A subclass assigns its arguments unchanged, checks them in `fit`, and ends what it has learned with an underscore.

    Example:
        >>> class Constant(Estimator):
        ...     def __init__(self, value=1):
        ...         self.value = value
        >>> Constant(3).get_params(), Constant().set_params(value=2)
        ({'value': 3}, Constant(value=2))
    """

    _estimator_type: str | None = None

    @classmethod
    def _defaults(cls) -> dict[str, Any]:
        parameters = inspect.signature(cls).parameters.values()
        return {parameter.name: parameter.default for parameter in parameters}

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the arguments by name.

        Args:
            deep: whether to add the arguments of arguments that are estimators. There are none, so it does not matter.
        """
        return {name: getattr(self, name) for name in sorted(self._defaults())}

    def set_params(self: Self, **params: Any) -> Self:
        """Replace arguments by name and return the estimator; ValueError for an unknown name.

        Args:
            params: new values by name.
        """
        known = self._defaults()
        for name, value in params.items():
            if name not in known:
                raise ValueError(f"{type(self).__name__}: expected parameters among {sorted(known)}, received {name!r}")
            setattr(self, name, value)
        return self

    def _check_fitted(self, attribute: str) -> None:
        if not hasattr(self, attribute):
            raise like_sklearn(NotFittedError)(f"This {type(self).__name__} is not fitted yet: call fit first")

    def __repr__(self) -> str:
        changed = {k: v for k, v in self._defaults().items() if repr(getattr(self, k)) != repr(v)}
        return f"{type(self).__name__}({', '.join(f'{name}={getattr(self, name)!r}' for name in changed)})"

    def __sklearn_tags__(self) -> Any:
        """Return what scikit-learn 1.6 and later ask every estimator for."""
        from sklearn.utils import ClassifierTags, InputTags, Tags, TargetTags

        is_classifier = self._estimator_type == "classifier"
        return Tags(
            estimator_type=self._estimator_type,
            target_tags=TargetTags(required=is_classifier, multi_output=is_classifier),
            classifier_tags=ClassifierTags(multi_label=True) if is_classifier else None,
            input_tags=InputTags(),
        )
