"""`tensorflow.linalg` for arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from bardana.compat.arrays import as_array, tensor
from bardana.compat.tensorflow.reasons import missing as _missing
from bardana.tensor import Tensor

__all__ = ["matmul", "norm"]


def matmul(a: Any, b: Any, transpose_a: bool = False, transpose_b: bool = False) -> Tensor:
    """Return the product of two matrices, or of stacks of them."""
    left, right = as_array(a), as_array(b)
    left = left.swapaxes(-1, -2) if transpose_a else left
    right = right.swapaxes(-1, -2) if transpose_b else right
    return tensor(np.matmul(left, right))


def norm(tensor_: Any, ord: Any = "euclidean", axis: Any = None, keepdims: bool = False) -> Tensor:
    """Return the length of vectors, of all numbers together by default."""
    if ord not in ("euclidean", 2):
        raise ValueError(f"tensorflow.linalg.norm: expected ord='euclidean', received {ord!r}")
    values = as_array(tensor_)
    return tensor(np.sqrt(np.sum(np.square(values), axis=axis, keepdims=keepdims)))


def __getattr__(name: str) -> Any:
    raise _missing("linalg", name)
