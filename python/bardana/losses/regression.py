"""Losses for numbers."""

from __future__ import annotations

from typing import Any

from bardana.losses.base import FAMILY, FunctionLoss
from bardana.losses.targets import loss_values
from bardana.tensor import Tensor


def mean_squared_error(y_true: Any, y_pred: Any) -> Tensor:
    """Return the mean of (y_true − y_pred)² over the last axis.

    Args:
        y_true: targets, of the shape of `y_pred`.
        y_pred: predictions, shape (…, d).

    Returns:
        Values of shape (…).

    Example:
        >>> mean_squared_error([[0.0, 1.0]], [[1.0, 1.0]]).tolist()
        [0.5]
    """
    return loss_values("mean_squared_error", y_true, y_pred)


def mean_absolute_error(y_true: Any, y_pred: Any) -> Tensor:
    """Return the mean of |y_true − y_pred| over the last axis.

    Args:
        y_true: targets, of the shape of `y_pred`.
        y_pred: predictions, shape (…, d).

    Returns:
        Values of shape (…).

    Example:
        >>> mean_absolute_error([[0.0, 1.0]], [[2.0, 1.0]]).tolist()
        [1.0]
    """
    return loss_values("mean_absolute_error", y_true, y_pred)


def huber(y_true: Any, y_pred: Any, delta: float = 1.0) -> Tensor:
    """Return the mean of h(y_pred − y_true) over the last axis.

    h(e) = ½ e² for |e| ≤ delta and delta · |e| − ½ delta² beyond: squared near 0, linear far from it.

    Args:
        y_true: targets, of the shape of `y_pred`.
        y_pred: predictions, shape (…, d).
        delta: where the two parts meet, > 0. Default 1.

    Returns:
        Values of shape (…).

    Raises:
        ValueError: if delta is not positive.

    Source: Huber, Robust estimation of a location parameter (1964).

    Example:
        >>> huber([[0.0], [0.0]], [[1.0], [3.0]]).tolist()
        [0.5, 2.5]
    """
    return loss_values("huber", y_true, y_pred, {"delta": _positive(delta)})


class MeanSquaredError(FunctionLoss):
    """Be the mean squared error, mean (y_true − y_pred)²; its gradient by y_pred is 2 (y_pred − y_true) / d.

    Args:
        reduction, name, dtype: as in `Loss`.

    Example:
        >>> float(MeanSquaredError()([[0.0], [0.0]], [[1.0], [3.0]]))
        5.0
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "mean_squared_error",
        dtype: str | None = None,
    ) -> None:
        super().__init__(mean_squared_error, reduction, name, dtype)


class MeanAbsoluteError(FunctionLoss):
    """Be the mean absolute error, mean |y_true − y_pred|; its gradient by y_pred is sign(y_pred − y_true) / d.

    Args:
        reduction, name, dtype: as in `Loss`.

    Example:
        >>> float(MeanAbsoluteError()([[0.0], [0.0]], [[1.0], [3.0]]))
        2.0
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "mean_absolute_error",
        dtype: str | None = None,
    ) -> None:
        super().__init__(mean_absolute_error, reduction, name, dtype)


class Huber(FunctionLoss):
    """Be the Huber loss, mean h(y_pred − y_true): squared near 0, linear far from it; see `huber`.

    Its gradient by y_pred is e / d for |e| ≤ delta and delta · sign(e) / d beyond, with e = y_pred − y_true.

    Args:
        delta: where the squared part ends, > 0. Default 1.
        reduction, name, dtype: as in `Loss`.

    Raises:
        ValueError: if delta is not positive.

    Example:
        >>> float(Huber()([[0.0], [0.0]], [[1.0], [3.0]]))
        1.5
    """

    def __init__(
        self,
        delta: float = 1.0,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "huber_loss",
        dtype: str | None = None,
    ) -> None:
        super().__init__(huber, reduction, name, dtype, delta=_positive(delta))


def _positive(delta: float) -> float:
    if not delta > 0:
        raise ValueError(f"huber: expected `delta` > 0, received {delta}")
    return float(delta)


for _component in (mean_squared_error, mean_absolute_error, huber, MeanSquaredError, MeanAbsoluteError, Huber):
    FAMILY.add(_component)
FAMILY.add(mean_squared_error, "mse", "MSE")
FAMILY.add(mean_absolute_error, "mae", "MAE")
