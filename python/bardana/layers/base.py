"""The base of all layers: names, variables, shapes, and calling a layer on an array.

A layer declares; shape rules and arithmetic are native. `build` asks the engine for the variables of the layer, and
`native_spec` is what the engine receives.
Long because users read the documentation of every method here.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from bardana import _core, absent, advice, config, data, naming, regularizers
from bardana.arguments import LARGEST_COUNT, is_integer
from bardana.layers import custom
from bardana.layers.in_python import InPython
from bardana.native import Native
from bardana.serialization import Family, serialize
from bardana.tensor import Tensor, as_tensor
from bardana.variables import STRUCTURE, Variable, assign_all, read_all

if TYPE_CHECKING:
    from bardana.dtype_policies import DTypePolicy
    from bardana.layers.input_spec import InputSpec
    from bardana.metrics import Metric

Shape = tuple[int | None, ...]
L = TypeVar("L", bound="Layer")

FAMILY = Family("layer", "keras.layers")


class Prepared(NamedTuple):
    """What building a layer makes: shapes with None for the batch axis, the variables, and for a model its layers'."""

    input_shape: Shape
    output_shape: Shape
    variables: list[Variable]
    parts: tuple[Prepared, ...] = ()
    path: str = ""


class _MadeByBuild:
    """What a class has in place of a variable that `install` gives to its objects.

    A `__getattr__` of the class could say the same, but makes every call of a method allocate, those of models too.
    """

    def __set_name__(self, owner: type[Layer], name: str) -> None:
        self._name = name

    def __get__(self, layer: Layer | None, owner: type[Layer]) -> Any:
        if layer is None:
            return self
        raise AttributeError(f"layer '{layer.name}' has no {self._name} before it is built")


def made_by_build() -> Any:
    """Declare, in the class of a layer, a variable that an unbuilt layer does not have: AttributeError until then."""
    return _MadeByBuild()


class Layer(InPython):
    """Be the base of every layer: a step of a model with its variables.

    A layer of your own computes with NumPy arrays: `forward` and, to train with it, `backward`. Weights that `build`
    makes by `add_weight` are updated by the model's optimizer. Arrays that the methods receive are theirs to keep.

    Args:
        activity_regularizer: name or object of `keras.regularizers`, "l1", "l2" …: the penalty of the layer's output,
            divided by the number of rows, is added to the loss. Default None.
        trainable: whether training changes the layer's variables. Assigning it counts from the next `compile`.
        dtype: "float32", "float64" or a policy. Default that of `keras.config.dtype_policy()`.
        name: default is the class name in snake_case with a counter: "dense", "dense_1", …
        input_shape, input_dim, batch_input_shape: old spelling of an `Input` in front of the layer; warns.

    Raises:
        ValueError: for an unknown argument, a bad name or type.

    Example:
        >>> import bardana as keras, numpy as np
        >>> layer = keras.layers.Dense(2, name="out")
        >>> layer(np.ones((3, 4))).shape
        (3, 2)
        >>> [(variable.path, variable.shape) for variable in layer.weights]
        [('out/kernel', (4, 2)), ('out/bias', (2,))]
        >>> twin = keras.layers.Dense.from_config(layer.get_config())
        >>> twin.name, twin.built
        ('out', False)
        >>> class Scale(keras.layers.Layer):
        ...     def build(self, input_shape):
        ...         self.factor = self.add_weight((input_shape[-1],), "ones", name="factor")
        ...     def forward(self, x, training=False):
        ...         self.x = x
        ...         return x * self.factor
        ...     def backward(self, dy):
        ...         return dy * self.factor, [(dy * self.x).sum(axis=0)]
        >>> model = keras.Sequential([keras.Input((2,)), Scale()])
        >>> model.compile(keras.optimizers.SGD(0.5), "mse")
        >>> model.train_on_batch(np.array([[1.0, 0.0]]), np.array([[3.0, 0.0]]))
        2.0
        >>> model.get_weights()
        [array([2., 1.], dtype=float32)]
    """

    native_class: ClassVar[str | None] = None
    """Name of the layer in the engine where it is not that of the class."""
    input_spec: InputSpec | None = None
    """Inputs that the layer takes, to be set by layers of yours; the built-in ones leave that to the engine."""
    supports_masking = False
    """Whether the layer passes masks on. There are no masks, so it says nothing here; layers of yours may set it."""

    def __init__(
        self,
        *,
        activity_regularizer: Any = None,
        trainable: bool = True,
        dtype: Any = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        class_name = type(self).__name__
        self.requested_input_shape = _pop_input_shape(class_name, kwargs)
        if kwargs:
            raise ValueError(f"Unrecognized keyword arguments passed to {class_name}: {kwargs}")
        self.activity_regularizer = regularizers.get(activity_regularizer)
        self.name = naming.checked_name(name, class_name)
        self.dtype = data.float_name(config.layer_dtype() if dtype is None else dtype, class_name)
        self.built = False
        self._trainable = checked_flag(trainable, class_name)
        self._variables: list[Variable] = []
        self._input_shape: Shape | None = None
        self._output_shape: Shape | None = None
        self._path: str | None = None
        self._native: Native | None = None
        self._calls = 0
        self._init_in_python()

    @property
    def variables(self) -> list[Variable]:
        """All variables, in the order of `get_weights`."""
        return list(self._variables)

    weights = variables

    @property
    def trainable_variables(self) -> list[Variable]:
        """Variables that training changes; none if the layer is not trainable."""
        return [v for v in self._variables if v.trainable]

    trainable_weights = trainable_variables

    @property
    def non_trainable_variables(self) -> list[Variable]:
        """Variables that training leaves alone."""
        return [v for v in self._variables if not v.trainable]

    non_trainable_weights = non_trainable_variables

    @property
    def losses(self) -> list[Any]:
        """The penalties that regularizers put on the trainable variables at this moment, one for each."""
        return [v.regularizer(v) for v in self.trainable_variables if v.regularizer is not None]

    @property
    def trainable(self) -> bool:
        """Whether training changes the layer's variables; a new value counts from the next `compile`."""
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        self._trainable = checked_flag(value, self.name)
        for variable in self._variables:
            variable._trainable = self._trainable and variable.learns

    @property
    def input_shape(self) -> Shape:
        """Shape of the input of the last `build`, with None for the batch axis; AttributeError before."""
        return self._known(self._input_shape, "input_shape")

    @property
    def output_shape(self) -> Shape:
        """Shape of the output after the last `build`, with None for the batch axis; AttributeError before."""
        return self._known(self._output_shape, "output_shape")

    @property
    def dtype_policy(self) -> DTypePolicy:
        """The layer's type as a policy."""
        from bardana.dtype_policies import DTypePolicy

        return DTypePolicy(self.dtype)

    @property
    def path(self) -> str | None:
        """Names of the models around the layer and its own, joined by "/"; None before it is built."""
        return self._path

    @property
    def input_dtype(self) -> str:
        """Type that inputs are converted to, the same as `dtype`."""
        return self.dtype

    @property
    def metrics(self) -> list[Metric]:
        """Metric objects: none, those of a model are given to `compile`."""
        return []

    @property
    def metrics_variables(self) -> list[Variable]:
        """The variables of `metrics`."""
        return [variable for metric in self.metrics for variable in metric.variables]

    @property
    def compute_dtype(self) -> str:
        """Type of the computation, the same as `dtype`."""
        return self.dtype

    @property
    def variable_dtype(self) -> str:
        """Type of the variables, the same as `dtype`."""
        return self.dtype

    def _known(self, shape: Shape | None, what: str) -> Shape:
        if shape is None:
            raise AttributeError(f"layer '{self.name}' has no {what} before it is built")
        return shape

    def build(self, input_shape: Sequence[int | None], scope: str = "") -> None:
        """Create the variables for inputs of this shape (batch axis first, None for any number of rows).

        Building again with a shape that needs the same variables keeps them.

        Args:
            input_shape: e.g. `(None, 784)`.
            scope: prefix of the variables' paths, the name of the model.

        Raises:
            ValueError: if the layer cannot take this shape, or has variables made for another one.
        """
        if not self._building:
            self.install(self.prepare(input_shape, scope))

    def prepare(self, input_shape: Sequence[int | None], scope: str = "") -> Prepared:
        """Return what `build` would make, without changing the layer, so that a model can build all layers or none.

        Args:
            input_shape, scope: as for `build`.

        Raises:
            ValueError: as `build` does.
        """
        if self.in_python:
            sizes = sample_shape(input_shape, self.name)
            variables = self._variables if self.built else custom.make_variables(self, sizes, scope)
            return Prepared((None, *sizes), (None, *custom.output_sizes(self, Layer, sizes)), variables)
        info = self._describe(input_shape)
        if self.built:
            self._check_variables(info["variables"], input_shape)
            variables = self._variables
        else:
            variables = [self._make_variable(variable, scope) for variable in info["variables"]]
        path = "/".join(filter(None, (scope, self.name)))
        return Prepared((None, *input_shape[1:]), (None, *info["output_shape"]), variables, path=path)

    def install(self, prepared: Prepared) -> None:
        """Take over what `prepare` has returned."""
        self._input_shape, self._output_shape, self._variables = prepared[:3]
        for variable in () if self.in_python else self._variables:
            setattr(self, variable.name, variable)
        self._path = self._path if self.built else prepared.path
        self.built = True

    def leaves(self) -> list[Layer]:
        """Return the native layers that this one consists of, in order: itself, or for a model those of its layers."""
        return [self]

    def _describe(self, input_shape: Sequence[int | None]) -> _core.LayerInfo:
        if self.input_spec is not None:
            self.input_spec.check(input_shape, self.name)
        self._native_penalty()
        return _core.describe_layer(
            self._native_class(), self.native_config() | {"trainable": True}, sample_shape(input_shape, self.name)
        )

    def _make_variable(self, info: _core.VariableInfo, scope: str) -> Variable:
        name = info["name"]
        initializer = getattr(self, f"{name}_initializer")
        if initializer is None:
            initializer = "glorot_uniform"
        variable = Variable(initializer, info["shape"], self.dtype, info["trainable"], name)
        variable._trainable = variable.learns and self._trainable
        variable.path = "/".join(filter(None, (scope, self.name, name)))
        variable.regularizer = getattr(self, f"{name}_regularizer", None)
        variable.constraint = getattr(self, f"{name}_constraint", None)
        return variable

    def _check_variables(self, expected: list[_core.VariableInfo], input_shape: Sequence[int | None]) -> None:
        for variable, info in zip(self._variables, expected, strict=True):
            if variable.shape != tuple(info["shape"]):
                raise ValueError(
                    f"layer '{self.name}': expected inputs like the {self._input_shape} it was built for (its "
                    f"{variable.name} has shape {variable.shape}), received input shape {tuple(input_shape)}"
                )

    def compute_output_shape(self, input_shape: Sequence[int | None]) -> Shape:
        """Return the output shape for an input shape, without building anything.

        Args:
            input_shape: shape with the batch axis, e.g. `(None, 784)`.

        Raises:
            ValueError: if the layer cannot take this shape.
        """
        if self.in_python:
            sizes = sample_shape(input_shape, self.name)
            return (input_shape[0], *custom.sizes_before_build(self, Layer, sizes))
        output_shape = self._describe(input_shape)["output_shape"]
        return (input_shape[0], *output_shape)

    def count_params(self) -> int:
        """Return the number of elements of all variables; ValueError before the layer is built."""
        if not self.built:
            raise ValueError(f"layer '{self.name}': expected a built layer, call build(input_shape) first")
        return sum(variable.size for variable in self._variables)

    def get_weights(self) -> list[NDArray[Any]]:
        """Return copies of the variables' values."""
        return read_all(self._variables)

    def set_weights(self, weights: Sequence[Any]) -> None:
        """Replace the values of all variables.

        Args:
            weights: arrays in the order of `variables`; cast to the layer's type.

        Raises:
            ValueError: if their number or a shape does not fit; nothing changes then.
        """
        assign_all(self._variables, weights, f"layer '{self.name}'")

    def __call__(self, x: Any, training: bool | None = None) -> Tensor:
        """Apply the layer to an array whose first axis is the batch; builds the layer if needed.

        Args:
            x: array of shape (rows, …).
            training: True runs layers such as Dropout as in training. Default False.
        """
        native = self._native
        if native is None or native.shared or native.input_shape != np.shape(x)[1:]:
            native = self._own_native(x)
        self._calls += bool(training)
        rows = data.as_input(x, native.input_shape, self.name)
        return as_tensor(native.model.predict(rows, training=bool(training), call=self._calls))

    def _own_native(self, x: Any) -> Native:
        """Return a native model of this layer alone for inputs like x. The shapes of the last `build` stay."""
        with STRUCTURE:
            native = self._native
            shape = np.shape(x)[1:]
            if native is None or native.input_shape != shape:
                shape = data.infer_shape(x)
            if native is None or native.input_shape != shape:
                prepared = self.prepare((None, *shape))
                if not self.built:
                    self.install(prepared)
                native = self._native = Native(self.name, self.dtype, shape, [self], replaces=native)
            elif native.shared:
                native.claim(self._variables)
            return native

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal layer; see `from_config`.

        Without a `get_config` of its own, a layer in Python gives what its `__init__` received.
        """
        config = {"name": self.name, "trainable": self._trainable, "dtype": self.dtype}
        if self.activity_regularizer is not None:
            config["activity_regularizer"] = regularizers.serialize(self.activity_regularizer)
        if self.in_python and type(self).get_config is Layer.get_config:
            config.update({name: serialize(value) for name, value in self._arguments.items() if name not in config})
        return config

    def native_config(self) -> dict[str, Any]:
        """Return the config as the engine reads it, here `get_config`; values that only Python uses may differ."""
        return self.get_config()

    def native_spec(self) -> dict[str, Any]:
        """Return the layer's entry in the list that makes a native model."""
        return self._with_options({"class_name": self._native_class(), "config": self.native_config()})

    def python_spec(self, input_shape: tuple[int, ...]) -> dict[str, Any]:
        """Return the same for a layer in Python, whose inputs have this shape, without rows."""
        config = {"name": self.name, "trainable": self._trainable}
        host = custom.native_spec(self, Layer, input_shape)
        return self._with_options({"class_name": type(self).__name__, "config": config, "host": host})

    def _with_options(self, spec: dict[str, Any]) -> dict[str, Any]:
        options = {variable.name: variable.native_options() for variable in self._variables}
        if any(options.values()):
            spec["variables"] = {name: given for name, given in options.items() if given is not None}
        if (penalty := self._native_penalty()) is not None:
            spec["activity"] = penalty
        return spec

    def _native_penalty(self) -> tuple[float, float] | None:
        if self.activity_regularizer is None:
            return None
        return regularizers.native(self.activity_regularizer, f"the output of '{self.name}'")

    def _native_class(self) -> str:
        return custom.native_class(type(self), Layer)

    def used_by(self, model: Any) -> None:
        """Hear that a model makes a native model of this layer, for layers whose native config may change."""

    @classmethod
    def from_config(cls: type[L], config: Mapping[str, Any]) -> L:
        """Make a layer from the result of `get_config` (without weights).

        Args:
            config: dict of the constructor's arguments.
        """
        return cls(**config)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}, built={self.built}>"


absent.add_members(Layer)


def sample_shape(input_shape: Sequence[int | None], owner: str) -> tuple[int, ...]:
    """Return a shape without its batch axis; ValueError if another axis is unknown or there is none."""
    try:
        sizes = tuple(input_shape)
    except TypeError:
        sizes = ()
    if not sizes or not all(is_integer(size) and size > 0 for size in sizes[1:]):
        raise ValueError(
            f"'{owner}': expected an input shape (None, size, …) with known positive sizes after the batch axis, "
            f"received {input_shape!r}"
        )
    shape = tuple(int(size) for size in sizes[1:] if size is not None)
    if math.prod(shape) > LARGEST_COUNT:
        raise ValueError(f"'{owner}': expected at most {LARGEST_COUNT} numbers per example, received shape {shape}")
    return shape


def require_none(owner: str, **arguments: Any) -> None:
    """Raise ValueError for the first argument that is not None."""
    for argument, value in arguments.items():
        if value is not None:
            raise ValueError(f"{owner}: expected {argument}=None, received {argument}={value!r}")


def checked_flag(value: Any, owner: str) -> bool:
    """Return a flag as a bool; ValueError for anything else."""
    if not isinstance(value, (bool, np.bool_)):
        raise ValueError(f"{owner}: expected trainable to be True or False, received trainable={value!r}")
    return bool(value)


def _pop_input_shape(class_name: str, arguments: dict[str, Any]) -> Shape | None:
    """Take the old shape arguments out of a layer's keyword arguments; return a shape with batch axis, or None."""
    given = {key: arguments.pop(key) for key in ("input_shape", "input_dim", "batch_input_shape") if key in arguments}
    if not given:
        return None
    if len(given) > 1:
        raise ValueError(f"{class_name}: expected one of input_shape, input_dim, batch_input_shape, received {given}")
    key, value = next(iter(given.items()))
    advice.warn(f"{class_name}: {key} belongs to an Input: put keras.Input(shape) in front of the first layer.")
    if key == "batch_input_shape":
        return tuple(value)
    return (None, value) if key == "input_dim" or isinstance(value, int) else (None, *value)
