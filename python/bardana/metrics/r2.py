"""The coefficient of determination."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from bardana.arguments import checked_count
from bardana.data import Array
from bardana.metrics.base import FAMILY
from bardana.metrics.tallied import TalliedMetric

_AGGREGATIONS = (None, "uniform_average", "variance_weighted_average")
_BY_OUTPUT = ("squared_sum", "sum", "residual", "count")


class R2Score(TalliedMetric):
    """Be R² = 1 − Σ w (t − y)² / Σ w (t − t̄)²: 1 for perfect predictions, 0 for those as good as the mean target t̄.

    An output whose targets are all alike counts 0.

    Args:
        class_aggregation: "uniform_average" (default), the mean over the outputs; "variance_weighted_average", their
            mean by the outputs' variances; None, an array with a number for each.
        num_regressors: number p of independent regressors, for the adjusted 1 − (1 − R²) (n − 1) / (n − p − 1), with n
            the number of targets seen. Default 0: not adjusted.
        name: key in logs. Default "r2_score".
        dtype: type of the result. Default `config.floatx()`.

    Raises:
        ValueError: for arguments outside of what they allow, or predictions that are not of shape (n, outputs).

    Example:
        >>> round(float(R2Score()([[1.0], [4.0], [3.0]], [[2.0], [4.0], [4.0]])), 3)
        0.571
    """

    _direction = "up"

    def __init__(
        self,
        class_aggregation: str | None = "uniform_average",
        num_regressors: int = 0,
        name: str | None = "r2_score",
        dtype: str | None = None,
    ) -> None:
        super().__init__(dtype, name)
        if class_aggregation not in _AGGREGATIONS:
            raise ValueError(
                f"{self.name}: expected class_aggregation to be one of {_AGGREGATIONS}, received {class_aggregation!r}"
            )
        self.class_aggregation = class_aggregation
        self.num_regressors = checked_count(num_regressors, f"{self.name}: num_regressors", least=0)
        self.num_samples = self.add_variable((), "zeros", name="num_samples")

    def native(self) -> dict[str, Any]:
        return {"function": "squares"}

    def _parts(self, state: Array) -> Sequence[Array]:
        by_output = state[1:].reshape(4, -1)
        if len(self._states) == 1:
            for name in _BY_OUTPUT:
                attribute = "total_mse" if name == "residual" else name
                setattr(self, attribute, self.add_variable(by_output.shape[1:], "zeros", name=name))
        return [np.asarray(state[0]), *by_output]

    def _value(self) -> Any:
        if len(self._states) == 1:
            return 0.0
        samples, squares, sums, residuals, weights = (np.asarray(state.held) for state in self._states)
        spread = squares - sums * (sums / weights)
        scores = 1.0 - residuals / spread
        scores = np.where(np.isinf(scores), 0.0, scores)
        if self.class_aggregation == "uniform_average":
            scores = np.mean(scores)
        elif self.class_aggregation == "variance_weighted_average":
            scores = np.sum(spread * scores) / np.sum(spread)
        return self._adjusted(scores, float(samples))

    def _adjusted(self, scores: Any, samples: float) -> Any:
        if self.num_regressors == 0:
            return scores
        freedom = samples - self.num_regressors - 1
        if freedom <= 0:
            warnings.warn(
                f"{self.name}: expected more than {self.num_regressors + 1} targets for as many as "
                f"num_regressors={self.num_regressors}, received {samples:g}; the score is not adjusted.",
                stacklevel=4,
            )
            return scores
        return 1.0 - (1.0 - scores) * (samples - 1.0) / freedom

    def _check_shape(self, shape: tuple[int, ...]) -> None:
        if len(shape) != 2:
            raise ValueError(f"{self.name}: expected predictions of shape (n, outputs), received {shape}")

    def get_config(self) -> dict[str, Any]:
        own = {"class_aggregation": self.class_aggregation, "num_regressors": self.num_regressors}
        return {**super().get_config(), **own}


FAMILY.add(R2Score, "r2_score")
