"""What a peer is asked to compute: a dense network, its data, and how it is trained."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data import Array, start_weights

Run = Callable[[], tuple[float, float | None]]
"""One repetition: seconds, and a loss or checksum that every peer must agree on."""

Prepare = Callable[["Task"], Run]
CALL_SECONDS = 0.2  # a repetition of short calls lasts about this long


@dataclass(frozen=True)
class Task:
    """A network of `sizes[0]` inputs and dense layers, its data, and the optimizer; float32 unless the data say else.

    The loss is "sparse_categorical_crossentropy" after softmax, "binary_crossentropy" after sigmoid, or "mse" after
    "linear"; the optimizer "sgd" without momentum or "adam" with Keras' defaults.
    """

    sizes: tuple[int, ...]
    x: Array
    y: NDArray[Any]
    loss: str = "mse"
    hidden: str = "relu"
    output: str = "linear"
    optimizer: str = "sgd"
    rate: float = 0.01
    batch: int = 32
    shuffle: bool = True
    epochs: int = 1  # that a repetition trains

    @property
    def rows(self) -> int:
        return len(self.x)

    @property
    def steps(self) -> int:
        return -(-self.rows // self.batch)

    @property
    def activations(self) -> list[str]:
        return [self.hidden] * (len(self.sizes) - 2) + [self.output]

    @property
    def inference_flop(self) -> float:
        """Floating-point operations of the forward pass over all rows, matrix products only."""
        return 2.0 * self.rows * sum(inputs * units for inputs, units in pairwise(self.sizes))

    @property
    def training_flop(self) -> float:
        """The same for an epoch: forward, gradients of the weights, gradients of all inputs but the first."""
        return 3.0 * self.inference_flop - 2.0 * self.rows * self.sizes[0] * self.sizes[1]

    def start_weights(self) -> list[tuple[Array, Array]]:
        return start_weights(self.sizes)


@dataclass(frozen=True)
class Adam:
    """Keras' defaults."""

    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-7


def epochs(train: Callable[[], float], task: Task) -> Run:
    """Time `train`, which trains one epoch and returns its mean loss, after one epoch to warm up; the mean of several.

    Each repetition follows another package's, which leaves no cache warm: epochs of less than a millisecond need more
    than one.
    """
    train()

    def run() -> tuple[float, float | None]:
        begin = time.perf_counter()
        for _ in range(task.epochs):
            loss = train()
        return (time.perf_counter() - begin) / task.epochs, loss

    return run


def calls(call: Callable[[], object], check: float | None) -> Run:
    """Time the mean of as many calls as fill CALL_SECONDS, after some to warm up."""
    call()
    begin = time.perf_counter()
    warm_up = 0
    while warm_up < 3 or (time.perf_counter() - begin < CALL_SECONDS / 4 and warm_up < 2000):
        call()
        warm_up += 1
    count = max(1, int(CALL_SECONDS * warm_up / (time.perf_counter() - begin)))

    def run() -> tuple[float, float | None]:
        begin = time.perf_counter()
        for _ in range(count):
            call()
        return (time.perf_counter() - begin) / count, check

    return run


def inference(predict: Callable[[Array], Any], x: Array) -> Run:
    """Time `predict`, NumPy in and NumPy out; the checksum is the mean of the squared outputs."""
    outputs = np.asarray(predict(x), dtype=np.float64)
    return calls(lambda: predict(x), float(np.square(outputs).mean()))
