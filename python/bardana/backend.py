"""The part of `keras.backend` that scripts use: settings, types, values of variables."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bardana import naming
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
from bardana.utils.dtypes import is_float_dtype, is_int_dtype, result_type, standardize_dtype

__all__ = [
    "backend",
    "clear_session",
    "epsilon",
    "floatx",
    "get_uid",
    "get_value",
    "image_data_format",
    "is_float_dtype",
    "is_int_dtype",
    "result_type",
    "set_epsilon",
    "set_floatx",
    "set_image_data_format",
    "set_value",
    "standardize_dtype",
]


def get_uid(prefix: str = "") -> int:
    """Return 1 at the first call with this prefix, then 2, 3 and so on; `clear_session` starts anew.

    Args:
        prefix: any string, "" by default.

    Example:
        >>> clear_session()
        >>> get_uid("step"), get_uid("step"), get_uid()
        (1, 2, 1)
    """
    return naming.count(prefix)


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
