"""Regularizers and constraints: their formulas against NumPy in float64 and live tf.keras, and in training.

A penalty sums n numbers in lanes and blocks: its relative error stays below 32 eps for the sizes here (at most 128
additions in a row, errors of both signs). A norm is a chain of up to 300 fma, at most 150 eps off, far less on average;
48 eps allow for it, as weights are divided by it. Training compares as test_training_parity.py derives: 1e-5.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from keras_twin import assert_close, largest_error, make_twins

import bardana
from bardana import _core, constraints, regularizers

# A vector, a matrix of one panel, several panels with a ragged end, one output, and three axes.
SHAPES = [(1,), (7,), (130,), (5, 3), (300, 10), (70, 113), (129, 1), (2, 96), (3, 4, 5)]
PENALTIES = [(0.5, 0.0), (0.0, 0.25), (0.125, 0.5)]
CONSTRAINTS: list[tuple[str, dict[str, Any]]] = [
    ("NonNeg", {}),
    ("MaxNorm", {"max_value": 0.75}),
    ("MaxNorm", {"max_value": 0.75, "axis": -1}),
    ("MaxNorm", {"max_value": 0.75, "axis": None}),
    ("UnitNorm", {}),
    ("UnitNorm", {"axis": (0, 1)}),
    ("MinMaxNorm", {"min_value": 0.5, "max_value": 0.75, "rate": 0.25}),
    ("MinMaxNorm", {"min_value": 2.0, "max_value": 3.0, "axis": 1}),
]


def weights(rng, shape, dtype):
    w = rng.normal(size=shape) / np.sqrt(shape[0])
    w[rng.random(shape) < 0.1] = 0.0
    return w.astype(dtype)


def test_every_constraint_has_a_sample() -> None:
    public = {name for name in constraints.__all__ if isinstance(getattr(constraints, name), type)}
    assert {name for name in public if name[0].isupper()} == {"Constraint", *(name for name, _ in CONSTRAINTS)}
    assert set(_core.constraint_names()) == {getattr(constraints, name)().native()["name"] for name, _ in CONSTRAINTS}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize(("l1", "l2"), PENALTIES)
def test_penalty_and_its_derivative(l1, l2, shape, dtype, rng) -> None:
    w = weights(rng, shape, dtype)
    value, gradient = _core.penalty(w, l1, l2)
    wide = w.astype("float64")
    eps = np.finfo(dtype).eps
    assert_close(value, l1 * np.abs(wide).sum() + l2 * np.square(wide).sum(), 32 * eps, "value")
    expected = l1 * np.sign(wide) + 2 * l2 * wide
    np.testing.assert_allclose(gradient, expected, rtol=2 * eps, atol=2 * eps * l1)
    assert gradient.dtype == dtype


@pytest.mark.parity
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("name", "arguments"), CONSTRAINTS, ids=str)
def test_constraints_are_those_of_keras(name, arguments, dtype, keras, rng) -> None:
    ours, theirs = (getattr(package.constraints, name)(**arguments) for package in (bardana, keras))
    compared = 0
    for shape in SHAPES:
        w = weights(rng, shape, dtype)
        axes = np.atleast_1d(arguments.get("axis") or 0)
        if name != "NonNeg" and axes.max() >= len(shape):
            with pytest.raises(ValueError, match=f"received axis {axes.max()}"):
                ours(w)
            continue
        result = ours(w)
        assert result.dtype == dtype
        assert_close(result, theirs(w).numpy(), 48 * np.finfo(dtype).eps, f"{shape}")
        compared += 1
    assert compared > 1


@pytest.mark.parametrize("name", sorted(_core.constraint_names()))
def test_groups_of_zeros_and_nan(name) -> None:
    """Zeros stay zeros; a NaN takes its own group along and leaves the others alone."""
    constraint = getattr(constraints, name)()
    w = np.array([[0.0, 0.25, 1.0], [0.0, np.nan, 2.0]], dtype="float32")
    result = np.asarray(constraint(w))
    np.testing.assert_array_equal(result[:, 0], 0.0)
    np.testing.assert_array_equal(np.isnan(result[:, 1]), [name != "non_neg", True])
    assert np.isfinite(result[:, 2]).all()


def test_axes_that_are_no_neighbours() -> None:
    with pytest.raises(ValueError, match="neighbouring axes"):
        constraints.UnitNorm(axis=(0, 2))(np.ones((2, 3, 4)))
    with pytest.raises(ValueError, match="integer"):
        constraints.UnitNorm(axis="rows")(np.ones((2, 3)))
    with pytest.raises(ValueError, match="differ"):
        constraints.UnitNorm(axis=[0, 0])(np.ones((2, 3)))
    with pytest.raises(ValueError, match="max_value"):
        constraints.MaxNorm("large")(np.ones((2, 3)))


@pytest.mark.parity
@pytest.mark.parametrize("identifier", ["L1", "l2", "L1L2", {"class_name": "L2", "config": {"l2": 0.5}}, None])
def test_regularizers_by_name(identifier, keras, rng) -> None:
    ours, theirs = (package.regularizers.get(identifier) for package in (bardana, keras))
    if identifier is None:
        assert ours is theirs is None
        return
    w = weights(rng, (5, 3), "float32")
    assert ours.get_config() == theirs.get_config()
    result = ours(w)
    assert result.dtype == "float32" and result.shape == ()
    assert_close(result, theirs(w).numpy(), 1e-6)


@pytest.mark.parametrize("value", [-1.0, "a", float("nan"), float("inf"), [0.1]])
@pytest.mark.parametrize("make", [regularizers.L1, regularizers.L2, regularizers.L1L2])
def test_factors_that_make_no_sense(make, value) -> None:
    with pytest.raises(ValueError, match=r"Invalid value for argument l[12]"):
        make(value)


def layers(kernel: str | None, bias: str | None) -> list[tuple[str, dict[str, Any]]]:
    """Two layers with options on all variables; the second layer's kernel has two panels."""
    first = {"units": 6, "activation": "tanh", "kernel_constraint": kernel, "bias_constraint": bias}
    regularized = {"kernel_regularizer": "l2", "bias_regularizer": "l1"}
    return [("Dense", {**first, **regularized}), ("Dense", {"units": 50, "activation": "tanh", **regularized})]


OPTIMIZERS = [("SGD", {"learning_rate": 0.1}), ("Adam", {"learning_rate": 0.01})]


@pytest.mark.parity
@pytest.mark.parametrize(("rule", "arguments"), OPTIMIZERS, ids=str)
@pytest.mark.parametrize(
    ("kernel", "bias"), [(None, None), ("max_norm", "non_neg"), ("unit_norm", "unit_norm"), ("min_max_norm", None)]
)
def test_training_with_both(kernel, bias, rule, arguments, keras, rng) -> None:
    """History (with penalties, ragged last batch), weights, evaluate, train_on_batch, the layers' losses."""
    twins = make_twins(keras, [*layers(kernel, bias), ("Dense", {"units": 2})], (5,), rng)
    twins.compile(keras, arguments, "mse", ["mae"], rule=rule)
    x, y = rng.normal(size=(30, 5)).astype("float32"), rng.normal(size=(30, 2)).astype("float32")
    ours, theirs = (m.fit(x, y, batch_size=8, epochs=2, shuffle=False, verbose=0) for m in twins)
    for key, values in theirs.history.items():
        assert_close(ours.history[key], values, 1e-5, key)
    for variable, value in zip(twins.ours.weights, twins.theirs.get_weights(), strict=True):
        assert_close(variable.numpy(), value, 1e-5, variable.path)
    ours, theirs = (m.evaluate(x, y, batch_size=7, verbose=0) for m in twins)
    assert_close(ours, theirs, 1e-5, "evaluate")
    assert_close([float(p) for p in twins.ours.losses], [float(p) for p in twins.theirs.losses], 1e-5, "losses")
    ours, theirs = (m.train_on_batch(x[:3], y[:3]) for m in twins)
    assert_close(ours, [float(value) for value in theirs], 1e-5, "train_on_batch")


@pytest.mark.parity
def test_frozen_layers_are_neither_penalized_nor_constrained(keras, rng) -> None:
    twins = make_twins(keras, [*layers("unit_norm", "unit_norm"), ("Dense", {"units": 2})], (5,), rng)
    for model in twins:
        model.layers[0].trainable = False
    twins.compile(keras, {"learning_rate": 0.1}, "mse")
    x, y = rng.normal(size=(30, 5)).astype("float32"), rng.normal(size=(30, 2)).astype("float32")
    before = twins.ours.layers[0].get_weights()
    ours, theirs = (m.fit(x, y, batch_size=8, shuffle=False, verbose=0).history["loss"] for m in twins)
    assert_close(ours, theirs, 1e-5)
    for now, then in zip(twins.ours.layers[0].get_weights(), before, strict=True):
        np.testing.assert_array_equal(now, then)


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_any_number_of_threads_gives_the_same_bits(threads, rng) -> None:
    """Wide enough that threads pay, with every constraint and axis; the run on one thread decides."""
    results = []
    x, y = rng.normal(size=(256, 200)).astype("float32"), rng.normal(size=(256, 70)).astype("float32")
    options = [{"kernel_constraint": getattr(constraints, n)(**a), "kernel_regularizer": "l2"} for n, a in CONSTRAINTS]
    for limit in (1, threads):
        bardana.utils.set_random_seed(7)
        hidden = [bardana.layers.Dense(200 + i, "tanh", bias_regularizer="l1", **o) for i, o in enumerate(options)]
        model = bardana.Sequential([bardana.Input((200,)), *hidden, bardana.layers.Dense(70)])
        model.compile("adam", "mse")
        bardana.runtime.set_threads(limit)
        try:
            history = model.fit(x, y, batch_size=64, epochs=2, verbose=0).history["loss"]
        finally:
            bardana.runtime.set_threads(None)
        results.append([np.asarray(history), *model.get_weights()])
    for one, many in zip(*results, strict=True):
        np.testing.assert_array_equal(one, many)


def test_gradients_include_penalties(rng) -> None:
    model = bardana.Sequential([bardana.Input((4,)), *(bardana.layers.Dense(**a) for _, a in layers(None, None))])
    model.compile("sgd", "mse")
    x, y = rng.normal(size=(6, 4)), rng.normal(size=(6, 50))
    assert model.check_gradients(x, y).ok
    loss, gradients, _ = model.compute_gradients(x, y)
    plain = bardana.Sequential([bardana.Input((4,)), bardana.layers.Dense(6, "tanh"), bardana.layers.Dense(50, "tanh")])
    plain.compile("sgd", "mse")
    plain.set_weights(model.get_weights())
    unpenalized, base, _ = plain.compute_gradients(x, y)
    assert loss == pytest.approx(unpenalized + sum(float(penalty) for penalty in model.losses), rel=1e-6)
    assert largest_error(gradients[0] - base[0], 0.02 * model.get_weights()[0]) < 1e-4


def test_padding_stays_zero(rng) -> None:
    """What a layer of 50 units computes does not depend on the 14 columns of padding, whatever constraints do."""
    for name, arguments in CONSTRAINTS:
        layer = bardana.layers.Dense(50, kernel_constraint=getattr(constraints, name)(**arguments))
        model = bardana.Sequential([bardana.Input((3,)), layer, bardana.layers.Dense(2, "softmax")])
        model.compile("adam", "sparse_categorical_crossentropy")
        x, y = rng.normal(size=(20, 3)).astype("float32"), rng.integers(0, 2, 20)
        model.fit(x, y, verbose=0)
        before = model.predict(x, verbose=0)
        model.set_weights(model.get_weights())  # clears the padding
        np.testing.assert_array_equal(model.predict(x, verbose=0), before)


def test_written_in_python_they_can_be_called_but_not_trained_with() -> None:
    class Mine(regularizers.L2):
        def __call__(self, x):
            return 3.0

    layer = bardana.layers.Dense(2, kernel_regularizer=Mine(), bias_constraint=lambda w: w)
    with pytest.raises(TypeError, match=r"kernel.*L1, L2 or L1L2"):
        layer(np.ones((1, 3)))
    layer = bardana.layers.Dense(2, bias_constraint=lambda w: w)
    with pytest.raises(TypeError, match=r"bias.*MaxNorm"):
        layer(np.ones((1, 3)))


def test_config_round_trip() -> None:
    layer = bardana.layers.Dense(2, kernel_regularizer="l2", bias_constraint=constraints.MaxNorm(3, axis=-1))
    twin = bardana.layers.Dense.from_config(layer.get_config())
    assert twin.get_config() == layer.get_config()
    assert twin.bias_constraint.get_config() == {"max_value": 3, "axis": -1}


def test_the_plan_tells_of_them() -> None:
    layer = bardana.layers.Dense(2, name="d", kernel_regularizer="l2", bias_constraint="non_neg")
    model = bardana.Sequential([bardana.Input((3,)), layer])
    model.compile("sgd", "mse")
    plan = [line.split() for line in model.explain().splitlines()]
    assert ["penalize", "dw=d/kernel", "l1=0", "l2=0.01"] in plan
    assert plan[-1] == ["constrain", "w=d/bias", "f=non_neg"]
