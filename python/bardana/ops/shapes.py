"""New shapes, parts and orders of arrays, and arrays made anew.

Long because each of these small functions carries its documentation.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from bardana import config
from bardana.ops.convert import as_values, together
from bardana.tensor import Tensor, as_tensor
from bardana.utils.dtypes import standardize_dtype


def reshape(x: Any, newshape: int | Sequence[int]) -> Tensor:
    """Return the elements of x, in their order, in another shape.

    Args:
        x: array.
        newshape: the shape; one size may be −1.

    Example:
        >>> reshape([1, 2, 3, 4], (2, -1)).tolist()
        [[1, 2], [3, 4]]
    """
    return as_tensor(as_values(x).reshape(newshape))


def ravel(x: Any) -> Tensor:
    """Return the elements of x as one row.

    Args:
        x: array.

    Example:
        >>> ravel([[1, 2], [3, 4]]).tolist()
        [1, 2, 3, 4]
    """
    return as_tensor(as_values(x).reshape(-1))


def transpose(x: Any, axes: Sequence[int] | None = None) -> Tensor:
    """Return x with its axes in another order.

    Args:
        x: array.
        axes: the old axis for each new one. Default: the reverse order.

    Example:
        >>> transpose([[1, 2, 3]]).shape
        (3, 1)
    """
    return as_tensor(np.transpose(as_values(x), axes))


def swapaxes(x: Any, axis1: int, axis2: int) -> Tensor:
    """Return x with two axes exchanged.

    Args:
        x: array.
        axis1, axis2: the axes.

    Example:
        >>> swapaxes(np.ones((1, 2, 3)), 0, 2).shape
        (3, 2, 1)
    """
    return as_tensor(np.swapaxes(as_values(x), axis1, axis2))


def moveaxis(x: Any, source: Any, destination: Any) -> Tensor:
    """Return x with an axis, or several, at another place.

    Args:
        x: array.
        source: where they are.
        destination: where they go.

    Example:
        >>> moveaxis(np.ones((1, 2, 3)), 0, -1).shape
        (2, 3, 1)
    """
    return as_tensor(np.moveaxis(as_values(x), source, destination))


def expand_dims(x: Any, axis: int | Sequence[int]) -> Tensor:
    """Return x with a new axis of size 1, or several.

    Args:
        x: array.
        axis: place of the new axis.

    Example:
        >>> expand_dims([1, 2], -1).shape
        (2, 1)
    """
    return as_tensor(np.expand_dims(as_values(x), axis if isinstance(axis, int) else tuple(axis)))


def squeeze(x: Any, axis: int | Sequence[int] | None = None) -> Tensor:
    """Return x without axes of size 1.

    Args:
        x: array.
        axis: the axes to drop. Default: all of size 1.

    Raises:
        ValueError: an axis has another size.

    Example:
        >>> squeeze([[[1, 2]]]).shape
        (2,)
    """
    return as_tensor(np.squeeze(as_values(x), tuple(axis) if isinstance(axis, list) else axis))


def broadcast_to(x: Any, shape: Sequence[int]) -> Tensor:
    """Return x repeated to a shape.

    Args:
        x: array.
        shape: the shape.

    Example:
        >>> broadcast_to([1, 2], (2, 2)).tolist()
        [[1, 2], [1, 2]]
    """
    return as_tensor(np.broadcast_to(as_values(x), tuple(shape)).copy())


def concatenate(xs: Sequence[Any], axis: int = 0) -> Tensor:
    """Return arrays one behind the other.

    Args:
        xs: list of arrays.
        axis: along which axis, 0 by default.

    Example:
        >>> concatenate([[1, 2], [3]]).tolist()
        [1, 2, 3]
    """
    return as_tensor(np.concatenate(together(*xs), axis))


def stack(x: Sequence[Any], axis: int = 0) -> Tensor:
    """Return arrays of one shape along a new axis.

    Args:
        x: list of arrays.
        axis: place of the new axis, 0 by default.

    Example:
        >>> stack([[1, 2], [3, 4]], axis=1).tolist()
        [[1, 3], [2, 4]]
    """
    return as_tensor(np.stack(together(*x), axis))


def unstack(x: Any, num: int | None = None, axis: int = 0) -> list[Tensor]:
    """Return the parts of x along an axis, which they no longer have.

    Args:
        x: array.
        num: their number, if it is to be checked. Default None.
        axis: the axis, 0 by default.

    Raises:
        ValueError: there are not so many.

    Example:
        >>> [part.tolist() for part in unstack([[1, 2], [3, 4]])]
        [[1, 2], [3, 4]]
    """
    values = np.moveaxis(as_values(x), axis, 0)
    if num is not None and num != len(values):
        raise ValueError(f"unstack: expected num={len(values)}, the size of axis {axis}, received num={num}.")
    return [as_tensor(np.asarray(part)) for part in values]


def split(x: Any, indices_or_sections: Any, axis: int = 0) -> list[Tensor]:
    """Return x cut along an axis.

    Args:
        x: array.
        indices_or_sections: number of equal parts, or a list of indices at which to cut.
        axis: the axis, 0 by default.

    Raises:
        ValueError: there are no such equal parts.

    Example:
        >>> [part.tolist() for part in split([1, 2, 3], [1])]
        [[1], [2, 3]]
    """
    return [as_tensor(part) for part in np.split(as_values(x), indices_or_sections, axis)]


def tile(x: Any, repeats: Any) -> Tensor:
    """Return x repeated as a whole.

    Args:
        x: array.
        repeats: how often along each axis.

    Example:
        >>> tile([1, 2], 2).tolist()
        [1, 2, 1, 2]
    """
    return as_tensor(np.tile(as_values(x), repeats))


def repeat(x: Any, repeats: Any, axis: int | None = None) -> Tensor:
    """Return x with each element repeated.

    Args:
        x: array.
        repeats: how often, a number or one for each element.
        axis: the axis. Default: x taken as one row.

    Example:
        >>> repeat([1, 2], 2).tolist()
        [1, 1, 2, 2]
    """
    return as_tensor(np.repeat(as_values(x), repeats, axis))


def flip(x: Any, axis: Any = None) -> Tensor:
    """Return x in the reverse order.

    Args:
        x: array.
        axis: axis or axes. Default: all.

    Example:
        >>> flip([1, 2]).tolist()
        [2, 1]
    """
    return as_tensor(np.flip(as_values(x), axis))


def take(x: Any, indices: Any, axis: int | None = None) -> Tensor:
    """Return the entries of x at indices.

    Args:
        x: array.
        indices: array of integers.
        axis: the axis. Default: x taken as one row.

    Example:
        >>> take([5, 6, 7], [2, 0]).tolist()
        [7, 5]
    """
    return as_tensor(np.asarray(np.take(as_values(x), as_values(indices).astype("int64"), axis)))


def take_along_axis(x: Any, indices: Any, axis: int | None = None) -> Tensor:
    """Return one entry of x for each index, each from its own row.

    Args:
        x: array.
        indices: array of integers with as many axes.
        axis: the axis. Default: x taken as one row.

    Example:
        >>> take_along_axis([[1, 2], [3, 4]], [[1], [0]], axis=1).tolist()
        [[2], [3]]
    """
    return as_tensor(np.take_along_axis(as_values(x), as_values(indices).astype("int64"), axis))


def sort(x: Any, axis: int | None = -1) -> Tensor:
    """Return x in ascending order.

    Args:
        x: array.
        axis: the axis, the last by default; None takes x as one row.

    Example:
        >>> sort([3, 1, 2]).tolist()
        [1, 2, 3]
    """
    return as_tensor(np.sort(as_values(x), axis))


def argsort(x: Any, axis: int | None = -1) -> Tensor:
    """Return the indices that put x in ascending order; equal elements keep their order.

    Args:
        x: array.
        axis: the axis, the last by default; None takes x as one row.

    Example:
        >>> argsort([3, 1, 2]).tolist()
        [1, 2, 0]
    """
    return as_tensor(np.argsort(as_values(x), axis, kind="stable").astype("int32"))


def top_k(x: Any, k: int, sorted: bool = True) -> tuple[Tensor, Tensor]:
    """Return the k largest elements of each row, largest first, and their indices.

    Args:
        x: array; rows are along the last axis.
        k: how many.
        sorted: without effect: they are always in order.

    Example:
        >>> values, indices = top_k([1, 3, 2], 2)
        >>> values.tolist(), indices.tolist()
        ([3, 2], [1, 2])
    """
    values = as_values(x)
    indices = np.argsort(-values.astype("float64"), -1, kind="stable")[..., :k]
    return as_tensor(np.take_along_axis(values, indices, -1)), as_tensor(indices.astype("int32"))


def zeros(shape: int | Sequence[int], dtype: Any = None) -> Tensor:
    """Return zeros.

    Args:
        shape: shape of the result.
        dtype: type, `floatx()` by default.

    Example:
        >>> zeros((1, 2)).tolist()
        [[0.0, 0.0]]
    """
    return as_tensor(np.zeros(shape, standardize_dtype(dtype)))


def ones(shape: int | Sequence[int], dtype: Any = None) -> Tensor:
    """Return ones.

    Args:
        shape: shape of the result.
        dtype: type, `floatx()` by default.

    Example:
        >>> ones((1, 2)).tolist()
        [[1.0, 1.0]]
    """
    return as_tensor(np.ones(shape, standardize_dtype(dtype)))


def full(shape: int | Sequence[int], fill_value: Any, dtype: Any = None) -> Tensor:
    """Return an array of one value.

    Args:
        shape: shape of the result.
        fill_value: the value.
        dtype: type, `floatx()` by default.

    Example:
        >>> full((2,), 3).tolist()
        [3.0, 3.0]
    """
    return as_tensor(np.full(shape, as_values(fill_value), standardize_dtype(dtype)))


def zeros_like(x: Any, dtype: Any = None) -> Tensor:
    """Return zeros of the shape of x.

    Args:
        x: array.
        dtype: type, that of x by default.

    Example:
        >>> zeros_like([1, 2]).tolist()
        [0, 0]
    """
    return as_tensor(np.zeros_like(as_values(x), dtype=dtype))


def ones_like(x: Any, dtype: Any = None) -> Tensor:
    """Return ones of the shape of x.

    Args:
        x: array.
        dtype: type, that of x by default.

    Example:
        >>> ones_like([5, 6]).tolist()
        [1, 1]
    """
    return as_tensor(np.ones_like(as_values(x), dtype=dtype))


def eye(N: int, M: int | None = None, k: int = 0, dtype: Any = None) -> Tensor:
    """Return ones on a diagonal and zeros elsewhere.

    Args:
        N: number of rows.
        M: number of columns, N by default.
        k: which diagonal: 0 (default) the main one, above it positive.
        dtype: type, `floatx()` by default.

    Example:
        >>> eye(2).tolist()
        [[1.0, 0.0], [0.0, 1.0]]
    """
    return as_tensor(np.eye(N, M, k, standardize_dtype(dtype)))


def arange(start: Any, stop: Any = None, step: Any = None, dtype: Any = None) -> Tensor:
    """Return start, start + step, … below stop; with one argument 0, 1, … below it.

    Args:
        start: first number.
        stop: bound. Default None.
        step: 1 by default.
        dtype: type; by default that of the numbers.

    Example:
        >>> arange(3).tolist(), arange(1.0, 2.0, 0.5).tolist()
        ([0, 1, 2], [1.0, 1.5])
    """
    if dtype is None:
        is_real = any(isinstance(number, float | np.floating) for number in (start, stop, step))
        dtype = config.floatx() if is_real else "int32"
    if stop is None:
        start, stop = 0, start
    return as_tensor(np.arange(start, stop, 1 if step is None else step).astype(standardize_dtype(dtype)))


def linspace(
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    retstep: bool = False,
    dtype: Any = None,
    axis: int = 0,
) -> Any:
    """Return num numbers at equal distances from start to stop.

    Args:
        start, stop: first and last number.
        num: how many, 50 by default.
        endpoint: whether stop is among them. Default True.
        retstep: return the distance, too. Default False.
        dtype: type, `floatx()` by default.
        axis: place of the new axis where start and stop are arrays, 0 by default.

    Example:
        >>> linspace(0, 1, 3).tolist()
        [0.0, 0.5, 1.0]
    """
    element = standardize_dtype(dtype)
    values, step = np.linspace(start, stop, num, endpoint, retstep=True, axis=axis)
    numbers = as_tensor(values.astype(element))
    return (numbers, as_tensor(np.asarray(step).astype(element))) if retstep else numbers
