"""Every optimizer with every option against live tf.keras, fed the same recorded gradients for twenty steps.

Both sides round some ten operations a step, each by at most u of the largest intermediate (u = 6e-8 in float32), and
denominators amplify that little, so 20 steps stay below 1e-5 of a tensor's largest magnitude; in float64 1e-9 shows
that hyperparameters are rounded alike: a float32 rounding in one place alone would be 1e-8 to 1e-5 off.

Ftrl alone has an intermediate that outweighs the result: see `rounding_of_ftrl`.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from keras_twin import assert_close, make_twins

import bardana

pytestmark = pytest.mark.parity

TOLERANCE = {"float32": 1e-5, "float64": 1e-9}
SHAPES = {"kernel": (5, 3), "wide": (7, 50), "bias": (3,)}

# Native rule -> class and arguments that choose it.
OPTIMIZERS: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "sgd": [("SGD", {"learning_rate": 0.1})],
    "sgd_momentum": [("SGD", {"learning_rate": 0.1, "momentum": 0.9})],
    "sgd_nesterov": [("SGD", {"learning_rate": 0.1, "momentum": 0.7, "nesterov": True})],
    "adam": [("Adam", {}), ("AdamW", {"weight_decay": 0.3}), ("Adam", {"beta_1": 0.7, "beta_2": 0.8})],
    "adam_amsgrad": [("Adam", {"amsgrad": True, "beta_2": 0.6})],
    "adamax": [("Adamax", {"learning_rate": 0.01})],
    "nadam": [("Nadam", {"learning_rate": 0.01})],
    "rmsprop": [("RMSprop", {"learning_rate": 0.01, "rho": 0.7})],
    "rmsprop_momentum": [("RMSprop", {"momentum": 0.9})],
    "rmsprop_centered": [("RMSprop", {"centered": True, "epsilon": 1e-3})],
    "rmsprop_centered_momentum": [("RMSprop", {"momentum": 0.5, "centered": True, "epsilon": 1e-3})],
    "adagrad": [("Adagrad", {"learning_rate": 0.1, "initial_accumulator_value": 0.3})],
    "adadelta": [("Adadelta", {"learning_rate": 1.0, "rho": 0.9})],
    "ftrl": [
        ("Ftrl", {"learning_rate": 0.1}),
        (
            "Ftrl",
            {
                "learning_rate": 0.1,
                "l1_regularization_strength": 0.1,
                "l2_regularization_strength": 0.2,
                "l2_shrinkage_regularization_strength": 0.3,
                "beta": 0.4,
            },
        ),
    ],
    "ftrl_power": [("Ftrl", {"learning_rate": 0.1, "learning_rate_power": -0.7})],
    "lion": [("Lion", {"learning_rate": 0.01})],
}
OPTIONS: list[dict[str, Any]] = [
    {},
    {"weight_decay": 0.3},
    {"clipnorm": 0.5},
    {"clipvalue": 0.3},
    {"global_clipnorm": 0.7},
    {"use_ema": True, "ema_momentum": 0.8},
    {"use_ema": True, "ema_momentum": 0.9, "ema_overwrite_frequency": 3},
    {"gradient_accumulation_steps": 3},
    {"loss_scale_factor": 3.0},
    {
        "gradient_accumulation_steps": 2,
        "use_ema": True,
        "ema_overwrite_frequency": 4,
        "global_clipnorm": 1.5,
        "weight_decay": 0.1,
        "loss_scale_factor": 0.5,
    },
]


def test_every_rule_has_a_sample() -> None:
    assert set(OPTIMIZERS) == set(bardana._core.optimizer_names())


def recorded(rng, dtype, steps=20):
    """Start values, and gradients of very different sizes."""
    start = [rng.normal(size=shape).astype(dtype) for shape in SHAPES.values()]
    scales = (1.0, 0.01, 3.0)
    return start, [
        [(scale * rng.normal(size=w.shape)).astype(dtype) for scale, w in zip(scales, start, strict=True)]
        for _ in range(steps)
    ]


def make_variables(package, start):
    return [package.Variable(w, name=name) for name, w in zip(SHAPES, start, strict=True)]


def assert_same_variables(ours, theirs, tolerance, what, floors=None):
    """Values, shapes and order of everything the optimizers remember, but for the learning rate's place."""
    assert len(ours) == len(theirs), [v.path for v in ours]
    for mine, other in zip(ours, theirs, strict=True):
        assert mine.name == other.name
        assert_close(mine.numpy(), other.numpy(), tolerance, f"{what}, {mine.path}", (floors or {}).get(mine.name, 0.0))


def rounding_of_ftrl(arguments, start, optimizer):
    """Differences that rounding explains, by the names of variables and slots.

    z takes (n'ᵖ − nᵖ) w / η, where small gradients let all but the last digits of the two powers cancel: the error is
    c u nᵖ |w| / η, with c = 6 for p = ½ (u for each of our square roots, 1 ulp or 2 u for each of TensorFlow's powers)
    and c = 16 else (6 u for each of ours, exp(p log n): while gradients are small, p |log n| < 2 is rounded to 4 u, and
    exp adds 2 u). Then w = −z η / nᵖ, so that w, and averages of it, are off by c u |w|, where w is largest by far at
    the start: gradients of size 0.01 leave it a hundred times smaller. Keras' runs in float32 and float64 are as far
    from each other.
    """
    power = -arguments.get("learning_rate_power", -0.5)
    c = 6 if power == 0.5 else 16
    slots = {v.name: v.numpy() for v in optimizer.variables}
    floors = {}
    for name, w in zip(SHAPES, start, strict=True):
        error = c * np.finfo(w.dtype).eps / 2 * float(np.abs(w).max())
        floors |= {name: error, f"{name}_average": error}
        floors[f"{name}_linear"] = (
            error * float(slots[f"{name}_accumulator"].max()) ** power / arguments["learning_rate"]
        )
    return floors


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: " ".join(option) or "plain")
@pytest.mark.parametrize(
    ("rule", "arguments"), [sample for samples in OPTIMIZERS.values() for sample in samples], ids=str
)
def test_recorded_gradients(rule, arguments, option, keras, rng) -> None:
    for dtype, tolerance in TOLERANCE.items():
        start, gradients = recorded(rng, dtype)
        results = []
        for package in (bardana, keras):
            optimizer = getattr(package.optimizers, rule)(**{**arguments, **option})
            variables = make_variables(package, start)
            for step in gradients:
                optimizer.apply(step, variables)
            results.append((optimizer, variables))
        (ours, our_variables), (theirs, their_variables) = results
        assert int(ours.iterations) == int(theirs.iterations)
        floors = rounding_of_ftrl(arguments, start, ours) if rule == "Ftrl" else None
        assert_same_variables(our_variables, their_variables, tolerance, dtype, floors)
        remembered = [v for v in theirs.variables if v.ndim or v.name in ("iteration", "learning_rate")]
        assert_same_variables(ours.variables, remembered, tolerance, dtype, floors)
        if option.get("use_ema"):
            for optimizer, variables in results:
                optimizer.finalize_variable_values(variables)
            assert_same_variables(our_variables, their_variables, tolerance, dtype, floors)


def test_ftrl_with_power_0_and_nothing_accumulated(keras) -> None:
    start, results = [np.full(4, 0.5, "float32")], []
    for package in (bardana, keras):
        optimizer = package.optimizers.Ftrl(0.1, learning_rate_power=0.0, initial_accumulator_value=0.0)
        variable = package.Variable(start[0])
        for gradient in ([0.0, 1.0, -2.0, 0.5], [0.0, 0.5, 1.0, 0.0]):
            optimizer.apply([np.array(gradient, "float32")], [variable])
        results.append(variable.numpy())
    np.testing.assert_allclose(*results, rtol=1e-6)


def test_gradients_that_are_missing(keras, rng) -> None:
    """A variable without a gradient keeps its value and slots, and a constraint holds after each step."""
    start, gradients = recorded(rng, "float32", 4)
    results = []
    for package in (bardana, keras):
        optimizer = package.optimizers.Adam(0.01, weight_decay=0.1)
        variables = make_variables(package, start)
        variables[1].constraint = package.constraints.MaxNorm(0.5)
        optimizer.build(variables)
        for number, step in enumerate(gradients):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                optimizer.apply_gradients(zip([None if number % 2 else step[0], *step[1:]], variables, strict=True))
        optimizer.apply(gradients[0])
        results.append((optimizer, variables))
    (ours, our_variables), (theirs, their_variables) = results
    assert_same_variables(our_variables, their_variables, 1e-5, "variables")
    assert_same_variables(ours.variables, theirs.variables, 1e-5, "slots")


@pytest.mark.parametrize("names", [None, ["bias"]])
def test_excluded_from_weight_decay(names, keras, rng) -> None:
    start, gradients = recorded(rng, "float32", 5)
    results = []
    for package in (bardana, keras):
        optimizer = package.optimizers.AdamW(0.01, weight_decay=0.5)
        variables = make_variables(package, start)
        optimizer.exclude_from_weight_decay(var_list=variables[:1], var_names=names)
        for step in gradients:
            optimizer.apply(step, variables)
        if package is bardana:  # Keras documents this error, but looks at an attribute that nothing sets
            with pytest.raises(ValueError, match="before"):
                optimizer.exclude_from_weight_decay(var_names=["kernel"])
        results.append(variables)
    assert_same_variables(*results, 1e-5, "variables")


LAYERS = [("Dense", {"units": 8, "activation": "tanh"}), ("Dense", {"units": 2})]
THROUGH_A_NET = [
    ("Adam", {"weight_decay": 0.1, "clipnorm": 0.1}),
    ("SGD", {"learning_rate": 0.1, "global_clipnorm": 0.3, "use_ema": True, "ema_momentum": 0.9}),
    ("SGD", {"learning_rate": 0.1, "clipvalue": 0.02, "loss_scale_factor": 8.0}),
    ("Nadam", {"gradient_accumulation_steps": 3, "use_ema": True, "ema_overwrite_frequency": 2}),
    ("RMSprop", {"weight_decay": 0.2, "use_ema": True, "ema_overwrite_frequency": 5}),
]


@pytest.mark.parametrize(("rule", "arguments"), THROUGH_A_NET, ids=str)
def test_through_a_net(rule, arguments, keras, rng) -> None:
    """Two fits of the same model: histories, weights (at the end, averages), and what the optimizers remember."""
    twins = make_twins(keras, LAYERS, (5,), rng)
    twins.compile(keras, arguments, "mse", rule=rule)
    x, y = rng.normal(size=(44, 5)).astype("float32"), rng.normal(size=(44, 2)).astype("float32")
    for _ in range(2):
        ours, theirs = (
            m.fit(x, y, batch_size=8, epochs=2, shuffle=False, verbose=0, validation_data=(x[:5], y[:5])) for m in twins
        )
        for key, values in theirs.history.items():
            assert_close(ours.history[key], values, 1e-5, key)
        for variable, value in zip(twins.ours.weights, twins.theirs.get_weights(), strict=True):
            assert_close(variable.numpy(), value, 1e-5, variable.path)
    remembered = [v for v in twins.theirs.optimizer.variables if v.ndim or v.name in ("iteration", "learning_rate")]
    for mine, other in zip(twins.ours.optimizer.variables, remembered, strict=True):
        assert_close(mine.numpy(), other.numpy(), 1e-4, mine.path)
    assert int(twins.ours.optimizer.iterations) == int(twins.theirs.optimizer.iterations)


def test_the_same_optimizer_compiled_again_goes_on(keras, rng) -> None:
    twins = make_twins(keras, LAYERS, (5,), rng)
    x, y = rng.normal(size=(20, 5)).astype("float32"), rng.normal(size=(20, 2)).astype("float32")
    for package, model in ((bardana, twins.ours), (keras, twins.theirs)):
        optimizer = package.optimizers.SGD(0.05, momentum=0.9)
        for _ in range(3):
            model.compile(optimizer, "mse")
            model.fit(x, y, batch_size=8, shuffle=False, verbose=0)
    for variable, value in zip(twins.ours.weights, twins.theirs.get_weights(), strict=True):
        assert_close(variable.numpy(), value, 1e-5, variable.path)


def test_attributes_assigned_before_the_first_step_count(keras, rng) -> None:
    start, gradients = recorded(rng, "float32", 5)
    results = []
    for package in (bardana, keras):
        optimizer = package.optimizers.SGD(0.1)
        optimizer.momentum, optimizer.nesterov, optimizer.clipvalue = 0.5, True, 0.25
        variables = make_variables(package, start)
        for step in gradients:
            optimizer.apply(step, variables)
        results.append(variables)
    assert_same_variables(*results, 1e-6, "variables")
