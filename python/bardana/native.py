"""The native model behind a Sequential, or behind a layer that is called on its own.

Layers may be shared by several models. The value of each variable has one home; before a model computes, it claims its
variables: values that live elsewhere are copied over and, unless their home is training at this moment, stay. A model
that shares nothing pays one test of a flag for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from bardana import _core

if TYPE_CHECKING:
    from bardana.layers.base import Layer
    from bardana.variables import Variable


class Native:
    """Own one `_core.Model` and its share in the variables that live there.

    Args:
        name: name of the model, for messages.
        dtype: "float32" or "float64".
        input_shape: shape of one input, without the batch axis.
        layers: built layers, in order.
        replaces: the native model that this one succeeds (after a change of structure); its values move over.
        trainable: whether training changes the layers, one by one. Default: what they say themselves.
    """

    def __init__(
        self,
        name: str,
        dtype: str,
        input_shape: Sequence[int],
        layers: Sequence[Layer],
        replaces: Native | None = None,
        trainable: tuple[bool, ...] | None = None,
    ) -> None:
        self.name = name
        self.input_shape = tuple(input_shape)
        self.trainable = trainable or tuple(layer.trainable for layer in layers)
        self.specs = _specs(layers, self.trainable, self.input_shape)
        self.model = _core.Model(name, dtype, self.input_shape, self.specs)
        self.size = sum(len(layer.variables) for layer in layers)
        self.shared: bool = replaces is not None and replaces.shared
        self.retired = False
        self.calls_python = any("host" in spec for spec in self.specs)
        if replaces is not None:
            replaces.retired = True
        self.claim([variable for layer in layers for variable in layer.variables])

    def claim(self, variables: Sequence[Variable]) -> None:
        """Fetch the values that live in other models. `variables` are this model's, all of them, in order.

        They are passed in, not kept: a variable holds its home, and a reference back would make a cycle that keeps the
        native memory until the next garbage collection.
        """
        for index, variable in enumerate(variables):
            variable.settle(self, index)

    def claim_for_training(self, variables: Sequence[Variable]) -> None:
        """Fetch the values and insist on being their home, since training changes them.

        Raises:
            RuntimeError: if another model that shares a layer is in the middle of an epoch.
        """
        self.claim(variables)
        for variable in variables:
            if variable.home is not self:
                raise RuntimeError(
                    f"model '{self.name}': expected to own variable '{variable.path}' while it trains, "
                    "but another model that shares the layer is training it at this moment"
                )


def _specs(layers: Sequence[Layer], trainable: Sequence[bool], shape: tuple[int, ...]) -> list[dict[str, Any]]:
    """Return the layers as the engine reads them. Those in Python must know the shape of their inputs here."""
    follows_shapes = any(layer.in_python for layer in layers)
    specs = []
    for layer, learns in zip(layers, trainable, strict=True):
        spec = layer.python_spec(shape) if layer.in_python else layer.native_spec()
        specs.append({**spec, "config": {**spec["config"], "trainable": learns}})
        if follows_shapes:
            shape = tuple(size for size in layer.compute_output_shape((None, *shape))[1:] if size is not None)
    return specs
