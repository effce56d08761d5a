"""Truth tables: the outputs of a net for all inputs, as an array and as text."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bardana.classic.neurons import LogicNet

LARGEST = 20
"""Most inputs that a table is made for: about a million rows."""


class TruthTable(NamedTuple):
    """Outputs for all inputs, in the order of binary counting; prints as a table.

    Args:
        inputs, outputs: names of the columns.
        rows: bits, shape (2 ** inputs, inputs + outputs).

    Example:
        >>> from bardana.classic import NOT
        >>> table = NOT.truth_table()
        >>> table.rows.tolist(), table.values.tolist()
        ([[0, 1], [1, 0]], [[1], [0]])
    """

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    rows: NDArray[np.int64]

    @property
    def values(self) -> NDArray[np.int64]:
        """The outputs alone, shape (2 ** inputs, outputs)."""
        return self.rows[:, len(self.inputs) :]

    def __str__(self) -> str:
        split = len(self.inputs)
        lines = [_line([*self.inputs, *self.outputs], self, split)]
        lines.append(lines[0].replace("|", "+").translate({ord(c): "-" for c in set(lines[0]) - {"|"}}))
        lines += [_line([str(bit) for bit in row], self, split) for row in self.rows]
        return "\n".join(lines)


def _line(cells: list[str], table: TruthTable, split: int) -> str:
    padded = [cell.rjust(len(name)) for cell, name in zip(cells, (*table.inputs, *table.outputs), strict=True)]
    left, right = " ".join(padded[:split]), " ".join(padded[split:])
    return f"{left} | {right}" if left else f"| {right}"


def table_of(net: LogicNet) -> TruthTable:
    """Return the truth table of a net.

    Args:
        net: the net.

    Raises:
        ValueError: for more than 20 inputs.

    Example:
        >>> from bardana.classic import OR
        >>> table_of(OR).values.ravel().tolist()
        [0, 1, 1, 1]
    """
    count = len(net.inputs)
    if count > LARGEST:
        raise ValueError(f"truth_table: expected at most {LARGEST} inputs, received {count}")
    rows = np.arange(2**count)[:, np.newaxis] >> np.arange(count - 1, -1, -1) & 1
    found = net.signals(rows)
    return TruthTable(net.inputs, net.outputs, np.column_stack([rows, *(found[name] for name in net.outputs)]))
