"""Metrics, as objects on arrays and inside evaluate, give the values of live tf.keras.

Values are means of at most 21 terms: 1e-5 of the value is far above float32 rounding. Accuracies are exact.
"""

from __future__ import annotations

import numpy as np
import pytest
from keras_twin import assert_close, make_twins
from samples import METRICS, make_target

import bardana

pytestmark = pytest.mark.parity

SAMPLES = [sample for samples in METRICS.values() for sample in samples]
by_metric = pytest.mark.parametrize("sample", SAMPLES, ids=lambda s: f"{s[0]} {s[1]}" if isinstance(s, tuple) else None)


def make_metric(package, sample):
    name, arguments, _ = sample
    if "fn" in arguments:
        arguments = {**arguments, "fn": getattr(package.losses, arguments["fn"])}
    return getattr(package.metrics, name)(**arguments)


def target_for(sample, y_pred, rng):
    """Targets that make about half of the comparisons true."""
    if sample[2] == "equal":
        return np.where(rng.random(y_pred.shape) < 0.5, y_pred, y_pred + 1)
    if sample[2] == "bit":
        return rng.integers(0, 2, y_pred.shape).astype("float32")
    return make_target(sample[2], y_pred, rng)


@by_metric
def test_metric_objects_over_several_batches(sample, keras, rng) -> None:
    for shape in [(5,), (3, 5)]:
        ours, theirs = make_metric(bardana, sample), make_metric(keras, sample)
        assert ours.name == theirs.name
        for rows, weighted in [(7, False), (1, False), (4, True)]:
            y_pred = rng.uniform(0.1, 0.9, (rows, *shape)).astype("float32")
            y_true = target_for(sample, y_pred, rng)
            weight = rng.uniform(0, 2, (rows, 1)).astype("float32") if weighted else None
            ours.update_state(y_true, y_pred, weight)
            theirs.update_state(y_true, y_pred, weight)
            assert_close(ours.result(), np.asarray(theirs.result()), 1e-5, f"{shape} after {rows} rows")
        ours.reset_state()
        assert float(ours.result()) == 0


@by_metric
def test_metrics_in_evaluate(sample, keras, rng) -> None:
    """Inside a model: over ragged batches, and with sample weights that must not touch them."""
    loss = {"label": "sparse_categorical_crossentropy"}.get(sample[2], "mse")
    twins = make_twins(keras, [("Identity", {})], (5,), rng)
    x = rng.uniform(0.1, 0.9, (7, 5)).astype("float32")
    y = target_for(sample, x, rng)
    weight = rng.uniform(0, 2, 7).astype("float32")
    for keras_like, model in ((bardana, twins.ours), (keras, twins.theirs)):
        model.compile("sgd", loss, metrics=[make_metric(keras_like, sample)])
    actual = twins.ours.evaluate(x, y, batch_size=3, sample_weight=weight, verbose=0)
    assert_close(actual, twins.theirs.evaluate(x, y, batch_size=3, sample_weight=weight, verbose=0), 1e-5)


def test_mean(keras, rng) -> None:
    ours, theirs = bardana.metrics.Mean(), keras.metrics.Mean()
    values = rng.normal(size=6).astype("float32")
    for batch, weight in [(values, None), (values[:3], [1.0, 0.0, 2.0]), (2.5, None)]:
        ours.update_state(batch, sample_weight=weight)
        theirs.update_state(batch, sample_weight=weight)
        assert_close(ours.result(), np.asarray(theirs.result()), 1e-5)


NAMES = ["accuracy", "acc", "Accuracy", "mse", "mae", "mean_squared_error", "bce", "BinaryAccuracy", "MSE"]
SHAPES = [
    ("one unit, (n,)", "sigmoid", 1, (), "bit"),
    ("one unit, (n, 1)", "sigmoid", 1, (1,), "bit"),
    ("one-hot", "softmax", 3, (3,), "one-hot"),
    ("labels (n,)", "softmax", 3, (), "label"),
    ("labels (n, 1)", "softmax", 3, (1,), "label"),
]


@pytest.mark.parametrize(("activation", "units", "tail", "kind"), [s[1:] for s in SHAPES], ids=[s[0] for s in SHAPES])
def test_names_are_resolved_by_shape_and_kept_as_keys(activation, units, tail, kind, keras, rng) -> None:
    twins = make_twins(keras, [("Dense", {"units": units, "activation": activation})], (4,), rng)
    x = rng.normal(size=(11, 4)).astype("float32")
    labels = rng.integers(0, max(2, units), 11)
    y = np.eye(units, dtype="float32")[labels] if kind == "one-hot" else labels.reshape(11, *tail)
    names = {"label": NAMES[:3], "bit": NAMES}.get(kind, NAMES)
    if y.ndim == 1:
        names = [name for name in names if name != "bce"]  # Keras: ranks of the metric's arguments differ
    logs = []
    for model in twins:
        model.compile("sgd", "crossentropy", metrics=names)
        logs.append(model.evaluate(x, y, batch_size=4, verbose=0, return_dict=True))
    assert set(logs[0]) == {"loss", *names}
    assert list(logs[0]) == list(logs[1])
    for name, value in logs[1].items():
        assert_close(logs[0][name], value, 1e-5, name)


def test_functions_and_objects_as_metrics_bring_their_own_names(keras, rng) -> None:
    twins = make_twins(keras, [("Dense", {"units": 2})], (3,), rng)
    x, y = rng.normal(size=(9, 3)).astype("float32"), rng.normal(size=(9, 2)).astype("float32")
    results = []
    for package, model in ((bardana, twins.ours), (keras, twins.theirs)):
        own = package.metrics.MeanAbsoluteError(name="distance")
        model.compile(
            "sgd", "mse", metrics=[package.losses.mean_absolute_error, own, package.metrics.RootMeanSquaredError()]
        )
        results.append(model.evaluate(x, y, verbose=0, return_dict=True))
    assert list(results[0]) == list(results[1])
    assert_close(list(results[0].values()), list(results[1].values()), 1e-5)


def test_sorted_class_numbers(keras, rng) -> None:
    ids = np.array([rng.permutation(6) for _ in range(9)]).astype("float32")
    labels = rng.integers(0, 6, 9)
    for k in (0, 1, 2, 6, 9):
        ours, theirs = (
            package.metrics.SparseTopKCategoricalAccuracy(k=k, from_sorted_ids=True) for package in (bardana, keras)
        )
        assert float(ours(labels, ids)) == pytest.approx(float(theirs(labels, ids)))


def test_top_k_at_ties_and_beyond_numbers(keras) -> None:
    """Equal scores are all among the best; a class without a finite score, or none at all, is not."""
    scores = np.array([[1, 2, 2, 3], [1, 1, 1, 1], [0, np.inf, 1, 2], [np.nan, 3, 2, 1], [1, 2, 3, np.nan]], "float32")
    for label in (0, 1, 2, 3, -1, 4):
        labels = np.full(len(scores), label)
        for k in (1, 2, 3, 5):
            expected = keras.metrics.sparse_top_k_categorical_accuracy(labels, scores, k=k)
            actual = bardana.metrics.sparse_top_k_categorical_accuracy(labels, scores, k=k)
            np.testing.assert_array_equal(actual, np.asarray(expected), f"label {label}, k {k}")
