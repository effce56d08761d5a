"""Sums, means, extremes and the like, over some axes or all."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np

from bardana.ops.convert import Array, as_real, as_values
from bardana.tensor import Tensor, as_tensor

Axis: TypeAlias = "int | tuple[int, ...] | None"


def mean(x: Any, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Return the mean.

    Args:
        x: array; of integers the mean is a float.
        axis: axis or axes to reduce. Default: all.
        keepdims: keep them with size 1. Default False.

    Example:
        >>> mean([[1.0, 3.0], [5.0, 7.0]], axis=0).tolist()
        [3.0, 5.0]
    """
    return _tensor(np.mean(as_real(x), _axes(axis), keepdims=keepdims))


def sum(x: Any, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Return the sum.

    Args:
        x: array; small integers and booleans are summed as 32-bit integers.
        axis: axis or axes to reduce. Default: all.
        keepdims: keep them with size 1. Default False.

    Example:
        >>> sum([[1, 2], [3, 4]], axis=1).tolist()
        [3, 7]
    """
    values = _wide(as_values(x))
    return _tensor(np.sum(values, _axes(axis), values.dtype, keepdims=keepdims))


def prod(x: Any, axis: Axis = None, keepdims: bool = False, dtype: Any = None) -> Tensor:
    """Return the product.

    Args:
        x: array; small integers and booleans are multiplied as 32-bit integers.
        axis: axis or axes to reduce. Default: all.
        keepdims: keep them with size 1. Default False.
        dtype: type of the result. Default None.

    Example:
        >>> prod([2, 3]).item()
        6
    """
    values = _wide(as_values(x)) if dtype is None else as_values(x).astype(dtype)
    return _tensor(np.prod(values, _axes(axis), values.dtype, keepdims=keepdims))


def std(x: Any, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Return the standard deviation, √(Σ (x − mean)² / n).

    Args:
        x: array.
        axis: axis or axes to reduce. Default: all.
        keepdims: keep them with size 1. Default False.

    Example:
        >>> std([1.0, 3.0]).item()
        1.0
    """
    return _tensor(np.std(as_real(x), _axes(axis), keepdims=keepdims))


def var(x: Any, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Return the variance, Σ (x − mean)² / n.

    Args:
        x: array.
        axis: axis or axes to reduce. Default: all.
        keepdims: keep them with size 1. Default False.

    Example:
        >>> var([1.0, 5.0]).item()
        4.0
    """
    return _tensor(np.var(as_real(x), _axes(axis), keepdims=keepdims))


def max(x: Any, axis: Axis = None, keepdims: bool = False, initial: Any = None) -> Tensor:
    """Return the largest element.

    Args:
        x: array.
        axis: axis or axes to reduce. Default: all.
        keepdims: keep them with size 1. Default False.
        initial: a number that counts too. Default None.

    Example:
        >>> max([1, 3, 2]).item()
        3
    """
    start = {} if initial is None else {"initial": initial}
    return _tensor(np.max(as_values(x), _axes(axis), keepdims=keepdims, **start))


def min(x: Any, axis: Axis = None, keepdims: bool = False, initial: Any = None) -> Tensor:
    """Return the smallest element.

    Args:
        x: array.
        axis: axis or axes to reduce. Default: all.
        keepdims: keep them with size 1. Default False.
        initial: a number that counts too. Default None.

    Example:
        >>> min([1, 3, 2]).item()
        1
    """
    start = {} if initial is None else {"initial": initial}
    return _tensor(np.min(as_values(x), _axes(axis), keepdims=keepdims, **start))


def any(x: Any, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Return whether any element is true.

    Args:
        x: array.
        axis: axis or axes to reduce. Default: all.
        keepdims: keep them with size 1. Default False.

    Example:
        >>> any([False, True]).item()
        True
    """
    return _tensor(np.any(as_values(x), _axes(axis), keepdims=keepdims))


def all(x: Any, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Return whether all elements are true.

    Args:
        x: array.
        axis: axis or axes to reduce. Default: all.
        keepdims: keep them with size 1. Default False.

    Example:
        >>> all([False, True]).item()
        False
    """
    return _tensor(np.all(as_values(x), _axes(axis), keepdims=keepdims))


def count_nonzero(x: Any, axis: Axis = None) -> Tensor:
    """Return the number of elements that are not 0.

    Args:
        x: array.
        axis: axis or axes to reduce. Default: all.

    Example:
        >>> count_nonzero([0, 2, 3]).item()
        2
    """
    return _tensor(np.asarray(np.count_nonzero(as_values(x), _axes(axis))).astype("int32"))


def argmax(x: Any, axis: int | None = None, keepdims: bool = False) -> Tensor:
    """Return the index of the largest element, the first of several.

    Args:
        x: array.
        axis: the axis. Default: x taken as one row.
        keepdims: keep the axis with size 1. Default False.

    Example:
        >>> argmax([[1, 3, 2], [9, 0, 0]], axis=1).tolist()
        [1, 0]
    """
    return _tensor(np.asarray(np.argmax(as_values(x), axis, keepdims=keepdims)).astype("int32"))


def argmin(x: Any, axis: int | None = None, keepdims: bool = False) -> Tensor:
    """Return the index of the smallest element, the first of several.

    Args:
        x: array.
        axis: the axis. Default: x taken as one row.
        keepdims: keep the axis with size 1. Default False.

    Example:
        >>> argmin([[1, 3, 2], [9, 0, 0]], axis=1).tolist()
        [0, 1]
    """
    return _tensor(np.asarray(np.argmin(as_values(x), axis, keepdims=keepdims)).astype("int32"))


def median(x: Any, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Return the median, of an even number of elements the mean of the two in the middle.

    Args:
        x: array.
        axis: axis or axes to reduce. Default: all.
        keepdims: keep them with size 1. Default False.

    Example:
        >>> median([1.0, 9.0, 2.0]).item()
        2.0
    """
    values = as_real(x)
    return _tensor(np.asarray(np.median(values, _axes(axis), keepdims=keepdims)).astype(values.dtype))


def logsumexp(x: Any, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Return log Σ eˣ, without overflow.

    Args:
        x: array.
        axis: axis or axes to reduce. Default: all.
        keepdims: keep them with size 1. Default False.

    Example:
        >>> logsumexp([1000.0, -1000.0]).item()
        1000.0
    """
    values = as_real(x)
    largest = np.max(values, _axes(axis), keepdims=True)
    shift = np.where(np.isfinite(largest), largest, values.dtype.type(0))
    with np.errstate(divide="ignore"):
        total = np.log(np.sum(np.exp(values - shift), _axes(axis), keepdims=True)) + shift
    return _tensor(total if keepdims else np.squeeze(total, _axes(axis)))


def cumsum(x: Any, axis: int | None = None, dtype: Any = None) -> Tensor:
    """Return the running sums.

    Args:
        x: array.
        axis: the axis. Default: x taken as one row.
        dtype: type of the result. Default None.

    Example:
        >>> cumsum([1, 2, 3]).tolist()
        [1, 3, 6]
    """
    values = as_values(x)
    values = values.astype("int32" if values.dtype == bool else values.dtype) if dtype is None else values.astype(dtype)
    return _tensor(np.cumsum(values, axis, values.dtype))


def cumprod(x: Any, axis: int | None = None, dtype: Any = None) -> Tensor:
    """Return the running products.

    Args:
        x: array.
        axis: the axis. Default: x taken as one row.
        dtype: type of the result. Default None.

    Example:
        >>> cumprod([1, 2, 3]).tolist()
        [1, 2, 6]
    """
    values = as_values(x)
    values = values.astype("int32" if values.dtype == bool else values.dtype) if dtype is None else values.astype(dtype)
    return _tensor(np.cumprod(values, axis, values.dtype))


def _axes(axis: Any) -> Any:
    return tuple(axis) if isinstance(axis, list) else axis


def _wide(values: Array) -> Array:
    """Return small integers and booleans as 32-bit integers."""
    if values.dtype == bool or (values.dtype.kind == "i" and values.dtype.itemsize < 4):
        return values.astype("int32")
    return values.astype("uint32") if values.dtype.kind == "u" and values.dtype.itemsize < 4 else values


def _tensor(values: Any) -> Tensor:
    return as_tensor(np.asarray(values))
