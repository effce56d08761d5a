"""What a layer has that users write in Python: the methods to override, and weights."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from bardana import constraints, regularizers
from bardana.data import Array
from bardana.layers import custom
from bardana.variables import Variable

if TYPE_CHECKING:
    from bardana.layers.base import Layer


class InPython:
    """Be the part of `Layer` that layers written in Python use."""

    name: str
    dtype: str
    _variables: list[Variable]
    _arguments: Mapping[str, Any]  # what `__init__` received

    def _init_in_python(self) -> None:
        self._building = False
        self._own_variables: list[Variable] = []  # those made before `build`
        self._output_shapes: dict[tuple[int, ...], tuple[int, ...]] = {}

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        layer = super().__new__(cls)
        if cls.forward is not InPython.forward:
            layer._arguments = _bound_arguments(cls, args, kwargs)
        return layer

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "build" in vars(cls) and cls.forward is not InPython.forward:
            setattr(cls, "build", custom.wrapped_build(vars(cls)["build"]))  # noqa: B010

    @property
    def in_python(self) -> bool:
        """Whether the layer is written in Python, by a `forward` of its own."""
        return type(self).forward is not InPython.forward

    def forward(self, x: Array, training: bool = False) -> Any:
        """Return the outputs of a batch: what a layer of your own overrides.

        Args:
            x: array (rows, …) of the layer's type.
            training: whether it is a step of training; you may leave this argument out.
        """
        raise NotImplementedError(f"{type(self).__name__} has no forward(x) in Python: call the layer itself")

    def backward(self, dy: Array) -> Any:
        """Return the derivative of the loss by x of the last `forward`: what a layer of your own overrides.

        Args:
            dy: derivative of the loss by the outputs.

        Returns:
            dx, of the shape of x; with trainable weights `dx, [gradient of each]` in the order of `add_weight`, None
            for 0.
        """
        raise custom.without_backward(cast("Layer", self))

    def add_weight(
        self,
        shape: Sequence[int] | None = None,
        initializer: Any = None,
        dtype: Any = None,
        trainable: bool = True,
        autocast: bool = True,
        regularizer: Any = None,
        constraint: Any = None,
        aggregation: str = "none",
        overwrite_with_gradient: bool = False,
        name: str | None = None,
    ) -> Variable:
        """Make a variable of a layer of your own, in `__init__` or `build`.

        Args:
            shape: default `()`, a number.
            initializer: of `keras.initializers`. Default "glorot_uniform".
            dtype: the layer's, the default.
            trainable: whether the optimizer changes it. `forward` may assign others in training.
            regularizer, constraint: of `keras.regularizers` and `keras.constraints`. Default None.
            name: default "variable", "variable_1", …
            autocast, aggregation, overwrite_with_gradient: without effect, but the last must be False.

        Raises:
            RuntimeError: once the layer is built.
            ValueError: for another type or an argument without meaning here.
            TypeError: for a layer that is not written in Python.
        """
        custom.check_weight(cast("Layer", self), dtype, overwrite_with_gradient)
        taken = [variable.name for variable in self._variables]
        variable = Variable(
            "glorot_uniform" if initializer is None else initializer,
            () if shape is None else tuple(shape),
            self.dtype,
            trainable,
            custom.free_name(name or "variable", taken),
        )
        variable.regularizer, variable.constraint = regularizers.get(regularizer), constraints.get(constraint)
        self._variables.append(variable)
        if not self._building:
            self._own_variables.append(variable)
        return variable


def _bound_arguments(cls: type, args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """Return what `__init__` receives, by name; nothing if it will refuse it."""
    try:
        bound = inspect.signature(cls).bind(*args, **kwargs)
    except TypeError:
        return {}
    given = dict(bound.arguments)
    for parameter in inspect.signature(cls).parameters.values():
        if parameter.kind is inspect.Parameter.VAR_KEYWORD:
            given.update(given.pop(parameter.name, {}))
    return given
