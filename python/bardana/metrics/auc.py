"""The area under a curve of two rates at many thresholds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from bardana import config
from bardana.arguments import checked_count
from bardana.data import Array
from bardana.metrics.base import FAMILY
from bardana.metrics.counts import FN, FP, TN, TP, ThresholdMetric, are_even
from bardana.metrics.state import State
from bardana.metrics.tallied import ratio

_CURVES = ("ROC", "PR", "PRGAIN")
_METHODS = ("interpolation", "minoring", "majoring")


class AUC(ThresholdMetric):
    """Be the area under the curve of a classifier at many thresholds, by sums over the steps between them.

    "ROC": true positive rate over false positive rate. "PR": precision over recall. "PRGAIN": precision gain over
    recall gain, where the share of positive targets has gain 0.

    Args:
        num_thresholds: number of thresholds, evenly spaced from just below 0 to just above 1, at least 2. Default 200.
        curve: "ROC" (default), "PR" or "PRGAIN".
        summation_method: height of a step: "interpolation" (default), that is the mean of its ends, for "PR" the
            integral with true positives interpolated; "minoring", the lower end; "majoring", the upper.
        name: key in logs. Default "auc", with a counter.
        dtype: type of the result. Default `config.floatx()`.
        thresholds: list of thresholds to use instead; just below 0 and just above 1 are added.
        multi_label: whether every column is a classifier of its own, whose areas are averaged. Default False: all
            numbers count alike.
        num_labels: number of columns with `multi_label`. Default: those of the first predictions.
        label_weights: weight of each column, in the average of areas with `multi_label`, else in the counts.
        from_logits: whether predictions are logits, of which the sigmoid is taken. Default False.

    Raises:
        ValueError: for arguments outside of what they allow.

    Source: Davis, Goadrich, The relationship between precision-recall and ROC curves (2006); Flach, Kull,
    Precision-recall-gain curves (2015).

    Example:
        >>> round(float(AUC(num_thresholds=3)([[0], [0], [1], [1]], [[0.0], [0.5], [0.3], [0.9]])), 2)
        0.75
    """

    _direction = "up"
    true_positives: State
    false_positives: State
    true_negatives: State
    false_negatives: State

    def __init__(
        self,
        num_thresholds: int = 200,
        curve: str = "ROC",
        summation_method: str = "interpolation",
        name: str | None = None,
        dtype: str | None = None,
        thresholds: Sequence[float] | None = None,
        multi_label: bool = False,
        num_labels: int | None = None,
        label_weights: Sequence[float] | None = None,
        from_logits: bool = False,
    ) -> None:
        if num_labels is not None and not multi_label:
            raise ValueError(f"AUC: expected num_labels with multi_label=True only, received num_labels={num_labels}")
        self.curve = _one_of(_CURVES, curve, "curve")
        self.summation_method = _one_of(_METHODS, summation_method, "summation_method")
        self._given = thresholds is not None
        inner = _evenly_inside(num_thresholds) if thresholds is None else sorted(float(t) for t in thresholds)
        even = thresholds is None or are_even([0.0, *inner, 1.0])
        ends = (-config.epsilon(), 1.0 + config.epsilon())
        labels = checked_count(num_labels, "num_labels", 0, least=0) if multi_label else None
        kept = (TP, FP, TN, FN)
        super().__init__([ends[0], *inner, ends[1]], kept, kept, even, labels, name=name, dtype=dtype)
        self.num_thresholds = len(self.thresholds)
        self.multi_label = bool(multi_label)
        self.num_labels = num_labels
        self.label_weights = None if label_weights is None else np.asarray(label_weights, dtype=self.dtype)
        self._from_logits = bool(from_logits)

    def native(self) -> dict[str, Any]:
        weights = None if self.multi_label or self.label_weights is None else self.label_weights.tolist()
        return super().native() | {"from_logits": self._from_logits, "label_weights": weights}

    def _value(self) -> Any:
        if not self._states:
            return 0.0
        if self.curve == "PR" and self.summation_method == "interpolation":
            areas = self._interpolated_precision()
        else:
            x, y = {"ROC": self._roc, "PR": self._precision_recall, "PRGAIN": self._gains}[self.curve]()
            areas = np.sum((x[:-1] - x[1:]) * self._heights(y[:-1], y[1:]), axis=0)
        if not self.multi_label:
            return areas
        if self.label_weights is None:
            return np.mean(areas)
        return ratio(np.sum(areas * self.label_weights), np.sum(self.label_weights))

    def _heights(self, a: Array, b: Array) -> Array:
        if self.summation_method == "interpolation":
            return (a + b) / 2
        return np.minimum(a, b) if self.summation_method == "minoring" else np.maximum(a, b)

    def _roc(self) -> tuple[Array, Array]:
        return self._share(FP, TN), self._share(TP, FN)

    def _precision_recall(self) -> tuple[Array, Array]:
        return self._share(TP, FN), self._share(TP, FP)

    def _gains(self) -> tuple[Array, Array]:
        """A gain is 1 − odds · (wrong / right) with the odds of a positive target; without any right, 0 and 1."""
        right, missed, false = self._count(TP), self._count(FN), self._count(FP)
        odds = ratio(right + missed, false + self._count(TN))
        recall = np.where(right == 0, 0.0, 1.0 - odds * ratio(missed, right))
        precision = np.where(right == 0, 1.0, 1.0 - odds * ratio(false, right))
        return np.maximum(recall, 0.0), precision

    def _interpolated_precision(self) -> Array:
        """Between two thresholds TP is linear in the number P of positive predictions, TP = a + b P; the integral of
        precision TP / P over recall is b (ΔTP + a log(P₁ / P₂)) / positives."""
        right = self._count(TP)
        positive = right + self._count(FP)
        step = right[:-1] - right[1:]
        slope = ratio(step, np.maximum(positive[:-1] - positive[1:], 0.0))
        intercept = right[1:] - slope * positive[1:]
        both = (positive[:-1] > 0) & (positive[1:] > 0)
        logarithm = np.log(np.where(both, ratio(positive[:-1], positive[1:]), 1.0))
        targets = np.maximum(right[1:] + self._count(FN)[1:], 0.0)
        return np.asarray(np.sum(ratio(slope * (step + intercept * logarithm), targets), axis=0))

    @property
    def _weighs_elements(self) -> bool:
        return not self.multi_label and self.label_weights is None

    def _check_shape(self, shape: tuple[int, ...]) -> None:
        if self.multi_label and len(shape) != 2:
            raise ValueError(f"{self.name}: expected y_pred of shape (n, labels) with multi_label, received {shape}")
        labels = self._states[0].shape[1] if self.multi_label and self._states else None
        if labels is not None and shape[1] != labels:
            raise ValueError(f"{self.name}: expected y_pred with {labels} labels, received shape {shape}")

    def get_config(self) -> dict[str, Any]:
        config = {
            **super().get_config(),
            "num_thresholds": self.num_thresholds,
            "curve": self.curve,
            "summation_method": self.summation_method,
            "multi_label": self.multi_label,
            "num_labels": self.num_labels,
            "label_weights": None if self.label_weights is None else self.label_weights.tolist(),
            "from_logits": self._from_logits,
        }
        return config | ({"thresholds": self.thresholds[1:-1]} if self._given else {})


def _evenly_inside(count: int) -> list[float]:
    checked = checked_count(count, "num_thresholds", least=2)
    return [(i + 1) / (checked - 1) for i in range(checked - 2)]


def _one_of(known: Sequence[str], given: Any, argument: str) -> str:
    """Return the spelling of the list for a name of it, in small or capital letters."""
    for name in known:
        if given in (name, name.lower(), name.capitalize() if argument == "summation_method" else name):
            return name
    raise ValueError(f"AUC: expected {argument} to be one of {known}, received {given!r}")


FAMILY.add(AUC, "auc")
