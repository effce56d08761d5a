"""Training changes weights, and reports losses and metrics, as live tf.keras does.

Every step adds a rounding of each weight (u = 6e-8) on both sides and the difference of gradients (some u as well)
times the learning rate, so after 20 steps of these contracting problems weights agree to 20 · few u < 1e-5 of their
largest magnitude. Histories are means of such values.
"""

from __future__ import annotations

import numpy as np
import pytest
from keras_twin import assert_close, make_loss, make_twins

import bardana

pytestmark = pytest.mark.parity

LAYERS = [("Dense", {"units": 8, "activation": "tanh"}), ("Dense", {"units": 3, "activation": "softmax"})]
REGRESSION = [("Dense", {"units": 8, "activation": "tanh"}), ("Dense", {"units": 1})]
SPARSE = "sparse_categorical_crossentropy"


def classification_data(rng, rows=50):
    return rng.normal(size=(rows, 5)).astype("float32"), rng.integers(0, 3, rows)


def assert_same_weights(twins, tolerance=1e-5) -> None:
    for variable, theirs in zip(twins.ours.weights, twins.theirs.get_weights(), strict=True):
        assert_close(variable.numpy(), theirs, tolerance, variable.path)


def assert_same_history(ours, theirs, tolerance=1e-5) -> None:
    assert list(ours.history) == list(theirs.history)
    assert ours.epoch == theirs.epoch
    assert ours.params["epochs"] == theirs.params["epochs"]
    assert ours.params["steps"] == theirs.params["steps"]
    for key, values in theirs.history.items():
        assert all(type(value) is float for value in ours.history[key])
        assert_close(ours.history[key], values, tolerance, key)


def fit_both(twins, *data, **arguments):
    """Fit both without shuffling; return both histories."""
    return [model.fit(*data, verbose=0, shuffle=False, **arguments) for model in twins]


# Native rule -> class and arguments that choose it. test_optimizer_parity.py has them with every option.
OPTIMIZERS = {
    "adamax": [("Adamax", {})],
    "nadam": [("Nadam", {})],
    "rmsprop": [("RMSprop", {})],
    "rmsprop_momentum": [("RMSprop", {"momentum": 0.9})],
    "rmsprop_centered": [("RMSprop", {"centered": True})],
    "rmsprop_centered_momentum": [("RMSprop", {"momentum": 0.5, "centered": True, "rho": 0.8})],
    "adagrad": [("Adagrad", {"learning_rate": 0.01})],
    "adadelta": [("Adadelta", {"learning_rate": 1.0})],
    "ftrl": [("Ftrl", {"learning_rate": 0.01, "l1_regularization_strength": 0.001})],
    "ftrl_power": [("Ftrl", {"learning_rate": 0.01, "learning_rate_power": -0.75})],
    "lion": [("Lion", {})],
    "sgd": [("SGD", {"learning_rate": 0.1}), ("SGD", {"learning_rate": 0.1, "nesterov": True})],
    "sgd_momentum": [
        ("SGD", {"learning_rate": 0.05, "momentum": 0.9}),
        ("SGD", {"learning_rate": 0.02, "momentum": 1.0}),
    ],
    "sgd_nesterov": [("SGD", {"learning_rate": 0.05, "momentum": 0.9, "nesterov": True})],
    "adam": [
        ("Adam", {}),
        ("AdamW", {"weight_decay": 0.1}),
        ("Adam", {"learning_rate": 0.01, "beta_1": 0.8, "beta_2": 0.9, "epsilon": 1e-3}),
        ("Adam", {"beta_1": 0.0}),
    ],
    "adam_amsgrad": [("Adam", {"learning_rate": 0.01, "beta_2": 0.5, "amsgrad": True})],
}


def test_every_optimizer_has_a_sample() -> None:
    assert set(OPTIMIZERS) == set(bardana._core.optimizer_names())
    public = {name for name in bardana.optimizers.__all__ if isinstance(getattr(bardana.optimizers, name), type)}
    assert public == {"Optimizer", *(name for samples in OPTIMIZERS.values() for name, _ in samples)}


@pytest.mark.parametrize(("rule", "arguments"), [a for samples in OPTIMIZERS.values() for a in samples], ids=str)
def test_twenty_steps(rule, arguments, keras, rng) -> None:
    twins = make_twins(keras, LAYERS, (5,), rng)
    twins.compile(keras, arguments, SPARSE, rule=rule)
    x, y = classification_data(rng)
    for step in range(20):
        rows = slice(step * 7 % 40, step * 7 % 40 + 10)
        losses = [model.train_on_batch(x[rows], y[rows]) for model in twins]
        assert_close(losses[0], losses[1], 1e-5, f"loss of step {step}")
    assert_same_weights(twins)
    assert int(twins.ours.optimizer.iterations) == 20


def test_an_assigned_learning_rate_counts_from_the_next_step(keras, rng) -> None:
    twins = make_twins(keras, LAYERS, (5,), rng)
    twins.compile(keras, {"learning_rate": 0.1, "momentum": 0.5}, SPARSE)
    x, y = classification_data(rng)
    rates = [0.3, 0.05, 0.0]
    for package, model in ((bardana, twins.ours), (keras, twins.theirs)):

        def change(batch, logs=None, model=model):
            model.optimizer.learning_rate = rates[batch % 3]

        callback = package.callbacks.LambdaCallback(on_train_batch_end=change)
        model.fit(x, y, batch_size=10, epochs=2, shuffle=False, verbose=0, callbacks=[callback])
        model.optimizer.learning_rate.assign(0.2)
        model.train_on_batch(x, y)
    assert float(twins.ours.optimizer.learning_rate) == float(twins.theirs.optimizer.learning_rate)
    assert_same_weights(twins)


@pytest.mark.parametrize("batch_size", [1, 7, 16, 50, 64, None])
def test_history_for_any_batch_size(batch_size, keras, rng) -> None:
    """One row, a ragged last batch (7, 16, 32), exactly all rows, more than all rows."""
    twins = make_twins(keras, LAYERS, (5,), rng)
    twins.compile(keras, {"learning_rate": 0.05}, SPARSE, ["accuracy"])
    ours, theirs = fit_both(twins, *classification_data(rng), batch_size=batch_size, epochs=2)
    assert_same_history(ours, theirs)
    assert_same_weights(twins)


def weights_of(form, y, rng):
    if form == "class_weight":
        return {"class_weight": {0: 0.5, 2: 3.0}}
    weight = rng.uniform(0, 2, len(y)).astype("float32")
    return {"sample_weight": weight[:, None] if form == "sample_weight (n, 1)" else weight}


@pytest.mark.parametrize("form", ["class_weight", "sample_weight", "sample_weight (n, 1)"])
@pytest.mark.parametrize("target", ["(n,)", "(n, 1)", "one-hot"])
def test_weights_of_samples_and_classes(form, target, keras, rng) -> None:
    twins = make_twins(keras, LAYERS, (5,), rng)
    x, y = classification_data(rng)
    loss = "categorical_crossentropy" if target == "one-hot" else SPARSE
    y = {"(n,)": y, "(n, 1)": y[:, None], "one-hot": np.eye(3, dtype="float32")[y]}[target]
    twins.compile(keras, {"learning_rate": 0.1}, loss, ["accuracy"])
    ours, theirs = fit_both(twins, x, y, batch_size=16, epochs=2, **weights_of(form, y, rng))
    assert_same_history(ours, theirs)
    assert_same_weights(twins)


def test_validation_split_with_weights_and_frequency(keras, rng) -> None:
    twins = make_twins(keras, LAYERS, (5,), rng)
    twins.compile(keras, {"learning_rate": 0.1}, SPARSE, ["accuracy"])
    x, y = classification_data(rng)
    weight = rng.uniform(0, 2, 50).astype("float32")
    arguments = {
        "validation_split": 0.27,
        "sample_weight": weight,
        "validation_freq": 2,
        "initial_epoch": 1,
        "epochs": 5,
    }
    ours, theirs = fit_both(twins, x, y, batch_size=8, **arguments)
    assert_same_history(ours, theirs)
    assert_same_weights(twins)


def test_validation_data_with_weights(keras, rng) -> None:
    twins = make_twins(keras, REGRESSION, (5,), rng)
    twins.compile(keras, {"learning_rate": 0.05}, "mse", ["mae"])
    x, y = rng.normal(size=(30, 5)).astype("float32"), rng.normal(size=30).astype("float32")
    held_out = (x[:11] + 1, y[:11], rng.uniform(0, 2, 11).astype("float32"))
    options = {"validation_data": held_out, "validation_batch_size": 4, "validation_freq": [1, 3], "epochs": 3}
    ours, theirs = fit_both(twins, x, y, batch_size=8, **options)
    assert_same_history(ours, theirs)
    assert_same_weights(twins)


@pytest.mark.parametrize("frozen", [0, 1])
def test_frozen_layers_keep_their_weights(frozen, keras, rng) -> None:
    twins = make_twins(keras, [*LAYERS[:1], ("Dense", {"units": 4, "activation": "relu"}), *LAYERS[1:]], (5,), rng)
    for model in twins:
        model.layers[frozen].trainable = False
    twins.compile(keras, {"learning_rate": 0.1, "momentum": 0.9}, SPARSE)
    before = twins.ours.layers[frozen].get_weights()
    fit_both(twins, *classification_data(rng), batch_size=8, epochs=2)
    for ours, kept in zip(twins.ours.layers[frozen].get_weights(), before, strict=True):
        np.testing.assert_array_equal(ours, kept)
    assert_same_weights(twins)


def test_single_batches(keras, rng) -> None:
    """train_, test_ and predict_on_batch, evaluate: values, types, and metrics of this batch alone."""
    twins = make_twins(keras, LAYERS, (5,), rng)
    twins.compile(keras, {"learning_rate": 0.1}, SPARSE, ["accuracy"])
    x, y = classification_data(rng)
    weight = rng.uniform(0, 2, 50).astype("float32")
    calls = [
        lambda m: m.train_on_batch(x[:20], y[:20]),
        lambda m: m.train_on_batch(x[20:], y[20:], sample_weight=weight[20:]),
        lambda m: m.train_on_batch(x, y, class_weight={1: 2.0}),
        lambda m: m.test_on_batch(x[:9], y[:9]),
        lambda m: m.test_on_batch(x, y, sample_weight=weight),
        lambda m: m.evaluate(x, y, batch_size=16, sample_weight=weight, verbose=0),
        lambda m: m.evaluate(x, y, batch_size=16, verbose=0, steps=2),
    ]
    for number, call in enumerate(calls):
        ours, theirs = call(twins.ours), call(twins.theirs)
        assert len(ours) == len(theirs) == 2
        assert_close(ours, [float(value) for value in theirs], 1e-5, f"call {number}")
    assert_close(twins.ours.predict_on_batch(x), twins.theirs.predict_on_batch(x), 1e-5)
    assert_close(twins.ours.predict(x, verbose=0), twins.theirs.predict(x, verbose=0), 1e-5)


def test_results_as_dictionaries(keras, rng) -> None:
    twins = make_twins(keras, REGRESSION, (5,), rng)
    twins.compile(keras, {"learning_rate": 0.1}, ("Huber", {}), ["mae", "mse"])
    x, y = rng.normal(size=(12, 5)).astype("float32"), rng.normal(size=(12, 1)).astype("float32")
    for name in ("train_on_batch", "test_on_batch", "evaluate"):
        ours, theirs = (getattr(model, name)(x, y, return_dict=True) for model in twins)
        assert set(ours) == set(theirs) == {"loss", "mae", "mse"}
        for key, value in theirs.items():
            assert_close(ours[key], float(value), 1e-5, f"{name} {key}")
    twins = make_twins(keras, REGRESSION, (5,), rng)
    twins.compile(keras, {"learning_rate": 0.1}, "mse")
    for name in ("train_on_batch", "test_on_batch", "evaluate"):
        ours, theirs = (getattr(model, name)(x, y) for model in twins)
        assert isinstance(ours, float)
        assert_close(ours, float(theirs), 1e-5, name)


@pytest.mark.parametrize("reduction", ["sum", "mean_with_sample_weight"])
def test_the_epoch_loss_is_weighted_by_rows(reduction, keras, rng) -> None:
    """Whatever the reduction, Keras averages the losses of batches by their numbers of rows."""
    twins = make_twins(keras, REGRESSION, (5,), rng)
    for package, model in ((bardana, twins.ours), (keras, twins.theirs)):
        model.compile(package.optimizers.SGD(0.001), make_loss(package, ("MeanSquaredError", {"reduction": reduction})))
    x, y = rng.normal(size=(20, 5)).astype("float32"), rng.normal(size=(20, 1)).astype("float32")
    weight = rng.uniform(0, 2, 20).astype("float32")
    assert_same_history(*fit_both(twins, x, y, batch_size=8, epochs=2, sample_weight=weight))
    assert_same_weights(twins)
