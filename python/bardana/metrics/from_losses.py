"""Metrics that are means of losses. They do not include penalties on weights."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from bardana import losses
from bardana.data import Array, as_floats, as_numbers
from bardana.losses.targets import align_values
from bardana.metrics.base import FAMILY
from bardana.metrics.reductions import Mean, MeanMetricWrapper


class MeanSquaredError(MeanMetricWrapper):
    """Be the mean of (y_true − y_pred)².

    Args:
        name: key in logs. Default "mean_squared_error".
        dtype: type of the result. Default `config.floatx()`.

    Example:
        >>> float(MeanSquaredError()([[0.0], [0.0]], [[1.0], [3.0]]))
        5.0
    """

    _direction = "down"

    def __init__(self, name: str | None = "mean_squared_error", dtype: str | None = None) -> None:
        super().__init__(losses.mean_squared_error, name, dtype)


class RootMeanSquaredError(Mean):
    """Be the square root of the mean of (y_true − y_pred)² over all samples.

    Args:
        name: key in logs. Default "root_mean_squared_error".
        dtype: type of the result. Default `config.floatx()`.

    Example:
        >>> float(RootMeanSquaredError()([[0.0], [0.0]], [[3.0], [3.0]]))
        3.0
    """

    _direction = "down"

    def __init__(self, name: str | None = "root_mean_squared_error", dtype: str | None = None) -> None:
        super().__init__(name, dtype)

    def update_state(  # type: ignore[override]
        self, y_true: Any, y_pred: Any, sample_weight: Any = None
    ) -> None:
        """Take in one batch.

        Args:
            y_true: targets, of the shape of `y_pred`.
            y_pred: predictions.
            sample_weight: number or array, shape (n,) or (n, 1) for n samples. Default: all 1.
        """
        target, prediction = align_values(self.name, as_numbers(y_true), as_floats(y_pred))
        squares = losses.mean_squared_error(target[..., np.newaxis], prediction[..., np.newaxis])
        self._add(np.asarray(squares, dtype=np.float64), sample_weight)

    def load(self, state: Any) -> float:
        """Take over the pair (sum, weight); return the root of the mean, 0 for no weight."""
        return math.sqrt(super().load(state))

    def native(self) -> dict[str, Any]:
        return {"function": "mean_squared_error"}


class MeanAbsoluteError(MeanMetricWrapper):
    """Be the mean of |y_true − y_pred|.

    Args:
        name: key in logs. Default "mean_absolute_error".
        dtype: type of the result. Default `config.floatx()`.

    Example:
        >>> float(MeanAbsoluteError()([[0.0], [0.0]], [[1.0], [3.0]]))
        2.0
    """

    _direction = "down"

    def __init__(self, name: str | None = "mean_absolute_error", dtype: str | None = None) -> None:
        super().__init__(losses.mean_absolute_error, name, dtype)


class BinaryCrossentropy(MeanMetricWrapper):
    """Be the mean of −y log p − (1 − y) log(1 − p); see `losses.binary_crossentropy`.

    Args:
        name: key in logs. Default "binary_crossentropy".
        dtype: type of the result. Default `config.floatx()`.
        from_logits: whether predictions are logits. Default False: probabilities.
        label_smoothing: between 0 and 1. Default 0.

    Example:
        >>> metric = BinaryCrossentropy(from_logits=True)
        >>> round(float(metric([[1.0], [0.0]], [[0.0], [0.0]])), 3)  # log 2
        0.693
    """

    _direction = "down"

    def __init__(
        self,
        name: str | None = "binary_crossentropy",
        dtype: str | None = None,
        from_logits: bool = False,
        label_smoothing: float = 0,
    ) -> None:
        parameters = {"from_logits": bool(from_logits), "label_smoothing": label_smoothing}
        super().__init__(losses.binary_crossentropy, name, dtype, **parameters)


class CategoricalCrossentropy(MeanMetricWrapper):
    """Be the mean of −Σ yᵢ log pᵢ for one-hot targets; see `losses.categorical_crossentropy`.

    Args:
        name: key in logs. Default "categorical_crossentropy".
        dtype: type of the result. Default `config.floatx()`.
        from_logits: whether predictions are logits. Default False: probabilities.
        label_smoothing: between 0 and 1. Default 0.
        axis: axis of the classes; in a model only −1, the default.

    Example:
        >>> round(float(CategoricalCrossentropy()([[0.0, 1.0, 0.0]], [[0.1, 0.8, 0.1]])), 3)
        0.223
    """

    _direction = "down"

    def __init__(
        self,
        name: str | None = "categorical_crossentropy",
        dtype: str | None = None,
        from_logits: bool = False,
        label_smoothing: float = 0,
        axis: int = -1,
    ) -> None:
        parameters = {"from_logits": bool(from_logits), "label_smoothing": label_smoothing, "axis": axis}
        super().__init__(losses.categorical_crossentropy, name, dtype, **parameters)


class SparseCategoricalCrossentropy(MeanMetricWrapper):
    """Be the mean of −log pₖ for class numbers k; see `losses.sparse_categorical_crossentropy`.

    Args:
        name: key in logs. Default "sparse_categorical_crossentropy".
        dtype: type of the result. Default `config.floatx()`.
        from_logits: whether predictions are logits. Default False: probabilities.
        ignore_class: class number whose samples count as 0. As in Keras they remain in the divisor, unless there are
            sample weights.
        axis: axis of the classes; in a model only −1, the default.

    Example:
        >>> round(float(SparseCategoricalCrossentropy()([1], [[0.1, 0.8, 0.1]])), 3)
        0.223
    """

    _direction = "down"

    def __init__(
        self,
        name: str | None = "sparse_categorical_crossentropy",
        dtype: str | None = None,
        from_logits: bool = False,
        ignore_class: int | None = None,
        axis: int = -1,
    ) -> None:
        parameters = {"from_logits": bool(from_logits), "ignore_class": ignore_class, "axis": axis}
        super().__init__(losses.sparse_categorical_crossentropy, name, dtype, **parameters)

    def _counted(self, y_true: Array, shape: tuple[int, ...]) -> Array | None:
        ignored = self.parameters["ignore_class"]
        return None if ignored is None else (y_true != ignored).reshape(shape)


FAMILY.add(MeanSquaredError, "mean_squared_error", "mse", "MSE")
FAMILY.add(RootMeanSquaredError, "root_mean_squared_error")
FAMILY.add(MeanAbsoluteError, "mean_absolute_error", "mae", "MAE")
FAMILY.add(BinaryCrossentropy, "binary_crossentropy", "bce", "BCE")
FAMILY.add(CategoricalCrossentropy, "categorical_crossentropy")
FAMILY.add(SparseCategoricalCrossentropy, "sparse_categorical_crossentropy")
