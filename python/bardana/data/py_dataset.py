"""The base class of datasets written in Python."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Iterator
from typing import Any


class PyDataset:
    """Give batches by number: implement `__getitem__`, and `__len__` or `num_batches`.

    `self[i]` returns batch i as (x, y) or (x, y, sample_weight); `len(self)` is the number of batches. A `num_batches`
    of None means that there is no end. `on_epoch_begin` and `on_epoch_end` may be overridden. While `fit` takes a step,
    the next batches are read on another thread.

    Args:
        workers: threads, or processes, that read batches at the same time. Default 1.
        use_multiprocessing: read in processes instead of threads; the dataset is handed to new ones in every epoch,
            so it must be picklable where processes are not forked. Default False.
        max_queue_size: batches that may wait to be used. Default 10.

    Example:
        >>> import bardana as keras, numpy as np
        >>> class Squares(keras.utils.PyDataset):
        ...     def __len__(self):
        ...         return 3
        ...     def __getitem__(self, index):
        ...         x = np.full((2, 1), float(index))
        ...         return x, x**2
        >>> model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
        >>> model.compile("sgd", "mse")
        >>> model.fit(Squares(), epochs=2, verbose=0).params["steps"]
        3
    """

    def __init__(self, workers: int = 1, use_multiprocessing: bool = False, max_queue_size: int = 10) -> None:
        self._workers = workers
        self._use_multiprocessing = use_multiprocessing
        self._max_queue_size = max_queue_size

    @property
    def workers(self) -> int:
        """Threads or processes that read at the same time."""
        return int(self._setting("_workers", 1))

    @workers.setter
    def workers(self, value: int) -> None:
        self._workers = value

    @property
    def use_multiprocessing(self) -> bool:
        """Whether processes read instead of threads."""
        return bool(self._setting("_use_multiprocessing", False))

    @use_multiprocessing.setter
    def use_multiprocessing(self, value: bool) -> None:
        self._use_multiprocessing = value

    @property
    def max_queue_size(self) -> int:
        """Batches that may wait to be used."""
        return int(self._setting("_max_queue_size", 10))

    @max_queue_size.setter
    def max_queue_size(self, value: int) -> None:
        self._max_queue_size = value

    def _setting(self, name: str, default: Any) -> Any:
        if name not in vars(self):
            warnings.warn(
                f"Your `PyDataset` class should call `super().__init__(**kwargs)`: {name[1:]} is not set, "
                f"{default!r} is used",
                stacklevel=3,
            )
            setattr(self, name, default)
        return getattr(self, name)

    def __getitem__(self, index: int) -> Any:
        """Return batch `index`."""
        raise NotImplementedError(f"{type(self).__name__}: expected a method __getitem__(self, index)")

    def __iter__(self) -> Iterator[Any]:
        count = self.num_batches
        for index in itertools.count() if count is None else range(count):
            yield self[index]

    @property
    def num_batches(self) -> int | None:
        """Number of batches, None if there is no end."""
        if hasattr(self, "__len__"):
            return len(self)
        raise NotImplementedError(f"{type(self).__name__}: expected a method __len__ or a property num_batches")

    def on_epoch_begin(self) -> None:
        """Run at the beginning of every epoch."""

    def on_epoch_end(self) -> None:
        """Run at the end of every epoch, and once before the first one."""
