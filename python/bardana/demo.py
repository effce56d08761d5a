"""The demo: a 784-300-100-10 classifier on Fashion MNIST, or the same hidden layers on the embedded digits."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from bardana.datasets import digits, fashion_mnist

if TYPE_CHECKING:
    from bardana.models import Sequential


def run(epochs: int | None = None, data: str | None = None, seed: int = 42) -> float:
    """Train the classifier, printing what happens, and return its accuracy on the test images.

    Args:
        epochs: passes over the training images; None means 10, for the digits 30.
        data: "fashion" or "digits"; None means Fashion MNIST if its files are on this machine, else the digits.
        seed: seed of weights and shuffling.
    """
    from bardana.utils import set_random_seed

    set_random_seed(seed)
    use_fashion = fashion_mnist.is_local() if data is None else data == "fashion"
    (x, y), (x_test, y_test) = fashion_mnist.load_data() if use_fashion else digits.load_data()
    _announce(use_fashion, asked=data is not None, training=len(x), testing=len(x_test))
    scale, learning_rate, default_epochs = (255.0, 0.01, 10) if use_fashion else (16.0, 0.1, 30)
    model = _make_model(x.shape[1:], learning_rate)
    model.summary()
    start = time.perf_counter()
    model.fit(x / scale, y, epochs=epochs or default_epochs, validation_split=1 / 12)
    seconds = time.perf_counter() - start
    _, accuracy = model.evaluate(x_test / scale, y_test, verbose=0)
    print(f"Test accuracy {accuracy:.4f} on {len(x_test):,} images, trained in {seconds:.1f} s.")
    return float(accuracy)


def _announce(use_fashion: bool, *, asked: bool, training: int, testing: int) -> None:
    name = "Fashion MNIST" if use_fashion else "the embedded UCI handwritten digits"
    print(f"Data: {name}, {training:,} training and {testing:,} test images.")
    if not use_fashion and not asked:
        print("Fashion MNIST was not found here; `python -m bardana demo --data fashion` downloads it.")


def _make_model(image_shape: tuple[int, ...], learning_rate: float) -> Sequential:
    from bardana import layers, models, optimizers

    model = models.Sequential(
        [
            layers.Input(shape=image_shape),
            layers.Flatten(),
            layers.Dense(300, activation="relu"),
            layers.Dense(100, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ]
    )
    optimizer = optimizers.SGD(learning_rate)
    model.compile(loss="sparse_categorical_crossentropy", optimizer=optimizer, metrics=["accuracy"])
    return model
