"""Read the batches of a `PyDataset`, with several threads or processes if it asks for them, always in order."""

from __future__ import annotations

import signal
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from concurrent.futures import Executor, Future

_dataset: Any = None
"""In a worker process: the dataset it reads."""


def read_batches(dataset: Any, numbers: Iterable[int]) -> Iterator[Any]:
    """Yield dataset[number] for each of the numbers, in their order.

    Args:
        dataset: with `workers`, `use_multiprocessing` and `max_queue_size`. More than one worker, or one process, read
            at the same time, at most `max_queue_size` batches ahead. Processes are started at the first batch and see
            the dataset as it is then.
        numbers: which batches.
    """
    workers = dataset.workers
    if workers > 1 or (workers > 0 and dataset.use_multiprocessing):
        return _read_at_once(dataset, numbers, workers)
    return (dataset[number] for number in numbers)


def _read_at_once(dataset: Any, numbers: Iterable[int], workers: int) -> Iterator[Any]:
    pool, read = _processes(dataset, workers) if dataset.use_multiprocessing else _threads(dataset, workers)
    try:
        rest = iter(numbers)
        ahead = max(workers, dataset.max_queue_size)
        waiting: deque[Future[Any]] = deque(pool.submit(read, number) for number in islice(rest, ahead))
        while waiting:
            yield waiting.popleft().result()
            waiting.extend(pool.submit(read, number) for number in islice(rest, 1))
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _threads(dataset: Any, workers: int) -> tuple[Executor, Any]:
    from concurrent.futures import ThreadPoolExecutor

    return ThreadPoolExecutor(workers, thread_name_prefix="bardana-worker"), dataset.__getitem__


def _processes(dataset: Any, workers: int) -> tuple[Executor, Any]:
    from concurrent.futures import ProcessPoolExecutor

    return ProcessPoolExecutor(workers, initializer=_begin_worker, initargs=(dataset,)), _read


def _begin_worker(dataset: Any) -> None:
    global _dataset
    _dataset = dataset
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all processes of a terminal; the parent ends these


def _read(number: int) -> Any:
    return _dataset[number]
