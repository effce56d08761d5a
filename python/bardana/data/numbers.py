"""Numbers as the native functions take them, for what a user calls directly: activations, losses, metrics.

Unlike the data of `fit` they may be lists or single numbers.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from bardana import config
from bardana.data.arrays import Array, unmasked
from bardana.data.dtypes import FLOATS, readable_dtype
from bardana.data.layout import in_order


def as_floats(values: Any, dtype: DTypeLike | None = None) -> Array:
    """Return a C-contiguous float32 or float64 array; a copy only where needed.

    Args:
        values: array or nested sequence of numbers.
        dtype: type of the result. Default: float32 and float64 arrays keep theirs, float16 becomes float32, wider
            floats float64; integers, booleans and Python numbers become `config.floatx()`.

    Raises:
        ValueError: if the values are not real numbers.

    Example:
        >>> as_floats([1, 2]), as_floats(np.float16(0.5)).dtype
        (array([1., 2.], dtype=float32), dtype('float32'))
    """
    array = as_numbers(values)
    if dtype is None:
        keeps_type = array.dtype.kind == "f" and hasattr(values, "dtype")
        dtype = _wide_enough(array.dtype) if keeps_type else config.floatx()
    return np.asarray(array, dtype=dtype, order="C")


def as_numbers(values: Any) -> Array:
    """Return a C-contiguous, aligned array of a type that the engine reads.

    Args:
        values: array or nested sequence of numbers.

    Raises:
        ValueError: if the values are not real numbers.

    Example:
        >>> as_numbers([1, 2]).dtype
        dtype('int64')
    """
    array = np.asarray(unmasked(values, "values"))
    return in_order(array, readable_dtype(array.dtype, "values"))


def _wide_enough(dtype: np.dtype[Any]) -> np.dtype[Any]:
    return dtype if dtype in FLOATS else FLOATS[0]
