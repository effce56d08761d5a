"""A callback that raises: its exception arrives unchanged, and nothing is lost but the steps not taken."""

import numpy as np
import pytest
from test_bad_input import LABELS, X, classifier

import bardana as keras


class FailingBatchEnd(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.failure = KeyError("mine")

    def on_train_batch_end(self, batch, logs=None):
        self.weights = self.model.get_weights()
        if batch == 2:
            raise self.failure


class FailingEpochEnd(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.failure = KeyError("mine")

    def on_epoch_end(self, epoch, logs=None):
        self.weights = self.model.get_weights()
        raise self.failure


@pytest.mark.parametrize("callback_class", [FailingBatchEnd, FailingEpochEnd])
def test_a_failing_callback_leaves_the_last_complete_step(callback_class):
    model, callback = classifier(), callback_class()
    start = model.get_weights()
    with pytest.raises(KeyError) as caught:
        model.fit(X, LABELS, batch_size=4, verbose=0, callbacks=[callback])
    assert caught.value is callback.failure
    assert any(entry.name == caught.traceback[-1].name for entry in caught.traceback)
    for left, seen, first in zip(model.get_weights(), callback.weights, start, strict=True):
        np.testing.assert_array_equal(left, seen)
        assert np.any(left != first)
    assert model.optimizer.iterations == (3 if callback_class is FailingBatchEnd else 10)
    history = model.fit(X, LABELS, verbose=0, epochs=2)
    assert np.isfinite(history.history["loss"]).all()


def test_a_failing_predict_hook_leaves_the_model_usable():
    class Failing(keras.callbacks.Callback):
        def on_predict_batch_end(self, batch, logs=None):
            raise OSError("mine")

    model = classifier()
    with pytest.raises(OSError, match="mine"):
        model.predict(X, verbose=0, callbacks=[Failing()])
    assert model.predict(X, verbose=0).shape == (40, 3)
