"""`weighted_metrics`, `loss_weights` and lists or dicts of metrics do in `compile` what they do in live tf.keras.

Outputs are means of at most 11 terms: 1e-5.
"""

from __future__ import annotations

import numpy as np
import pytest
from keras_twin import assert_close, make_twins

pytestmark = pytest.mark.parity

NAMES = ["mae", "mse", "RootMeanSquaredError", "cosine_similarity", "AUC"]


def compiled(keras, rng, arguments, layers=(("Dense", {"units": 3, "name": "out"}),), classes=None):
    """Both models with the same weights, compiled alike; and data."""
    twins = make_twins(keras, list(layers), (4,), rng)
    x = rng.normal(size=(11, 4)).astype("float32")
    y = rng.integers(0, classes, 11) if classes else rng.random((11, 3)).astype("float32")
    for model in twins:
        model.compile(**{"optimizer": "sgd", "loss": "mse", **arguments})
    return twins, x, y


def compare(actual, expected) -> None:
    assert list(actual) == list(expected)
    for name, value in expected.items():
        assert_close(actual[name], np.asarray(value), 1e-5, name)


@pytest.mark.parametrize("weighted", [False, True], ids=["no sample_weight", "sample_weight"])
def test_metrics_ignore_weights_and_weighted_metrics_take_them(weighted, keras, rng) -> None:
    twins, x, y = compiled(keras, rng, {"metrics": NAMES, "weighted_metrics": NAMES})
    data = {"sample_weight": rng.uniform(0, 2, 11).astype("float32")} if weighted else {}
    compare(*(model.evaluate(x, y, batch_size=4, verbose=0, return_dict=True, **data) for model in twins))
    compare(*(model.train_on_batch(x, y, return_dict=True, **data) for model in twins))
    compare(*(model.test_on_batch(x, y, return_dict=True, **data) for model in twins))


def test_weights_of_all_zeros(keras, rng) -> None:
    twins, x, y = compiled(keras, rng, {"weighted_metrics": ["mae", "AUC"]})
    zeros = np.zeros(11)
    compare(*(model.evaluate(x, y, sample_weight=zeros, verbose=0, return_dict=True) for model in twins))


def test_weights_for_each_vector_of_outputs(keras, rng) -> None:
    """Outputs (n, 5, 3), weights (n, 5)."""
    twins = make_twins(keras, [("Dense", {"units": 3})], (5, 4), rng)
    x, y = rng.normal(size=(6, 5, 4)).astype("float32"), rng.random((6, 5, 3)).astype("float32")
    weight = rng.uniform(0, 2, (6, 5)).astype("float32")
    for model in twins:
        model.compile("sgd", "mse", weighted_metrics=["mae", "mse"])
    compare(*(m.evaluate(x, y, batch_size=4, sample_weight=weight, verbose=0, return_dict=True) for m in twins))


def test_class_weights_reach_weighted_metrics_in_fit(keras, rng) -> None:
    layers = [("Dense", {"units": 3, "activation": "softmax"})]
    names = ["accuracy", "sparse_categorical_crossentropy", "sparse_top_k_categorical_accuracy"]
    arguments = {"loss": "sparse_categorical_crossentropy", "metrics": names, "weighted_metrics": names}
    twins, x, y = compiled(keras, rng, arguments, layers, classes=3)
    held_out = (x[:5], y[:5], rng.uniform(0, 2, 5).astype("float32"))
    data = {"class_weight": {0: 0.5, 2: 3.0}, "validation_data": held_out}
    histories = [m.fit(x, y, batch_size=4, epochs=2, shuffle=False, verbose=0, **data).history for m in twins]
    compare(*histories)


def test_an_ignored_class_in_weighted_metrics(keras, rng) -> None:
    """It counts in the divisor where there are no sample weights, and does not where there are."""
    results = []
    twins = make_twins(keras, [("Identity", {})], (3,), rng)
    x, y = rng.uniform(0.1, 0.9, (11, 3)).astype("float32"), rng.integers(0, 3, 11)
    import bardana

    for package, model in ((bardana, twins.ours), (keras, twins.theirs)):
        metric = package.metrics.SparseCategoricalCrossentropy(ignore_class=1)
        model.compile("sgd", "sparse_categorical_crossentropy", weighted_metrics=[metric])
        results.append(model)
    for weight in (None, np.linspace(0, 2, 11)):
        compare(*(m.evaluate(x, y, batch_size=4, sample_weight=weight, verbose=0, return_dict=True) for m in results))


FORMS = {
    "nested lists": [["mae"], "mse"],
    "tuple": ("mae", "mse"),
    "dict by the output": {"out": ["mse", "mae"]},
    "dict of anything": {"b": "mse", "a": ["mae", "mse"]},
    "empty": [],
}


@pytest.mark.parametrize("argument", ["metrics", "weighted_metrics"])
@pytest.mark.parametrize("form", FORMS)
def test_forms_of_metrics(form, argument, keras, rng) -> None:
    twins, x, y = compiled(keras, rng, {argument: FORMS[form]})
    assert twins.ours.metrics_names == twins.theirs.metrics_names
    compare(*(model.evaluate(x, y, verbose=0, return_dict=True) for model in twins))


@pytest.mark.parametrize("argument", ["metrics", "weighted_metrics"])
@pytest.mark.parametrize("given", ["mae", 3, ["no_such_metric"], [None]])
def test_what_is_no_metric_is_refused(given, argument, keras, rng) -> None:
    """Keras looks at names when it meets the first batch."""
    twins, x, y = compiled(keras, rng, {})

    def use(model) -> None:
        model.compile("sgd", "mse", **{argument: given})
        model.evaluate(x, y, verbose=0)

    for model in twins:
        with pytest.raises(ValueError, match=f"{argument}|metric"):
            use(model)


@pytest.mark.parametrize("given", [2.5, [0.5], (0.25,), np.float64(2.0), 0.0, -1.0])
def test_loss_weights_scale_loss_and_gradient(given, keras, rng) -> None:
    """Two steps: the loss after the first one shows the gradient."""
    loss = ["mse"] if isinstance(given, (list, tuple)) else "mse"
    twins, x, y = compiled(keras, rng, {"loss": loss, "loss_weights": given, "metrics": ["mae"]})
    weight = rng.uniform(0, 2, 11).astype("float32")
    for _ in range(2):
        compare(*(model.train_on_batch(x, y, sample_weight=weight, return_dict=True) for model in twins))
    compare(*(model.evaluate(x, y, batch_size=4, verbose=0, return_dict=True) for model in twins))


def test_loss_weights_by_the_name_of_the_output(keras, rng) -> None:
    """A Sequential of Keras fails over dicts of losses, internally; so the same as a number."""
    twins, x, y = compiled(keras, rng, {"loss": {"out": "mse"}, "loss_weights": {"out": 3.0}})
    by_name = twins.ours.evaluate(x, y, verbose=0)
    twins.ours.compile("sgd", "mse", loss_weights=3.0)
    assert by_name == twins.ours.evaluate(x, y, verbose=0)


@pytest.mark.parametrize("given", [[1.0, 2.0], {"other": 1.0}, "heavy", [None], {"out": "1"}])
def test_loss_weights_that_do_not_fit(given, keras, rng) -> None:
    with pytest.raises(ValueError, match="loss_weights"):
        compiled(keras, rng, {})[0].ours.compile("sgd", "mse", loss_weights=given)


def test_reset_metrics(keras, rng) -> None:
    twins, x, y = compiled(keras, rng, {"metrics": ["mae"], "weighted_metrics": ["mse"]})
    twins.ours.evaluate(x, y, verbose=0)
    assert [m.name for m in twins.ours.metrics] == ["mae", "mse"]
    assert all(float(m.result()) > 0 for m in twins.ours.metrics)
    twins.ours.reset_metrics()
    assert all(float(m.result()) == 0 for m in twins.ours.metrics)
