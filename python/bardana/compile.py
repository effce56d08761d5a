"""What `compile` is told, checked: optimizer, loss, metrics and the names under which their values appear in logs.

"accuracy" and "crossentropy" depend on the shapes of targets and outputs, so metrics are made at the first batch.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from bardana import _core, losses, metrics, optimizers
from bardana.losses.targets import WITH_LABELS
from bardana.metrics import custom
from bardana.native import Native
from bardana.tensor import Tensor, as_tensor
from bardana.variables import Variable

_SHAPE_DEPENDENT = ("accuracy", "acc", "crossentropy", "ce")


class Compiled:
    """Hold the arguments of `compile` and turn totals of the engine into logs.

    Args:
        optimizer, loss, metric_identifiers, loss_weights, weighted_metrics: as `Sequential.compile` received them.
        output_name: name of the last layer, the key in dicts of losses or metrics.

    Raises:
        ValueError: for unknown names, or a loss that is not reduced to one number.
        TypeError: for a loss or metric that the engine does not have.
    """

    def __init__(
        self,
        optimizer: Any,
        loss: Any,
        metric_identifiers: Any,
        output_name: str | None,
        loss_weights: Any = None,
        weighted_metrics: Any = None,
    ) -> None:
        if optimizer is None:
            raise ValueError("compile: expected an optimizer, received optimizer=None")
        self.optimizer = optimizers.get(optimizer)
        self.loss = loss
        self.loss_weights = loss_weights
        self.metric_identifiers = _metric_list(metric_identifiers, "metrics")
        self.weighted_identifiers = _metric_list(weighted_metrics, "weighted_metrics")
        self.has_metrics = metric_identifiers is not None or weighted_metrics is not None
        self._factor = _single_weight(loss_weights, output_name)
        self._loss_identifier = _of_single_output(loss, "loss", output_name)
        self._loss: losses.Loss | None = None
        self.metrics: list[metrics.Metric] = []
        self._own_states: list[metrics.Metric | None] = []  # metrics whose state is in Python
        self._calls_python = False  # whether there are any
        self.names = ["loss"]
        self._alphabetical = [0]
        if not _depends_on_shape(self._loss_identifier):
            self._loss = losses.get(self._loss_identifier)
            if self._loss is not None:
                self._loss.native()

    def bind(self, native: Native, y_shape: tuple[int, ...], variables: Sequence[Variable]) -> None:
        """Compile the native model for targets of this shape (batch axis first).

        Raises:
            ValueError: without a loss.
        """
        if self._loss_identifier is None:
            raise ValueError("No loss to compute: expected compile(loss=…), received loss=None")
        output_shape = (y_shape[0], *native.model.output_shape)
        loss = self._loss or losses.resolve(self._loss_identifier, y_shape, output_shape)
        plain, weighted = (
            [m if isinstance(m, metrics.Metric) else metrics.resolve(m, y_shape, output_shape, loss) for m in given]
            for given in (self.metric_identifiers, self.weighted_identifiers)
        )
        specs = [custom.spec(metric) for metric in plain]
        specs += [custom.spec(metric) | {"weighted": True} for metric in weighted]
        rule = self.optimizer.native_rule(variables)
        native.model.compile(self._native(loss), specs, self.optimizer.native, rule)
        self.optimizer.attach(native, variables)
        self._loss, self.metrics = loss, plain + weighted
        pairs = zip(self.metrics, specs, strict=True)
        self._own_states = [metric if spec.get("state_size") == 0 else None for metric, spec in pairs]
        self._calls_python = any(metric is not None for metric in self._own_states)
        self.names = _unique_names([metric.name for metric in plain], [metric.name for metric in weighted])
        self._alphabetical = sorted(range(len(self.names)), key=self.names.__getitem__)

    @property
    def wants_labels(self) -> bool:
        """Whether the loss compares each output row with the index of a class."""
        return self._loss is not None and self.native_loss()["function"] in WITH_LABELS

    def native_loss(self) -> dict[str, Any]:
        """Return the loss as the engine reads it, once bound."""
        assert self._loss is not None
        return self._native(self._loss)

    def _native(self, loss: losses.Loss) -> dict[str, Any]:
        spec = loss.native() | {"factor": self._factor}
        if "host" in spec:
            spec["host"] = {**spec["host"], "function": partial(spec["host"]["function"], factor=self._factor)}
        return spec

    def reset_metrics(self) -> None:
        """Let metrics whose state is in Python begin anew; the totals of the others do so by themselves."""
        for metric in self._own_states if self._calls_python else ():
            if metric is not None:
                metric.reset_state()

    def loss_of(self, y: Any, y_pred: Any, sample_weight: Any) -> Tensor | None:
        """Return the loss of these predictions, with its weight; None without a loss."""
        if self._loss_identifier is None:
            return None
        loss = self._loss or losses.resolve(self._loss_identifier, np.shape(y), np.shape(y_pred))
        return as_tensor(loss(y, y_pred, sample_weight) * np.asarray(self._factor, dtype=loss.dtype))

    def values(self, totals: _core.Totals) -> list[Any]:
        """Return loss and metrics in the order of `names`; the metric objects hold these totals from then on.

        A metric is a float, or an array if it has several values, or a dict of these if it names them.
        """
        total, weight = totals[0]
        values = [total / weight if weight else 0.0]
        if self.metrics:
            for metric, own, state in zip(self.metrics, self._own_states, totals[1:], strict=True):
                values.append(metric.load(state) if own is None else custom.value(own))
        return values

    def logs(self, totals: _core.Totals, prefix: str = "") -> dict[str, Any]:
        """Return loss and metrics by name, names in alphabetical order as in Keras' history."""
        values = self.values(totals)
        logs = {prefix + self.names[index]: values[index] for index in self._alphabetical}
        return _with_names_of_results(logs, prefix) if self._calls_python else logs

    def results(self, totals: _core.Totals) -> Any:
        """Return what `evaluate` returns: the loss alone, or a list of it and what the metrics give."""
        values = self.values(totals)
        if self._calls_python:
            values = [one for value in values for one in (value.values() if isinstance(value, dict) else (value,))]
        return values if len(values) > 1 else values[0]


def _with_names_of_results(logs: dict[str, Any], prefix: str) -> dict[str, Any]:
    """Put what metrics name themselves in the place of their dicts."""
    found: dict[str, Any] = {}
    for name, value in logs.items():
        found.update({prefix + key: one for key, one in value.items()} if isinstance(value, dict) else {name: value})
    return found


def check_options(
    *,
    run_eagerly: Any,
    steps_per_execution: Any,
    jit_compile: Any,
    auto_scale_loss: Any,
) -> None:
    """Raise ValueError for arguments of `compile` with another value than those that make sense here.

    The last four change nothing by design: an epoch is always one native call over a compiled plan.
    """
    if jit_compile not in ("auto", True, False):
        raise ValueError(f"compile: expected jit_compile to be 'auto', True or False, received {jit_compile!r}")
    if not isinstance(steps_per_execution, int) or steps_per_execution < 1:
        raise ValueError(f"compile: expected steps_per_execution of at least 1, received {steps_per_execution!r}")
    for name, flag in (("run_eagerly", run_eagerly), ("auto_scale_loss", auto_scale_loss)):
        if flag not in (True, False):
            raise ValueError(f"compile: expected {name} to be True or False, received {flag!r}")


def _of_single_output(value: Any, argument: str, output_name: str | None) -> Any:
    """Take the entry of the only output out of a list or dict."""
    if isinstance(value, Mapping) and "class_name" not in value:
        if list(value) != [output_name]:
            raise ValueError(
                f"compile: expected {argument} to be a dict whose one key is the last layer's name '{output_name}', "
                f"received keys {list(value)}"
            )
        return value[output_name]
    if isinstance(value, (list, tuple)):
        if len(value) != 1:
            raise ValueError(f"compile: expected one {argument} for the model's one output, received {value!r}")
        return value[0]
    return value


def _single_weight(loss_weights: Any, output_name: str | None) -> float:
    """Return the factor of the only loss."""
    if loss_weights is None:
        return 1.0
    weight = _of_single_output(loss_weights, "loss_weights", output_name)
    if isinstance(weight, bool) or not isinstance(weight, (int, float, np.integer, np.floating)):
        raise ValueError(f"compile: expected loss_weights to be a number or a list or dict of one, received {weight!r}")
    return float(weight)


def _metric_list(given: Any, argument: str) -> list[Any]:
    """Return the metrics of the only output: all there are in lists, tuples and dicts, whatever their keys.

    Names that depend on shapes stay names; the rest become objects.
    """
    if given is None:
        return []
    if not isinstance(given, (list, tuple, Mapping)):
        raise ValueError(f"compile: expected {argument} to be a list, tuple or dict, received {given!r}")
    found: list[Any] = []
    for identifier in _leaves(given):
        if identifier is None:
            raise ValueError(f"compile: expected {argument}, received {given!r} with None in it")
        found.append(identifier if _depends_on_shape(identifier) else metrics.resolve(identifier, (), ()))
    for metric in found:
        if isinstance(metric, metrics.Metric):
            custom.spec(metric)
    return found


def _leaves(given: Any) -> Iterator[Any]:
    """Yield the entries of nested lists, tuples and dicts, those of dicts in the order of their keys."""
    if isinstance(given, (list, tuple)):
        for entry in given:
            yield from _leaves(entry)
    elif isinstance(given, Mapping) and "class_name" not in given:
        for key in sorted(given):
            yield from _leaves(given[key])
    else:
        yield given


def _unique_names(plain: list[str], weighted: list[str]) -> list[str]:
    """Return "loss" and the names, told apart as Keras does: mae, mae_1; those of weighted metrics weighted_mae."""
    unique = _numbered(["loss", *plain])
    for name in weighted:
        unique.append(f"weighted_{name}" if name in unique else name)
        unique = _numbered(unique)
    return unique


def _numbered(names: list[str]) -> list[str]:
    """Return the names with numbers where one has been there before: mae, mae_1, mae_2."""
    unique: list[str] = []
    for name in names:
        candidate, number = name, 0
        while candidate in unique:
            number += 1
            candidate = f"{name}_{number}"
        unique.append(candidate)
    return unique


def _depends_on_shape(identifier: Any) -> bool:
    return isinstance(identifier, str) and identifier.lower() in _SHAPE_DEPENDENT
