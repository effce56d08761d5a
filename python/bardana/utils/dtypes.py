"""Names of element types, and which type a computation with several of them has."""

from __future__ import annotations

from typing import Any

import numpy as np

from bardana import config

_PYTHON_TYPES: dict[Any, str] = {bool: "bool", int: "int32", str: "string", "int": "int32", "bool": "bool"}
_BEYOND_NUMPY = ("bfloat16", "string")


def standardize_dtype(dtype: Any) -> str:
    """Return the name of a type, `floatx()` for None and for Python's float.

    Args:
        dtype: type of NumPy, Python, TensorFlow or PyTorch, its name or None.

    Raises:
        ValueError: dtype names no type.

    Example:
        >>> standardize_dtype(np.float64), standardize_dtype(None), standardize_dtype(int)
        ('float64', 'float32', 'int32')
    """
    if dtype is None or dtype is float or dtype == "float":
        return config.floatx()
    if isinstance(dtype, (type, str)) and dtype in _PYTHON_TYPES:
        return _PYTHON_TYPES[dtype]
    name = getattr(dtype, "name", None) or str(dtype)
    name = name.removeprefix("torch.")
    if name in _BEYOND_NUMPY:
        return str(name)
    try:
        return np.dtype(dtype if isinstance(dtype, type) else name).name
    except TypeError:
        raise ValueError(f"dtype: expected the name of a type such as 'float32', received {dtype!r}.") from None


def is_float_dtype(dtype: Any) -> bool:
    """Return whether a type is a floating-point type.

    Args:
        dtype: as for `standardize_dtype`.

    Raises:
        ValueError: dtype names no type.

    Example:
        >>> is_float_dtype("float16"), is_float_dtype(np.int32)
        (True, False)
    """
    return standardize_dtype(dtype).startswith(("float", "bfloat"))


def is_int_dtype(dtype: Any) -> bool:
    """Return whether a type is an integer type, with or without sign.

    Args:
        dtype: as for `standardize_dtype`.

    Raises:
        ValueError: dtype names no type.

    Example:
        >>> is_int_dtype("uint8"), is_int_dtype("bool")
        (True, False)
    """
    return standardize_dtype(dtype).startswith(("int", "uint"))


def result_type(*dtypes: Any) -> str:
    """Return the type of a computation with several types.

    Floats win over integers without growing for them: int32 and float16 give float16, not float64 as in NumPy. The
    Python types int and float adapt to the types beside them.

    Args:
        dtypes: types as for `standardize_dtype`. Without any the result is `floatx()`.

    Raises:
        ValueError: one of them names no type.

    Example:
        >>> result_type("int32", "float16"), result_type(int, "uint8"), result_type("int8", "uint8")
        ('float16', 'uint8', 'int16')
    """
    adapting = [dtype for dtype in dtypes if dtype in (int, float)]
    fixed = {standardize_dtype(dtype) for dtype in dtypes if dtype not in (int, float)}
    floats = sorted(name for name in fixed if is_float_dtype(name))
    if floats:
        return _promoted_floats(floats)
    if float in adapting or not dtypes:
        return config.floatx()
    integers = sorted(name for name in fixed if is_int_dtype(name))
    if not integers:
        return "int32" if adapting else "bool"
    if "uint64" in integers and any(name.startswith("int") for name in integers):
        return config.floatx()
    name = np.result_type(*integers).name
    return "uint32" if name == "uint64" else name


def _promoted_floats(names: list[str]) -> str:
    if len(names) == 1:
        return names[0]
    if "bfloat16" in names:
        names = [name if name != "bfloat16" else "float32" for name in names]
    return np.result_type(*names).name
