"""Losses that users write in Python, as a model trains with them: values and their gradient on NumPy arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from bardana import host_calls
from bardana.data import Array
from bardana.host_calls import Step
from bardana.losses.targets import match_ranks

if TYPE_CHECKING:
    from bardana.losses.base import Loss


def native(loss: Loss) -> dict[str, Any]:
    """Return the loss as the engine reads it; it calls `step` for every batch."""
    call = host_calls.spec(loss, step, f"{loss.name}.call")
    return {"function": loss.name, "reduction": loss.reduction, "host": call, "state_size": 2}


def step(
    loss: Loss, step: Step, y_pred: Array, y_true: Array, weight: Array | None, factor: float = 1.0
) -> tuple[Array | None, Array]:
    """Return the gradient of a batch's loss by y_pred, if wanted, and the loss times the rows, with the rows.

    Args:
        loss: the loss object.
        step: whether the gradient is wanted.
        y_pred: predictions.
        y_true, weight: targets and weights of the batch, as the user gave them.
        factor: by which the loss is multiplied.
    """
    target = host_calls.aligned(y_true.astype(y_pred.dtype, copy=False), y_pred)
    values = host_calls.as_numbers(loss.call(target, y_pred), f"loss '{loss.name}', call(y_true, y_pred)")
    _check_values(loss.name, values, y_pred)
    scale = factor * _scale(loss, values, weight)
    total = float(np.sum(values * scale, dtype=np.float64))
    gradient = _gradient(loss, target, y_pred, scale) if step.wanted[0] else None
    return gradient, np.array([total * len(y_pred), len(y_pred)], dtype=np.float64)


def _check_values(name: str, values: Array, y_pred: Array) -> None:
    if values.ndim > 0 and values.shape != y_pred.shape[: values.ndim]:
        raise ValueError(
            f"loss '{name}', call(y_true, y_pred): expected a value for each row, shape {y_pred.shape[:-1]} for "
            f"predictions of shape {y_pred.shape}, received an array of shape {values.shape}"
        )


def _scale(loss: Loss, values: Array, weight: Array | None) -> Array:
    """Return by what each value is multiplied in the reduced loss, as `losses.base.reduce` has it."""
    weights = np.ones(()) if weight is None else weight.astype(np.float64)
    if weight is not None:
        values, weights = match_ranks(values, weights)
        if values.ndim == 0:  # the one value counts with every weight
            return np.asarray(weights.sum() / _divisor(loss, weights.size, weights, True))
        if weights.shape != values.shape[: weights.ndim]:
            raise ValueError(
                f"expected sample_weight to fit loss values of shape {values.shape}, received shape {weight.shape}"
            )
        weights = weights.reshape(weights.shape + (1,) * (values.ndim - weights.ndim))
    return np.asarray(weights / _divisor(loss, values.size, weights, weight is not None))


def _divisor(loss: Loss, count: int, weights: Array, weighted: bool) -> float:
    if loss.reduction == "sum":
        return 1.0
    if loss.reduction == "mean_with_sample_weight" and weighted:
        return float(weights.sum()) or np.inf
    return float(count)


def _gradient(loss: Loss, target: Array, y_pred: Array, scale: Array) -> Array:
    what = f"loss '{loss.name}', gradient(y_true, y_pred)"
    gradient = host_calls.as_result(loss.gradient(target, y_pred), y_pred.shape, y_pred.dtype, what)
    by_value = scale.reshape(scale.shape + (1,) * (gradient.ndim - scale.ndim))
    return np.ascontiguousarray(gradient * by_value.astype(y_pred.dtype))


def without_gradient(name: str, function: bool) -> TypeError:
    """Return the error for a loss that has values alone.

    Args:
        name: of the function, or of the class.
        function: which of both it is.
    """
    cls = "".join(part[:1].upper() + part[1:] for part in name.split("_")) if function else name
    cls = cls if cls.isidentifier() else "MyLoss"
    values = f"{name}(y_true, y_pred)" if function and name.isidentifier() else "..."
    call = "" if not function else f"        return {values}  # a number for each row\n"
    code = f"class {cls}(keras.losses.Loss):\n"
    if function:
        code += f"    def call(self, y_true, y_pred):\n{call}"
    code += (
        "    def gradient(self, y_true, y_pred):\n"
        "        return ...  # the derivative of these numbers by y_pred, an array of y_pred's shape\n"
    )
    kind = "function" if function else "class"
    return host_calls.advice(
        f"loss '{name}': training needs the gradient of a loss, and that of a {kind} in Python is not known (it is "
        "never estimated by differences).",
        code,
        f"with NumPy, and compile with loss={cls}().",
    )
