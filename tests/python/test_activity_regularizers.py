"""Penalties on activations, divided by the rows of the batch, as live tf.keras adds them to loss and gradient.

Sums of some tens of numbers of size 1 agree to 1e-5 in float32, whose roundings are 6e-8 each.
"""

from __future__ import annotations

import numpy as np
import pytest
from keras_twin import assert_close, make_loss, make_model, make_twins

import bardana

LAST = ("Dense", {"units": 3})
CHAINS = {
    "layer": [("Dense", {"units": 4}), ("ActivityRegularization", {"l1": 0.5, "l2": 0.25}), LAST],
    "hidden": [("Dense", {"units": 4, "activation": "relu", "activity_regularizer": "l1"}), LAST],
    "linear before an activation": [
        ("Dense", {"units": 4, "activity_regularizer": "l2"}),
        ("Activation", {"activation": "tanh"}),
        LAST,
    ],
    "first, repacked": [
        ("Reshape", {"target_shape": (1, 5), "activity_regularizer": "l2"}),
        ("Flatten", {}),
        LAST,
    ],
    "normalization": [("Dense", {"units": 4}), ("BatchNormalization", {"activity_regularizer": "l1"}), LAST],
    "softmax": [("Dense", {"units": 3, "activation": "softmax", "activity_regularizer": "l2"})],
    "sigmoid": [("Dense", {"units": 3, "activation": "sigmoid", "activity_regularizer": "l1"})],
    "softmax as a layer": [LAST, ("Activation", {"activation": "softmax", "activity_regularizer": "l2"})],
}
LOSSES = {
    "softmax": "categorical_crossentropy",
    "sigmoid": "binary_crossentropy",
    "softmax as a layer": "categorical_crossentropy",
}


def without_penalties(layers):
    """Return the layers without activity regularizers."""
    return [
        (name, {key: value for key, value in arguments.items() if key != "activity_regularizer"})
        for name, arguments in layers
        if name != "ActivityRegularization"
    ]


@pytest.mark.parity
@pytest.mark.parametrize("name", CHAINS)
def test_losses_and_steps(name, keras, rng) -> None:
    """A ragged last batch; evaluate and test_on_batch; training for 10 steps."""
    layers, loss = CHAINS[name], LOSSES.get(name, "mse")
    twins = make_twins(keras, layers, (5,), rng)
    twins.compile(keras, {"learning_rate": 0.125}, loss)
    x = rng.normal(size=(18, 5)).astype("float32")
    y = np.eye(3, dtype="float32")[rng.integers(0, 3, 18)]
    losses = [model.evaluate(x, y, batch_size=8, verbose=0) for model in twins]
    assert_close(losses[0], float(losses[1]), 1e-5, "evaluate")
    fits = [model.fit(x, y, batch_size=8, epochs=3, shuffle=False, verbose=0).history["loss"] for model in twins]
    assert_close(fits[0], fits[1], 1e-5, "fit")
    losses = [model.train_on_batch(x[:1], y[:1]) for model in twins]
    assert_close(losses[0], float(losses[1]), 1e-4, "one row")
    for variable, theirs in zip(twins.ours.variables, twins.theirs.get_weights(), strict=True):
        assert_close(variable.numpy(), theirs, 1e-4, variable.path, 1e-6)


@pytest.mark.parametrize("name", CHAINS)
def test_gradients_agree_with_differences(name, rng) -> None:
    layers, loss = CHAINS[name], LOSSES.get(name, "mse")
    model = make_model(bardana, layers, (5,), "float64")
    model.compile("sgd", make_loss(bardana, loss))
    x, y = rng.normal(size=(4, 5)), np.eye(3)[rng.integers(0, 3, 4)]
    without = make_model(bardana, without_penalties(layers), (5,), "float64")
    without.compile("sgd", make_loss(bardana, loss))
    without.set_weights(model.get_weights())
    assert model.evaluate(x, y, verbose=0) > without.evaluate(x, y, verbose=0) + 1e-6
    report = model.check_gradients(x, y, tolerance=1e-6)
    assert report.ok, str(report)


def test_float64_penalties(rng) -> None:
    x = rng.normal(size=(7, 3))
    model = make_model(bardana, [("ActivityRegularization", {"l1": 0.3, "l2": 0.2})], (3,), "float64")
    model.compile("sgd", "mse")
    expected = (0.3 * np.abs(x).sum() + 0.2 * (x**2).sum()) / 7
    assert_close(model.evaluate(x, x, verbose=0), expected, 1e-14)
    assert_close(model.compute_gradients(x, x).inputs, (0.3 * np.sign(x) + 0.4 * x) / 7, 1e-14)


def test_what_the_engine_does_not_know_is_refused(rng) -> None:
    class Own(bardana.regularizers.Regularizer):
        def __call__(self, x):
            return 0.0

    model = bardana.Sequential([bardana.layers.Dense(2, activity_regularizer=Own())])
    model.compile("sgd", "mse")
    with pytest.raises(TypeError, match="regularizer"):
        model.fit(np.ones((2, 3)), np.ones((2, 2)), verbose=0)
    with pytest.raises(ValueError, match="Could not interpret"):
        bardana.layers.Dense(2, activity_regularizer="l3")


@pytest.mark.parity
def test_configs_are_those_of_keras(keras) -> None:
    for name, arguments in [
        ("Dense", {"units": 2, "activity_regularizer": "l2"}),
        ("ActivityRegularization", {"l1": 0.5}),
    ]:
        ours, theirs = (getattr(p.layers, name)(**arguments, name="n").get_config() for p in (bardana, keras))
        assert ours.get("activity_regularizer") == theirs.get("activity_regularizer")
        again = getattr(bardana.layers, name).from_config(ours)
        assert again.get_config() == ours
        if name != "Dense":
            assert set(ours) == set(theirs)
