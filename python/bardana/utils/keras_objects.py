"""Objects as plain data and back, under the names of `keras.utils` and `keras.saving`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bardana import serialization
from bardana.custom_objects import get_registered_object


def serialize_keras_object(obj: Any) -> Any:
    """Return plain data (None, numbers, strings, lists, tuples, dicts) from which the object can be made again.

    Args:
        obj: None, number, string, bytes, slice, Ellipsis, array, named function, object with `get_config`, or a list,
            tuple or dict of these.

    Raises:
        TypeError: if the object is something else.
        ValueError: if it is a lambda, which cannot be found again by its name.

    Example:
        >>> import bardana as keras
        >>> serialize_keras_object([keras.initializers.Zeros(), 3])  # doctest: +NORMALIZE_WHITESPACE
        [{'module': 'keras.initializers', 'class_name': 'Zeros', 'config': {}, 'registered_name': None}, 3]
    """
    return serialization.serialize(obj)


def deserialize_keras_object(
    config: Any, custom_objects: Mapping[str, Any] | None = None, safe_mode: bool = True
) -> Any:
    """Make again what `serialize_keras_object` turned into plain data.

    Args:
        config: plain data; dicts with a "class_name" become objects, tuples lists.
        custom_objects: classes and functions of the user by name. Default None.
        safe_mode: without effect: code in a config is never run, as if True (default).

    Raises:
        ValueError: if a class or function is not known, or is code (a lambda that Keras saved).

    Example:
        >>> import bardana as keras
        >>> deserialize_keras_object(serialize_keras_object(keras.initializers.Constant(2.0))).value
        2.0
    """
    if isinstance(config, str):
        found = get_registered_object(config, custom_objects)
        return config if found is None else found
    return serialization.deserialize(config, custom_objects)
