"""McCulloch and Pitts' neurons, and nets of them: binary signals, thresholds, nothing learned."""

from __future__ import annotations

import operator
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bardana.arguments import is_integer
from bardana.classic.binary import binary_rows, binary_value

if TYPE_CHECKING:
    from bardana.classic.truth_table import TruthTable
    from bardana.models import Sequential

Bits = NDArray[np.int64]


class Neuron:
    """Fire when at least k of the incoming wires are active and no inhibitory wire is: y = [Σ xᵢ ≥ k] · [Σ hⱼ = 0].

    Args:
        wires: names of the signals that excite it; a name that is repeated is a repeated wire and counts so often.
        inhibit: name or names of the signals any of which keeps it from firing. Default: none.
        at_least: k, an integer of at least 0. Default 2, as in the figures of most textbooks.

    Raises:
        TypeError: for a name that is no string.
        ValueError: for an empty name or another k.

    Source: McCulloch and Pitts, A logical calculus of the ideas immanent in nervous activity (1943).

    Example:
        >>> Neuron("A", "A", inhibit="B")
        Neuron('A', 'A', inhibit=('B',), at_least=2)
    """

    __slots__ = ("at_least", "inhibit", "wires")

    def __init__(self, *wires: str, inhibit: str | Iterable[str] = (), at_least: int = 2) -> None:
        if not is_integer(at_least) or at_least < 0:
            raise ValueError(f"Neuron: expected at_least to be an integer of at least 0, received {at_least!r}")
        self.wires = tuple(wires)
        self.inhibit = (inhibit,) if isinstance(inhibit, str) else tuple(inhibit)
        self.at_least = int(at_least)
        for name in (*self.wires, *self.inhibit):
            check_name(name, "a wire")

    def fires(self, signals: Mapping[str, Bits]) -> Bits:
        """Return 1 where it fires and 0 elsewhere, for the values of the signals by name, all of one shape.

        Args:
            signals: arrays of 0 and 1 by name.
        """
        nothing = np.zeros(np.shape(next(iter(signals.values()))) if signals else (), np.int64)
        excited = sum((signals[name] for name in self.wires), nothing)
        inhibited = sum((signals[name] for name in self.inhibit), nothing)
        fired: Bits = ((excited >= self.at_least) & (inhibited == 0)).astype(np.int64)
        return fired

    def weights(self) -> tuple[dict[str, int], int]:
        """Return weights by signal and a bias with which y = heaviside(Σ wᵢ xᵢ + b) is the same function.

        One active inhibitory wire outweighs all others.
        """
        found = Counter(self.wires)
        veto = max(len(self.wires) - self.at_least + 1, 0)
        for name in set(self.inhibit):
            found[name] -= veto
        return dict(found), -self.at_least

    def renamed(self, names: Mapping[str, str]) -> Neuron:
        """Return this neuron with other signals at its wires.

        Args:
            names: new names by old ones; signals that are not in it keep theirs.
        """
        wires, inhibit = (tuple(names.get(name, name) for name in group) for group in (self.wires, self.inhibit))
        return Neuron(*wires, inhibit=inhibit, at_least=self.at_least)

    def _key(self) -> tuple[Any, ...]:
        return (tuple(sorted(self.wires)), tuple(sorted(set(self.inhibit))), self.at_least)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Neuron) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def __repr__(self) -> str:
        parts = [repr(name) for name in self.wires]
        parts += [f"inhibit={self.inhibit!r}"] if self.inhibit else []
        return f"Neuron({', '.join([*parts, f'at_least={self.at_least}'])})"

    def __str__(self) -> str:
        parts = []
        if self.at_least:
            parts.append(f"at least {self.at_least} active of [{', '.join(self.wires)}]")
        if self.inhibit:
            parts.append(f"none active of [{', '.join(self.inhibit)}]")
        return " and ".join(parts) or "always"


class LogicNet:
    """A net of McCulloch-Pitts neurons without cycles. Call it with bits, in the order of `inputs`, or with rows.

    Args:
        neurons: neurons by name. A wire carries the signal of the neuron of its name, or of an input.
        inputs: names of the inputs in order. Default: the names that no neuron has, in alphabetical order.
        outputs: names of the signals that the net returns. Default: those of the neurons that no wire comes from.

    Raises:
        TypeError: for something else than neurons.
        ValueError: for an unknown signal, a name that is used twice, no output, or a cycle.

    Example:
        >>> net = LogicNet({"C": Neuron("A", "B")})
        >>> net(1, 1), net(1, 0), net(A=0, B=1)
        (1, 0, 0)
        >>> net([[0, 0], [0, 1], [1, 0], [1, 1]]).tolist()
        [0, 0, 0, 1]
    """

    def __init__(
        self,
        neurons: Mapping[str, Neuron],
        inputs: Iterable[str] | None = None,
        outputs: str | Iterable[str] | None = None,
    ) -> None:
        used = dict.fromkeys(name for neuron in _checked(neurons).values() for name in (*neuron.wires, *neuron.inhibit))
        given = sorted(set(used) - set(neurons)) if inputs is None else inputs
        self.inputs = _names(given, "inputs")
        ends = [name for name in neurons if name not in used] if outputs is None else outputs
        self.outputs = _names(ends, "outputs")
        self._check(set(neurons), set(used))
        self.neurons = {name: neurons[name] for name in _sorted_by_level(neurons)}

    def _check(self, neurons: set[str], used: set[str]) -> None:
        twice = sorted(neurons & set(self.inputs))
        if twice:
            raise ValueError(f"LogicNet: expected names of neurons that no input has, received {twice}")
        unknown = sorted((used | set(self.outputs)) - neurons - set(self.inputs))
        if unknown:
            raise ValueError(
                f"LogicNet: expected signals among {sorted(neurons | set(self.inputs))}, received {unknown}"
            )
        if not self.outputs:
            raise ValueError("LogicNet: expected at least one output, received none")

    def __call__(self, *values: Any, **named: Any) -> Any:
        """Return the outputs.

        Args:
            values: one bit (0, 1, False or True) for each input, or one array of shape (rows, inputs).
            named: the bits by the names of the inputs instead.

        Returns:
            0 or 1 for bits, a tuple of them for several outputs; for rows an array of shape (rows,) or (rows, outputs).

        Raises:
            ValueError: for another number of inputs, or a value that is neither 0 nor 1.
        """
        if len(values) == 1 and np.ndim(values[0]) > 0 and not named:
            rows = binary_rows(values[0], self.inputs)
            found = self.signals(rows)
            columns = [found[name] for name in self.outputs]
            return columns[0] if len(columns) == 1 else np.stack(columns, axis=1)
        found = self.signals(np.array([self._bits(values, named)], np.int64).reshape(1, len(self.inputs)))
        bits = tuple(int(found[name][0]) for name in self.outputs)
        return bits[0] if len(bits) == 1 else bits

    def _bits(self, values: tuple[Any, ...], named: Mapping[str, Any]) -> list[int]:
        names = ", ".join(self.inputs)
        if values and named:
            raise ValueError(f"expected the inputs ({names}) in order or by name, received both")
        if named:
            if set(named) != set(self.inputs):
                raise ValueError(f"expected the inputs ({names}), received {', '.join(named)}")
            values = tuple(named[name] for name in self.inputs)
        if len(values) != len(self.inputs):
            raise ValueError(f"expected {len(self.inputs)} inputs ({names}), received {len(values)}")
        return [binary_value(value, name) for name, value in zip(self.inputs, values, strict=True)]

    def signals(self, rows: Bits) -> dict[str, Bits]:
        """Return the signal of every input and neuron for rows of bits.

        Args:
            rows: array of 0 and 1, shape (rows, inputs).

        Returns:
            Arrays of shape (rows,) by name.
        """
        found = {name: rows[:, column] for column, name in enumerate(self.inputs)}
        silence = np.zeros(len(rows), np.int64)
        for name, neuron in self.neurons.items():
            found[name] = neuron.fires(found) + silence
        return found

    def truth_table(self) -> TruthTable:
        """Return the outputs for all inputs; ValueError for more than 20 inputs.

        Example:
            >>> print(LogicNet({"C": Neuron("A", "B")}).truth_table())
            A B | C
            ----+--
            0 0 | 0
            0 1 | 0
            1 0 | 0
            1 1 | 1
        """
        from bardana.classic.truth_table import table_of

        return table_of(self)

    def compose(self, **sources: LogicNet | str) -> LogicNet:
        """Return a net in which other nets feed inputs of this one.

        Args:
            sources: by input, a net with one output that takes its place, or another name for the input. Inputs of the
                same name become one; neurons of the same name are told apart by a number.

        Raises:
            ValueError: for an unknown input, or a net with several outputs.

        Example:
            >>> from bardana.classic import AND, NOT, OR
            >>> nor = NOT.compose(A=OR)
            >>> nor(0, 0), nor(0, 1)
            (1, 0)
        """
        from bardana.classic.composing import composed

        return composed(self, sources)

    def to_sequential(self) -> Sequential:
        """Return the net as a `Sequential` of `Dense` layers with the activation "heaviside".

        Level by level: neurons that take signals of earlier levels only make a layer, in which identity neurons pass on
        what later levels need. It takes (rows, inputs) and returns (rows, outputs), floats of 0 and 1.

        Raises:
            ValueError: for a net without inputs.

        Example:
            >>> from bardana.classic import from_expression
            >>> model = from_expression("(a and b) or not c").to_sequential()
            >>> model(np.array([[1, 1, 1], [0, 1, 1]])).tolist()
            [[1.0], [0.0]]
        """
        from bardana.classic.layering import sequential_of

        return sequential_of(self)

    def __and__(self, other: LogicNet) -> LogicNet:
        """Return the net for "both": one that fires when both fire; inputs of the same name become one."""
        return _joined(self, other, at_least=2)

    def __or__(self, other: LogicNet) -> LogicNet:
        """Return the net for "either or both"."""
        return _joined(self, other, at_least=1)

    def __invert__(self) -> LogicNet:
        """Return the net that fires when this one does not."""
        return LogicNet({"not": Neuron(inhibit="A", at_least=0)}).compose(A=self)

    def __repr__(self) -> str:
        return f"<LogicNet ({', '.join(self.inputs)}) -> ({', '.join(self.outputs)}), {len(self.neurons)} neurons>"

    def __str__(self) -> str:
        lines = [f"{name}: {neuron}" for name, neuron in self.neurons.items()]
        return "\n".join([f"inputs {', '.join(self.inputs)}; outputs {', '.join(self.outputs)}", *lines])


def check_name(name: Any, what: str) -> None:
    """Raise TypeError or ValueError unless `name`, the name of `what`, is a string that is not empty."""
    if not isinstance(name, str):
        raise TypeError(f"expected the name of {what} to be a string, received {name!r}")
    if not name:
        raise ValueError(f"expected a name of {what}, received an empty string")


def _checked(neurons: Mapping[str, Neuron]) -> Mapping[str, Neuron]:
    for name, neuron in neurons.items():
        check_name(name, "a neuron")
        if not isinstance(neuron, Neuron):
            raise TypeError(f"LogicNet: expected a Neuron for '{name}', received {neuron!r}")
    return neurons


def _names(given: str | Iterable[str], what: str) -> tuple[str, ...]:
    names = (given,) if isinstance(given, str) else tuple(given)
    for name in names:
        check_name(name, f"one of the {what}")
    if len(set(names)) < len(names):
        raise ValueError(f"LogicNet: expected {what} with different names, received {list(names)}")
    return names


def _sorted_by_level(neurons: Mapping[str, Neuron]) -> list[str]:
    levels = levels_of(neurons)
    return sorted(neurons, key=levels.__getitem__)


def levels_of(neurons: Mapping[str, Neuron]) -> dict[str, int]:
    """Return the level of each neuron: 1 if it has wires from inputs at most, else one more than those before it.

    Args:
        neurons: neurons by name.

    Raises:
        ValueError: for a cycle.
    """
    levels: dict[str, int] = {}
    waiting = {name: {*neuron.wires, *neuron.inhibit} & set(neurons) for name, neuron in neurons.items()}
    level = 0
    while waiting:
        level += 1
        ready = [name for name, before in waiting.items() if not before - set(levels)]
        if not ready:
            raise ValueError(f"LogicNet: expected no cycles, received one through {sorted(waiting)}")
        for name in ready:
            del waiting[name]
        levels.update(dict.fromkeys(ready, level))
    return levels


def _joined(one: LogicNet, other: LogicNet, at_least: int) -> LogicNet:
    if not isinstance(other, LogicNet):
        return NotImplemented
    name = operator.and_.__name__ if at_least == 2 else operator.or_.__name__
    return LogicNet({name: Neuron("A", "B", at_least=at_least)}).compose(A=one, B=other)
