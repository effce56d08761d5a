"""Metrics that count a sample as right if its class is among the k best."""

from __future__ import annotations

from typing import Any

from bardana import _core
from bardana.arguments import checked_count
from bardana.data import as_floats, as_numbers
from bardana.losses.targets import align_labels, align_values
from bardana.metrics.base import FAMILY
from bardana.metrics.reductions import MeanMetricWrapper
from bardana.tensor import Tensor, as_tensor


def top_k_categorical_accuracy(y_true: Any, y_pred: Any, k: int = 5) -> Tensor:
    """Return 1 where fewer than k scores are larger than that of the true class, else 0.

    Args:
        y_true: one-hot targets, of the shape of `y_pred`.
        y_pred: scores of the classes, shape (…, classes).
        k: how many best scores count. Default 5.

    Returns:
        Values of shape (…).

    Raises:
        ValueError: if the shapes do not fit.

    Example:
        >>> top_k_categorical_accuracy([[0, 0, 1], [0, 1, 0]], [[0.1, 0.7, 0.2], [0.5, 0.1, 0.4]], k=2).tolist()
        [1.0, 0.0]
    """
    target, prediction = align_values("top_k_categorical_accuracy", as_numbers(y_true), as_floats(y_pred))
    metric = {"function": "top_k_categorical_accuracy", "k": checked_count(k, "k", least=0)}
    return as_tensor(_core.metric_values(metric, target, prediction))


def sparse_top_k_categorical_accuracy(y_true: Any, y_pred: Any, k: int = 5, from_sorted_ids: bool = False) -> Tensor:
    """Return 1 where fewer than k scores are larger than that of the true class, else 0.

    Args:
        y_true: class numbers, shape (…) or (…, 1).
        y_pred: scores of the classes, shape (…, classes); or, with from_sorted_ids, class numbers, best first.
        k: how many best scores count. Default 5.
        from_sorted_ids: whether `y_pred` holds class numbers. Default False.

    Returns:
        Values of shape (…).

    Raises:
        ValueError: if the shapes do not fit.

    Example:
        >>> sparse_top_k_categorical_accuracy([2, 1], [[0.1, 0.7, 0.2], [0.5, 0.1, 0.4]], k=2).tolist()
        [1.0, 0.0]
    """
    function = "sparse_top_k_categorical_accuracy"
    target, prediction = align_labels(function, as_numbers(y_true), as_floats(y_pred))
    metric = {"function": function, "k": checked_count(k, "k", least=0), "from_sorted_ids": float(from_sorted_ids)}
    return as_tensor(_core.metric_values(metric, target, prediction))


class TopKCategoricalAccuracy(MeanMetricWrapper):
    """Be the share of samples whose true class, one-hot, is among the k best; see `top_k_categorical_accuracy`.

    Args:
        k: how many best scores count. Default 5.
        name: key in logs. Default "top_k_categorical_accuracy".
        dtype: type of the result. Default `config.floatx()`.

    Example:
        >>> float(TopKCategoricalAccuracy(k=2)([[0, 0, 1], [0, 1, 0]], [[0.1, 0.7, 0.2], [0.5, 0.1, 0.4]]))
        0.5
    """

    _direction = "up"

    def __init__(self, k: int = 5, name: str | None = "top_k_categorical_accuracy", dtype: str | None = None) -> None:
        super().__init__(top_k_categorical_accuracy, name, dtype, k=checked_count(k, "k", least=0))
        self.k = k


class SparseTopKCategoricalAccuracy(MeanMetricWrapper):
    """Be the share of samples whose class, a number, is among the k best; see `sparse_top_k_categorical_accuracy`.

    Args:
        k: how many best scores count. Default 5.
        name: key in logs. Default "sparse_top_k_categorical_accuracy".
        dtype: type of the result. Default `config.floatx()`.
        from_sorted_ids: whether predictions are class numbers, best first. Default False.

    Example:
        >>> float(SparseTopKCategoricalAccuracy(k=2)([2, 1], [[0.1, 0.7, 0.2], [0.5, 0.1, 0.4]]))
        0.5
    """

    _direction = "up"

    def __init__(
        self,
        k: int = 5,
        name: str | None = "sparse_top_k_categorical_accuracy",
        dtype: str | None = None,
        from_sorted_ids: bool = False,
    ) -> None:
        parameters = {"k": checked_count(k, "k", least=0), "from_sorted_ids": bool(from_sorted_ids)}
        super().__init__(sparse_top_k_categorical_accuracy, name, dtype, **parameters)
        self.k = k
        self.from_sorted_ids = from_sorted_ids

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        if not config["from_sorted_ids"]:
            del config["from_sorted_ids"]  # an argument that older versions of Keras do not know
        return config


for _component in (top_k_categorical_accuracy, sparse_top_k_categorical_accuracy):
    FAMILY.add(_component)
FAMILY.add(TopKCategoricalAccuracy, "top_k_categorical_accuracy")
FAMILY.add(SparseTopKCategoricalAccuracy, "sparse_top_k_categorical_accuracy")
