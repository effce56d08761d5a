"""Keras' API: bardana, and Keras on TensorFlow or JAX (environment variable KERAS_BACKEND).

Options: "package" is the module to import; "tuned" compiles with jit_compile and 100 steps per execution, predicts
all rows as one batch, and answers one row through a compiled function.
"""

from __future__ import annotations

import contextlib
import importlib
import os
from collections.abc import Callable
from typing import Any

import numpy as np

from data import Array, fashion_mnist
from tasks import Prepare, Run, Task, calls, epochs, inference


class KerasPeer:
    """The workloads as a script for Keras would write them."""

    def __init__(self, options: dict[str, Any]) -> None:
        self.keras = importlib.import_module(options["package"])
        self.tuned = bool(options.get("tuned"))

    def kinds(self) -> dict[str, Prepare]:
        found: dict[str, Prepare] = {
            "epoch": self.epoch,
            "call": self.call,
            "fit call": self.fit_call,
            "predict": self.predict,
            "model call": self.model_call,
            "script": self.script,
        }
        if hasattr(self.keras.Sequential, "predict_into"):
            found["predict into"] = self.predict_into
        return found

    def model(self, task: Task, steps_per_execution: int = 1, flatten: tuple[int, ...] = ()) -> Any:
        layers = self.keras.layers
        dense = [layers.Dense(n, activation=a) for n, a in zip(task.sizes[1:], task.activations, strict=True)]
        first = [self.keras.Input(shape=flatten), layers.Flatten()] if flatten else [self.keras.Input((task.sizes[0],))]
        model = self.keras.Sequential([*first, *dense])
        model.set_weights([array for pair in task.start_weights() for array in pair])
        optimizers = self.keras.optimizers
        optimizer = {"sgd": optimizers.SGD, "adam": optimizers.Adam}[task.optimizer](task.rate)
        metrics = ["accuracy"] if task.output == "softmax" else None
        tuning = {"jit_compile": True, "steps_per_execution": steps_per_execution} if self.tuned else {}
        model.compile(loss=task.loss, optimizer=optimizer, metrics=metrics, **tuning)
        return model

    def epoch(self, task: Task) -> Run:
        model = self.model(task, min(100, task.steps))
        settings = {"batch_size": task.batch, "shuffle": task.shuffle, "verbose": 0}
        return epochs(lambda: model.fit(task.x, task.y, **settings).history["loss"][0], task)

    def call(self, task: Task) -> Run:
        model = self.model(task)
        loss = model.train_on_batch(task.x, task.y)
        return calls(lambda: model.train_on_batch(task.x, task.y), float(np.ravel(loss)[0]))

    def fit_call(self, task: Task) -> Run:
        model = self.model(task)
        history = model.fit(task.x, task.y, epochs=1, verbose=0).history
        return calls(lambda: model.fit(task.x, task.y, epochs=1, verbose=0), history["loss"][0])

    def predict(self, task: Task) -> Run:
        model = self.model(task)
        settings = {"batch_size": task.rows} if self.tuned else {}
        return inference(lambda x: model.predict(x, verbose=0, **settings), task.x)

    def model_call(self, task: Task) -> Run:
        model = self.model(task)
        return inference(self.compiled_call(model, task.rows) if self.tuned else model, task.x)

    def compiled_call(self, model: Any, rows: int) -> Callable[[Array], Any]:
        """Return the forward pass compiled by the backend, from a NumPy array to a NumPy array."""
        if self.keras.backend.backend() == "jax":
            import jax

            weights = [v.value for v in model.trainable_variables], [v.value for v in model.non_trainable_variables]
            forward = jax.jit(lambda x: model.stateless_call(*weights, x)[0])
            return lambda x: np.asarray(forward(x))
        import tensorflow as tf

        inputs = tf.TensorSpec((rows, model.input_shape[1]), tf.float32)
        function = tf.function(model, jit_compile=True).get_concrete_function(inputs)
        return lambda x: function(tf.constant(x)).numpy()

    def predict_into(self, task: Task) -> Run:
        model = self.model(task)
        out = np.empty((task.rows, task.sizes[-1]), np.float32)

        def predict(x: Array) -> Array:
            model.predict_into(x, out)
            return out

        return inference(predict, task.x)

    def script(self, task: Task) -> Run:
        """The chapter's script as written: float64 images, validation after each epoch, progress on."""
        (x_train, y_train), (x_valid, y_valid) = fashion_mnist("train"), fashion_mnist("valid")
        x_train, y_train = x_train[: task.rows] / 255.0, y_train[: task.rows]
        x_valid = x_valid / 255.0
        model = self.model(task, min(100, task.steps), flatten=(28, 28))

        def train() -> float:
            with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
                history = model.fit(x_train, y_train, epochs=1, validation_data=(x_valid, y_valid))
            return history.history["loss"][0]

        return epochs(train, task)


def kinds(options: dict[str, Any]) -> dict[str, Prepare]:
    return KerasPeer(options).kinds()
