"""What threads may do at once, in small: tests/sanitizers/run looks for data races and memory errors here.

Without TensorFlow in the process, whose own threads would be reported. Every fit is large enough for a team of threads,
the limit is three, and there are more fits than that.
"""

import os
import signal
import threading
import warnings
from contextlib import contextmanager

import numpy as np
import pytest
from background import PATIENCE, Background

import bardana as keras
from bardana import _core

X = np.random.default_rng(0).standard_normal((512, 64)).astype("float32")
Y = (np.arange(512) % 4).astype("int32")
OPTIONS = {"batch_size": 128, "verbose": 0}


@pytest.fixture(autouse=True)
def three_threads():
    keras.runtime.set_threads(3)
    yield
    keras.runtime.set_threads(None)
    assert _core.most_threads_used() > 1, "no call has used a team of threads"


def classifier(optimizer="sgd"):
    layers = keras.layers
    hidden = [layers.Dense(256, "relu"), layers.Dropout(0.1, seed=1), layers.Dense(64, "tanh")]
    model = keras.Sequential([keras.Input((64,)), *hidden, layers.Dense(4, "softmax")])
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


@contextmanager
def training(model, *callbacks):
    """A fit without end in a thread of its own."""
    started = threading.Event()
    begun = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: started.set())
    fit = Background(model.fit, X, Y, epochs=10**6, callbacks=[begun, *callbacks], **OPTIONS)
    assert started.wait(PATIENCE)
    try:
        yield fit
    finally:
        model.stop_training = True
        fit.join()


def assert_same(one, other):
    for a, b in zip(one.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_more_fits_at_once_than_threads():
    alone, models = classifier("adam"), [classifier("adam") for _ in range(5)]
    for model in models:
        model.set_weights(alone.get_weights())
    fits = [Background(model.fit, X, Y, epochs=4, shuffle=False, **OPTIONS) for model in models]
    alone.fit(X, Y, epochs=4, shuffle=False, **OPTIONS)
    for model, fit in zip(models, fits, strict=True):
        fit.join()
        assert_same(model, alone)


def test_reading_while_a_fit_runs():
    model, out = classifier(), np.empty((512, 4), "float32")
    with training(model):
        looks = [lambda: model.predict(X, verbose=0), lambda: model.evaluate(X, Y, verbose=0), model.get_weights]
        looks += [lambda: model.predict(X[:1], verbose=0), lambda: model.predict_into(X, out)]
        looks += [lambda: model.optimizer_state, lambda: model.compute_gradients(X, Y)]
        threads = [Background(lambda look=look: [look() for _ in range(5)]) for look in looks]
        for thread in threads:
            thread.join()


def test_weights_are_set_while_a_fit_runs():
    model = classifier()
    start = model.get_weights()

    class Reset(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            self.model.set_weights(start)

    with training(model, Reset()):
        writers = [Background(lambda: [model.set_weights(start) for _ in range(20)]) for _ in range(2)]
        for writer in writers:
            writer.join()
        model.optimizer.learning_rate = 0.5


def test_a_fork_while_a_fit_runs():
    """The child starts no threads, which the thread sanitizer does not follow there."""
    model = classifier()
    with training(model), warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        for _ in range(3):
            child = os.fork()
            if child == 0:
                signal.signal(signal.SIGALRM, signal.SIG_DFL)
                signal.alarm(int(PATIENCE))
                try:
                    keras.runtime.set_threads(1)
                    model.predict(X, verbose=0)
                    model.fit(X, Y, **OPTIONS)
                    os._exit(0)
                finally:
                    os._exit(1)
            assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_stop_training_from_another_thread():
    model = classifier()
    for _ in range(5):
        with training(model):
            pass
    model.fit(X, Y, **OPTIONS)


def test_many_short_lived_threads():
    model, shared = classifier(), classifier()
    expected = shared.predict(X, verbose=0)

    def work():
        classifier().fit(X[:128], Y[:128], **OPTIONS)
        np.testing.assert_array_equal(shared.predict(X, verbose=0), expected)

    with training(model):
        for _ in range(4):
            threads = [Background(work) for _ in range(6)]
            for thread in threads:
                thread.join()


def test_models_that_share_a_layer():
    layer = keras.layers.Dense(64, "tanh")
    models = [keras.Sequential([keras.Input((64,)), layer, keras.layers.Dense(4)]) for _ in range(2)]
    threads = [Background(lambda m=m: [m.predict(X, verbose=0) for _ in range(20)]) for m in models for _ in range(2)]
    for thread in threads:
        thread.join()
    classifier().fit(X, Y, **OPTIONS)
