"""Losses for numbers whose size or direction matters: relative and logarithmic errors, angles."""

from __future__ import annotations

from typing import Any

from bardana.losses.base import FAMILY, FunctionLoss
from bardana.losses.targets import loss_values
from bardana.tensor import Tensor


def mean_absolute_percentage_error(y_true: Any, y_pred: Any) -> Tensor:
    """Return the mean of 100 |y_true − y_pred| / max(|y_true|, ε) over the last axis, with ε = `config.epsilon()`.

    Args:
        y_true: targets, of the shape of `y_pred`.
        y_pred: predictions, shape (…, d).

    Returns:
        Values of shape (…).

    Example:
        >>> mean_absolute_percentage_error([[2.0, 4.0]], [[1.0, 4.0]]).tolist()
        [25.0]
    """
    return loss_values("mean_absolute_percentage_error", y_true, y_pred)


def mean_squared_logarithmic_error(y_true: Any, y_pred: Any) -> Tensor:
    """Return the mean of (log(1 + y_pred) − log(1 + y_true))² over the last axis.

    Numbers below ε = `config.epsilon()` count as ε.

    Args:
        y_true: targets, of the shape of `y_pred`.
        y_pred: predictions, shape (…, d).

    Returns:
        Values of shape (…).

    Example:
        >>> mean_squared_logarithmic_error([[0.0]], [[1.0]]).numpy().round(3)  # (log 2)²
        array([0.48], dtype=float32)
    """
    return loss_values("mean_squared_logarithmic_error", y_true, y_pred)


def log_cosh(y_true: Any, y_pred: Any) -> Tensor:
    """Return the mean of log cosh(y_pred − y_true) over the last axis: e² / 2 near 0, |e| − log 2 far from it.

    Args:
        y_true: targets, of the shape of `y_pred`.
        y_pred: predictions, shape (…, d).

    Returns:
        Values of shape (…).

    Example:
        >>> log_cosh([[0.0]], [[1.0]]).numpy().round(3)
        array([0.434], dtype=float32)
    """
    return loss_values("log_cosh", y_true, y_pred)


def cosine_similarity(y_true: Any, y_pred: Any, axis: int = -1) -> Tensor:
    """Return −cos of the angle between y_true and y_pred, −Σ t y / (|t| |y|): −1 where they point the same way.

    Vectors shorter than ε = `config.epsilon()` count as of that length.

    Args:
        y_true: targets, of the shape of `y_pred`.
        y_pred: predictions, shape (…, d).
        axis: axis of the vectors. Default: the last.

    Returns:
        Values of the shape of `y_pred` without the axis.

    Example:
        >>> cosine_similarity([[1.0, 0.0]], [[2.0, 0.0]]).tolist()
        [-1.0]
    """
    return loss_values("cosine_similarity", y_true, y_pred, axis=axis)


class MeanAbsolutePercentageError(FunctionLoss):
    """Be the mean error in percent of the target, 100 |y_true − y_pred| / max(|y_true|, ε).

    Args:
        reduction, name, dtype: as in `Loss`.

    Example:
        >>> float(MeanAbsolutePercentageError()([[2.0], [4.0]], [[1.0], [4.0]]))
        25.0
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "mean_absolute_percentage_error",
        dtype: str | None = None,
    ) -> None:
        super().__init__(mean_absolute_percentage_error, reduction, name, dtype)


class MeanSquaredLogarithmicError(FunctionLoss):
    """Be the mean of (log(1 + y_pred) − log(1 + y_true))²; see `mean_squared_logarithmic_error`.

    Args:
        reduction, name, dtype: as in `Loss`.

    Example:
        >>> round(float(MeanSquaredLogarithmicError()([[0.0]], [[1.0]])), 3)
        0.48
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "mean_squared_logarithmic_error",
        dtype: str | None = None,
    ) -> None:
        super().__init__(mean_squared_logarithmic_error, reduction, name, dtype)


class LogCosh(FunctionLoss):
    """Be the mean of log cosh(y_pred − y_true); its gradient by y_pred is tanh(y_pred − y_true) / d.

    Args:
        reduction, name, dtype: as in `Loss`.

    Example:
        >>> round(float(LogCosh()([[0.0]], [[1.0]])), 3)
        0.434
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "log_cosh",
        dtype: str | None = None,
    ) -> None:
        super().__init__(log_cosh, reduction, name, dtype)


class CosineSimilarity(FunctionLoss):
    """Be −cos of the angle between targets and predictions, between −1 (same direction) and 1; see `cosine_similarity`.

    The metric of this name has the other sign.

    Args:
        axis: axis of the vectors; in a model only −1, the default.
        reduction, name, dtype: as in `Loss`.

    Example:
        >>> float(CosineSimilarity()([[1.0, 0.0]], [[2.0, 0.0]]))
        -1.0
    """

    def __init__(
        self,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "cosine_similarity",
        dtype: str | None = None,
    ) -> None:
        super().__init__(cosine_similarity, reduction, name, dtype, axis=axis)


for _component in (log_cosh, cosine_similarity, MeanAbsolutePercentageError, MeanSquaredLogarithmicError, LogCosh):
    FAMILY.add(_component)
FAMILY.add(CosineSimilarity)
FAMILY.add(mean_absolute_percentage_error, "mape", "MAPE")
FAMILY.add(mean_squared_logarithmic_error, "msle", "MSLE")
