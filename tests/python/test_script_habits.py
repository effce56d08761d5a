"""What scripts do everywhere, under bardana's own name: it works without `bardana.compat`."""

import subprocess
import sys

import numpy as np
import pytest

import bardana
from bardana import callbacks, layers, losses, metrics, optimizers

X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], "float32")
Y = np.array([[0], [1], [1], [0]], "float32")


def small(units=3, **arguments):
    return bardana.Sequential([bardana.Input((2,)), layers.Dense(units, "tanh"), layers.Dense(1, **arguments)])


@pytest.mark.parametrize("integer", [np.int64, np.int32, np.uint8, np.intp], ids=lambda kind: kind.__name__)
def test_numpy_integers_do_where_an_int_is_due(integer):
    width, hidden = integer(2), integer(3)
    model = bardana.Sequential([bardana.Input((width,)), layers.Dense(hidden), layers.Dropout(0.5, seed=integer(1))])
    model.add(layers.Reshape((hidden, integer(1))))
    model.add(layers.Flatten())
    model.add(layers.Dense(integer(1)))
    assert type(model.layers[0].units) is int
    assert model.output_shape == (None, 1)
    model.compile("sgd", "mse")
    history = model.fit(
        X, Y, batch_size=integer(2), epochs=integer(3), initial_epoch=integer(1), validation_data=(X, Y),
        validation_batch_size=integer(4), validation_freq=integer(1), verbose=integer(0),
    )  # fmt: skip
    assert history.epoch == [1, 2]
    assert model.predict(X, batch_size=integer(2), verbose=integer(0), steps=integer(1)).shape == (2, 1)
    assert isinstance(model.evaluate(X, Y, batch_size=integer(3), verbose=integer(0), steps=integer(1)), float)
    bardana.utils.set_random_seed(integer(1))
    twin = bardana.Sequential.from_config(model.get_config())
    assert [v.shape for v in twin.weights] == [v.shape for v in model.weights]
    assert bardana.utils.to_categorical([0, 1], integer(3)).shape == (2, 3)
    stop = callbacks.EarlyStopping("loss", patience=integer(1), start_from_epoch=integer(0))
    assert len(model.fit(X, Y, epochs=2, verbose=0, callbacks=[stop]).epoch) == 2


@pytest.mark.parametrize("floating", [np.float32, np.float64], ids=lambda kind: kind.__name__)
def test_numpy_floats_do_where_a_float_is_due(floating):
    model = small()
    model.compile(optimizers.SGD(floating(0.5), momentum=float(floating(0.5))), "mse")
    assert float(model.optimizer.learning_rate) == 0.5
    history = model.fit(X, Y, validation_split=floating(0.5), class_weight={0: floating(1), 1: floating(2)}, verbose=0)
    assert list(history.history) == ["loss", "val_loss"]
    assert layers.Dropout(floating(0.5)).rate == 0.5


@pytest.mark.parametrize("name", ["SGD", "Adam"])
def test_one_optimizer_compiles_a_model_again(name):
    """The second compile starts the optimizer's memory anew, with the weights and the learning rate as they are."""
    optimizer = getattr(optimizers, name)(learning_rate=0.1)
    model = small()
    model.compile(optimizer, "mse")
    model.fit(X, Y, epochs=5, verbose=0)
    weights = model.get_weights()
    model.compile(optimizer, "mae", metrics=["mse"])
    assert model.optimizer is optimizer
    for before, now in zip(weights, model.get_weights(), strict=True):
        np.testing.assert_array_equal(before, now)
    history = model.fit(X, Y, epochs=200, verbose=0)
    assert history.history["loss"][-1] < history.history["loss"][0]


@pytest.mark.parametrize("name", ["SGD", "Adam"])
def test_one_optimizer_trains_two_models_in_turn(name):
    """Each model has moments of its own: with a constant gradient both walk as with optimizers of their own."""
    shared = getattr(optimizers, name)(learning_rate=0.05)
    models = [small(kernel_initializer="ones"), small(units=5)]
    for model in models:
        model.compile(shared, "mse")
    first = [model.test_on_batch(X, Y) for model in models]
    for _ in range(300):
        for model in models:
            model.train_on_batch(X, Y)
    assert all(model.test_on_batch(X, Y) < before for model, before in zip(models, first, strict=True))
    assert int(shared.iterations) == 600
    shared.learning_rate = 0.0
    before = [model.get_weights() for model in models]
    for model, weights in zip(models, before, strict=True):
        model.train_on_batch(X, Y)
        assert all((a == b).all() for a, b in zip(weights, model.get_weights(), strict=True))


def test_one_callback_object_in_several_fits():
    class Count(callbacks.Callback):
        begun = 0

        def on_train_begin(self, logs=None):
            self.begun += 1

    stop, count, history = callbacks.EarlyStopping("loss", patience=2), Count(), callbacks.History()
    for number, rate in enumerate((0.0, 0.0, 0.1), 1):
        model = small()
        model.compile(optimizers.SGD(rate), "mse")
        result = model.fit(X, Y, epochs=6, verbose=0, callbacks=[stop, count, history])
        assert result is history
        assert result.epoch == ([0, 1, 2] if rate == 0 else list(range(6)))
        assert (count.begun, count.model, stop.model) == (number, model, model)
    assert stop.stopped_epoch == 0


@pytest.mark.parametrize(
    ("module", "names"),
    [
        ("layers", {"Dense", "Dropout", "Flatten", "Activation", "Input", "InputLayer", "Layer", "Reshape"}),
        ("models", {"Sequential"}),
        ("optimizers", {"SGD", "Adam"}),
        ("losses", {"MeanSquaredError", "mean_squared_error", "Loss"}),
        ("metrics", {"Accuracy", "Mean", "Metric"}),
        ("callbacks", {"Callback", "EarlyStopping", "History"}),
        ("utils", {"to_categorical", "set_random_seed"}),
        ("initializers", {"HeNormal", "GlorotUniform", "Initializer"}),
        ("backend", {"clear_session", "floatx"}),
        ("datasets", set()),
    ],
)
def test_star_imports_and_submodules(module, names):
    code = (
        f"import bardana.{module} as m, bardana as keras, sys\n"
        f"assert m is keras.{module} is sys.modules['bardana.{module}']\n"
        f"from bardana.{module} import *\n"
        f"assert {names!r} <= globals().keys(), {names!r} - globals().keys()\n"
        "assert 'annotations' not in globals() and 'np' not in globals() and 'Any' not in globals()"
    )
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert process.returncode == 0, process.stderr


def test_star_import_of_the_package():
    code = "from bardana import *; assert Sequential and layers.Dense"
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert process.returncode == 0, process.stderr


def arrays(kind):
    """Return targets and predictions as NumPy arrays, lists, or tensors of a model."""
    y_true, y_pred = np.array([[0.0], [1.0]]), np.array([[0.25], [0.5]])
    if kind == "lists":
        return y_true.tolist(), y_pred.tolist()
    if kind == "tensors":
        model = bardana.Sequential([bardana.Input((1,)), layers.Activation("linear")])
        return model(y_true), model(y_pred)
    return y_true.astype(kind), y_pred.astype(kind)


@pytest.mark.parametrize("kind", ["float32", "float64", "lists", "tensors"])
def test_losses_and_metrics_are_called_on_arrays(kind):
    """Values by hand: errors of 1/4 and 1/2."""
    y_true, y_pred = arrays(kind)
    assert float(losses.MeanSquaredError()(y_true, y_pred)) == (1 / 16 + 1 / 4) / 2
    assert np.asarray(losses.mean_absolute_error(y_true, y_pred)).tolist() == [0.25, 0.5]
    assert float(losses.MeanAbsoluteError()(y_true, y_pred, sample_weight=np.array([0.0, 1.0]))) == 0.25
    metric = metrics.MeanAbsoluteError()
    metric.update_state(y_true, y_pred)
    assert float(metric.result()) == 0.375
    assert float(metric(y_true, y_true)) == 0.1875
    metric.reset_state()
    assert float(metric.result()) == 0.0
    assert float(metrics.BinaryAccuracy()(y_true, y_pred)) == 0.5
    assert metric.result().numpy() == 0.0


def test_results_of_single_batches_are_plain_floats():
    model = small()
    model.compile("sgd", "mse")
    for value in (model.train_on_batch(X, Y), model.test_on_batch(X, Y), model.evaluate(X, Y, verbose=0)):
        assert type(value) is float
    model.compile("sgd", "mse", metrics=["mae", "accuracy"])
    for values in (model.train_on_batch(X, Y), model.test_on_batch(X, Y), model.evaluate(X, Y, verbose=0)):
        assert [type(value) for value in values] == [float] * 3
    for logs in (model.train_on_batch(X, Y, return_dict=True), model.evaluate(X, Y, verbose=0, return_dict=True)):
        assert {type(value) for value in logs.values()} == {float}
    history = model.fit(X, Y, epochs=2, validation_data=(X, Y), verbose=0).history
    assert {type(value) for values in history.values() for value in values} == {float}


def test_one_environment_step_as_reinforcement_learning_writes_it():
    """Rows of one, actions as NumPy integers, targets changed in place."""
    actions = np.int64(2)
    model = bardana.Sequential([bardana.Input((4,)), layers.Dense(8, "relu"), layers.Dense(actions)])
    model.compile(optimizers.Adam(0.01), "mse")
    state = np.zeros((1, 4))
    q = model.predict(state, verbose=0)
    action = np.argmax(q[0])
    q[0][action] = 1.0
    for _ in range(200):
        model.fit(state, q, epochs=1, verbose=0)
    assert abs(float(model(state)[0, action]) - 1.0) < 0.05
    assert float(np.max(model.predict_on_batch(state))) == pytest.approx(float(np.max(q)), abs=0.1)
    target = bardana.Sequential.from_config(model.get_config())
    target.set_weights(model.get_weights())
    np.testing.assert_array_equal(target.predict(state, verbose=0), model.predict(state, verbose=0))
