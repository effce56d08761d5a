"""Turn components into plain data and back, and find a component from whatever a user may pass for it.

Every serialized object has the form that Keras 3 writes into its files:
`{"module": "keras.initializers", "class_name": "Zeros", "config": {...}, "registered_name": None}`.
A built-in function is `{"module": "builtins", "class_name": "function", "config": <name>, ...}`.

A `Family` is the table of all components of one kind (initializers, losses, …). It is the only place where names
are looked up: `get` of each family module adds no rules of its own about strings, dicts and classes.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from types import BuiltinFunctionType, FunctionType, MethodType
from typing import Any

import numpy as np

from bardana.custom_objects import (
    CustomObjectScope,
    active_scope,
    get_registered_name,
    get_registered_object,
    registered_name,
)
from bardana.tensor import Tensor, as_tensor

CustomObjects = Mapping[str, Any]

_families: dict[str, Family] = {}
_homes: dict[type, tuple[str, str]] = {}


class Family:
    """Hold the components of one kind by name.

    Args:
        kind: what a component is called in error messages, e.g. `"loss"`.
        module: public module written into configs, e.g. `"keras.losses"`.
        ignore_case: whether names are compared without regard to case.
    """

    def __init__(self, kind: str, module: str, *, ignore_case: bool = False) -> None:
        self.kind = kind
        self.module = module
        self._ignore_case = ignore_case
        self._by_name: dict[str, Any] = {}
        self._members: dict[int, Any] = {}
        _families[module] = self

    def add(self, component: Any, *aliases: str) -> None:
        """Register a class or function under its own name and the aliases."""
        for name in (component.__name__, *aliases):
            self._by_name[self._key(name)] = component
        self._members[id(component)] = component
        if isinstance(component, type):
            _homes[component] = (self.module, component.__name__)

    def save_as(self, component: type, public: type) -> None:
        """Let instances of an internal class be saved as the public class that reads the same config."""
        _homes[component] = (self.module, public.__name__)

    def __contains__(self, component: object) -> bool:
        """Return whether this very class or function is one of the built-in components."""
        return id(component) in self._members

    def names(self) -> list[str]:
        """Return all names and aliases in alphabetical order."""
        return sorted(self._by_name)

    def find(self, name: str, custom_objects: CustomObjects | None = None) -> Any:
        """Return the class or function of this name.

        Raises:
            ValueError: if there is none; the message lists the names.
        """
        custom = get_registered_object(name, custom_objects)
        if custom is not None:
            return custom
        try:
            return self._by_name[self._key(name)]
        except KeyError:
            raise self.unknown(name) from None

    def unknown(self, identifier: object) -> ValueError:
        """Return the error that says that an identifier means nothing in this family."""
        return ValueError(
            f"Could not interpret {self.kind} identifier: {identifier}. "
            f"Expected one of {', '.join(self.names())}, an object or its config"
        )

    def resolve(self, identifier: Any, custom_objects: CustomObjects | None = None) -> Any:
        """Return the object or function meant by a name, config dict, class, instance or callable.

        Raises:
            ValueError: if the identifier is none of these.
        """
        found = identifier
        if isinstance(identifier, str):
            found = self.find(identifier, custom_objects)
        elif isinstance(identifier, Mapping):
            found = self.deserialize(identifier, custom_objects)
        if inspect.isclass(found):
            found = found()
        if not callable(found):
            raise self.unknown(identifier)
        return found

    def deserialize(self, config: Mapping[str, Any], custom_objects: CustomObjects | None = None) -> Any:
        """Make the object that a config describes; `module` and `registered_name` may be missing.

        Raises:
            ValueError: if the config has no `class_name` or names a component that does not exist.
        """
        class_name = config.get("class_name")
        if not isinstance(class_name, str):
            raise self.unknown(dict(config))
        if class_name == "function":
            return self.find(config["config"], custom_objects)
        custom = get_registered_object(config.get("registered_name") or class_name, custom_objects)
        return _instantiate(custom or self.find(class_name, custom_objects), config, custom_objects)

    def _key(self, name: str) -> str:
        return name.lower() if self._ignore_case else name


def serialize(obj: Any) -> Any:  # noqa: PLR0911 (a table of kinds)
    """Return plain data (None, numbers, strings, lists, tuples, dicts) from which `deserialize` makes the object again.

    Args:
        obj: None, number, string, bytes, slice, Ellipsis, array, named function, object with `get_config`, or a list,
            tuple or dict of these.

    Raises:
        TypeError: if the object is something else.
        ValueError: if it is a lambda: a function is stored by its name.

    Example:
        >>> from bardana import initializers, serialization
        >>> serialization.serialize(initializers.Zeros())
        {'module': 'keras.initializers', 'class_name': 'Zeros', 'config': {}, 'registered_name': None}
    """
    if obj is None or isinstance(obj, str | bool | int | float):
        return obj.item() if isinstance(obj, np.generic) else obj
    if isinstance(obj, list | tuple):
        items = [serialize(item) for item in obj]
        return tuple(items) if isinstance(obj, tuple) else items
    if isinstance(obj, Mapping):
        return {key: serialize(value) for key, value in obj.items()}
    if isinstance(obj, bytes | slice) or obj is Ellipsis:
        return _serialize_builtin(obj)
    if isinstance(obj, np.ndarray | np.generic):
        return _serialize_array(np.asarray(obj), "__tensor__" if isinstance(obj, Tensor) else "__numpy__")
    if isinstance(obj, FunctionType | BuiltinFunctionType | MethodType):
        return _serialize_function(obj)
    if hasattr(obj, "get_config") and not isinstance(obj, type):
        return _serialize_object(obj)
    raise TypeError(f"Expected plain data, an array, a function or an object with get_config(), received {obj!r}")


def deserialize(config: Any, custom_objects: CustomObjects | None = None) -> Any:
    """Make again what `serialize` turned into plain data.

    Args:
        config: plain data; dicts with a `class_name` become objects, all else stays as it is.
        custom_objects: classes and functions of the user by name.

    Raises:
        ValueError: if a `class_name` is not known.

    Example:
        >>> from bardana import initializers, serialization
        >>> serialization.deserialize(serialization.serialize(initializers.Constant(2.0))).value
        2.0
    """
    if isinstance(config, list | tuple):
        return [deserialize(item, custom_objects) for item in config]
    if not isinstance(config, Mapping):
        return config
    if "class_name" not in config:
        return {key: deserialize(value, custom_objects) for key, value in config.items()}
    if str(config["class_name"]).startswith("__"):
        return _deserialize_plain(config["class_name"], config["config"])
    return _deserialize_object(config, custom_objects)


def _deserialize_plain(kind: str, config: Mapping[str, Any]) -> Any:
    if kind in ("__numpy__", "__tensor__"):
        array = np.array(config["value"], dtype=config["dtype"])
        return as_tensor(array) if kind == "__tensor__" else array
    if kind == "__bytes__":
        return config["value"].encode()
    if kind == "__slice__":
        return slice(*(deserialize(config[bound]) for bound in ("start", "stop", "step")))
    if kind == "__ellipsis__":
        return Ellipsis
    raise ValueError(
        f"Expected plain data, received class_name={kind!r}; code in a config, such as a lambda, is never run: "
        "register a named function"
    )


def _deserialize_object(config: Mapping[str, Any], custom_objects: CustomObjects | None) -> Any:
    is_function = config["class_name"] == "function"
    names = [config["config"]] if is_function else [config.get("registered_name") or "", config["class_name"]]
    for name in names:
        found = get_registered_object(name, custom_objects)
        if found is not None:
            return found if is_function else _instantiate(found, config, custom_objects)
    if is_function:
        return _find_function(config["config"])
    family = _families.get(config.get("module") or "")
    if family is None:
        raise ValueError(
            f"Expected a built-in class or an entry in custom_objects, received class_name={config['class_name']!r} "
            f"of module {config.get('module')!r}"
        )
    return family.deserialize(config, custom_objects)


def _find_function(name: str) -> Callable[..., Any]:
    for family in _families.values():
        for member in family._members.values():
            if isinstance(member, FunctionType) and member.__name__ == name:
                return member
    raise ValueError(f"Expected the name of a built-in function or of an entry in custom_objects, received {name!r}")


def _instantiate(cls: Any, config: Mapping[str, Any], custom_objects: CustomObjects | None) -> Any:
    values = dict(config.get("config") or {})
    make = cls.from_config if hasattr(cls, "from_config") else lambda given: cls(**given)
    if not custom_objects:
        return make(values)
    with CustomObjectScope({**custom_objects, **active_scope()}):  # for what the config itself mentions
        return make(values)


def _serialize_builtin(obj: Any) -> dict[str, Any]:
    if isinstance(obj, bytes):
        return {"class_name": "__bytes__", "config": {"value": obj.decode()}}
    if isinstance(obj, slice):
        bounds = {name: serialize(getattr(obj, name)) for name in ("start", "stop", "step")}
        return {"class_name": "__slice__", "config": bounds}
    return {"class_name": "__ellipsis__", "config": {}}


def _serialize_array(array: np.ndarray[Any, Any], class_name: str) -> Any:
    if array.ndim == 0:
        return array.item()
    return {"class_name": class_name, "config": {"value": array.tolist(), "dtype": array.dtype.name}}


def _serialize_function(function: Any) -> dict[str, Any]:
    if function.__name__ == "<lambda>":
        raise ValueError("Expected a function with a name, received a lambda, which cannot be found again by name")
    return {
        "module": "builtins",
        "class_name": "function",
        "config": get_registered_name(function),
        "registered_name": "function",
    }


def home_of(cls: type) -> tuple[str | None, str]:
    """Return the public module and class name that stand in an object's config; the module of a script is None."""
    module, class_name = _homes.get(cls, (cls.__module__, cls.__name__))
    return None if module == "__main__" else module, class_name


def _serialize_object(obj: Any) -> dict[str, Any]:
    cls = type(obj)
    module, class_name = home_of(cls)
    return {
        "module": module,
        "class_name": class_name,
        "config": obj.get_config(),
        "registered_name": None if cls in _homes else registered_name(cls) or cls.__name__,
    }
