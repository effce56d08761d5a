"""One backpropagation step of a model with all its intermediates, as data and as a table.

For a layer with input x, a = f(z) and z = x W + b, a loss L and ⁺ for the layer after it:

    δ = dL/dz = dL/da · f′(z),   dL/da = δ⁺ W⁺ᵀ,   dL/dW = xᵀ δ,   dL/db = Σ_rows δ,   W ← W − η dL/dW

The numbers are the engine's. Gradients and new weights come from a copy of the model that takes one step. dL/da and δ
are what the engine says is the gradient by its input of the rest of the network, which begins behind a, or behind z.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bardana import _core, layers
from bardana.activations.base import Formula, formula_of
from bardana.arguments import checked_flag
from bardana.examples import Rows
from bardana.layers.base import Layer
from bardana.step_table import LayerTrace, StepTrace

if TYPE_CHECKING:
    from bardana.models import Sequential
    from bardana.optimizers import Optimizer

__all__ = ["LayerTrace", "StepTrace"]

Array = NDArray[Any]
Spec = Mapping[str, Any]
_ALONG_ROWS = ("softmax", "log_softmax", "sparsemax")
_NOISE = (layers.Dropout, layers.GaussianDropout, layers.GaussianNoise, layers.AlphaDropout, layers.SpatialDropout1D)
_REARRANGING = (layers.Flatten, layers.Reshape, layers.Permute, layers.Identity, layers.ActivityRegularization)


class _Part(NamedTuple):
    """A layer of the copy as the engine reads it: what leads to z, then the activation; one of them may be missing."""

    layer: Layer
    linear: Spec | None
    activation: Spec | None
    formula: Formula | None


def trace(model: Sequential, rows: Rows, update: Any) -> StepTrace:
    """Return the trace of one step of a compiled model, which takes the step itself if `update` is true."""
    takes_step = checked_flag(update, "update")
    twin = _twin(model, rows.y)
    native = twin.native_for_training(rows.y).model
    parts = [_part(layer) for layer in twin.leaves()]
    loss, by_weight, by_input = native.gradients(rows.x, rows.y, rows.weight)
    prediction = native.predict(rows.x)
    before = twin.get_weights()
    records = _forward(parts, rows.x.astype(twin.dtype))
    _backward(twin, parts, records, rows)
    assert twin.optimizer is not None
    rate = float(twin.optimizer.learning_rate)
    native.train_epoch(rows.x, rows.y, rows.weight, len(rows.x))
    after = twin.get_weights()
    if takes_step:
        _hand_over(twin, model, rows.y)
    return StepTrace(
        model=model.name,
        loss_name=twin.compiled.native_loss()["function"] or type(model.loss).__name__,
        optimizer=type(twin.optimizer).__name__,
        learning_rate=rate,
        x=rows.x.copy(),
        y=rows.y.copy(),
        prediction=prediction,
        loss=loss,
        layers=_layer_traces(model.leaves(), parts, records, zip(before, after, strict=True), iter(by_weight)),
        gradients=by_weight,
        input_gradient=by_input,
        weights=before,
        updated=after,
    )


def _layer_traces(
    leaves: Sequence[Layer],
    parts: Sequence[_Part],
    records: Sequence[dict[str, Any]],
    values: Iterator[tuple[Array, Array]],
    gradients: Iterator[Array],
) -> tuple[LayerTrace, ...]:
    """Put together what is known of each layer; `values`, old and new, and `gradients` are those of all variables."""
    found = []
    for own, name, part, record in zip(leaves, _names(leaves), parts, records, strict=True):
        layer = LayerTrace(
            name=name,
            description=_describe(own, part.formula),
            activation=None if part.formula is None else part.formula.name,
            has_kernel=part.linear is not None and part.formula is not None,
            penalties=_penalties(part.layer),
            **record,
        )
        for variable in part.layer.variables:
            layer.weights[variable.name], layer.updated[variable.name] = next(values)
            if variable.trainable:
                layer.gradients[variable.name] = next(gradients)
        found.append(layer)
    return tuple(found)


def _forward(parts: Sequence[_Part], x: Array) -> list[dict[str, Any]]:
    """Return input, z, output and derivative of each layer."""
    records: list[dict[str, Any]] = []
    for part in parts:
        z = x if part.linear is None else _one(part.linear, part.layer, x).predict(x)
        output = z if part.activation is None else _one(part.activation, None, z).predict(z)
        derivative = None if part.formula is None else _derivative(part.formula, z)
        records.append({"input": x, "z": None if part.formula is None else z, "output": output})
        records[-1] |= {"derivative": derivative}
        x = output
    return records


def _backward(twin: Sequential, parts: Sequence[_Part], records: Sequence[dict[str, Any]], rows: Rows) -> None:
    """Add dL/da and δ to what is known of each layer."""
    loss = twin.compiled.native_loss()
    rest: list[tuple[Spec, Layer | None]] = []
    for part, record in zip(reversed(parts), reversed(records), strict=True):
        output = _identity(part.layer)
        record["error"] = _input_gradient([(output, None), *rest], loss, record["output"], rows)
        record["delta"] = None
        if part.formula is not None:
            by_z = [(part.activation or output, None), *rest]
            record["delta"] = _input_gradient(by_z, loss, record["z"], rows)
        own: list[tuple[Spec, Layer | None]] = [] if part.linear is None else [(part.linear, part.layer)]
        if part.activation is not None:
            own.append((part.activation, None))
        elif part.formula is not None:
            own.append((output, None))
        rest = [*own, *rest]


def _input_gradient(network: Sequence[tuple[Spec, Layer | None]], loss: Spec, x: Array, rows: Rows) -> Array:
    model = _core.Model("rest", x.dtype.name, x.shape[1:], [spec for spec, _ in network])
    _write(model, network)
    model.compile(loss, [], None, None)
    return model.gradients(x, rows.y, rows.weight)[2]


def _one(spec: Spec, layer: Layer | None, x: Array) -> _core.Model:
    model = _core.Model("part", x.dtype.name, x.shape[1:], [spec])
    _write(model, [(spec, layer)])
    return model


def _write(model: _core.Model, network: Sequence[tuple[Spec, Layer | None]]) -> None:
    values = [variable.numpy() for _, layer in network if layer is not None for variable in layer.variables]
    for index, value in enumerate(values):
        model.write(index, value)


def _derivative(formula: Formula, z: Array) -> Array | None:
    """Return f′(z), or for formulas along the last axis J[…, j, i] = daⱼ/dzᵢ; None along other axes."""
    if formula.axes:
        return None
    if formula.name not in _ALONG_ROWS:
        flat = np.ascontiguousarray(z).reshape(-1)
        return _core.activate_backward(formula.name, flat, np.ones_like(flat), formula.parameters).reshape(z.shape)
    units = np.eye(z.shape[-1], dtype=z.dtype)
    columns = [
        _core.activate_backward(formula.name, z, np.ascontiguousarray(np.broadcast_to(unit, z.shape))) for unit in units
    ]
    return np.stack(columns, axis=-2)


def _part(layer: Layer) -> _Part:
    spec = layer.native_spec()
    if isinstance(layer, layers.Activation):
        return _Part(layer, None, spec, layer.formula())
    if not isinstance(layer, layers.Dense):
        return _Part(layer, spec, None, None)
    formula = formula_of(layer.activation)
    linear = {name: value for name, value in spec.items() if name != "activity"}
    linear["config"] = {**spec["config"], "activation": "linear"}
    if formula.name == "linear":
        return _Part(layer, linear, None, formula)
    activation = layers.Activation(
        layer.activation, activity_regularizer=layer.activity_regularizer, dtype=layer.dtype, name=f"{layer.name}_f"
    )
    return _Part(layer, linear, activation.native_spec(), formula)


def _identity(layer: Layer) -> Spec:
    """Return a layer that passes the output of another one on and puts the same penalty on it."""
    penalty = layer.activity_regularizer
    return layers.Identity(activity_regularizer=penalty, dtype=layer.dtype, name=f"{layer.name}_a").native_spec()


def _describe(layer: Layer, formula: Formula | None) -> str:
    if isinstance(layer, layers.Dense):
        assert formula is not None
        return f"Dense({layer.units}, {formula.name})"
    if isinstance(layer, _NOISE):
        return f"{type(layer).__name__}, off"
    return f"Activation({formula.name})" if formula is not None else type(layer).__name__


def _penalties(layer: Layer) -> frozenset[str]:
    found = {variable.name for variable in layer.variables if variable.regularizer is not None}
    return frozenset(found | ({"output"} if layer.activity_regularizer is not None else set()))


def _twin(model: Sequential, y: Array) -> Sequential:
    """Return a copy with the same weights and state of the optimizer, without noise and metrics, ready to train."""
    from bardana.models import Sequential

    compiled = model.compiled
    native = model.native_for_prediction()
    leaves = model.leaves()
    names = [name.replace("/", "_") for name in _names(leaves)]
    names[-1] = model._output_name or names[-1]
    made = [_copy(leaf, name) for leaf, name in zip(leaves, names, strict=True)]
    for leaf, twin_leaf in zip(leaves, made, strict=True):
        twin_leaf.trainable = model._learns.get(leaf, leaf.trainable)
    first = layers.Input(native.input_shape, dtype=model.dtype, name=f"{model.name}_input")
    twin = Sequential([first, *made], name=model.name)
    twin.set_weights(model.get_weights())
    assert compiled.optimizer is not None
    optimizer = type(compiled.optimizer).from_config(compiled.optimizer.arguments())
    spared = compiled.optimizer.undecayed(model.variables)
    if any(spared):
        optimizer.exclude_from_weight_decay([v for v, spare in zip(twin.variables, spared, strict=True) if spare])
    twin.compile(optimizer, compiled.loss, loss_weights=compiled.loss_weights)
    twin.native_for_evaluation(y)
    _copy_state(compiled.optimizer, optimizer)
    return twin


def _names(leaves: Sequence[Layer]) -> list[str]:
    """Return the layers' names, or where models inside make some equal, their paths in the model."""
    names = [leaf.name for leaf in leaves]
    return names if len(set(names)) == len(names) else [str(leaf.path).partition("/")[2] for leaf in leaves]


def _copy(leaf: Layer, name: str) -> Layer:
    """Return a layer of the copy; ValueError for a layer that has no such formulas."""
    given: dict[str, Any] = {"name": name, "dtype": leaf.dtype}
    given["activity_regularizer"] = leaf.activity_regularizer
    if leaf.in_python:
        raise _not_traceable(leaf)
    if isinstance(leaf, layers.Dense):
        return layers.Dense(
            leaf.units,
            leaf.activation,
            leaf.use_bias,
            "zeros",
            kernel_regularizer=leaf.kernel_regularizer,
            bias_regularizer=leaf.bias_regularizer,
            kernel_constraint=leaf.kernel_constraint,
            bias_constraint=leaf.bias_constraint,
            **given,
        )
    if leaf.native_class == "Activation":
        return layers.Activation(leaf.activation if isinstance(leaf, layers.Activation) else leaf, **given)
    if isinstance(leaf, _NOISE):
        return layers.Identity(**given)
    if isinstance(leaf, _REARRANGING):
        return type(leaf).from_config({**leaf.get_config(), "name": name})
    raise _not_traceable(leaf)


def _not_traceable(leaf: Layer) -> ValueError:
    return ValueError(
        f"trace_step: expected layers such as Dense, activations, Flatten, Reshape and Dropout, received layer "
        f"'{leaf.name}' of {type(leaf).__name__}, whose step has other formulas; compute_gradients works for it too"
    )


def _copy_state(source: Optimizer, target: Optimizer) -> None:
    """Copy counter, rate and slots; an optimizer that has made no step may have no slots yet."""
    for old, new in zip(source.variables, target.variables, strict=False):
        new.assign(old.numpy())


def _hand_over(twin: Sequential, model: Sequential, y: Array) -> None:
    native = model.begin_training(y)
    try:
        model.set_weights(twin.get_weights())
        assert twin.optimizer is not None and model.optimizer is not None
        _copy_state(twin.optimizer, model.optimizer)
    finally:
        native.model.end_training()
