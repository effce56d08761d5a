"""The structure of a Sequential: an optional Input and layers in order, whose shapes follow from each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bardana import config
from bardana.arguments import is_integer
from bardana.layers.base import Layer, Prepared, Shape, sample_shape
from bardana.layers.input import InputLayer


class LayerStack:
    """Keep the layers of a model, build them, and refuse what does not fit. A refused change changes nothing.

    The shapes are kept here, not asked of the layers, which may be shared by models with other inputs.

    Args:
        name: name of the model, for messages and as the first part of variables' paths.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.input: InputLayer | None = None
        self.layers: list[Layer] = []
        self.output_shapes: list[Shape] = []
        self.built = False

    @property
    def dtype(self) -> str:
        """Type of the layers."""
        return self.layers[0].dtype if self.layers else config.floatx()

    @property
    def sample_shape(self) -> tuple[int, ...]:
        """Shape of one input, without the batch axis."""
        return sample_shape(self.input_shape, self.name)

    @property
    def input_shape(self) -> Shape:
        """Shape of the input with the batch axis; AttributeError if unknown."""
        if self.input is None:
            raise AttributeError(f"model '{self.name}' has no input_shape before it is built")
        return self.input.batch_shape

    @property
    def output_shape(self) -> Shape:
        """Shape of the output with the batch axis; AttributeError before `build`."""
        if not self.built:
            raise AttributeError(f"model '{self.name}' has no output_shape before it is built")
        return self.output_shapes[-1]

    def add(self, layer: Any, build: bool) -> None:
        """Put an Input or a layer on top, and build it if wished and possible."""
        if isinstance(layer, InputLayer):
            self._set_input(layer)
            return
        self._check(layer)
        first_input = self._input_for(layer)
        shape = self._shape_above(first_input) if build else None
        if shape is not None:
            prepared = layer.prepare(shape, self.name)
            layer.install(prepared)
            self.output_shapes.append(prepared.output_shape)
        self.input = first_input
        self.layers.append(layer)
        self.built = shape is not None

    def pop(self, build: bool) -> Layer:
        """Take the last layer off; IndexError if there is none."""
        if not self.layers:
            raise IndexError(f"model '{self.name}': expected a layer to remove, received a model without layers")
        layer = self.layers.pop()
        del self.output_shapes[len(self.layers) :]
        self.built = self.built and build and bool(self.layers)
        return layer

    def build(self, input_shape: Sequence[int | None] | None) -> None:
        """Make the variables of all layers for inputs of this shape, by default that of the Input."""
        self.install(self.prepare(input_shape, self.name))

    def prepare(self, input_shape: Sequence[int | None] | None, scope: str) -> list[Prepared]:
        """Return what `build` makes for each layer, without changing any; `scope` begins the variables' paths."""
        if not self.layers:
            raise ValueError(f"model '{self.name}': expected at least one layer before build, received none")
        self._check_once(self.leaves())
        shape = self._requested_shape(input_shape)
        prepared: list[Prepared] = []
        for layer in self.layers:
            prepared.append(layer.prepare(shape, scope))
            shape = prepared[-1].output_shape
        return prepared

    def install(self, prepared: Sequence[Prepared]) -> None:
        """Take over what `prepare` has returned."""
        for layer, parts in zip(self.layers, prepared, strict=True):
            layer.install(parts)
        self.output_shapes = [parts.output_shape for parts in prepared]
        if self.input is None:
            self.input = InputLayer(batch_shape=prepared[0].input_shape, dtype=self.dtype)
        self.built = True

    def unbuild(self) -> None:
        """Forget the shapes, since a model inside has other layers now; its variables and those of the others stay."""
        self.built = False
        self.output_shapes = []

    def leaves(self) -> list[Layer]:
        """Return the layers in order, those of models inside in place of these."""
        return [leaf for layer in self.layers for leaf in layer.leaves()]

    def find(self, name: str | None, index: int | None) -> Layer:
        """Return the layer of this name or at this index; ValueError unless one of both is given and found."""
        if (name is None) == (index is None):
            raise ValueError(f"get_layer: expected either a name or an index, received name={name!r}, index={index!r}")
        names = [layer.name for layer in self.layers]
        if index is not None:
            if not is_integer(index) or not -len(names) <= index < len(names):
                raise ValueError(
                    f"model '{self.name}': expected an index of one of its {len(names)} layers, received {index!r}"
                )
            return self.layers[index]
        if name not in names:
            raise ValueError(f"model '{self.name}': expected the name of a layer, one of {names}, received {name!r}")
        return self.layers[names.index(name)]

    def _check_once(self, leaves: Sequence[Layer]) -> None:
        seen: set[int] = set()
        for leaf in leaves:
            if id(leaf) in seen:
                raise ValueError(f"model '{self.name}': expected every layer once, received '{leaf.name}' again")
            seen.add(id(leaf))

    def _input_for(self, layer: Layer) -> InputLayer | None:
        """Return the Input of the stack once this layer is added, perhaps that of the layer: its old `input_shape=`."""
        if self.layers or self.input is not None or layer.requested_input_shape is None:
            return self.input
        return InputLayer(batch_shape=layer.requested_input_shape, dtype=layer.dtype)

    def _shape_above(self, first_input: InputLayer | None) -> Shape | None:
        if self.layers:
            return self.output_shape if self.built else None
        return None if first_input is None else first_input.batch_shape

    def _requested_shape(self, input_shape: Sequence[int | None] | None) -> Shape:
        known = None if self.input is None else self.input.batch_shape
        if input_shape is None:
            if known is None:
                raise ValueError(
                    f"model '{self.name}': expected build(input_shape), received no shape and has no Input"
                )
            return known
        shape = (None, *sample_shape(input_shape, self.name))
        if known is not None and shape != known:
            raise ValueError(f"model '{self.name}': expected its input shape {known}, received {tuple(input_shape)}")
        return shape

    def _set_input(self, layer: InputLayer) -> None:
        if self.input is not None:
            raise ValueError(
                f"model '{self.name}': expected one Input, has {self.input.batch_shape}, received {layer.batch_shape}"
            )
        if self.layers:
            raise ValueError(f"model '{self.name}': expected the Input before all layers, received it after them")
        self.input = layer

    def _check(self, layer: Any) -> None:
        if not isinstance(layer, Layer):
            raise ValueError(f"model '{self.name}': expected a keras.layers.Layer, received {layer!r} of {type(layer)}")
        self._check_once([*self.leaves(), *layer.leaves()])
        if any(layer.name == other.name for other in self.layers):
            raise ValueError(f"model '{self.name}': expected unique names of layers, received a second '{layer.name}'")
        if self.layers and layer.dtype != self.dtype:
            raise ValueError(
                f"model '{self.name}': expected layers of one dtype, {self.dtype}, received '{layer.name}' "
                f"with dtype {layer.dtype}"
            )
