"""NumPy by hand: forward, backward and update with products into buffers that are made once."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from data import Array
from tasks import Adam, Prepare, Run, Task, calls, epochs, inference

Labels = NDArray[Any]


def activate(name: str, z: Array) -> None:
    """Replace pre-activations by activations in place."""
    if name == "relu":
        np.maximum(z, 0.0, out=z)
    elif name == "tanh":
        np.tanh(z, out=z)
    elif name == "sigmoid":
        np.exp(np.negative(z, out=z), out=z)
        z += 1.0
        np.reciprocal(z, out=z)
    elif name == "softmax":
        z -= z.max(axis=1, keepdims=True)
        np.exp(z, out=z)
        z /= z.sum(axis=1, keepdims=True)


def loss_and_gradient(task: Task, out: Array, y: Labels) -> float:
    """Return the mean loss and replace the outputs by its gradient with respect to the last pre-activations."""
    if task.loss == "sparse_categorical_crossentropy":
        picked = np.arange(len(out)), y
        total = -np.add.reduce(np.log(out[picked]))
        out[picked] -= 1.0
        out *= 1.0 / len(out)
        return float(total) / len(out)
    out -= y
    if task.loss == "binary_crossentropy":
        total = -np.add.reduce(np.log1p(-np.abs(out)), axis=None)
        out *= 1.0 / out.size
    else:
        total = np.vdot(out, out)
        out *= 2.0 / out.size
    return float(total) / out.size


def adam(weight: Array, gradient: Array, mean: Array, square: Array, rate: np.float32) -> None:
    """Update a weight and its two moments; the gradient serves as a buffer."""
    mean += (gradient - mean) * np.float32(1 - Adam.beta_1)
    gradient *= gradient
    gradient -= square
    square += gradient * np.float32(1 - Adam.beta_2)
    np.sqrt(square, out=gradient)
    gradient += np.float32(Adam.epsilon)
    np.divide(mean, gradient, out=gradient)
    weight -= gradient * rate


class Network:
    """Weights, and buffers for batches of up to `task.batch` rows."""

    def __init__(self, task: Task, rows: int) -> None:
        self.task = task
        self.kernels, self.biases = map(list, zip(*task.start_weights(), strict=True))
        self.outputs = [np.empty((rows, units), np.float32) for units in task.sizes[1:]]
        self.deltas = [np.empty_like(out) for out in self.outputs[:-1]]
        self.gradients = [np.empty_like(w) for w in [*self.kernels, *self.biases]]
        self.mean, self.square = ([np.zeros_like(g) for g in self.gradients] for _ in range(2))
        self.count = 0

    def forward(self, x: Array) -> Array:
        for kernel, bias, out, name in zip(self.kernels, self.biases, self.outputs, self.task.activations, strict=True):
            z = np.matmul(x, kernel, out=out[: len(x)])
            z += bias
            activate(name, z)
            x = z
        return x

    def step(self, x: Array, y: Labels) -> float:
        delta = self.forward(x)
        loss = loss_and_gradient(self.task, delta, y)
        layers = len(self.kernels)
        for layer in reversed(range(layers)):
            inputs = self.outputs[layer - 1][: len(x)] if layer else x
            np.matmul(inputs.T, delta, out=self.gradients[layer])
            np.add.reduce(delta, axis=0, out=self.gradients[layers + layer])
            if layer:
                below = np.matmul(delta, self.kernels[layer].T, out=self.deltas[layer - 1][: len(x)])
                below *= inputs > 0.0 if self.task.hidden == "relu" else 1.0 - inputs * inputs
                delta = below
        self.update()
        return loss

    def update(self) -> None:
        weights, rate = [*self.kernels, *self.biases], self.task.rate
        if self.task.optimizer == "sgd":
            for weight, gradient in zip(weights, self.gradients, strict=True):
                np.subtract(weight, np.multiply(gradient, rate, out=gradient), out=weight)
            return
        self.count += 1
        rate *= np.sqrt(1 - Adam.beta_2**self.count) / (1 - Adam.beta_1**self.count)
        for arrays in zip(weights, self.gradients, self.mean, self.square, strict=True):
            adam(*arrays, np.float32(rate))


def epoch(task: Task) -> Run:
    network, rng = Network(task, task.batch), np.random.default_rng(0)

    def train() -> float:
        order = rng.permutation(task.rows) if task.shuffle else np.arange(task.rows)
        total = 0.0
        for begin in range(0, task.rows, task.batch):
            rows = order[begin : begin + task.batch]
            total += network.step(task.x[rows], task.y[rows]) * len(rows)
        return total / task.rows

    return epochs(train, task)


def call(task: Task) -> Run:
    network = Network(task, task.rows)
    loss = network.step(task.x, task.y)
    return calls(lambda: network.step(task.x, task.y), loss)


def predict(task: Task) -> Run:
    return inference(Network(task, task.rows).forward, task.x)


def kinds(options: dict[str, Any]) -> dict[str, Prepare]:
    return {"epoch": epoch, "call": call, "predict": predict}
