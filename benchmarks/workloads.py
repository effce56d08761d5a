"""The named workloads, written once against the Keras API, so that every package runs the same script.

A workload is `prepare(keras) -> run`, and `run()` does one measured repetition and returns (seconds per unit, loss or
None). Start weights are NumPy draws, the same in every package.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

import bardana

Run = Callable[[], tuple[float, float | None]]


@dataclass(frozen=True)
class Workload:
    """What is measured: seconds per `unit`, which takes `gflop` of arithmetic; Keras' ratio to us should be `owed`."""

    name: str
    text: str
    unit: str
    prepare: Callable[[Any], Run]
    gflop: float | None = None
    owed: float = 1.0


def start_weights(model: Any, seed: int = 7) -> None:
    """Give the model Glorot-uniform kernels and zero biases drawn with NumPy."""
    rng = np.random.default_rng(seed)
    weights = []
    for shape in (w.shape for w in model.get_weights()):
        limit = np.sqrt(6.0 / sum(shape)) if len(shape) == 2 else 0.0
        weights.append(rng.uniform(-limit, limit, shape).astype(np.float32))
    model.set_weights(weights)


def mlp(keras: Any, inputs: int, *layers: tuple[int, str | None]) -> Any:
    dense = [keras.layers.Dense(units, activation=activation) for units, activation in layers]
    model = keras.Sequential([keras.Input(shape=(inputs,)), *dense])
    start_weights(model)
    return model


def fashion_mnist() -> tuple[np.ndarray, np.ndarray]:
    """Rows 5,000 and on of the training set as float32 in [0, 1]; read by bardana, which also looks on the disk."""
    (x, y), _ = bardana.datasets.fashion_mnist.load_data()
    return (x[5000:].reshape(-1, 784) / 255.0).astype(np.float32), y[5000:]


def chapter_model(keras: Any, optimizer: str = "sgd") -> Any:
    model = mlp(keras, 784, (300, "relu"), (100, "relu"), (10, "softmax"))
    model.compile(loss="sparse_categorical_crossentropy", optimizer=optimizer, metrics=["accuracy"])
    return model


def epochs(model: Any, x: np.ndarray, y: np.ndarray) -> Run:
    """One epoch a repetition, after one to warm up."""
    model.fit(x, y, epochs=1, verbose=0)

    def run() -> tuple[float, float | None]:
        begin = time.perf_counter()
        history = model.fit(x, y, epochs=1, verbose=0)
        return time.perf_counter() - begin, history.history["loss"][0]

    return run


def w1(keras: Any) -> Run:
    return epochs(chapter_model(keras), *fashion_mnist())


def w2(keras: Any) -> Run:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(11_610, 8)).astype(np.float32)
    y = np.sin(x[:, :1]) + 0.1 * x.sum(axis=1, keepdims=True)
    model = mlp(keras, 8, (30, "relu"), (1, None))
    model.compile(loss="mse", optimizer=keras.optimizers.SGD(0.01))
    return epochs(model, x, y.astype(np.float32))


def calls(call: Callable[[], object], count: int) -> Run:
    """Mean seconds of one call over `count` calls, after some to warm up."""
    for _ in range(max(3, count // 10)):
        call()

    def run() -> tuple[float, float | None]:
        begin = time.perf_counter()
        for _ in range(count):
            call()
        return (time.perf_counter() - begin) / count, None

    return run


def is_bardana(keras: Any) -> bool:
    return keras.__name__ == "bardana"


def w3_call(keras: Any) -> Run:
    x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=np.float32)
    y = np.array([[0], [1], [1], [0]], dtype=np.float32)
    model = mlp(keras, 2, (4, "tanh"), (1, "sigmoid"))
    model.compile(loss="binary_crossentropy", optimizer=keras.optimizers.SGD(0.1))
    return calls(lambda: model.train_on_batch(x, y), 5000 if is_bardana(keras) else 200)


def w6(keras: Any) -> Run:
    return epochs(chapter_model(keras, "adam"), *fashion_mnist())


def w5_row(keras: Any) -> Run:
    model, row = chapter_model(keras), fashion_mnist()[0][:1]
    return calls(lambda: model.predict(row, verbose=0), 5000 if is_bardana(keras) else 20)


def w5_rows(keras: Any) -> Run:
    model, x = chapter_model(keras), fashion_mnist()[0][:10_000]
    return calls(lambda: model.predict(x, verbose=0), 5 if is_bardana(keras) else 1)


WORKLOADS = [
    Workload("W1", "Fashion MNIST 784-300-100-10, batch 32, SGD, `fit`", "epoch", w1, gflop=62.0, owed=3),
    Workload("W2", "regression 8-30-1, batch 32, SGD, `fit`", "epoch", w2, owed=100),
    Workload("W3 call", "XOR 2-4-1, one `train_on_batch` of 4 rows", "call", w3_call, owed=20),
    Workload("W5 one row", "the W1 model, `predict` of one row", "call", w5_row),
    Workload("W6", "W1 with Adam", "epoch", w6, gflop=62.0),
    Workload("W5 rows", "the W1 model, `predict` of 10,000 rows", "call", w5_rows),
]
