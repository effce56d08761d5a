"""scikit-learn: `partial_fit` of MLPClassifier and MLPRegressor is one epoch."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.neural_network import MLPClassifier, MLPRegressor

from tasks import Adam, Prepare, Run, Task, calls, epochs, inference


def rate_and_loss_factor(task: Task) -> tuple[float, float]:
    """Return the learning rate that gives Keras' step, and what turns `loss_` into Keras' loss.

    For regression the loss is half the mean squared error, but its gradient is that of half the sum over outputs.
    """
    if task.loss != "mse":
        return task.rate, 1.0
    return task.rate * 2.0 / task.sizes[-1], 2.0


def estimator(task: Task) -> Any:
    """Return an estimator with the start weights, and an optimizer that has made no step yet."""
    kind = MLPRegressor if task.loss == "mse" else MLPClassifier
    model = kind(
        hidden_layer_sizes=task.sizes[1:-1],
        activation=task.hidden,
        solver=task.optimizer,
        alpha=0.0,
        batch_size=task.batch,
        learning_rate_init=rate_and_loss_factor(task)[0],
        shuffle=task.shuffle,
        momentum=0.0,
        nesterovs_momentum=False,
        beta_1=Adam.beta_1,
        beta_2=Adam.beta_2,
        epsilon=Adam.epsilon,
        random_state=0,
    )
    y = targets(task)[: task.batch]
    if task.loss == "mse":
        model.partial_fit(task.x[: task.batch], y)
    else:
        model.partial_fit(task.x[: task.batch], y, classes=np.arange(max(task.sizes[-1], 2)))
    del model._optimizer
    for layer, (kernel, bias) in enumerate(task.start_weights()):
        model.coefs_[layer][...] = kernel
        model.intercepts_[layer][...] = bias
    return model


def targets(task: Task) -> Any:
    return task.y.ravel() if task.y.size == task.rows else task.y


def training(task: Task) -> Callable[[], float]:
    """Return a function that trains an epoch and returns its loss."""
    model, y, factor = estimator(task), targets(task), rate_and_loss_factor(task)[1]
    return lambda: factor * float(model.partial_fit(task.x, y).loss_)


def epoch(task: Task) -> Run:
    return epochs(training(task), task)


def call(task: Task) -> Run:
    train = training(task)
    loss = train()
    return calls(train, loss)


def predict(task: Task) -> Run:
    return inference(estimator(task).predict_proba, task.x)


def kinds(options: dict[str, Any]) -> dict[str, Prepare]:
    warnings.simplefilter("ignore")  # a batch larger than the data
    return {"epoch": epoch, "call": call, "predict": predict}
