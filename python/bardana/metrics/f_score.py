"""The harmonic mean of precision and recall."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from bardana import config
from bardana.data import Array
from bardana.metrics.base import FAMILY
from bardana.metrics.tallied import TalliedMetric
from bardana.naming import snake_case

_AVERAGES = (None, "micro", "macro", "weighted")
_NAMES = ("true_positives", "false_positives", "false_negatives", "intermediate_weights")


class FBetaScore(TalliedMetric):
    """Be (1 + β²) P R / (β² P + R) with precision P and recall R, for each class or averaged.

    Args:
        average: None (default) gives an array with the score of each class; "macro" their mean, "weighted" their mean
            by the number of targets of a class, "micro" the score of all classes' counts together.
        beta: β, how many times as much recall counts as precision, > 0. Default 1.0.
        threshold: what a prediction must exceed to be positive, in (0, 1]. Default None: the largest of each row is.
        name: key in logs. Default "fbeta_score".
        dtype: type of the result. Default `config.floatx()`.

    Raises:
        ValueError: for arguments outside of what they allow, or predictions that are not of shape (n, classes).

    Example:
        >>> y_true = [[1, 1, 1], [1, 0, 0], [1, 1, 0]]
        >>> y_pred = [[0.2, 0.6, 0.7], [0.2, 0.6, 0.6], [0.6, 0.8, 0.0]]
        >>> FBetaScore(beta=2.0, threshold=0.5)(y_true, y_pred).numpy().round(3)
        array([0.385, 0.909, 0.833], dtype=float32)
    """

    _direction = "up"

    def __init__(
        self,
        average: str | None = None,
        beta: float = 1.0,
        threshold: float | None = None,
        name: str | None = "fbeta_score",
        dtype: str | None = None,
    ) -> None:
        super().__init__(dtype, name)
        if average not in _AVERAGES:
            raise ValueError(f"{self.name}: expected average to be one of {_AVERAGES}, received {average!r}")
        if not isinstance(beta, float) or not beta > 0:
            raise ValueError(f"{self.name}: expected beta to be a float > 0, received {beta!r}")
        if threshold is not None and (not isinstance(threshold, float) or not 0 < threshold <= 1):
            raise ValueError(f"{self.name}: expected threshold to be a float in (0, 1], received {threshold!r}")
        self.average = average
        self.beta = beta
        self.threshold = threshold

    def native(self) -> dict[str, Any]:
        return {
            "function": "class_counts",
            "single": float(self.dtype == "float32"),
            "threshold": math.nan if self.threshold is None else self.threshold,
        }

    def _parts(self, state: Array) -> Sequence[Array]:
        counts = state.reshape(4, -1)
        parts = [np.asarray(np.sum(count) if self.average == "micro" else count) for count in counts]
        if not self._states:
            for name, part in zip(_NAMES, parts, strict=True):
                setattr(self, name, self.add_variable(part.shape, "zeros", self.dtype, name=name))
        return parts

    def _value(self) -> Any:
        if not self._states:
            return 0.0
        epsilon = config.epsilon()
        right, false, missed, weights = (np.asarray(state.held) for state in self._states)
        precision, recall = right / (right + false + epsilon), right / (right + missed + epsilon)
        square = self.beta**2
        score = (1 + square) * precision * recall / (square * precision + recall + epsilon)
        if self.average == "weighted":
            return np.sum(score * weights / (np.sum(weights) + epsilon))
        return score if self.average is None else np.mean(score)

    def _check_shape(self, shape: tuple[int, ...]) -> None:
        if len(shape) != 2:
            raise ValueError(f"{self.name}: expected predictions of shape (n, classes), received {shape}")

    def get_config(self) -> dict[str, Any]:
        own = {"average": self.average, "beta": self.beta, "threshold": self.threshold}
        return {**super().get_config(), **own}


class F1Score(FBetaScore):
    """Be 2 P R / (P + R) with precision P and recall R, for each class or averaged.

    Args:
        average, threshold: as in `FBetaScore`.
        name: key in logs. Default "f1_score".
        dtype: type of the result. Default `config.floatx()`.

    Raises:
        ValueError: for arguments outside of what they allow, or predictions that are not of shape (n, classes).

    Example:
        >>> F1Score()([[1, 0], [1, 0], [0, 1]], [[0.8, 0.2], [0.4, 0.6], [0.3, 0.7]]).numpy().round(3)
        array([0.667, 0.667], dtype=float32)
    """

    def __init__(
        self,
        average: str | None = None,
        threshold: float | None = None,
        name: str | None = "f1_score",
        dtype: str | None = None,
    ) -> None:
        super().__init__(average, 1.0, threshold, name, dtype)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        del config["beta"]
        return config


for _component in (FBetaScore, F1Score):
    FAMILY.add(_component, snake_case(_component.__name__))
