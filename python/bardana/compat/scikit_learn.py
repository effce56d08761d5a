"""`keras.wrappers.scikit_learn` of Keras 1 and 2: a function that builds a model, as a scikit-learn estimator.

Needs scikit-learn. In today's Keras `keras.wrappers.SKLearnClassifier` and SciKeras take their place.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bardana import advice, losses, utils

try:
    _base: Any = importlib.import_module("sklearn.base")
except ImportError as error:
    raise ImportError("keras.wrappers.scikit_learn needs scikit-learn: pip install scikit-learn") from error

__all__ = ["BaseWrapper", "KerasClassifier", "KerasRegressor"]

_FIT = frozenset({"batch_size", "callbacks", "class_weight", "epochs", "initial_epoch", "nb_epoch", "shuffle"})
_FIT |= {"steps_per_epoch", "validation_data", "validation_freq", "validation_split", "verbose"}
_PREDICT = frozenset({"batch_size", "steps", "verbose"})


class BaseWrapper(_base.BaseEstimator):  # type: ignore[misc]
    """Build a model in every `fit`, so that the estimator can be cloned, cross-validated and searched over.

    Args:
        build_fn: function that returns a compiled model.
        sk_params: arguments of `build_fn` and of the model's `fit` and `predict`, by name.

    Raises:
        TypeError: if build_fn is no function, or an argument fits neither it nor `fit` or `predict`.
    """

    def __init__(self, build_fn: Callable[..., Any] | None = None, **sk_params: Any) -> None:
        advice.warn(
            f"keras.wrappers.scikit_learn.{type(self).__name__} has become SKLearn{type(self).__name__[5:]} in "
            "keras.wrappers of today's Keras, with another signature",
            DeprecationWarning,
        )
        self.build_fn = build_fn
        self.sk_params = sk_params
        self._check(sk_params)

    def _check(self, params: dict[str, Any]) -> None:
        if not callable(self.build_fn):
            raise TypeError(f"{type(self).__name__}: expected build_fn to be a function, received {self.build_fn!r}")
        parameters = inspect.signature(self.build_fn).parameters
        if any(p.kind is inspect.Parameter.VAR_KEYWORD for p in parameters.values()):
            return
        unknown = sorted(set(params) - set(parameters) - _FIT - _PREDICT)
        if unknown:
            raise TypeError(
                f"{type(self).__name__}: expected arguments of build_fn, fit or predict, received {unknown}"
            )

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return build_fn and all other arguments by name."""
        return {**self.sk_params, "build_fn": self.build_fn}

    def set_params(self, **params: Any) -> Any:
        """Replace arguments by name; return the estimator."""
        self.build_fn = params.pop("build_fn", self.build_fn)
        self._check(params)
        self.sk_params = {**self.sk_params, **params}
        return self

    def fit(self, x: Any, y: Any, **kwargs: Any) -> Any:
        """Build a model and train it; what `fit` of the model returns is in `history_` then.

        Args:
            x: array (rows, *input shape).
            y: targets.
            kwargs: arguments for the model's `fit`, before those of the estimator.
        """
        parameters = inspect.signature(self.build_fn).parameters if self.build_fn else {}
        takes_all = any(p.kind is inspect.Parameter.VAR_KEYWORD for p in parameters.values())
        own = {k: v for k, v in self.sk_params.items() if k in parameters or (takes_all and k not in _FIT | _PREDICT)}
        assert self.build_fn is not None
        self.model = self.model_ = self.build_fn(**own)
        self.history_ = self.model.fit(np.asarray(x), self._targets(np.asarray(y)), **self._arguments(_FIT, kwargs))
        self.n_features_in_ = int(np.shape(x)[-1])
        return self

    def _targets(self, y: NDArray[Any]) -> NDArray[Any]:
        return y

    def _arguments(self, names: frozenset[str], given: dict[str, Any]) -> dict[str, Any]:
        own = {k: v for k, v in self.sk_params.items() if k in names}
        if "nb_epoch" in own:
            own["epochs"] = own.pop("nb_epoch")
        return {**own, **given}

    def _check_fitted(self) -> None:
        if not hasattr(self, "model_"):
            raise importlib.import_module("sklearn.exceptions").NotFittedError(f"{type(self).__name__}: call fit first")

    def _outputs(self, x: Any, kwargs: dict[str, Any]) -> NDArray[Any]:
        self._check_fitted()
        return np.asarray(self.model_.predict(np.asarray(x), **self._arguments(_PREDICT, kwargs)))


class KerasClassifier(_base.ClassifierMixin, BaseWrapper):  # type: ignore[misc]
    """Be a classifier; labels of any kind are numbered for the model. `score` is the accuracy, also for one-hot rows.

    With the loss "categorical_crossentropy" the model gets the labels one-hot. One output is the probability of the
    second class.

    Args:
        build_fn: function that returns a compiled model.
        sk_params: arguments of `build_fn` and of the model's `fit` and `predict`, by name.

    Raises:
        TypeError: if build_fn is no function, or an argument fits neither it nor `fit` or `predict`.
        ValueError: in `fit`, if y is neither labels nor one-hot rows.

    Example:
        >>> import warnings
        >>> import bardana as keras
        >>> def build(units=4):
        ...     model = keras.Sequential([keras.layers.Dense(units, "tanh"), keras.layers.Dense(1, "sigmoid")])
        ...     model.compile("adam", "binary_crossentropy")
        ...     return model
        >>> with warnings.catch_warnings():
        ...     warnings.simplefilter("ignore")
        ...     classifier = KerasClassifier(build, units=8, epochs=50, verbose=0)
        >>> x = np.array([[-2.0], [-1.0], [1.0], [2.0]] * 8)
        >>> y = np.array(["low", "low", "high", "high"] * 8)
        >>> classifier.fit(x, y).classes_.tolist(), classifier.predict_proba(x).shape
        (['high', 'low'], (32, 2))
    """

    def _targets(self, y: NDArray[Any]) -> NDArray[Any]:
        if y.ndim == 2 and y.shape[1] > 1:
            self.classes_ = np.arange(y.shape[1])
            return y
        if y.ndim > 2:
            raise ValueError(f"KerasClassifier: expected y of shape (n,), (n, 1) or (n, classes), received {y.shape}")
        self.classes_, numbers = np.unique(y.reshape(-1), return_inverse=True)
        if _is_categorical(self.model.loss):
            return np.asarray(utils.to_categorical(numbers, len(self.classes_)))
        return numbers

    def predict_proba(self, x: Any, **kwargs: Any) -> NDArray[Any]:
        """Return the probability of each class, shape (rows, classes).

        Args:
            x: array (rows, *input shape).
            kwargs: arguments for the model's `predict`.
        """
        outputs = self._outputs(x, kwargs)
        return np.hstack([1 - outputs, outputs]) if outputs.shape[1] == 1 else outputs

    def predict(self, x: Any, **kwargs: Any) -> NDArray[Any]:
        """Return the label of each row; arguments as for `predict_proba`."""
        return np.asarray(self.classes_[self.predict_proba(x, **kwargs).argmax(axis=1)])

    def score(self, x: Any, y: Any, sample_weight: Any = None) -> float:
        """Return the share of rows whose label is predicted.

        Args:
            x: array (rows, *input shape).
            y: labels, or one-hot rows.
            sample_weight: weight of each row. Default: all 1.
        """
        labels = np.asarray(y)
        labels = labels.argmax(axis=1) if labels.ndim == 2 and labels.shape[1] > 1 else labels.reshape(-1)
        return float(np.average(self.predict(x) == labels, weights=sample_weight))


class KerasRegressor(_base.RegressorMixin, BaseWrapper):  # type: ignore[misc]
    """Be a regressor. `score` is the negative loss, as it was in Keras 2; scoring="r2" of scikit-learn gives R².

    Args:
        build_fn: function that returns a compiled model.
        sk_params: arguments of `build_fn` and of the model's `fit` and `predict`, by name.

    Raises:
        TypeError: if build_fn is no function, or an argument fits neither it nor `fit` or `predict`.

    Example:
        >>> import warnings
        >>> import bardana as keras
        >>> def build():
        ...     model = keras.Sequential([keras.layers.Dense(1)])
        ...     model.compile("adam", "mse")
        ...     return model
        >>> with warnings.catch_warnings():
        ...     warnings.simplefilter("ignore")
        ...     regressor = KerasRegressor(build, epochs=2, verbose=0)
        >>> x = np.linspace(0.0, 1.0, 20)[:, np.newaxis]
        >>> regressor.fit(x, 2 * x[:, 0]).predict(x).shape
        (20,)
    """

    def predict(self, x: Any, **kwargs: Any) -> NDArray[Any]:
        """Return the output of each row, without a last axis of 1.

        Args:
            x: array (rows, *input shape).
            kwargs: arguments for the model's `predict`.
        """
        outputs = self._outputs(x, kwargs)
        return outputs[:, 0] if outputs.shape[1:] == (1,) else outputs

    def score(self, x: Any, y: Any, sample_weight: Any = None) -> float:
        """Return minus the loss of the model, so that greater is better.

        Args:
            x: array (rows, *input shape).
            y: targets.
            sample_weight: weight of each row. Default: all 1.
        """
        self._check_fitted()
        results = self.model_.evaluate(np.asarray(x), np.asarray(y), sample_weight=sample_weight, verbose=0)
        return -float(results[0] if isinstance(results, list) else results)


def _is_categorical(loss: Any) -> bool:
    name = loss if isinstance(loss, str) else getattr(loss, "name", getattr(loss, "__name__", ""))
    return name == losses.categorical_crossentropy.__name__
