"""Metrics that give the best of one rate where another is good enough."""

from __future__ import annotations

from typing import Any

import numpy as np

from bardana.arguments import checked_count
from bardana.data import Array
from bardana.metrics.base import FAMILY
from bardana.metrics.counts import FN, FP, TN, TP, ThresholdMetric
from bardana.naming import snake_case


class _AtConstraint(ThresholdMetric):
    """Be the largest of one share among the thresholds at which another is at least `value`, 0 if there are none."""

    _direction = "up"
    _constraint: str  # name of the argument
    _constrained: tuple[str, str]
    _sought: tuple[str, str]

    def __init__(
        self, value: float, num_thresholds: int, class_id: int | None, name: str | None, dtype: str | None
    ) -> None:
        if not 0 <= value <= 1:
            raise ValueError(f"{type(self).__name__}: expected {self._constraint} between 0 and 1, received {value!r}")
        self.value = value
        self.num_thresholds = checked_count(num_thresholds, "num_thresholds")
        steps = max(self.num_thresholds - 1, 1)
        thresholds = [0.5] if num_thresholds == 1 else [i / steps for i in range(num_thresholds)]
        kept = (TP, FP, TN, FN)
        super().__init__(thresholds, kept, kept, even=num_thresholds > 1, class_id=class_id, name=name, dtype=dtype)

    def _value(self) -> Array:
        feasible = self._share(*self._constrained) >= self.value
        return np.asarray(np.max(np.where(feasible, self._share(*self._sought), 0.0), initial=0.0))

    def get_config(self) -> dict[str, Any]:
        own = {"class_id": self.class_id, "num_thresholds": self.num_thresholds, self._constraint: self.value}
        return {**super().get_config(), **own}


class SensitivityAtSpecificity(_AtConstraint):
    """Be the largest sensitivity among the thresholds at which the specificity is at least a value.

    With numbers of true and false positives and negatives, sensitivity is TP / (TP + FN), specificity TN / (TN + FP).

    Args:
        specificity: that value, between 0 and 1.
        num_thresholds: number of thresholds, evenly spaced from 0 to 1. Default 200.
        class_id: number of the only column that counts. Default: all.
        name: key in logs. Default "sensitivity_at_specificity", with a counter.
        dtype: type of the result. Default `config.floatx()`.

    Raises:
        ValueError: for arguments outside of what they allow.

    Example:
        >>> float(SensitivityAtSpecificity(0.5)([[0], [0], [1], [1]], [[0.0], [0.5], [0.3], [0.9]]))
        1.0
    """

    _constraint = "specificity"
    _constrained = (TN, FP)
    _sought = (TP, FN)

    def __init__(
        self,
        specificity: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: str | None = None,
    ) -> None:
        super().__init__(specificity, num_thresholds, class_id, name, dtype)
        self.specificity = specificity


class SpecificityAtSensitivity(_AtConstraint):
    """Be the largest specificity among the thresholds at which the sensitivity is at least a value.

    With numbers of true and false positives and negatives, specificity is TN / (TN + FP), sensitivity TP / (TP + FN).

    Args:
        sensitivity: that value, between 0 and 1.
        num_thresholds: number of thresholds, evenly spaced from 0 to 1. Default 200.
        class_id: number of the only column that counts. Default: all.
        name: key in logs. Default "specificity_at_sensitivity", with a counter.
        dtype: type of the result. Default `config.floatx()`.

    Raises:
        ValueError: for arguments outside of what they allow.

    Example:
        >>> float(SpecificityAtSensitivity(0.5)([[0], [0], [1], [1]], [[0.0], [0.5], [0.3], [0.9]]))
        1.0
    """

    _constraint = "sensitivity"
    _constrained = (TP, FN)
    _sought = (TN, FP)

    def __init__(
        self,
        sensitivity: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: str | None = None,
    ) -> None:
        super().__init__(sensitivity, num_thresholds, class_id, name, dtype)
        self.sensitivity = sensitivity


class PrecisionAtRecall(_AtConstraint):
    """Be the largest precision among the thresholds at which the recall is at least a value.

    With numbers of true and false positives and negatives, precision is TP / (TP + FP), recall TP / (TP + FN).

    Args:
        recall: that value, between 0 and 1.
        num_thresholds: number of thresholds, evenly spaced from 0 to 1. Default 200.
        class_id: number of the only column that counts. Default: all.
        name: key in logs. Default "precision_at_recall", with a counter.
        dtype: type of the result. Default `config.floatx()`.

    Raises:
        ValueError: for arguments outside of what they allow.

    Example:
        >>> float(PrecisionAtRecall(0.5)([[0], [0], [1], [1]], [[0.0], [0.5], [0.3], [0.9]]))
        1.0
    """

    _constraint = "recall"
    _constrained = (TP, FN)
    _sought = (TP, FP)

    def __init__(
        self,
        recall: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: str | None = None,
    ) -> None:
        super().__init__(recall, num_thresholds, class_id, name, dtype)
        self.recall = recall


class RecallAtPrecision(_AtConstraint):
    """Be the largest recall among the thresholds at which the precision is at least a value.

    With numbers of true and false positives and negatives, recall is TP / (TP + FN), precision TP / (TP + FP).

    Args:
        precision: that value, between 0 and 1.
        num_thresholds: number of thresholds, evenly spaced from 0 to 1. Default 200.
        class_id: number of the only column that counts. Default: all.
        name: key in logs. Default "recall_at_precision", with a counter.
        dtype: type of the result. Default `config.floatx()`.

    Raises:
        ValueError: for arguments outside of what they allow.

    Example:
        >>> float(RecallAtPrecision(0.5)([[0], [0], [1], [1]], [[0.0], [0.5], [0.3], [0.9]]))
        1.0
    """

    _constraint = "precision"
    _constrained = (TP, FP)
    _sought = (TP, FN)

    def __init__(
        self,
        precision: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: str | None = None,
    ) -> None:
        super().__init__(precision, num_thresholds, class_id, name, dtype)
        self.precision = precision


for _component in (SensitivityAtSpecificity, SpecificityAtSensitivity, PrecisionAtRecall, RecallAtPrecision):
    FAMILY.add(_component, snake_case(_component.__name__))
