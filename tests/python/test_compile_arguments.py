"""Metrics, optimizers and settings as `compile` takes them up."""

import numpy as np
import pytest

import bardana as keras

X = np.random.default_rng(0).standard_normal((10, 4)).astype("float32")
Y = X[:, :2] * 2


def regression(**arguments):
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
    model.compile(**{"optimizer": "sgd", "loss": "mse", **arguments})
    return model


@pytest.mark.parametrize(
    ("metric", "error", "message"),
    [
        (keras.metrics.Mean(), TypeError, "mean.*received Mean"),
        (keras.metrics.CategoricalCrossentropy(axis=1), ValueError, "axis=-1"),
        (None, ValueError, "None"),
    ],
)
def test_a_metric_that_the_engine_cannot_compute_is_refused_by_compile(metric, error, message):
    model = regression(metrics=["mae"])
    with pytest.raises(error, match=message):
        model.compile("sgd", "mse", metrics=["mse", metric])
    assert list(model.evaluate(X, Y, verbose=0, return_dict=True)) == ["loss", "mae"]


def test_metric_objects_hold_the_value_of_the_last_pass():
    metric = keras.metrics.RootMeanSquaredError(name="rmse")
    model = regression(metrics=["mae", metric])
    assert float(metric.result()) == 0.0
    history = model.fit(X, Y, epochs=3, batch_size=4, verbose=0).history
    assert float(metric.result()) == pytest.approx(history["rmse"][-1], rel=1e-6)
    assert [float(m.result()) for m in model.metrics] == pytest.approx([history["mae"][-1], history["rmse"][-1]])
    for use in (lambda: model.evaluate(X, Y, verbose=0), lambda: model.train_on_batch(X[:5], Y[:5])):
        values = use()
        assert float(metric.result()) == pytest.approx(values[2], rel=1e-6)
    validated = model.fit(X, Y, validation_data=(X[:3], Y[:3]), verbose=0).history
    assert float(metric.result()) == pytest.approx(validated["val_rmse"][-1], rel=1e-6)
    metric.reset_state()
    assert float(metric.result()) == 0.0


def test_callbacks_read_metric_objects_of_the_steps_so_far():
    metric, seen = keras.metrics.MeanSquaredError(name="error"), []
    look = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: seen.append((float(metric.result()), logs["error"]))
    )
    regression(metrics=[metric]).fit(X, Y, batch_size=5, verbose=0, callbacks=[look])
    assert len(seen) == 2
    for value, log in seen:
        assert value == pytest.approx(log, rel=1e-6)


def test_metrics_of_one_name_are_numbered():
    names = ["mae", "mae", keras.metrics.MeanSquaredError(name="mae"), keras.metrics.MeanSquaredError(name="loss")]
    model = regression(optimizer=keras.optimizers.SGD(0.0), metrics=names)
    logs = model.fit(X, Y, batch_size=10, verbose=0).history
    assert list(logs) == ["loss", "loss_1", "mae", "mae_1", "mae_2"]
    assert logs["mae"] == logs["mae_1"] != logs["mae_2"]
    assert logs["mae_2"] == logs["loss_1"] == pytest.approx(logs["loss"])


@pytest.mark.parity
def test_metrics_of_one_name_are_numbered_as_in_keras(keras):
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
    model.compile("sgd", "mse", metrics=["mae", "mae", keras.metrics.MeanSquaredError(name="mae")])
    theirs = model.fit(X, Y, verbose=0).history
    import bardana

    ours = regression(metrics=["mae", "mae", bardana.metrics.MeanSquaredError(name="mae")]).fit(X, Y, verbose=0)
    assert list(ours.history) == list(theirs)


def test_an_assigned_momentum_counts_from_the_next_compile():
    optimizer = keras.optimizers.SGD(0.1, momentum=0.5, nesterov=True)
    optimizer.momentum = 0.0
    assert (optimizer.get_config()["momentum"], optimizer.nesterov) == (0.0, True)
    weights = []
    for chosen in (optimizer, keras.optimizers.SGD(0.1)):
        keras.utils.set_random_seed(3)
        model = regression(optimizer=chosen)
        model.fit(X, Y, epochs=2, verbose=0)
        weights.append(model.get_weights()[0])
    np.testing.assert_array_equal(*weights)


@pytest.fixture
def coarse_epsilon():
    keras.config.set_epsilon(1e-3)
    yield 1e-3
    keras.config.set_epsilon(1e-7)


@pytest.mark.parametrize("name", ["binary", "categorical", "sparse_categorical"])
def test_cross_entropies_follow_epsilon(name, coarse_epsilon):
    """Probabilities of 0 for what is true, 1 − ε for the rest: the loss is −log ε, of two outputs on average."""
    certain_and_wrong, index = np.array([[0.0, 1.0]], "float32"), np.array([[0.0]])
    target = index if name == "sparse_categorical" else np.array([[1.0, 0.0]])
    expected = -np.log(coarse_epsilon)
    function = f"{name}_crossentropy"
    assert getattr(keras.losses, function)(target, certain_and_wrong).item() == pytest.approx(expected, rel=1e-3)
    model = keras.Sequential([keras.Input((2,)), keras.layers.Identity()])
    model.compile("sgd", function, metrics=[function])
    assert model.evaluate(certain_and_wrong, target, verbose=0) == pytest.approx([expected] * 2, rel=1e-3)
