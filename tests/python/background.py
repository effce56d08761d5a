"""A model that trains in a thread of its own while a test looks at it."""

import threading
from contextlib import contextmanager

import numpy as np

import bardana as keras

PATIENCE = 20.0
"""Seconds after which a thread that should have ended counts as hanging; no measure of speed."""

X = np.random.default_rng(0).standard_normal((512, 20)).astype("float32")
Y = (np.arange(512) % 4).astype("int32")


def classifier(*hidden):
    layers = [keras.layers.Dense(units, "relu") for units in hidden or (64,)]
    model = keras.Sequential([keras.Input((20,)), *layers, keras.layers.Dense(4, "softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


class Background:
    """Run a function in a thread and keep what it returns or raises."""

    def __init__(self, function, *arguments, **options):
        self.result = self.error = None
        self.thread = threading.Thread(target=self._run, args=(function, arguments, options), daemon=True)
        self.thread.start()

    def _run(self, function, arguments, options):
        try:
            self.result = function(*arguments, **options)
        except BaseException as error:
            self.error = error

    def join(self):
        self.thread.join(PATIENCE)
        assert not self.thread.is_alive(), "the thread hangs"
        if self.error is not None:
            raise self.error
        return self.result


class Started(keras.callbacks.Callback):
    """Tell other threads that steps are being taken."""

    def __init__(self):
        super().__init__()
        self.event = threading.Event()

    def on_train_batch_end(self, batch, logs=None):
        self.event.set()

    def wait(self):
        assert self.event.wait(PATIENCE), "training has not begun"


@contextmanager
def training(model, *callbacks):
    """A fit that would take days, in a thread of its own; steps are being taken inside the block."""
    started = Started()
    fit = Background(model.fit, X, Y, epochs=10_000_000, batch_size=16, verbose=0, callbacks=[started, *callbacks])
    started.wait()
    try:
        yield fit
    finally:
        model.stop_training = True
        fit.join()
