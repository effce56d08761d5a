"""Divide data into two parts, such as one to train with and one to test with."""

from __future__ import annotations

import math
import random
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bardana import data
from bardana.arguments import is_integer
from bardana.data.py_dataset import PyDataset
from bardana.utils.batches import pack_x_y_sample_weight

Array = NDArray[Any]


class Batches(PyDataset):
    """Be arrays of equally many rows in batches (x,), (x, y) or (x, y, sample_weight)."""

    def __init__(self, arrays: tuple[Array, ...], batch_size: int) -> None:
        super().__init__()
        self._arrays = arrays
        self._batch_size = batch_size

    def __len__(self) -> int:
        return math.ceil(len(self._arrays[0]) / self._batch_size)

    def __getitem__(self, index: int) -> Any:
        """Return batch `index`, the last one with what is left."""
        rows = slice(index * self._batch_size, (index + 1) * self._batch_size)
        return pack_x_y_sample_weight(*(array[rows] for array in self._arrays))


def split_dataset(
    dataset: Any,
    left_size: float | None = None,
    right_size: float | None = None,
    shuffle: bool = False,
    seed: int | None = None,
    preferred_backend: None = None,
) -> tuple[Any, Any]:
    """Divide data into a left and a right part.

    Sizes and shuffling are those of Keras: equal seeds give equal parts. Keras returns two `tf.data.Dataset` of single
    examples; here arrays give arrays, of which `fit(*left)` takes a tuple, and batches give batches.

    Args:
        dataset: an array, a list or tuple of arrays with as many rows, or data in batches with an end: a `PyDataset`,
            a `tf.data.Dataset`, a PyTorch `DataLoader`, a generator.
        left_size: number of rows of the left part, or its share of all as a float between 0 and 1, rounded. Default:
            what `right_size` leaves.
        right_size: the same for the right part, which comes from the end. Default: what `left_size` leaves.
        shuffle: whether to bring the rows into a random order first. Default False.
        seed: of that order. Default: drawn from Python's `random`.
        preferred_backend: must be None.

    Returns:
        (left, right): arrays, tuples of arrays, or for data in batches two `PyDataset` with batches as large as the
        first one of the data.

    Raises:
        TypeError: for other data or kinds of sizes.
        ValueError: if no size is given, a part would be empty, or both together are more than there is.

    Example:
        >>> import numpy as np
        >>> (x, y), (x_test, y_test) = split_dataset((np.zeros((10, 2)), np.arange(10)), right_size=0.2)
        >>> x.shape, y_test.tolist()
        ((8, 2), [8, 9])
    """
    if preferred_backend is not None:
        raise ValueError(f"split_dataset: expected preferred_backend=None, received {preferred_backend!r}")
    if left_size is None and right_size is None:
        raise ValueError("split_dataset: expected left_size or right_size, received neither")
    arrays, batch_size = _as_arrays(dataset)
    count = len(arrays[0])
    order = _shuffled(count, seed) if shuffle else np.arange(count)
    left, right = _sizes(left_size, right_size, count)
    parts = [tuple(array[rows] for array in arrays) for rows in (order[:left], order[count - right :])]
    if batch_size is not None:
        return Batches(parts[0], batch_size), Batches(parts[1], batch_size)
    if isinstance(dataset, (list, tuple)):
        return parts[0], parts[1]
    return parts[0][0], parts[1][0]


def _as_arrays(dataset: Any) -> tuple[tuple[Array, ...], int | None]:
    """Return the arrays of a dataset, and the size of its batches if it has such."""
    if isinstance(dataset, np.ndarray):
        return (dataset,), None
    if isinstance(dataset, (list, tuple)):
        return _checked_arrays(dataset), None
    stream = data.as_stream(dataset)
    if stream is None:
        raise TypeError(f"split_dataset: expected arrays or data in batches, received {dataset!r} of {type(dataset)}")
    batches = [[part for part in stream.unpack(batch) if part is not None] for batch in stream.batches(None, 0)]
    if not batches:
        raise ValueError(f"split_dataset: expected a {stream.label} with at least one batch, received an empty one")
    return tuple(np.concatenate(parts) for parts in zip(*batches, strict=True)), len(batches[0][0])


def _checked_arrays(arrays: Any) -> tuple[Array, ...]:
    if not arrays or not all(isinstance(array, np.ndarray) for array in arrays):
        kinds = [type(array).__name__ for array in arrays]
        raise ValueError(f"split_dataset: expected NumPy arrays, at least one, received {kinds}")
    if len({len(array) for array in arrays}) > 1:
        shapes = [array.shape for array in arrays]
        raise ValueError(f"split_dataset: expected arrays with equally many rows, received shapes {shapes}")
    return tuple(arrays)


def _shuffled(count: int, seed: int | None) -> NDArray[np.intp]:
    rows = list(range(count))
    random.Random(random.randint(0, int(1e6)) if seed is None else seed).shuffle(rows)
    return np.array(rows, dtype=np.intp)


def _sizes(left: Any, right: Any, count: int) -> tuple[int, int]:
    """Return the numbers of rows of both parts."""
    if isinstance(left, float) and isinstance(right, float) and left + right > 1:
        raise ValueError(f"split_dataset: expected shares with a sum up to 1, received {left} and {right}")
    left_rows, right_rows = _rows(left, count, "left_size"), _rows(right, count, "right_size")
    left_rows = count - right_rows if left_rows is None and right_rows is not None else left_rows
    right_rows = count - left_rows if right_rows is None and left_rows is not None else right_rows
    assert left_rows is not None and right_rows is not None
    if not left_rows or not right_rows or left_rows + right_rows > count:
        raise ValueError(
            f"split_dataset: expected two parts of {count} rows that are not empty, received left_size={left} and "
            f"right_size={right}, which are {left_rows} and {right_rows} rows"
        )
    return left_rows, right_rows


def _rows(size: Any, count: int, argument: str) -> int | None:
    if size is None:
        return None
    if not is_integer(size) and not isinstance(size, (float, np.floating)):
        raise TypeError(f"split_dataset: expected {argument} to be an integer or a float, received {size!r}")
    if not 0 < size < (count if is_integer(size) else 1):
        raise ValueError(
            f"split_dataset: expected {argument} to be an integer from 1 to {count - 1} or a float between 0 and 1, "
            f"received {size!r}"
        )
    return int(size) if is_integer(size) else round(float(size) * count)
