"""Dropout: off outside of training, a share `rate` of zeros inside, the same mask forward and backward."""

from __future__ import annotations

import numpy as np
import pytest
from keras_twin import assert_close, make_model

import bardana


def test_inference_passes_the_input_on(rng) -> None:
    x = rng.normal(size=(5, 7)).astype("float32")
    model = make_model(bardana, [("Dropout", {"rate": 0.5})], (7,))
    for y in (model(x), model.predict(x, verbose=0), model.layers[0](x)):
        np.testing.assert_array_equal(y, x)


@pytest.mark.parametrize("rate", [0.1, 0.3, 0.5, 0.9])
def test_share_and_scale_of_what_is_kept(rate, rng) -> None:
    """Of n = 97,000 entries the kept share has standard deviation √(rate (1 − rate) / n); 6 of them: 2e-9 by chance."""
    model = make_model(bardana, [("Dropout", {"rate": rate})], (97,))
    x = rng.uniform(1, 2, (1000, 97)).astype("float32")
    y = np.asarray(model(x, training=True))
    kept = y != 0
    np.testing.assert_allclose(y[kept], x[kept] / np.float32(1 - rate), rtol=3e-7)
    deviation = np.sqrt(rate * (1 - rate) / kept.size)
    assert abs(kept.mean() - (1 - rate)) < 6 * deviation
    for axis in (0, 1):  # no row or column is favoured
        assert np.abs(kept.mean(axis) - (1 - rate)).max() < 6 * np.sqrt(rate * (1 - rate) / kept.shape[axis])


def test_neighbours_are_independent(rng) -> None:
    """Correlation of entries one row or column apart: standard deviation 1 / √n."""
    model = make_model(bardana, [("Dropout", {"rate": 0.5})], (64,))
    ones = np.ones((2000, 64), "float32")
    signs = np.asarray(model(ones, training=True)) - 1
    again = np.asarray(model(ones, training=True)) - 1
    for a, b in ((signs[1:], signs[:-1]), (signs[:, 1:], signs[:, :-1]), (signs, again)):
        assert abs((a * b).mean()) < 6 / np.sqrt(a.size)


@pytest.mark.parametrize("mode", ["call", "gradients", "step"])
def test_no_two_rows_share_a_mask(mode, rng) -> None:
    """Of 1,000 masks of 64 bits two are equal with a chance of 3e-14, also where the engine works in blocks of rows."""
    rows, width = 1000, 64
    layers = [("Dropout", {"rate": 0.5}), ("Dense", {"units": rows, "use_bias": False})]
    if mode == "call":
        kept = (
            np.asarray(make_model(bardana, layers[:1], (width,))(np.ones((rows, width), "float32"), training=True)) != 0
        )
    else:
        model = make_model(bardana, layers, (width,))
        model.compile(bardana.optimizers.SGD(1.0), bardana.losses.MeanSquaredError(reduction="sum"))
        model.set_weights([np.zeros((width, rows))])
        x, y = (
            np.ones((rows, width), "float32"),
            np.eye(rows, dtype="float32"),
        )  # column r of the kernel sees row r alone
        if mode == "gradients":
            kept = model.compute_gradients(x, y, training=True).weights[0].T != 0
        else:
            model.train_on_batch(x, y)
            kept = model.get_weights()[0].T != 0
    assert 0.4 < kept.mean() < 0.6
    assert len(np.unique(kept, axis=0)) == rows


@pytest.mark.parametrize(("rate", "expected"), [(0, 1), (0.0, 1), (1, 0), (1.0, 0)])
def test_the_ends_of_the_range(rate, expected, rng) -> None:
    x = rng.normal(size=(5, 7)).astype("float32")
    model = make_model(bardana, [("Dropout", {"rate": rate}), ("Dense", {"units": 2})], (7,))
    np.testing.assert_array_equal(model.layers[0](x, training=True), x * expected)
    model.compile("sgd", "mse")
    y = rng.normal(size=(5, 2)).astype("float32")
    _, (by_kernel, _), by_input = model.compute_gradients(x, y, training=True)
    assert np.isfinite(by_kernel).all()
    assert np.any(by_kernel) == np.any(by_input) == bool(expected)
    assert np.isfinite(model.train_on_batch(x, y))


@pytest.mark.parametrize("width", [1, 7, 16, 48, 49, 97])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_backward_uses_the_mask_of_forward(width, dtype, rng) -> None:
    """Dropout, then a sum by a Dense of ones: the input's gradient is the mask, the kernel's the masked input."""
    model = make_model(
        bardana, [("Dropout", {"rate": 0.5}), ("Dense", {"units": 1, "use_bias": False})], (width,), dtype
    )
    model.set_weights([np.ones((width, 1))])
    model.compile("sgd", bardana.losses.MeanSquaredError(reduction="sum"))
    x = rng.uniform(1, 2, (9, width)).astype(dtype)
    y = np.full((9, 1), 100.0, dtype)
    loss, (by_kernel,), by_input = model.compute_gradients(x, y, training=True)
    assert set(np.unique(by_input != 0)) <= {False, True}
    mask = np.where(by_input != 0, 2.0, 0.0)
    error = (mask * x).sum(axis=1, keepdims=True) - y
    assert_close(loss, (error**2).sum(), 1e-5)
    assert_close(by_input, 2 * error * mask, 1e-5)
    assert_close(by_kernel, (mask * x).T @ (2 * error), 1e-5)
    if width > 7:
        assert 0 < mask.mean() < 2


@pytest.mark.parametrize("width", [1, 7, 17, 49])
def test_gradients_with_dropout_on_and_repacked_agree_with_differences(width, rng) -> None:
    """`compute_gradients(training=True)` draws the same masks each time, so its loss can be differenced.

    Along a random direction, second order with h = 1e-5 in float64: error about 1e-10.
    """
    layers = [
        ("Dense", {"units": width, "activation": "tanh"}),
        ("Dropout", {"rate": 0.4}),
        ("Flatten", {}),
        ("Dropout", {"rate": 0.3}),
        ("Reshape", {"target_shape": (width, 3)}),
        ("Dropout", {"rate": 0.2}),
        ("Dense", {"units": 2}),
    ]
    model = make_model(bardana, layers, (3, 5), "float64")
    model.compile("sgd", "mse")
    x, y = rng.normal(size=(6, 3, 5)), rng.normal(size=(6, width, 2))
    _, by_weight, by_input = model.compute_gradients(x, y, training=True)
    weights = model.get_weights()
    directions = [rng.normal(size=w.shape) for w in weights]
    by_direction = rng.normal(size=x.shape)
    sides = []
    for h in (1e-5, -1e-5):
        model.set_weights([w + h * d for w, d in zip(weights, directions, strict=True)])
        sides.append(model.compute_gradients(x + h * by_direction, y, training=True).loss)
    slope = sum((g * d).sum() for g, d in zip([*by_weight, by_input], [*directions, by_direction], strict=True))
    assert abs((sides[0] - sides[1]) / 2e-5 - slope) <= 1e-6 * max(1, abs(slope))


def test_training_uses_other_masks_at_every_step_and_epoch(rng) -> None:
    """With a zero learning rate only the mask changes the loss."""
    model = make_model(bardana, [("Dropout", {"rate": 0.5}), ("Dense", {"units": 1})], (97,))
    model.compile(bardana.optimizers.SGD(0.0), "mse")
    x, y = rng.normal(size=(4, 97)).astype("float32"), rng.normal(size=(4, 1)).astype("float32")
    losses = model.fit(x, y, epochs=8, shuffle=False, verbose=0).history["loss"]
    losses += [model.train_on_batch(x, y) for _ in range(8)]
    assert len(set(losses)) == 16
    assert len({model.evaluate(x, y, verbose=0) for _ in range(3)}) == 1


def test_a_step_with_dropout_follows_its_own_mask(rng) -> None:
    """Dense of zeros after the mask: its step shows the mask; rows of x are unit vectors, so each entry has one."""
    model = make_model(bardana, [("Dropout", {"rate": 0.25}), ("Dense", {"units": 1, "use_bias": False})], (64,))
    model.set_weights([np.zeros((64, 1))])
    model.compile(bardana.optimizers.SGD(1.0), bardana.losses.MeanSquaredError(reduction="sum"))
    model.train_on_batch(np.eye(64, dtype="float32"), np.ones((64, 1), "float32"))
    steps = model.get_weights()[0] / 2
    kept = steps != 0
    np.testing.assert_allclose(steps[kept], 4 / 3, rtol=1e-6)
    assert 64 * 0.75 - 21 <= kept.sum() <= 63  # 6 standard deviations of √12; all kept: 1e-8


def masks(seed=None, **arguments):
    layer = bardana.layers.Dropout(0.5, seed=seed, **arguments)
    ones = np.ones((40, 50), "float32")
    return np.asarray(layer(ones, training=True)), np.asarray(layer(ones, training=True))


def test_seeds(rng) -> None:
    first, second = masks(seed=3)
    assert not np.array_equal(first, second)
    np.testing.assert_array_equal(masks(seed=3), [first, second])
    assert not np.array_equal(masks(seed=4)[0], first)
    assert not np.array_equal(masks()[0], masks()[0])
    bardana.utils.set_random_seed(11)
    unseeded = masks()
    bardana.utils.set_random_seed(11)
    np.testing.assert_array_equal(masks(), unseeded)


def test_two_dropouts_in_one_model_have_masks_of_their_own() -> None:
    model = make_model(bardana, [("Dropout", {"rate": 0.5}), ("Dropout", {"rate": 0.5})], (2000,))
    y = np.asarray(model(np.ones((1, 2000), "float32"), training=True))
    assert set(np.unique(y)) == {0, 4}
    assert abs((y != 0).mean() - 0.25) < 6 * np.sqrt(0.25 * 0.75 / 2000)
