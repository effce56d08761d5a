"""Layers, losses, metrics and optimizers that users write in Python, as the engine calls them.

The engine holds a `Call`, which knows its object weakly: models and their `Compiled` keep it alive, and a reference
from there would make a cycle that the garbage collector does not see. Arrays that a user's method receives belong to
it; what it returns is checked here and copied by the engine.
"""

from __future__ import annotations

import sys
import textwrap
import weakref
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


class Step(NamedTuple):
    """What the engine says of a step besides arrays."""

    training: bool
    learning_rate: float
    wanted: tuple[bool, ...]
    """How many results there are, and which are needed. The first is an array of rows, such as the gradient of a loss
    or that of a layer's input."""


class Call:
    """Call function(owner, step, *arrays) for the engine.

    Args:
        owner: the object that the user made.
        function: what to call with it; returns a tuple of arrays as `as_result` makes them.
    """

    def __init__(self, owner: Any, function: Callable[..., Any]) -> None:
        self._owner = weakref.ref(owner)
        self._function = function

    def __call__(
        self, step: tuple[bool, float, tuple[bool, ...]], *arrays: Array | None, **arguments: Any
    ) -> tuple[Array | None, ...]:
        owner = self._owner()
        if owner is None:
            raise RuntimeError("expected an object that a model still uses, but it has been deleted")
        results: tuple[Array | None, ...] = self._function(owner, Step(*step), *arrays, **arguments)
        return results


def spec(owner: Any, function: Callable[..., Any], label: str) -> dict[str, Any]:
    """Return a call as the engine reads it; `label` stands in printed plans and begins messages."""
    return {"name": label, "function": Call(owner, function)}


def as_numbers(value: Any, what: str) -> Array:
    """Return what a user's method returned as an array of real numbers.

    Raises:
        TypeError: for anything else.
    """
    array = np.asarray(value)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"{what}: expected an array of numbers, received {value!r}"[:500])
    return array


def as_result(value: Any, shape: Sequence[int], dtype: Any, what: str) -> Array:
    """Return what a user's method returned as the engine takes it over.

    Raises:
        ValueError: for another shape.
        TypeError: if it is no array of numbers.
    """
    array = as_numbers(value, what)
    if array.shape != tuple(shape):
        raise ValueError(f"{what}: expected an array of shape {tuple(shape)}, received {array.shape}")
    return np.ascontiguousarray(array, dtype=dtype).reshape(shape)


def aligned(y_true: Array, y_pred: Array) -> Array:
    """Return the targets with an axis of size 1 behind the others where only that distinguishes them from y_pred."""
    return y_true[..., np.newaxis] if (*y_true.shape, 1) == y_pred.shape else y_true


def is_overridden(instance: Any, base: type, method: str) -> bool:
    """Whether the class of an object has a method of its own in place of that of `base`."""
    return getattr(type(instance), method, None) is not getattr(base, method, None)


def is_built_in(cls: type) -> bool:
    """Whether a class stands in a module of this package (and not in an example there)."""
    inside = cls.__module__.partition(".")[0] == __name__.partition(".")[0]
    return cls is object or (inside and getattr(sys.modules[cls.__module__], cls.__name__, None) is cls)


def advice(sentence: str, code: str, end: str = "") -> TypeError:
    """Return the error that shows what to write."""
    lines = textwrap.indent(textwrap.dedent(code).strip("\n"), "    ")
    return TypeError(f"{sentence} Write\n\n{lines}\n" + (f"\n{end}" if end else ""))
