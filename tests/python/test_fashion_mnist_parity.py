"""The chapter's model on the real Fashion MNIST, side by side with tf.keras.

Both start from the same weights and visit 55,000 images in the same order, 1,719 steps an epoch.

In float64 rounding (1e-16) stays rounding: weights agree to some 1e-15 after an epoch, and 1e-10 would already be a
wrong formula. In float32 it does so with tanh, where 1e-5 of the largest weight leaves a factor of ten over what was
measured. With relu in float32 no two implementations stay together: some input of a unit comes out as +1e-8 on one side
and −1e-8 on the other, one gradient is there and not here, and from then on (step 100 to 2,000, by the start weights)
paths part. Keras itself is then as far from a float64 run as bardana is: 1e-2 of the largest weight and 1 % of a
tensor's norm after an epoch. What holds there is that both learn the same: 5 % of the norm after three epochs, 1e-3 in
the training history. Of 5,000 validation images a change of 1 % in the weights turns some 10 at the margin; 5e-3 in
val_accuracy are 25.
"""

from __future__ import annotations

import numpy as np
import pytest
from keras_twin import assert_close, make_twins

import bardana

pytestmark = pytest.mark.parity


def chapter_layers(activation):
    sizes = [(300, activation), (100, activation), (10, "softmax")]
    return [("Flatten", {}), *(("Dense", {"units": units, "activation": name}) for units, name in sizes)]


@pytest.fixture(scope="module")
def fashion():
    (x, y), _ = bardana.datasets.fashion_mnist.load_data()
    x = (x / 255.0).astype("float32")
    return (x[5000:], y[5000:]), (x[:5000], y[:5000])


def glorot(model, rng):
    """The initial weights of Keras: uniform kernels of limit √(6 / (inputs + outputs)), zero biases."""
    limits = [np.sqrt(6 / sum(v.shape)) if v.name == "kernel" else 0.0 for v in model.variables]
    return [rng.uniform(-limit, limit, v.shape) for limit, v in zip(limits, model.variables, strict=True)]


def start(keras, activation, dtype, rng):
    """Compiled twins with the same start weights, rounded to float32."""
    twins = make_twins(keras, chapter_layers(activation), (28, 28), rng, dtype)
    twins.set_weights([w.astype("float32") for w in glorot(twins.ours, rng)])
    twins.compile(keras, {"learning_rate": 0.01}, ("SparseCategoricalCrossentropy", {"dtype": dtype}), ["accuracy"])
    return twins


def train(twins, data, epochs):
    train_data, validation_data = data
    options = {"epochs": epochs, "validation_data": validation_data, "shuffle": False, "verbose": 0}
    return [model.fit(*train_data, **options).history for model in twins]


def assert_weights_within(twins, tolerance) -> None:
    for variable, theirs in zip(twins.ours.weights, twins.theirs.get_weights(), strict=True):
        assert_close(variable.numpy(), theirs, tolerance, variable.path)


def assert_norms_within(twins, tolerance) -> None:
    for variable, theirs in zip(twins.ours.weights, twins.theirs.get_weights(), strict=True):
        distance = np.linalg.norm(variable.numpy() - theirs) / np.linalg.norm(theirs)
        assert distance < tolerance, f"{variable.path}: relative distance {distance:.4f}"


def assert_histories_within(histories, tolerances) -> None:
    ours, theirs = histories
    assert list(ours) == list(theirs) == ["accuracy", "loss", "val_accuracy", "val_loss"]
    for key, values in theirs.items():
        tolerance = tolerances[key.startswith("val_")]
        np.testing.assert_allclose(ours[key], values, atol=tolerance, rtol=0, err_msg=key)


def test_relu_in_float64(fashion, keras, rng) -> None:
    """Keras keeps sums of metrics in float32: 55,000 terms, whose means agree to 1e-5."""
    twins = start(keras, "relu", "float64", rng)
    histories = train(twins, fashion, epochs=3)
    assert_weights_within(twins, 1e-10)
    assert_histories_within(histories, (1e-5, 1e-5))


def test_tanh_in_float32_after_one_epoch(fashion, keras, rng) -> None:
    twins = start(keras, "tanh", "float32", rng)
    histories = train(twins, fashion, epochs=1)
    assert_weights_within(twins, 1e-5)
    assert_histories_within(histories, (1e-4, 1e-4))


def test_relu_in_float32_after_three_epochs(fashion, keras, rng) -> None:
    twins = start(keras, "relu", "float32", rng)
    histories = train(twins, fashion, epochs=3)
    assert_histories_within(histories, (1e-3, 5e-3))
    assert_norms_within(twins, 0.05)


def test_relu_in_float32_before_paths_part(fashion, keras, rng) -> None:
    """Thirty steps, 384,000 inputs of relu units: now and then one of them comes out on both sides of 0.

    That disturbs one column of a kernel and one bias, 1 % of a tensor at most: hence 98 % of the entries. The earlier
    it happens the further it spreads; 40 starts showed none that was too far, one in a hundred is. Such a start is
    drawn again, twice at most; a wrong formula fails all three.
    """
    (x, y), validation = fashion
    errors = []
    for _ in range(3):
        twins = start(keras, "relu", "float32", rng)
        train(twins, ((x[: 30 * 32], y[: 30 * 32]), validation), epochs=1)
        errors.append(0.0)
        for variable, theirs in zip(twins.ours.weights, twins.theirs.get_weights(), strict=True):
            error = np.quantile(np.abs(variable.numpy() - theirs), 0.98 if theirs.size > 50 else 1.0)
            errors[-1] = max(errors[-1], float(error / np.abs(theirs).max()))
        if errors[-1] <= 1e-5:
            return
    pytest.fail(f"expected 98 % of the entries within 1e-5, received {errors} for three starts")


def test_relu_in_float32_where_paths_do_not_part(fashion, keras) -> None:
    """With one start in six no relu input falls on both sides of 0 in 1,719 steps: then 1e-5 holds with relu too.

    Two more epochs keep the whole history within 1e-3. Which starts these are depends on the rounding of both sides, so
    several are tried; 4 and 9 are such on AVX-512 machines.
    """
    distances = {}
    for seed in (4, 9, *range(10, 20)):
        twins = start(keras, "relu", "float32", np.random.default_rng(seed))
        histories = train(twins, fashion, epochs=1)
        pairs = zip(twins.ours.get_weights(), twins.theirs.get_weights(), strict=True)
        distances[seed] = max(float(np.abs(a - b).max() / np.abs(b).max()) for a, b in pairs)
        if distances[seed] <= 1e-5:
            assert_histories_within(histories, (1e-5, 1e-5))
            assert_histories_within(train(twins, fashion, epochs=2), (1e-3, 1e-3))
            assert_norms_within(twins, 0.05)
            return
    pytest.fail(f"expected a start whose weights agree to 1e-5 after one epoch, received {distances}")
