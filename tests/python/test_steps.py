"""Step functions as activations: in layers, saved and read, and what training through them says."""

import json
import warnings

import numpy as np
import pytest

import bardana as keras


def model_of(*layers):
    return keras.Sequential([keras.Input((3,)), *layers])


def data(rng):
    return rng.normal(size=(8, 3)), rng.normal(size=(8, 1))


@pytest.mark.parametrize("name", ["heaviside", "sign"])
def test_steps_in_layers_in_every_form(name, rng):
    function = getattr(keras.activations, name)
    x = np.round(rng.normal(size=(20, 3)) * 2)
    expected = np.heaviside(x @ np.ones(3), 1.0) if name == "heaviside" else np.sign(x @ np.ones(3))
    for activation in (name, function, lambda values: function(values)):
        model = model_of(keras.layers.Dense(1, activation))
        model.set_weights([np.ones((3, 1)), [0.0]])
        np.testing.assert_array_equal(model.predict(x, verbose=0)[:, 0], expected)
    layer = keras.layers.Activation(name)
    np.testing.assert_array_equal(layer(x), np.heaviside(x, 1.0) if name == "heaviside" else np.sign(x))
    again = keras.Sequential.from_config(json.loads(json.dumps(model_of(keras.layers.Dense(1, name)).get_config())))
    assert again.layers[0].activation is function


@pytest.mark.parametrize("name", ["heaviside", "sign"])
def test_training_through_a_step_warns_once_and_changes_nothing_before_it(name, rng):
    model = model_of(keras.layers.Dense(4, name, name="hidden"), keras.layers.Dense(1, name="last"))
    model.compile("sgd", "mse")
    x, y = data(rng)
    before = model.get_weights()
    model.evaluate(x, y, verbose=0)
    with pytest.warns(UserWarning, match=f"layer 'hidden': there is no gradient to follow.*'{name}'.*'hidden'") as seen:
        model.fit(x, y, epochs=2, verbose=0)
    model.fit(x, y, epochs=2, verbose=0)  # a second warning would be an error
    model.train_on_batch(x, y)
    assert len(seen) == 1
    assert seen[0].filename == __file__
    after = model.get_weights()
    for was, now in zip(before[:2], after[:2], strict=True):
        np.testing.assert_array_equal(was, now)
    assert (before[2] != after[2]).any()


def test_steps_that_hide_no_weights_do_not_warn(rng):
    x, y = data(rng)
    frozen = keras.layers.Dense(4, "heaviside", trainable=False)
    for first in (frozen, keras.layers.Activation("sign")):
        model = model_of(first, keras.layers.Dense(1))
        model.compile("sgd", "mse")
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            model.fit(x, y, verbose=0)
            model.train_on_batch(x, y)


def test_a_step_at_the_end_names_all_layers_before_it(rng):
    x, y = data(rng)
    model = model_of(keras.layers.Dense(2, name="a"), keras.Sequential([keras.layers.Dense(1, "sign", name="b")]))
    model.compile("sgd", "mse")
    with pytest.warns(UserWarning, match="layer 'b'.*weights of 'a', 'b'"):
        model.train_on_batch(x, y)
