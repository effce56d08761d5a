"""Print the table of a model's layers, shapes and parameters, as `model.summary()` of Keras shows it, by rich."""

from __future__ import annotations

import io
import math
import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from rich.table import Table

_LINE_LENGTH = 88
_POSITIONS = (0.45, 0.80, 1.0)
_TRAINABLE_WIDTH = 12
_HEADINGS = (("Layer (type)", "left"), ("Output Shape", "left"), ("Param #", "right"), ("Trainable", "center"))
_COLOURS = {"number": "color(34)", "none": "color(45)", "class": "color(33)", "frozen": "bold color(9)"}


def print_summary(
    model: Any,
    line_length: int | None = None,
    positions: Sequence[float] | None = None,
    print_fn: Callable[[str], object] | None = None,
    expand_nested: bool = False,
    show_trainable: bool = False,
    layer_range: Sequence[str] | None = None,
) -> None:
    """Print layers, output shapes and numbers of parameters of a model.

    Args:
        model: a Sequential, built or not.
        line_length: width of the table, by default at most 88 (100 with show_trainable) and at most the terminal's
            width less 4.
        positions: right edges of the columns as parts of the width, [0.45, 0.80, 1.0] by default.
        print_fn: receives the whole text, without colours, in one call; by default it is printed.
        expand_nested: list the layers of models inside the model too.
        show_trainable: add a column that says whether a layer is trainable.
        layer_range: names, or regular expressions, of the first and the last layer to list.

    Raises:
        ValueError: a column would be narrower than 4 characters, or layer_range does not fit the names.
    """
    from rich.console import Console

    table = _make_table(_column_widths(line_length, positions, show_trainable), show_trainable)
    selected = _layers_with_shapes(model)[_select(model.layers, layer_range)]
    for row in _rows(selected, expand_nested, show_trainable):
        table.add_row(*row)
    console = Console(highlight=False, file=io.StringIO(), color_system=None) if print_fn else Console(highlight=False)
    console.width = max(console.width, table.width or 0)
    console.print(f'[bold]Model: "{_escape(model.name)}"[/]')
    console.print(table)
    for line in _totals(model):
        console.print(line)
    if print_fn:
        print_fn(console.file.getvalue())  # type: ignore[attr-defined]


def _column_widths(line_length: int | None, positions: Sequence[float] | None, show_trainable: bool) -> list[int]:
    edges = list(positions or _POSITIONS)
    if len(edges) != len(_POSITIONS):
        raise ValueError(f"positions: expected {len(_POSITIONS)} numbers, received {positions}.")
    longest = _LINE_LENGTH
    if show_trainable:
        longest += _TRAINABLE_WIDTH
        edges = [0.9 * edge for edge in edges] + [1.0]
    length = line_length or min(longest, shutil.get_terminal_size().columns - 4)
    columns = [int(edge * length) for edge in edges]
    widths = [right - left for left, right in zip([0, *columns], columns, strict=False)]
    if min(widths) < 4:
        raise ValueError(f"summary: expected columns of at least 4 characters, received widths {widths}.")
    return widths


def _make_table(widths: Sequence[int], show_trainable: bool) -> Table:
    from rich.table import Table

    table = Table(width=sum(widths), show_lines=True)
    for (title, justify), width in zip(_HEADINGS, widths, strict=False):
        table.add_column(title, justify=justify, width=width)  # type: ignore[arg-type]
    return table


def _layers_with_shapes(model: Any) -> list[tuple[Any, Any]]:
    """Return layers and their output shapes in this model, None where unknown; nothing for what has no layers."""
    return list(zip_longest(getattr(model, "layers", ()), getattr(model, "layer_output_shapes", ())))


def _rows(
    layers: Iterable[tuple[Any, Any]], expand_nested: bool, show_trainable: bool, depth: int = 0
) -> Iterator[list[str]]:
    prefix = "   " * depth + "└ " if depth else ""
    for layer, shape in layers:
        title = f"{prefix}{_escape(layer.name)} ({_colour(type(layer).__name__, 'class')})"
        row = [title, _format_shape(shape), _format_parameters(layer)]
        yield [*row, _format_trainable(layer)] if show_trainable else row
        if expand_nested:
            yield from _rows(_layers_with_shapes(layer), expand_nested, show_trainable, depth + 1)


def _format_shape(shape: Sequence[int | None] | None) -> str:
    if shape is None:
        return "?"
    sizes = [_colour(size, "none" if size is None else "number") for size in shape]
    return f"({', '.join(sizes)})"


def _format_parameters(layer: Any) -> str:
    return _colour(f"{layer.count_params():,}", "number") if layer.built else f"{_colour(0, 'number')} (unbuilt)"


def _format_trainable(layer: Any) -> str:
    if not layer.weights:
        return "[bold]-[/]"
    return "[bold color(34)]Y[/]" if layer.trainable else f"[{_COLOURS['frozen']}]N[/]"


def _totals(model: Any) -> Iterator[str]:
    parts = {"Trainable": model.trainable_weights, "Non-trainable": model.non_trainable_weights}
    if state := getattr(model, "optimizer_state", []):
        parts["Optimizer"] = state
    sizes = {name: _size(variables) for name, variables in parts.items()}
    total = tuple(map(sum, zip(*sizes.values(), strict=True)))
    for name, (count, size) in {"Total": total, **sizes}.items():
        yield f"[bold] {name} params: [/]{_colour(f'{count:,}', 'number')} ({_format_bytes(size)})"


def _size(variables: Iterable[Any]) -> tuple[int, int]:
    """Return the number of elements and of bytes, each variable counted once."""
    unique = {id(variable): variable for variable in variables}.values()
    counts = [(math.prod(variable.shape), np.dtype(variable.dtype).itemsize) for variable in unique]
    return sum(count for count, _ in counts), sum(count * itemsize for count, itemsize in counts)


def _format_bytes(size: float) -> str:
    for unit in ("B", "KB", "MB", "GB", "TB"):
        if size < 1024:
            return f"{size:.2f} {unit}"
        size /= 1024
    return f"{size:.2f} PB"


def _select(layers: Sequence[Any], layer_range: Sequence[str] | None) -> slice:
    if layer_range is None:
        return slice(None)
    if len(layer_range) != 2 or not all(isinstance(name, str) for name in layer_range):
        raise ValueError(f"layer_range: expected the names of a first and a last layer, received {layer_range}.")
    first, last = ([i for i, layer in enumerate(layers) if re.match(name, layer.name)] for name in layer_range)
    if not first or not last:
        names = [layer.name for layer in layers]
        raise ValueError(f"layer_range: expected names among {names}, received {list(layer_range)}.")
    if first[0] > last[-1]:
        return slice(last[0], first[-1] + 1)
    return slice(first[0], last[-1] + 1)


def _colour(value: object, role: str) -> str:
    return f"[{_COLOURS[role]}]{_escape(str(value))}[/]"


def _escape(text: str) -> str:
    from rich.markup import escape

    return escape(text)
