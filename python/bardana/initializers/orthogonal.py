"""Random matrices with orthonormal rows or columns."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bardana.initializers.base import FAMILY
from bardana.initializers.distributions import RandomInitializer


class Orthogonal(RandomInitializer):
    """Draw a matrix whose columns (or rows, if there are fewer of them) are orthogonal and of length gain.

    It is uniform among such matrices: the Q of a QR decomposition of normal values, with the signs that make the
    diagonal of R positive. All axes but the last are taken as one.

    Args:
        gain: length of the columns. Default 1.
        seed: integer, or None for one from the global generator.

    Raises:
        ValueError: if the seed is not an integer; when called, for a shape of fewer than 2 axes.

    Source: Saxe, McClelland and Ganguli, Exact solutions to the nonlinear dynamics of learning in deep linear neural
    networks (2014); the signs after Mezzadri, How to generate random matrices from the classical compact groups (2007).

    Example:
        >>> w = Orthogonal(gain=2.0, seed=1)((3, 5), "float64")
        >>> np.allclose(w @ w.T, 4 * np.eye(3))
        True
    """

    def __init__(self, gain: float = 1.0, seed: int | None = None) -> None:
        super().__init__(seed)
        self.gain = gain

    def _draw(self, generator: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float64]:
        if len(shape) < 2:
            raise ValueError(f"Orthogonal: expected a shape of at least 2 axes, received {shape}")
        rows, columns = math.prod(shape[:-1]), shape[-1]
        q, r = np.linalg.qr(generator.standard_normal((max(rows, columns), min(rows, columns))))
        signs: NDArray[np.float64] = np.where(np.diag(r) < 0, -1.0, 1.0)
        q = q * signs
        return self.gain * (q if rows >= columns else q.T).reshape(shape)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "gain": self.gain}


FAMILY.add(Orthogonal, "orthogonal", "OrthogonalInitializer")
