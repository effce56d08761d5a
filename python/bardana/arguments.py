"""Check single numbers and flags among a user's arguments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeGuard

import numpy as np

LARGEST_COUNT = 2**31 - 1
"""Upper bound of sizes and counts: more than any array here can have, and products of a few stay far from overflow."""


def checked_count(value: Any, argument: str, default: int | None = None, least: int = 1) -> int:
    """Return an integer argument, or its default for None.

    Args:
        value: what was received.
        argument: its name, for messages.
        default: what None means. Default: None is refused.
        least: smallest value that is allowed. Default 1.

    Raises:
        ValueError: if it is no integer from `least` to 2³¹ − 1.

    Example:
        >>> checked_count(None, "batch_size", 32), checked_count(8, "batch_size", 32)
        (32, 8)
    """
    if type(value) is int and least <= value <= LARGEST_COUNT:  # the common case: no search for abstract types
        return value
    if value is None and default is not None:
        return default
    if not is_integer(value) or not least <= value <= LARGEST_COUNT:
        kind = "a positive integer" if least == 1 else f"an integer of at least {least}"
        raise ValueError(f"expected {argument} to be {kind}, up to {LARGEST_COUNT}, received {value!r}")
    return int(value)


def is_integer(value: Any) -> TypeGuard[int]:
    """Return whether value is an integer of Python or NumPy; True and False are not.

    Example:
        >>> is_integer(3), is_integer(3.0), is_integer(True)
        (True, False, False)
    """
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)


def is_number(value: Any) -> TypeGuard[float]:
    """Return whether value is a real number of Python or NumPy; True and False are not.

    Example:
        >>> is_number(0.5), is_number("0.5"), is_number(True)
        (True, False, False)
    """
    return isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)


def checked_flag(value: Any, argument: str) -> bool:
    """Return an argument that is True or False, or a number in their place; ValueError for anything else."""
    if not isinstance(value, (bool, int, np.bool_)):
        raise ValueError(f"expected {argument} to be True or False, received {argument}={value!r}")
    return bool(value)


def checked_frequency(value: Any) -> int | Sequence[int]:
    """Return `validation_freq`: a count, or a list of epochs counted from 1; ValueError for anything else."""
    if type(value) is not int and isinstance(value, Sequence) and not isinstance(value, str):
        return [checked_count(epoch, "epoch in validation_freq") for epoch in value]
    return checked_count(value, "validation_freq")
