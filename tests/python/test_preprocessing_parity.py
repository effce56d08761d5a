"""Normalization, Rescaling, Discretization and CategoryEncoding beside live tf.keras.

Tolerances: y = (x − m) / s rounds twice (2 u = 1.2e-7 in float32) and takes over the relative errors of m and s. Keras
sums moments in float32 over at most 1000 numbers below 10: errors below 1000 u · 10 in the worst case, some 1e-6 in
practice; 1e-5 of the largest magnitude is allowed. With given moments both sides round alike: 1e-6.
"""

from __future__ import annotations

import numpy as np
import pytest
from keras_twin import assert_close, assert_same_gradients, keras_gradients, make_twins

import bardana

pytestmark = pytest.mark.parity

AXES = [
    (-1, (3,)),
    (1, (20,)),
    (None, (3,)),
    (-1, (2, 3)),
    (1, (2, 3)),
    ((1, 2), (2, 3)),
    ((2, 1), (3, 50)),
    ((1, -1), (2, 3, 4)),
    ((), (2, 3)),
]


def make_pair(keras, name, *arguments, **keywords):
    return (getattr(package.layers, name)(*arguments, **keywords) for package in (bardana, keras))


def assert_same_error(keras, call, *, ours=ValueError):
    """Both packages refuse call(package)."""
    with pytest.raises(ours):
        call(bardana)
    with pytest.raises(Exception):  # noqa: B017 TensorFlow's own types among them
        call(keras)


@pytest.mark.parametrize("invert", [False, True])
@pytest.mark.parametrize(("axis", "shape"), AXES)
def test_normalization_adapted_to_an_array(axis, shape, invert, keras, rng) -> None:
    ours, theirs = make_pair(keras, "Normalization", axis=axis, invert=invert)
    data = rng.normal(2, 3, (50, *shape)).astype("float32")
    x = rng.normal(2, 3, (7, *shape)).astype("float32")
    assert_close(ours(x), x, 0, "before adapt")
    ours.adapt(data)
    theirs.adapt(data)
    assert_close(ours(x), np.asarray(theirs(x)), 1e-5, "output")
    assert ours.axis == theirs.axis
    for actual, expected in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        assert_close(actual, expected, 1e-5, "weights")
        assert actual.dtype == expected.dtype
    assert_close(ours.mean, np.asarray(theirs.mean), 1e-5, "mean")
    assert_close(ours.variance, np.asarray(theirs.variance), 1e-5, "variance")
    assert [v.path.split("/")[1] for v in ours.weights] == [v.name for v in theirs.weights]
    assert ours.trainable_variables == [] and len(ours.non_trainable_variables) == 3
    assert ours.count_params() == theirs.count_params()


@pytest.mark.parametrize("invert", [False, True])
@pytest.mark.parametrize(
    ("axis", "shape", "moments"),
    [
        (-1, (3,), (0.5, 2.0)),
        (-1, (3,), ([0.5, 1.0, 2.0], [1.0, 0.0, 4.0])),
        (-1, (2, 3), ([0.5, 1.0, 2.0], [1.0, 0.25, 4.0])),
        (None, (2, 3), (0.5, 2.0)),
        ((1, 2), (2, 3), ([0.5, 1.0, 2.0], [1.0, 0.25, 4.0])),
        ((1, 2), (2, 3), ([[0.5], [1.0]], [[1.0], [0.25]])),
    ],
)
def test_normalization_with_given_moments(axis, shape, moments, invert, keras, rng) -> None:
    mean, variance = moments
    ours, theirs = make_pair(keras, "Normalization", axis=axis, mean=mean, variance=variance, invert=invert)
    x = rng.normal(size=(5, *shape)).astype("float32")
    assert_close(ours(x), np.asarray(theirs(x)), 1e-6, "output")
    assert_close(ours.mean, np.asarray(theirs.mean), 0, "mean")
    assert_close(ours.variance, np.asarray(theirs.variance), 0, "variance")
    assert ours.weights == []
    ours_config, theirs_config = ours.get_config(), theirs.get_config()
    for key in ("axis", "mean", "variance", "invert"):
        assert ours_config[key] == theirs_config[key]
    again = bardana.layers.Normalization.from_config(ours_config)
    np.testing.assert_array_equal(again(x), ours(x))


def batches_of(data, kind, keras):
    """The same rows, as `adapt` may receive them."""
    import tensorflow as tf

    def parts():
        return (data[i : i + 7] for i in range(0, len(data), 7))

    class Pairs(keras.utils.PyDataset):
        def __len__(self):
            return (len(data) + 6) // 7

        def __getitem__(self, index):
            return data[7 * index : 7 * index + 7], np.zeros(7)

    dataset = tf.data.Dataset.from_tensor_slices
    return {
        "list": lambda: list(parts()),
        "generator": parts,
        "pairs": lambda: ((x, np.zeros(len(x))) for x in parts()),
        "PyDataset": Pairs,
        "tensor": lambda: tf.constant(data),
        "dataset": lambda: dataset(data).batch(7),
        "dataset of pairs": lambda: dataset((data, np.zeros(len(data)))).batch(7),
        "dataset of rows": lambda: dataset(data),
    }[kind]()


@pytest.mark.parametrize(
    "kind",
    ["list", "generator", "pairs", "PyDataset", "tensor", "dataset", "dataset of pairs", "dataset of rows"],
)
def test_normalization_adapted_to_batches(kind, keras, rng) -> None:
    ours, theirs = make_pair(keras, "Normalization")
    data = rng.normal(5, 2, (40, 3)).astype("float32")
    ours.adapt(batches_of(data, kind, keras))
    theirs.adapt(batches_of(data, kind, keras))
    assert_close(ours.get_weights()[0], theirs.get_weights()[0], 1e-5, "mean")
    assert_close(ours.get_weights()[1], theirs.get_weights()[1], 1e-5, "variance")


@pytest.mark.parametrize("dtype", ["uint8", "int64", "bool", "float16", "float64", ">f4"])
def test_normalization_adapts_in_double_precision(dtype, rng) -> None:
    data = (rng.integers(0, 200, (400, 5)) * (1 if dtype != "bool" else rng.integers(0, 2, (400, 5)))).astype(dtype)
    layer = bardana.layers.Normalization(dtype="float64")
    layer.adapt(data[:, ::-1])
    wide = data[:, ::-1].astype("float64")
    assert_close(layer.get_weights()[0], wide.mean(axis=0), 1e-14, "mean")
    assert_close(layer.get_weights()[1], wide.var(axis=0), 1e-13, "variance")
    assert_close(layer(data), (data.astype("float64") - wide.mean(0)) / np.sqrt(wide.var(0)), 1e-13, "output")


def test_normalization_joins_pieces_of_large_data(monkeypatch, rng) -> None:
    data = rng.normal(100, 1, (101, 3, 2))
    whole, pieces = bardana.layers.Normalization(dtype="float64"), bardana.layers.Normalization(dtype="float64")
    whole.adapt(data)
    monkeypatch.setattr("bardana.layers.moments.Moments.PIECE", 20)
    pieces.adapt(data)
    # Variances of numbers near 100 lose a factor of 100² of their precision of 1e-16, not more.
    assert_close(pieces.get_weights()[0], whole.get_weights()[0], 1e-14, "mean")
    assert_close(pieces.get_weights()[1], whole.get_weights()[1], 1e-12, "variance")


def test_normalization_by_zero_variance_divides_by_epsilon(keras, rng) -> None:
    ours, theirs = make_pair(keras, "Normalization")
    data = np.array([[1.0, 2.0], [1.0, 4.0]], "float32")
    x = np.array([[1.0, 3.0], [1.5, 3.5]], "float32")
    ours.adapt(data)
    theirs.adapt(data)
    assert_close(ours(x), np.asarray(theirs(x)), 1e-6, "output")
    assert ours(x)[1, 0] > 1e6


def test_normalization_can_be_adapted_again_inside_a_compiled_model(keras, rng) -> None:
    """The chapter's order: model, compile, adapt, fit; and adapt once more after it."""
    models = []
    x = rng.normal(3, 5, (64, 4)).astype("float32")
    y = (x @ rng.normal(size=(4, 1))).astype("float32")
    start = [rng.normal(size=(4, 3)), rng.normal(size=3), rng.normal(size=(3, 1)), rng.normal(size=1)]
    for package in (bardana, keras):
        norm = package.layers.Normalization()
        dense = package.layers.Dense(3, "tanh"), package.layers.Dense(1)
        model = package.Sequential([package.Input((4,)), norm, *dense])
        model.compile(package.optimizers.SGD(0.05), "mse")
        norm.adapt(x)
        model.set_weights([*model.get_weights()[:3], *start])
        if package is keras:
            norm.finalize_state()
        history = model.fit(x, y, epochs=3, batch_size=16, shuffle=False, verbose=0)
        norm.adapt(2 * x)
        models.append((model, history.history["loss"], model.predict(x, verbose=0)))
    (ours, our_losses, our_output), (theirs, their_losses, _) = models
    assert_close(our_losses, their_losses, 1e-4, "losses")
    for actual, expected in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        assert_close(actual, expected, 1e-4, "weights")
    # Keras' compiled predict function may keep the moments of before: it is called as a layer instead.
    assert_close(our_output, np.asarray(theirs(x)), 1e-4, "after the second adapt")
    assert len(ours.trainable_variables) == 4 and len(ours.non_trainable_variables) == 3


def test_normalization_refuses_what_keras_refuses(keras) -> None:
    ones = np.ones((2, 3), "float32")

    def adapted(package):
        layer = package.layers.Normalization()
        layer.adapt(ones)
        return layer

    for call in (
        lambda package: package.layers.Normalization(mean=1.0),
        lambda package: package.layers.Normalization(mean=1.0, variance=[1.0]),
        lambda package: package.layers.Normalization(mean=[[1.0]], variance=[[1.0]]),
        lambda package: package.layers.Normalization(axis=None, mean=[1.0], variance=[1.0]),
        lambda package: package.layers.Normalization(axis="last")(ones),
        lambda package: package.layers.Normalization(axis=2)(ones),
        lambda package: package.layers.Normalization(axis=-3)(ones),
        lambda package: package.layers.Normalization(mean=[1.0, 2.0], variance=[1.0, 2.0])(ones),
        lambda package: adapted(package).adapt(np.ones((2, 4))),
        lambda package: adapted(package).adapt([]),
        lambda package: package.layers.Normalization(mean=1.0, variance=1.0).adapt(ones),
    ):
        assert_same_error(keras, call)
    for wrong in (5, [1, 2], [[1.0, 2.0]]):
        assert_same_error(keras, lambda package, wrong=wrong: adapted(package).adapt(wrong), ours=TypeError)


@pytest.mark.parametrize(
    ("scale", "offset", "shape"),
    [
        (2, 0.0, (3,)),
        (1 / 255, -0.5, (2, 3)),
        ([1.0, 2.0, 3.0], 0.5, (3,)),
        ([1.0, 2.0, 3.0], [1, 2, 3], (2, 3)),
        ([[2.0], [3.0]], [1.0, 2.0, 3.0], (2, 3)),
        (np.array([[[2.0, 3.0, 4.0]]]), np.float32(1), (2, 3)),
    ],
)
def test_rescaling(scale, offset, shape, keras, rng) -> None:
    ours, theirs = make_pair(keras, "Rescaling", scale, offset)
    for dtype in ("float32", "float64", "float16", "uint8", "int64", "bool"):
        x = rng.integers(0, 2 if dtype == "bool" else 200, (5, *shape)).astype(dtype)
        assert_close(ours(x), np.asarray(theirs(x)), 1e-6, dtype)
    assert bardana.layers.Rescaling.from_config(ours.get_config())(x).tolist() == ours(x).tolist()
    for key in ("scale", "offset"):
        assert ours.get_config()[key] == theirs.get_config()[key]


def test_rescaling_refuses_what_would_change_the_shape(keras) -> None:
    for scale in ("a", None, [1.0, 2.0]):
        assert_same_error(keras, lambda package, s=scale: package.layers.Rescaling(s)(np.ones((1, 3), "float32")))
    with pytest.raises(ValueError, match="broadcast"):
        bardana.layers.Rescaling(np.ones(3))(np.ones((2, 1)))


@pytest.mark.parametrize("layer", ["given", "inverted", "Rescaling"])
def test_gradients_pass_through(layer, keras, rng) -> None:
    moments = {"mean": [1.0, -2.0, 0.5], "variance": [4.0, 0.25, 1.0]}
    middle = {
        "given": ("Normalization", moments),
        "inverted": ("Normalization", {**moments, "invert": True}),
        "Rescaling": ("Rescaling", {"scale": [0.5, 2.0, -1.0], "offset": [1.0, 2.0, 3.0]}),
    }[layer]
    layers = [("Dense", {"units": 3}), middle, ("Activation", {"activation": "tanh"}), ("Dense", {"units": 2})]
    twins = make_twins(keras, layers, (2, 4), rng)
    x, y = rng.normal(size=(6, 2, 4)).astype("float32"), rng.normal(size=(6, 2, 2)).astype("float32")
    twins.compile(keras, {}, ("MeanSquaredError", {}))
    actual = twins.ours.compute_gradients(x, y)
    expected = keras_gradients(twins.theirs, keras.losses.MeanSquaredError(), x, y)
    assert_close(actual.loss, expected.loss, 1e-5, "loss")
    assert_same_gradients(actual, expected, 1e-4, layer)


def test_gradients_pass_through_adapted_moments(rng) -> None:
    norm = bardana.layers.Normalization(axis=(1, 2), dtype="float64")
    first = bardana.layers.Dense(3, dtype="float64")
    last = bardana.layers.Dense(2, dtype="float64")
    model = bardana.Sequential([bardana.Input((2, 4), dtype="float64"), first, norm, last])
    norm.adapt(rng.normal(1, 3, (20, 2, 3)))
    model.compile("sgd", "mse")
    assert model.check_gradients(rng.normal(size=(5, 2, 4)), rng.normal(size=(5, 2, 2))).ok


SHAPES = [(3,), (1,), (3, 2), (3, 1), (1, 4)]
MODES = ["int", "one_hot", "multi_hot", "count"]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("shape", SHAPES)
def test_discretization(shape, mode, keras, rng) -> None:
    ours, theirs = make_pair(keras, "Discretization", [-1.0, 0.0, 0.5], output_mode=mode)
    x = rng.normal(size=(6, *shape)).astype("float32")
    x[0] = [[-1.0], [0.0], [0.5]][: shape[0]] if len(shape) > 1 else [-1.0, 0.0, 0.5][: shape[0]]
    expected = np.asarray(theirs(x))
    assert_close(ours(x), expected, 0, mode)
    assert ours(x).dtype == expected.dtype
    assert ours.compute_output_shape((None, *shape)) == (None, *expected.shape[1:])
    assert ours.get_config() | {"name": ""} == theirs.get_config() | {"name": ""}


def test_discretization_of_special_numbers_and_types(keras, rng) -> None:
    ours, theirs = make_pair(keras, "Discretization", [1.0, 2.0, 2.0])
    special = np.array([[np.nan, np.inf, -np.inf, 1.0, 2.0, np.float32(1) - np.float32(2**-24)]], "float32")
    assert_close(ours(special), np.asarray(theirs(special)), 0, "special numbers")
    for dtype in ("uint8", "int64", "bool", "float16", "float64"):
        x = rng.integers(0, 5, (4, 3)).astype(dtype)
        assert_close(ours(x), np.asarray(theirs(x.astype("float32"))), 0, dtype)
    none, nothing = make_pair(keras, "Discretization", [])
    assert_close(none(special), np.asarray(nothing(special)), 0, "one bin")


@pytest.mark.parametrize("count", [1, 15, 16, 63, 64, 65, 300])
def test_discretization_into_many_bins(count, rng) -> None:
    boundaries = np.sort(rng.normal(size=count)).astype("float32")
    x = np.concatenate([rng.normal(size=500).astype("float32"), boundaries, [np.nan]])[:, np.newaxis]
    bins = bardana.layers.Discretization(boundaries.tolist())(x)
    np.testing.assert_array_equal(bins, np.digitize(x, boundaries))


@pytest.mark.parametrize(("rows", "bins", "epsilon"), [(5, 3, 0.01), (5, 10, 0.01), (1000, 4, 0.01), (1000, 7, 0.1)])
def test_discretization_adapts_like_keras(rows, bins, epsilon, keras, rng) -> None:
    data = rng.normal(size=(rows, 2)).astype("float32")
    parts = [data[i : i + 150] for i in range(0, rows, 150)]
    for kind in ("array", "list", "generator", "steps"):
        ours, theirs = make_pair(keras, "Discretization", num_bins=bins, epsilon=epsilon)
        for layer in (ours, theirs):
            if kind == "steps":
                layer.adapt((part for part in parts), steps=2)
            else:
                layer.adapt({"array": data, "list": parts, "generator": (part for part in parts)}[kind])
        assert_close(ours.bin_boundaries, theirs.bin_boundaries, 1e-6, kind)
        x = rng.normal(size=(20, 2)).astype("float32")
        np.testing.assert_array_equal(ours(x), np.digitize(x, np.float32(ours.bin_boundaries)))
        again = bardana.layers.Discretization.from_config(ours.get_config())
        assert again.bin_boundaries == ours.bin_boundaries and again.num_bins == bins


def test_models_follow_a_discretization_that_is_adapted_again(rng) -> None:
    bins = bardana.layers.Discretization(num_bins=4, output_mode="one_hot")
    model = bardana.Sequential([bardana.Input((1,)), bins, bardana.layers.Dense(1)])
    x = rng.normal(size=(100, 1)).astype("float32")
    with pytest.raises(ValueError, match="adapt"):
        model.predict(x, verbose=0)
    bins.adapt(x)
    model.compile("adam", "mse")
    model.fit(x, x, verbose=0)
    before = model.get_weights()
    bins.adapt(x + 10)
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))
    np.testing.assert_array_equal(model.predict(x, verbose=0), model.predict(x * 0, verbose=0))
    model.fit(x + 10, x, verbose=0)
    assert len(np.unique(model.predict(x + 10, verbose=0))) == 4


def test_discretization_refuses_what_keras_refuses(keras) -> None:
    ones = np.ones((2, 3), "float32")
    for call in (
        lambda package: package.layers.Discretization(),
        lambda package: package.layers.Discretization([1.0], num_bins=2),
        lambda package: package.layers.Discretization(num_bins=-1),
        lambda package: package.layers.Discretization([1.0], output_mode="bits"),
        lambda package: package.layers.Discretization([1.0], sparse=True),
        lambda package: package.layers.Discretization([2.0, 1.0])(ones),
        lambda package: package.layers.Discretization(num_bins=2)(ones),
        lambda package: package.layers.Discretization([1.0]).adapt(ones),
    ):
        assert_same_error(keras, call)
    with pytest.raises(ValueError, match="steps"):
        bardana.layers.Discretization(num_bins=2).adapt(ones, steps=1)


@pytest.mark.parametrize("mode", MODES[1:])
@pytest.mark.parametrize("shape", SHAPES)
def test_category_encoding(shape, mode, keras, rng) -> None:
    ours, theirs = make_pair(keras, "CategoryEncoding", 4, output_mode=mode)
    x = rng.integers(0, 5, (6, *shape))  # 4 is beyond the last class
    expected = np.asarray(theirs(x))
    for dtype in ("int64", "int32", "uint8", "float16", "float64"):
        assert_close(ours(x.astype(dtype)), expected, 0, dtype)
    assert_close(ours(x.tolist()), expected, 0, "a list")
    # Beyond two axes Keras declares another shape than it computes.
    assert ours.compute_output_shape((None, *shape)) == (None, *expected.shape[1:])
    theirs_config = theirs.get_config()
    assert all(ours.get_config()[key] == theirs_config[key] for key in ("num_tokens", "output_mode"))


def test_category_encoding_cuts_fractions_off_and_weighs_counts(keras, rng) -> None:
    ours, theirs = make_pair(keras, "CategoryEncoding", 20, output_mode="count")
    x = rng.uniform(0, 20, (5, 6)).astype("float32")
    assert_close(ours(x), np.asarray(theirs(x)), 0, "fractions")
    weights = rng.normal(size=(5, 6)).astype("float32")
    expected = np.asarray(theirs(x.astype("int32"), count_weights=weights))
    assert_close(ours(x, count_weights=weights), expected, 1e-6, "weights")
    assert bardana.layers.CategoryEncoding(3, output_mode="binary").output_mode == "multi_hot"


def test_category_encoding_refuses_what_keras_refuses(keras) -> None:
    numbers = np.array([[0, 1]])
    for call in (
        lambda package: package.layers.CategoryEncoding(),
        lambda package: package.layers.CategoryEncoding(0),
        lambda package: package.layers.CategoryEncoding(3, output_mode="int"),
        lambda package: package.layers.CategoryEncoding(3)(numbers, count_weights=numbers),
        lambda package: package.layers.CategoryEncoding(3)(numbers - 1),
        lambda package: package.layers.CategoryEncoding(3, output_mode="count")(numbers - 1),
    ):
        assert_same_error(keras, call)
    ours, theirs = make_pair(keras, "CategoryEncoding", 3, output_mode="one_hot")
    assert_close(ours(numbers - 1), np.asarray(theirs(numbers - 1)), 0, "negative numbers one by one")


INPUTS = [
    [("Normalization", {"mean": 100.0, "variance": 2500.0})],
    [("Rescaling", {"scale": 1 / 255})],
    [("Discretization", {"bin_boundaries": [50.0, 100.0, 150.0]}), ("CategoryEncoding", {"num_tokens": 4})],
    [("Discretization", {"bin_boundaries": [50.0, 100.0], "output_mode": "count"})],
]


@pytest.mark.parametrize("first", INPUTS)
@pytest.mark.parametrize("dtype", ["uint8", "int32", "bool", "float16", "float64"])
def test_all_calls_take_the_users_own_type(first, dtype, keras, rng) -> None:
    layers = [*first, ("Dense", {"units": 5, "activation": "tanh"}), ("Dense", {"units": 1})]
    twins = make_twins(keras, layers, (6,), rng)
    x = rng.integers(0, 255, (48, 6)).astype(dtype)
    y = rng.normal(size=(48, 1)).astype("float32")
    wide = x.astype("float32")
    expected = np.asarray(twins.theirs(wide))
    assert_close(twins.ours(x), expected, 1e-5, "call")
    assert_close(twins.ours.predict(x, verbose=0), expected, 1e-5, "predict")
    out = np.empty_like(expected)
    assert_close(twins.ours.predict_into(x, out), expected, 1e-5, "predict_into")
    twins.compile(keras, {"learning_rate": 0.05}, ("MeanSquaredError", {}))
    options = {"batch_size": 16, "verbose": 0}
    assert_close(twins.ours.evaluate(x, y, **options), twins.theirs.evaluate(wide, y, **options), 1e-5, "evaluate")
    ours = twins.ours.fit(x, y, epochs=2, shuffle=False, **options).history["loss"]
    theirs = twins.theirs.fit(wide, y, epochs=2, shuffle=False, **options).history["loss"]
    assert_close(ours, theirs, 1e-4, "fit")
    for actual, expected in zip(twins.ours.get_weights(), twins.theirs.get_weights(), strict=True):
        assert_close(actual, expected, 1e-4, "weights")
