"""PyTorch, compiled: gather, forward, gradients and update of a step are one graph of torch.compile."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import grad_and_value

from data import Array
from peers.torch_peer import LOSSES, batches, mean_loss, network, tensors
from tasks import Adam, Prepare, Run, Task, calls, epochs, inference

HIDDEN = {"relu": torch.relu, "tanh": torch.tanh}
Step = Callable[[Tensor, Tensor, Tensor], Tensor]


def parameters(task: Task) -> list[Tensor]:
    """Return kernels (inputs, units) and biases, layer by layer."""
    return [torch.from_numpy(array.copy()) for pair in task.start_weights() for array in pair]


def sgd(task: Task, weights: list[Tensor]) -> Callable[[list[Tensor]], None]:
    def update(gradients: list[Tensor]) -> None:
        for weight, gradient in zip(weights, gradients, strict=True):
            weight.sub_(task.rate * gradient)

    return update


def adam(task: Task, weights: list[Tensor]) -> Callable[[list[Tensor]], None]:
    means, squares = ([torch.zeros_like(w) for w in weights] for _ in range(2))
    count = torch.zeros(())

    def update(gradients: list[Tensor]) -> None:
        count.add_(1)
        rate = task.rate * torch.sqrt(1 - Adam.beta_2**count) / (1 - Adam.beta_1**count)
        for weight, gradient, mean, square in zip(weights, gradients, means, squares, strict=True):
            mean.lerp_(gradient, 1 - Adam.beta_1)
            square.lerp_(gradient * gradient, 1 - Adam.beta_2)
            weight.sub_(rate * mean / (torch.sqrt(square) + Adam.epsilon))

    return update


def training_step(task: Task) -> Step:
    weights, loss_of = parameters(task), LOSSES[task.loss]
    update = {"sgd": sgd, "adam": adam}[task.optimizer](task, weights)

    def loss_from(weights: list[Tensor], x: Tensor, y: Tensor) -> Tensor:
        for layer, activation in enumerate(task.activations):
            x = torch.addmm(weights[2 * layer + 1], x, weights[2 * layer])
            x = HIDDEN[activation](x) if activation in HIDDEN else x
        return loss_of(x, y)

    @torch.compile(fullgraph=True, dynamic=False)
    def step(x: Tensor, y: Tensor, rows: Tensor) -> Tensor:
        gradients, loss = grad_and_value(loss_from)(weights, x[rows], y[rows])
        update(gradients)
        return loss

    def without_autograd(x: Tensor, y: Tensor, rows: Tensor) -> Tensor:
        with torch.no_grad():
            return step(x, y, rows)

    return without_autograd


def epoch(task: Task) -> Run:
    (x, y), step = tensors(task), training_step(task)
    return epochs(lambda: mean_loss([step(x, y, rows) for rows in batches(task)], task), task)


def call(task: Task) -> Run:
    (x, y), step = tensors(task), training_step(task)
    rows = torch.arange(task.rows)
    loss = float(step(x, y, rows))
    return calls(lambda: float(step(x, y, rows)), loss)


def predict(task: Task) -> Run:
    model = torch.compile(network(task).append(nn.Softmax(dim=1)).eval(), dynamic=False)

    def forward(x: Array) -> Array:
        with torch.inference_mode():
            return model(torch.from_numpy(x)).numpy()

    return inference(forward, task.x)


def kinds(options: dict[str, Any]) -> dict[str, Prepare]:
    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    torch._dynamo.config.recompile_limit = 1000
    return {"epoch": epoch, "call": call, "predict": predict}
