"""Variables: named arrays that a model trains.

A variable's value lives in one place at a time, its home: an array of its own, or a slice of the native model that uses
it. `settle` moves it; whoever reads or writes through the variable need not know where it is.

A move and a write exclude each other by the lock STRUCTURE, or the write could go to the place that was just left. (Not
in code that a training step calls, whose model is the home of its variables and keeps them while it trains.) A read
needs no lock: the place is one attribute, and a place that was left still holds the value of a moment before.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin
from numpy.typing import NDArray

from bardana import _core, config, constraints, initializers, naming, regularizers
from bardana.data.arrays import unmasked
from bardana.locks import fork_safe_lock
from bardana.tensor import Tensor, as_tensor

if TYPE_CHECKING:
    from bardana.native import Native

Array = NDArray[Any]

STRUCTURE = fork_safe_lock()
"""Held while native models are made, changed or compiled, and while values move between them. No callback runs inside,
and nobody who holds a native lock waits for this one."""


class Place(NamedTuple):
    """Where a value lives: in which native model and as which of its variables."""

    native: Native
    number: int


class Variable(NDArrayOperatorsMixin):
    """Hold a value that can be read and assigned, with a name, a fixed shape and a fixed type.

    Args:
        initializer: an array-like value, or (with `shape`) an initializer: a name, object or callable `(shape, dtype)`.
        shape: shape of the value; required for an initializer, taken from the value otherwise.
        dtype: element type. Default: `keras.config.floatx()` for initializers and Python floats, else the value's own.
        trainable: whether an optimizer may change it; kept as `learns`, whatever a layer does with it. Default True.
        name: default "variable", "variable_1", …

    Attributes:
        regularizer, constraint: of the layer's variable, None without.

    Raises:
        ValueError: if an initializer comes without a shape, or a value does not have the given shape.

    Example:
        >>> import bardana as keras
        >>> v = keras.Variable([[1.0, 2.0]], name="v")
        >>> v.assign(v + 1).numpy()
        array([[2., 3.]], dtype=float32)
    """

    def __init__(
        self,
        initializer: Any,
        shape: tuple[int, ...] | None = None,
        dtype: Any = None,
        trainable: bool = True,
        name: str | None = None,
    ) -> None:
        self.name = naming.checked_name(name, "Variable")
        self.path = self.name
        self.regularizer: Any = None
        self.constraint: Any = None
        self.learns = self._trainable = bool(trainable)
        value = _initial_value(initializer, shape, dtype)
        self.shape: tuple[int, ...] = value.shape
        self.dtype: str = value.dtype.name
        self._place: Place | Array = value

    @property
    def trainable(self) -> bool:
        """Whether an optimizer may change this variable; follows `trainable` of the layer that owns it."""
        return self._trainable

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """Number of elements."""
        return int(np.prod(self.shape, dtype=np.int64))

    @property
    def value(self) -> Tensor:
        """A copy of the current value."""
        return as_tensor(self.numpy())

    def numpy(self) -> Array:
        """Return a copy of the current value."""
        place = self._place
        if not isinstance(place, Place):
            return place.copy()
        value: Array = place.native.model.read(place.number).astype(self.dtype, copy=False)
        return value

    def assign(self, value: Any) -> Variable:
        """Replace the value by one of the same shape (cast to the variable's type).

        Args:
            value: array or number.

        Raises:
            ValueError: if the shapes differ; the old value is kept.
        """
        new = np.array(unmasked(value, self.path), dtype=self.dtype, order="C")
        if new.shape != self.shape:
            raise ValueError(f"variable '{self.path}': expected a value of shape {self.shape}, received {new.shape}")
        with nullcontext() if _core.in_step() else STRUCTURE:
            if isinstance(self._place, Place):
                self._place.native.model.write(self._place.number, new)
            else:
                self._place = new
        return self

    def assign_add(self, value: Any) -> Variable:
        """Add `value` to the current value."""
        return self.assign(self.numpy() + np.asarray(value))

    def assign_sub(self, value: Any) -> Variable:
        """Subtract `value` from the current value."""
        return self.assign(self.numpy() - np.asarray(value))

    def native_options(self) -> dict[str, Any] | None:
        """Return regularizer and constraint as the engine reads them; None where there are neither.

        Raises:
            TypeError: if the engine does not know one of them.
        """
        l1, l2 = regularizers.native(self.regularizer, f"variable '{self.path}'")
        constraint = constraints.native(self.constraint, self.path)
        return None if l1 == l2 == 0.0 and constraint is None else {"l1": l1, "l2": l2, "constraint": constraint}

    def settle(self, native: Native, index: int) -> None:
        """Copy the value to place `index` of a native model, which becomes its home.

        A model in the middle of an epoch stays the home: the other one gets a copy of the weights of its last step.
        """
        with STRUCTURE:
            home = self.home
            if home is native:
                return
            native.model.write(index, self.numpy())
            if home is not None and not home.retired:
                home.shared = native.shared = True
                if home.model.is_training:
                    return
            self._place = Place(native, index)

    def detach(self, native: Native) -> None:
        """Take the value out of a native model, if it lives there, into an array of its own."""
        with STRUCTURE:
            if self.home is native:
                self._place = self.numpy()

    @property
    def home(self) -> Native | None:
        """The native model that is the variable's home, None for an array of its own."""
        place = self._place
        return place.native if isinstance(place, Place) else None

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        if copy is False:
            raise ValueError(f"variable '{self.path}' gives copies only, received copy=False")
        value = self.numpy()
        return value if dtype is None else value.astype(dtype, copy=False)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if any(isinstance(target, Variable) for target in kwargs.get("out", ())):
            raise TypeError(f"variable '{self.path}' cannot be the output of a NumPy function: use assign()")
        arrays = (x.value if isinstance(x, Variable) else x for x in inputs)
        return getattr(ufunc, method)(*arrays, **kwargs)

    def __matmul__(self, other: Any) -> Any:
        return np.matmul(self.value, np.asarray(other))

    def __getitem__(self, key: Any) -> Any:
        return self.value[key]

    def __float__(self) -> float:
        return float(self.numpy())

    def __int__(self) -> int:
        return int(self.numpy())

    def __hash__(self) -> int:
        return id(self)

    def __repr__(self) -> str:
        return f"<Variable path={self.path}, shape={self.shape}, dtype={self.dtype}, value={self.numpy()}>"


def read_all(variables: Sequence[Variable]) -> list[Array]:
    """Return copies of the values; all are of the same training step if they live in one native model."""
    places = _places_in_one(variables)
    if places is None:
        with STRUCTURE:  # they may have been on the move
            places = _places_in_one(variables)
            if places is None:
                return [variable.numpy() for variable in variables]
    values = places[0].native.model.read_all()
    return [
        values[place.number].astype(variable.dtype, copy=False)
        for variable, place in zip(variables, places, strict=True)
    ]


def assign_all(variables: Sequence[Variable], values: Sequence[Any], owner: str) -> None:
    """Assign values after all of them have been converted and their shapes checked, between two training steps.

    Args:
        variables: where the values go.
        values: as many arrays; cast to the variables' types.
        owner: whose variables they are, for messages.

    Raises:
        ValueError: if their number or a shape does not fit; nothing changes then.
    """
    if len(values) != len(variables):
        raise ValueError(f"{owner}: expected a list of {len(variables)} weights, received {len(values)}")
    fitting = [_fitting(variable, value, owner) for variable, value in zip(variables, values, strict=True)]
    with STRUCTURE:
        places = _places_in_one(variables)
        if places is None:
            for variable, value in zip(variables, fitting, strict=True):
                variable.assign(value)
            return
        native = places[0].native
        slots: list[Array | None] = [None] * native.size
        for place, value in zip(places, fitting, strict=True):
            slots[place.number] = value
        native.model.write_all(slots)


def _places_in_one(variables: Sequence[Variable]) -> list[Place] | None:
    """Return where several variables live if that is one native model."""
    places = [place for place in (variable._place for variable in variables) if isinstance(place, Place)]
    together = len(places) == len(variables) > 1 and all(place.native is places[0].native for place in places)
    return places if together else None


def _fitting(variable: Variable, value: Any, owner: str) -> Array:
    array = np.asarray(unmasked(value, variable.path), dtype=variable.dtype)
    if array.shape != variable.shape:
        raise ValueError(
            f"{owner}: expected weights of shape {variable.shape} for '{variable.path}', received shape {array.shape}"
        )
    return array


def _initial_value(initializer: Any, shape: tuple[int, ...] | None, dtype: Any) -> Array:
    name = config.floatx() if dtype is None else np.dtype(dtype).name
    if isinstance(initializer, str) or callable(initializer):
        if shape is None:
            raise ValueError(f"Variable: expected a shape with initializer={initializer!r}, received shape=None")
        value = np.array(initializers.get(initializer)(tuple(shape), dtype=name), dtype=name, order="C")
        if value.shape != tuple(shape):
            raise ValueError(
                f"Variable: expected the initializer {initializer!r} to return an array of shape {tuple(shape)}, "
                f"received one of shape {value.shape}"
            )
        return value
    keeps_type = dtype is None and isinstance(initializer, (np.ndarray, np.generic, int, bool))
    value = np.array(initializer, dtype=None if keeps_type else name, order="C")
    if shape is not None and value.shape != tuple(shape):
        raise ValueError(f"Variable: expected a value of shape {tuple(shape)}, received {value.shape}")
    return value
