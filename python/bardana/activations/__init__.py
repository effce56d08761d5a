"""Activation functions.

Each works element by element on an array of any shape (softmax and its like along an axis) and returns a `Tensor`.
Floating-point arrays keep their type; integers become `config.floatx()`. The formulas are native: the very ones that
layers use. In a layer an activation is given by name, `Dense(10, activation="relu")`, as the function itself, as a
function with arguments fixed, `functools.partial(relu, max_value=6)` or `lambda x: relu(x, max_value=6)`, or as an
activation layer, `LeakyReLU(0.1)`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from bardana import serialization
from bardana.activations.base import FAMILY, Activation, formula_of
from bardana.activations.piecewise import (
    hard_shrink,
    hard_sigmoid,
    hard_silu,
    hard_swish,
    hard_tanh,
    leaky_relu,
    relu,
    relu6,
    soft_shrink,
    sparse_plus,
    sparse_sigmoid,
    threshold,
)
from bardana.activations.rows import log_softmax, softmax, sparsemax
from bardana.activations.smooth import (
    celu,
    elu,
    exponential,
    gelu,
    linear,
    log_sigmoid,
    mish,
    selu,
    sigmoid,
    silu,
    softplus,
    softsign,
    squareplus,
    swish,
    tanh,
    tanh_shrink,
)
from bardana.activations.steps import heaviside, sign
from bardana.serialization import CustomObjects

__all__ = [
    "celu",
    "deserialize",
    "elu",
    "exponential",
    "gelu",
    "get",
    "hard_shrink",
    "hard_sigmoid",
    "hard_silu",
    "hard_swish",
    "hard_tanh",
    "heaviside",
    "leaky_relu",
    "linear",
    "log_sigmoid",
    "log_softmax",
    "mish",
    "relu",
    "relu6",
    "selu",
    "serialize",
    "sigmoid",
    "sign",
    "silu",
    "soft_shrink",
    "softmax",
    "softplus",
    "softsign",
    "sparse_plus",
    "sparse_sigmoid",
    "sparsemax",
    "squareplus",
    "swish",
    "tanh",
    "tanh_shrink",
    "threshold",
]


def get(identifier: Any) -> Activation:
    """Return the activation for a name, function, config or activation layer; None means `linear`.

    Args:
        identifier: name, function of this module, function or `functools.partial` that calls one, activation layer,
            config of any of these, or None.

    Raises:
        ValueError: if there is no activation of this name.
        TypeError: for a function that computes something else, which layers cannot use.

    Example:
        >>> get("swish").__name__
        'silu'
        >>> import bardana as keras
        >>> get(keras.layers.LeakyReLU(0.5)).negative_slope
        0.5
    """
    if identifier is None:
        return linear
    found: Activation = identifier
    if isinstance(identifier, Mapping):
        found = _from_config(identifier, None)
    elif isinstance(identifier, str):
        found = FAMILY.find(identifier)
    elif isinstance(identifier, type):
        found = cast(Activation, identifier())
    if not callable(found):
        raise FAMILY.unknown(identifier)
    if found not in FAMILY:
        formula_of(found)
    return found


def serialize(activation: Any) -> Any:
    """Return an activation as plain data, as it stands in a layer's config: the bare name of a function of this module.

    Args:
        activation: an activation, or the name of one.

    Raises:
        TypeError: for a `functools.partial`, which has no name.
        ValueError: for a lambda.

    Example:
        >>> serialize(relu)
        'relu'
    """
    found = get(activation)
    return str(getattr(found, "__name__", "")) if found in FAMILY else serialization.serialize(found)


def deserialize(config: Any, custom_objects: CustomObjects | None = None) -> Activation:
    """Return the activation for what `serialize` returned.

    Args:
        config: name of the function, or a config of a function or of an activation layer as Keras writes it.
        custom_objects: functions by name, looked up before those of this module. Default None.

    Raises:
        ValueError: if there is no activation of this name.

    Example:
        >>> deserialize("tanh") is tanh
        True
    """
    if isinstance(config, str):
        return get(FAMILY.find(config, custom_objects))
    return get(_from_config(config, custom_objects) if isinstance(config, Mapping) else config)


def _from_config(config: Mapping[str, Any], custom_objects: CustomObjects | None) -> Activation:
    if "module" not in config and config.get("class_name") in {"function", *FAMILY.names()}:
        found: Activation = FAMILY.resolve(config, custom_objects)
        return found
    made: Activation = serialization.deserialize(config, custom_objects)
    return made
