"""Callbacks: who is called, in which order, and when EarlyStopping stops."""

import warnings
from types import SimpleNamespace

import numpy as np
import pytest

import bardana as keras
from bardana.callbacks import Callback, EarlyStopping, History, LambdaCallback
from bardana.callbacks.base import HOOKS
from bardana.callbacks.callback_list import CallbackList


class FakeModel:
    """As much of a model as callbacks touch; its weight is the number of the epoch."""

    def __init__(self, *metric_names):
        self.metrics = [SimpleNamespace(name=name) for name in metric_names]
        self.stop_training = False
        self.weight = 0.0

    def get_weights(self):
        return [self.weight]

    def set_weights(self, weights):
        (self.weight,) = weights


def run_epochs(callback, values, monitor="val_loss"):
    """Play a fit in which the monitored number takes these values; return the model and the epochs run."""
    model = FakeModel()
    events = CallbackList([callback], add_history=True, model=model, verbose=0, epochs=len(values), steps=1)
    events.on_train_begin()
    for epoch, value in enumerate(values):
        model.weight = float(epoch)
        events.on_epoch_end(epoch, {monitor: value})
        if model.stop_training:
            break
    events.on_train_end()
    return model, len(events.history.epoch)


def test_every_event_reaches_callbacks_in_order():
    calls = []

    def note(tag, name):
        return lambda *args, **kwargs: calls.append((tag, name))

    recorders = [LambdaCallback(**{name: note(tag, name) for name in HOOKS}) for tag in "ab"]
    events = CallbackList(recorders, model=FakeModel())
    for name in HOOKS:
        if name in ("on_batch_begin", "on_batch_end"):
            continue
        arguments = (0, {}) if "batch" in name or "epoch" in name else ({},)
        getattr(events, name)(*arguments)
        assert calls == [("a", name), ("b", name)]
        calls.clear()


def test_history_is_added_last_once_and_set_on_the_model():
    model = FakeModel()
    events = CallbackList(None, add_history=True, model=model, epochs=2)
    assert not hasattr(model, "history")
    events.on_train_begin()
    events.on_epoch_end(0, {"loss": 1.0})
    events.on_epoch_end(1, {"loss": 0.5})
    assert model.history is events.history
    assert events.history.history == {"loss": [1.0, 0.5]}
    assert events.history.epoch == [0, 1]
    assert events.history.params == {"epochs": 2}
    own = History()
    assert CallbackList([own], add_history=True).history is own
    assert CallbackList([own], add_history=True).callbacks == [own]
    assert CallbackList(None).callbacks == []
    assert CallbackList(None).history is None


def test_what_one_callback_adds_to_the_logs_is_recorded():
    events = CallbackList(LambdaCallback(on_epoch_end=lambda epoch, logs: logs.update(lr=0.1)), True, model=FakeModel())
    events.on_train_begin()
    events.on_epoch_end(0, {"loss": 1.0})
    assert events.history.history["lr"] == [0.1]


@pytest.mark.parametrize(
    ("hook", "wanted"),
    [
        ("on_epoch_end", (False, False, False)),
        ("on_train_batch_begin", (True, False, False)),
        ("on_train_batch_end", (True, False, False)),
        ("on_batch_begin", (True, False, False)),
        ("on_batch_end", (True, False, False)),
        ("on_test_batch_begin", (False, True, False)),
        ("on_test_batch_end", (False, True, False)),
        ("on_predict_batch_begin", (False, False, True)),
        ("on_predict_batch_end", (False, False, True)),
    ],
)
def test_batch_hooks_are_wanted_only_when_overridden(hook, wanted):
    overriding = type("Overriding", (Callback,), {hook: lambda self, *args, **kwargs: None})()
    for callback in (overriding, LambdaCallback(**{hook: lambda *args, **kwargs: None})):
        events = CallbackList([callback])
        assert (events.wants_train_batches, events.wants_test_batches, events.wants_predict_batches) == wanted


def test_batch_aliases_are_called():
    batches = []
    events = CallbackList(LambdaCallback(on_batch_end=lambda batch, logs: batches.append(batch)))
    events.on_train_batch_end(7, {})
    assert batches == [7]


def test_what_is_no_callback_is_refused():
    with pytest.raises(TypeError, match=r"Write EarlyStopping\(\)"):
        CallbackList([EarlyStopping])
    with pytest.raises(TypeError, match="expected Callback objects"):
        CallbackList(print)
    with pytest.raises(TypeError, match="on_epoch_stop"):
        LambdaCallback(on_epoch_stop=print)
    with pytest.raises(TypeError, match="expected a function as on_epoch_end"):
        LambdaCallback(on_epoch_end=3)


@pytest.mark.parametrize(
    ("options", "values", "epochs"),
    [
        ({}, [3, 2, 1], 3),
        ({}, [3, 4, 1], 2),
        ({"patience": 2}, [3, 4, 4, 1], 3),
        ({"patience": 2}, [3, 4, 2, 4, 4, 1], 5),
        ({"min_delta": 0.5}, [3, 2.6, 1], 2),
        ({"min_delta": -0.5}, [3, 2.6, 1], 2),
        ({"mode": "max"}, [3, 4, 1, 5], 3),
        ({"baseline": 2.5, "patience": 2}, [4, 3.5, 3, 2.9], 4),
        ({"baseline": 2.5, "patience": 2}, [4, 3.5, 3.6, 2], 3),
        ({"start_from_epoch": 3}, [1, 2, 3, 4, 5, 6], 5),
        ({}, [1, float("nan"), 0], 2),
    ],
)
def test_early_stopping_epochs(options, values, epochs):
    callback = EarlyStopping(**options)
    model, run = run_epochs(callback, values)
    assert run == epochs
    assert callback.stopped_epoch == (epochs - 1 if model.stop_training else 0)


def test_best_weights_are_restored_with_and_without_a_stop(capsys):
    callback = EarlyStopping(patience=1, restore_best_weights=True, verbose=1)
    model, epochs = run_epochs(callback, [3, 1, 2, 2])
    assert (model.weight, epochs, callback.best, callback.best_epoch) == (1.0, 3, 1, 1)
    told = capsys.readouterr().out.splitlines()
    assert told == ["Epoch 3: early stopping", "Restoring model weights from the end of the best epoch: 2."]
    model, epochs = run_epochs(EarlyStopping(patience=9, restore_best_weights=True), [3, 1, 2, 2])
    assert (model.weight, epochs) == (1.0, 4)
    assert run_epochs(EarlyStopping(patience=1), [3, 1, 2, 2])[0].weight == 2.0


def test_early_stopping_can_be_used_again():
    callback = EarlyStopping(restore_best_weights=True)
    assert run_epochs(callback, [1, 2])[1] == run_epochs(callback, [1, 2])[1] == 2


@pytest.mark.parametrize("monitor", ["val_accuracy", "acc", "val_AUC", "out_precision", "BinaryAccuracy"])
def test_auto_mode_knows_rising_metrics(monitor):
    assert run_epochs(EarlyStopping(monitor), [0.5, 0.6, 0.4, 0.9], monitor)[1] == 3


@pytest.mark.parametrize("monitor", ["loss", "val_out_loss", "mse", "RootMeanSquaredError", "binary_crossentropy"])
def test_auto_mode_knows_falling_metrics(monitor):
    assert run_epochs(EarlyStopping(monitor), [0.5, 0.4, 0.6, 0.1], monitor)[1] == 3


def test_auto_mode_asks_for_unknown_metrics():
    with pytest.raises(ValueError, match="mode='max'"):
        run_epochs(EarlyStopping("val_surprise"), [1, 2], "val_surprise")
    with pytest.warns(UserWarning, match="expected mode"):
        EarlyStopping(mode="upwards")


def test_a_missing_monitor_is_a_warning():
    with pytest.warns(UserWarning, match="`val_loss` which is not available. Available metrics are: loss"):
        assert run_epochs(EarlyStopping(), [1, 2], "loss")[1] == 2


def make_model():
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    model.compile(loss="mse", optimizer="sgd")
    rng = np.random.default_rng(0)
    return model, rng.random((10, 3), "float32"), rng.random((10, 1), "float32")


def test_fit_calls_hooks_in_keras_order():
    model, x, y = make_model()
    calls = []
    recorder = LambdaCallback(**{name: lambda *_, name=name, **__: calls.append(name) for name in HOOKS})
    model.fit(x, y, batch_size=5, epochs=1, verbose=0, validation_data=(x, y), callbacks=[recorder])
    train_batch = ["on_train_batch_begin", "on_train_batch_end"]
    test_batch = ["on_test_batch_begin", "on_test_batch_end"]
    assert calls == [
        *("on_train_begin", "on_epoch_begin", *train_batch * 2),
        *("on_test_begin", *test_batch * 2, "on_test_end"),
        *("on_epoch_end", "on_train_end"),
    ]


def test_fit_stops_early_and_restores():
    model, x, y = make_model()
    stop = EarlyStopping("loss", mode="max", patience=1, restore_best_weights=True)
    seen = []
    watch = LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append(model.get_weights()))
    history = model.fit(x, y, epochs=10, verbose=0, shuffle=False, callbacks=[watch, stop])
    assert history.epoch == [0, 1]
    assert model.history is history
    np.testing.assert_array_equal(model.get_weights()[0], seen[0][0])


def test_stop_training_within_a_batch_hook_and_user_errors_leave_fit():
    model, x, y = make_model()

    class StopAtOnce(Callback):
        def on_train_batch_end(self, batch, logs=None):
            self.model.stop_training = True

    history = model.fit(x, y, batch_size=1, epochs=5, verbose=0, callbacks=[StopAtOnce()])
    assert len(history.epoch) == 1

    def fail(batch, logs):
        raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        model.fit(x, y, verbose=0, callbacks=[LambdaCallback(on_train_batch_begin=fail)])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.fit(x, y, verbose=0)
