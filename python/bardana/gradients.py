"""Gradients for users: those of the engine, and their check against finite differences.

For a loss L(θ) and one entry θᵢ of a weight or of the input, the numeric value is the fourth-order central difference

    (8 (L(θᵢ + h) − L(θᵢ − h)) − (L(θᵢ + 2h) − L(θᵢ − 2h))) / 12h,   h = 1e-4 · max(1, |θᵢ|), in float64.

Where that disagrees, a kink (of relu, of the absolute error …) may lie between the points: h becomes 1e-5, and any
value between the slopes to the left and to the right counts as right, for it is a subgradient. A slope to one side is

    (4 L(θᵢ ± h) − L(θᵢ ± 2h) − 3 L(θᵢ)) / ±2h.

Where many kinks meet (a row of zeros before zero biases) that is not enough: a check that fails is made once more with
all weights and inputs moved by a little noise, which leaves errors of the gradient code as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bardana import _core

if TYPE_CHECKING:
    from bardana.examples import Rows
    from bardana.native import Native
    from bardana.training import Trainer
    from bardana.variables import Variable

Array = NDArray[Any]
_SEED = 0
_NOISE = 1e-3


class Gradients(NamedTuple):
    """Loss, its gradient by each trainable weight, and by the input."""

    loss: float
    weights: list[Array]
    inputs: Array


@dataclass(frozen=True)
class GradientReport:
    """Say how well gradients agree with finite differences, by the entry where they agree least.

    `error` is |analytic − numeric| / (largest gradient of the same variable). `moved` tells that noise was added to
    weights and inputs, because the loss has no gradient at the point itself.
    """

    variable: str
    index: tuple[int, ...]
    analytic: float
    numeric: float
    error: float
    tolerance: float
    checked: int
    total: int
    moved: bool = False

    @property
    def ok(self) -> bool:
        """Whether the worst entry is within the tolerance (a NaN is not)."""
        return self.error <= self.tolerance

    def __str__(self) -> str:
        verdict = "agree" if self.ok else "DISAGREE"
        entries = f"{self.checked} entries" if self.checked == self.total else f"{self.checked} of {self.total} entries"
        place = f", weights and input moved by {_NOISE:g}" if self.moved else ""
        return (
            f"gradients {verdict} with finite differences ({entries}{place}, tolerance {self.tolerance:g})\n"
            f"worst: {self.variable}{list(self.index)}: analytic {self.analytic:.10g}, numeric {self.numeric:.10g}, "
            f"relative error {self.error:.3g}"
        )


def compute(trainer: Trainer, rows: Rows, training: bool) -> Gradients:
    """Return the gradients of the engine in the model's own type."""
    native = trainer.native_for_evaluation(rows.y)
    return Gradients(*native.model.gradients(rows.x, rows.y, rows.weight, training=training))


def check(trainer: Trainer, rows: Rows, tolerance: float, max_entries: int) -> GradientReport:
    """Return the worst entry among weights and input, for a float64 twin of the model."""
    twin = _Twin(trainer, rows)
    with twin.read_by_layers():
        report = _worst_entry(twin, tolerance, max_entries)
        if report.ok:
            return report
        twin.move()
        return replace(_worst_entry(twin, tolerance, max_entries), moved=True)


def _worst_entry(twin: _Twin, tolerance: float, max_entries: int) -> GradientReport:
    loss, analytic = twin.gradients()
    places = twin.places()
    total = sum(gradient.size for gradient in analytic)
    worst: GradientReport | None = None
    checked = 0
    for which, position in _sample([gradient.size for gradient in analytic], max_entries):
        place, gradient = places[which], analytic[which]
        scale = max(float(np.abs(gradient).max()), 1e-5 * max(1.0, abs(loss)))
        value = float(gradient.flat[position])
        numeric, error = _compare(twin, place, position, value, scale, tolerance)
        checked += 1
        if worst is None or not error <= worst.error:
            index = tuple(int(i) for i in np.unravel_index(position, gradient.shape))
            worst = GradientReport(place.name, index, value, numeric, error, tolerance, checked, total)
            if np.isnan(error):
                break
    assert worst is not None
    return replace(worst, checked=checked)


class _Place(NamedTuple):
    """An array that the loss depends on, and how to replace it."""

    name: str
    values: Array
    write: Callable[[Array], None]


class _Twin:
    """A float64 copy of a model's engine with the same weights, and the loss of some rows as a function of them."""

    def __init__(self, trainer: Trainer, rows: Rows) -> None:
        native = trainer.native_for_evaluation(rows.y)
        self._trainer = trainer
        self._rows = rows
        self.x = rows.x.astype(np.float64)
        self.model = _float64_model(trainer, native)
        layers = [leaf for leaf in trainer.leaves() if leaf.in_python]
        self._read_in_python = [variable for layer in layers for variable in layer.variables]

    @contextmanager
    def read_by_layers(self) -> Iterator[None]:
        """Let layers written in Python read the values of the twin where they read their own variables."""
        kept = [(variable, variable._place, variable.dtype) for variable in self._read_in_python]
        for variable in self._read_in_python:
            variable._place, variable.dtype = variable.numpy().astype(np.float64), "float64"
        try:
            yield
        finally:
            for variable, place, dtype in kept:
                variable._place, variable.dtype = place, dtype

    def _write(self, index: int, variable: Variable, values: Array) -> None:
        self.model.write(index, values)
        if any(variable is one for one in self._read_in_python):
            variable._place = values.copy()

    def places(self) -> list[_Place]:
        """The trainable weights in the order of the engine's gradients, then the input."""
        infos = [info for layer in self.model.layer_variables() for info in layer]
        weights = [
            _Place(variable.path, self.model.read(index), partial(self._write, index, variable))
            for index, (variable, info) in enumerate(zip(self._trainer.variables, infos, strict=True))
            if info["trainable"]
        ]
        return [*weights, _Place("input", self.x.copy(), self.set_input)]

    def gradients(self) -> tuple[float, list[Array]]:
        """The loss, and the engine's gradient for each of `places`."""
        loss, by_weight, by_input = self.model.gradients(self.x, self._rows.y, self._rows.weight)
        return loss, [*by_weight, by_input]

    def move(self) -> None:
        """Add noise to all trainable weights and to the input."""
        random = np.random.default_rng(_SEED)
        for place in self.places():
            place.write(place.values + _NOISE * random.standard_normal(place.values.shape))

    def set_input(self, values: Array) -> None:
        self.x = values

    def loss(self) -> float:
        """The loss of all rows as one batch."""
        total, weight = self.model.evaluate(self.x, self._rows.y, self._rows.weight, len(self.x))[0]
        return float(total / weight)

    def loss_at(self, place: _Place, position: int, shift: float) -> float:
        """The loss with one entry of `place` moved by `shift`."""
        kept = place.values.flat[position]
        place.values.flat[position] = kept + shift
        place.write(place.values)
        try:
            return self.loss()
        finally:
            place.values.flat[position] = kept
            place.write(place.values)


def _float64_model(trainer: Trainer, native: Native) -> _core.Model:
    specs = [{**spec, "config": {**spec["config"], "dtype": "float64"}} for spec in native.specs]
    model = _core.Model(trainer.name, "float64", native.input_shape, specs)
    for index, variable in enumerate(trainer.variables):
        model.write(index, variable.numpy().astype(np.float64))
    model.compile(trainer.compiled.native_loss(), [], None, None)
    return model


def _sample(sizes: list[int], limit: int) -> Iterator[tuple[int, int]]:
    """Yield (which array, position in it) for all entries, or for `limit` of them drawn without repetition."""
    total = sum(sizes)
    chosen: Array = np.arange(total)
    if total > limit:
        chosen = np.sort(np.random.default_rng(_SEED).choice(total, limit, replace=False))
    ends = np.cumsum(sizes)
    for which, entry in zip(np.searchsorted(ends, chosen, side="right"), chosen, strict=True):
        yield int(which), int(entry - (ends[which] - sizes[which]))


def _compare(
    twin: _Twin, place: _Place, position: int, analytic: float, scale: float, tolerance: float
) -> tuple[float, float]:
    """Return the numeric derivative and the relative error of the analytic one."""
    size = max(1.0, abs(float(place.values.flat[position])))
    numeric = _smooth_difference(twin, place, position, 1e-4 * size)
    error = abs(analytic - numeric) / scale
    if error <= tolerance:
        return numeric, error
    near = _nearest_slope(twin, place, position, 1e-5 * size, analytic)
    near_error = abs(analytic - near) / scale
    return (near, near_error) if near_error < error else (numeric, error)


def _smooth_difference(twin: _Twin, place: _Place, position: int, h: float) -> float:
    near = twin.loss_at(place, position, h) - twin.loss_at(place, position, -h)
    far = twin.loss_at(place, position, 2 * h) - twin.loss_at(place, position, -2 * h)
    return (8 * near - far) / (12 * h)


def _nearest_slope(twin: _Twin, place: _Place, position: int, h: float, analytic: float) -> float:
    here = twin.loss_at(place, position, 0.0)
    slopes = [
        (4 * twin.loss_at(place, position, step) - twin.loss_at(place, position, 2 * step) - 3 * here) / (2 * step)
        for step in (-h, h)
    ]
    return float(np.clip(analytic, min(slopes), max(slopes)))
