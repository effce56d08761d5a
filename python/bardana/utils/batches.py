"""Batches as tuples of inputs, targets and weights."""

from __future__ import annotations

from typing import Any


def pack_x_y_sample_weight(x: Any, y: Any = None, sample_weight: Any = None) -> Any:
    """Return what `fit` takes as a batch: x, (x, y) or (x, y, sample_weight), as far as they are given.

    Args:
        x: inputs; a list or tuple without targets is put into a tuple.
        y: targets or None.
        sample_weight: weights or None; not looked at without y.

    Example:
        >>> pack_x_y_sample_weight(1), pack_x_y_sample_weight(1, 2), pack_x_y_sample_weight([1, 2])
        (1, (1, 2), ([1, 2],))
    """
    if y is None:
        return (x,) if isinstance(x, (tuple, list)) else x
    return (x, y) if sample_weight is None else (x, y, sample_weight)


def unpack_x_y_sample_weight(data: Any) -> tuple[Any, Any, Any]:
    """Return (x, y, sample_weight) of a batch, None for what it does not hold.

    Args:
        data: x, (x,), (x, y) or (x, y, sample_weight); lists count as tuples.

    Raises:
        ValueError: it is a tuple of another length.

    Example:
        >>> unpack_x_y_sample_weight((1, 2)), unpack_x_y_sample_weight(1)
        ((1, 2, None), (1, None, None))
    """
    if not isinstance(data, (tuple, list)):
        return data, None, None
    if not 1 <= len(data) <= 3:
        raise ValueError(
            f"Data is expected to be in format `x`, `(x,)`, `(x, y)`, or `(x, y, sample_weight)`, found: {data}"
        )
    x, y, sample_weight = (*data, None, None)[:3]
    return x, y, sample_weight
