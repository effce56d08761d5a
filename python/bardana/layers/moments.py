"""Mean and variance of data that come in pieces, for `Normalization.adapt`."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


class Moments:
    """Add up mean and biased variance in float64, with one pass over the data and little memory.

    Args:
        kept: axes that keep their own mean, sorted, counted from 0; means are taken over all others.

    References:
        Chan, Golub, LeVeque, "Algorithms for computing the sample variance", The American Statistician 37 (1983).

    Example:
        >>> import numpy as np
        >>> moments = Moments((1,))
        >>> moments.add(np.array([[1.0, 0.0]]))
        >>> moments.add(np.array([[3.0, 0.0], [5.0, 3.0]]))
        >>> moments.mean, moments.variance
        (array([3., 1.]), array([2.66666667, 2.        ]))
    """

    PIECE = 2**20  # numbers that are converted to float64 at a time

    def __init__(self, kept: tuple[int, ...]) -> None:
        self._kept = kept
        self._count = 0
        self.mean: Array = np.zeros(())
        self.variance: Array = np.zeros(())

    def add(self, batch: Array) -> None:
        """Take in an array of rows."""
        rows = max(1, self.PIECE // max(1, batch[0].size))
        for first in range(0, len(batch), rows):
            self._add_piece(batch[first : first + rows].astype(np.float64))

    def _add_piece(self, piece: Array) -> None:
        reduced = tuple(axis for axis in range(piece.ndim) if axis not in self._kept)
        mean, variance = piece.mean(axis=reduced), piece.var(axis=reduced)
        count = piece.size // max(1, mean.size)
        total = self._count + count
        share = count / total
        difference = mean - self.mean
        self.variance = self.variance + (variance - self.variance) * share + difference**2 * (share * (1 - share))
        self.mean = self.mean + difference * share
        self._count = total
