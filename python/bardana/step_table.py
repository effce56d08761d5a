"""What `trace_step` returns, and how it prints: a table of at most 120 columns with a formula beside every line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

WIDTH = 120
_COLUMNS, _NUMBER = 5, 13
_ROWS = 4
_SYMBOL, _FORMULA, _SHAPE = 9, 31, 14
_SYMBOLS = {"kernel": "W", "bias": "b"}
_GRADIENTS = {"kernel": "xᵀ δ", "bias": "Σ_rows δ"}


@dataclass(frozen=True)
class LayerTrace:
    """Say what one layer computes in a step: x → z = x W + b → a = f(z), and back.

    `input` x, `z` before the activation, `output` a, `derivative` f′(z), `error` dL/da, `delta` dL/dz, all with the
    batch axis first. z, derivative and delta are None for a layer without activation, such as Flatten. For softmax
    and its like the derivative is the Jacobian, [row, …, j, i] = daⱼ/dzᵢ; None along other axes than the last.
    `weights`, `gradients` and `updated` have the variables by name, before and after the step; layers that do not
    learn have no gradients. `penalties` names what regularizers act on: variables, and "output".
    """

    name: str
    description: str
    activation: str | None
    has_kernel: bool
    penalties: frozenset[str]
    input: Array
    z: Array | None
    output: Array
    derivative: Array | None
    error: Array
    delta: Array | None
    weights: dict[str, Array] = field(default_factory=dict)
    gradients: dict[str, Array] = field(default_factory=dict)
    updated: dict[str, Array] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return the fields by name."""
        return {one.name: getattr(self, one.name) for one in fields(self)}


@dataclass(frozen=True)
class StepTrace:
    """Hold one backpropagation step: `trace["out"]` or `trace[-1]` is a layer; `print(trace)` shows a table.

    `loss` is that before the step, with all penalties; `gradients` are in the order of `trainable_weights`, `weights`
    and `updated` (before and after) in that of `get_weights`; `input_gradient` is dL/dx of the model's input.
    """

    model: str
    loss_name: str
    optimizer: str
    learning_rate: float
    x: Array
    y: Array
    prediction: Array
    loss: float
    layers: tuple[LayerTrace, ...]
    gradients: list[Array]
    input_gradient: Array
    weights: list[Array]
    updated: list[Array]

    def __getitem__(self, which: str | int) -> LayerTrace:
        """Return a layer by its name or place."""
        if not isinstance(which, str):
            return self.layers[which]
        for layer in self.layers:
            if layer.name == which:
                return layer
        names = [layer.name for layer in self.layers]
        raise KeyError(f"trace of '{self.model}': expected the name of a layer, one of {names}, received {which!r}")

    def as_dict(self) -> dict[str, Any]:
        """Return the fields by name, the layers as a dict of dicts by name."""
        found = {one.name: getattr(self, one.name) for one in fields(self)}
        return {**found, "layers": {layer.name: layer.as_dict() for layer in self.layers}}

    def __str__(self) -> str:
        return "\n".join(line.rstrip() for line in _lines(self))

    def __repr__(self) -> str:
        return f"<StepTrace of '{self.model}': {len(self.layers)} layers, {len(self.x)} rows, loss {self.loss:.6g}>"


def _lines(trace: StepTrace) -> Iterator[str]:
    rows = f"{len(trace.x)} row{'s' if len(trace.x) > 1 else ''}"
    rule = f"{trace.optimizer}, η = {trace.learning_rate:g}"
    heading = f"{_shortened(trace.model, 30)}: one step on {rows}, L = {trace.loss:.7g} ({trace.loss_name}), {rule}"
    yield _shortened(heading, WIDTH)
    yield "x, a: input and output of a layer, f: its activation, δ = dL/dz = dL/da · f′(z), ⁺: of the layer behind it"
    yield "─" * WIDTH
    yield f"{'line':{_SYMBOL}}{'formula':{_FORMULA}}{'shape':{_SHAPE}}values"
    yield _rule("forward")
    yield from _entry("x", "input", trace.x)
    for layer in trace.layers:
        yield _title(layer)
        yield from _forward(layer)
    yield _rule("loss")
    yield from _entry("y", "target", trace.y)
    penalty = " + penalties" if any(layer.penalties for layer in trace.layers) else ""
    yield from _entry("L", f"L = loss(y, a){penalty}", np.asarray(trace.loss))
    yield _rule("backward")
    for index in reversed(range(len(trace.layers))):
        yield _title(trace.layers[index])
        yield from _backward(trace, index)
    yield _rule("update")
    for layer in trace.layers:
        if layer.gradients:
            yield _title(layer)
            yield from _update(trace, layer)


def _rule(title: str) -> str:
    return f"── {title} ".ljust(WIDTH, "─")


def _title(layer: LayerTrace) -> str:
    return _shortened(f"{layer.name}: {layer.description}", WIDTH)


def _forward(layer: LayerTrace) -> Iterator[str]:
    for name, value in layer.weights.items():
        yield from _entry(_symbol(name), "", value)
    if layer.z is None:
        yield from _entry(
            "a", "a = x, rearranged" if layer.input.shape != layer.output.shape else "a = x", layer.output
        )
        return
    bias = " + b" if "bias" in layer.weights else ""
    before = f"z = x W{bias}" if layer.has_kernel else "z = x"
    if layer.activation == "linear":
        yield from _entry("z = a", f"a = {before}", layer.output)
        return
    yield from _entry("z", before, layer.z)
    yield from _entry("a", f"a = f(z) = {layer.activation}(z)", layer.output)
    if layer.derivative is not None:
        jacobian = layer.derivative.ndim > layer.z.ndim
        yield from _entry("J" if jacobian else "f′(z)", "J[j, i] = daⱼ/dzᵢ" if jacobian else "f′(z)", layer.derivative)


def _backward(trace: StepTrace, index: int) -> Iterator[str]:
    layer = trace.layers[index]
    yield from _entry("dL/da", _error_formula(trace, index), layer.error)
    if layer.delta is None or layer.z is None:
        return
    if layer.activation == "linear":
        formula = "δ = dL/da"
    elif layer.derivative is not None and layer.derivative.ndim == layer.z.ndim:
        formula = "δ = dL/da · f′(z)"
    else:
        formula = "δ = Jᵀ dL/da"
    yield from _entry("δ", formula, layer.delta)
    for name, value in layer.gradients.items():
        symbol, penalty = _symbol(name), " + penalty" if name in layer.penalties else ""
        yield from _entry(f"dL/d{symbol}", f"dL/d{symbol} = {_GRADIENTS[name]}{penalty}", value)


def _error_formula(trace: StepTrace, index: int) -> str:
    penalty = " + penalty" if "output" in trace.layers[index].penalties else ""
    if index + 1 == len(trace.layers):
        return f"dL/da = dloss/da{penalty}"
    following = trace.layers[index + 1]
    if following.z is None:
        return f"dL/da = dL/da⁺{penalty}"
    return f"dL/da = δ⁺ W⁺ᵀ{penalty}" if following.has_kernel else f"dL/da = δ⁺{penalty}"


def _update(trace: StepTrace, layer: LayerTrace) -> Iterator[str]:
    for name, gradient in layer.gradients.items():
        symbol, old, new = _symbol(name), layer.weights[name], layer.updated[name]
        plain = trace.optimizer == "SGD" and np.allclose(
            new, old - trace.learning_rate * gradient, 1e-4, 1e-7, equal_nan=True
        )
        step = f"{symbol} − η dL/d{symbol}" if plain else f"{trace.optimizer}({symbol}, dL/d{symbol})"
        yield from _entry(f"{symbol} new", f"{symbol} ← {step}", new)


def _symbol(name: str) -> str:
    return _SYMBOLS.get(name, name)


def _entry(symbol: str, formula: str, value: Array) -> Iterator[str]:
    shape = f"({', '.join(map(str, value.shape))})" if value.ndim else ""
    start = f"{symbol:{_SYMBOL}}{_shortened(formula, _FORMULA - 1):{_FORMULA}}{_shortened(shape, _SHAPE - 1):{_SHAPE}}"
    for line in _numbers(value):
        yield start + line
        start = " " * len(start)


def _shortened(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"


def _numbers(value: Array) -> Iterator[str]:
    """Yield a line for each vector along the last axis, in full or its first and last numbers."""
    table = np.asarray(value, np.float64).reshape(-1, value.shape[-1] if value.ndim else 1)
    largest = float(np.abs(table[np.isfinite(table)]).max(initial=0.0))
    form = f"{_NUMBER}.7f" if largest == 0 or 1e-4 <= largest < 1e4 else f"{_NUMBER}.5e"
    count = len(table)
    for index in range(count):
        if count > _ROWS and _ROWS - 1 <= index < count - 1:
            if index == _ROWS - 1:
                yield "⋮".rjust(_NUMBER)
            continue
        cells = [format(number, form) for number in table[index]]
        if len(cells) > _COLUMNS:
            cells = [*cells[: _COLUMNS - 2], "…".rjust(_NUMBER), cells[-1]]
        yield "".join(cells)
