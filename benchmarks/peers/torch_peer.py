"""PyTorch, eager: modules, autograd, a fused optimizer, `inference_mode`."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from data import Array
from tasks import Adam, Prepare, Run, Task, calls, epochs, inference

LOSSES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "sparse_categorical_crossentropy": nn.functional.cross_entropy,
    "binary_crossentropy": nn.functional.binary_cross_entropy_with_logits,
    "mse": nn.functional.mse_loss,
}
HIDDEN: dict[str, type[nn.Module]] = {"relu": nn.ReLU, "tanh": nn.Tanh}


def tensors(task: Task) -> tuple[Tensor, Tensor]:
    y = torch.from_numpy(task.y)
    return torch.from_numpy(task.x), y.long() if "sparse" in task.loss else y


def network(task: Task) -> nn.Sequential:
    """Return the network up to its logits: the losses include softmax and sigmoid."""
    modules: list[nn.Module] = []
    for (kernel, bias), activation in zip(task.start_weights(), task.activations, strict=True):
        linear = nn.Linear(*kernel.shape)
        linear.weight.data, linear.bias.data = torch.from_numpy(kernel.T.copy()), torch.from_numpy(bias)
        modules += [linear, HIDDEN[activation]()] if activation in HIDDEN else [linear]
    return nn.Sequential(*modules)


def training_step(task: Task) -> Callable[[Tensor, Tensor], Tensor]:
    model, loss_of = network(task), LOSSES[task.loss]
    optimizer: torch.optim.Optimizer
    if task.optimizer == "adam":
        betas = (Adam.beta_1, Adam.beta_2)
        optimizer = torch.optim.Adam(model.parameters(), task.rate, betas, Adam.epsilon, fused=True)
    else:
        optimizer = torch.optim.SGD(model.parameters(), task.rate, fused=True)

    def step(x: Tensor, y: Tensor) -> Tensor:
        optimizer.zero_grad()
        loss = loss_of(model(x), y)
        loss.backward()
        optimizer.step()
        return loss.detach()

    return step


def batches(task: Task) -> tuple[Tensor, ...]:
    order = torch.randperm(task.rows) if task.shuffle else torch.arange(task.rows)
    return order.split(task.batch)


def mean_loss(losses: list[Tensor], task: Task) -> float:
    """Return the mean over rows; the last batch may be short."""
    weights = torch.full((task.steps,), float(task.batch))
    weights[-1] = task.rows - task.batch * (task.steps - 1)
    return float(torch.stack(losses) @ weights) / task.rows


def epoch(task: Task) -> Run:
    (x, y), step = tensors(task), training_step(task)
    return epochs(lambda: mean_loss([step(x[rows], y[rows]) for rows in batches(task)], task), task)


def call(task: Task) -> Run:
    (x, y), step = tensors(task), training_step(task)
    loss = float(step(x, y))
    return calls(lambda: float(step(x, y)), loss)


def predict(task: Task) -> Run:
    model = network(task).append(nn.Softmax(dim=1))

    def forward(x: Array) -> Array:
        with torch.inference_mode():
            return model(torch.from_numpy(x)).numpy()

    return inference(forward, task.x)


def kinds(options: dict[str, Any]) -> dict[str, Prepare]:
    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    return {"epoch": epoch, "call": call, "predict": predict}
