"""Optimizers that users write in Python: `update_step` on NumPy gradients, called once a step for every variable.

What all optimizers share (clipping, weight decay, accumulation, moving averages) is done here around it, as Keras does
it; constraints are the engine's. The slots are plain variables; those of a step that fails are put back.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bardana import host_calls
from bardana.host_calls import Step
from bardana.optimizers.options import single
from bardana.variables import Variable

if TYPE_CHECKING:
    from bardana.optimizers.optimizer import Optimizer

Array = NDArray[Any]


def native_rule(optimizer: Optimizer) -> dict[str, Any]:
    """Return the update as the engine reads it; it calls `take_step`."""
    call = host_calls.spec(optimizer, take_step, f"{optimizer.name}.update_step")
    return {"name": "", "hyperparameters": {}, "options": {}, "host": call}


def without_update(name: str) -> TypeError:
    """Return the error that shows what to write."""
    return host_calls.advice(
        f"{name}: expected an optimizer of keras.optimizers, or one that updates NumPy values.",
        f"""
        class {name}(keras.optimizers.Optimizer):
            def update_step(self, gradient, variable, learning_rate):
                variable.assign_sub(learning_rate * gradient)
        """,
    )


def take_step(optimizer: Optimizer, step: Step, *gradients: Array) -> tuple[None]:
    """Update the variables of a training step, for the engine, which undoes that if it fails."""
    home = optimizer.python_home
    assert home is not None
    home.update(optimizer, gradients, step.learning_rate)
    return (None,)


class PythonHome:
    """The variables that an optimizer in Python was built for, and its slots.

    Args:
        optimizer: their owner.
        variables: the trainable variables.
    """

    def __init__(self, optimizer: Optimizer, variables: Iterable[Variable]) -> None:
        self.trainable = list(variables)
        self.slots: list[Variable] = []
        self.averages = self._like("average", optimizer) if optimizer.use_ema else []
        steps = optimizer.gradient_accumulation_steps
        self.sums = self._like("gradient_accumulator", optimizer) if steps else []

    def _like(self, name: str, optimizer: Optimizer) -> list[Variable]:
        return [slot_for(optimizer.name, variable, name, "zeros") for variable in self.trainable]

    @property
    def variables(self) -> list[Variable]:
        """All slots."""
        return [*self.averages, *self.sums, *self.slots]

    def same_variables(self, variables: Sequence[Variable]) -> bool:
        """Whether these are the trainable variables, in this order."""
        return len(variables) == len(self.trainable) and all(
            a is b for a, b in zip(variables, self.trainable, strict=True)
        )

    def find(self, variable: Variable) -> int:
        """Return the number of a variable among the trainable ones, or −1."""
        return next((i for i, known in enumerate(self.trainable) if known is variable), -1)

    def apply(self, optimizer: Optimizer, gradients: Sequence[Array | None]) -> None:
        """Take one step outside a model's training; gradients belong to `trainable`, None leaves a variable alone."""
        scale = optimizer.loss_scale_factor or 1.0
        scaled = [None if gradient is None else gradient / gradient.dtype.type(scale) for gradient in gradients]
        values = [variable.numpy() for variable in self.trainable]
        try:
            self.update(optimizer, scaled, float(optimizer.learning_rate))
        except BaseException:
            for variable, value in zip(self.trainable, values, strict=True):
                variable.assign(value)
            raise
        for variable, gradient in zip(self.trainable, gradients, strict=True):
            if variable.constraint is not None and gradient is not None:
                variable.assign(variable.constraint(variable.numpy()))
        optimizer.native.iterations += 1

    def update(self, optimizer: Optimizer, gradients: Sequence[Array | None], rate: float) -> None:
        """Update the variables and slots; if that fails, the slots are as before."""
        kept = [(slot, slot.numpy()) for slot in self.variables]
        try:
            ready = self._accumulated(optimizer, list(gradients))
            if ready is not None:
                self._update(optimizer, _clipped(optimizer, ready), rate)
        except BaseException:
            for slot, value in kept:
                slot.assign(value)
            raise

    def _accumulated(self, optimizer: Optimizer, gradients: list[Array | None]) -> list[Array | None] | None:
        """Return the gradients to use now; None while they are only added up."""
        steps = optimizer.gradient_accumulation_steps
        if not steps:
            return gradients
        for total, gradient in zip(self.sums, gradients, strict=True):
            if gradient is not None:
                total.assign_add(gradient)
        if (optimizer.native.iterations + 1) % steps != 0:
            return None
        means: list[Array | None] = [total.numpy() / total.numpy().dtype.type(steps) for total in self.sums]
        for total in self.sums:
            total.assign(np.zeros(total.shape))
        return means

    def _update(self, optimizer: Optimizer, gradients: Sequence[Array | None], rate: float) -> None:
        pairs = [(g, v) for g, v in zip(gradients, self.trainable, strict=True) if g is not None]
        if optimizer.weight_decay is not None:
            decay = single(optimizer.weight_decay) * rate
            excluded = optimizer.undecayed([variable for _, variable in pairs])
            for (_, variable), spared in zip(pairs, excluded, strict=True):
                if not spared:
                    value = variable.numpy()
                    variable.assign(value - value * value.dtype.type(decay))
        for gradient, variable in pairs:
            optimizer.update_step(gradient, variable, rate)
        if self.averages:
            self._average(optimizer)

    def _average(self, optimizer: Optimizer) -> None:
        """Move the averages, which begin with the weights after the first update, and perhaps put them there."""
        done = int(optimizer.iterations)
        momentum, frequency = optimizer.ema_momentum, optimizer.ema_overwrite_frequency
        for average, variable in zip(self.averages, self.trainable, strict=True):
            value = variable.numpy()
            average.assign(momentum * average.numpy() + (1 - momentum) * value if done else value)
            if frequency and (done + 1) % frequency == 0:
                variable.assign(average.numpy())

    def finish_averages(self) -> None:
        """Put the averages in the place of the weights."""
        for average, variable in zip(self.averages, self.trainable, strict=bool(self.averages)):
            variable.assign(average.numpy())


class InPython:
    """Be the part of `Optimizer` that optimizers written in Python use."""

    name: str
    python_home: PythonHome | None = None

    @property
    def in_python(self) -> bool:
        """Whether the optimizer is written in Python, by an `update_step` of its own."""
        return type(self).update_step is not InPython.update_step

    def update_step(self, gradient: Array, variable: Variable, learning_rate: float) -> None:
        """Update a variable: what an optimizer of your own overrides.

        Args:
            gradient: array of the variable's shape, clipped.
            variable: to be changed by `assign`, `assign_add` or `assign_sub`, as slots are.
            learning_rate: of this step.
        """
        raise NotImplementedError(f"{type(self).__name__} has no update_step in Python")

    def add_variable_from_reference(
        self, reference_variable: Variable, name: str = "slot", initializer: Any = "zeros"
    ) -> Variable:
        """Make a slot of a variable, in `build` of an optimizer of your own, after `super().build(variables)`.

        Args:
            reference_variable: whose shape and type it has.
            name: part of its path. Default "slot".
            initializer: its first value. Default "zeros".
        """
        return self._add_slot(slot_for(self.name, reference_variable, name, initializer))

    def add_variable(
        self, shape: Sequence[int], initializer: Any = "zeros", dtype: Any = None, name: str | None = None
    ) -> Variable:
        """Make another part of the state, likewise.

        Args:
            shape, initializer, dtype, name: as in `keras.Variable`.
        """
        return self._add_slot(Variable(initializer, tuple(shape), dtype, trainable=False, name=name))

    def add_optimizer_variables(
        self, trainable_variables: Iterable[Variable], name: str | Sequence[str], initializer: Any = "zeros"
    ) -> list[Variable] | tuple[list[Variable], ...]:
        """Make slots for each of the variables; see `add_variable_from_reference`.

        Args:
            trainable_variables: what `build` received.
            name: one name, or several for as many slots of each variable.
            initializer: one for all names, or one for each. Default "zeros".

        Returns:
            A list of slots, or for several names a tuple of lists.

        Raises:
            ValueError: if there are not as many initializers as names.
        """
        if isinstance(name, str):
            return [self.add_variable_from_reference(v, name, initializer) for v in trainable_variables]
        first_values = initializer if isinstance(initializer, (list, tuple)) else [initializer] * len(name)
        if len(first_values) != len(name):
            raise ValueError(f"{self.name}: expected {len(name)} initializers, one a name, received {initializer!r}")
        rows = [
            [self.add_variable_from_reference(v, n, i) for n, i in zip(name, first_values, strict=True)]
            for v in trainable_variables
        ]
        return tuple(list(slots) for slots in zip(*rows, strict=True))

    def assign(self, variable: Variable, value: Any) -> None:
        """Replace the value of a variable or slot."""
        variable.assign(value)

    def assign_add(self, variable: Variable, value: Any) -> None:
        """Add to a variable or slot."""
        variable.assign_add(value)

    def assign_sub(self, variable: Variable, value: Any) -> None:
        """Subtract from a variable or slot."""
        variable.assign_sub(value)

    def _add_slot(self, slot: Variable) -> Variable:
        if self.python_home is None:
            raise ValueError(f"{self.name}: expected `super().build(variables)` before slots are made")
        self.python_home.slots.append(slot)
        return slot

    def _get_variable_index(self, variable: Variable) -> int:
        """Return the number of a variable among those that the optimizer was built for."""
        assert self.python_home is not None
        return self.python_home.find(variable)


def slot_for(owner: str, reference: Variable, name: str, initializer: Any) -> Variable:
    """Return a slot of a variable's shape and type."""
    name = f"{reference.path.replace('/', '_')}_{name}"
    slot = Variable(initializer, reference.shape, reference.dtype, trainable=False, name=name)
    slot.path = f"{owner}/{name}"
    return slot


def _clipped(optimizer: Optimizer, gradients: Sequence[Array | None]) -> list[Array | None]:
    if optimizer.clipvalue is not None:
        return [None if g is None else np.clip(g, -optimizer.clipvalue, optimizer.clipvalue) for g in gradients]
    squares = [0.0 if g is None else float(np.sum(np.square(g, dtype=np.float64))) for g in gradients]
    if optimizer.clipnorm is not None:
        limit, norms = optimizer.clipnorm, [float(np.sqrt(square)) for square in squares]
    elif optimizer.global_clipnorm is not None:
        limit, norms = optimizer.global_clipnorm, [float(np.sqrt(sum(squares)))] * len(squares)
    else:
        return list(gradients)
    return [
        None if g is None else g * g.dtype.type(limit / max(norm, limit))
        for g, norm in zip(gradients, norms, strict=True)
    ]
