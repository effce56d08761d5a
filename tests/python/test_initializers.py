"""Initializers: distributions against their formulas and against Keras, seeds, and every way to name one."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from bardana import config, initializers, layers, seeds
from bardana.initializers.base import FAMILY

SHAPE = (600, 400)
# Of n = 240,000 draws the sample's standard deviation has a relative error of about 1 / sqrt(2 n) = 0.15 %.
STDDEV_TOLERANCE = 0.01
TRUNCATION = 0.87962566103423978

# class name: arguments, standard deviation, largest distance from the mean (inf: none), mean
SAMPLES: dict[str, tuple[dict[str, Any], float, float, float]] = {
    "Zeros": ({}, 0.0, 0.0, 0.0),
    "Ones": ({}, 0.0, 0.0, 1.0),
    "Constant": ({"value": -2.5}, 0.0, 0.0, -2.5),
    "RandomNormal": ({"mean": 1.0, "stddev": 0.2}, 0.2, math.inf, 1.0),
    "RandomUniform": ({"minval": -0.2, "maxval": 0.4}, 0.6 / math.sqrt(12), 0.3, 0.1),
    "TruncatedNormal": ({"mean": -1.0, "stddev": 0.2}, 0.2 * TRUNCATION, 0.4, -1.0),
    "VarianceScaling": ({"scale": 3.0}, math.sqrt(3 / 600), 2 * math.sqrt(3 / 600) / TRUNCATION, 0.0),
    "GlorotUniform": ({}, math.sqrt(2 / 1000), math.sqrt(6 / 1000), 0.0),
    "GlorotNormal": ({}, math.sqrt(2 / 1000), 2 * math.sqrt(2 / 1000) / TRUNCATION, 0.0),
    "HeUniform": ({}, math.sqrt(2 / 600), math.sqrt(6 / 600), 0.0),
    "HeNormal": ({}, math.sqrt(2 / 600), 2 * math.sqrt(2 / 600) / TRUNCATION, 0.0),
    "LecunUniform": ({}, math.sqrt(1 / 600), math.sqrt(3 / 600), 0.0),
    "LecunNormal": ({}, math.sqrt(1 / 600), 2 * math.sqrt(1 / 600) / TRUNCATION, 0.0),
}
MATRICES = {"Orthogonal": {"gain": 2.0}, "Identity": {"gain": 3.0}}  # shapes of at least, or exactly, two axes
ALL = [*SAMPLES, *MATRICES]
RANDOM = [name for name in SAMPLES if name not in ("Zeros", "Ones", "Constant")]
SEEDED = [*RANDOM, "Orthogonal"]


def make(name: str, **extra: Any) -> Any:
    return getattr(initializers, name)(**(MATRICES[name] if name in MATRICES else SAMPLES[name][0]), **extra)


def test_every_initializer_has_a_sample() -> None:
    assert {FAMILY.find(name).__name__ for name in FAMILY.names()} == set(ALL)


@pytest.mark.parametrize("name", SAMPLES)
def test_distribution_follows_the_formula(name: str) -> None:
    _, stddev, bound, mean = SAMPLES[name]
    values = make(name, **({"seed": 3} if name in RANDOM else {}))(SHAPE, "float64")
    assert values.shape == SHAPE
    assert values.std() == pytest.approx(stddev, rel=STDDEV_TOLERANCE, abs=1e-15)
    # Five standard errors of the mean.
    assert values.mean() == pytest.approx(mean, abs=5 * stddev / math.sqrt(values.size) + 1e-15)
    distance = np.abs(values - mean).max()
    assert distance <= bound * (1 + 1e-12)
    if math.isfinite(bound):
        assert distance == pytest.approx(bound, rel=0.01)


@pytest.mark.parametrize("name", RANDOM)
@pytest.mark.parametrize("shape", [(700, 300), (50, 40, 30), (100_000,)])
def test_distribution_agrees_with_keras(name: str, shape: tuple[int, ...]) -> None:
    keras = pytest.importorskip("keras")
    theirs = np.asarray(getattr(keras.initializers, name)(**SAMPLES[name][0], seed=1)(shape))
    ours = make(name, seed=1)(shape, "float32")
    assert ours.std() == pytest.approx(theirs.std(), rel=2 * STDDEV_TOLERANCE)
    if name != "RandomNormal":
        assert ours.max() == pytest.approx(theirs.max(), rel=0.02)
        assert ours.min() == pytest.approx(theirs.min(), rel=0.02)


@pytest.mark.parametrize("shape", [(7, 7), (3, 8), (8, 3), (2, 3, 4), (1, 1), (1, 5)])
def test_orthogonal_matrices(shape: tuple[int, ...]) -> None:
    """Columns, or rows, are orthonormal; signs and directions are as of a uniform one, so entries have mean 0."""
    matrix = initializers.Orthogonal(gain=2.0, seed=3)(shape, "float64").reshape(-1, shape[-1])
    short = matrix if matrix.shape[0] <= matrix.shape[1] else matrix.T
    np.testing.assert_allclose(short @ short.T, 4 * np.eye(len(short)), atol=1e-14)
    draws = [initializers.Orthogonal(seed=seed)(shape, "float64").flat[0] for seed in range(400)]
    # Each entry has variance 1 / (larger side); five standard errors.
    size = max(matrix.shape)
    assert abs(np.mean(draws)) <= 5 / math.sqrt(400 * size)
    assert np.mean(np.square(draws)) == pytest.approx(1 / size, rel=0.4)


@pytest.mark.parametrize("shape", [(3, 3), (2, 5), (5, 2)])
def test_identity_agrees_with_keras(shape: tuple[int, ...]) -> None:
    keras = pytest.importorskip("keras")
    np.testing.assert_array_equal(initializers.Identity(2.5)(shape), keras.initializers.Identity(2.5)(shape))


@pytest.mark.parametrize("shape", [(), (3,), (2, 3, 4)])
def test_shapes_that_are_no_matrices(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="Identity: expected a shape of 2 axes"):
        initializers.Identity()(shape)
    if len(shape) < 2:
        with pytest.raises(ValueError, match="Orthogonal: expected a shape of at least 2 axes"):
            initializers.Orthogonal()(shape)


@pytest.mark.parametrize(
    ("arguments", "variance"),
    [
        ({"mode": "fan_out", "distribution": "uniform"}, 1 / 400),
        ({"mode": "fan_avg", "distribution": "untruncated_normal"}, 1 / 500),
        ({"mode": "fan_in", "distribution": "normal", "scale": 0.5}, 0.5 / 600),
        ({"mode": "fan_in", "input_axes": [1], "output_axes": [0]}, 1 / 400),
    ],
)
def test_variance_scaling_modes(arguments: dict[str, Any], variance: float) -> None:
    values = initializers.VarianceScaling(seed=5, **arguments)(SHAPE, "float64")
    assert values.std() == pytest.approx(math.sqrt(variance), rel=STDDEV_TOLERANCE)


@pytest.mark.parametrize(
    ("shape", "fans"), [((), (1, 1)), ((7,), (7, 7)), ((3, 5), (3, 5)), ((2, 4, 3, 5), (24, 40)), ((0, 5), (0, 5))]
)
def test_fans(shape: tuple[int, ...], fans: tuple[int, int]) -> None:
    assert initializers.compute_fans(shape) == fans


@pytest.mark.parametrize("name", SEEDED)
def test_seed_decides_the_values(name: str) -> None:
    first = make(name, seed=11)
    values = first((20, 30), "float64")
    np.testing.assert_array_equal(first((20, 30), "float64"), values)
    np.testing.assert_array_equal(make(name, seed=11)((20, 30), "float64"), values)
    assert not np.array_equal(make(name, seed=12)((20, 30), "float64"), values)


@pytest.mark.parametrize("name", SEEDED)
def test_unseeded_instances_differ_and_repeat_themselves(name: str) -> None:
    seeds.set_seed(4)
    first, second = make(name), make(name)
    values = first((5, 6))
    np.testing.assert_array_equal(first((5, 6)), values)
    assert not np.array_equal(second((5, 6)), values)
    seeds.set_seed(4)
    np.testing.assert_array_equal(make(name)((5, 6)), values)


@pytest.mark.parametrize("name", SEEDED)
def test_float32_is_float64_rounded(name: str) -> None:
    initializer = make(name, seed=2)
    wide, narrow = initializer((30, 20), "float64"), initializer((30, 20), "float32")
    assert narrow.dtype == np.float32
    np.testing.assert_array_equal(narrow, wide.astype(np.float32))


@pytest.mark.parametrize("name", ALL)
def test_default_dtype_is_floatx(name: str) -> None:
    try:
        config.set_floatx("float64")
        assert make(name)((2, 3)).dtype == np.float64
    finally:
        config.set_floatx("float32")
    assert make(name)((2, 3)).dtype == np.float32


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("shape", [(), (1,), (0, 3)])
def test_small_shapes(name: str, shape: tuple[int, ...]) -> None:
    values = make(name)(shape, "float32")
    assert values.shape == shape
    assert np.isfinite(values).all()


@pytest.mark.parametrize("name", ALL)
def test_every_way_to_name_one(name: str) -> None:
    cls = getattr(initializers, name)
    snake = next(
        alias for alias in FAMILY.names() if "_" in alias or alias == name.lower() if FAMILY.find(alias) is cls
    )
    assert getattr(initializers, snake) is cls
    assert getattr(initializers, f"{name}Initializer", cls) is cls
    instance = make(name)
    for identifier in (name, snake, cls, {"class_name": name, "config": {}}):
        assert type(initializers.get(identifier)) is cls
    assert initializers.get(instance) is instance


@pytest.mark.parametrize(
    ("alias", "name"), [("uniform", "RandomUniform"), ("normal", "RandomNormal"), ("zero", "Zeros")]
)
def test_short_names(alias: str, name: str) -> None:
    assert type(initializers.get(alias)).__name__ == name


@pytest.mark.parametrize("name", ALL)
def test_config_round_trip_gives_the_same_values(name: str) -> None:
    instance = make(name, **({"seed": 9} if name in SEEDED else {}))
    again = type(instance).from_config(instance.get_config())
    assert again.get_config() == instance.get_config()
    np.testing.assert_array_equal(again((4, 5)), instance((4, 5)))


def test_config_of_an_unseeded_initializer_has_no_seed() -> None:
    assert initializers.GlorotUniform().get_config() == {"seed": None, "input_axes": None, "output_axes": None}


def test_callable_is_returned_as_it_is() -> None:
    def halves(shape: tuple[int, ...], dtype: Any = None) -> Any:
        return np.full(shape, 0.5, dtype)

    assert initializers.get(halves) is halves
    assert initializers.get(None) is None


def test_initializers_of_the_user_in_layers() -> None:
    class Halves(initializers.Initializer):
        def __init__(self, factor: float = 1.0) -> None:
            self.factor = factor

        def __call__(self, shape: Any, dtype: Any = None) -> Any:
            return np.full(shape, 0.5 * self.factor, dtype)

        def get_config(self) -> dict[str, Any]:
            return {"factor": self.factor}

    layer = layers.Dense(2, kernel_initializer=Halves(3.0), bias_initializer=lambda shape, dtype=None: np.ones(shape))
    layer.build((None, 3))
    np.testing.assert_array_equal(layer.kernel, np.full((3, 2), 1.5))
    np.testing.assert_array_equal(layer.bias, np.ones(2))
    config = initializers.serialize(layer.kernel_initializer)
    assert (config["class_name"], config["config"]) == ("Halves", {"factor": 3.0})
    assert initializers.deserialize(config, {"Halves": Halves}).factor == 3.0
    assert layer.kernel_initializer.clone().factor == 3.0
    assert type(initializers.get(Halves)) is Halves
    with pytest.raises(NotImplementedError, match="must override __call__"):
        initializers.Initializer()((2,))


def test_wrong_shapes_from_initializers_are_refused() -> None:
    for wrong in (lambda shape, dtype=None: 1.0, lambda shape, dtype=None: np.ones((3, 1)), np.ones((2, 3))):
        layer = layers.Dense(2, kernel_initializer=wrong)
        with pytest.raises(ValueError, match=r"shape \(3, 2\), received"):
            layer.build((None, 3))


def test_things_with_the_array_protocol_are_arrays() -> None:
    class Foreign:
        def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
            return np.arange(6, dtype="float64").reshape(3, 2)

    layer = layers.Dense(2, kernel_initializer=Foreign())
    layer.build((None, 3))
    np.testing.assert_array_equal(layer.kernel, np.arange(6).reshape(3, 2))


def test_array_is_taken_for_its_shape_only() -> None:
    initializer = initializers.get(np.arange(6.0).reshape(2, 3))
    np.testing.assert_array_equal(initializer((2, 3), "float32"), np.arange(6, dtype=np.float32).reshape(2, 3))
    with pytest.raises(ValueError, match=r"shape \(3,\), received \(2, 3\)"):
        initializer((3,), "float32")


def test_constant_array_broadcasts_and_survives_its_config() -> None:
    constant = initializers.Constant(np.array([1.0, 2.0]))
    again = initializers.Constant.from_config(constant.get_config())
    np.testing.assert_array_equal(again((2, 2), "float32"), [[1, 2], [1, 2]])


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("RandomNormal", {"seed": 1.5}, "expected `seed` to be an integer or None, received 1.5"),
        ("RandomNormal", {"stddev": -1.0}, "expected `stddev` >= 0, received -1.0"),
        ("TruncatedNormal", {"stddev": math.nan}, "expected `stddev` >= 0, received nan"),
        ("RandomUniform", {"minval": 1.0, "maxval": 0.0}, "expected minval <= maxval, received minval=1.0, maxval=0.0"),
        ("VarianceScaling", {"scale": 0.0}, "expected `scale` > 0, received 0.0"),
        ("VarianceScaling", {"mode": "fan"}, "expected `mode` to be one of fan_in, fan_out, fan_avg, received 'fan'"),
        ("VarianceScaling", {"distribution": "x"}, "expected `distribution` to be one of .*, received 'x'"),
        ("VarianceScaling", {"input_axes": [0]}, "expected both `input_axes` and `output_axes` or neither"),
    ],
)
def test_bad_arguments(name: str, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"{name}: {message}"):
        getattr(initializers, name)(**arguments)


@pytest.mark.parametrize("identifier", ["foo", 3, "glorotuniform"])
def test_unknown_identifier(identifier: Any) -> None:
    with pytest.raises(ValueError, match=f"Could not interpret initializer identifier: {identifier}.*glorot_uniform"):
        initializers.get(identifier)


def test_random_integers_are_refused() -> None:
    with pytest.raises(TypeError, match="RandomNormal: expected a floating-point dtype, received int32"):
        initializers.RandomNormal()((2,), "int32")


def test_seeds_are_31_bit_and_reproducible() -> None:
    seeds.set_seed(1)
    drawn = [seeds.next_seed() for _ in range(1000)]
    assert all(0 <= seed < 2**31 for seed in drawn)
    assert len(set(drawn)) > 990
    seeds.set_seed(1)
    assert [seeds.next_seed() for _ in range(1000)] == drawn


@pytest.mark.parametrize("seed", [-1, 2**32, 1.0, "a", None, True])
def test_bad_global_seed(seed: Any) -> None:
    with pytest.raises(ValueError, match="Expected `seed` to be an integer"):
        seeds.set_seed(seed)
