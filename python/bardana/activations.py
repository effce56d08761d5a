"""Activation functions.

Each works element by element on an array of any shape (softmax along an axis) and returns a `Tensor`. Floating-point
arrays keep their type; integers become `config.floatx()`. The formulas are native: the very ones that layers use.
In a layer an activation is given by name, `Dense(10, activation="relu")`, or as the function itself.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from bardana import _core
from bardana.data import Array, as_floats
from bardana.serialization import CustomObjects, Family
from bardana.tensor import Tensor, as_tensor

Activation = Callable[..., Tensor]

FAMILY = Family("activation function", "keras.activations")


def linear(x: ArrayLike) -> Tensor:
    """Return x: y = x.

    Args:
        x: array of any shape.

    Example:
        >>> linear([-1.0, 2.0]).tolist()
        [-1.0, 2.0]
    """
    return _apply("linear", x)


def relu(x: ArrayLike, negative_slope: float = 0.0, max_value: float | None = None, threshold: float = 0.0) -> Tensor:
    """Return the rectified linear unit; by default y = max(x, 0), with derivative 0 at 0.

    With arguments: y = max_value for x ≥ max_value; x for threshold ≤ x < max_value; negative_slope · (x − threshold)
    for x < threshold.

    Args:
        x: array of any shape.
        negative_slope: slope below the threshold. Default 0.
        max_value: upper bound, or None (default) for none.
        threshold: where the linear part begins. Default 0.

    Example:
        >>> relu([2.0, 7.0], max_value=6.0).tolist()
        [2.0, 6.0]
    """
    if negative_slope == 0 and max_value is None and threshold == 0:
        return _apply("relu", x)
    bound = math.inf if max_value is None else max_value
    return _apply("bounded_relu", x, negative_slope=negative_slope, max_value=bound, threshold=threshold)


def leaky_relu(x: ArrayLike, negative_slope: float = 0.2) -> Tensor:
    """Return y = x for x ≥ 0 and negative_slope · x below.

    Args:
        x: array of any shape.
        negative_slope: slope below 0. Default 0.2.

    Example:
        >>> leaky_relu([-2.0, 2.0], negative_slope=0.5).tolist()
        [-1.0, 2.0]
    """
    return _apply("leaky_relu", x, negative_slope=negative_slope)


def elu(x: ArrayLike, alpha: float = 1.0) -> Tensor:
    """Return y = x for x > 0 and alpha · (eˣ − 1) below.

    Args:
        x: array of any shape.
        alpha: minus the limit for x → −∞. Default 1.

    Source: Clevert, Unterthiner and Hochreiter, Fast and accurate deep network learning by exponential linear units
    (2016).

    Example:
        >>> elu([-1.0, 2.0]).numpy().round(3)
        array([-0.632,  2.   ], dtype=float32)
    """
    return _apply("elu", x, alpha=alpha)


def selu(x: ArrayLike) -> Tensor:
    """Return y = s · elu(x, a) with s = 1.0507009873554805 and a = 1.6732632423543772.

    These constants keep mean 0 and variance 1 from layer to layer if weights start with `LecunNormal`.

    Args:
        x: array of any shape.

    Source: Klambauer, Unterthiner, Mayr and Hochreiter, Self-normalizing neural networks (2017).

    Example:
        >>> selu([-1.0, 1.0]).numpy().round(3)
        array([-1.111,  1.051], dtype=float32)
    """
    return _apply("selu", x)


def sigmoid(x: ArrayLike) -> Tensor:
    """Return y = 1 / (1 + e⁻ˣ).

    Args:
        x: array of any shape.

    Example:
        >>> sigmoid([0.0]).tolist()
        [0.5]
    """
    return _apply("sigmoid", x)


def tanh(x: ArrayLike) -> Tensor:
    """Return the hyperbolic tangent, y = (eˣ − e⁻ˣ) / (eˣ + e⁻ˣ).

    Args:
        x: array of any shape.

    Example:
        >>> tanh([-1.0, 0.0, 1.0]).numpy().round(3)
        array([-0.762,  0.   ,  0.762], dtype=float32)
    """
    return _apply("tanh", x)


def softplus(x: ArrayLike) -> Tensor:
    """Return y = log(1 + eˣ).

    Args:
        x: array of any shape.

    Example:
        >>> softplus([-10.0, 0.0, 10.0]).numpy().round(3)
        array([ 0.   ,  0.693, 10.   ], dtype=float32)
    """
    return _apply("softplus", x)


def softsign(x: ArrayLike) -> Tensor:
    """Return y = x / (1 + |x|).

    Args:
        x: array of any shape.

    Example:
        >>> softsign([-3.0, 1.0]).tolist()
        [-0.75, 0.5]
    """
    return _apply("softsign", x)


def exponential(x: ArrayLike) -> Tensor:
    """Return y = eˣ.

    Args:
        x: array of any shape.

    Example:
        >>> exponential([0.0, 1.0]).numpy().round(3)
        array([1.   , 2.718], dtype=float32)
    """
    return _apply("exponential", x)


def silu(x: ArrayLike) -> Tensor:
    """Return y = x · sigmoid(x), also called swish.

    Args:
        x: array of any shape.

    Source: Ramachandran, Zoph and Le, Searching for activation functions (2017).

    Example:
        >>> silu([-1.0, 0.0, 1.0]).numpy().round(3)
        array([-0.269,  0.   ,  0.731], dtype=float32)
    """
    return _apply("silu", x)


def gelu(x: ArrayLike, approximate: bool = False) -> Tensor:
    """Return y = x · Φ(x), where Φ is the standard normal distribution function.

    Args:
        x: array of any shape.
        approximate: True uses Φ(x) ≈ ½ (1 + tanh(√(2/π) (x + 0.044715 x³))). Default False: by the error function.

    Source: Hendrycks and Gimpel, Gaussian error linear units (2016).

    Example:
        >>> gelu([-1.0, 0.0, 1.0]).numpy().round(3)
        array([-0.159,  0.   ,  0.841], dtype=float32)
    """
    return _apply("gelu_tanh" if approximate else "gelu", x)


def softmax(x: ArrayLike, axis: int | tuple[int, ...] = -1) -> Tensor:
    """Return yᵢ = exp(xᵢ) / Σⱼ exp(xⱼ), the sum running along an axis.

    Args:
        x: array with at least one axis.
        axis: the axis, or several axes taken as one. Default: the last. An axis of size 1 gives a warning, since all
            values become 1.

    Raises:
        ValueError: if x has no such axis.

    Example:
        >>> softmax([[0.0, 0.0], [3.0, 3.0]]).tolist()
        [[0.5, 0.5], [0.5, 0.5]]
    """
    values = as_floats(x)
    axes = axis if isinstance(axis, tuple) else (axis,)
    last = tuple(range(-len(axes), 0))
    moved = np.moveaxis(values, axes, last)
    kept = moved.shape[: -len(axes)]
    rows = np.ascontiguousarray(moved.reshape(*kept, math.prod(moved.shape[len(kept) :])))
    if rows.shape[-1] == 1:
        warnings.warn(
            f"softmax over axis {axis} of shape {values.shape}: the axis has size 1, so all values become 1. "
            "For two classes in one column use sigmoid.",
            stacklevel=2,
        )
    y = (_core.activate("softmax", rows) if rows.size else rows).reshape(moved.shape)
    return _finish(np.ascontiguousarray(np.moveaxis(y, last, axes)), x)


def get(identifier: Any) -> Activation:
    """Return the activation function for a name, function or config; None means `linear`.

    Args:
        identifier: name, function of this module, config or None.

    Raises:
        ValueError: if there is no activation of this name.
        TypeError: for a function of the user's own, which layers cannot use.

    Example:
        >>> get("swish").__name__
        'silu'
    """
    if identifier is None:
        return linear
    found: Activation = FAMILY.resolve(identifier)
    if found not in FAMILY:
        raise TypeError(f"expected a built-in activation, one of {', '.join(FAMILY.names())}, received {identifier!r}")
    return found


def serialize(activation: Any) -> str:
    """Return the name of an activation function, as it stands in a layer's config.

    Args:
        activation: function of this module, or a name of one.

    Raises:
        TypeError: if it is not one of the functions of this module.

    Example:
        >>> serialize(relu)
        'relu'
    """
    return str(get(activation).__name__)


def deserialize(config: Any, custom_objects: CustomObjects | None = None) -> Activation:
    """Return the activation function for what `serialize` returned.

    Args:
        config: name of the function, or a function's config as Keras writes it.
        custom_objects: functions by name, looked up before those of this module. Default None.

    Raises:
        ValueError: if there is no activation of this name.

    Example:
        >>> deserialize("tanh") is tanh
        True
    """
    found: Activation = FAMILY.resolve(config, custom_objects) if isinstance(config, str | Mapping) else get(config)
    return found


def _apply(name: str, x: ArrayLike, **parameters: float) -> Tensor:
    values = as_floats(x)
    if values.size == 0:
        return _finish(values.copy(), x)
    y = _core.activate(name, values.reshape(-1), {key: float(value) for key, value in parameters.items()})
    return _finish(y.reshape(values.shape), x)


def _finish(y: Array, x: ArrayLike) -> Tensor:
    is_half = getattr(x, "dtype", None) == np.float16
    return as_tensor(y.astype(np.float16) if is_half else y)


swish = silu

for _function in (linear, relu, leaky_relu, elu, selu, sigmoid, tanh, softplus, softsign, exponential, gelu, softmax):
    FAMILY.add(_function)
FAMILY.add(silu, "swish")
