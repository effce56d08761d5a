"""Products of vectors and matrices, and norms."""

from __future__ import annotations

from typing import Any

import numpy as np

from bardana import config
from bardana.ops.convert import as_real, together
from bardana.tensor import Tensor, as_tensor


def matmul(x1: Any, x2: Any) -> Tensor:
    """Return the matrix product, over the last two axes.

    Args:
        x1, x2: arrays whose inner sizes agree.

    Example:
        >>> matmul([[1, 2]], [[3], [4]]).tolist()
        [[11]]
    """
    return as_tensor(np.asarray(np.matmul(*together(x1, x2))))


def dot(x1: Any, x2: Any) -> Tensor:
    """Return the product over the last axis of x1 and the last but one of x2.

    Args:
        x1, x2: arrays or numbers.

    Example:
        >>> dot([1, 2], [3, 4]).item()
        11
    """
    return as_tensor(np.asarray(np.dot(*together(x1, x2))))


def tensordot(x1: Any, x2: Any, axes: Any = 2) -> Tensor:
    """Return the product over several axes.

    Args:
        x1, x2: arrays.
        axes: number of axes, the last of x1 and the first of x2, 2 by default; or two lists of axes.

    Example:
        >>> tensordot([[1, 2]], [[3, 4]]).item()
        11
    """
    a, b = together(x1, x2)
    return as_tensor(np.asarray(np.tensordot(a, b, axes)))


def outer(x1: Any, x2: Any) -> Tensor:
    """Return all products of an element of x1 and one of x2.

    Args:
        x1, x2: arrays, taken as rows.

    Example:
        >>> outer([1, 2], [3, 4]).tolist()
        [[3, 4], [6, 8]]
    """
    return as_tensor(np.outer(*together(x1, x2)))


def einsum(subscripts: str, *operands: Any) -> Tensor:
    """Return a product that subscripts describe, as `numpy.einsum` reads them.

    Args:
        subscripts: e.g. "ij,jk->ik".
        operands: arrays.

    Example:
        >>> einsum("i,i->", [1, 2], [3, 4]).item()
        11
    """
    return as_tensor(np.asarray(np.einsum(subscripts, *together(*operands))))


def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Tensor:
    """Return a norm, as `numpy.linalg.norm` does: by default the root of the sum of squares.

    Args:
        x: array.
        ord: which norm. Default None.
        axis: axis of vectors or two axes of matrices. Default: all of x.
        keepdims: keep them with size 1. Default False.

    Example:
        >>> norm([3.0, 4.0]).item()
        5.0
    """
    values = as_real(x)
    return as_tensor(np.asarray(np.linalg.norm(values, ord, axis, keepdims)).astype(values.dtype))


def normalize(x: Any, axis: int = -1, order: int = 2, epsilon: float | None = None) -> Tensor:
    """Return x divided by its norms along an axis, which count as epsilon where they are smaller.

    Args:
        x: array.
        axis: the axis, the last by default.
        order: which norm, 2 by default.
        epsilon: smallest divisor. Default `keras.config.epsilon()`.

    Example:
        >>> normalize([3.0, 4.0]).numpy().round(3)
        array([0.6, 0.8], dtype=float32)
    """
    values = as_real(x)
    least = config.epsilon() if epsilon is None else epsilon
    norms = np.linalg.norm(values, order, axis, keepdims=True).astype(values.dtype)
    return as_tensor(values / np.maximum(norms, values.dtype.type(least)))
