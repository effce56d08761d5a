"""Activation functions that mix the elements along an axis. Kernels: cpp/cpu/kernels/row_activations.inl."""

from __future__ import annotations

import math
import warnings
from typing import cast

import numpy as np
from numpy.typing import ArrayLike

from bardana import _core
from bardana.activations.base import FAMILY, Formula, Probe, finish
from bardana.data import as_floats
from bardana.tensor import Tensor

Axes = int | tuple[int, ...]


def softmax(x: ArrayLike, axis: Axes = -1) -> Tensor:
    """Return yᵢ = exp(xᵢ) / Σⱼ exp(xⱼ), the sum running along an axis.

    Args:
        x: array with at least one axis.
        axis: the axis, or several axes taken as one. Default: the last. An axis of size 1 gives a warning, since all
            values become 1.

    Raises:
        ValueError: if x has no such axis.

    Example:
        >>> softmax([[0.0, 0.0], [3.0, 3.0]]).tolist()
        [[0.5, 0.5], [0.5, 0.5]]
    """
    y = _along("softmax", x, axis)
    if not isinstance(x, Probe) and y.size and math.prod(np.shape(y)[i] for i in _tuple(axis)) == 1:
        warnings.warn(
            f"softmax over axis {axis} of shape {y.shape}: the axis has size 1, so all values become 1. "
            "For two classes in one column use sigmoid.",
            stacklevel=2,
        )
    return y


def log_softmax(x: ArrayLike, axis: Axes = -1) -> Tensor:
    """Return yᵢ = xᵢ − log Σⱼ exp(xⱼ), the logarithm of `softmax`, finite where softmax would be 0.

    Args:
        x: array with at least one axis.
        axis: the axis, or several axes taken as one. Default: the last.

    Raises:
        ValueError: if x has no such axis.

    Example:
        >>> log_softmax([[0.0, 200.0]]).tolist()
        [[-200.0, 0.0]]
    """
    return _along("log_softmax", x, axis)


def sparsemax(x: ArrayLike, axis: int = -1) -> Tensor:
    """Return the point with non-negative coordinates of sum 1 that is nearest to x: max(x − τ, 0).

    Args:
        x: array with at least one axis.
        axis: the axis of the coordinates. Default: the last.

    Raises:
        ValueError: if x has no such axis.

    Source: Martins and Astudillo, From softmax to sparsemax (2016).

    Example:
        >>> sparsemax([[0.0, 1.0, 1.5]]).tolist()
        [[0.0, 0.25, 0.75]]
    """
    return _along("sparsemax", x, axis)


def _along(name: str, x: ArrayLike, axis: Axes) -> Tensor:
    axes = _tuple(axis)
    if isinstance(x, Probe):
        return cast(Tensor, Formula(name, axes=() if axes == (-1,) else axes))
    values = as_floats(x)
    last = tuple(range(-len(axes), 0))
    moved = np.moveaxis(values, axes, last)
    kept = moved.shape[: -len(axes)]
    rows = np.ascontiguousarray(moved.reshape(*kept, math.prod(moved.shape[len(kept) :])))
    y = (_core.activate(name, rows) if rows.size else rows).reshape(moved.shape)
    return finish(np.ascontiguousarray(np.moveaxis(y, last, axes)), x)


def _tuple(axis: Axes) -> tuple[int, ...]:
    return tuple(axis) if isinstance(axis, (tuple, list)) else (axis,)


for _function in (softmax, log_softmax, sparsemax):
    FAMILY.add(_function)
