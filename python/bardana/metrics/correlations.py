"""Metrics that are means of the correlation of each row."""

from __future__ import annotations

from typing import Any

import numpy as np

from bardana import _core
from bardana.data import as_floats, as_numbers
from bardana.losses.targets import align_values, global_parameters
from bardana.metrics.base import FAMILY
from bardana.metrics.reductions import MeanMetricWrapper
from bardana.tensor import Tensor, as_tensor


def _correlation(function: str, y_true: Any, y_pred: Any, axis: int) -> Tensor:
    target, prediction = align_values(function, as_numbers(y_true), as_floats(y_pred), axis)
    with np.errstate(all="ignore"):
        return as_tensor(_core.metric_values({"function": function, **global_parameters(function)}, target, prediction))


def pearson_correlation(y_true: Any, y_pred: Any, axis: int = -1) -> Tensor:
    """Return cov / (σ σ), the correlation of y_true and y_pred along an axis.

    Args:
        y_true: targets, of the shape of `y_pred`.
        y_pred: predictions.
        axis: the axis. Default: the last.

    Returns:
        Values of the shape of `y_pred` without the axis; NaN where a row is constant and that makes 0 / 0.

    Example:
        >>> round(float(pearson_correlation([[0.0, 1.0, 2.0]], [[1.0, 3.0, 5.0]]).item()), 3)
        1.0
    """
    return _correlation("pearson_correlation", y_true, y_pred, axis)


def concordance_correlation(y_true: Any, y_pred: Any, axis: int = -1) -> Tensor:
    """Return 2 cov / (σ² + σ² + (difference of the means)² + ε) of y_true and y_pred along an axis.

    Unlike the other correlation it also falls where means or scales differ.

    Args:
        y_true: targets, of the shape of `y_pred`.
        y_pred: predictions.
        axis: the axis. Default: the last.

    Returns:
        Values of the shape of `y_pred` without the axis; NaN where a row is constant and that makes 0 / 0.

    Example:
        >>> round(float(concordance_correlation([[0.0, 2.0]], [[1.0, 3.0]]).item()), 3)
        0.667
    """
    return _correlation("concordance_correlation", y_true, y_pred, axis)


class PearsonCorrelation(MeanMetricWrapper):
    """Be the mean correlation of the rows; see `pearson_correlation`.

    Args:
        name: key in logs. Default "pearson_correlation".
        dtype: type of the result. Default `config.floatx()`.
        axis: axis along which to correlate; in a model only −1, the default.

    Example:
        >>> round(float(PearsonCorrelation()([[0.0, 1.0, 2.0]], [[1.0, 3.0, 5.0]])), 3)
        1.0
    """

    _direction = "up"

    def __init__(self, name: str | None = "pearson_correlation", dtype: str | None = None, axis: int = -1) -> None:
        super().__init__(pearson_correlation, name, dtype, axis=axis)


class ConcordanceCorrelation(MeanMetricWrapper):
    """Be the mean correlation of the rows; see `concordance_correlation`.

    Args:
        name: key in logs. Default "concordance_correlation".
        dtype: type of the result. Default `config.floatx()`.
        axis: axis along which to correlate; in a model only −1, the default.

    Example:
        >>> round(float(ConcordanceCorrelation()([[0.0, 2.0]], [[1.0, 3.0]])), 3)
        0.667
    """

    _direction = "up"

    def __init__(self, name: str | None = "concordance_correlation", dtype: str | None = None, axis: int = -1) -> None:
        super().__init__(concordance_correlation, name, dtype, axis=axis)


for _component in (pearson_correlation, concordance_correlation):
    FAMILY.add(_component)
FAMILY.add(PearsonCorrelation, "pearson_correlation")
FAMILY.add(ConcordanceCorrelation, "concordance_correlation")
