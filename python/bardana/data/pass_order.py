"""The order of rows or batches in a pass over the data."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

from bardana import _core


def batch_order(count: int | None, shuffle_seed: int | None, number: int) -> Iterable[int]:
    """Return the numbers of batches in the order of a pass.

    Args:
        count: how many there are, None for no end.
        shuffle_seed: None keeps their own order.
        number: the pass, counted from 0; each has an order of its own.

    Example:
        >>> list(batch_order(3, None, 0)), sorted(batch_order(3, 7, 0))
        ([0, 1, 2], [0, 1, 2])
    """
    if count is None:
        return itertools.count()
    if shuffle_seed is None:
        return range(count)
    order: list[int] = _core.permutation(count, shuffle_seed, number).tolist()
    return order
