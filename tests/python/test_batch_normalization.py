"""BatchNormalization against live tf.keras, NumPy in float64 and finite differences.

Outputs are differences of numbers of size 1 over their deviation: where that is at least 0.1, an output has about 30
roundings of u (6e-8 in float32, 1.1e-16 in float64) each, so 1e-5 and 1e-12 leave room; gradients cancel once more.
"""

from __future__ import annotations

import numpy as np
import pytest
from keras_twin import assert_close, assert_same_gradients, keras_gradients, make_loss, make_model, make_twins

import bardana

OUTPUT = {"float32": 1e-5, "float64": 1e-12}
GRADIENT = {"float32": 1e-4, "float64": 1e-11}
FLOOR = {"float32": 1e-6, "float64": 1e-14}
TINY = [("Dense", {"units": 6}), ("BatchNormalization", {"momentum": 0.5}), ("Dense", {"units": 2})]


def data_for(shape, rows, rng, dtype="float32"):
    return rng.normal(0.5, 1.5, (rows, *shape)).astype(dtype)


@pytest.mark.parity
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shape", [(1,), (7,), (16,), (49,), (97,), (3, 5), (2, 3, 17)], ids=str)
def test_training_passes(shape, dtype, keras, rng) -> None:
    """Loss, gradients and moving averages of rows in training: few, one, blocks of 32 and a ragged rest."""
    for rows, arguments in [(7, {}), (1, {"scale": False}), (33, {"center": False}), (100, {"momentum": 0.75})]:
        layers = [("BatchNormalization", {"epsilon": 0.01, **arguments}), ("Dense", {"units": 3})]
        twins = make_twins(keras, layers, shape, rng, dtype)
        x, y = data_for(shape, rows, rng, dtype), data_for((*shape[:-1], 3), rows, rng, dtype)
        twins.ours.compile("sgd", "mse")
        actual = twins.ours.compute_gradients(x, y, training=True)
        before = twins.ours.get_weights()
        expected = keras_gradients(
            twins.theirs, make_loss(keras, ("MeanSquaredError", {}), dtype=dtype), x, y, None, True
        )
        assert_close(actual.loss, expected.loss, OUTPUT[dtype], "loss")
        # dx of a column sums up to 0: roundings of dy and of γ / σ times it, at most 1 / √ε, are left.
        assert_same_gradients(actual, expected, GRADIENT[dtype], f"{rows} rows", 100 * FLOOR[dtype])
        moved = twins.theirs.get_weights()
        twins.theirs.set_weights(before)
        outputs = [np.asarray(model(x, training=True)) for model in twins]
        assert_close(outputs[0], outputs[1], 10 * OUTPUT[dtype], "output")
        for variable, ours, theirs in zip(twins.ours.variables, twins.ours.get_weights(), moved, strict=True):
            assert_close(ours, theirs, OUTPUT[dtype], variable.path)


@pytest.mark.parity
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    ("rule", "arguments"), [("SGD", {}), ("Adam", {"beta_1": 0.875, "beta_2": 0.984375, "epsilon": 2**-20})]
)
def test_trajectories(rule, arguments, dtype, keras, rng) -> None:
    """Histories, weights and averages of 3 epochs whose last batch is of 4 rows, then 1 row alone.

    Hyperparameters and data are sums of few powers of 2, since Keras rounds them to float32.
    """
    layers = [
        ("BatchNormalization", {}),
        ("Dense", {"units": 9, "activation": "tanh", "use_bias": False}),
        ("BatchNormalization", {"momentum": 0.8}),
        ("Activation", {"activation": "sigmoid"}),
        ("Dense", {"units": 2}),
    ]
    twins = make_twins(keras, layers, (5,), rng, dtype)
    loss = ("MeanSquaredError", {"dtype": dtype})
    twins.compile(keras, {"learning_rate": 2**-7, **arguments}, loss, ["mae"], rule=rule)
    x, y = (np.round(16 * data_for((size,), 60, rng, dtype)) / 16 for size in (5, 2))
    fits = [
        model.fit(x, y, batch_size=8, epochs=3, shuffle=False, verbose=0, validation_data=(x[:9], y[:9]))
        for model in twins
    ]
    for model in twins:
        model.train_on_batch(x[:1], y[:1])
    for key, values in fits[1].history.items():
        assert_close(fits[0].history[key], values, 1e-5, key)
    # 25 steps, each of whose gradients is good to GRADIENT.
    for variable, theirs in zip(twins.ours.variables, twins.theirs.get_weights(), strict=True):
        assert_close(variable.numpy(), theirs, 5 * GRADIENT[dtype], variable.path)


@pytest.mark.parity
def test_a_frozen_layer_works_as_outside_of_training(keras, rng) -> None:
    twins = make_twins(keras, TINY, (4,), rng)
    for model in twins:
        model.layers[1].trainable = False
    twins.compile(keras, {"learning_rate": 0.1}, "mse")
    x, y = data_for((4,), 12, rng), data_for((2,), 12, rng)
    losses = [model.fit(x, y, batch_size=5, epochs=2, shuffle=False, verbose=0).history["loss"] for model in twins]
    assert_close(losses[0], losses[1], 1e-5)
    for variable, theirs in zip(twins.ours.variables, twins.theirs.get_weights(), strict=True):
        assert_close(variable.numpy(), theirs, 1e-5, variable.path)
    assert [v.trainable for v in twins.ours.variables] == [v.trainable for v in twins.theirs.weights]
    for model in twins:
        model.layers[1].trainable = True
    assert [v.trainable for v in twins.ours.variables] == [v.trainable for v in twins.theirs.weights]
    assert [v.path.split("/")[-1] for v in twins.ours.weights] == [v.name for v in twins.theirs.weights]


@pytest.mark.parity
def test_the_config_is_that_of_keras(keras) -> None:
    ours, theirs = (package.layers.BatchNormalization(name="bn").get_config() for package in (bardana, keras))
    assert set(ours) == set(theirs)
    assert {k: v for k, v in ours.items() if k != "dtype"} == {k: v for k, v in theirs.items() if k != "dtype"}
    again = bardana.layers.BatchNormalization.from_config(ours)
    assert again.get_config() == ours


def test_only_training_moves_the_averages(rng) -> None:
    model = make_model(bardana, TINY, (4,))
    model.compile("sgd", "mse")
    x, y = data_for((4,), 12, rng), data_for((2,), 12, rng)
    layer = model.layers[1]

    def averages():
        return np.concatenate([layer.moving_mean.numpy(), layer.moving_variance.numpy()])

    start = averages()
    model.evaluate(x, y, verbose=0), model.predict(x, verbose=0), model(x), model.test_on_batch(x, y)
    model.compute_gradients(x, y), model.compute_gradients(x, y, training=True)
    np.testing.assert_array_equal(averages(), start)
    for train in (
        lambda: model.train_on_batch(x, y),
        lambda: model.fit(x, y, verbose=0),
        lambda: model(x, training=True),
    ):
        before = averages()
        train()
        assert np.all(averages() != before)
    before = layer.moving_mean.numpy()
    values = data_for((6,), 10, rng)
    layer(values, training=True)  # on its own, too
    assert_close(layer.moving_mean.numpy(), (before + values.mean(0)) / 2, 1e-6)


@pytest.mark.parametrize("rows", [1, 2, 257, 5000])
def test_a_call_in_training_takes_all_rows_as_one_batch(rows, rng) -> None:
    """Also where predict would work in pieces. Mean and deviation, 100 : 1, from numbers good to u: 100 · 2 u."""
    layer = bardana.layers.BatchNormalization(momentum=0)
    x = rng.normal(100, 1, (rows, 700)).astype("float32")
    y = layer(x, training=True).numpy()
    wide = x.astype("float64")
    mean, variance = wide.mean(0), wide.var(0)
    assert_close(layer.moving_mean.numpy(), mean, 2e-7)
    assert_close(layer.moving_variance.numpy(), variance, 1e-4)
    assert np.abs(y - (wide - mean) / np.sqrt(variance + 1e-3)).max() < (2e-4 if rows > 1 else 0) + 1e-5


@pytest.mark.parametrize("width", [1, 7, 17, 49])
def test_gradients_in_training_agree_with_differences(width, rng) -> None:
    """Along a random direction, second order with h = 1e-5 in float64: error about 1e-10 over the least deviation."""
    layers = [
        ("Dense", {"units": width, "activation": "tanh"}),
        ("BatchNormalization", {}),
        ("Flatten", {}),
        ("Dense", {"units": 5}),
        ("BatchNormalization", {"scale": False}),
        ("Dense", {"units": 2}),
    ]
    model = make_model(bardana, layers, (3, 5), "float64")
    model.compile("sgd", "mse")
    x, y = rng.normal(size=(9, 3, 5)), rng.normal(size=(9, 2))
    weights = model.get_weights()
    result = model.compute_gradients(x, y, training=True)
    gradients = iter(result.weights)
    directions = [rng.normal(size=v.shape) if v.trainable else np.zeros(v.shape) for v in model.variables]
    by_direction = rng.normal(size=x.shape)
    slope = (result.inputs * by_direction).sum()
    slope += sum((next(gradients) * d).sum() for v, d in zip(model.variables, directions, strict=True) if v.trainable)
    sides = []
    for h in (1e-5, -1e-5):
        model.set_weights([w + h * d for w, d in zip(weights, directions, strict=True)])
        sides.append(model.compute_gradients(x + h * by_direction, y, training=True).loss)
    assert abs((sides[0] - sides[1]) / 2e-5 - slope) <= 1e-6 * max(1, abs(slope))


@pytest.mark.parametrize("units", [1, 16, 50])
def test_a_step_is_the_gradient_times_the_rate(units, rng) -> None:
    """Plain SGD, which the gradient's op takes itself; the rate is a power of 2."""
    layers = [("Dense", {"units": units}), ("BatchNormalization", {}), ("Dense", {"units": 2})]
    model = make_model(bardana, layers, (4,))
    model.compile(bardana.optimizers.SGD(0.125), "mse")
    x, y = data_for((4,), 9, rng), data_for((2,), 9, rng)
    before = [v.numpy() for v in model.trainable_variables]
    loss, gradients, _ = model.compute_gradients(x, y, training=True)
    assert_close(model.train_on_batch(x, y), loss, 1e-6)
    for variable, old, gradient in zip(model.trainable_variables, before, gradients, strict=True):
        size = np.abs(old) + 0.125 * np.abs(gradient).max()
        assert (np.abs(variable.numpy() - (old - 0.125 * gradient)) <= 4 * np.finfo("float32").eps * size).all()


def test_the_first_layer_without_weights_of_its_own_moves_its_averages(rng) -> None:
    """No gradient is wanted there, so there is no backward pass through it."""
    layers = [("BatchNormalization", {"center": False, "scale": False, "momentum": 0.0}), ("Dense", {"units": 1})]
    model = make_model(bardana, layers, (3,))
    model.compile("sgd", "mse")
    x = data_for((3,), 20, rng)
    model.train_on_batch(x, x[:, :1])
    assert_close(model.layers[0].moving_mean.numpy(), x.mean(0), 1e-6)
    assert_close(model.layers[0].moving_variance.numpy(), x.var(0), 1e-6)


@pytest.mark.parametrize(
    "arguments",
    [{"axis": 1.5}, {"momentum": -0.1}, {"epsilon": float("nan")}, {"epsilon": "x"}, {"renorm": True}, {"scale": None}],
    ids=str,
)
def test_bad_arguments(arguments) -> None:
    with pytest.raises(ValueError, match=f"layer 'batch_normalization.*{next(iter(arguments))}"):
        bardana.layers.BatchNormalization(**arguments)


def test_bad_shapes() -> None:
    layer = bardana.layers.BatchNormalization(axis=1)
    with pytest.raises(ValueError, match=r"expected axis to be the last one, -1 or 2, .*received axis=1"):
        layer.build((None, 3, 4))
    layer.build((None, 3))
    with pytest.raises(ValueError, match="built for"):
        layer.build((None, 4))
