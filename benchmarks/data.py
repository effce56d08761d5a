"""The arrays and start weights of the workloads: NumPy only, so that every peer's process draws the same.

`python benchmarks/data.py` reads Fashion MNIST with bardana and stores it in the cache folder for the peers.
"""

from __future__ import annotations

import os
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
Images = tuple[NDArray[np.uint8], NDArray[np.uint8]]

CACHE = Path(os.environ.get("BARDANA_BENCH_CACHE") or Path(__file__).parent / ".cache").absolute()
FASHION = CACHE / "fashion_mnist.npz"


def store_fashion_mnist() -> None:
    """Write the images and labels as they come, uint8, into the cache folder."""
    import bardana

    (x_train, y_train), (x_test, y_test) = bardana.datasets.fashion_mnist.load_data()
    FASHION.parent.mkdir(parents=True, exist_ok=True)
    np.savez(FASHION, x_train=x_train, y_train=y_train, x_test=x_test, y_test=y_test)


def fashion_mnist(part: str) -> Images:
    """Return uint8 images (rows, 28, 28) and labels: the chapter's "train" and "valid", or "test"."""
    with np.load(FASHION) as file:
        if part == "test":
            return file["x_test"], file["y_test"]
        rows = slice(5000, None) if part == "train" else slice(5000)
        return file["x_train"][rows], file["y_train"][rows]


def images(part: str, rows: int) -> tuple[Array, NDArray[np.int32]]:
    """Return float32 images (rows, 784) in [0, 1] and int32 labels."""
    x, y = fashion_mnist(part)
    return (x[:rows].reshape(-1, 784) / 255.0).astype(np.float32), y[:rows].astype(np.int32)


def regression(rows: int) -> tuple[Array, Array]:
    """Return 8 normal inputs a row and a smooth target."""
    x = np.random.default_rng(0).normal(size=(rows, 8)).astype(np.float32)
    y = np.sin(x[:, :1]) + 0.1 * x.sum(axis=1, keepdims=True)
    return x, y.astype(np.float32)


def xor(rows: int) -> tuple[Array, Array]:
    """Return the four rows of XOR, repeated."""
    x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=np.float32)
    y = np.array([[0], [1], [1], [0]], dtype=np.float32)
    return np.tile(x, (rows // 4, 1)), np.tile(y, (rows // 4, 1))


def noise(rows: int, inputs: int, outputs: int) -> tuple[Array, Array]:
    """Return standard normal inputs and targets."""
    rng = np.random.default_rng(1)
    return rng.standard_normal((rows, inputs), np.float32), rng.standard_normal((rows, outputs), np.float32)


def start_weights(sizes: tuple[int, ...]) -> list[tuple[Array, Array]]:
    """Return Glorot-uniform kernels (inputs, units) and zero biases, one pair a layer."""
    rng = np.random.default_rng(7)
    weights = []
    for inputs, units in pairwise(sizes):
        limit = np.sqrt(6.0 / (inputs + units))
        kernel = rng.uniform(-limit, limit, (inputs, units)).astype(np.float32)
        weights.append((kernel, np.zeros(units, np.float32)))
    return weights


if __name__ == "__main__":
    store_fashion_mnist()
