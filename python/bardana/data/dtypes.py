"""Element types: which ones the engine reads, what others become, and the two in which a model computes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from bardana import config

READABLE = frozenset(
    np.dtype(name)
    for name in (
        *("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
        *("float16", "float32", "float64"),
    )
)
TARGETS = READABLE - {np.dtype("float16")}
FLOATS = (np.dtype("float32"), np.dtype("float64"))
_FLOAT_NAMES = tuple(dtype.name for dtype in FLOATS)


def readable_dtype(dtype: np.dtype[Any], argument: str) -> np.dtype[Any]:
    """Return the type as which the engine reads numbers of a type: the same, in native byte order, where it can.

    Args:
        dtype: type of an array.
        argument: name of the argument, for messages.

    Raises:
        ValueError: if it is no type of real numbers.

    Example:
        >>> readable_dtype(np.dtype(">f4"), "x"), readable_dtype(np.dtype(np.longdouble), "x")
        (dtype('float32'), dtype('float64'))
    """
    if dtype in READABLE:
        return dtype
    if dtype.name == "bfloat16":
        return FLOATS[0]
    if dtype.kind == "f":
        return FLOATS[1] if dtype.itemsize > 8 else dtype.newbyteorder("=")
    if dtype.kind in "iu":
        return np.dtype(f"{dtype.kind}{dtype.itemsize}")
    raise ValueError(_no_numbers_message(dtype, argument))


def float_name(dtype: Any, owner: str) -> str:
    """Return "float32" or "float64" for a name, NumPy type or saved policy; None means `config.floatx()`.

    Args:
        dtype: any of these.
        owner: whose type it is, for messages.

    Raises:
        ValueError: if it is another type.

    Example:
        >>> float_name(np.float64, "dense"), float_name({"config": {"name": "float32"}}, "dense")
        ('float64', 'float32')
    """
    if dtype is None:
        return config.floatx()
    if isinstance(dtype, Mapping):
        dtype = dtype.get("config", {}).get("name")
    dtype = getattr(dtype, "variable_dtype", dtype)  # of a DTypePolicy
    try:
        name: str = np.dtype(dtype).name
    except TypeError:
        name = str(dtype)
    if dtype is None or name not in _FLOAT_NAMES:
        raise ValueError(f"{owner}: expected dtype to be one of {_FLOAT_NAMES}, received dtype={dtype!r}")
    return name


def number_name(dtype: Any, owner: str) -> str:
    """Return the name of a type of numbers that arrays may have, for a name, NumPy type or saved policy.

    Args:
        dtype: any of these; None means `config.floatx()`.
        owner: whose type it is, for messages.

    Raises:
        ValueError: if it is no such type.

    Example:
        >>> number_name("int32", "input"), number_name(None, "input")
        ('int32', 'float32')
    """
    try:
        known = dtype is not None and not isinstance(dtype, Mapping) and np.dtype(dtype) in READABLE
    except TypeError:
        known = False
    return np.dtype(dtype).name if known else float_name(dtype, owner)


def _no_numbers_message(dtype: np.dtype[Any], argument: str) -> str:
    received = f"{argument}: expected an array of numbers, received dtype {dtype}."
    if dtype.kind == "O":
        return (
            f"{received} Its rows may differ in length or hold mixed types: "
            f"make it rectangular and write {argument}.astype('float32')."
        )
    if dtype.kind in "US":
        return f"{received} Encode text as numbers first."
    return received
