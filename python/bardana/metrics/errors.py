"""Metrics that are means of relative errors, logarithmic errors and angles."""

from __future__ import annotations

from typing import Any

from bardana import losses
from bardana.losses.base import native_formula
from bardana.losses.targets import loss_values
from bardana.metrics.base import FAMILY
from bardana.metrics.reductions import MeanMetricWrapper
from bardana.naming import snake_case
from bardana.tensor import Tensor

_POSITIVE = {"sign": 1.0}


class MeanAbsolutePercentageError(MeanMetricWrapper):
    """Be the mean error in percent of the target; see `losses.mean_absolute_percentage_error`.

    Args:
        name: key in logs. Default "mean_absolute_percentage_error".
        dtype: type of the result. Default `config.floatx()`.

    Example:
        >>> float(MeanAbsolutePercentageError()([[2.0], [4.0]], [[1.0], [4.0]]))
        25.0
    """

    _direction = "down"

    def __init__(self, name: str | None = "mean_absolute_percentage_error", dtype: str | None = None) -> None:
        super().__init__(losses.mean_absolute_percentage_error, name, dtype)


class MeanSquaredLogarithmicError(MeanMetricWrapper):
    """Be the mean of (log(1 + y_pred) − log(1 + y_true))²; see `losses.mean_squared_logarithmic_error`.

    Args:
        name: key in logs. Default "mean_squared_logarithmic_error".
        dtype: type of the result. Default `config.floatx()`.

    Example:
        >>> round(float(MeanSquaredLogarithmicError()([[0.0]], [[1.0]])), 3)
        0.48
    """

    _direction = "down"

    def __init__(self, name: str | None = "mean_squared_logarithmic_error", dtype: str | None = None) -> None:
        super().__init__(losses.mean_squared_logarithmic_error, name, dtype)


class LogCoshError(MeanMetricWrapper):
    """Be the mean of log cosh(y_pred − y_true); see `losses.log_cosh`.

    Args:
        name: key in logs. Default "logcosh".
        dtype: type of the result. Default `config.floatx()`.

    Example:
        >>> round(float(LogCoshError()([[0.0]], [[1.0]])), 3)
        0.434
    """

    _direction = "down"

    def __init__(self, name: str | None = "logcosh", dtype: str | None = None) -> None:
        super().__init__(losses.log_cosh, name, dtype)


class CosineSimilarity(MeanMetricWrapper):
    """Be the mean cosine of the angle between targets and predictions: 1 where they point the same way.

    The loss of this name has the other sign.

    Args:
        name: key in logs. Default "cosine_similarity".
        dtype: type of the result. Default `config.floatx()`.
        axis: axis of the vectors; in a model only −1, the default.

    Example:
        >>> float(CosineSimilarity()([[1.0, 0.0]], [[2.0, 0.0]]))
        1.0
    """

    _direction = "up"

    def __init__(self, name: str | None = "cosine_similarity", dtype: str | None = None, axis: int = -1) -> None:
        super().__init__(_cosine, name, dtype, axis=axis)

    def native(self) -> dict[str, Any]:
        return native_formula(self.name, losses.cosine_similarity, self.parameters) | _POSITIVE


def _cosine(y_true: Any, y_pred: Any, axis: int) -> Tensor:
    return loss_values("cosine_similarity", y_true, y_pred, _POSITIVE, axis)


for _component, _aliases in (
    (MeanAbsolutePercentageError, ("mape", "MAPE")),
    (MeanSquaredLogarithmicError, ("msle", "MSLE")),
    (LogCoshError, ()),
    (CosineSimilarity, ()),
):
    FAMILY.add(_component, snake_case(_component.__name__), *_aliases)
