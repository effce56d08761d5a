"""Layers: the steps that a model is made of, one file per family."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bardana.layers.activation import ELU, Activation, LeakyReLU, ReLU, Softmax
from bardana.layers.base import FAMILY, Layer
from bardana.layers.dense import Dense
from bardana.layers.input import Input, InputLayer
from bardana.layers.normalization import BatchNormalization
from bardana.layers.regularization import Dropout
from bardana.layers.reshape import Flatten, Identity, Permute, Reshape

__all__ = [
    "ELU",
    "Activation",
    "BatchNormalization",
    "Dense",
    "Dropout",
    "Flatten",
    "Identity",
    "Input",
    "InputLayer",
    "Layer",
    "LeakyReLU",
    "Permute",
    "ReLU",
    "Reshape",
    "Softmax",
    "deserialize",
    "serialize",
]

_CLASSES: dict[str, type[Layer]] = {
    cls.__name__: cls
    for cls in (
        *(Activation, ELU, LeakyReLU, ReLU, Softmax),
        *(BatchNormalization, Dense, Dropout, Flatten, Identity, InputLayer, Permute, Reshape),
    )
}

for _class in _CLASSES.values():
    FAMILY.add(_class)


def serialize(layer: Layer) -> dict[str, Any]:
    """Return a layer as plain data: module, class name, config and, if built, the shape it was built for.

    Args:
        layer: a layer of this module.

    Example:
        >>> import bardana as keras
        >>> keras.layers.serialize(keras.layers.Flatten(name="flat"))["config"]["name"]
        'flat'
    """
    plain: dict[str, Any] = {
        "module": "keras.layers",
        "class_name": type(layer).__name__,
        "config": layer.get_config(),
        "registered_name": None,
    }
    if layer.built and not isinstance(layer, InputLayer):
        plain["build_config"] = {"input_shape": layer.input_shape}
    return plain


def deserialize(config: Mapping[str, Any], custom_objects: None = None) -> Layer:
    """Make a layer (without weights) from the result of `serialize`.

    Args:
        config: a dict with "class_name" and "config".
        custom_objects: must be None.

    Raises:
        ValueError: if the class is unknown or the dict has another form.

    Example:
        >>> layer = deserialize({"class_name": "Dense", "config": {"units": 3, "activation": "relu"}})
        >>> layer.units, layer.activation.__name__
        (3, 'relu')
    """
    if custom_objects:
        raise ValueError(f"layers.deserialize: expected custom_objects=None, received {custom_objects!r}")
    name = config.get("class_name")
    if name not in _CLASSES or not isinstance(config.get("config"), Mapping):
        raise ValueError(f"expected a saved layer whose class_name is one of {sorted(_CLASSES)}, received {config!r}")
    return _CLASSES[name].from_config(config["config"])
