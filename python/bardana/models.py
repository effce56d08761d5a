"""Sequential: a stack of layers with one input and one output.

The structure is in `stack`, training in `training`, the values of the weights in the native model (`native`). That one
is made when it is first needed, and again after a change of structure; weights move over.
Long because what users read about every method of a model stands here.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from bardana import data, layers, naming
from bardana.layers.base import Layer, Prepared, Shape, checked_flag, require_none, sample_shape
from bardana.native import Native
from bardana.serialization import CustomObjects, Family
from bardana.stack import LayerStack
from bardana.tensor import Tensor, as_tensor
from bardana.training import Trainer
from bardana.variables import STRUCTURE, Variable, assign_all, read_all

if TYPE_CHECKING:
    from bardana.step_trace import StepTrace

__all__ = ["Sequential", "clone_model"]

FAMILY = Family("model", "keras")
S = TypeVar("S", bound="Sequential")


class Sequential(Trainer, Layer):
    """Stack layers: each one's output is the next one's input.

    A model may be a layer of another one, to any depth: its weights and `trainable` belong to both.

    With an `Input` first (or `input_shape=` in the first layer) the weights exist at once; otherwise they are made at
    the first `build`, call, `fit` or `predict`.

    Args:
        layers: the layers in order; more can be added with `add`.
        trainable: whether training changes any of them. Default True.
        name: default "sequential", "sequential_1", …

    Raises:
        ValueError: if an entry is not a layer, two have the same name, or a shape does not fit.

    Example:
        >>> import bardana as keras
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3, "relu"), keras.layers.Dense(2)])
        >>> model.count_params()
        17
    """

    def __init__(self, layers: Iterable[Layer] | None = None, trainable: bool = True, name: str | None = None) -> None:
        super().__init__()
        self.name = naming.checked_name(name, "Sequential")
        self._stack = LayerStack(self.name)
        self._outdated: Native | None = None
        self._sample_shape: tuple[int, ...] | None = None
        self._first_name = self.name
        self._calls = 0
        self._path: str | None = None
        self._trainable = checked_flag(trainable, self.name)
        self._parents: weakref.WeakSet[Sequential] = weakref.WeakSet()  # models that have this one as a layer
        for layer in layers or ():
            self.add(layer)

    def add(self, layer: Layer, rebuild: bool = True) -> None:
        """Put a layer on top.

        Args:
            layer: a `keras.layers` object, another model, or an `Input` as the first entry.
            rebuild: build it now if the input shape is known. Default True; False waits for `build` or first use.

        Raises:
            ValueError: if it is not a layer, its name is taken, it cannot take the shape of the last output, or it or
                one of its own layers is in the model already. The model stays as it was.
            RuntimeError: while `fit` is running.
        """
        with STRUCTURE:
            self._refuse_change("add")
            if isinstance(layer, Sequential):
                layer._refuse_inside(self)
            self._stack.add(layer, rebuild)
            if isinstance(layer, Sequential):
                layer._parents.add(self)
            if not self._trainable:
                layer.trainable = False
            self._structure_changed()

    def pop(self, rebuild: bool = True) -> Layer:
        """Take the last layer off and return it, with its weights.

        Args:
            rebuild: False leaves the model unbuilt until `build` or first use. Default True.

        Raises:
            IndexError: if there are no layers.
            RuntimeError: while `fit` is running.
        """
        with STRUCTURE:
            self._refuse_change("pop")
            layer = self._stack.pop(rebuild)
            for home in self._homes():
                for variable in layer.variables:
                    variable.detach(home)
            if isinstance(layer, Sequential):
                layer._parents.discard(self)
            self._structure_changed()
        return layer

    def build(self, input_shape: Sequence[int | None] | None = None) -> None:  # type: ignore[override]
        """Make the weights of all layers.

        Args:
            input_shape: shape with the batch axis, e.g. `(None, 784)`. Default: that of the `Input`.

        Raises:
            ValueError: without layers or a shape, for another shape than that of the `Input`, or if a layer cannot take
                its input; no layer is built then.
            RuntimeError: while `fit` is running.
        """
        with STRUCTURE:
            self._refuse_change("build")
            self._stack.build(input_shape)
            self._structure_changed()

    def prepare(self, input_shape: Sequence[int | None], scope: str = "") -> Prepared:
        """Return what `build` would make, without changing the model, for the model that has this one as a layer."""
        path = "/".join(filter(None, (scope, self.name)))
        parts = self._stack.prepare(input_shape, path)
        variables = [variable for part in parts for variable in part.variables]
        return Prepared(parts[0].input_shape, parts[-1].output_shape, variables, tuple(parts), path)

    def install(self, prepared: Prepared) -> None:
        """Take over what `prepare` has returned."""
        was_built = self.built
        self._stack.install(prepared.parts)
        if not was_built:
            self._path = prepared.path
            self._forget_native()

    def leaves(self) -> list[Layer]:
        """Return the layers in order, those of models inside in place of these."""
        return self._stack.leaves()

    @property
    def requested_input_shape(self) -> Shape | None:  # type: ignore[override]
        """Shape of the input if it is known: what a model without an `Input` takes over from its first layer."""
        return None if self._stack.input is None else self._stack.input.batch_shape

    def _refuse_inside(self, outer: Sequential) -> None:
        if outer in (self, *self._models()):
            raise ValueError(f"model '{outer.name}': expected a layer other than the model itself, received {self!r}")

    def _models(self) -> Iterator[Sequential]:
        for layer in self._stack.layers:
            if isinstance(layer, Sequential):
                yield layer
                yield from layer._models()

    def _refuse_change(self, action: str) -> None:
        self._refuse_while_training(action)
        for parent in self._parents:
            parent._refuse_change(action)

    def _homes(self) -> Iterator[Native]:
        """The native models of this one and of those around it."""
        home = self._native or self._outdated
        if home is not None:
            yield home
        for parent in self._parents:
            yield from parent._homes()

    def _structure_changed(self) -> None:
        self._forget_native()
        for parent in self._parents:
            parent._stack.unbuild()
            parent._structure_changed()

    def _forget_native(self) -> None:
        self._sample_shape = self._stack.sample_shape if self._stack.built else None
        self._first_name = self._stack.layers[0].name if self._stack.layers else self.name
        self._outdated, self._native = self._native or self._outdated, None

    @property
    def built(self) -> bool:  # type: ignore[override]
        """Whether all layers have their weights."""
        return self._stack.built

    @property
    def path(self) -> str | None:
        """Names of the models around this one and its own, joined by "/"; None before it is built."""
        return (self._path or self.name) if self.built else None

    @property
    def layers(self) -> list[Layer]:
        """The layers in order, without the `Input`."""
        return list(self._stack.layers)

    @property
    def dtype(self) -> str:  # type: ignore[override]
        """Type of weights and outputs, "float32" or "float64"; that of the layers."""
        return self._stack.dtype

    @property
    def input_shape(self) -> Shape:
        """Shape of the input with None for the batch axis; AttributeError if it is not known yet."""
        return self._stack.input_shape

    @property
    def output_shape(self) -> Shape:
        """Shape of the output with None for the batch axis; AttributeError before the model is built."""
        return self._stack.output_shape

    @property
    def layer_output_shapes(self) -> list[Shape]:
        """Output shapes of the layers in this model; a layer that other models share may have another one there."""
        return list(self._stack.output_shapes)

    def compute_output_shape(self, input_shape: Sequence[int | None]) -> Shape:
        """Return the output shape for an input shape, without building anything.

        Args:
            input_shape: shape with the batch axis, e.g. `(None, 784)`.

        Raises:
            ValueError: if a layer cannot take its input.
        """
        sizes = sample_shape(input_shape, self.name)
        shape: Shape = (input_shape[0], *sizes)
        for layer in self._stack.layers:
            shape = layer.compute_output_shape(shape)
        return shape

    def get_layer(self, name: str | None = None, index: int | None = None) -> Layer:
        """Return a layer by its name or by its index.

        Args:
            name: the layer's name.
            index: place in `layers`, where the `Input` does not count; negative from the end.

        Raises:
            ValueError: if both or neither are given, or there is no such layer.

        Example:
            >>> import bardana as keras
            >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3, name="out")])
            >>> model.get_layer("out") is model.get_layer(index=0)
            True
        """
        return self._stack.find(name, index)

    @property
    def variables(self) -> list[Variable]:
        """All variables: layer by layer, each in the order of its `get_weights`."""
        return [variable for layer in self._stack.layers for variable in layer.variables]

    weights = variables

    @property
    def trainable_variables(self) -> list[Variable]:
        """Variables that training changes; none if the model itself is not trainable."""
        return [variable for variable in self.variables if variable.trainable] if self._trainable else []

    trainable_weights = trainable_variables

    @property
    def non_trainable_variables(self) -> list[Variable]:
        """Variables that training leaves alone."""
        return [variable for variable in self.variables if not (self._trainable and variable.trainable)]

    non_trainable_weights = non_trainable_variables

    @property
    def losses(self) -> list[Any]:
        """The penalties that regularizers put on the trainable variables at this moment; part of the loss."""
        return [penalty for layer in self._stack.layers for penalty in layer.losses]

    @property
    def trainable(self) -> bool:
        """Whether training changes the layers; assigning it assigns it to all of them, from the next `compile` on."""
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        self._trainable = checked_flag(value, self.name)
        for layer in self._stack.layers:
            layer.trainable = self._trainable

    def get_weights(self) -> list[NDArray[Any]]:
        """Return copies of all weights in the order of `weights`; during `fit`, those after a whole step."""
        return read_all(self.variables)

    def set_weights(self, weights: Sequence[Any]) -> None:
        """Replace all weights; during `fit`, between two steps.

        Args:
            weights: arrays in the order of `weights`; cast to the model's type.

        Raises:
            ValueError: if their number or a shape does not fit; no weight changes then.

        Example:
            >>> import bardana as keras, numpy as np
            >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
            >>> model.set_weights([[[1.0], [2.0]], [3.0]])
            >>> model(np.array([[1.0, 1.0]])).tolist()
            [[6.0]]
        """
        assign_all(self.variables, weights, f"model '{self.name}'")

    def count_params(self) -> int:
        """Return the number of elements of all weights; ValueError before the model is built."""
        if not self.built:
            raise ValueError(f"model '{self.name}': expected a built model, call build(input_shape) or fit first")
        return sum(layer.count_params() for layer in self._stack.layers)

    def __call__(self, x: Any, training: bool | None = None) -> Tensor:
        """Return the outputs for x as a `Tensor`: an array with `.numpy()`.

        Args:
            x: array (rows, *input shape).
            training: True runs layers such as Dropout as in training, each time with other masks. Default False.
        """
        rows = self._inputs(x)
        self._calls += bool(training)
        native = self.native_for_prediction()
        return as_tensor(native.model.predict(rows, training=bool(training), call=self._calls))

    call = __call__

    def predict_into(self, x: NDArray[Any], out: NDArray[Any]) -> NDArray[Any]:
        """Write the outputs for x into an array of yours; nothing is allocated or converted, for loops in real time.

        The first call with more rows than before prepares the engine for so many, which does allocate.

        Args:
            x: C-contiguous NumPy array of exactly the shape (rows, *input shape) and any numeric type that the engine
                reads: bool, integers, float16, float32, float64.
            out: C-contiguous, writeable array (rows, *output shape) of the model's dtype that shares no memory with x.

        Returns:
            `out`.

        Raises:
            TypeError: if x or out is no NumPy array or has another type.
            ValueError: if x or out has another shape or layout, out is read-only, or they share memory.

        Example:
            >>> import bardana as keras, numpy as np
            >>> model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, kernel_initializer="ones")])
            >>> out = np.empty((2, 1), dtype="float32")
            >>> model.predict_into(np.array([[1.0], [2.0]]), out) is out
            True
            >>> out
            array([[1.],
                   [2.]], dtype=float32)
        """
        if self._sample_shape is None:
            self._build_for(x, "x")
        if type(x) is not np.ndarray or type(out) is not np.ndarray:
            data.unmasked(x, "x")
            data.unmasked(out, "out")
        return self.native_for_prediction().model.predict_into(x, out)

    def trace_step(self, x: Any, y: Any, sample_weight: Any = None, update: bool = False) -> StepTrace:
        """Return one backpropagation step on these rows with every intermediate; `print` it to see a table.

        For a layer with input x, z = x W + b, a = f(z), and ⁺ for the layer after it:

            δ = dL/dz = dL/da · f′(z),   dL/da = δ⁺ W⁺ᵀ,   dL/dW = xᵀ δ,   dL/db = Σ_rows δ

        The numbers are the engine's, in the model's type. Layers of noise such as Dropout are off.

        Args:
            x, y, sample_weight: as for `fit`, all rows in one batch.
            update: whether the model itself takes the step. Default False: weights and optimizer stay as they are.

        Returns:
            The loss before the step, for each layer x, z, a, f′(z), dL/da, δ, its weights, their gradients, and the
            weights that the optimizer makes of them; as arrays, `trace["name of layer"].delta`.

        Raises:
            ValueError: before `compile`, for data that do not fit, and for a layer that is neither Dense, an
                activation, noise, nor one that only rearranges numbers, such as Flatten.

        Example:
            >>> import bardana as keras, numpy as np
            >>> model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, "relu", kernel_initializer="ones")])
            >>> model.compile(keras.optimizers.SGD(0.25), "mse")
            >>> step = model.trace_step(np.array([[2.0]]), np.array([[1.0]]))
            >>> step.loss, step[0].z.item(), step[0].delta.item(), step[0].gradients["kernel"].item()
            (1.0, 2.0, 2.0, 4.0)
            >>> step[0].updated["kernel"].item(), model.get_weights()[0].item()
            (0.0, 1.0)
        """
        from bardana import step_trace

        return step_trace.trace(self, self._rows(x, y, sample_weight), update)

    def _inputs(self, x: Any, argument: str = "x") -> NDArray[Any]:
        if type(x) is not np.ndarray:
            x = data.only(x, self._stack.input.name if self._stack.input else None, argument)
        if self._sample_shape is None:
            self._build_for(x, argument)
            assert self._sample_shape is not None
        return data.as_input(x, self._sample_shape, self._first_name, argument)

    def _build_for(self, x: Any, argument: str) -> None:
        with STRUCTURE:
            if self._stack.built:
                return
            if self._stack.input is None:
                self.build((None, *data.infer_shape(x, argument)))
            else:
                self.build()

    def native_for_prediction(self) -> Native:
        """Return the native model with up-to-date weights, made now if need be."""
        native = self._native
        return self._settled_native() if native is None or native.shared else native

    def _settled_native(self) -> Native:
        with STRUCTURE:
            if self._native is None:
                return self._make_native()
            if self._native.shared:
                self._native.claim(self.variables)
            return self._native

    def _native_as_trainable(self) -> Native:
        with STRUCTURE:
            native = self._settled_native()
            if native.trainable == self._learning():
                return native
            self._outdated = native
            return self._make_native()

    def _make_native(self) -> Native:
        if not self._stack.built:
            self.build()
        stack = self._stack
        leaves = self._stack.leaves()
        self._native = Native(self.name, self.dtype, stack.sample_shape, leaves, self._outdated, self._learning())
        for layer in leaves:
            layer.used_by(self)
        self._outdated = None
        return self._native

    def _learning(self) -> tuple[bool, ...]:
        """Whether training changes each leaf: as at the last `compile`, or as it is now."""
        return tuple(self._learns.get(leaf, leaf.trainable and self._trainable) for leaf in self._stack.leaves())

    @property
    def _output_name(self) -> str | None:
        return self._stack.layers[-1].name if self._stack.layers else None

    def summary(
        self,
        line_length: int | None = None,
        positions: Sequence[float] | None = None,
        print_fn: Callable[[str], Any] | None = None,
        expand_nested: bool = False,
        show_trainable: bool = False,
        layer_range: Sequence[str] | None = None,
    ) -> None:
        """Print the layers with their output shapes and numbers of parameters.

        Args:
            line_length: width of the table. Default: 88 (100 with `show_trainable`), or less in a narrow terminal.
            positions: right edges of the columns as parts of the width. Default `[0.45, 0.80, 1.0]`.
            print_fn: receives the whole text, without colours, in one call. Default: it is printed.
            expand_nested: list the layers of models inside this one too. Default False.
            show_trainable: add a column that says whether a layer is trainable. Default False.
            layer_range: names, or regular expressions, of the first and the last layer to list. Default: all.

        Raises:
            ValueError: if a column would be narrower than 4 characters, or `layer_range` does not fit the names.

        Example:
            >>> import bardana as keras
            >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3, name="out")], name="tiny")
            >>> model.summary(line_length=50, print_fn=print)
            Model: "tiny"
            ┏━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━┳━━━━━━━━━┓
            ┃ Layer (type)        ┃ Output Shape   ┃ Param # ┃
            ┡━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━╇━━━━━━━━━┩
            │ out (Dense)         │ (None, 3)      │       9 │
            └─────────────────────┴────────────────┴─────────┘
             Total params: 9 (36.00 B)
             Trainable params: 9 (36.00 B)
             Non-trainable params: 0 (0.00 B)
        """
        from bardana.summary import print_summary

        print_summary(self, line_length, positions, print_fn, expand_nested, show_trainable, layer_range)

    def get_config(self) -> dict[str, Any]:
        """Return name and layers as plain data, without weights; see `from_config`."""
        entries = [] if self._stack.input is None else [self._stack.input]
        plain: dict[str, Any] = {
            "name": self.name,
            "trainable": self._trainable,
            "dtype": self.dtype,
            "layers": [layers.serialize(layer) for layer in [*entries, *self._stack.layers]],
        }
        if self.built:
            plain["build_input_shape"] = self.input_shape
        return plain

    @classmethod
    def from_config(cls: type[S], config: Mapping[str, Any], custom_objects: CustomObjects | None = None) -> S:
        """Make a model, with new weights, from the result of `get_config`.

        Args:
            config: dict with "name" and "layers".
            custom_objects: your own layer classes by name. Default None.

        Raises:
            ValueError: for an unknown layer class.

        Example:
            >>> import bardana as keras
            >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3)])
            >>> keras.Sequential.from_config(model.get_config()).output_shape
            (None, 3)
        """
        model = cls(
            [layers.deserialize(entry, custom_objects) for entry in config["layers"]],
            trainable=config.get("trainable", True),
            name=config.get("name"),
        )
        if not model.built and config.get("build_input_shape") and model.layers:
            model.build(config["build_input_shape"])
        return model

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}, built={self.built}>"


FAMILY.add(Sequential)
layers.MODELS["Sequential"] = Sequential


def clone_model(
    model: Sequential,
    input_tensors: Any = None,
    clone_function: Callable[[Layer], Layer] | None = None,
    call_function: None = None,
    recursive: bool = False,
) -> Sequential:
    """Return a model with equal layers and names, and new weights; compiled anew if the model is compiled.

    Args:
        model: the model to copy.
        input_tensors: an `Input`, or a list of one, to use instead of the model's own. Default None.
        clone_function: called with each layer, returns the layer of the copy. Default: from the layer's config.
        call_function: must be None.
        recursive: whether `clone_function` receives the layers of models inside, too, rather than these themselves.

    Raises:
        ValueError: if `model` is no Sequential, or `clone_function` returns no layer.

    Example:
        >>> import bardana as keras
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3, name="out")])
        >>> keras.models.clone_model(model).get_layer("out").kernel.shape
        (2, 3)
    """
    require_none("clone_model", call_function=call_function)
    if not isinstance(model, Sequential):
        raise ValueError(f"clone_model: expected a Sequential, received {model!r}")
    if recursive and clone_function is None:
        raise ValueError("clone_model: expected a clone_function with recursive=True, received clone_function=None")
    if clone_function is not None and not callable(clone_function):
        raise ValueError(f"clone_model: expected clone_function to be callable, received {clone_function!r}")
    inputs = input_tensors if isinstance(input_tensors, (list, tuple)) else [input_tensors]
    if len(inputs) != 1 or not (inputs[0] is None or isinstance(inputs[0], layers.InputLayer)):
        raise ValueError(f"clone_model: expected input_tensors to be one Input, received {input_tensors!r}")
    return _clone(model, inputs[0], clone_function or _from_own_config, recursive)


def _clone(
    model: Sequential, new_input: Layer | None, clone_function: Callable[[Layer], Layer], recursive: bool
) -> Sequential:
    own_input = [] if model._stack.input is None else [_from_own_config(model._stack.input)]
    entries = own_input if new_input is None else [new_input]
    for layer in model.layers:
        if recursive and isinstance(layer, Sequential):
            entries.append(_clone(layer, None, clone_function, recursive))
        else:
            entries.append(clone_function(layer))
    clone = type(model)(entries, trainable=model.trainable, name=model.name)
    clone.compile_like(model)
    return clone


def _from_own_config(layer: Layer) -> Layer:
    return type(layer).from_config(layer.get_config())
