"""How targets and predictions fit together. Ranks are aligned by one axis of size 1; nothing is ever broadcast."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from bardana import _core, config
from bardana.data import Array, as_floats, as_numbers
from bardana.tensor import Tensor, as_tensor

Kind = Literal["binary", "categorical", "sparse_categorical"]

WITH_LABELS = ("sparse_categorical_crossentropy", "categorical_generalized_cross_entropy")
_WITH_EPSILON = (
    *("mean_absolute_percentage_error", "mean_squared_logarithmic_error"),
    *("poisson", "kl_divergence", "cosine_similarity", "concordance_correlation"),
)


def match_ranks(a: Array, b: Array) -> tuple[Array, Array]:
    """Return both arrays with the same number of axes, if they differ by one last axis of size 1.

    Against an array of one axis, (n,), the other's (n, 1) stays and (n,) becomes (n, 1); otherwise the axis is
    dropped. Arrays that differ in another way are returned as they are.
    """
    if a.ndim > b.ndim:
        b, a = match_ranks(b, a)
    elif b.ndim == a.ndim + 1 and b.shape[-1] == 1:
        if a.ndim == 1:
            a = a[:, np.newaxis]
        else:
            b = b[..., 0]
    return a, b


def target_kind(y_shape: Sequence[int | None], output_shape: Sequence[int | None]) -> Kind:
    """Return what a target means, judged by shapes that include the batch axis.

    One output is binary; class numbers instead of rows of class scores are sparse; anything else is one-hot.
    """
    if output_shape[-1] == 1:
        return "binary"
    if len(y_shape) < len(output_shape) or y_shape[-1] == 1:
        return "sparse_categorical"
    return "categorical"


def loss_values(
    function: str, y_true: Any, y_pred: Any, parameters: dict[str, Any] | None = None, axis: int = -1
) -> Tensor:
    """Return a native loss without reduction: the shape of `y_pred` without `axis`.

    Args:
        function: native name of the loss.
        y_true: targets; class numbers for the sparse loss, else of the shape of `y_pred`.
        y_pred: predictions, with at least one axis.
        parameters: parameters of the formula.
        axis: axis over which the loss runs. Default: the last.

    Raises:
        ValueError: if the shapes do not fit.
        TypeError: if an array does not hold real numbers.
    """
    align = align_labels if function in WITH_LABELS else align_values
    target, prediction = align(function, as_numbers(y_true), as_floats(y_pred), axis)
    loss = {"function": function, **global_parameters(function), **(parameters or {})}
    return as_tensor(_core.loss_values(loss, target, prediction))


def global_parameters(function: str) -> dict[str, float]:
    """Return those parameters of a formula that `config` sets for all losses and metrics."""
    return {"epsilon": config.epsilon()} if function.endswith("crossentropy") or function in _WITH_EPSILON else {}


def align_values(function: str, target: Array, prediction: Array, axis: int = -1) -> tuple[Array, Array]:
    """Return targets and predictions of one shape, C-contiguous, with `axis` last; ValueError if they do not fit."""
    _require_axis(function, prediction)
    shapes = target.shape, prediction.shape
    target, prediction = match_ranks(target, prediction)
    if target.shape != prediction.shape:
        raise ValueError(f"{function}: expected y_true of the shape {shapes[1]} of y_pred, received {shapes[0]}")
    return _with_last(target, axis), _with_last(prediction, axis)


def align_labels(function: str, target: Array, prediction: Array, axis: int = -1) -> tuple[Array, Array]:
    """Return class numbers (…) and predictions (…, classes), C-contiguous; ValueError if they do not fit."""
    _require_axis(function, prediction)
    shape = target.shape
    if target.ndim == prediction.ndim and target.shape[axis] == 1:
        target = np.asarray(target.squeeze(axis), order="C")
    prediction = _with_last(prediction, axis)
    if target.shape != prediction.shape[:-1]:
        raise ValueError(
            f"{function}: expected class numbers of shape {prediction.shape[:-1]} for {prediction.shape[-1]} classes, "
            f"received shape {shape}"
        )
    return target, prediction


def _require_axis(function: str, prediction: Array) -> None:
    if prediction.ndim == 0:
        raise ValueError(f"{function}: expected y_pred with at least one axis, received a single number")


def _with_last(array: Array, axis: int) -> Array:
    return np.asarray(np.moveaxis(array, axis, -1), order="C")
