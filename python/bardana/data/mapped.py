"""Arrays in files that the engine cannot read in place: read batch by batch, never copied as a whole.

A `np.memmap` of native numbers in C order is an array like any other and needs nothing of this.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any, ClassVar

import numpy as np

from bardana.data.arrays import check_cardinality
from bardana.data.dtypes import FLOATS, READABLE, TARGETS
from bardana.data.pass_order import batch_order
from bardana.data.streams import Stream


class MappedStream(Stream):
    """Rows of arrays of which some are mapped files in a foreign type or layout.

    Args:
        arrays: x, y and sample_weight; the last two may be None.
        batch_size: rows per batch.

    Raises:
        ValueError: the arrays differ in length.
    """

    label: ClassVar[str] = "mapped array"
    shuffles = True

    def __init__(self, arrays: tuple[Any, Any, Any], batch_size: int) -> None:
        super().__init__(arrays)
        self._size = batch_size
        self._rows = len(arrays[0])
        check_cardinality(*arrays)

    @property
    def length(self) -> int:
        return -(-self._rows // self._size)

    def look(self) -> Any:
        return self._take(slice(self._size))

    def read(self, shuffle_seed: int | None, number: int) -> Iterator[Any]:
        if shuffle_seed is None:
            return (self._take(slice(first, first + self._size)) for first in range(0, self._rows, self._size))
        order = np.asarray(batch_order(self._rows, shuffle_seed, number))
        return (self._take(order[first : first + self._size]) for first in range(0, self._rows, self._size))

    def _take(self, rows: Any) -> tuple[Any, ...]:
        return tuple(None if array is None else np.array(array[rows]) for array in self.source)


def must_be_read_in_parts(x: Any, y: Any = None, sample_weight: Any = None) -> bool:
    """Return whether the engine would have to copy a mapped file as a whole.

    Args:
        x, y, sample_weight: anything.

    Example:
        >>> must_be_read_in_parts(np.zeros((2, 2)).T)
        False
    """
    if type(x) is np.ndarray and (y is None or type(y) is np.ndarray) and sample_weight is None:
        return False
    return _is_foreign(x, READABLE) or _is_foreign(y, TARGETS) or _is_foreign(sample_weight, FLOATS)


def _is_foreign(array: Any, types: Collection[np.dtype[Any]]) -> bool:
    if not isinstance(array, np.memmap):
        return False
    return array.dtype not in types or not array.flags.c_contiguous or not array.flags.aligned
