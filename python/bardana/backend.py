"""The part of `keras.backend` that scripts use: settings, types, values of variables."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bardana.config import (
    backend,
    epsilon,
    floatx,
    image_data_format,
    set_epsilon,
    set_floatx,
    set_image_data_format,
)
from bardana.utils import clear_session

__all__ = [
    "backend",
    "clear_session",
    "epsilon",
    "floatx",
    "get_value",
    "image_data_format",
    "is_float_dtype",
    "set_epsilon",
    "set_floatx",
    "set_image_data_format",
    "set_value",
    "standardize_dtype",
]


def standardize_dtype(dtype: Any) -> str:
    """Return the name of a type, `floatx()` for None.

    Raises:
        ValueError: dtype names no type.

    Example:
        >>> standardize_dtype(np.float64), standardize_dtype(None)
        ('float64', 'float32')
    """
    if dtype is None:
        return floatx()
    try:
        name: str = np.dtype(dtype).name
    except TypeError:
        raise ValueError(f"dtype: expected the name of a type such as 'float32', received {dtype!r}.") from None
    return name


def is_float_dtype(dtype: Any) -> bool:
    """Return whether dtype is a floating-point type."""
    return standardize_dtype(dtype).startswith(("float", "bfloat"))


def get_value(x: Any) -> NDArray[Any]:
    """Return the value of a variable or tensor as a NumPy array."""
    return np.asarray(x.numpy() if hasattr(x, "numpy") else x)


def set_value(x: Any, value: Any) -> None:
    """Assign value to the variable x."""
    x.assign(value)
