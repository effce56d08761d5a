"""Noise layers: distribution, the same numbers forward and backward, shared numbers, live tf.keras' own statistics.

Means over n numbers are compared at 6 standard deviations of the mean, which chance exceeds once in 5e8.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from keras_twin import assert_close, make_model

import bardana

LAYERS = {
    "GaussianNoise": ("GaussianNoise", {"stddev": 0.5}),
    "GaussianDropout": ("GaussianDropout", {"rate": 0.3}),
    "AlphaDropout": ("AlphaDropout", {"rate": 0.3}),
    "AlphaDropout, shared": ("AlphaDropout", {"rate": 0.3, "noise_shape": (None, 1, None)}),
    "SpatialDropout1D": ("SpatialDropout1D", {"rate": 0.3}),
    "Dropout, shared": ("Dropout", {"rate": 0.3, "noise_shape": (1, None, 1)}),
}
LIMIT = -1.6732632423543772 * 1.0507009873554805


def noise(name, x, dtype="float32", **arguments):
    class_name, own = LAYERS[name]
    return np.asarray(getattr(bardana.layers, class_name)(**own, **arguments, dtype=dtype)(x, training=True))


@pytest.mark.parametrize("name", LAYERS)
def test_inference_passes_the_input_on(name, rng) -> None:
    x = rng.normal(size=(5, 3, 7)).astype("float32")
    model = make_model(bardana, [LAYERS[name]], (3, 7))
    for y in (model(x), model.predict(x, verbose=0), model.layers[0](x)):
        np.testing.assert_array_equal(y, x)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_normal_numbers_have_the_moments_and_the_quantiles_of_the_normal_distribution(dtype, rng) -> None:
    """Standard errors of the first four moments: 1, √2, √15, √96 over √n; of a share p, √(p (1 − p) / n).

    Tails are floats: Σ p² over their values is 1 / (6 · 2²³), and the rounding of z lets some of these fall together,
    fewer than two thirds. So n numbers hold at most n² / 2²⁵ repetitions.
    """
    layer = bardana.layers.GaussianNoise(1.0, dtype=dtype)
    z = np.asarray(layer(np.zeros((1000, 1003)), training=True)).astype("float64")
    assert len(np.unique(z)) > z.size * (1 - z.size / 2**25)
    for power, expected, deviation in [(1, 0, 1), (2, 1, 2), (3, 0, 15), (4, 3, 96)]:
        assert abs((z**power).mean() - expected) < 6 * math.sqrt(deviation / z.size), power
    for quantile in (-4, -3, -2, -1, -0.1, 0, 0.1, 0.5, 1.5, 2.5, 3.5):
        share = (1 + math.erf(quantile / math.sqrt(2))) / 2
        assert abs((z < quantile).mean() - share) < 6 * math.sqrt(share * (1 - share) / z.size), quantile
    for a, b in ((z[1:], z[:-1]), (z[:, 1:], z[:, :-1])):
        assert abs((a * b).mean()) < 6 / math.sqrt(a.size)
    again = np.asarray(layer(np.zeros((1000, 1003)), training=True))
    assert abs((z * again).mean()) < 6 / math.sqrt(z.size)


def philox(seed, high, low):
    """Philox 4x32-10 (Salmon et al. 2011) for an array of counters `low`: the four words of each."""
    mask = np.uint64(0xFFFFFFFF)
    c = [low & mask, low >> np.uint64(32), np.uint64(high) & mask, np.uint64(high) >> np.uint64(32)]
    c = [np.broadcast_to(np.uint64(word), low.shape) for word in c]
    key = [seed & 0xFFFFFFFF, seed >> 32]
    for _ in range(10):
        p0, p1 = np.uint64(0xD2511F53) * c[0], np.uint64(0xCD9E8D57) * c[2]
        high0, high1 = p0 >> np.uint64(32), p1 >> np.uint64(32)
        c = [high1 ^ c[1] ^ np.uint64(key[0]), p1 & mask, high0 ^ c[3] ^ np.uint64(key[1]), p0 & mask]
        key = [(key[0] + 0x9E3779B9) & 0xFFFFFFFF, (key[1] + 0xBB67AE85) & 0xFFFFFFFF]
    return np.stack(c, axis=-1)


def test_normal_numbers_are_the_quantiles_of_their_words() -> None:
    """z = Φ⁻¹((word + ½) / 2³²) in double precision, to 1e-6 of z and 2e-7 where z is small."""
    special = pytest.importorskip("scipy.special")
    width, seed = 4001, 12345
    z = np.asarray(bardana.layers.GaussianNoise(1.0, seed=seed)(np.zeros((3, width)), training=True))
    for row in range(3):
        blocks = np.uint64(row) << np.uint64(32) | np.arange(-(-width // 4), dtype=np.uint64)
        words = philox(seed, 1, blocks).reshape(-1)[:width]  # the layer's first call
        expected = special.ndtri((words + 0.5) / 2**32)
        assert (np.abs(z[row] - expected) <= 1e-6 * np.abs(expected) + 2e-7).all()


@pytest.mark.parametrize("name", ["GaussianDropout", "AlphaDropout"])
def test_noise_keeps_mean_and_variance_as_promised(name, rng) -> None:
    """x ~ N(0, 1): alpha dropout keeps mean 0, variance 1; normal noise of variance r / (1 − r) multiplies x."""
    x = rng.normal(size=(1000, 1000)).astype("float32")
    y = noise(name, x).astype("float64")
    variance = 1.0 if name == "AlphaDropout" else 1 + 0.3 / 0.7
    fourth = (y**4).mean()
    assert abs(y.mean()) < 6 * math.sqrt(variance / y.size)
    assert abs((y**2).mean() - variance) < 6 * math.sqrt(fourth / y.size)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_alpha_dropout_is_a_line_or_a_constant(dtype, rng) -> None:
    x = rng.uniform(1, 2, (100, 97)).astype(dtype)
    y = noise("AlphaDropout", x, dtype)
    a = ((1 - 0.3) * (1 + 0.3 * LIMIT**2)) ** -0.5
    b = -a * LIMIT * 0.3
    kept = y > 0
    tolerance = 1e-6 if dtype == "float32" else 1e-14
    assert np.abs(y - np.where(kept, a * x + b, a * LIMIT + b)).max() < tolerance
    assert abs(kept.mean() - 0.7) < 6 * math.sqrt(0.21 / kept.size)


@pytest.mark.parity
@pytest.mark.parametrize(
    "shape", [(None, 1, None), (1, None, None), (None, None, 1), (None, 1, 1), (1, 40, 1), (50,), (40, 1)]
)
def test_numbers_are_shared_along_axes_as_in_keras(shape, keras) -> None:
    x = np.ones((300, 40, 50), "float32")
    for name in ("Dropout", "AlphaDropout"):
        kept = []
        for package in (bardana, keras):
            y = np.asarray(getattr(package.layers, name)(0.5, noise_shape=shape)(x, training=True))
            kept.append(y == y.max())
        shares = [[bool((k == np.take(k, [0], axis)).all()) for axis in range(3)] for k in kept]
        assert shares[0] == shares[1], name
        drawn = kept[0][tuple(slice(1) if shared else slice(None) for shared in shares[0])]
        assert abs(drawn.mean() - 0.5) <= 6 * math.sqrt(0.25 / drawn.size)
    values = set(np.unique(np.asarray(bardana.layers.Dropout(0.5, noise_shape=shape)(x, training=True))))
    assert values <= {0.0, 2.0}


def test_spatial_dropout_drops_channels(rng) -> None:
    x = rng.uniform(1, 2, (500, 6, 37)).astype("float32")
    y = noise("SpatialDropout1D", x)
    kept = y != 0
    assert (kept == kept[:, :1]).all()
    np.testing.assert_allclose(y[kept], x[kept] / np.float32(0.7), rtol=3e-7)
    assert abs(kept[:, 0].mean() - 0.7) < 6 * math.sqrt(0.21 / kept[:, 0].size)
    with pytest.raises(ValueError, match="noise_shape"):
        bardana.layers.SpatialDropout1D(0.5).build((None, 4))


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("width", [1, 7, 17, 97])
def test_gradients_use_the_numbers_of_the_forward_pass(name, width, rng) -> None:
    """`compute_gradients(training=True)` draws the same numbers each time: second differences, h = 1e-5, in float64."""
    layers = [("Dense", {"units": width, "activation": "tanh"}), LAYERS[name], ("Flatten", {}), ("Dense", {"units": 2})]
    model = make_model(bardana, layers, (3, 5), "float64")
    model.compile("sgd", "mse")
    x, y = rng.normal(size=(6, 3, 5)), rng.normal(size=(6, 2))
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


@pytest.mark.parametrize("name", LAYERS)
def test_seeds_and_steps(name, rng) -> None:
    x = rng.uniform(1, 2, (9, 40, 50)).astype("float32")
    first = noise(name, x, seed=3)
    np.testing.assert_array_equal(noise(name, x, seed=3), first)
    assert not np.array_equal(noise(name, x, seed=4), first)
    assert not np.array_equal(noise(name, x), noise(name, x))
    model = make_model(bardana, [LAYERS[name], ("Dense", {"units": 1})], (40, 50))
    model.compile(bardana.optimizers.SGD(0.0), "mse")
    y = np.zeros((9, 40, 1))
    losses = model.fit(x, y, epochs=5, shuffle=False, verbose=0).history["loss"]
    losses += [model.train_on_batch(x, y) for _ in range(3)]
    assert len(set(losses)) == 8
    assert len({model.evaluate(x, y, verbose=0) for _ in range(3)}) == 1


@pytest.mark.parametrize("name", ["GaussianNoise", "GaussianDropout", "AlphaDropout"])
def test_no_noise_at_all(name, rng) -> None:
    x = rng.normal(size=(5, 7)).astype("float32")
    np.testing.assert_array_equal(getattr(bardana.layers, name)(0)(x, training=True), x)
    model = make_model(bardana, [(name, {next(iter(LAYERS[name][1])): 0.25}), ("Dense", {"units": 2})], (7,))
    model.compile("sgd", "mse")
    _, (kernel, _), inputs = model.compute_gradients(x, np.ones((5, 2)))
    assert np.isfinite(kernel).all()
    assert_close(inputs.shape, x.shape, 0)


@pytest.mark.parity
@pytest.mark.parametrize("name", LAYERS)
def test_configs_are_those_of_keras(name, keras) -> None:
    class_name, arguments = LAYERS[name]
    ours, theirs = (getattr(p.layers, class_name)(**arguments, name="n").get_config() for p in (bardana, keras))
    assert {k: v for k, v in ours.items() if k != "dtype"} == {k: v for k, v in theirs.items() if k != "dtype"}
    assert getattr(bardana.layers, class_name).from_config(ours).get_config() == ours


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("GaussianNoise", {"stddev": 1.5}),
        ("GaussianNoise", {"stddev": "x"}),
        ("GaussianDropout", {"rate": 1}),
        ("GaussianDropout", {"rate": -0.1}),
        ("AlphaDropout", {"rate": 1.0}),
        ("AlphaDropout", {"rate": 0.5, "seed": 0.5}),
        ("Dropout", {"rate": 0.5, "noise_shape": (0, 4)}),
        ("Dropout", {"rate": 0.5, "noise_shape": (1.5, 4)}),
        ("Dropout", {"rate": 0.5, "noise_shape": "x"}),
    ],
    ids=str,
)
def test_bad_arguments(name, arguments) -> None:
    with pytest.raises(ValueError, match=f"expected {list(arguments)[-1]}"):
        getattr(bardana.layers, name)(**arguments)


@pytest.mark.parametrize("shape", [(3, 4), (None, 2), (1, 1, 1)])
def test_shapes_that_do_not_fit(shape) -> None:
    with pytest.raises(ValueError, match=r"expected a noise_shape of None or 1 .* \(None, 4\)"):
        bardana.layers.Dropout(0.5, noise_shape=shape).build((None, 4))
