"""JAX: a whole epoch is one jitted call, a lax.scan over shuffled batches with donated weights."""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from tasks import Adam, Prepare, Run, Task, calls, epochs, inference

HIDDEN = {"relu": jax.nn.relu, "tanh": jnp.tanh}
OUTPUT = {"softmax": partial(jax.nn.softmax, axis=1), "sigmoid": jax.nn.sigmoid, "linear": lambda x: x}
Weights = list[tuple[Array, Array]]
State = dict[str, Any]


def logits(task: Task, weights: Weights, x: Array) -> Array:
    for (kernel, bias), activation in zip(weights, task.activations, strict=True):
        x = x @ kernel + bias
        x = HIDDEN[activation](x) if activation in HIDDEN else x
    return x


def loss_of(task: Task, weights: Weights, x: Array, y: Array) -> Array:
    z = logits(task, weights, x)
    if task.loss == "sparse_categorical_crossentropy":
        return -jnp.take_along_axis(jax.nn.log_softmax(z), y[:, None], axis=1).mean()
    if task.loss == "binary_crossentropy":
        return (jax.nn.softplus(z) - y * z).mean()
    return jnp.square(z - y).mean()


def start(task: Task) -> State:
    weights = [(jnp.array(kernel), jnp.array(bias)) for kernel, bias in task.start_weights()]
    if task.optimizer == "sgd":
        return {"weights": weights}
    mean, square = (jax.tree.map(jnp.zeros_like, weights) for _ in range(2))
    return {"weights": weights, "mean": mean, "square": square, "count": jnp.zeros(())}


def step(task: Task, state: State, x: Array, y: Array) -> tuple[State, Array]:
    loss, gradients = jax.value_and_grad(partial(loss_of, task))(state["weights"], x, y)
    if task.optimizer == "sgd":
        return {"weights": jax.tree.map(lambda w, g: w - task.rate * g, state["weights"], gradients)}, loss
    return adam(task, state, gradients), loss


def adam(task: Task, state: State, gradients: Weights) -> State:
    count = state["count"] + 1
    rate = task.rate * jnp.sqrt(1 - Adam.beta_2**count) / (1 - Adam.beta_1**count)
    mean = jax.tree.map(lambda m, g: m + (g - m) * (1 - Adam.beta_1), state["mean"], gradients)
    square = jax.tree.map(lambda v, g: v + (g * g - v) * (1 - Adam.beta_2), state["square"], gradients)
    weights = jax.tree.map(lambda w, m, v: w - rate * m / (jnp.sqrt(v) + Adam.epsilon), state["weights"], mean, square)
    return {"weights": weights, "mean": mean, "square": square, "count": count}


def one_epoch(task: Task, state: State, key: Array, x: Array, y: Array) -> tuple[State, Array]:
    """Train an epoch; return the new state and the mean loss over rows. The last batch may be short."""
    order = jax.random.permutation(key, task.rows) if task.shuffle else jnp.arange(task.rows)
    full = task.rows // task.batch
    whole, rest = order[: full * task.batch].reshape(full, task.batch), order[full * task.batch :]

    def body(state: State, rows: Array) -> tuple[State, Array]:
        return step(task, state, x[rows], y[rows])

    state, losses = lax.scan(body, state, whole, unroll=4)
    total = losses.sum() * task.batch
    if rest.size:
        state, loss = body(state, rest)
        total += loss * rest.size
    return state, total / task.rows


def epoch(task: Task) -> Run:
    x, y = jnp.array(task.x), jnp.array(task.y)
    run, state, keys = jax.jit(partial(one_epoch, task), donate_argnums=0), start(task), jax.random.key(0)

    def train() -> float:
        nonlocal state, keys
        keys, key = jax.random.split(keys)
        state, loss = run(state, key, x, y)
        return float(loss)

    return epochs(train, task)


def call(task: Task) -> Run:
    x, y = jnp.array(task.x), jnp.array(task.y)
    run, state = jax.jit(partial(step, task), donate_argnums=0), start(task)

    def train() -> float:
        nonlocal state
        state, loss = run(state, x, y)
        return float(loss)

    loss = train()
    return calls(train, loss)


def predict(task: Task) -> Run:
    weights = start(task)["weights"]
    forward = jax.jit(lambda x: OUTPUT[task.output](logits(task, weights, x)))
    return inference(lambda x: np.asarray(forward(x)), task.x)


def kinds(options: dict[str, Any]) -> dict[str, Prepare]:
    return {"epoch": epoch, "call": call, "predict": predict}
