"""Where the numbers of an optimizer live: in its native object, and in slots beside a model's variables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from bardana import _core
from bardana.variables import Variable

Array = NDArray[Any]


class NativeScalar(Variable):
    """Be a variable whose value is an attribute of a native optimizer.

    Args:
        native: the native optimizer.
        attribute: its attribute.
        dtype: type of the value.
        path: path of the variable, `<optimizer>/<name>`.
    """

    def __init__(
        self, native: _core.Optimizer, attribute: Literal["learning_rate", "iterations"], dtype: str, path: str
    ) -> None:
        super().__init__(getattr(native, attribute), dtype=dtype, trainable=False, name=path.rpartition("/")[2])
        self.path = path
        self._native = native
        self._attribute = attribute

    def numpy(self) -> Array:
        """Return the current value as an array without axes."""
        return np.asarray(getattr(self._native, self._attribute), dtype=self.dtype)

    def assign(self, value: Any) -> NativeScalar:
        """Replace the value by another number, rounded to the variable's type."""
        new = np.asarray(value, dtype=self.dtype)
        if new.shape != ():
            raise ValueError(f"variable '{self.path}': expected a number, received shape {new.shape}")
        setattr(self._native, self._attribute, new.item())
        return self


class Engine(Protocol):
    """What has slots: a native model, or an updater of variables without one."""

    def read_slot(self, slot: int, index: int) -> Array:
        """Return a copy."""

    def write_slot(self, slot: int, index: int, value: Array) -> None:
        """Replace a slot of one variable."""


class SlotVariable(Variable):
    """Be a variable whose value is the slot of a trainable variable.

    Args:
        engine: where the slot is.
        slot: its number.
        index: number of the trainable variable there.
        reference: the trainable variable.
        path: path of the slot.
    """

    def __init__(self, engine: Engine, slot: int, index: int, reference: Variable, path: str) -> None:
        shape, dtype = reference.shape, reference.dtype
        super().__init__(np.zeros((), dtype), dtype=dtype, trainable=False, name=path.rpartition("/")[2])
        self.path = path
        self.shape = shape
        self._engine = engine
        self._slot = slot
        self._index = index

    def numpy(self) -> Array:
        """Return a copy of the current value."""
        return self._engine.read_slot(self._slot, self._index)

    def assign(self, value: Any) -> SlotVariable:
        """Replace the value by one of the same shape."""
        new = np.array(value, dtype=self.dtype, order="C")
        if new.shape != self.shape:
            raise ValueError(f"variable '{self.path}': expected a value of shape {self.shape}, received {new.shape}")
        self._engine.write_slot(self._slot, self._index, new)
        return self


class Home(NamedTuple):
    """The variables that an optimizer was built for, and the engine with its slots.

    `indices` are the numbers of the trainable variables in the engine, `size` is how many variables that has.
    """

    engine: Any
    trainable: Sequence[Variable]
    indices: Sequence[int]
    size: int

    def same_variables(self, variables: Sequence[Variable]) -> bool:
        """Whether these are the trainable variables, in this order."""
        return len(variables) == len(self.trainable) and all(
            a is b for a, b in zip(variables, self.trainable, strict=True)
        )

    def find(self, variable: Variable) -> int:
        """Return the number of a variable among the trainable ones, or −1."""
        return next((i for i, known in enumerate(self.trainable) if known is variable), -1)

    def apply(self, gradients: Sequence[Array | None]) -> None:
        """Take one step; `gradients` belong to `trainable`, None leaves a variable as it is."""
        by_index: list[Array | None] = [None] * self.size
        for index, gradient in zip(self.indices, gradients, strict=True):
            by_index[index] = gradient
        if isinstance(self.engine, _core.Model):
            self.engine.apply(by_index)
            return
        updated = self.engine.apply([variable.numpy() for variable in self.trainable], by_index)
        for variable, value in zip(self.trainable, updated, strict=True):
            variable.assign(value)

    def slots(self, owner: str, names: Sequence[tuple[str, ...]], first: int = 0) -> list[SlotVariable]:
        """Return variables for slots from number `first` on.

        Args:
            owner: name of the optimizer.
            names: groups of slot names; a group's slots of one variable stand together.
            first: number of the first slot. Default 0.
        """
        found = []
        for group in names:
            for index, variable in zip(self.indices, self.trainable, strict=True):
                for place, name in enumerate(group):
                    path = f"{owner}/{variable.path.replace('/', '_')}_{name}"
                    found.append(SlotVariable(self.engine, first + place, index, variable, path))
            first += len(group)
        return found
