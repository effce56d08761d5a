"""Gradients agree with finite differences in float64, and one training step is w − lr · gradient.

The central differences of `check_gradients` are of fourth order with h = 1e-4: their error is about h⁴ = 1e-16 of the
fifth derivative plus 1e-16 / h = 1e-12 of the loss, so 1e-6 of the largest gradient leaves room for curved formulas.
"""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from keras_twin import assert_close, make_loss, make_model, random_weights, small_weight
from samples import CHAINS, LAYER_ACTIVATIONS, LOSSES, NOISE, layer_chains, make_target

import bardana
from bardana import gradients


def scale_for(activation):
    """Factor for random weights: an exponential of an exponential must not overflow."""
    return 0.25 if activation == "exponential" else 1.0


def weights_for(domain, model, activation, rng):
    """Kernels that keep outputs in (0, 1) for losses of probabilities, else of any sign."""
    if domain == "real":
        return [scale_for(activation) * w for w in random_weights(model, rng)]
    offset = {"exponential": -1.0, "softplus": 0.0}.get(activation, 0.5)
    return [small_weight(v, offset, rng) for v in model.variables]


@pytest.mark.parametrize("activation", LAYER_ACTIVATIONS)
@pytest.mark.parametrize("chain", CHAINS)
def test_gradients_agree_with_finite_differences(chain, activation, rng) -> None:
    shape, layers = layer_chains(activation)[chain]
    model = make_model(bardana, layers, shape, "float64")
    x = rng.uniform(-1, 1, (3, *shape))
    for loss in LOSSES:
        if loss.domain == "unit" and "use_bias" in layers[-1][1]:
            continue  # without a bias outputs lie around activation(0), outside of (0, 1) for most
        model.set_weights(weights_for(loss.domain, model, activation, rng))
        model.compile("sgd", make_loss(bardana, (loss.class_name, loss.arguments)))
        y = make_target(loss.target, np.asarray(model(x)), rng)
        report = model.check_gradients(x, y, rng.uniform(0.5, 2, 3), tolerance=1e-6, max_entries=40)
        assert report.ok, f"{loss.id}: {report}"


@pytest.mark.parametrize("activation", LAYER_ACTIVATIONS)
def test_differences_of_our_own_agree_too(activation, rng) -> None:
    """Second-order differences of `evaluate`, h = 1e-5: independent of bardana.gradients; error about 1e-10 + 1e-11."""
    model = make_model(
        bardana, [("Dense", {"units": 4, "activation": activation}), ("Dense", {"units": 2})], (3,), "float64"
    )
    model.set_weights(random_weights(model, rng))
    model.compile("sgd", "mse")
    x, y = rng.normal(size=(4, 3)), rng.normal(size=(4, 2))
    analytic = model.compute_gradients(x, y).weights
    weights = model.get_weights()
    for which, gradient in enumerate(analytic):
        for index in np.ndindex(gradient.shape):
            sides = [np.nan, np.nan]
            for side, h in enumerate((1e-5, -1e-5)):
                moved = [w.copy() for w in weights]
                moved[which][index] += h
                model.set_weights(moved)
                sides[side] = model.evaluate(x, y, verbose=0)
            numeric = (sides[0] - sides[1]) / 2e-5
            assert abs(numeric - gradient[index]) <= 1e-6 * max(1, np.abs(gradient).max()), (which, index)


def test_check_gradients_finds_a_wrong_entry(rng, monkeypatch) -> None:
    model = make_model(bardana, [("Dense", {"units": 3, "activation": "tanh"}), ("Dense", {"units": 2})], (4,))
    model.compile("sgd", "mse")
    x, y = rng.normal(size=(5, 4)), rng.normal(size=(5, 2))
    assert model.check_gradients(x, y).ok

    class Wrong:
        """A native model whose gradient by the second kernel has one entry that is 0.1 % too large."""

        def __init__(self, model):
            self.model = model

        def __getattr__(self, name):
            return getattr(self.model, name)

        def gradients(self, *arguments):
            loss, weights, inputs = self.model.gradients(*arguments)
            weights[2].flat[np.abs(weights[2]).argmax()] *= 1.001
            return loss, weights, inputs

    right = gradients._float64_model
    monkeypatch.setattr(gradients, "_float64_model", lambda *arguments: Wrong(right(*arguments)))
    report = model.check_gradients(x, y)
    assert not report.ok
    assert report.variable.endswith("kernel")
    assert 5e-4 < report.error < 2e-3
    assert report.checked == report.total == 4 * 3 + 3 + 3 * 2 + 2 + 20


STEP_SHAPES = list(itertools.product([1, 2, 7, 16, 17, 47, 48, 49, 97], [1, 3, 48, 50]))


@pytest.mark.parametrize(("units", "inputs"), STEP_SHAPES)
def test_a_training_step_is_the_gradient_times_the_rate(units, inputs, rng) -> None:
    """Also where the update is folded into the gradient's product: within rounding, here 4 u of the terms' size."""
    for rows, use_bias, last in itertools.product([1, 5, 33], [True, False], [None, 3]):
        layers = [("Dense", {"units": units, "activation": "tanh", "use_bias": use_bias})]
        layers += [("Dense", {"units": last, "activation": "softmax"})] if last else []
        model = make_model(bardana, layers, (inputs,))
        assert_step_follows_gradients(model, rows, rng)


@pytest.mark.parametrize("activation", LAYER_ACTIVATIONS)
@pytest.mark.parametrize("chain", CHAINS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_training_step_of_every_layer(chain, activation, dtype, rng) -> None:
    shape, layers = layer_chains(activation)[chain]
    without_noise = [layer for layer in layers if layer[0] not in NOISE]
    assert_step_follows_gradients(make_model(bardana, without_noise, shape, dtype), 6, rng, scale_for(activation))


def assert_step_follows_gradients(model, rows, rng, scale=1.0, rate=0.125) -> None:
    """Compare weights after train_on_batch with w − lr · g; lr is a power of 2, so lr · g is exact."""
    model.set_weights([scale * w for w in random_weights(model, rng)])
    model.compile(bardana.optimizers.SGD(rate), "mse")
    x = rng.normal(size=(rows, *model.input_shape[1:])).astype(model.dtype)
    y = rng.normal(size=(rows, *model.output_shape[1:])).astype(model.dtype)
    weight = rng.uniform(0.5, 2, rows).astype(model.dtype)
    loss, by_weight, _ = model.compute_gradients(x, y, weight, training=True)
    before = [v.numpy() for v in model.trainable_variables]
    assert_close(model.train_on_batch(x, y, sample_weight=weight), loss, 1e-6)
    for variable, old, gradient in zip(model.trainable_variables, before, by_weight, strict=True):
        size = np.abs(old) + rate * np.abs(gradient).max()
        difference = np.abs(variable.numpy() - (old - rate * gradient))
        assert (difference <= 4 * np.finfo(model.dtype).eps * size).all(), variable.path


def test_frozen_layers_have_no_gradient(rng) -> None:
    layers = [("Dense", {"units": n, "activation": "tanh"}) for n in (4, 5, 3)]
    model = make_model(bardana, layers, (6,))
    x, y = rng.normal(size=(8, 6)), rng.normal(size=(8, 3))
    model.compile("sgd", "mse")
    everything = model.compute_gradients(x, y)
    for frozen in range(3):
        for index, layer in enumerate(model.layers):
            layer.trainable = index != frozen
        model.compile("sgd", "mse")
        actual = model.compute_gradients(x, y)
        expected = [g for i, g in enumerate(everything.weights) if i // 2 != frozen]
        assert len(model.trainable_weights) == len(expected) == len(actual.weights)
        for ours, wanted in zip(actual.weights, expected, strict=True):
            np.testing.assert_array_equal(ours, wanted)
        np.testing.assert_array_equal(actual.inputs, everything.inputs)
        assert model.check_gradients(x, y).ok
        before = model.get_weights()
        model.train_on_batch(x, y)
        changed = [not np.array_equal(old, new) for old, new in zip(before, model.get_weights(), strict=True)]
        assert changed == [i // 2 != frozen for i in range(6)]
        model.set_weights(before)


def test_set_weights_counts_for_the_next_step(rng) -> None:
    model = make_model(bardana, [("Dense", {"units": 49, "activation": "relu"}), ("Dense", {"units": 2})], (17,))
    for _ in range(3):
        assert_step_follows_gradients(model, 5, rng)
        weights = random_weights(model, rng)
        model.set_weights(weights)
        for variable, value in zip(model.variables, weights, strict=True):
            np.testing.assert_array_equal(variable.numpy(), value)
