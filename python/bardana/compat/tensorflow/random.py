"""`tensorflow.random`: seeds, and numbers from bardana's generator."""

from __future__ import annotations

from typing import Any

import numpy as np

from bardana import seeds as _seeds
from bardana.compat.arrays import as_array, tensor
from bardana.compat.tensorflow.reasons import missing as _missing
from bardana.tensor import Tensor

__all__ = ["normal", "set_seed", "shuffle", "uniform"]


def set_seed(seed: int) -> None:
    """Seed weights, dropout and the order of rows; Python's and NumPy's own generators stay as they are.

    Args:
        seed: an integer.
    """
    _seeds.set_own_seed(int(seed))


def normal(
    shape: Any, mean: float = 0.0, stddev: float = 1.0, dtype: Any = "float32", seed: int | None = None
) -> Tensor:
    """Return normally distributed numbers."""
    return tensor(_generator(seed).normal(mean, stddev, tuple(shape)).astype(dtype))


def uniform(shape: Any, minval: Any = 0, maxval: Any = None, dtype: Any = "float32", seed: int | None = None) -> Tensor:
    """Return uniformly distributed numbers, from minval (0) to below maxval (1)."""
    kind = np.dtype(dtype)
    if kind.kind in "iu":
        if maxval is None:
            raise ValueError(f"tensorflow.random.uniform: expected maxval for dtype {kind.name}, received None")
        return tensor(_generator(seed).integers(minval, maxval, tuple(shape)).astype(kind))
    return tensor(_generator(seed).uniform(minval, 1.0 if maxval is None else maxval, tuple(shape)).astype(kind))


def shuffle(value: Any, seed: int | None = None) -> Tensor:
    """Return the rows in random order."""
    return tensor(_generator(seed).permutation(as_array(value)))


def _generator(seed: int | None) -> np.random.Generator:
    return _seeds.generator(_seeds.next_seed() if seed is None else seed)


def __getattr__(name: str) -> Any:
    raise _missing("random", name)
