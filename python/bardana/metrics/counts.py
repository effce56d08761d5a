"""Metrics made from the numbers of true and false positives and negatives at one or several thresholds.

A prediction is positive at a threshold if it exceeds it; a target is positive unless it is 0.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from bardana import config
from bardana.arguments import checked_count, is_integer
from bardana.data import Array
from bardana.metrics.base import FAMILY
from bardana.metrics.state import State
from bardana.metrics.tallied import TalliedMetric, ratio
from bardana.naming import snake_case

NO_THRESHOLD = -1e10  # every prediction that is left by top_k exceeds it
TP, FP, TN, FN = "true_positives", "false_positives", "true_negatives", "false_negatives"


class ThresholdMetric(TalliedMetric):
    """Hold numbers of true and false positives and negatives for each of several thresholds.

    Args:
        thresholds: in any order.
        counts: which of the four numbers to keep.
        names: names of their variables.
        labels: None for one set of numbers over all columns; the number of columns for one set each, 0 if that is not
            known yet.
        even: whether the thresholds are evenly spaced from 0 to 1. A prediction then falls between two of them by
            multiplication, as in Keras, which may place it otherwise than comparison where it is within a rounding.
        top_k, class_id: as in `Precision`.
        name, dtype: as in `Metric`.
    """

    def __init__(
        self,
        thresholds: Sequence[float],
        counts: Sequence[str],
        names: Sequence[str],
        even: bool,
        labels: int | None = None,
        top_k: int | None = None,
        class_id: int | None = None,
        name: str | None = None,
        dtype: str | None = None,
    ) -> None:
        super().__init__(dtype, name)
        self.thresholds = list(thresholds)
        self._even = even
        self._kept = tuple(counts)
        self._names = tuple(names)
        self.top_k = None if top_k is None else checked_count(top_k, f"{self.name}: top_k")
        self.class_id = _checked_class(class_id, self.name)
        self._order = np.argsort(self.thresholds, kind="stable")
        self._by_label = labels is not None
        if labels != 0:
            self._make(labels)

    @property
    def _states_dtype(self) -> str:
        """Type of the variables, in which predictions are compared with thresholds: not that of the result."""
        return self._states[0].dtype if self._states else config.floatx()

    def _make(self, labels: int | None) -> None:
        shape = (len(self.thresholds),) if labels is None else (len(self.thresholds), labels)
        for name in self._names:
            setattr(self, name, self.add_variable(shape, "zeros", name=name))
        self._by_count: dict[str, State] = dict(zip(self._kept, self._states, strict=True))

    def native(self) -> dict[str, Any]:
        return {
            "function": "threshold_counts",
            "thresholds": [self.thresholds[i] for i in self._order],
            "by_label": float(self._by_label),
            "single": float(self._states_dtype == "float32"),
            "even": float(self._even),
            "from_below": float(self._even and min(self.thresholds) < 0),
            "top_k": float(self.top_k or 0),
            "class_id": math.nan if self.class_id is None else float(self.class_id),
        }

    def _parts(self, state: Array) -> Sequence[Array]:
        """Positive and negative targets are counted by the number of thresholds that their prediction exceeds."""
        by_exceeded = state.reshape(-1, 2, len(self.thresholds) + 1)
        above = np.flip(np.cumsum(np.flip(by_exceeded, -1), -1), -1)
        if not self._states:
            self._make(len(above))
        exceeding, below = above[..., 1:], above[..., :1] - above[..., 1:]
        parts = {TP: exceeding[:, 0], FP: exceeding[:, 1], FN: below[:, 0], TN: below[:, 1]}
        return [self._in_given_order(parts[count]) for count in self._kept]

    def _in_given_order(self, by_label: Array) -> Array:
        ordered = np.empty_like(by_label)
        ordered[:, self._order] = by_label
        return np.ascontiguousarray(ordered.T) if self._by_label else ordered[0]

    def _count(self, count: str) -> Array:
        return np.asarray(self._by_count[count].held)

    def _share(self, count: str, rest: str) -> Array:
        """Return a / (a + b) of two numbers, 0 where both are 0."""
        return ratio(self._count(count), self._count(count) + self._count(rest))

    @property
    def _weighs_elements(self) -> bool:
        return self.top_k is None and self.class_id is None

    def _check_shape(self, shape: tuple[int, ...]) -> None:
        if len(shape) == 1 and (self.class_id is not None or self.top_k is not None):
            raise ValueError(
                f"{self.name}: expected y_pred of shape (n, classes) for top_k or class_id, received {shape}"
            )


def parse_thresholds(thresholds: Any, default: float, owner: str) -> list[float]:
    """Return thresholds, given as a number, several or None, as a list.

    Raises:
        ValueError: unless they lie between 0 and 1.
    """
    if thresholds is None:
        return [default]
    several = list(thresholds) if isinstance(thresholds, (list, tuple, np.ndarray)) else [thresholds]
    for threshold in several:
        if threshold is None or not 0 <= threshold <= 1:
            raise ValueError(f"{owner}: expected thresholds between 0 and 1, received {threshold!r} in {thresholds!r}")
    return [float(threshold) for threshold in several]


def are_even(thresholds: Sequence[float]) -> bool:
    """Return whether three or more thresholds go from 0 to 1 in even steps."""
    count = len(thresholds)
    return count > 2 and np.allclose(thresholds, np.arange(count) / (count - 1), atol=config.epsilon())


class _Count(ThresholdMetric):
    """Be one of the four numbers."""

    def __init__(self, count: str, thresholds: Any, name: str | None, dtype: str | None) -> None:
        self.init_thresholds = thresholds
        parsed = parse_thresholds(thresholds, 0.5, type(self).__name__)
        super().__init__(parsed, [count], ["accumulator"], are_even(parsed), name=name, dtype=dtype)

    def _value(self) -> Any:
        counted = self._count(self._kept[0])
        return counted[0] if len(self.thresholds) == 1 else counted

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "thresholds": self.init_thresholds}


class TruePositives(_Count):
    """Be the number of positive targets with a positive prediction.

    Args:
        thresholds: number or list of numbers between 0 and 1 that a prediction must exceed to be positive. Default 0.5.
        name: key in logs. Default "true_positives", with a counter.
        dtype: type of the result. Default `config.floatx()`.

    Returns:
        A number, or an array of one for each of several thresholds.

    Raises:
        ValueError: if a threshold lies outside [0, 1].

    Example:
        >>> float(TruePositives()([[1], [1], [0]], [[0.9], [0.2], [0.8]]))
        1.0
    """

    def __init__(self, thresholds: Any = None, name: str | None = None, dtype: str | None = None) -> None:
        super().__init__(TP, thresholds, name, dtype)


class FalsePositives(_Count):
    """Be the number of negative targets with a positive prediction.

    Args:
        thresholds: number or list of numbers between 0 and 1 that a prediction must exceed to be positive. Default 0.5.
        name: key in logs. Default "false_positives", with a counter.
        dtype: type of the result. Default `config.floatx()`.

    Returns:
        A number, or an array of one for each of several thresholds.

    Raises:
        ValueError: if a threshold lies outside [0, 1].

    Example:
        >>> float(FalsePositives()([[1], [1], [0]], [[0.9], [0.2], [0.8]]))
        1.0
    """

    def __init__(self, thresholds: Any = None, name: str | None = None, dtype: str | None = None) -> None:
        super().__init__(FP, thresholds, name, dtype)


class TrueNegatives(_Count):
    """Be the number of negative targets with a negative prediction.

    Args:
        thresholds: number or list of numbers between 0 and 1 that a prediction must exceed to be positive. Default 0.5.
        name: key in logs. Default "true_negatives", with a counter.
        dtype: type of the result. Default `config.floatx()`.

    Returns:
        A number, or an array of one for each of several thresholds.

    Raises:
        ValueError: if a threshold lies outside [0, 1].

    Example:
        >>> float(TrueNegatives()([[1], [0], [0]], [[0.9], [0.2], [0.8]]))
        1.0
    """

    def __init__(self, thresholds: Any = None, name: str | None = None, dtype: str | None = None) -> None:
        super().__init__(TN, thresholds, name, dtype)


class FalseNegatives(_Count):
    """Be the number of positive targets with a negative prediction.

    Args:
        thresholds: number or list of numbers between 0 and 1 that a prediction must exceed to be positive. Default 0.5.
        name: key in logs. Default "false_negatives", with a counter.
        dtype: type of the result. Default `config.floatx()`.

    Returns:
        A number, or an array of one for each of several thresholds.

    Raises:
        ValueError: if a threshold lies outside [0, 1].

    Example:
        >>> float(FalseNegatives()([[1], [1], [0]], [[0.9], [0.2], [0.8]]))
        1.0
    """

    def __init__(self, thresholds: Any = None, name: str | None = None, dtype: str | None = None) -> None:
        super().__init__(FN, thresholds, name, dtype)


class _Share(ThresholdMetric):
    """Be the share of true positives among themselves and another number."""

    _direction = "up"
    _rest: str

    def __init__(
        self,
        thresholds: Any = None,
        top_k: int | None = None,
        class_id: int | None = None,
        name: str | None = None,
        dtype: str | None = None,
    ) -> None:
        self.init_thresholds = thresholds
        parsed = parse_thresholds(thresholds, 0.5 if top_k is None else NO_THRESHOLD, type(self).__name__)
        kept = [TP, self._rest]
        super().__init__(parsed, kept, kept, are_even(parsed), None, top_k, class_id, name, dtype)

    def _value(self) -> Any:
        share = self._share(TP, self._rest)
        return share[0] if len(self.thresholds) == 1 else share

    def get_config(self) -> dict[str, Any]:
        own = {"thresholds": self.init_thresholds, "top_k": self.top_k, "class_id": self.class_id}
        return {**super().get_config(), **own}


class Precision(_Share):
    """Be the share of positive predictions that are right, TP / (TP + FP); 0 if there are none.

    Args:
        thresholds: number or list of numbers between 0 and 1 that a prediction must exceed to be positive. Default 0.5,
            or none with `top_k`.
        top_k: only the k largest predictions of a row can be positive; of equal ones the first. Default: all.
        class_id: number of the only column that counts. Default: all.
        name: key in logs. Default "precision", with a counter.
        dtype: type of the result. Default `config.floatx()`.

    Returns:
        A number, or an array of one for each of several thresholds.

    Raises:
        ValueError: if a threshold lies outside [0, 1], or top_k is not positive.

    Example:
        >>> float(Precision()([[1], [1], [0]], [[0.9], [0.2], [0.8]]))
        0.5
    """

    _rest = FP


class Recall(_Share):
    """Be the share of positive targets that are found, TP / (TP + FN); 0 if there are none.

    Args:
        thresholds: number or list of numbers between 0 and 1 that a prediction must exceed to be positive. Default 0.5,
            or none with `top_k`.
        top_k: only the k largest predictions of a row can be positive; of equal ones the first. Default: all.
        class_id: number of the only column that counts. Default: all.
        name: key in logs. Default "recall", with a counter.
        dtype: type of the result. Default `config.floatx()`.

    Returns:
        A number, or an array of one for each of several thresholds.

    Raises:
        ValueError: if a threshold lies outside [0, 1], or top_k is not positive.

    Example:
        >>> float(Recall()([[1], [1], [0]], [[0.9], [0.2], [0.8]]))
        0.5
    """

    _rest = FN


def _checked_class(class_id: int | None, owner: str) -> int | None:
    if class_id is not None and not is_integer(class_id):
        raise ValueError(f"{owner}: expected class_id to be an integer, received {class_id!r}")
    return class_id


for _component in (TruePositives, FalsePositives, TrueNegatives, FalseNegatives, Precision, Recall):
    FAMILY.add(_component, snake_case(_component.__name__))
