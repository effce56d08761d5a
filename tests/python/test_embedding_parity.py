"""Embedding beside live tf.keras: tables, indices of all types, gradients, training.

Tolerances as in test_keras_parity.py: one product behind the embedding, sums of at most 100 terms.
"""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from keras_twin import assert_close, assert_same_gradients, keras_gradients, make_twins

import bardana

LENGTH = 4


def layers_of(rows, width, units=2):
    return [
        ("Embedding", {"input_dim": rows, "output_dim": width}),
        ("Flatten", {}),
        ("Dense", {"units": units, "activation": "tanh"}),
    ]


def scaled_twins(keras, rows, width, rng, dtype="float32"):
    """Twins whose embeddings are of size 1, not 1 / √rows."""
    twins = make_twins(keras, layers_of(rows, width), (LENGTH,), rng, dtype)
    table, *rest = twins.ours.get_weights()
    twins.set_weights([rng.normal(size=table.shape).astype(dtype), *rest])
    return twins


@pytest.mark.parity
@pytest.mark.parametrize(
    "dtype", ["int64", "int32", "int8", "uint8", "uint64", "bool", "float16", "float32", "float64"]
)
def test_indices_of_every_type(dtype, keras, rng) -> None:
    twins = scaled_twins(keras, 7, 3, rng)
    x = rng.integers(0, 2 if dtype == "bool" else 7, (9, LENGTH)).astype(dtype)
    expected = np.asarray(twins.theirs(x))
    assert_close(twins.ours(x), expected, 1e-5, "call")
    assert_close(twins.ours.predict(x, verbose=0), expected, 1e-5, "predict")
    out = np.empty_like(expected)
    assert_close(twins.ours.predict_into(x, out), expected, 1e-5, "predict_into")
    layer = twins.ours.layers[0]
    np.testing.assert_array_equal(layer(x), layer.embeddings.numpy()[x.astype(int)])


@pytest.mark.parity
def test_fractions_and_negative_indices(keras, rng) -> None:
    twins = scaled_twins(keras, 7, 3, rng)
    for x in (
        np.array([[1.7, -0.5, 6.9, 0.2]]),
        np.array([[2.9999999999, 1.0, 2.0, 3.0]]),  # 3 in float32
        np.array([[-1, -7, 0, 6]]),
    ):
        assert_close(twins.ours(x), np.asarray(twins.theirs(x)), 1e-5, str(x))


@pytest.mark.parity
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("width", [1, 3, 16, 17, 48, 50, 97, 144])
def test_gradients_with_repeated_indices(width, dtype, keras, rng) -> None:
    twins = scaled_twins(keras, 5, width, rng, dtype)
    x = rng.integers(-5, 5, (20, LENGTH))
    y = rng.normal(size=(20, 2)).astype(dtype)
    twins.compile(keras, {}, ("MeanSquaredError", {}))
    actual = twins.ours.compute_gradients(x, y)
    expected = keras_gradients(twins.theirs, keras.losses.MeanSquaredError(dtype=dtype), x.astype(dtype), y)
    tolerance = {"float32": 1e-4, "float64": 1e-10}[dtype]
    assert_close(actual.loss, expected.loss, tolerance, "loss")
    assert_same_gradients(actual, expected, tolerance, "embedding")
    assert not actual.inputs.any()


@pytest.mark.parity
@pytest.mark.parametrize(("rule", "rate"), [("SGD", 0.2), ("Adam", 0.05)])
@pytest.mark.parametrize("width", [3, 50])
def test_training(width, rule, rate, keras, rng) -> None:
    """With Adam no index comes twice in a batch: Keras on TensorFlow then adds up squares, not squares the sum."""
    twins = scaled_twins(keras, 11, width, rng)
    x = rng.integers(0, 8, (64, LENGTH))  # rows 8 to 10 never occur
    if rule == "Adam":
        x = np.concatenate([rng.permutation(8) for _ in range(32)]).reshape(64, LENGTH)
    y = rng.normal(size=(64, 2)).astype("float32")
    start = twins.ours.get_weights()[0]
    twins.compile(keras, {"learning_rate": rate / width}, ("MeanSquaredError", {}), rule=rule)
    fit = {"batch_size": 2, "epochs": 3, "shuffle": False, "verbose": 0}
    ours, theirs = twins.ours.fit(x, y, **fit), twins.theirs.fit(x, y, **fit)
    assert_close(ours.history["loss"], theirs.history["loss"], 1e-4, "losses")
    for actual, expected in zip(twins.ours.get_weights(), twins.theirs.get_weights(), strict=True):
        assert_close(actual, expected, 2e-4, "weights")
    np.testing.assert_array_equal(twins.ours.get_weights()[0][8:], start[8:])


@pytest.mark.parity
def test_regularizer_and_constraint(keras, rng) -> None:
    """Penalties count every row of the table, constraints hold in all of them."""
    models = []
    for package in (bardana, keras):
        table = package.layers.Embedding(
            6, 20, embeddings_regularizer=package.regularizers.L2(0.01), embeddings_constraint="non_neg"
        )
        dense = package.layers.Dense(1)
        models.append(package.Sequential([package.Input((LENGTH,)), table, package.layers.Flatten(), dense]))
        models[-1].compile(package.optimizers.SGD(0.02), "mse")
    ours, theirs = models
    start = [np.abs(rng.normal(size=v.shape)) for v in ours.variables]
    x, y = rng.integers(0, 5, (40, LENGTH)), rng.normal(size=(40, 1)).astype("float32")
    losses = []
    for model in models:
        model.set_weights(start)
        losses.append(model.fit(x, y, epochs=2, batch_size=8, shuffle=False, verbose=0).history["loss"])
    assert_close(*losses, 1e-4, "losses")
    for actual, expected in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        assert_close(actual, expected, 2e-4, "weights")
    assert ours.get_weights()[0].min() == 0.0
    again = bardana.layers.Embedding.from_config(ours.layers[0].get_config())
    assert again.embeddings_regularizer.get_config() == ours.layers[0].embeddings_regularizer.get_config()


@pytest.mark.parity
def test_arguments_and_config(keras) -> None:
    table = np.arange(8.0).reshape(4, 2)
    for weights in (table, [table]):
        ours, theirs = (package.layers.Embedding(4, 2, weights=weights, name="e") for package in (bardana, keras))
        assert ours.built and [v.path for v in ours.weights] == [v.path for v in theirs.weights]
        np.testing.assert_array_equal(ours.get_weights()[0], theirs.get_weights()[0])
        config = theirs.get_config()
        assert {key: ours.get_config()[key] for key in ("input_dim", "output_dim", "mask_zero", "name")} == {
            key: config[key] for key in ("input_dim", "output_dim", "mask_zero", "name")
        }
        again = bardana.layers.Embedding.from_config(config)
        assert again.embeddings_initializer.get_config() == config["embeddings_initializer"]["config"]
    assert ours.compute_output_shape((None, 3)) == theirs.compute_output_shape((None, 3))
    for call in (
        lambda package: package.layers.Embedding(0, 2),
        lambda package: package.layers.Embedding(4, 2.0),
        lambda package: package.layers.Embedding(True, 2),
        lambda package: package.layers.Embedding(4, 2, weights=np.ones((3, 2))),
    ):
        for package in (bardana, keras):
            with pytest.raises(ValueError):
                call(package)
    assert bardana.layers.Embedding(np.int64(4), 2).input_dim == 4
    with pytest.warns(UserWarning, match="input_length"):
        bardana.layers.Embedding(4, 2, input_length=3)


def test_start_values_are_uniform(rng) -> None:
    layer = bardana.layers.Embedding(300, 40)
    layer.build()
    values = layer.embeddings.numpy()
    assert -0.05 <= values.min() < -0.0499 and 0.0499 < values.max() <= 0.05


def make_model(rng, **arguments):
    model = bardana.Sequential(
        [bardana.Input((2,), dtype="int32"), bardana.layers.Embedding(5, 3, **arguments), bardana.layers.Flatten()]
    )
    model.add(bardana.layers.Dense(1))
    model.compile("sgd", "mse")
    return model


@pytest.mark.parametrize("wrong", [5, -6, 2**31, -(2**40), np.nan, np.inf, 1e30, 4.9999999999])
def test_index_outside_the_table_is_refused_before_anything_happens(wrong, rng) -> None:
    model = make_model(rng)
    x = np.zeros((40, 2), np.float64 if isinstance(wrong, float) else np.int64)
    x[37, 1] = wrong
    y = np.ones((40, 1), "float32")
    before = model.get_weights()
    for call in (
        lambda: model.fit(x, y, batch_size=4, verbose=0),
        lambda: model.train_on_batch(x, y),
        lambda: model.evaluate(x, y, verbose=0),
        lambda: model.test_on_batch(x, y),
        lambda: model.predict(x, verbose=0),
        lambda: model(x),
        lambda: model.predict_into(x, np.empty((40, 1), "float32")),
        lambda: model.compute_gradients(x, y),
        lambda: model.layers[0](x),
        lambda: model.fit(x[:4], y[:4], validation_data=(x, y), verbose=0),
    ):
        with pytest.raises(ValueError, match=r"expected indices from 0 to 4 .*received .* in row 37"):
            call()
    changed = model.get_weights()
    model.set_weights(before)
    model.fit(x[:4], y[:4], verbose=0)  # the only call above that got as far as training: valid rows
    assert all(np.array_equal(a, b) for a, b in zip(changed, model.get_weights(), strict=True))


def test_view_in_front_keeps_the_check(rng) -> None:
    model = bardana.Sequential(
        [bardana.Input((2, 3)), bardana.layers.Flatten(), bardana.layers.Embedding(4, 2), bardana.layers.Flatten()]
    )
    x = rng.integers(0, 4, (3, 2, 3))
    np.testing.assert_array_equal(model(x), model.get_weights()[0][x].reshape(3, -1))
    with pytest.raises(ValueError, match="expected indices"):
        model(x + 4)


def test_computed_index_outside_the_table_gives_nan(rng) -> None:
    model = bardana.Sequential(
        [bardana.Input((1,)), bardana.layers.Rescaling(2.0), bardana.layers.Embedding(5, 20), bardana.layers.Flatten()]
    )
    y = model(np.array([[1.0], [3.0], [-4.0], [np.nan]]))
    table = model.get_weights()[0]
    np.testing.assert_array_equal(y[0], table[2])
    assert np.isnan(y[[1, 2, 3]]).all()


def test_frozen_table_stays(rng) -> None:
    model = make_model(rng, trainable=False)
    before = model.get_weights()[0]
    model.fit(rng.integers(0, 5, (20, 2)), np.ones((20, 1)), verbose=0)
    np.testing.assert_array_equal(model.get_weights()[0], before)
    assert len(model.trainable_variables) == 2


def test_layers_before_an_embedding_get_no_gradient(rng) -> None:
    model = bardana.Sequential(
        [
            bardana.Input((2,)),
            bardana.layers.Dense(3, "sigmoid"),
            bardana.layers.Embedding(2, 2),
            bardana.layers.Flatten(),
            bardana.layers.Dense(1),
        ]
    )
    model.compile("sgd", "mse")
    x, y = rng.normal(size=(6, 2)), rng.normal(size=(6, 1))
    gradients = model.compute_gradients(x, y)
    assert not gradients.weights[0].any() and not gradients.inputs.any() and gradients.weights[2].any()
    before = model.get_weights()
    model.fit(x, y, verbose=0)
    np.testing.assert_array_equal(model.get_weights()[0], before[0])


@pytest.mark.parity
def test_mask_zero_ends_at_a_flatten(keras, rng) -> None:
    layers = [
        ("Embedding", {"input_dim": 6, "output_dim": 3, "mask_zero": True}),
        ("Flatten", {}),
        ("Dense", {"units": 1}),
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Keras warns that Flatten destroys the mask
        twins = make_twins(keras, layers, (LENGTH,), rng)
        x, y = rng.integers(0, 6, (20, LENGTH)), rng.normal(size=(20, 1)).astype("float32")
        twins.compile(keras, {"learning_rate": 0.1}, ("MeanSquaredError", {}))
        fit = {"shuffle": False, "verbose": 0}
        assert_close(
            twins.ours.fit(x, y, **fit).history["loss"], twins.theirs.fit(x, y, **fit).history["loss"], 1e-4, "loss"
        )


def test_mask_zero_that_reaches_the_loss_is_refused(rng) -> None:
    model = bardana.Sequential(
        [bardana.Input((2,)), bardana.layers.Embedding(5, 3, mask_zero=True), bardana.layers.Dense(1)]
    )
    x = rng.integers(0, 5, (3, 2))
    assert model.predict(x, verbose=0).shape == (3, 2, 1)
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match="mask"):
        model.fit(x, np.ones((3, 2, 1)), verbose=0)


@pytest.mark.parametrize("dtype", ["int32", "int64", "uint8", "bool", "float16", np.int32])
def test_input_may_declare_any_type_of_numbers(dtype) -> None:
    layer = bardana.Input((2,), dtype=dtype)
    assert layer.dtype == np.dtype(dtype).name
    assert bardana.layers.InputLayer.from_config(layer.get_config()).dtype == layer.dtype
    assert bardana.Sequential([layer, bardana.layers.Dense(1)]).dtype == "float32"


@pytest.mark.parametrize("dtype", ["foo", "string", "complex64", "float128", object])
def test_input_refuses_other_types(dtype) -> None:
    with pytest.raises(ValueError):
        bardana.Input((2,), dtype=dtype)
