"""Classes and functions of the user's, by the names under which configs mention them.

They come from `register_keras_serializable`, which is for good, and from `custom_object_scope`, for a `with` block.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextvars import ContextVar, Token
from typing import Any, TypeVar

T = TypeVar("T")

_registered: dict[str, Any] = {}
_names: dict[Any, str] = {}
_scope: ContextVar[Mapping[str, Any]] = ContextVar("custom objects of the innermost scope", default={})  # noqa: B039


class CustomObjectScope:
    """Let configs and names mean these classes and functions inside a `with` block.

    An inner scope replaces the outer one, and each thread has its own.

    Args:
        custom_objects: classes and functions by name; None for none.

    Example:
        >>> import bardana as keras
        >>> class Two(keras.initializers.Initializer):
        ...     def __call__(self, shape, dtype=None):
        ...         return np.full(shape, 2.0)
        >>> with CustomObjectScope({"Two": Two}):
        ...     layer = keras.layers.Dense(1, kernel_initializer="Two")
        >>> type(layer.kernel_initializer) is Two
        True
    """

    def __init__(self, custom_objects: Mapping[str, Any] | None) -> None:
        self.custom_objects = dict(custom_objects or {})
        self._tokens: list[Token[Mapping[str, Any]]] = []

    def __enter__(self) -> CustomObjectScope:
        self._tokens.append(_scope.set(self.custom_objects))
        return self

    def __exit__(self, *exception: object) -> None:
        _scope.reset(self._tokens.pop())


custom_object_scope = CustomObjectScope


def get_custom_objects() -> dict[str, Any]:
    """Return the table of what was registered for good, which may be changed.

    Example:
        >>> get_custom_objects()["double"] = lambda x: 2 * x
        >>> get_registered_object("double")(3)
        6
        >>> del get_custom_objects()["double"]
    """
    return _registered


def register_keras_serializable(package: str = "Custom", name: str | None = None) -> Callable[[T], T]:
    """Return a decorator that makes a class or function known to configs as "package>name".

    Args:
        package: first part of the name, "Custom" by default.
        name: second part, by default the name of the class or function.

    Raises:
        ValueError: from the decorator, for a class without `get_config`.

    Example:
        >>> @register_keras_serializable("mine")
        ... class Point:
        ...     def __init__(self, x):
        ...         self.x = x
        ...     def get_config(self):
        ...         return {"x": self.x}
        >>> get_registered_name(Point), get_registered_object("mine>Point") is Point
        ('mine>Point', True)
    """

    def register(component: T) -> T:
        if isinstance(component, type) and not hasattr(component, "get_config"):
            raise ValueError(
                f"register_keras_serializable: expected a class with get_config(), received {component.__name__} "
                "without it."
            )
        full_name = f"{package}>{name or getattr(component, '__name__', '')}"
        _registered[full_name] = component
        _names[component] = full_name
        return component

    return register


def get_registered_name(obj: Any) -> str:
    """Return the name under which a class or function was registered, else its own.

    Args:
        obj: class or function.

    Example:
        >>> get_registered_name(int)
        'int'
    """
    own_name: str = obj.__name__
    return _names.get(obj, own_name)


def get_registered_object(
    name: str, custom_objects: Mapping[str, Any] | None = None, module_objects: Mapping[str, Any] | None = None
) -> Any:
    """Return the class or function of a name, None if there is none.

    Args:
        name: looked up in the scope of `custom_object_scope`, among what was registered, and in the tables given here,
            in this order.
        custom_objects: classes and functions by name. Default None.
        module_objects: a further table. Default None.

    Example:
        >>> get_registered_object("one", {"one": int})
        <class 'int'>
    """
    for table in (_scope.get(), _registered, custom_objects, module_objects):
        if table and name in table:
            return table[name]
    return None


def active_scope() -> Mapping[str, Any]:
    """Return the table of the innermost `custom_object_scope`."""
    return _scope.get()


def registered_name(component: Any) -> str | None:
    """Return the name under which a class or function was registered, None if it was not."""
    return _names.get(component)
