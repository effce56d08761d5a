"""What all activation functions share: the native formula behind each, and how it reaches arrays and layers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple, cast

import numpy as np
from numpy.typing import ArrayLike

from bardana import _core
from bardana.data import Array, as_floats
from bardana.serialization import Family
from bardana.tensor import Tensor, as_tensor

Activation = Callable[..., Any]

FAMILY = Family("activation function", "keras.activations")


class Formula(NamedTuple):
    """A native activation: its name, the parameters that differ from its defaults, and axes other than the last.

    Axes count the batch axis, as users give them.
    """

    name: str
    parameters: Mapping[str, float] = MappingProxyType({})
    axes: tuple[int, ...] = ()

    def native(self, owner: str) -> str | dict[str, Any]:
        """Return the entry for a layer's native config; ValueError for the batch axis."""
        if 0 in self.axes:
            raise ValueError(
                f"{owner}: expected the axes of an activation to leave out the batch axis, received axis 0"
            )
        if not self.parameters and not self.axes:
            return self.name
        axes = [axis - 1 if axis > 0 else axis for axis in self.axes]
        return {"name": self.name, "parameters": dict(self.parameters), "axes": axes}


class Probe:
    """The argument that a function is called with to learn which formula it is, instead of an array."""


PROBE = Probe()


def formula_of(activation: Activation) -> Formula:
    """Return the formula of an activation: a function of this package, perhaps with some arguments fixed.

    Fixed by `functools.partial`, by a function of the user's own that calls one here, or by an activation layer.

    Raises:
        TypeError: if the function does something else.
    """
    of_layer = getattr(activation, "formula", None)
    try:
        found = activation(PROBE) if of_layer is None else of_layer()
    except Exception as error:
        raise _not_native(activation) from error
    if found is PROBE:
        return Formula("linear")
    if not isinstance(found, Formula):
        raise _not_native(activation)
    return found


def _not_native(activation: Activation) -> TypeError:
    return TypeError(
        f"expected a built-in activation, one of {', '.join(FAMILY.names())}, a function that returns one of them for "
        f"its argument, such as functools.partial(activations.relu, max_value=6), or an activation layer; received "
        f"{activation!r}"
    )


def apply(name: str, x: ArrayLike, **parameters: float) -> Tensor:
    """Return f(x) for an elementwise formula."""
    given = {key: float(value) for key, value in parameters.items()}
    if isinstance(x, Probe):
        return cast(Tensor, Formula(name, given))
    values = as_floats(x)
    if values.size == 0:
        return finish(values.copy(), x)
    return finish(_core.activate(name, values.reshape(-1), given).reshape(values.shape), x)


def finish(y: Array, x: ArrayLike) -> Tensor:
    """Return y as a tensor, in half precision if x has that."""
    is_half = getattr(x, "dtype", None) == np.float16
    return as_tensor(y.astype(np.float16) if is_half else y)
