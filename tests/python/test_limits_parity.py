"""The limits of epochs and steps of `keras.config` do to runs what they do in Keras."""

from __future__ import annotations

import os
import subprocess
import sys
import warnings

import numpy as np
import pytest

import bardana

pytestmark = pytest.mark.parity

X = np.linspace(-1, 1, 40).reshape(20, 2)
Y = X[:, :1]


@pytest.fixture
def packages(keras):
    yield keras, bardana
    for package in (keras, bardana):
        package.config.set_max_epochs(None)
        package.config.set_max_steps_per_epoch(None)


def model_of(package):
    model = package.Sequential([package.Input((2,)), package.layers.Dense(1)])
    model.compile("sgd", "mse")
    return model


def run(package, call):
    """Return what a call gives, and the limits that it warns of."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        result = call(model_of(package))
    found = [str(warning.message).partition(",")[0] for warning in caught if "Limiting" in str(warning.message)]
    return result, found


@pytest.mark.parametrize("limit", [None, 0, 1, 2, 5])
@pytest.mark.parametrize("arguments", [{"epochs": 3}, {"epochs": 1}, {"epochs": 3, "initial_epoch": 2}])
def test_epochs(limit, arguments, packages):
    def fit(model):
        history = model.fit(X, Y, verbose=0, **arguments)
        return history.epoch, history.params

    for package in packages:
        package.config.set_max_epochs(limit)
        assert package.config.max_epochs() == limit
    theirs, ours = (run(package, fit) for package in packages)
    assert ours == theirs


@pytest.mark.parametrize("limit", [None, 0, 1, 2, 9])
@pytest.mark.parametrize("batch_size", [None, 5])
@pytest.mark.parametrize("steps", [None, 1, 3])
def test_steps_of_fit(limit, batch_size, steps, packages):
    def fit(model):
        seen = []

        class Count(model_package.callbacks.Callback):
            def on_train_batch_end(self, batch, logs=None):
                seen.append("train")

            def on_test_batch_end(self, batch, logs=None):
                seen.append("test")

        options = {"batch_size": batch_size, "steps_per_epoch": steps, "verbose": 0, "callbacks": [Count()]}
        return model.fit(X, Y, validation_data=(X, Y), **options).params["steps"], seen

    results = []
    for model_package in packages:
        model_package.config.set_max_steps_per_epoch(limit)
        assert model_package.config.max_steps_per_epoch() == limit
        results.append(run(model_package, fit))
    assert results[0] == results[1]


@pytest.mark.parametrize("limit", [None, 2])
def test_steps_of_evaluate_and_predict(limit, packages):
    for package in packages:
        package.config.set_max_steps_per_epoch(limit)
    calls = [
        lambda model: model.predict(X, batch_size=4, verbose=0).shape,
        lambda model: model.predict(X, steps=1, verbose=0).shape,
        lambda model: type(model.evaluate(X, Y, batch_size=4, verbose=0)),
    ]
    for call in calls:
        theirs, ours = (run(package, call) for package in packages)
        assert ours == theirs


@pytest.mark.parametrize("value", [-1, 1.5, "2", True])
def test_other_limits_are_refused(value, packages):
    for name in ("max_epochs", "max_steps_per_epoch"):
        with pytest.raises(ValueError, match=f"{name}.*received {value!r}"):
            getattr(bardana.config, f"set_{name}")(value)


def test_the_environment_sets_them():
    code = "import bardana; print(bardana.config.max_epochs(), bardana.config.max_steps_per_epoch())"
    limits = {"KERAS_MAX_EPOCHS": "3", "KERAS_MAX_STEPS_PER_EPOCH": "7"}
    run = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, **limits}, capture_output=True, text=True, check=True
    )
    assert run.stdout.split() == ["3", "7"]
