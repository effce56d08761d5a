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

    Args:
        dtype: type, its name or None.

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
    """Return whether a type is a floating-point type.

    Args:
        dtype: type, its name or None for `floatx()`.

    Raises:
        ValueError: dtype names no type.

    Example:
        >>> import numpy as np
        >>> is_float_dtype("float16"), is_float_dtype(np.int32)
        (True, False)
    """
    return standardize_dtype(dtype).startswith(("float", "bfloat"))


def get_value(x: Any) -> NDArray[Any]:
    """Return the value of a variable or tensor as a NumPy array.

    Args:
        x: variable, tensor or anything array-like.

    Example:
        >>> import bardana as keras
        >>> get_value(keras.Variable([1.0, 2.0]))
        array([1., 2.], dtype=float32)
    """
    return np.asarray(x.numpy() if hasattr(x, "numpy") else x)


def set_value(x: Any, value: Any) -> None:
    """Assign a value to a variable.

    Args:
        x: the variable.
        value: array or number of the variable's shape; cast to its type.

    Raises:
        ValueError: the shapes differ.

    Example:
        >>> import bardana as keras
        >>> x = keras.Variable([1.0, 2.0])
        >>> set_value(x, [3.0, 4.0])
        >>> x.numpy()
        array([3., 4.], dtype=float32)
    """
    x.assign(value)
