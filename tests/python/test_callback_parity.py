"""Callbacks beside live Keras: the order of events and what they are told, and what each ready-made callback does.

Both packages train the same model on the same data without shuffling, so the events, the epochs run, the learning rates
and the files written must be the same; losses are compared with a relative tolerance of 1e-5, some 100 roundings of
float32, for sums in another order.
"""

import csv
import itertools
import warnings

import numpy as np
import pytest

import bardana

pytestmark = [
    pytest.mark.parity,
    # Keras' own variables beside NumPy 2.
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
]

HOOKS = [
    f"on_{mode}{part}_{end}"
    for mode in ("train", "test", "predict")
    for part in ("", "_batch")
    for end in ("begin", "end")
] + ["on_epoch_begin", "on_epoch_end"]


def make_model(package, weights=None, **compile_options):
    model = package.Sequential([package.Input((3,)), package.layers.Dense(1, name="out")])
    options = {"optimizer": package.optimizers.SGD(0.125), "loss": "mse", "metrics": ["mae"]} | compile_options
    model.compile(**options)
    model.set_weights(weights or [np.full((3, 1), 0.25, "float32"), np.zeros(1, "float32")])
    return model


@pytest.fixture
def data(rng):
    x = rng.uniform(-1, 1, (10, 3)).astype("float32")
    return x, rng.uniform(-1, 1, (10, 1)).astype("float32")


def recorder(package, base=None, **actions):
    """A callback that notes each event with its arguments (logs by their keys), and runs the actions of some."""
    events = []

    def note(name):
        def hook(self, *args, **kwargs):
            if name in actions:
                actions[name](self.model, *args)
            shown = [plain(value) for value in args] + [(key, plain(value)) for key, value in sorted(kwargs.items())]
            events.append((name, *shown))

        return hook

    def plain(value):
        return {key: type(entry).__name__ for key, entry in value.items()} if isinstance(value, dict) else value

    recording = type("Recording", (base or package.callbacks.Callback,), {name: note(name) for name in HOOKS})
    return recording(), events


def stop(model, *args):
    model.stop_training = True


def stop_at_second(model, batch, *args):
    model.stop_training = batch == 1


RUNS = {
    "fit": lambda model, x, y, callbacks, package: model.fit(
        x, y, batch_size=4, epochs=2, verbose=0, validation_data=(x[:5], y[:5]), callbacks=callbacks
    ),
    "fit, several epochs later": lambda model, x, y, callbacks, package: model.fit(
        x, y, epochs=4, initial_epoch=2, validation_split=0.5, validation_freq=2, verbose=0, callbacks=callbacks
    ),
    "no epoch": lambda model, x, y, callbacks, package: model.fit(
        x, y, epochs=2, initial_epoch=2, verbose=0, callbacks=callbacks
    ),
    "evaluate": lambda model, x, y, callbacks, package: model.evaluate(
        x, y, batch_size=4, verbose=0, callbacks=callbacks
    ),
    "predict": lambda model, x, y, callbacks, package: model.predict(x, batch_size=4, verbose=0, callbacks=callbacks),
    "early stopping": lambda model, x, y, callbacks, package: model.fit(
        x,
        y,
        epochs=5,
        verbose=0,
        callbacks=[package.callbacks.EarlyStopping("loss", mode="max", patience=1), *callbacks],
    ),
    "added to the logs": lambda model, x, y, callbacks, package: model.fit(
        x, y, epochs=2, verbose=0, callbacks=[package.callbacks.LearningRateScheduler(lambda e, r: r), *callbacks]
    ),
}


@pytest.mark.parametrize("run", RUNS)
def test_events_and_what_they_are_told(run, keras, data):
    traces = []
    for package in (bardana, keras):
        callback, events = recorder(package)
        RUNS[run](make_model(package), *data, [callback], package)
        traces.append((events, dict(callback.params)))
    assert traces[0] == traces[1]


@pytest.mark.parametrize("validated", [False, True])
@pytest.mark.parametrize(
    ("hook", "action"),
    [
        ("on_train_begin", stop),
        ("on_epoch_begin", stop),
        ("on_train_batch_begin", stop),
        ("on_train_batch_end", stop_at_second),
        ("on_epoch_end", stop),
    ],
)
def test_stop_training_from_any_hook(hook, action, validated, keras, data):
    traces = []
    for package in (bardana, keras):
        callback, events = recorder(package, **{hook: action})
        held_out = data if validated else None
        history = make_model(package).fit(
            *data, batch_size=2, epochs=3, verbose=0, validation_data=held_out, callbacks=[callback]
        )
        traces.append((events, history.epoch))
    assert traces[0] == traces[1]


def test_values_in_batch_logs(keras, data):
    """Running means over the epoch, the same numbers at every batch."""
    logs = []
    for package in (bardana, keras):
        seen = []
        watch = package.callbacks.LambdaCallback(
            on_train_batch_end=lambda batch, logs, seen=seen: seen.append([*sorted(logs.items())]),
            on_test_batch_end=lambda batch, logs, seen=seen: seen.append([*sorted(logs.items())]),
        )
        make_model(package).fit(
            *data, batch_size=4, shuffle=False, epochs=2, verbose=0, validation_data=data, callbacks=[watch]
        )
        logs.append(seen)
    for ours, theirs in zip(*logs, strict=True):
        assert [name for name, _ in ours] == [name for name, _ in theirs]
        np.testing.assert_allclose([value for _, value in ours], [value for _, value in theirs], rtol=1e-5)


def fit_both(keras, data, make_callbacks, epochs=12, validation=True, rate=0.125):
    """Fit both packages with the callbacks that `make_callbacks(package)` returns; return (history, callbacks) each."""
    results = []
    for package in (bardana, keras):
        model = make_model(package, optimizer=package.optimizers.SGD(rate))
        callbacks = make_callbacks(package)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            history = model.fit(
                *data,
                batch_size=4,
                shuffle=False,
                epochs=epochs,
                verbose=0,
                validation_data=data if validation else None,
                callbacks=callbacks,
            )
        results.append((history, callbacks))
    return results


def assert_same_history(ours, theirs):
    assert ours.epoch == theirs.epoch
    assert sorted(ours.history) == sorted(theirs.history)
    for name, values in ours.history.items():
        np.testing.assert_allclose(values, theirs.history[name], rtol=1e-5, err_msg=name)


class Played:
    """A callback that replaces the losses in the logs by given ones, so that both packages see the same course."""

    def __new__(cls, package, values, key="val_loss"):
        class Play(package.callbacks.Callback):
            def on_epoch_end(self, epoch, logs=None):
                logs[key] = values[epoch % len(values)]

        return Play()


PLATEAUS = [
    {},
    {"patience": 1},
    {"patience": 2, "factor": 0.5, "cooldown": 2},
    {"patience": 1, "factor": 0.3, "min_lr": 0.004},
    {"patience": 1, "min_delta": 0.5},
    {"patience": 1, "mode": "max", "cooldown": 1},
    {"patience": 0, "factor": 0.9},
]


@pytest.mark.parametrize("options", PLATEAUS)
def test_reduce_lr_on_plateau(options, keras, data, rng, capsys):
    values = rng.choice([1.0, 0.9, 0.95, 0.2, 0.19995, 0.5], 12).tolist()
    printed = []

    def callbacks(package):
        printed.append(capsys.readouterr().out)
        return [Played(package, values), package.callbacks.ReduceLROnPlateau(**options, verbose=1)]

    keras.config.enable_interactive_logging()
    try:
        (ours, (_, our_callback)), (theirs, (_, their_callback)) = fit_both(keras, data, callbacks)
    finally:
        keras.config.disable_interactive_logging()
    printed.append(capsys.readouterr().out)
    assert_same_history(ours, theirs)
    assert printed[1] == printed[2]
    for attribute in ("best", "wait", "cooldown_counter"):
        assert getattr(our_callback, attribute) == getattr(their_callback, attribute)


def test_reduce_lr_on_plateau_used_twice_and_without_its_metric(data):
    plateau = bardana.callbacks.ReduceLROnPlateau("loss", patience=1, min_delta=1e6)
    for _ in range(2):
        model = make_model(bardana)
        history = model.fit(*data, epochs=3, verbose=0, callbacks=[plateau])
        np.testing.assert_allclose(history.history["learning_rate"], [0.125, 0.125, 0.0125], rtol=1e-6)
    with pytest.warns(UserWarning, match=r"`val_loss` which is not available. Available metrics are: loss,mae,learn"):
        make_model(bardana).fit(*data, verbose=0, callbacks=[bardana.callbacks.ReduceLROnPlateau()])
    with pytest.raises(ValueError, match="factor below 1, received factor=1"):
        bardana.callbacks.ReduceLROnPlateau(factor=1)
    with pytest.raises(ValueError, match="Pass mode='max'"):
        make_model(bardana).fit(
            *data, verbose=0, callbacks=[Played(bardana, [1.0], "x"), bardana.callbacks.ReduceLROnPlateau("x")]
        )


SCHEDULES = [
    lambda epoch, rate: rate * 0.7,
    lambda epoch: 0.1 / (1 + epoch),
    lambda epoch, rate: np.float32(rate) * np.float32(0.5) if epoch > 2 else rate,
    lambda epoch, rate: np.float64(0.01),
]


@pytest.mark.parametrize("number", range(len(SCHEDULES)))
def test_learning_rate_scheduler(number, keras, data, capsys):
    printed = []

    def callbacks(package):
        printed.append(capsys.readouterr().out)
        return [package.callbacks.LearningRateScheduler(SCHEDULES[number], verbose=1)]

    keras.config.enable_interactive_logging()
    try:
        (ours, _), (theirs, _) = fit_both(keras, data, callbacks, epochs=5)
    finally:
        keras.config.disable_interactive_logging()
    printed.append(capsys.readouterr().out)
    assert_same_history(ours, theirs)
    assert printed[1] == printed[2]
    assert len(printed[1].splitlines()) == 10


@pytest.mark.parametrize("wrong", [1, "0.1", None, np.ones(2)])
def test_a_schedule_must_return_a_float(wrong, keras, data):
    for package in (bardana, keras):
        with pytest.raises(ValueError, match="a float"):
            make_model(package).fit(
                *data, verbose=0, callbacks=[package.callbacks.LearningRateScheduler(lambda epoch, rate: wrong)]
            )


def read(path, separator=","):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.reader(file, delimiter=separator))


def assert_same_table(ours, theirs):
    assert [len(row) for row in ours] == [len(row) for row in theirs]
    for our_cell, their_cell in zip(itertools.chain(*ours), itertools.chain(*theirs), strict=True):
        try:
            number = float(their_cell)
        except ValueError:
            assert our_cell == their_cell
        else:
            assert float(our_cell) == pytest.approx(number, rel=1e-5)


def test_csv_logger(keras, data, tmp_path):
    """Columns by the first epoch, NA for what a later one has not, one object in two fits, appending."""
    tables = []
    for package in (bardana, keras):
        path = tmp_path / f"{package.__name__}.csv"
        late = Played(package, [3.0], "late")
        late.on_epoch_end = lambda epoch, logs: (
            logs.update(late=[1, 2], word="a;b", zero=np.array(2)) if epoch else None
        )
        logger = package.callbacks.CSVLogger(path, separator=";")
        model = make_model(package)
        options = {"batch_size": 4, "shuffle": False, "epochs": 3, "verbose": 0}
        model.fit(*data, **options, validation_data=data, validation_freq=2, callbacks=[late, logger])
        first = read(path, ";")
        model.fit(*data, **options, callbacks=[logger])
        second = read(path, ";")
        model.fit(*data, **options, callbacks=[package.callbacks.CSVLogger(path, ";", append=True)])
        third = read(path, ";")
        new = package.callbacks.CSVLogger(tmp_path / f"{package.__name__}_2.csv", append=True)
        model.fit(*data, **options, callbacks=[package.callbacks.LambdaCallback(on_epoch_end=late.on_epoch_end), new])
        model.fit(*data, **options, callbacks=[package.callbacks.LambdaCallback(on_epoch_end=late.on_epoch_end), new])
        tables.append((first, second, third, read(new.filename)))
        assert path.read_bytes().endswith(b"\n")
    for ours, theirs in zip(*tables, strict=True):
        assert_same_table(ours, theirs)
    assert tables[0][0][0] == ["epoch", "loss", "mae", "val_loss", "val_mae"]
    assert len(tables[0][2]) == 7


def test_csv_logger_writes_lists_as_keras_does(keras, tmp_path):
    tables = []
    for package in (bardana, keras):
        logger = package.callbacks.CSVLogger(tmp_path / package.__name__)
        logger.on_train_begin()
        logger.on_epoch_end(0, {"a": [1, 2], "val_a": np.arange(3), "b": "x,y", "c": np.array(2.5), "d": (0.5,)})
        logger.on_epoch_end(1, {"a": 1.0})
        logger.on_train_end()
        tables.append(read(tmp_path / package.__name__))
    assert tables[0] == tables[1]


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_terminate_on_nan(bad, keras, data, capsys):
    x, y = data
    x = x.copy()
    x[5] = bad
    printed = []

    def callbacks(package):
        printed.append(capsys.readouterr().out)
        return [package.callbacks.TerminateOnNaN()]

    keras.config.enable_interactive_logging()
    try:
        (ours, _), (theirs, _) = fit_both(keras, (x, y), callbacks, epochs=3, validation=False)
    finally:
        keras.config.disable_interactive_logging()
    printed.append(capsys.readouterr().out)
    assert printed[1] == printed[2] == "Batch 1: Invalid loss, terminating training\n"
    assert ours.epoch == theirs.epoch == [0]
    np.testing.assert_array_equal(ours.history["loss"], theirs.history["loss"])


def test_terminate_on_nan_raises(keras, data):
    x, y = data
    for package in (bardana, keras):
        callback, events = recorder(package)
        with pytest.raises(RuntimeError, match="batch 0"):
            make_model(package).fit(
                x * np.nan, y, verbose=0, callbacks=[package.callbacks.TerminateOnNaN(raise_error=True), callback]
            )
        assert events[-1][0] == "on_train_batch_begin"
        assert package.callbacks.TerminateOnNaN().raise_error is False


def test_what_callbacks_may_do_inside_fit(keras, data):
    """Predict, evaluate, read and set weights, between epochs and between batches."""
    results = []
    x, y = data
    for package in (bardana, keras):
        seen = []

        class Busy(package.callbacks.Callback):
            def on_train_batch_end(self, batch, logs=None, seen=seen):
                if batch == 1:
                    seen.append(self.model.predict(x, verbose=0))
                    self.model.set_weights([w / 2 for w in self.model.get_weights()])
                    seen.append(self.model.predict(x, verbose=0))

            def on_epoch_end(self, epoch, logs=None, seen=seen):
                seen.append(self.model.evaluate(x, y, verbose=0))
                self.model.set_weights([w + 0.5 for w in self.model.get_weights()])
                seen.extend(self.model.get_weights())

        model = make_model(package)
        history = model.fit(x, y, batch_size=4, shuffle=False, epochs=3, verbose=0, callbacks=[Busy()])
        results.append((*seen, history.history["loss"], *model.get_weights()))
    for ours, theirs in zip(*results, strict=True):
        # Some 50 operations on numbers below 4, each with a rounding of 2⁻²⁴ of its result.
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=2e-5)


def test_signatures_are_those_of_keras(keras):
    import inspect

    for name in bardana.callbacks.__all__:
        ours, theirs = (inspect.signature(getattr(p.callbacks, name)).parameters for p in (bardana, keras))
        names = [n for n, p in theirs.items() if p.kind is not p.VAR_KEYWORD]
        assert [n for n, p in ours.items() if p.kind is not p.VAR_KEYWORD] == names, name
        assert [ours[n].default for n in names] == [theirs[n].default for n in names], name


def test_callback_list(keras):
    """The order of what is added, and who gets model and params."""
    for package in (bardana, keras):
        callback, events = recorder(package)
        listed = package.callbacks.CallbackList(
            [callback], add_history=True, add_progbar=True, model=make_model(package), verbose=0, epochs=2, steps=3
        )
        assert [type(entry).__name__ for entry in listed.callbacks] == ["Recording", "History", "ProgbarLogger"]
        assert callback.params == {"verbose": 0, "epochs": 2, "steps": 3}
        assert callback.model is listed.model
        assert isinstance(listed, package.callbacks.Callback)
        for hook in ("on_train_begin", "on_train_end"):
            getattr(listed, hook)()
        listed.on_train_batch_begin(2)
        listed.on_train_batch_end(2, {"loss": 1.0})
        assert events == [
            ("on_train_begin", {}),
            ("on_train_end", {}),
            ("on_train_batch_begin", 2, ("logs", {})),
            ("on_train_batch_end", 2, ("logs", {"loss": "float"})),
        ]


@pytest.mark.parametrize("verbose", [0, 1, 2])
def test_progbar_logger_prints_what_keras_prints(verbose, keras, data, capsys, monkeypatch):
    """The only bar of a fit it takes part in; times are frozen, since they are all that may differ."""
    import time

    monkeypatch.setattr(time, "time", lambda: 1000.0)
    keras.config.enable_interactive_logging()
    texts = []
    try:
        for package in (bardana, keras):
            model = make_model(package)
            model.set_weights([np.zeros((3, 1)), np.zeros(1)])
            logger = package.callbacks.ProgbarLogger()
            options = {"batch_size": 4, "verbose": verbose, "callbacks": [logger]}
            capsys.readouterr()
            model.fit(data[0] * 0, data[1] * 0 + 1, epochs=2, shuffle=False, **options)
            model.predict(data[0], **options)
            texts.append(capsys.readouterr().out)
    finally:
        keras.config.disable_interactive_logging()
    assert texts[0] == texts[1]
    assert bool(texts[0]) == bool(verbose)
