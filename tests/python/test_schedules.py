"""Learning-rate schedules point by point against live tf.keras, and in training.

Keras works in float32; so does the engine, operation by operation, so that values differ by the error of TensorFlow's
own pow, log and cos, a few units in the last place, times their sensitivity: 1e-6 of the schedule's largest value.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from keras_twin import assert_close, make_twins

import bardana
from bardana import _core
from bardana.optimizers import schedules

SCHEDULES: list[tuple[str, dict[str, Any]]] = [
    ("ExponentialDecay", {"initial_learning_rate": 0.1, "decay_steps": 7, "decay_rate": 0.9}),
    ("ExponentialDecay", {"initial_learning_rate": 0.1, "decay_steps": 7, "decay_rate": 0.9, "staircase": True}),
    ("InverseTimeDecay", {"initial_learning_rate": 0.1, "decay_steps": 9, "decay_rate": 0.5}),
    ("InverseTimeDecay", {"initial_learning_rate": 0.1, "decay_steps": 9, "decay_rate": 0.5, "staircase": True}),
    ("PolynomialDecay", {"initial_learning_rate": 0.1, "decay_steps": 20}),
    ("PolynomialDecay", {"initial_learning_rate": 0.1, "decay_steps": 20, "power": 0.5, "end_learning_rate": 0.01}),
    ("PolynomialDecay", {"initial_learning_rate": 0.1, "decay_steps": 20, "power": 2.0, "cycle": True}),
    ("PiecewiseConstantDecay", {"boundaries": [4, 10], "values": [0.5, 0.25, 0.1]}),
    ("PiecewiseConstantDecay", {"boundaries": [4], "values": [0.5, 0.25]}),
    ("CosineDecay", {"initial_learning_rate": 0.1, "decay_steps": 25, "alpha": 0.1}),
    ("CosineDecay", {"initial_learning_rate": 0.01, "decay_steps": 25, "warmup_target": 0.2, "warmup_steps": 6}),
    ("CosineDecayRestarts", {"initial_learning_rate": 0.1, "first_decay_steps": 8}),
    (
        "CosineDecayRestarts",
        {"initial_learning_rate": 0.1, "first_decay_steps": 6, "t_mul": 1.0, "m_mul": 0.8, "alpha": 0.05},
    ),
    ("CosineDecayRestarts", {"initial_learning_rate": 0.1, "first_decay_steps": 9, "t_mul": 1.5, "m_mul": 0.9}),
]
STEPS = [*range(50), 99, 100, 101, 1000, 123457]


def make(package, sample):
    name, arguments = sample
    return getattr(package.optimizers.schedules, name)(**arguments)


def test_every_schedule_has_a_sample() -> None:
    public = {n for n in schedules.__all__ if isinstance(getattr(schedules, n), type)} - {"LearningRateSchedule"}
    assert {name for name, _ in SCHEDULES} == public
    assert {make(bardana, sample).native()["name"] for sample in SCHEDULES} == set(_core.schedule_names())


@pytest.mark.parity
@pytest.mark.parametrize("sample", SCHEDULES, ids=str)
def test_point_by_point(sample, keras) -> None:
    ours, theirs = make(bardana, sample), make(keras, sample)
    values = ours(np.array(STEPS))
    assert values.dtype == "float32" and ours(3).shape == ()
    assert_close(values, [float(theirs(step)) for step in STEPS], 1e-6)
    assert ours(7) == values[7]


@pytest.mark.parity
@pytest.mark.parametrize("sample", SCHEDULES, ids=str)
def test_config_is_that_of_keras(sample, keras) -> None:
    ours, theirs = make(bardana, sample), make(keras, sample)
    assert schedules.serialize(ours) == keras.optimizers.schedules.serialize(theirs)
    again = schedules.deserialize(keras.optimizers.schedules.serialize(theirs))
    assert type(again) is type(ours) and again.get_config() == ours.get_config()
    optimizer = bardana.optimizers.SGD(ours)
    twin = bardana.optimizers.deserialize(bardana.optimizers.serialize(optimizer))
    assert twin.learning_rate == optimizer.learning_rate
    assert twin.get_config()["learning_rate"] == keras.optimizers.SGD(theirs).get_config()["learning_rate"]


def harmonic(step):
    return 0.3 / (1.0 + 0.5 * step)


@pytest.mark.parity
@pytest.mark.parametrize("kind", ["native", "subclass", "accumulated"])
def test_training_follows_the_schedule(kind, keras, rng) -> None:
    for package in (bardana, keras):
        package.utils.clear_session()  # names below have counters
    layers = [("Dense", {"units": 8, "activation": "tanh"}), ("Dense", {"units": 2})]
    twins = make_twins(keras, layers, (5,), rng)
    x, y = rng.normal(size=(44, 5)).astype("float32"), rng.normal(size=(44, 2)).astype("float32")
    sample = ("CosineDecay", {"initial_learning_rate": 0.0, "decay_steps": 9, "warmup_target": 0.3, "warmup_steps": 4})
    for package, model in ((bardana, twins.ours), (keras, twins.theirs)):
        schedule = make(package, sample)
        if kind == "subclass":
            base = package.optimizers.schedules.LearningRateSchedule
            step_type = (lambda step: step) if package is bardana else (lambda step: keras.ops.cast(step, "float32"))
            own = type("Own", (base,), {"__call__": lambda self, step, cast=step_type: harmonic(cast(step))})
            schedule = own()
        options = {"gradient_accumulation_steps": 2} if kind == "accumulated" else {}
        model.compile(package.optimizers.SGD(schedule, momentum=0.5, **options), "mse")
        model.fit(x, y, batch_size=8, epochs=2, shuffle=False, verbose=0)
        model.train_on_batch(x, y)
    for variable, value in zip(twins.ours.weights, twins.theirs.get_weights(), strict=True):
        assert_close(variable.numpy(), value, 1e-5, variable.path)
    ours, theirs = twins.ours.optimizer, twins.theirs.optimizer
    assert float(ours.learning_rate) == pytest.approx(float(theirs.learning_rate), rel=1e-6)
    assert [v.name for v in ours.variables] == [v.name for v in theirs.variables]


def model_and_data(rng):
    model = bardana.Sequential([bardana.Input((3,)), bardana.layers.Dense(1)])
    return model, rng.normal(size=(20, 3)).astype("float32"), rng.normal(size=(20, 1)).astype("float32")


def test_a_function_is_called_before_each_step(rng) -> None:
    model, x, y = model_and_data(rng)
    rates = iter(np.linspace(0.1, 0.2, 9))
    optimizer = bardana.optimizers.SGD(lambda: next(rates))
    twin, _, _ = model_and_data(rng)
    twin.set_weights(model.get_weights())
    model.compile(optimizer, "mse")
    twin.compile(bardana.optimizers.SGD(0.5), "mse")
    model.fit(x, y, batch_size=5, epochs=2, shuffle=False, verbose=0)
    model.train_on_batch(x[:2], y[:2])
    for number, rate in enumerate(np.linspace(0.1, 0.2, 9)):
        twin.optimizer.learning_rate = rate
        rows = slice(number % 4 * 5, number % 4 * 5 + 5) if number < 8 else slice(2)
        twin.train_on_batch(x[rows], y[rows])
    for ours, expected in zip(model.get_weights(), twin.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, expected)


def test_an_error_in_a_function_ends_fit_and_leaves_whole_steps(rng) -> None:
    model, x, y = model_and_data(rng)
    rates = iter([0.1, 0.1])

    def rate():
        return next(rates)

    model.compile(bardana.optimizers.SGD(rate), "mse")
    with pytest.raises(StopIteration):
        model.fit(x, y, batch_size=5, verbose=0)
    assert int(model.optimizer.iterations) == 2
    model.optimizer.learning_rate = lambda: "fast"
    with pytest.raises(ValueError, match="received 'fast'"):
        model.train_on_batch(x, y)


def test_what_follows_a_schedule_cannot_be_set(rng) -> None:
    optimizer = bardana.optimizers.Adam(schedules.ExponentialDecay(0.5, 10, 0.5))
    with pytest.raises(TypeError, match="ExponentialDecay"):
        optimizer.learning_rate = 0.1
    optimizer.learning_rate = schedules.PiecewiseConstantDecay([0], [1.0, 0.25])
    model, x, y = model_and_data(rng)
    model.compile(optimizer, "mse")
    assert float(optimizer.learning_rate) == 1.0
    model.train_on_batch(x, y)
    assert float(model.optimizer.learning_rate) == 0.25
    plain = bardana.optimizers.SGD(0.5)
    plain.learning_rate = schedules.ExponentialDecay(0.25, 10, 0.5)
    assert float(plain.learning_rate) == 0.25


@pytest.mark.parametrize(
    "make_wrong",
    [
        lambda: schedules.ExponentialDecay(0.1, 0, 0.5),
        lambda: schedules.CosineDecayRestarts(0.1, -1),
        lambda: schedules.PolynomialDecay("a", 5),
        lambda: schedules.PiecewiseConstantDecay([1, 2], [0.1, 0.2]),
        lambda: bardana.optimizers.SGD("fast"),
    ],
)
def test_numbers_that_make_no_sense(make_wrong) -> None:
    with pytest.raises(ValueError, match=r"(?i)received"):
        make_wrong()
