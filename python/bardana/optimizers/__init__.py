"""Optimizers: how weights follow their gradients. Wherever one is expected, its name will do, in any case."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, overload

from bardana.optimizers import schedules
from bardana.optimizers.adadelta import Adadelta
from bardana.optimizers.adagrad import Adagrad
from bardana.optimizers.adam import Adam
from bardana.optimizers.adamax import Adamax
from bardana.optimizers.adamw import AdamW
from bardana.optimizers.ftrl import Ftrl
from bardana.optimizers.lion import Lion
from bardana.optimizers.nadam import Nadam
from bardana.optimizers.optimizer import FAMILY, Optimizer
from bardana.optimizers.rmsprop import RMSprop
from bardana.optimizers.sgd import SGD
from bardana.serialization import CustomObjects
from bardana.serialization import serialize as _serialize


@overload
def get(identifier: None) -> None: ...
@overload
def get(identifier: object) -> Optimizer: ...
def get(identifier: Any) -> Optimizer | None:
    """Return an optimizer for a name, config or object; None stays None.

    Raises:
        ValueError: if the identifier is none of these.

    Example:
        >>> float(get("sgd").learning_rate) == float(SGD().learning_rate)
        True
    """
    if identifier is None or isinstance(identifier, Optimizer):
        return identifier
    if not isinstance(identifier, str | Mapping):
        raise FAMILY.unknown(identifier)
    config = {"class_name": identifier} if isinstance(identifier, str) else identifier
    found: Optimizer = FAMILY.deserialize(config)
    return found


def serialize(optimizer: Optimizer) -> Any:
    """Return the config of an optimizer, from which `deserialize` makes it again.

    Args:
        optimizer: the optimizer.

    Raises:
        TypeError: for an object without `get_config`.

    Example:
        >>> serialize(SGD(momentum=0.5))["config"]["momentum"]
        0.5
    """
    return _serialize(optimizer)


def deserialize(config: Mapping[str, Any], custom_objects: CustomObjects | None = None) -> Any:
    """Make an optimizer from its config.

    Args:
        config: dict with "class_name" and "config", as `serialize` returns it.
        custom_objects: your own classes and functions by name, looked up first. Default None.

    Raises:
        ValueError: if the config names no optimizer.

    Example:
        >>> deserialize({"class_name": "SGD", "config": {"learning_rate": 0.5}}).momentum
        0.0
    """
    return FAMILY.deserialize(config, custom_objects)


__all__ = [
    "SGD",
    "Adadelta",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Ftrl",
    "Lion",
    "Nadam",
    "Optimizer",
    "RMSprop",
    "deserialize",
    "get",
    "schedules",
    "serialize",
]
