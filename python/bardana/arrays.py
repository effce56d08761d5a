"""Arrays as the native functions take them, for what a user calls directly: activations, losses, metrics, kernels."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from bardana import config

Array = NDArray[Any]


def as_floats(values: Any, dtype: DTypeLike | None = None) -> Array:
    """Return a C-contiguous float32 or float64 array; a copy only where needed.

    Args:
        values: array or nested sequence of numbers.
        dtype: type of the result. Default: float32 and float64 arrays keep theirs, float16 becomes float32, wider
            floats float64; integers, booleans and Python numbers become `config.floatx()`.

    Raises:
        TypeError: if the values are not real numbers.
    """
    array = np.asarray(values)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"expected real numbers, received an array of dtype {array.dtype}")
    if dtype is None:
        dtype = _kept_type(array.dtype) if array.dtype.kind == "f" and hasattr(values, "dtype") else config.floatx()
    return np.asarray(array, dtype=dtype, order="C")


def as_numbers(values: Any) -> Array:
    """Return a C-contiguous array of any real type in native byte order, which the engine reads as it is.

    Raises:
        TypeError: if the values are not real numbers.
    """
    array = np.asarray(values)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"expected real numbers, received an array of dtype {array.dtype}")
    wide = array.dtype.kind == "f" and array.dtype.itemsize > 8
    return np.asarray(array, dtype=np.float64 if wide else array.dtype.newbyteorder("="), order="C")


def float_name(dtype: DTypeLike | None, owner: str) -> str:
    """Return "float32" or "float64" for a type or its name; None means `config.floatx()`.

    Raises:
        ValueError: if it is another type.
    """
    try:
        name = np.dtype(dtype or config.floatx()).name
    except TypeError:
        name = ""
    if name not in ("float32", "float64"):
        raise ValueError(f"{owner}: expected `dtype` float32 or float64, received {dtype!r}")
    return name


def _kept_type(dtype: np.dtype[Any]) -> DTypeLike:
    return np.float32 if dtype.itemsize <= 4 else np.float64
