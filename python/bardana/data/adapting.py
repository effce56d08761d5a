"""What a layer's `adapt` goes through: one array, or batches from an iterable, one after the other."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from bardana.data.arrays import Array, unmasked
from bardana.data.dtypes import readable_dtype


def adapting_batches(data: Any, steps: int | None = None) -> Iterator[Array]:
    """Yield the arrays of numbers in data, each with an axis of rows in front.

    Args:
        data: an array, or anything with the array protocol, which is yielded whole; or an iterable of batches, such as
            a list of arrays, a generator, a `PyDataset` or a `tf.data.Dataset`. Of a batch (x, y, …) x is taken; a
            batch with one axis is one row.
        steps: number of batches to take from an iterable. Default all.

    Raises:
        TypeError: data is neither, or a batch is no array.
        ValueError: there is no row, the numbers are no numbers, or `steps` comes with an array.

    Example:
        >>> import numpy as np
        >>> [batch.shape for batch in adapting_batches([np.zeros((3, 2)), np.zeros((1, 2))])]
        [(3, 2), (1, 2)]
    """
    if _is_array(data):
        if steps is not None:
            raise ValueError(f"adapt: expected steps=None with an array, received steps={steps}")
        yield _rows(data)
        return
    count = 0
    for batch in itertools.islice(_iterate(data), steps):
        x = batch[0] if isinstance(batch, tuple) and batch else batch
        if not _is_array(x):
            raise TypeError(f"adapt: expected batches that are arrays, received one of {type(x)}")
        yield _rows(x if np.ndim(x) != 1 else np.asarray(x)[np.newaxis])
        count += 1
    if not count:
        raise ValueError("adapt: expected at least one batch, received none")


def _is_array(value: Any) -> bool:
    return hasattr(value, "__array__") or hasattr(value, "__array_interface__")


def _iterate(data: Any) -> Iterable[Any]:
    if hasattr(data, "__getitem__") and hasattr(data, "__len__") and not isinstance(data, (list, tuple, dict)):
        return (data[i] for i in range(len(data)))
    if isinstance(data, (str, bytes, dict)) or not hasattr(data, "__iter__"):
        raise TypeError(f"adapt: expected an array or an iterable of batches, received {type(data)}")
    iterable: Iterable[Any] = data
    return iterable


def _rows(value: Any) -> Array:
    array = np.asarray(unmasked(value, "data"))
    if array.ndim == 0 or array.size == 0:
        raise ValueError(f"adapt: expected at least one row of numbers, received an array of shape {array.shape}")
    return array.astype(readable_dtype(array.dtype, "data"), copy=False)
