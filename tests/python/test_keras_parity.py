"""Layers, activations and losses together give the outputs, losses and gradients of live tf.keras.

Tolerances, relative to the largest magnitude of a tensor: in float32 both sides round each of at most 100 terms at
u = 6e-8 and the condition numbers here are below 3, so outputs agree to √100 · 3 · 2 u < 1e-5, and gradients, which
pass through two such sums and a difference like 1 − y², to 1e-4. In float64 (u = 1.1e-16) the same gives 2e-14 and
2e-13; 1e-11 and 1e-10 leave room for elementary functions that are good to some 1e-13. TensorFlow computes float64
leaky_relu and gelu with constants rounded to float32 (relative error 3e-8): these are compared to 1e-7 and 1e-6.
"""

from __future__ import annotations

import numpy as np
import pytest
from keras_twin import assert_close, assert_same_gradients, keras_gradients, make_loss, make_twins, small_weight
from samples import (
    ACTIVATIONS,
    BY_LAYERS,
    CHAINS,
    COUNTING_METRICS,
    LAYER_ACTIVATIONS,
    LOSSES,
    METRICS,
    MORE_CHAINS,
    MORE_LAYER_ACTIVATIONS,
    NOT_IN_KERAS,
    ROW_ACTIVATIONS,
    activation_function,
    layer_chains,
    make_target,
)

import bardana
from bardana import _core

OUTPUT = {"float32": 1e-5, "float64": 1e-11}
GRADIENT = {"float32": 1e-4, "float64": 1e-10}
SINGLE_IN_TENSORFLOW = ("leaky_relu", "gelu", "gelu_tanh")
# Sums whose exact value is 0 (a softmax row's gradient, say) leave some roundings of terms of size 1.
FLOOR = {"float32": 1e-6, "float64": 1e-14}
ROWS = 7


def test_every_component_of_the_engine_has_a_sample() -> None:
    assert set(ACTIVATIONS) == set(_core.activation_names())
    assert {loss.function for loss in LOSSES} == set(_core.loss_names())
    assert set(METRICS) == set(_core.metric_names())
    assert set(COUNTING_METRICS) == set(_core.tally_names())
    chains = [layer_chains("linear")[chain] for chain in CHAINS] + list(MORE_CHAINS.values())
    in_chains = {name for _, layers in chains for name, _ in layers}
    assert in_chains >= set(_core.layer_names())
    for name, parameters in ACTIVATIONS.items():
        assert {key for sample in parameters for key in sample} == set(_core.activation_parameters(name)), name


def test_every_public_component_has_a_sample() -> None:
    chains = [layer_chains("linear")[chain] for chain in CHAINS] + list(MORE_CHAINS.values())
    in_chains = {name for _, layers in chains for name, _ in layers}
    assert _classes(bardana.layers, bardana.Layer) - {"Layer", "InputLayer"} == in_chains
    assert _classes(bardana.losses, bardana.Loss) - {"Loss"} == {loss.class_name for loss in LOSSES}
    samples = [*METRICS.values(), *COUNTING_METRICS.values()]
    sampled = {class_name for of_one in samples for class_name, _, _ in of_one}
    assert _classes(bardana.metrics, bardana.Metric) - {"Metric", "Mean", "Sum"} == sampled
    functions = {bardana.activations.get(name).__name__ for name in bardana.activations.FAMILY.names()}
    assert functions == {*LAYER_ACTIVATIONS, *MORE_LAYER_ACTIVATIONS, "threshold"}


def _classes(module: object, base: type) -> set[str]:
    public = {name: getattr(module, name) for name in module.__all__}
    return {name for name, value in public.items() if isinstance(value, type) and issubclass(value, base)}


def tolerances(activation, dtype):
    """Relative tolerances of outputs and gradients."""
    if dtype == "float64" and activation in SINGLE_IN_TENSORFLOW:
        return 1e-7, 1e-6
    return OUTPUT[dtype], GRADIENT[dtype]


def exact_data(shape, scale, rng):
    """Multiples of 1/16: products and sums of a few are exact in float32, so both packages see the same kinks."""
    return np.round(rng.uniform(-scale, scale, shape) * 16) / 16


def exact_weight(v, scale, rng):
    """Such data as a weight; variances are positive."""
    return np.abs(exact_data(v.shape, 1, rng)) + 0.5 if "variance" in v.name else exact_data(v.shape, scale, rng)


def inside_unit_interval(model, activation, rng):
    """Weights for outputs of the last layer in about [0.15, 0.85], where logarithms of y and 1 − y are tame.

    Inputs are at most 1, so kernels of at most 0.3 / inputs keep z within 0.3 of the bias.
    """
    offset = {"exponential": -1.0, "softplus": 0.0}.get(activation, 0.5)
    return [small_weight(v, offset, rng) for v in model.variables]


@pytest.mark.parity
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("activation", LAYER_ACTIVATIONS)
@pytest.mark.parametrize("chain", CHAINS)
def test_outputs_losses_and_gradients(chain, activation, dtype, keras, rng) -> None:
    shape, layers = layer_chains(activation)[chain]
    twins = make_twins(keras, layers, shape, rng, dtype)
    x = exact_data((ROWS, *shape), 1, rng).astype(dtype)
    weights = {
        "real": [exact_weight(v, 0.25 if activation == "exponential" else 1, rng) for v in twins.ours.variables],
        "unit": inside_unit_interval(twins.ours, activation, rng),
    }
    for loss in BY_LAYERS:
        if loss.domain == "unit" and "use_bias" in layers[-1][1]:
            continue  # without a bias outputs lie around activation(0), outside of (0, 1) for most
        twins.set_weights(weights[loss.domain])
        prediction = np.asarray(twins.theirs(x))
        assert_close(twins.ours(x), prediction, tolerances(activation, dtype)[0], "output")
        y = make_target(loss.target, prediction, rng)
        check_gradients_agree(keras, twins, loss, x, y, dtype, *tolerances(activation, dtype))


def check_gradients_agree(keras, twins, loss, x, y, dtype, output=1e-5, gradient=1e-4) -> None:
    sample = (loss.class_name, loss.arguments)
    twins.ours.compile("sgd", make_loss(bardana, sample))
    actual = twins.ours.compute_gradients(x, y)
    expected = keras_gradients(twins.theirs, make_loss(keras, sample, dtype=dtype), x, y)
    assert_close(actual.loss, expected.loss, output, f"{loss.id}, loss")
    assert_same_gradients(actual, expected, gradient, loss.id, FLOOR[dtype])
    assert_close(twins.ours.evaluate(x, y, verbose=0), expected.loss, output, f"{loss.id}, evaluate")


# Where the derivative in Keras is that of the formula: at 0 it adds up the two halves of celu to 2, and squares of
# large numbers overflow. (Its sparsemax does not give points of the simplex: test_kernels has the definition.)
WELL_DEFINED_IN_KERAS = {
    "celu": lambda x: x != 0,
    "squareplus": lambda x: np.abs(x) < 1e15,
    "sparse_plus": lambda x: np.abs(x) < 1e15,
}


@pytest.mark.parity
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", [name for name in ACTIVATIONS if name not in NOT_IN_KERAS])
def test_activation_functions_over_their_whole_range(name, dtype, keras, rng) -> None:
    import tensorflow as tf

    wide = np.concatenate([rng.normal(0, 3, 200), exact_data(200, 3, rng), [-1e30, -88, -20, -0.0, 0.0, 1e-30, 20, 80]])
    wide = np.append(wide, 1e30) if name != "exponential" else wide
    wide = wide[WELL_DEFINED_IN_KERAS.get(name, np.isfinite)(wide)]
    x = wide.astype(dtype).reshape(1, -1) if name not in ROW_ACTIVATIONS else wide[:400].astype(dtype).reshape(-1, 8)
    dy = rng.normal(size=x.shape).astype(dtype)
    for parameters in ACTIVATIONS[name]:
        theirs = activation_function(keras, name, parameters)
        inputs = tf.constant(x)
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            y = theirs(inputs)
        dx = tape.gradient(y, inputs, output_gradients=tf.constant(dy)).numpy()
        actual = activation_function(bardana, name, parameters)(x)
        assert actual.dtype == dtype
        what = f"{name} {parameters}"
        assert_elementwise_close(actual, y.numpy(), tolerances(name, dtype)[0], what)
        assert_elementwise_close(bardana.kernels.activate(name, x, **parameters), actual, 0, what)
        assert_elementwise_close(
            bardana.kernels.activate_backward(name, x, dy, **parameters),
            dx,
            tolerances(name, dtype)[1],
            f"{what}, gradient",
        )


def assert_elementwise_close(actual, expected, tolerance, what) -> None:
    """Relative to the element or to 1, whichever is larger: values range over many orders of magnitude."""
    scale = np.maximum(1, np.abs(np.asarray(expected)))
    assert_close(np.asarray(actual) / scale, np.asarray(expected) / scale, tolerance, what, floor=tolerance)


SIZES = [1, 2, 7, 16, 17, 47, 48, 49, 97]


@pytest.mark.parity
@pytest.mark.parametrize("size", SIZES)
def test_dense_of_any_width(size, keras, rng) -> None:
    """Tiles are 48 columns wide and vectors 16: widths around them, also where rows are cut and joined again."""
    width = SIZES[(SIZES.index(size) + 4) % len(SIZES)]
    chains = {
        "rank 2": ((size,), [("Dense", {"units": width, "activation": "tanh"}), ("Dense", {"units": size})]),
        "rank 3": ((3, size), [("Dense", {"units": width, "activation": "tanh"}), ("Dense", {"units": size})]),
        "rank 4": ((2, 3, size), [("Dense", {"units": width})]),
        "Flatten": (
            (3, width),
            [("Dense", {"units": size, "activation": "relu"}), ("Flatten", {}), ("Dense", {"units": 3})],
        ),
        "Flatten first": ((3, size), [("Flatten", {}), ("Dense", {"units": width})]),
        "Reshape": (
            (size,),
            [
                ("Dense", {"units": 3 * width, "activation": "sigmoid"}),
                ("Reshape", {"target_shape": (-1, 3)}),
                ("Dense", {"units": size}),
                ("Reshape", {"target_shape": (size, width)}),
                ("Dense", {"units": 2}),
            ],
        ),
        "activation between reshapes": (
            (2, size),
            [
                ("Reshape", {"target_shape": (size, 2)}),
                ("Activation", {"activation": "softmax"}),
                ("Flatten", {}),
                ("Activation", {"activation": "silu"}),
                ("Dense", {"units": width}),
            ],
        ),
    }
    for name, (shape, layers) in chains.items():
        twins = make_twins(keras, layers, shape, rng)
        x = rng.normal(size=(5, *shape)).astype("float32")
        expected = np.asarray(twins.theirs(x))
        assert_close(twins.ours(x), expected, 1e-5, name)
        check_gradients_agree(keras, twins, LOSSES[0], x, make_target("near", expected, rng), "float32")
