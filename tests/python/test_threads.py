"""Many threads and one model, and callbacks that use the model they train."""

import threading
import time

import numpy as np
import pytest
from background import PATIENCE, Background, Started, X, Y, classifier, training

import bardana as keras


def test_predict_from_many_threads_is_the_same_as_alone():
    model = classifier()
    expected = model.predict(X, verbose=0)

    def work(rows):
        return [model.predict(X[rows], verbose=0) for _ in range(50)]

    parts = [slice(start, start + 64) for start in range(0, 512, 64)]
    for rows, thread in [(rows, Background(work, rows)) for rows in parts]:
        for outputs in thread.join():
            np.testing.assert_array_equal(outputs, expected[rows])


def test_evaluate_from_many_threads_is_the_same_as_alone():
    model = classifier()
    expected = model.evaluate(X, Y, verbose=0)
    threads = [Background(lambda: [model.evaluate(X, Y, verbose=0) for _ in range(20)]) for _ in range(4)]
    assert all(result == expected for thread in threads for result in thread.join())


def twins():
    """A model whose two output columns begin equal: with equal targets they are equal after every whole step."""
    model = keras.Sequential([keras.Input((20,)), keras.layers.Dense(300, "relu"), keras.layers.Dense(2)])
    kernel, bias, out, out_bias = model.get_weights()
    out[:, 1] = out[:, 0]
    model.set_weights([kernel, bias, out, out_bias])
    model.compile(keras.optimizers.SGD(1e-3), "mse")
    return model


def step_counter():
    """A model that takes the same sequence of weights every time, so that the output of every whole step is known.

    The input is 0, so y = Σ wᵢ bᵢ + c with the biases b of the first layer. The target of the mean absolute error is
    never reached: dL/dy = −1, dL/db = −w, dL/dw = −b. All of w, b and c move at each step, and a mixture of two steps
    has an output that no whole step has.
    """
    model = keras.Sequential(
        [
            keras.Input((1,)),
            keras.layers.Dense(4096, kernel_initializer="zeros"),
            keras.layers.Dense(1, kernel_initializer=keras.initializers.Constant(2.0**-12)),
        ]
    )
    model.compile(keras.optimizers.SGD(2.0**-10), "mae")
    return model


def test_predict_during_fit_sees_the_weights_of_a_whole_step():
    x, y = np.zeros((3000, 1), "float32"), np.full(3000, 1e9, "float32")
    rehearsal = step_counter()
    whole = {rehearsal.predict(x[:1], verbose=0).item()}
    record = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: whole.add(rehearsal.predict(x[:1], verbose=0).item())
    )
    rehearsal.fit(x, y, batch_size=1, verbose=0, shuffle=False, callbacks=[record])
    assert len(whole) == 3001
    model, started = step_counter(), Started()
    fit = Background(model.fit, x, y, batch_size=1, verbose=0, shuffle=False, callbacks=[started])
    started.wait()
    seen = set()
    while fit.thread.is_alive():
        seen.add(model.predict(x[:1], verbose=0).item())
    fit.join()
    seen.add(model.predict(x[:1], verbose=0).item())
    assert seen <= whole


def test_weights_read_during_fit_are_of_a_whole_step():
    """The two output columns are equal after every step, and so they are in every copy of the weights."""
    model, started = twins(), Started()
    target = np.random.default_rng(1).standard_normal((512, 1)).astype("float32").repeat(2, axis=1)
    fit = Background(model.fit, X, target, epochs=200, batch_size=8, verbose=0, callbacks=[started])
    started.wait()
    looks = 0
    while fit.thread.is_alive() and looks < 2000:
        output = model.predict(X[:16], verbose=0)
        kernel = model.layers[1].kernel.numpy()
        np.testing.assert_array_equal(output[:, 0], output[:, 1])
        np.testing.assert_array_equal(kernel[:, 0], kernel[:, 1])
        looks += 1
    model.stop_training = True
    fit.join()
    assert looks > 0


def test_predict_of_many_rows_during_fit_uses_one_set_of_weights():
    """All rows are equal; the outputs must be so too, though training goes on meanwhile."""
    model = classifier()
    same = np.repeat(X[:1], 3000, axis=0)
    with training(model):
        for _ in range(20):
            output = model.predict(same, verbose=0)
            np.testing.assert_array_equal(output, np.repeat(output[:1], 3000, axis=0))


def test_a_second_fit_at_the_same_time_is_refused():
    model = classifier()
    with training(model) as fit:
        with pytest.raises(RuntimeError, match="already running"):
            model.fit(X, Y, verbose=0)
        with pytest.raises(RuntimeError, match="already running"):
            model.train_on_batch(X, Y)
        assert fit.thread.is_alive(), "the refused fit has ended the first one"
    model.fit(X, Y, verbose=0)


@pytest.mark.parametrize("change", ["compile", "add", "pop", "build"])
def test_a_model_in_training_refuses_to_change(change):
    model = classifier()
    actions = {
        "compile": lambda: model.compile("sgd", "sparse_categorical_crossentropy"),
        "add": lambda: model.add(keras.layers.Dense(4)),
        "pop": model.pop,
        "build": model.build,
    }
    optimizer, layers = model.optimizer, model.layers
    with training(model) as fit:
        with pytest.raises(RuntimeError, match=rf"{change}: expected no training.*fit\(\) is running"):
            actions[change]()
        assert np.isfinite(model.evaluate(X, Y, verbose=0)).all()
        assert fit.thread.is_alive()
    assert model.optimizer is optimizer
    assert model.layers == layers
    actions[change]()


def test_a_refused_fit_does_not_take_back_a_stop():
    """stop_training = True, then a second fit that is refused: the first one still ends."""
    gate = threading.Event()
    hold = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: gate.wait(PATIENCE))
    model = classifier()
    with training(model, hold) as fit:
        model.stop_training = True
        with pytest.raises(RuntimeError):
            model.fit(X, Y, verbose=0)
        still_stopping = model.stop_training
        gate.set()
        assert still_stopping
        fit.join()


def test_a_refused_fit_tells_its_callbacks_nothing():
    events = []
    note = keras.callbacks.LambdaCallback(on_train_begin=lambda logs: events.append("begin"))
    model = classifier()
    with training(model), pytest.raises(RuntimeError):
        model.fit(X, Y, verbose=0, callbacks=[note])
    assert events == []


def test_other_python_threads_run_during_fit():
    """A thread that only counts gets on while one single native call trains."""
    model, started = classifier(512, 512, 512), threading.Event()
    x = np.broadcast_to(X[:1], (10_000, 20)).copy()
    counts = []
    epoch = keras.callbacks.LambdaCallback(
        on_epoch_begin=lambda epoch, logs: started.set(), on_epoch_end=lambda epoch, logs: counts.append(epoch)
    )
    fit = Background(model.fit, x, np.zeros(10_000), epochs=1, batch_size=8, verbose=0, callbacks=[epoch])
    assert started.wait(PATIENCE)
    ticks = 0
    while not counts and fit.thread.is_alive():
        ticks += 1
        time.sleep(0.001)
    fit.join()
    assert ticks > 20


def test_callbacks_may_use_the_model_that_is_training():
    seen = []

    class Busy(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            before = self.model.get_weights()
            seen.append(self.model.predict(X[:3], verbose=0).shape)
            seen.append(len(self.model.evaluate(X[:8], Y[:8], verbose=0)))
            self.model.set_weights([np.full_like(w, 0.5) for w in before])
            np.testing.assert_array_equal(self.model.get_weights()[0], 0.5)
            self.model.set_weights(before)

        def on_epoch_end(self, epoch, logs=None):
            seen.append(float(self.model.compute_gradients(X[:8], Y[:8]).loss))
            self.model.optimizer.learning_rate = 0.005

    model, plain = classifier(), classifier()
    plain.set_weights(model.get_weights())
    options = {"batch_size": 128, "epochs": 2, "verbose": 0, "shuffle": False}
    model.fit(X, Y, callbacks=[Busy()], **options)
    rate = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: setattr(plain.optimizer, "learning_rate", 0.005)
    )
    plain.fit(X, Y, callbacks=[rate], **options)
    assert len(seen) == 2 * (4 * 2 + 1)
    for one, other in zip(model.get_weights(), plain.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_set_weights_inside_fit_counts_from_the_next_step():
    class Reset(keras.callbacks.Callback):
        def on_train_batch_begin(self, batch, logs=None):
            if batch == 1:
                self.model.set_weights(start)

    model = classifier()
    start = model.get_weights()
    model.train_on_batch(X[:256], Y[:256])
    model.set_weights(start)
    model.train_on_batch(X[256:], Y[256:])
    expected = model.get_weights()
    model.set_weights([w + 1 for w in start])
    model.fit(X, Y, batch_size=256, shuffle=False, verbose=0, callbacks=[Reset()])
    for one, other in zip(model.get_weights(), expected, strict=True):
        np.testing.assert_array_equal(one, other)


def test_fit_inside_fit_works_for_another_model_and_is_refused_for_the_same():
    inner, errors = classifier(), []

    class Nested(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            inner.fit(X[:32], Y[:32], verbose=0)
            try:
                self.model.fit(X[:8], Y[:8], verbose=0)
            except RuntimeError as error:
                errors.append(error)

    model = classifier()
    model.fit(X, Y, batch_size=256, epochs=2, verbose=0, callbacks=[Nested()])
    assert len(errors) == 4
    assert inner.optimizer.iterations == 4
    assert model.optimizer.iterations == 4
    model.fit(X, Y, verbose=0)


def test_a_callback_may_take_a_step_of_its_own():
    class Extra(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            self.model.train_on_batch(X[:8], Y[:8])

    model, plain = classifier(), classifier()
    plain.set_weights(model.get_weights())
    model.fit(X, Y, batch_size=256, shuffle=False, verbose=0, callbacks=[Extra()])
    for rows in (slice(256), slice(8), slice(256, 512), slice(8)):
        plain.train_on_batch(X[rows], Y[rows])
    assert model.optimizer.iterations == 4
    for one, other in zip(model.get_weights(), plain.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_two_models_train_at_the_same_time():
    models = [classifier() for _ in range(3)]
    alone = classifier()
    for model in models:
        model.set_weights(alone.get_weights())
    options = {"batch_size": 8, "epochs": 3, "verbose": 0, "shuffle": False}
    threads = [Background(model.fit, X, Y, **options) for model in models]
    alone.fit(X, Y, **options)
    for model, thread in zip(models, threads, strict=True):
        thread.join()
        for one, other in zip(model.get_weights(), alone.get_weights(), strict=True):
            np.testing.assert_array_equal(one, other)


def test_learning_rate_set_from_another_thread_acts_at_once():
    model = classifier()
    with training(model):
        model.optimizer.learning_rate = 0.0
        time.sleep(0.05)
        first = model.get_weights()
        time.sleep(0.05)
        for one, other in zip(first, model.get_weights(), strict=True):
            np.testing.assert_array_equal(one, other)
