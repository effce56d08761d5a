"""Layers that users write in Python: `forward` and `backward` on NumPy arrays, called by the engine for every batch.

What the engine needs to know before, the variables and the shape of the outputs, comes from `build` and from one
forward pass over zeros. A layer with `call` in Keras' style, on symbolic tensors, is refused with what to write.
"""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Iterable, Sequence
from functools import cache, partial, wraps
from typing import TYPE_CHECKING, Any

import numpy as np

from bardana import _core, host_calls
from bardana.data import Array
from bardana.host_calls import Step

if TYPE_CHECKING:
    from bardana.layers.base import Layer
    from bardana.variables import Variable

Sizes = tuple[int, ...]


def native_class(cls: type[Any], base: type[Any]) -> str:
    """Return the engine's name of a built-in layer class, or of the one that a class of the user's extends.

    Raises:
        TypeError: for a class that computes by `call`, or not at all.
    """
    names = set(_core.layer_names())
    for one in cls.__mro__:
        name: str = vars(one).get("native_class") or one.__name__
        if name in names and host_calls.is_built_in(one):
            return name
        if "call" in vars(one) or one is base:
            break
    raise host_calls.advice(
        f"layer of class {cls.__name__}: expected a layer of keras.layers, or one that computes with NumPy arrays.",
        f"""
        class {cls.__name__}(keras.layers.Layer):
            def forward(self, x, training=False):  # in place of call()
                return ...  # the outputs, a row for each row of x
            def backward(self, dy):
                return ...  # dx; with weights: dx, [a gradient for each trainable weight]
        """,
        "where dy and dx are the derivatives of the loss by the outputs and by x.",
    )


def wrapped_build(build: Callable[..., Any]) -> Callable[..., None]:
    """Return a user's `build` such that calling it builds the layer: variables get their places, shapes are noted."""

    @wraps(build)
    def built(self: Layer, input_shape: Sequence[int | None], *scope: str) -> None:
        if self._building:
            build(self, input_shape)
        else:
            self.install(self.prepare(input_shape, *scope))

    return built


def check_weight(layer: Layer, dtype: Any, overwrite_with_gradient: bool) -> None:
    """Raise what `add_weight` raises for a layer and arguments that it cannot serve."""
    if not layer.in_python:
        raise TypeError(f"layer '{layer.name}': expected a layer with a forward(x) of its own to add weights to")
    if layer.built:
        raise RuntimeError(
            f"layer '{layer.name}': expected add_weight in __init__ or build, the layer is built already"
        )
    if dtype is not None and np.dtype(dtype) != np.dtype(layer.dtype):
        raise ValueError(f"layer '{layer.name}': expected weights of its type {layer.dtype}, received dtype={dtype!r}")
    if overwrite_with_gradient:
        raise ValueError(f"layer '{layer.name}': expected overwrite_with_gradient=False, received True")


def free_name(name: str, taken: Sequence[str]) -> str:
    """Return the name, with a number if it is taken."""
    numbered = (f"{name}_{number}" for number in range(1, len(taken) + 1))
    return name if name not in taken else next(one for one in numbered if one not in taken)


def make_variables(layer: Layer, sizes: Sizes, scope: str) -> list[Variable]:
    """Run the user's `build` and return the variables that the layer has then. A failing one changes nothing."""
    kept = dict(vars(layer))
    layer._variables = list(layer._own_variables)
    layer._building, layer._output_shapes = True, {}
    try:
        layer.build((None, *sizes))
        _refuse_layers_inside(layer)
    except BaseException:
        vars(layer).clear()
        vars(layer).update(kept)
        raise
    layer._building = layer.built = False  # some set it to True themselves, before the rest of the model is ready
    for variable in layer._variables:
        variable.path = "/".join(filter(None, (scope, layer.name, variable.name)))
        variable._trainable = variable.learns and layer.trainable
    return layer._variables


def _refuse_layers_inside(layer: Layer) -> None:
    base = next(cls for cls in type(layer).__mro__ if cls.__name__ == "Layer" and host_calls.is_built_in(cls))
    for name, value in vars(layer).items():
        for one in value if isinstance(value, (list, tuple)) else (value,):
            if isinstance(one, base):
                raise TypeError(
                    f"layer '{layer.name}': expected no layers inside a layer written in Python, received {one!r} as "
                    f"self.{name}: its weights would not be trained"
                )


def output_sizes(layer: Layer, base: type[Layer], sizes: Sizes) -> Sizes:
    """Return the shape of an output for inputs of a shape, both without rows.

    Raises:
        ValueError: if the outputs are no array with a row for each input.
    """
    if sizes not in layer._output_shapes:
        if host_calls.is_overridden(layer, base, "compute_output_shape"):
            shape: tuple[int | None, ...] = tuple(layer.compute_output_shape((None, *sizes)))
        else:
            shape = _shape_of_zeros(layer, sizes)
        layer._output_shapes[sizes] = tuple(int(size) for size in shape[1:] if size is not None)
    return layer._output_shapes[sizes]


def sizes_before_build(layer: Layer, base: type[Layer], sizes: Sizes) -> Sizes:
    """Return the same for a layer that is not built, and does not become so."""
    if not layer.built:
        layer = copy.copy(layer)
        make_variables(layer, sizes, "")
    return output_sizes(layer, base, sizes)


def _shape_of_zeros(layer: Layer, sizes: Sizes) -> Sizes:
    rows = 2
    y = _forward(layer, np.zeros((rows, *sizes), layer.dtype), training=False)
    if y.ndim == 0 or y.shape[0] != rows:
        raise ValueError(
            f"layer '{layer.name}', forward(x): expected outputs with a row for each of the {rows} rows of x, received "
            f"an array of shape {y.shape}"
        )
    return y.shape


def native_spec(layer: Layer, base: type[Layer], sizes: Sizes) -> dict[str, Any]:
    """Return what the engine is told beyond name and trainable, for inputs of a shape."""
    outputs = output_sizes(layer, base, sizes)
    variables = [{"name": v.name, "shape": v.shape, "trainable": v.learns} for v in layer.variables]
    return {
        "forward": host_calls.spec(layer, partial(forward, outputs), f"{layer.name}.forward"),
        "backward": host_calls.spec(layer, partial(backward, sizes), f"{layer.name}.backward"),
        "output_shape": outputs,
        "variables": variables,
    }


def _forward(layer: Layer, x: Array, training: bool) -> Array:
    y = layer.forward(x, training=training) if _takes_training(type(layer).forward) else layer.forward(x)
    return host_calls.as_numbers(y, f"layer '{layer.name}', forward(x)")


@cache
def _takes_training(function: Callable[..., Any]) -> bool:
    parameters = inspect.signature(function).parameters.values()
    return any(p.name == "training" or p.kind is inspect.Parameter.VAR_KEYWORD for p in parameters)


def forward(outputs: Sizes, layer: Layer, step: Step, x: Array) -> tuple[Array]:
    """Return the outputs of a batch, whose rows have this shape, for the engine."""
    what = f"layer '{layer.name}', forward(x)"
    return (host_calls.as_result(_forward(layer, x, step.training), (len(x), *outputs), x.dtype, what),)


def backward(sizes: Sizes, layer: Layer, step: Step, dy: Array) -> tuple[Array | None, ...]:
    """Return dx, for inputs whose rows have this shape, and the gradients of the trainable variables."""
    what = f"layer '{layer.name}', backward(dy)"
    dx, gradients = _parts(layer.backward(dy))
    wants_dx, learns = step.wanted[0], len(step.wanted) > 1
    own_dx = host_calls.as_result(dx, (len(dy), *sizes), dy.dtype, f"{what}, dx") if wants_dx else None
    if not learns:
        return (own_dx,)
    variables = [variable for variable in layer.variables if variable.learns]
    if len(gradients) != len(variables):
        names = ", ".join(variable.name for variable in variables)
        raise ValueError(
            f"{what}: expected dx and a list of {len(variables)} gradients, one for each trainable weight ({names}), "
            f"received {len(gradients)} gradients"
        )
    return (own_dx, *(_gradient(g, v, dy.dtype, what) for g, v in zip(gradients, variables, strict=True)))


def _parts(result: Any) -> tuple[Any, Sequence[Any]]:
    """Return dx and the list of gradients of what `backward` returned: dx alone, or both."""
    if isinstance(result, (tuple, list)) and len(result) == 2 and isinstance(result[1], (tuple, list)):
        return result[0], result[1]
    return result, ()


def _gradient(gradient: Any, variable: Variable, dtype: Any, what: str) -> Array:
    if gradient is None:
        return np.zeros(variable.shape, dtype)
    return host_calls.as_result(gradient, variable.shape, dtype, f"{what}, gradient of {variable.name}")


def check_backward(leaves: Iterable[Layer], base: type[Layer], learns: Callable[[Layer], bool]) -> None:
    """Raise TypeError if a weight learns in or before a layer that has no `backward`."""
    learning = False
    for layer in leaves:
        learning = learning or (learns(layer) and any(variable.learns for variable in layer.variables))
        if learning and layer.in_python and not host_calls.is_overridden(layer, base, "backward"):
            raise without_backward(layer)


def without_backward(layer: Layer) -> TypeError:
    """Return the error that shows what to write."""
    names = ", ".join(f"d_{variable.name}" for variable in layer.variables if variable.learns)
    result = f"dx, [{names}]" if names else "dx"
    meaning = "the derivatives of the loss by x" + (" and by each trainable weight" if names else "")
    return host_calls.advice(
        f"layer '{layer.name}': training weights in this layer or before it needs its backward pass.",
        f"""
        class {type(layer).__name__}(keras.layers.Layer):
            def backward(self, dy):  # the derivative of the loss by the outputs of the last forward(x)
                return {result}  # {meaning}
        """,
        "or set trainable = False for all of these layers.",
    )
