"""Small helpers on arrays: unit length, sequences of one length."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray


def normalize(x: Any, axis: int | None = -1, order: float | str = 2) -> NDArray[Any]:
    """Return x divided by its norms along an axis: y = x / ‖x‖, and 0 where the norm is 0.

    Args:
        x: array or list of numbers.
        axis: axis of the vectors, the last by default; None takes all of x as one vector or matrix.
        order: which norm, as for `numpy.linalg.norm`; 2 by default.

    Returns:
        Array of the shape of x; integers become float64.

    Example:
        >>> normalize([[3.0, 4.0], [0.0, 0.0]])
        array([[0.6, 0.8],
               [0. , 0. ]])
    """
    values = np.asanyarray(x)
    norms = np.linalg.norm(values, order, axis, keepdims=True)  # type: ignore[arg-type]
    result: NDArray[Any] = values / np.where(norms == 0, norms.dtype.type(1), norms)
    return result


def pad_sequences(
    sequences: Sequence[Any],
    maxlen: int | None = None,
    dtype: DTypeLike = "int32",
    padding: str = "pre",
    truncating: str = "pre",
    value: float | str = 0.0,
) -> NDArray[Any]:
    """Return sequences of different lengths as one array, shorter ones filled up and longer ones cut.

    Args:
        sequences: list of sequences; their entries are numbers, or arrays of one shape.
        maxlen: length of all. Default: that of the longest.
        dtype: type of the array, "int32" by default; `object` for strings.
        padding: "pre" (default) fills up in front, "post" behind.
        truncating: "pre" (default) cuts off the beginning, "post" the end.
        value: what fills up, 0.0 by default.

    Returns:
        Array of shape (number of sequences, maxlen, …).

    Raises:
        ValueError: an argument is none of these, or entries differ in shape.

    Example:
        >>> pad_sequences([[1], [2, 3], [4, 5, 6]], maxlen=2, padding="post")
        array([[1, 0],
               [2, 3],
               [5, 6]], dtype=int32)
    """
    for name, given in (("padding", padding), ("truncating", truncating)):
        if given not in ("pre", "post"):
            raise ValueError(f"pad_sequences: expected {name} to be 'pre' or 'post', received {given!r}.")
    if not hasattr(sequences, "__len__") or not all(hasattr(sequence, "__len__") for sequence in sequences):
        raise ValueError(f"pad_sequences: expected a list of sequences, received {sequences!r}.")
    kind = np.dtype(dtype)
    if isinstance(value, str) and kind.kind not in "OUS":
        raise ValueError(f"pad_sequences: expected dtype=object with value={value!r}, received dtype={dtype!r}.")
    length = max(map(len, sequences), default=0) if maxlen is None else maxlen
    first: Any = next((sequence for sequence in sequences if len(sequence)), [])
    entry_shape = np.asarray(first).shape[1:]
    padded = np.full((len(sequences), length, *entry_shape), value, dtype=kind)
    for row, sequence in zip(padded, sequences, strict=True):
        kept = np.asarray(
            sequence[max(len(sequence) - length, 0) :] if truncating == "pre" else sequence[:length], kind
        )
        if not len(sequence):
            continue
        if kept.shape[1:] != entry_shape:
            raise ValueError(
                f"pad_sequences: expected entries of shape {entry_shape}, those of the first sequence, received "
                f"{kept.shape[1:]}."
            )
        start = length - len(kept) if padding == "pre" else 0
        row[start : start + len(kept)] = kept
    return padded
