"""Activation layers, and activations given to layers in every form, beside live tf.keras.

Tolerances as in test_keras_parity.
"""

from __future__ import annotations

import functools
import json

import numpy as np
import pytest
from keras_twin import assert_close, assert_same_gradients, keras_gradients, make_loss, make_model, make_twins
from samples import LOSSES, MORE_CHAINS, MORE_LAYER_ACTIVATIONS, NOT_IN_KERAS, make_target

import bardana
from bardana import activations, layers
from bardana.activations.base import formula_of

SQUARE = LOSSES[0]
# Keras' sparsemax gives no points of the simplex; its gradient is tested in test_kernels and by differences here.
IN_KERAS = [name for name in MORE_LAYER_ACTIVATIONS if name not in NOT_IN_KERAS]
FLOOR = {"float32": 1e-6, "float64": 1e-14}


def sixteenths(shape, rng):
    """Multiples of 1/16 that are exact in both packages, so that both see the same kinks; none of them is 0."""
    return rng.integers(-20, 20, shape) / 16 + 1 / 32


def compare(keras, twins, rng, dtype, output, gradient) -> None:
    shape = twins.ours.input_shape[1:]
    twins.set_weights([sixteenths(v.shape, rng) for v in twins.ours.variables])
    x = sixteenths((7, *shape), rng).astype(dtype)
    prediction = np.asarray(twins.theirs(x))
    assert_close(twins.ours(x), prediction, output, "output")
    y = make_target("near", prediction, rng)
    twins.ours.compile("sgd", "mse")
    actual = twins.ours.compute_gradients(x, y)
    expected = keras_gradients(twins.theirs, make_loss(keras, ("MeanSquaredError", {}), dtype=dtype), x, y)
    assert_close(actual.loss, expected.loss, output, "loss")
    assert_same_gradients(actual, expected, gradient, "mse", FLOOR[dtype])


@pytest.mark.parity
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("chain", MORE_CHAINS)
def test_activation_layers(chain, dtype, keras, rng) -> None:
    shape, chain_layers = MORE_CHAINS[chain]
    output, gradient = (1e-5, 1e-4) if dtype == "float32" else (1e-11, 1e-10)
    if "Leaky" in chain and dtype == "float64":  # TensorFlow computes it with a slope rounded to float32
        output, gradient = 1e-7, 1e-6
    twins = make_twins(keras, chain_layers, shape, rng, dtype)
    assert twins.ours.output_shape == twins.theirs.output_shape
    assert [layer.name for layer in make_fresh(bardana, chain_layers)] == [
        layer.name for layer in make_fresh(keras, chain_layers)
    ]
    for ours, theirs in zip(twins.ours.layers, twins.theirs.layers, strict=True):
        expected, received = theirs.get_config(), ours.get_config()
        assert set(received) == set(expected) or isinstance(ours, layers.Dense)
        arguments = set(received) - {"name", "dtype"} if not isinstance(ours, layers.Dense) else ()
        assert {key: received[key] for key in arguments} == {key: expected[key] for key in arguments}
    compare(keras, twins, rng, dtype, output, gradient)


def make_fresh(package, chain_layers):
    package.utils.clear_session()
    return [getattr(package.layers, name)(**arguments) for name, arguments in chain_layers]


@pytest.mark.parity
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", IN_KERAS)
def test_activations_by_name(name, dtype, keras, rng) -> None:
    chain_layers = [("Dense", {"units": 4, "activation": name}), ("Activation", {"activation": name})]
    twins = make_twins(keras, chain_layers, (3,), rng, dtype)
    compare(keras, twins, rng, dtype, *((1e-5, 1e-4) if dtype == "float32" else (1e-11, 1e-10)))


@pytest.mark.parametrize("name", MORE_LAYER_ACTIVATIONS)
@pytest.mark.parametrize("units", [1, 5, 49])
def test_gradients_of_activations_agree_with_differences(name, units, rng) -> None:
    chain_layers = [("Dense", {"units": units, "activation": name}), ("Activation", {"activation": name})]
    model = make_model(bardana, [*chain_layers, ("Dense", {"units": 2})], (3,), "float64")
    model.compile("sgd", "mse")
    report = model.check_gradients(rng.normal(size=(4, 3)), rng.normal(size=(4, 2)), max_entries=60)
    assert report.ok, report


@pytest.mark.parametrize("chain", MORE_CHAINS)
def test_gradients_of_layers_agree_with_differences(chain, rng) -> None:
    shape, chain_layers = MORE_CHAINS[chain]
    model = make_model(bardana, chain_layers, shape, "float64")
    model.set_weights([rng.normal(size=v.shape) for v in model.variables])
    model.compile("sgd", "mse")
    x = rng.normal(size=(3, *shape))
    report = model.check_gradients(x, rng.normal(size=(3, *model.output_shape[1:])), max_entries=100)
    assert report.ok, report


def forms(package):
    """The ways of giving a layer an activation with arguments."""
    functions = package.activations
    return [
        functools.partial(functions.relu, max_value=1.0, negative_slope=0.25),
        lambda x: functions.relu(x, threshold=0.5),
        lambda x: x,
        functools.partial(functions.softmax, axis=1),
        functools.partial(functions.threshold, threshold=0.25, default_value=-1.0),
        functools.partial(functions.gelu, approximate=True),
        package.layers.LeakyReLU(0.125),
        package.layers.ReLU(max_value=0.5),
        package.layers.ELU(0.5),
        package.layers.Softmax(axis=1),
        package.layers.Activation(functions.celu),
        functions.swish,
        functions.hard_swish,
        "hard_swish",
        {"module": "builtins", "class_name": "function", "config": "mish", "registered_name": "function"},
        {"module": "keras.layers", "class_name": "LeakyReLU", "config": {"negative_slope": 0.5}},
        None,
    ]


@pytest.mark.parity
@pytest.mark.parametrize("which", range(len(forms(bardana))))
@pytest.mark.parametrize("layer", ["Dense", "Activation"])
def test_activations_in_every_form(layer, which, keras, rng) -> None:
    def model(package):
        activation = forms(package)[which]
        made = package.layers.Dense(5, activation) if layer == "Dense" else package.layers.Activation(activation)
        return package.Sequential([package.Input((3, 5)), made])

    ours, theirs = model(bardana), model(keras)
    weights = [rng.normal(size=v.shape) for v in ours.variables]
    ours.set_weights(weights)
    theirs.set_weights(weights)
    x = sixteenths((4, 3, 5), rng).astype("float32")
    assert_close(ours.predict(x, verbose=0), theirs.predict(x, verbose=0), 1e-5)
    if which >= 6:
        expected, received = (made.layers[0].get_config()["activation"] for made in (theirs, ours))
        assert plain(received) == plain(expected)
        again = type(ours).from_config(json.loads(json.dumps(ours.get_config())))
        again.set_weights(ours.get_weights())
        np.testing.assert_array_equal(again.predict(x, verbose=0), ours.predict(x, verbose=0))


def plain(config):
    """A config without names and types of layers, which bardana writes in short."""
    if not isinstance(config, dict):
        return config
    return {key: plain(value) for key, value in config.items() if key not in ("name", "dtype", "build_config")}


@pytest.mark.parity
def test_special_values_are_those_of_keras_or_stay_nan(keras) -> None:
    """Where Keras gives the value, or the default, of a branch for NaN, NaN stays here; 1 stands for y at −∞ · 0."""
    x = np.array([np.inf, -np.inf, np.nan, 0.0, -0.0], "float32")
    for name in IN_KERAS:
        if name in ("log_softmax", "squareplus"):
            continue  # ∞ − ∞ in Keras
        expected = np.array(getattr(keras.activations, name)(x))
        expected[2] = np.nan
        np.testing.assert_allclose(getattr(activations, name)(x), expected, rtol=1e-6, err_msg=name)


def test_get_and_serialize() -> None:
    assert activations.get("swish") is activations.silu
    assert activations.get("hard_swish") is activations.hard_silu is activations.hard_swish
    assert activations.serialize(activations.hard_swish) == "hard_silu"
    assert activations.get("threshold") is activations.threshold
    layer = layers.LeakyReLU(0.5)
    assert activations.get(layer) is layer
    assert activations.deserialize(activations.serialize(layer)).negative_slope == 0.5
    assert isinstance(activations.get(layers.ELU), layers.ELU)
    assert formula_of(layers.Softmax(axis=[1, 2])).axes == (1, 2)
    for bad in ("HardSigmoid", "LeakyReLU", "", 3):
        with pytest.raises(ValueError, match=f"Could not interpret activation function identifier: {bad}"):
            activations.get(bad)
    for bad in (lambda x: activations.relu(x) * 2, np.tanh, layers.Dense(3), lambda: None, layers.Dropout(0.5)):
        with pytest.raises(TypeError, match="expected a built-in activation"):
            activations.get(bad)
    with pytest.raises(TypeError, match="partial"):
        activations.serialize(functools.partial(activations.relu, max_value=6))
    with pytest.raises(ValueError, match="lambda"):
        layers.Dense(3, lambda x: activations.relu(x)).get_config()
    with pytest.raises(TypeError, match="expected a built-in activation"):
        layers.Dense(3, "threshold").build((None, 2))


BAD = [
    ("ReLU", {"max_value": -1}, "max_value=-1"),
    ("ReLU", {"negative_slope": -1}, "negative_slope=-1"),
    ("ReLU", {"negative_slope": None}, "negative_slope=None"),
    ("ReLU", {"threshold": -0.5}, "threshold=-0.5"),
    ("ReLU", {"threshold": float("nan")}, "threshold=nan"),
    ("LeakyReLU", {"negative_slope": None}, "negative_slope=None"),
    ("LeakyReLU", {"negative_slope": -1.0}, "negative_slope=-1.0"),
    ("LeakyReLU", {"negative_slope": "a"}, "negative_slope='a'"),
    ("ELU", {"alpha": None}, "alpha=None"),
    ("Softmax", {"axis": 0}, "axis=0"),
    ("Softmax", {"axis": "a"}, "axis='a'"),
    ("Softmax", {"axis": []}, r"axis=\[\]"),
    ("Softmax", {"axis": [1, 1]}, r"axis=\[1, 1\]"),
    ("Permute", {"dims": (1, 3)}, r"dims=\(1, 3\)"),
    ("Permute", {"dims": (2, 2)}, r"dims=\(2, 2\)"),
    ("Permute", {"dims": (0, 1)}, r"dims=\(0, 1\)"),
    ("Permute", {"dims": 1}, "dims=1"),
    ("Permute", {"dims": ()}, r"dims=\(\)"),
]


@pytest.mark.parametrize(("name", "arguments", "received"), BAD)
def test_bad_arguments(name, arguments, received) -> None:
    with pytest.raises(ValueError, match=f"expected.*received {received}"):
        getattr(layers, name)(**arguments)


def test_axes_that_the_input_does_not_have() -> None:
    for layer in (layers.Softmax(axis=3), layers.Softmax(axis=-3), layers.Dense(2, layers.Softmax(axis=[1, 4]))):
        with pytest.raises(ValueError, match=r"expected axes of the activation among the axes of \(None, 3, \d\)"):
            layer.build((None, 3, 4))
    with pytest.raises(ValueError, match="batch axis"):
        layers.Activation(functools.partial(activations.softmax, axis=0)).build((None, 3))
    with pytest.raises(ValueError, match=r"expected inputs with 3 axes, received shape \(None, 3\)"):
        layers.Permute((2, 1)).build((None, 3))


def test_the_old_name_of_the_slope_warns() -> None:
    with pytest.warns(UserWarning, match="alpha is the old name of negative_slope"):
        assert layers.LeakyReLU(alpha=0.125).negative_slope == 0.125
