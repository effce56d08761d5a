"""Metrics that count right answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from bardana import _core
from bardana.data import Array, as_floats, as_numbers
from bardana.losses.targets import align_labels, align_values
from bardana.metrics.base import FAMILY
from bardana.metrics.reductions import MeanMetricWrapper
from bardana.tensor import Tensor, as_tensor


def accuracy(y_true: Any, y_pred: Any) -> Tensor:
    """Return 1 where y_pred = y_true, else 0, for every element.

    Args:
        y_true: numbers, of the shape of `y_pred`.
        y_pred: numbers.

    Returns:
        Values of the shape of `y_pred`.

    Raises:
        ValueError: if the shapes differ.

    Example:
        >>> accuracy([1, 2, 3], [1, 2, 4]).tolist()
        [1.0, 1.0, 0.0]
    """
    given = np.asarray(y_pred)
    exact = as_floats(given, np.float64 if given.dtype.kind in "iu" else None)
    return _each("accuracy", *align_values("accuracy", as_numbers(y_true), exact))


def binary_accuracy(y_true: Any, y_pred: Any, threshold: float = 0.5) -> Tensor:
    """Return 1 where [y_pred > threshold] = y_true, else 0, for every element.

    Args:
        y_true: 0 or 1, of the shape of `y_pred`.
        y_pred: probabilities.
        threshold: what a prediction must exceed to mean 1. Default 0.5.

    Returns:
        Values of the shape of `y_pred`.

    Raises:
        ValueError: if the shapes differ.

    Example:
        >>> binary_accuracy([1, 1, 0], [0.9, 0.4, 0.5]).tolist()
        [1.0, 0.0, 1.0]
    """
    target, prediction = align_values("binary_accuracy", as_numbers(y_true), as_floats(y_pred))
    return _each("binary_accuracy", target, prediction, threshold=float(threshold))


def categorical_accuracy(y_true: Any, y_pred: Any) -> Tensor:
    """Return [argmax y_pred = argmax y_true]: 1 where the true class has the largest score, else 0.

    Of equal numbers the first counts.

    Args:
        y_true: one-hot targets, of the shape of `y_pred`.
        y_pred: scores of the classes, shape (…, classes).

    Returns:
        Values of shape (…).

    Raises:
        ValueError: if the shapes do not fit.

    Example:
        >>> categorical_accuracy([[0, 1], [0, 1]], [[0.2, 0.8], [0.6, 0.4]]).tolist()
        [1.0, 0.0]
    """
    target, prediction = align_values("categorical_accuracy", as_numbers(y_true), as_floats(y_pred))
    return as_tensor(_core.metric_values({"function": "categorical_accuracy"}, target, prediction))


def sparse_categorical_accuracy(y_true: Any, y_pred: Any) -> Tensor:
    """Return [argmax y_pred = y_true]: 1 where the true class has the largest score, else 0.

    Of equal scores the first counts.

    Args:
        y_true: class numbers, shape (…) or (…, 1).
        y_pred: scores of the classes, shape (…, classes).

    Returns:
        Values of shape (…).

    Raises:
        ValueError: if the shapes do not fit.

    Example:
        >>> sparse_categorical_accuracy([1, 1], [[0.2, 0.8], [0.6, 0.4]]).tolist()
        [1.0, 0.0]
    """
    target, prediction = align_labels("sparse_categorical_accuracy", as_numbers(y_true), as_floats(y_pred))
    return as_tensor(_core.metric_values({"function": "sparse_categorical_accuracy"}, target, prediction))


class Accuracy(MeanMetricWrapper):
    """Be the share of predictions that equal the targets; see `accuracy`.

    Args:
        name: key in logs. Default "accuracy".
        dtype: type of the result. Default `config.floatx()`.

    Example:
        >>> float(Accuracy()([[1], [2]], [[1], [3]]))
        0.5
    """

    _direction = "up"

    def __init__(self, name: str | None = "accuracy", dtype: str | None = None) -> None:
        super().__init__(accuracy, name, dtype)


class BinaryAccuracy(MeanMetricWrapper):
    """Be the share of yes-or-no answers that are right; see `binary_accuracy`.

    Args:
        name: key in logs. Default "binary_accuracy".
        dtype: type of the result. Default `config.floatx()`.
        threshold: what a prediction must exceed to mean 1. Default 0.5.

    Example:
        >>> float(BinaryAccuracy(threshold=0.25)([[1], [1], [0], [0]], [[0.9], [0.3], [0.5], [0.1]]))
        0.75
    """

    _direction = "up"

    def __init__(self, name: str | None = "binary_accuracy", dtype: str | None = None, threshold: float = 0.5) -> None:
        super().__init__(binary_accuracy, name, dtype, threshold=float(threshold))


class CategoricalAccuracy(MeanMetricWrapper):
    """Be the share of samples whose true class, one-hot, has the largest score; see `categorical_accuracy`.

    Args:
        name: key in logs. Default "categorical_accuracy".
        dtype: type of the result. Default `config.floatx()`.

    Example:
        >>> float(CategoricalAccuracy()([[0, 1], [0, 1]], [[0.2, 0.8], [0.6, 0.4]]))
        0.5
    """

    _direction = "up"

    def __init__(self, name: str | None = "categorical_accuracy", dtype: str | None = None) -> None:
        super().__init__(categorical_accuracy, name, dtype)


class SparseCategoricalAccuracy(MeanMetricWrapper):
    """Be the share of samples whose true class, a number, has the largest score; see `sparse_categorical_accuracy`.

    Args:
        name: key in logs. Default "sparse_categorical_accuracy".
        dtype: type of the result. Default `config.floatx()`.

    Example:
        >>> metric = SparseCategoricalAccuracy()
        >>> metric.update_state([1], [[0.2, 0.8]])
        >>> metric.update_state([1], [[0.6, 0.4]])
        >>> float(metric.result())
        0.5
    """

    _direction = "up"

    def __init__(self, name: str | None = "sparse_categorical_accuracy", dtype: str | None = None) -> None:
        super().__init__(sparse_categorical_accuracy, name, dtype)


def _each(function: str, target: Array, prediction: Array, **parameters: float) -> Tensor:
    """Evaluate a native metric for every element: as rows of one."""
    metric: Mapping[str, Any] = {"function": function, **parameters}
    values = _core.metric_values(metric, target.reshape(-1, 1), prediction.reshape(-1, 1))
    return as_tensor(values.reshape(prediction.shape))


for _function in (accuracy, binary_accuracy, categorical_accuracy, sparse_categorical_accuracy):
    FAMILY.add(_function)
FAMILY.add(Accuracy, "accuracy")
FAMILY.add(BinaryAccuracy, "binary_accuracy")
FAMILY.add(CategoricalAccuracy, "categorical_accuracy")
FAMILY.add(SparseCategoricalAccuracy, "sparse_categorical_accuracy")
