"""Keras' wrappers: any compiled model, or a function that makes one, as a scikit-learn estimator.

Where Keras' documentation and its code differ, the documentation holds here: `warm_start` goes on from the weights of
the previous fit, and a clone has the `fit_kwargs` of its original and, for a model of its own, a copy of that model.
"""

from __future__ import annotations

import copy
from typing import Any, TypeVar

import numpy as np
import sklearn
from numpy.typing import NDArray
from sklearn.utils import column_or_1d
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import check_is_fitted

from bardana.callbacks import History
from bardana.models import Sequential, clone_model
from bardana.wrappers.kept_model import keep, keep_models, release, revive, revive_models
from bardana.wrappers.needed import BaseEstimator, ClassifierMixin, RegressorMixin, TransformerMixin, validate_data

Array = NDArray[Any]
Self = TypeVar("Self", bound="ModelWrapper")
_OF_SKLEARN = ("_metadata_request", "_sklearn_output_config")  # what a clone takes over besides arguments


class ModelWrapper(BaseEstimator):  # type: ignore[misc]
    """Hold what the three wrappers share: making, training and keeping the model."""

    model_: Sequential
    history_: History

    def __init__(
        self,
        model: Any,
        warm_start: bool = False,
        model_kwargs: dict[str, Any] | None = None,
        fit_kwargs: dict[str, Any] | None = None,
    ) -> None:
        self.model = model
        self.warm_start = warm_start
        self.model_kwargs = model_kwargs
        self.fit_kwargs = fit_kwargs

    @property
    def epoch_(self) -> int:
        """Number of epochs of the last fit, 0 before."""
        return len(self.history_.epoch) if hasattr(self, "history_") else 0

    def fit(self: Self, X: Any, y: Any, **kwargs: Any) -> Self:
        """Train a model on rows and targets; return the estimator.

        Args:
            X: array (rows, features).
            y: targets, shape (rows,) or (rows, outputs).
            kwargs: arguments of the model's `fit`, which go before those in `fit_kwargs`.
        """
        rows, targets = validate_data(self, X, y, multi_output=True)
        target = self._encode(targets)
        model = self._model_for(rows, target)
        if not isinstance(model, Sequential):
            raise ValueError(f"{type(self).__name__}: expected a bardana.Sequential, received {model!r}")
        if model._compiled is None or not model.loss:
            raise RuntimeError("Given model needs to be compiled, and have a loss and an optimizer.")
        arguments = {**(self.fit_kwargs or {}), **kwargs}
        try:
            self.history_ = model.fit(rows, target, **arguments)
        finally:
            release(arguments.get("callbacks"))
        self.model_ = model
        return self

    def _model_for(self, rows: Array, target: Array) -> Any:
        if self.warm_start and hasattr(self, "model_"):
            return self.model_
        if isinstance(self.model, Sequential):
            return self.model if self.warm_start else clone_model(self.model)
        if not callable(self.model):
            raise ValueError(
                f"{type(self).__name__}: expected model to be a compiled model or a function that returns one, "
                f"received {self.model!r}"
            )
        return self.model(X=rows, y=target, **(self.model_kwargs or {}))

    def _encode(self, targets: Array) -> Array:
        """Return targets as the model learns them, shape (rows, outputs)."""
        type_of_target(targets, input_name="y", raise_unknown=True)
        self._target_axes = targets.ndim
        return targets.reshape(len(targets), -1)

    def _outputs(self, X: Any) -> Array:
        """Return the outputs of the model; float64 for rows in float64, as they expect."""
        check_is_fitted(self, "model_")
        rows = validate_data(self, X, reset=False)
        outputs = self.model_.predict(rows, verbose=0)
        return outputs.astype(np.float64) if rows.dtype == np.float64 else outputs

    def predict(self, X: Any) -> Array:
        """Return what the model predicts, in the form that y had in `fit`.

        Args:
            X: array (rows, features).
        """
        outputs = self._outputs(X)
        if self._target_axes > 1:
            return outputs
        if outputs.ndim != 2 or outputs.shape[1] != 1:
            raise ValueError(
                f"{type(self).__name__}: expected a model with one output, as y has one number a row, received outputs "
                f"of shape {outputs.shape}"
            )
        return outputs[:, 0]

    def set_fit_request(self: Self, **kwargs: Any) -> Self:
        """Say which arguments of `fit` metadata routing passes on; RuntimeError unless that is enabled.

        Args:
            kwargs: for each argument True, False, None or the name under which it comes.
        """
        if not sklearn.get_config().get("enable_metadata_routing"):
            raise RuntimeError(
                "This method is only available when metadata routing is enabled: "
                "sklearn.set_config(enable_metadata_routing=True)"
            )
        requests = self.get_metadata_routing()
        for name, alias in kwargs.items():
            requests.fit.add_request(param=name, alias=alias)
        self._metadata_request = requests
        return self

    def __sklearn_clone__(self: Self) -> Self:
        twin = type(self)(**{name: _copied(value) for name, value in self.get_params(deep=False).items()})
        for name in _OF_SKLEARN:
            if hasattr(self, name):
                setattr(twin, name, copy.deepcopy(getattr(self, name)))
        return twin

    def __getstate__(self) -> dict[str, Any]:
        return keep_models(super().__getstate__())

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(revive_models(state))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.non_deterministic = True
        return tags


class SKLearnClassifier(ClassifierMixin, ModelWrapper):  # type: ignore[misc]
    """Classify with a model that learns rows of one-hot labels, one column for each class, also for two classes.

    Args:
        model: a compiled model, of which each `fit` trains a copy with new weights; or a function that returns a
            compiled model and is called with X, y (one-hot) and `model_kwargs` by name.
        warm_start: whether `fit` trains the given model itself, or the one of the previous fit. Default False.
        model_kwargs: further arguments of the function. Default None.
        fit_kwargs: arguments of the model's `fit`. Default None.

    Attributes:
        model_: the trained model.
        history_: what its `fit` returned.
        classes_: the labels, in the order of the columns.

    Raises:
        ValueError: in `fit`, unless y has labels of two classes or more.
        RuntimeError: in `fit`, for a model that is not compiled.

    Example:
        >>> import bardana as keras
        >>> def build(X, y, units=8):
        ...     hidden = keras.layers.Dense(units, "relu")
        ...     model = keras.Sequential([keras.Input(X.shape[1:]), hidden, keras.layers.Dense(y.shape[1], "softmax")])
        ...     model.compile("adam", "categorical_crossentropy")
        ...     return model
        >>> x, y = np.array([[0.0], [1.0], [2.0], [3.0]]), np.array(["low", "low", "high", "high"])
        >>> model = SKLearnClassifier(build, model_kwargs={"units": 4}, fit_kwargs={"epochs": 2, "verbose": 0})
        >>> model.fit(x, y).classes_.tolist(), model.epoch_, model.predict(x).shape
        (['high', 'low'], 2, (4,))
    """

    classes_: Array

    def _encode(self, targets: Array) -> Array:
        check_classification_targets(targets)
        kind = type_of_target(targets, input_name="y", raise_unknown=True)
        if kind not in ("binary", "multiclass"):
            raise ValueError(f"Only binary and multiclass target types are supported. Target type: {kind}")
        labels = column_or_1d(targets, warn=True)
        self.classes_, numbers = np.unique(labels, return_inverse=True)
        if len(self.classes_) == 1:
            raise ValueError("Classifier can't train when only one class is present.")
        return np.eye(len(self.classes_))[numbers]

    def predict(self, X: Any) -> Array:
        """Return the class with the largest output for each row.

        Args:
            X: array (rows, features).
        """
        outputs = self._outputs(X)
        return np.asarray(self.classes_[outputs.argmax(axis=-1)])

    def decision_function(self, X: Any) -> Array:
        """Return the outputs of the model, a column for each class, also for two.

        Args:
            X: array (rows, features).
        """
        return self._outputs(X)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.poor_score = True
        return tags


class SKLearnRegressor(RegressorMixin, ModelWrapper):  # type: ignore[misc]
    """Predict numbers with a model.

    Args:
        model, warm_start, model_kwargs, fit_kwargs: as for `SKLearnClassifier`; y has the shape (rows, outputs).

    Attributes:
        model_, history_: as for `SKLearnClassifier`.

    Raises:
        RuntimeError: in `fit`, for a model that is not compiled.

    Example:
        >>> import bardana as keras
        >>> model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
        >>> model.compile(keras.optimizers.SGD(0.5), "mse")
        >>> x = np.linspace(-1, 1, 64)[:, np.newaxis]
        >>> line = SKLearnRegressor(model, fit_kwargs={"epochs": 50, "verbose": 0}).fit(x, 2 * x[:, 0] + 1)
        >>> line.predict([[1.0]]).round(2).tolist()
        [3.0]
    """

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.regressor_tags.poor_score = True
        tags.target_tags.multi_output = True
        return tags


class SKLearnTransformer(TransformerMixin, ModelWrapper):  # type: ignore[misc]
    """Turn rows into a model's outputs, as a step of a pipeline.

    Args:
        model, warm_start, model_kwargs, fit_kwargs: as for `SKLearnRegressor`.

    Attributes:
        model_, history_: as for `SKLearnClassifier`.

    Raises:
        RuntimeError: in `fit`, for a model that is not compiled.

    Example:
        >>> import bardana as keras
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3)])
        >>> model.compile("sgd", "mse")
        >>> step = SKLearnTransformer(model, fit_kwargs={"verbose": 0})
        >>> step.fit_transform(np.ones((4, 2)), np.ones((4, 3))).shape
        (4, 3)
    """

    def transform(self, X: Any) -> Array:
        """Return the outputs of the model.

        Args:
            X: array (rows, features).
        """
        return self._outputs(X)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = []
        tags.target_tags.required = True
        tags.target_tags.multi_output = True
        return tags


def _copied(value: Any) -> Any:
    if isinstance(value, Sequential):
        return revive(keep(value))
    return value if callable(value) else copy.deepcopy(value)
