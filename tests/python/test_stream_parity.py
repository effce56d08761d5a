"""Data in batches train, evaluate and predict as with live tf.keras: weights, histories, events, warnings, errors.

Tolerances as in test_training_parity: 20 contracting steps, each of which rounds alike on both sides.
"""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from keras_twin import assert_close, make_twins

import bardana

pytestmark = pytest.mark.parity

LAYERS = [("Dense", {"units": 4, "activation": "tanh"}), ("Dense", {"units": 1})]
RAN_OUT = "Your input ran out of data"
ROWS, BATCH = 50, 10


def make_data(rng):
    return rng.normal(size=(ROWS, 3)).astype("float32"), rng.normal(size=(ROWS, 1)).astype("float32")


def generator(x, y, count, *, weight=None):
    for i in range(count):
        rows = slice(i % 5 * BATCH, (i % 5 + 1) * BATCH)
        yield (x[rows], y[rows]) if weight is None else (x[rows], y[rows], weight[rows])


def py_dataset(package, x, y, events=None, count=5, **options):
    """A PyDataset of either package that writes down what happens to it."""
    events = [] if events is None else events

    class Batches(package.utils.PyDataset):
        def __init__(self):
            super().__init__(**options)

        def __len__(self):
            return count

        def __getitem__(self, i):
            return x[i * BATCH : (i + 1) * BATCH], y[i * BATCH : (i + 1) * BATCH]

        def on_epoch_begin(self):
            events.append("dataset begins")

        def on_epoch_end(self):
            events.append("dataset ends")

    return Batches()


def events_callback(package, events):
    names = [
        *("on_train_begin", "on_train_end", "on_epoch_begin", "on_epoch_end", "on_train_batch_begin"),
        *("on_train_batch_end", "on_test_begin", "on_test_end", "on_test_batch_begin", "on_test_batch_end"),
        *("on_predict_begin", "on_predict_end", "on_predict_batch_begin", "on_predict_batch_end"),
    ]

    def hook(name):
        def call(self, *arguments, **_):
            events.append((name, *(a for a in arguments if isinstance(a, int))))

        return call

    return type("Events", (package.callbacks.Callback,), {name: hook(name) for name in names})()


def outcome(package, model, method, make_arguments):
    """Return (result or type of exception, events, number of warnings that data ran out)."""
    events = []
    arguments, options = make_arguments(package, events)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        result = getattr(model, method)(*arguments, verbose=0, callbacks=[events_callback(package, events)], **options)
    return result, events, sum(RAN_OUT in str(w.message) for w in caught)


def compare(keras, rng, method, make_arguments):
    twins = make_twins(keras, LAYERS, (3,), rng)
    twins.compile(keras, {"learning_rate": 0.05}, "mse", ["mae"])
    ours, theirs = (
        outcome(package, model, method, make_arguments)
        for package, model in ((bardana, twins.ours), (keras, twins.theirs))
    )
    assert ours[1] == theirs[1]
    assert ours[2] == theirs[2]
    if method == "fit":
        assert list(ours[0].history) == list(theirs[0].history)
        assert ours[0].epoch == theirs[0].epoch
        assert ours[0].params == theirs[0].params
        for key, values in theirs[0].history.items():
            assert_close(ours[0].history[key], values, 1e-5, key)
    else:
        assert_close(np.asarray(ours[0]), np.asarray(theirs[0]), 1e-5, method)
    for variable, weights in zip(twins.ours.weights, twins.theirs.get_weights(), strict=True):
        assert_close(variable.numpy(), weights, 1e-5, variable.path)


def tf_dataset(x, y, *, known=True):
    import tensorflow as tf

    dataset = tf.data.Dataset.from_tensor_slices((x, y)).batch(BATCH)
    return dataset if known else dataset.filter(lambda *_: True)


FITS = {
    "arrays, fewer steps": lambda p, e, x, y: ((x, y), {"steps_per_epoch": 2, "batch_size": 10, "epochs": 4}),
    "arrays, more steps": lambda p, e, x, y: ((x, y), {"steps_per_epoch": 7, "batch_size": 10, "epochs": 2}),
    "arrays, steps alone": lambda p, e, x, y: ((x, y), {"steps_per_epoch": 3, "epochs": 3}),
    "generator": lambda p, e, x, y: ((generator(x, y, 5),), {}),
    "generator by steps": lambda p, e, x, y: ((generator(x, y, 6),), {"steps_per_epoch": 3, "epochs": 2}),
    "generator and batch_size": lambda p, e, x, y: ((generator(x, y, 5),), {"batch_size": 3}),
    "generator with weights": lambda p, e, x, y: ((generator(x, y, 5, weight=np.abs(y[:, 0])),), {}),
    "tf.data": lambda p, e, x, y: ((tf_dataset(x, y),), {"epochs": 2}),
    "tf.data, fewer steps": lambda p, e, x, y: ((tf_dataset(x, y),), {"epochs": 4, "steps_per_epoch": 2}),
    "tf.data, more steps": lambda p, e, x, y: ((tf_dataset(x, y),), {"epochs": 2, "steps_per_epoch": 7}),
    "tf.data without end": lambda p, e, x, y: ((tf_dataset(x, y).repeat(),), {"epochs": 2, "steps_per_epoch": 4}),
    "tf.data of unknown length": lambda p, e, x, y: ((tf_dataset(x, y, known=False),), {"epochs": 3}),
    "unknown length, fewer steps": lambda p, e, x, y: (
        (tf_dataset(x, y, known=False),),
        {"epochs": 3, "steps_per_epoch": 3},
    ),
    "PyDataset": lambda p, e, x, y: ((py_dataset(p, x, y, e),), {"epochs": 2}),
    "PyDataset, threads": lambda p, e, x, y: ((py_dataset(p, x, y, e, workers=3),), {"epochs": 2}),
    "PyDataset, fewer steps": lambda p, e, x, y: ((py_dataset(p, x, y, e),), {"epochs": 3, "steps_per_epoch": 2}),
    "PyDataset, more steps": lambda p, e, x, y: ((py_dataset(p, x, y, e),), {"epochs": 2, "steps_per_epoch": 7}),
    "validation steps": lambda p, e, x, y: (
        (x, y),
        {"epochs": 2, "batch_size": 10, "validation_data": (x, y), "validation_steps": 2},
    ),
    "validation steps alone": lambda p, e, x, y: (
        (x, y),
        {"epochs": 2, "validation_data": (x, y), "validation_steps": 3},
    ),
    "validation steps, too many": lambda p, e, x, y: (
        (x, y),
        {"epochs": 2, "batch_size": 10, "validation_data": (x, y), "validation_steps": 9},
    ),
    "validation by tf.data": lambda p, e, x, y: ((x, y), {"epochs": 2, "validation_data": tf_dataset(x, y)}),
    "validation by tf.data, steps": lambda p, e, x, y: (
        (tf_dataset(x, y),),
        {"epochs": 3, "validation_data": tf_dataset(x, y), "validation_steps": 2, "validation_freq": 2},
    ),
    "validation by unknown length": lambda p, e, x, y: (
        (x, y),
        {"epochs": 2, "validation_data": (tf_dataset(x, y, known=False), None)},
    ),
    "validation by PyDataset": lambda p, e, x, y: ((x, y), {"epochs": 2, "validation_data": py_dataset(p, x, y, e)}),
    "validation by a generator": lambda p, e, x, y: ((x, y), {"validation_data": generator(x, y, 5)}),
}


@pytest.mark.parametrize("case", FITS)
def test_fit(case, keras, rng):
    x, y = make_data(rng)

    def arguments(package, events):
        given, options = FITS[case](package, events, x, y)
        return given, {"shuffle": False, **options}

    compare(keras, rng, "fit", arguments)


EVALUATIONS = {
    "arrays, steps alone": lambda p, e, x, y: ((x, y), {"steps": 3}),
    "arrays, fewer steps": lambda p, e, x, y: ((x, y), {"steps": 2, "batch_size": 10}),
    "arrays, more steps": lambda p, e, x, y: ((x, y), {"steps": 9, "batch_size": 10}),
    "generator": lambda p, e, x, y: ((generator(x, y, 5),), {}),
    "generator by steps": lambda p, e, x, y: ((generator(x, y, 9),), {"steps": 4}),
    "generator, more steps": lambda p, e, x, y: ((generator(x, y, 3),), {"steps": 4}),
    "tf.data": lambda p, e, x, y: ((tf_dataset(x, y),), {}),
    "tf.data of unknown length": lambda p, e, x, y: ((tf_dataset(x, y, known=False),), {}),
    "PyDataset": lambda p, e, x, y: ((py_dataset(p, x, y, e),), {}),
}


@pytest.mark.parametrize("case", EVALUATIONS)
def test_evaluate(case, keras, rng):
    x, y = make_data(rng)
    compare(keras, rng, "evaluate", lambda package, events: EVALUATIONS[case](package, events, x, y))


PREDICTIONS = {
    "arrays, steps alone": lambda p, e, x, y: ((x,), {"steps": 3}),
    "arrays, fewer steps": lambda p, e, x, y: ((x,), {"steps": 2, "batch_size": 10}),
    "arrays, more steps": lambda p, e, x, y: ((x,), {"steps": 9, "batch_size": 10}),
    "generator of x": lambda p, e, x, y: (((x[: i + 1],) for i in range(5)), {}),
    "generator of x and y": lambda p, e, x, y: ((generator(x, y, 5),), {}),
    "generator by steps": lambda p, e, x, y: ((generator(x, y, 9),), {"steps": 4}),
    "tf.data": lambda p, e, x, y: ((tf_dataset(x, y),), {}),
    "tf.data of x": lambda p, e, x, y: ((tf_dataset(x, y, known=False).map(lambda x, y: x),), {}),
    "PyDataset": lambda p, e, x, y: ((py_dataset(p, x, y, e),), {}),
}
PREDICTIONS["generator of x"] = lambda p, e, x, y: ((((x[: i + 1],) for i in range(5)),), {})


@pytest.mark.parametrize("case", PREDICTIONS)
def test_predict(case, keras, rng):
    x, y = make_data(rng)
    compare(keras, rng, "predict", lambda package, events: PREDICTIONS[case](package, events, x, y))


DATA = {
    "generator": lambda package, x, y: generator(x, y, 5),
    "tf.data": lambda package, x, y: tf_dataset(x, y),
    "PyDataset": lambda package, x, y: py_dataset(package, x, y),
}
REFUSED = {
    "y": lambda data, x, y: {"x": data, "y": y},
    "sample_weight": lambda data, x, y: {"x": data, "sample_weight": y},
    "validation_split": lambda data, x, y: {"x": data, "validation_split": 0.2},
    "y of the validation": lambda data, x, y: {"x": x, "y": y, "validation_data": (data, y)},
}
GENERATOR_REFUSED = {
    "class_weight": lambda x, y: {"x": generator(x, y, 3), "class_weight": {0: 1.0}},
    "empty": lambda x, y: {"x": generator(x, y, 0)},
    "lists": lambda x, y: {"x": ([x, y] for _ in range(3))},
    "arrays": lambda x, y: {"x": (x for _ in range(3))},
    "four": lambda x, y: {"x": ((x, y, y, y) for _ in range(3))},
    "no y": lambda x, y: {"x": ((x,) for _ in range(3))},
}


def assert_both_refuse(keras, rng, make_arguments):
    x, y = make_data(rng)
    twins = make_twins(keras, LAYERS, (3,), rng)
    twins.compile(keras, {"learning_rate": 0.05}, "mse")
    for package, model in ((bardana, twins.ours), (keras, twins.theirs)):
        arguments = make_arguments(package, x, y)
        with pytest.raises(ValueError, match=r"."):
            model.fit(**arguments, verbose=0, shuffle=False)


@pytest.mark.parametrize("case", REFUSED)
@pytest.mark.parametrize("kind", DATA)
def test_refused(case, kind, keras, rng):
    assert_both_refuse(keras, rng, lambda package, x, y: REFUSED[case](DATA[kind](package, x, y), x, y))


@pytest.mark.parametrize("case", GENERATOR_REFUSED)
def test_refused_generators(case, keras, rng):
    assert_both_refuse(keras, rng, lambda package, x, y: GENERATOR_REFUSED[case](x, y))


@pytest.mark.parametrize("kind", DATA)
def test_shuffle_warns_alike(kind, keras, rng):
    x, y = make_data(rng)
    twins = make_twins(keras, LAYERS, (3,), rng)
    twins.compile(keras, {"learning_rate": 0.05}, "mse")
    counts = []
    for package, model in ((bardana, twins.ours), (keras, twins.theirs)):
        data = DATA[kind](package, x, y)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            model.fit(data, verbose=0)
        counts.append(sum("`shuffle=True` was passed, but will be ignored" in str(w.message) for w in caught))
    assert counts[0] == counts[1] == (kind != "PyDataset")


@pytest.mark.parametrize("form", ["(n,)", "(n, 1)", "one-hot"])
@pytest.mark.parametrize("kind", ["tf.data", "PyDataset"])
def test_class_weight(form, kind, keras, rng):
    x, labels = rng.normal(size=(ROWS, 3)).astype("float32"), rng.integers(0, 3, ROWS)
    y = {"(n,)": labels, "(n, 1)": labels[:, None], "one-hot": np.eye(3, dtype="float32")[labels]}[form]
    twins = make_twins(keras, [("Dense", {"units": 3, "activation": "softmax"})], (3,), rng)
    loss = "categorical_crossentropy" if form == "one-hot" else "sparse_categorical_crossentropy"
    twins.compile(keras, {"learning_rate": 0.1}, loss, ["accuracy"])
    histories = []
    for package, model in ((bardana, twins.ours), (keras, twins.theirs)):
        data = tf_dataset(x, y) if kind == "tf.data" else py_dataset(package, x, y)
        fit = model.fit(data, class_weight={0: 0.5, 1: 1.0, 2: 3.0}, verbose=0, epochs=2, shuffle=False)
        histories.append(fit.history)
    for key, values in histories[1].items():
        assert_close(histories[0][key], values, 1e-5, key)
