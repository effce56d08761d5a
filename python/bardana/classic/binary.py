"""Bits as users give them: 0, 1, False, True, and arrays of these."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray


def binary_value(value: Any, name: str) -> int:
    """Return a bit as an int.

    Args:
        value: 0, 1, False, True or a number equal to one of them.
        name: of the input, for the message.

    Raises:
        ValueError: for anything else.

    Example:
        >>> binary_value(True, "a")
        1
    """
    if isinstance(value, (bool, int, float, np.bool_, np.number)) and value in (0, 1):
        return int(value)
    raise ValueError(f"input '{name}': expected 0 or 1, received {value!r}")


def binary_rows(x: Any, names: Sequence[str]) -> NDArray[np.int64]:
    """Return rows of bits as int64.

    Args:
        x: array or nested lists of shape (rows, inputs).
        names: of the inputs.

    Raises:
        ValueError: for another shape, or values other than 0 and 1.

    Example:
        >>> binary_rows([[0.0, 1.0]], ["a", "b"]).tolist()
        [[0, 1]]
    """
    rows = np.asarray(x)
    if rows.ndim != 2 or rows.shape[1] != len(names):
        raise ValueError(
            f"expected an array of shape (rows, {len(names)}), a column for each of ({', '.join(names)}), "
            f"received shape {rows.shape}"
        )
    if rows.dtype.kind not in "biuf":
        raise ValueError(f"expected an array of 0 and 1, received dtype {rows.dtype}")
    wrong = np.argwhere((rows != 0) & (rows != 1))
    if len(wrong):
        row, column = wrong[0]
        raise ValueError(f"input '{names[column]}': expected 0 or 1, received {rows[row, column]!s} in row {row}")
    return rows.astype(np.int64)
