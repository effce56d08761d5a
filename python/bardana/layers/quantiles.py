"""Approximate quantiles of data that come in pieces, for `Discretization.adapt`."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


class QuantileSketch:
    """Keep about 1 / epsilon values of all that were seen, with the number of those that each stands for.

    Values are spaced evenly by rank; two sketches are merged by rank and thinned out by linear interpolation.

    Args:
        epsilon: spacing of the values that are kept, as a share of all.

    Example:
        >>> import numpy as np
        >>> sketch = QuantileSketch(0.01)
        >>> sketch.add(np.arange(6.0))
        >>> sketch.add(np.arange(6.0, 12.0))
        >>> sketch.boundaries(3)
        [3.0, 7.0]
    """

    def __init__(self, epsilon: float) -> None:
        self._epsilon = epsilon
        self._values: Array = np.empty(0, np.float32)
        self._weights: Array = np.empty(0, np.float32)

    def add(self, batch: Array) -> None:
        """Take in all numbers of an array, as float32."""
        ranked = np.sort(batch.astype(np.float32), axis=None)
        spacing = max(ranked.size * self._epsilon, 1)
        kept = ranked[int(spacing - 1) :: int(spacing)]
        values = np.concatenate([kept, self._values])
        weights = np.concatenate([np.full_like(kept, spacing), self._weights])
        order = np.argsort(values)
        self._values, self._weights = _thinned(values[order], weights[order], self._epsilon)

    def boundaries(self, bins: int) -> list[float]:
        """Return the values between `bins` bins of about equal weight; fewer if there are not so many values."""
        values, _ = _thinned(self._values, self._weights, 1.0 / bins)
        inner: list[float] = values[:-1].tolist()
        return inner


def _thinned(values: Array, weights: Array, spacing: float) -> tuple[Array, Array]:
    """Return values at the ranks spacing, 2 · spacing, … of all, and the weights between them."""
    if values.size * spacing < 1:
        return values, weights
    ranks = spacing + np.arange(0.0, 1.0, spacing)
    summed = weights.cumsum()
    shares = summed / summed[-1]
    reached = np.interp(ranks, shares, summed)
    return np.interp(ranks, shares, values).astype(np.float32), np.diff(reached, prepend=0.0).astype(np.float32)
