"""Layers: the steps that a model is made of, one file per family."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from bardana import absent
from bardana.custom_objects import CustomObjectScope, active_scope, get_registered_object, registered_name
from bardana.layers.activation import ELU, Activation, LeakyReLU, ReLU, Softmax
from bardana.layers.base import FAMILY, Layer
from bardana.layers.categories import CategoryEncoding, Discretization
from bardana.layers.dense import Dense
from bardana.layers.embedding import Embedding
from bardana.layers.input import Input, InputLayer
from bardana.layers.input_spec import InputSpec
from bardana.layers.normalization import BatchNormalization, LayerNormalization, RMSNormalization, UnitNormalization
from bardana.layers.prelu import PReLU
from bardana.layers.preprocessing import Normalization, Rescaling
from bardana.layers.regularization import (
    ActivityRegularization,
    AlphaDropout,
    Dropout,
    GaussianDropout,
    GaussianNoise,
    SpatialDropout1D,
)
from bardana.layers.reshape import Flatten, Identity, Permute, Reshape
from bardana.serialization import CustomObjects, home_of

__all__ = [
    "ELU",
    "Activation",
    "ActivityRegularization",
    "AlphaDropout",
    "BatchNormalization",
    "CategoryEncoding",
    "Dense",
    "Discretization",
    "Dropout",
    "Embedding",
    "Flatten",
    "GaussianDropout",
    "GaussianNoise",
    "Identity",
    "Input",
    "InputLayer",
    "InputSpec",
    "Layer",
    "LayerNormalization",
    "LeakyReLU",
    "Normalization",
    "PReLU",
    "Permute",
    "RMSNormalization",
    "ReLU",
    "Rescaling",
    "Reshape",
    "Softmax",
    "SpatialDropout1D",
    "UnitNormalization",
    "deserialize",
    "serialize",
]

_CLASSES: dict[str, type[Layer]] = {
    cls.__name__: cls
    for cls in (
        *(Activation, ELU, LeakyReLU, PReLU, ReLU, Softmax),
        *(Dense, Embedding, Flatten, Identity, InputLayer, Permute, Reshape),
        *(BatchNormalization, LayerNormalization, RMSNormalization, UnitNormalization),
        *(ActivityRegularization, AlphaDropout, Dropout, GaussianDropout, GaussianNoise, SpatialDropout1D),
        *(CategoryEncoding, Discretization, Normalization, Rescaling),
    )
}

MODELS: dict[str, Any] = {}
"""Classes of models by name, which can be layers of others; `models` adds them."""

for _class in _CLASSES.values():
    FAMILY.add(_class)

if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        raise AttributeError(absent.missing_layer(name))


def serialize(layer: Layer) -> dict[str, Any]:
    """Return a layer as plain data: module, class name, config and, if built, the shape it was built for.

    Args:
        layer: a layer or a model.

    Example:
        >>> import bardana as keras
        >>> keras.layers.serialize(keras.layers.Flatten(name="flat"))["config"]["name"]
        'flat'
    """
    module, name = home_of(type(layer))
    built_in = (*_CLASSES.values(), *MODELS.values())
    plain: dict[str, Any] = {
        "module": module,
        "class_name": name,
        "config": layer.get_config(),
        "registered_name": None if type(layer) in built_in else registered_name(type(layer)) or name,
    }
    if layer.built and not isinstance(layer, InputLayer):
        plain["build_config"] = {"input_shape": layer.input_shape}
    return plain


def deserialize(config: Mapping[str, Any], custom_objects: CustomObjects | None = None) -> Layer:
    """Make a layer or a model (without weights) from the result of `serialize`.

    Args:
        config: a dict with "class_name" and "config".
        custom_objects: your own layer classes by name, looked up after those that are registered. Default None.

    Raises:
        ValueError: if the class is unknown or the dict has another form.

    Example:
        >>> layer = deserialize({"class_name": "Dense", "config": {"units": 3, "activation": "relu"}})
        >>> layer.units, layer.activation.__name__
        (3, 'relu')
    """
    name, own = config.get("class_name"), config.get("config")
    own_name = str(config.get("registered_name") or name)
    found: Any = get_registered_object(own_name, custom_objects) or _CLASSES.get(str(name))
    if not isinstance(own, Mapping) or not (found or name in MODELS):
        known = sorted([*_CLASSES, *MODELS])
        raise ValueError(f"expected a saved layer whose class_name is one of {known}, received {config!r}")
    if found is None:
        return cast(Layer, MODELS[str(name)].from_config(own, custom_objects))
    with CustomObjectScope({**(custom_objects or {}), **active_scope()}):  # for what the config itself mentions
        return cast(Layer, found.from_config(own))
