"""Metrics with a larger state (AUC, precision, F score, R² …) hold the state and give the values of live tf.keras.

Predictions lie on thresholds as often as not, where a rounding decides: counts of unweighted samples have to be equal.
Weights are multiples of 1/8, so that Keras' float32 sums are exact too; values are a few operations on such sums, 1e-5.
"""

from __future__ import annotations

import numpy as np
import pytest
from keras_twin import assert_close, make_twins
from samples import COUNTING_METRICS, make_target

import bardana

pytestmark = pytest.mark.parity

SAMPLES = [sample for samples in COUNTING_METRICS.values() for sample in samples]
by_sample = pytest.mark.parametrize("sample", SAMPLES, ids=lambda s: f"{s[0]} {s[1]}" if isinstance(s, tuple) else None)


def make_metric(package, sample, **more):
    name, arguments, _ = sample
    return getattr(package.metrics, name)(**arguments, **more)


def predictions(sample, rows, rng, dtype="float32"):
    """Between 0 and 1, the ends included, half of them on thresholds i / 199 or i / 8 rounded to float32."""
    if sample[1].get("from_logits"):
        return rng.normal(0, 3, (rows, 5)).astype(dtype)
    shape = (rows, 5)
    exact = rng.choice([0.0, 1.0, *(i / 8 for i in range(9)), *(i / 199 for i in range(200))], shape)
    return np.where(rng.random(shape) < 0.5, exact, rng.random(shape)).astype("float32").astype(dtype)


def weights(rows, rng):
    return (rng.integers(0, 17, rows) / 8).astype("float32")


def compare_states(ours, theirs, what, tolerance=1e-6) -> None:
    """R² adds squares of random numbers, in float32 in Keras: 40 roundings of sums."""
    for own, other in zip(ours.variables, theirs.variables, strict=True):
        assert own.name == other.name and own.shape == other.shape, what
        assert_close(own.numpy(), np.asarray(other), tolerance, f"{what}, {own.name}")


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@by_sample
def test_objects_over_several_batches(sample, dtype, keras, rng) -> None:
    for metric_dtype in {"float32", dtype}:
        ours, theirs = (make_metric(package, sample, dtype=metric_dtype) for package in (bardana, keras))
        for rows, weighted in [(7, False), (1, False), (16, True), (3, True)]:
            y_pred = predictions(sample, rows, rng, dtype)
            y_true = make_target(sample[2], y_pred, rng)
            weight = weights(rows, rng) if weighted else None
            ours.update_state(y_true, y_pred, weight)
            theirs.update_state(y_true, y_pred, weight)
            what = f"{metric_dtype} after {rows} rows"
            compare_states(ours, theirs, what, 1e-5 if sample[0] == "R2Score" else 1e-6)
            # R²: 1 − a quotient near it of sums that are good to 1e-6
            assert_close(ours.result(), np.asarray(theirs.result()), 1e-5, what, floor=2e-5)
        ours.reset_state()
        theirs.reset_state()
        assert_close(ours.result(), np.asarray(theirs.result()), 0, "after reset_state")


@pytest.mark.parametrize("argument", ["metrics", "weighted_metrics"])
@by_sample
def test_in_evaluate_over_ragged_batches(sample, argument, keras, rng) -> None:
    twins = make_twins(keras, [("Identity", {})], (5,), rng)
    x = predictions(sample, 11, rng)
    y = make_target(sample[2], x, rng)
    weight = weights(11, rng)
    made = []
    for package, model in ((bardana, twins.ours), (keras, twins.theirs)):
        made.append(make_metric(package, sample))
        model.compile("sgd", "mse", **{argument: [made[-1]]})
    actual, expected = (model.evaluate(x, y, batch_size=4, sample_weight=weight, verbose=0) for model in twins)
    assert_close(actual[0], expected[0], 1e-5, "loss")
    assert_close(actual[1], expected[1], 1e-5, "metric", floor=2e-5)
    compare_states(*made, "state", 1e-5 if sample[0] == "R2Score" else 1e-6)


FITTED = [s for s in SAMPLES if s[:2] in [("AUC", {}), ("Recall", {"class_id": 1}), ("F1Score", {"average": None})]]


@pytest.mark.parametrize("sample", FITTED, ids=lambda s: s[0])
def test_in_fit_with_validation(sample, keras, rng) -> None:
    """A layer that passes its input on unchanged, and a learning rate of 0: both packages see the same numbers."""
    twins = make_twins(keras, [("Dense", {"units": 5})], (5,), rng)
    twins.set_weights([np.eye(5), np.zeros(5)])
    x, held_out = predictions(sample, 11, rng), predictions(sample, 6, rng)
    y, y_held_out = (make_target(sample[2], of, rng) for of in (x, held_out))
    weight, w_held_out = weights(11, rng), weights(6, rng)
    histories = []
    for package, model in ((bardana, twins.ours), (keras, twins.theirs)):
        plain, weighted = make_metric(package, sample, name="plain"), make_metric(package, sample, name="weighted")
        model.compile(package.optimizers.SGD(0.0), "mse", metrics=[plain], weighted_metrics=[weighted])
        data = {"sample_weight": weight, "validation_data": (held_out, y_held_out, w_held_out)}
        histories.append(model.fit(x, y, batch_size=4, epochs=2, shuffle=True, verbose=0, **data).history)
    assert list(histories[0]) == list(histories[1])
    for name, expected in histories[1].items():
        assert_close(histories[0][name], np.array(expected), 1e-5, name)


def test_default_names_and_strings(keras) -> None:
    """AUC, auc_1; a string is kept as it is written."""
    x, y = np.array([[0.25], [0.75]], "float32"), np.array([[0], [1]])
    names = []
    for package in (bardana, keras):
        package.utils.clear_session()
        model = package.Sequential([package.Input((1,)), package.layers.Identity()])
        m = package.metrics
        given = ["AUC", m.AUC(), m.AUC(), "Precision", m.Precision(), m.TruePositives(), "f1_score", m.R2Score()]
        model.compile(
            "sgd", "mse", metrics=given, weighted_metrics=["AUC", m.AUC(), "mae", "AUC", m.Recall(name="mae")]
        )
        names.append(list(model.evaluate(x, y, verbose=0, return_dict=True)))
    assert names[0] == names[1]


SHAPES = [
    ("(n,) and (n,)", (6,), (6,), (6,)),
    ("(n,) and (n, 1)", (6,), (6, 1), (6,)),
    ("(n, 1) and (n,)", (6, 1), (6,), (6, 1)),
    ("weights (n, 1)", (6, 4), (6, 4), (6, 1)),
    ("a weight for each element", (6, 4), (6, 4), (6, 4)),
    ("rank 3", (3, 4, 2), (3, 4, 2), None),
]


@pytest.mark.parametrize(("y_shape", "shape", "weight_shape"), [s[1:] for s in SHAPES], ids=[s[0] for s in SHAPES])
@pytest.mark.parametrize("name", ["AUC", "Precision"])
def test_shapes_of_arrays(name, y_shape, shape, weight_shape, keras, rng) -> None:
    y_true, y_pred = rng.integers(0, 2, y_shape), rng.random(shape).astype("float32")
    weight = None if weight_shape is None else weights(weight_shape, rng)
    ours, theirs = (getattr(package.metrics, name)() for package in (bardana, keras))
    assert_close(ours(y_true, y_pred, weight), np.asarray(theirs(y_true, y_pred, weight)), 1e-6)


def test_predictions_that_are_no_numbers_exceed_no_threshold(keras) -> None:
    y_true, y_pred = np.array([1, 0, 1, 0, 1]), np.array([np.nan, np.nan, 0.75, 2.0, -1.0], "float32")
    for arguments in ({}, {"thresholds": [0.2, 0.3, 0.9]}):
        ours, theirs = (package.metrics.AUC(**arguments) for package in (bardana, keras))
        ours.update_state(y_true, y_pred)
        theirs.update_state(y_true, y_pred)
        compare_states(ours, theirs, str(arguments))


@pytest.mark.parametrize("aggregation", ["uniform_average", None])
def test_r2_adjusted_for_regressors(aggregation, keras, rng) -> None:
    """Keras counts every target, not every row. It cannot do this inside `fit`; that is compared with the object."""
    y_pred = rng.random((6, 2)).astype("float32")
    y_true = rng.random((6, 2)).astype("float32")
    for regressors in (2, 11, 20):
        arguments = {"class_aggregation": aggregation, "num_regressors": regressors}
        ours, theirs = (package.metrics.R2Score(**arguments) for package in (bardana, keras))
        ours.update_state(y_true, y_pred)
        theirs.update_state(y_true, y_pred)
        if regressors == 2:
            expected, actual = theirs.result(), ours.result()
        else:
            with pytest.warns(UserWarning, match="R2"):
                expected = theirs.result()
            with pytest.warns(UserWarning, match="num_regressors"):
                actual = ours.result()
        assert_close(actual, np.asarray(expected), 1e-5)
    model = bardana.Sequential([bardana.Input((2,)), bardana.layers.Identity()])
    model.compile("sgd", "mse", metrics=[bardana.metrics.R2Score(aggregation, 2)])
    expected = bardana.metrics.R2Score(aggregation, 2)(y_true, y_pred)
    assert_close(model.evaluate(y_pred, y_true, verbose=0)[1], np.asarray(expected), 1e-6)


def test_what_does_not_fit_is_refused() -> None:
    """Also in compile, by the model's output shape; Keras fails with an internal error at the first batch."""
    m = bardana.metrics
    scores = np.full((3, 4), 0.5, "float32")
    for metric in (m.Precision(top_k=5), m.Recall(class_id=4), m.AUC(label_weights=[1.0]), m.AUC(multi_label=True)):
        model = bardana.Sequential([bardana.Input((3, 4)), bardana.layers.Identity()])
        model.compile("sgd", "mse", metrics=[metric])
        with pytest.raises(ValueError, match="expected"):
            model.evaluate(np.zeros((2, 3, 4)), np.zeros((2, 3, 4)), verbose=0)
    for metric in (m.Precision(top_k=5), m.Recall(class_id=4), m.AUC(label_weights=[1.0])):
        with pytest.raises(ValueError, match="expected"):
            metric(scores, scores)
    for metric in (m.F1Score(), m.R2Score(), m.AUC(multi_label=True)):
        with pytest.raises(ValueError, match="expected"):
            metric(scores[0], scores[0])
    for metric in (m.AUC(), m.F1Score(), m.R2Score(), m.Precision()):
        with pytest.raises(ValueError, match="y_true"):
            metric(scores[:2], scores)
        with pytest.raises(ValueError, match="sample_weight"):
            metric(scores, scores, np.ones(2))


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("AUC", {"curve": "ROCK"}),
        ("AUC", {"summation_method": "middling"}),
        ("AUC", {"num_thresholds": 1}),
        ("AUC", {"num_labels": 3}),
        ("Precision", {"thresholds": 1.5}),
        ("Recall", {"thresholds": [0.5, None]}),
        ("TruePositives", {"thresholds": -0.1}),
        ("F1Score", {"average": "median"}),
        ("F1Score", {"threshold": 1}),
        ("FBetaScore", {"beta": 1}),
        ("FBetaScore", {"beta": -1.0}),
        ("R2Score", {"class_aggregation": "sum"}),
        ("R2Score", {"num_regressors": -1}),
        ("SensitivityAtSpecificity", {"specificity": 1.5}),
        ("PrecisionAtRecall", {"recall": 0.5, "num_thresholds": 0}),
    ],
)
def test_arguments_that_keras_refuses(name, arguments, keras) -> None:
    for package in (keras, bardana):
        with pytest.raises(ValueError):
            getattr(package.metrics, name)(**arguments)
