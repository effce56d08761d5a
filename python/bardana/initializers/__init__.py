"""Start values of weights.

An initializer is called as `initializer(shape, dtype)`. A random one starts its stream anew at every call: the same
object gives the same values each time. Wherever an initializer is expected, its name will do, in both spellings
("GlorotUniform", "glorot_uniform").
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, overload

import numpy as np

from bardana.initializers.base import FAMILY, Initializer, InitializerFunction
from bardana.initializers.constants import Constant, GivenArray, Identity, Ones, Zeros
from bardana.initializers.distributions import RandomInitializer, RandomNormal, RandomUniform, TruncatedNormal
from bardana.initializers.orthogonal import Orthogonal
from bardana.initializers.scaling import (
    GlorotNormal,
    GlorotUniform,
    HeNormal,
    HeUniform,
    LecunNormal,
    LecunUniform,
    VarianceScaling,
    compute_fans,
)
from bardana.serialization import CustomObjects
from bardana.serialization import serialize as _serialize

zeros = Zeros
ones = Ones
constant = Constant
random_normal = RandomNormal
random_uniform = RandomUniform
truncated_normal = TruncatedNormal
variance_scaling = VarianceScaling
glorot_uniform = GlorotUniform
glorot_normal = GlorotNormal
he_uniform = HeUniform
he_normal = HeNormal
lecun_uniform = LecunUniform
lecun_normal = LecunNormal
orthogonal = OrthogonalInitializer = Orthogonal
identity = IdentityInitializer = Identity


@overload
def get(identifier: None) -> None: ...
@overload
def get(identifier: object) -> InitializerFunction: ...
def get(identifier: Any) -> InitializerFunction | None:
    """Return an initializer for a name, class, config, array or callable `(shape, dtype)`; None stays None.

    Args:
        identifier: any of these; an array must have the shape of the variable.

    Raises:
        ValueError: if the identifier is none of these.

    Example:
        >>> get("he_normal").get_config()["seed"] is None
        True
    """
    if identifier is None:
        return None
    if isinstance(identifier, np.ndarray | np.generic):
        return GivenArray(identifier)
    if hasattr(identifier, "__array__") and not callable(identifier):  # tensors of other packages, pandas
        return GivenArray(np.asarray(identifier))
    found: InitializerFunction = FAMILY.resolve(identifier)
    return found


def serialize(initializer: Any) -> Any:
    """Return the config of an initializer, from which `deserialize` makes it again.

    Args:
        initializer: an initializer, or a function with a name.

    Raises:
        TypeError: for an object without `get_config`.
        ValueError: for a lambda, which cannot be found again by name.

    Example:
        >>> serialize(Constant(2.0))["config"]
        {'value': 2.0}
    """
    return _serialize(initializer)


def deserialize(config: Mapping[str, Any], custom_objects: CustomObjects | None = None) -> Any:
    """Make an initializer from its config.

    Args:
        config: dict with "class_name" and "config", as `serialize` returns it.
        custom_objects: your own classes and functions by name, looked up first. Default None.

    Raises:
        ValueError: if the config names no initializer.

    Example:
        >>> deserialize({"class_name": "Constant", "config": {"value": 2.0}})((2,))
        array([2., 2.], dtype=float32)
    """
    return FAMILY.deserialize(config, custom_objects)


__all__ = [
    "Constant",
    "GlorotNormal",
    "GlorotUniform",
    "HeNormal",
    "HeUniform",
    "Identity",
    "IdentityInitializer",
    "Initializer",
    "LecunNormal",
    "LecunUniform",
    "Ones",
    "Orthogonal",
    "OrthogonalInitializer",
    "RandomInitializer",
    "RandomNormal",
    "RandomUniform",
    "TruncatedNormal",
    "VarianceScaling",
    "Zeros",
    "compute_fans",
    "constant",
    "deserialize",
    "get",
    "glorot_normal",
    "glorot_uniform",
    "he_normal",
    "he_uniform",
    "identity",
    "lecun_normal",
    "lecun_uniform",
    "ones",
    "orthogonal",
    "random_normal",
    "random_uniform",
    "serialize",
    "truncated_normal",
    "variance_scaling",
    "zeros",
]
