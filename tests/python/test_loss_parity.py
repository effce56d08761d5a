"""Losses on arrays and inside models give the values and gradients of live tf.keras, at the edges too.

Tolerances as in test_keras_parity.py: here there is no sum over inputs, so values agree to 1e-5 and gradients to 1e-4
of the largest magnitude in float32 with room to spare; float64 to 1e-12.
"""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from keras_twin import (
    assert_close,
    assert_same_gradients,
    keras_gradients,
    make_loss,
    make_model,
    make_twins,
)
from samples import LOSSES, make_target

import bardana

pytestmark = pytest.mark.parity

OUTPUT = {"float32": 1e-5, "float64": 1e-12}
GRADIENT = {"float32": 1e-4, "float64": 1e-12}
SINGLE_IN_KERAS = ("log_cosh",)  # its log 2 is rounded to float32, which is off by 2e-8
REDUCTIONS = ["sum_over_batch_size", "mean", "sum", "mean_with_sample_weight", "none", None]
by_loss = pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: loss.id)
by_dtype = pytest.mark.parametrize("dtype", ["float32", "float64"])


def output_tolerance(loss, dtype):
    return 1e-7 if loss.function in SINGLE_IN_KERAS and dtype == "float64" else OUTPUT[dtype]


def predictions(loss, shape, dtype, rng):
    values = rng.uniform(0.1, 0.9, shape) if loss.domain == "unit" else rng.normal(0, 2, shape)
    return values.astype(dtype)


def sample_weights(shape, dtype, rng):
    """Every form of sample_weight that Keras accepts for predictions of this shape: for rank 3 not (n,)."""
    weights = rng.uniform(0, 2, (shape[0], 1)).astype(dtype)
    weights[shape[0] // 2] = 0
    forms = {"none": None, "(n, 1)": weights, "all zero": np.zeros_like(weights)}
    return forms if len(shape) > 2 else {**forms, "(n,)": weights[:, 0]}


@by_dtype
@by_loss
def test_loss_objects_on_arrays(loss, dtype, keras, rng) -> None:
    sample = (loss.class_name, loss.arguments)
    for shape, reduction in itertools.product([(7, 5), (4, 3, 5)], REDUCTIONS):
        y_pred = predictions(loss, shape, dtype, rng)
        y_true = make_target(loss.target, y_pred, rng)
        ours, theirs = (make_loss(k, sample, reduction=reduction, dtype=dtype) for k in (bardana, keras))
        for form, weight in sample_weights(shape, dtype, rng).items():
            actual, expected = ours(y_true, y_pred, weight), theirs(y_true, y_pred, weight)
            what = f"{shape} {reduction} sample_weight {form}"
            assert_close(actual, np.asarray(expected), output_tolerance(loss, dtype), what)
            assert actual.dtype == dtype


@by_loss
def test_loss_functions_leave_one_value_per_row(loss, keras, rng) -> None:
    for shape in [(7, 5), (4, 3, 5)]:
        y_pred = predictions(loss, shape, "float32", rng)
        y_true = make_target(loss.target, y_pred, rng)
        ours, theirs = (getattr(k.losses, loss.function) for k in (bardana, keras))
        assert_close(ours(y_true, y_pred, **loss.arguments), np.asarray(theirs(y_true, y_pred, **loss.arguments)), 1e-5)


@pytest.mark.parametrize(
    "name",
    sorted(
        set(bardana.losses.__all__)
        - {"Loss", "get", "serialize", "deserialize", "resolve", "categorical_generalized_cross_entropy"}
    ),
)
def test_every_public_name_means_what_it_means_in_keras(name, keras, rng) -> None:
    y_pred = rng.uniform(0.1, 0.9, (7, 5)).astype("float32")
    labels = name.lower().startswith("sparse") or "Generalized" in name
    y_true = make_target("label" if labels else "classes", y_pred, rng)
    forgotten = "Generalized" in name  # by keras.losses.get
    theirs = getattr(keras.losses, name)() if forgotten else keras.losses.get(name)
    expected = np.asarray(theirs(y_true, y_pred)).mean()
    assert_close(bardana.losses.get(name)(y_true, y_pred), expected, 1e-5, "by name")
    public = getattr(bardana.losses, name)
    assert_close(np.mean((public() if isinstance(public, type) else public)(y_true, y_pred)), expected, 1e-5, "called")


@by_dtype
@by_loss
def test_reductions_and_sample_weights_inside_a_model(loss, dtype, keras, rng) -> None:
    """An Identity model: the gradient by its input is that of the loss by the prediction."""
    for shape in [(5,), (3, 5)]:
        twins = make_twins(keras, [("Identity", {})], shape, rng, dtype)
        x = predictions(loss, (7, *shape), dtype, rng)
        y = make_target(loss.target, x, rng)
        for reduction in ("sum_over_batch_size", "mean", "sum", "mean_with_sample_weight"):
            sample = (loss.class_name, {**loss.arguments, "reduction": reduction})
            twins.ours.compile("sgd", make_loss(bardana, sample))
            for form, weight in sample_weights(x.shape, dtype, rng).items():
                if reduction == "mean_with_sample_weight" and form == "all zero":
                    continue  # 0 / 0: Keras has a NaN gradient there
                expected = keras_gradients(twins.theirs, make_loss(keras, sample, dtype=dtype), x, y, weight)
                actual = twins.ours.compute_gradients(x, y, weight)
                what = f"{shape} {reduction} sample_weight {form}"
                assert_close(actual.loss, expected.loss, output_tolerance(loss, dtype), what)
                assert_same_gradients(actual, expected, GRADIENT[dtype], what)


CLIPPED = [loss for loss in LOSSES if "crossentropy" in loss.function and not loss.arguments.get("from_logits")]
EDGES = [0.0, 1e-9, 5e-8, 2e-7, 1e-3, 0.25, 0.5, 1 - 1e-3, 1 - 6e-8, 1.0]
# Sums are the same in any order, and no share lies within a rounding of a limit.
ROWS = [
    [0, 1, 0],
    [1, 0, 0],
    [0.5, 0.5, 0],
    [3e-8, 0.5, 0.5],
    [2e-7, 0.5, 0.5],
    [1e-3, 0.25, 0.75],
    [0, 2, 0],
    [0.5, 0.5, 1],
]


@by_dtype
@pytest.mark.parametrize("loss", CLIPPED, ids=lambda loss: loss.id)
def test_untagged_probabilities_are_clipped(loss, dtype, keras, rng) -> None:
    """Numbers that do not come out of a softmax or sigmoid, 0 and 1 among them, are clipped to [1e-7, 1 − 1e-7].

    A gradient is a difference of terms up to 1 / y, each with a few roundings u; hence the floor 8 u / y.
    """
    pairs = list(itertools.product(EDGES, EDGES)) if loss.function == "binary_crossentropy" else ROWS
    x = np.array(pairs, dtype)
    twins = make_twins(keras, [("Identity", {})], x.shape[1:], rng, dtype)
    y = make_target(loss.target, x, rng)
    sample = (loss.class_name, loss.arguments)
    twins.ours.compile("sgd", make_loss(bardana, sample))
    values = {k: make_loss(k, sample, reduction="none", dtype=dtype)(y, x) for k in (bardana, keras)}
    assert_close(values[bardana], np.asarray(values[keras]), OUTPUT[dtype])
    expected = keras_gradients(twins.theirs, make_loss(keras, sample, dtype=dtype), x, y)
    actual = twins.ours.compute_gradients(x, y)
    assert_close(actual.loss, expected.loss, OUTPUT[dtype])
    for row, probabilities in enumerate(x):
        floor = 8 * np.finfo(dtype).eps / probabilities[probabilities > 1e-7].min(initial=1) / x.size
        what = f"{loss.id} at {probabilities}, target {y[row]}"
        assert_close(actual.inputs[row], expected.inputs[row], GRADIENT[dtype], what, floor)


SATURATED = [
    ("softmax", "SparseCategoricalCrossentropy", "label"),
    ("softmax", "CategoricalCrossentropy", "classes"),
    ("sigmoid", "BinaryCrossentropy", "share"),
]


@by_dtype
@pytest.mark.parametrize("as_layer", [False, True], ids=["in Dense", "Activation"])
@pytest.mark.parametrize(("activation", "loss", "target"), SATURATED)
def test_saturated_outputs_keep_the_exact_gradient(activation, loss, target, as_layer, dtype, keras, rng) -> None:
    """Logits of ±200: the loss is far beyond −log 1e-7, and the gradient by the logits is exactly (p − y) / values."""
    if as_layer:
        layers = [("Activation", {"activation": activation})]
        weights = []
    else:
        layers = [("Dense", {"units": 4, "activation": activation})]
        weights = [np.eye(4), np.zeros(4)]
    twins = make_twins(keras, layers, (4,), rng, dtype)
    twins.set_weights(weights)
    logits = rng.choice([-200.0, 200.0, 0.0], (9, 4)).astype(dtype)
    y = make_target(target, logits, rng)
    twins.ours.compile("sgd", make_loss(bardana, (loss, {})))
    loss_value, _, by_input = twins.ours.compute_gradients(logits, y)
    p = np.asarray(twins.ours(logits), np.float64)
    wanted = p - (np.eye(4)[y] if target == "label" else y)
    assert_close(by_input, wanted / (wanted.size if activation == "sigmoid" else len(wanted)), 1e-6)
    expected = keras_gradients(twins.theirs, make_loss(keras, (loss, {}), dtype=dtype), logits, y)
    assert loss_value > 16.2
    assert_close(loss_value, expected.loss, OUTPUT[dtype])
    assert_close(by_input, expected.inputs, GRADIENT[dtype])


@pytest.mark.parametrize(("activation", "loss", "target"), SATURATED)
@pytest.mark.parametrize("after", [("Flatten", {}), ("Reshape", {"target_shape": (4, 3)})], ids=lambda layer: layer[0])
def test_a_layer_between_activation_and_loss_hides_the_logits(activation, loss, target, after, keras, rng) -> None:
    """After a reshape Keras sees probabilities only: clipped at 1e-7, without gradient where saturated."""
    layers = [("Activation", {"activation": activation}), after]
    twins = make_twins(keras, layers, (3, 4), rng)
    x = rng.choice([-30.0, 30.0, 0.0, 0.5], (5, 3, 4)).astype("float32")
    y = make_target(target, np.asarray(twins.theirs(x)), rng)
    twins.ours.compile("sgd", make_loss(bardana, (loss, {})))
    expected = keras_gradients(twins.theirs, make_loss(keras, (loss, {})), x, y)
    actual = twins.ours.compute_gradients(x, y)
    assert_close(actual.loss, expected.loss, 1e-5)
    # Where every row is saturated the gradient is 0 but for a rounding of terms below 1.
    assert_close(actual.inputs, expected.inputs, 1e-4, floor=1e-7)


@pytest.mark.parametrize("layers", [[("Identity", {})], [("Dropout", {"rate": 0.0})]], ids=["Identity", "Dropout"])
def test_layers_that_change_nothing_do_not_hide_the_logits(layers, keras, rng) -> None:
    twins = make_twins(keras, [("Activation", {"activation": "softmax"}), *layers], (4,), rng)
    x = rng.choice([-200.0, 200.0, 0.0], (9, 4)).astype("float32")
    y = rng.integers(0, 4, 9)
    twins.ours.compile("sgd", "sparse_categorical_crossentropy")
    expected = keras_gradients(twins.theirs, keras.losses.SparseCategoricalCrossentropy(), x, y)
    actual = twins.ours.compute_gradients(x, y)
    assert_close(actual.loss, expected.loss, 1e-5)
    assert_close(actual.inputs, expected.inputs, 1e-4)


@pytest.mark.parametrize("classes", [2, 7, 16, 17, 47, 48, 49, 97])
@pytest.mark.parametrize(("activation", "loss", "target"), SATURATED)
def test_crossentropies_of_any_width(activation, loss, target, classes, keras, rng) -> None:
    """Rows longer and shorter than a vector, in a layer whose units are padded to 16 or 48."""
    for arguments in [{}, {"label_smoothing": 0.25}] if target != "label" else [{}, {"ignore_class": 1}]:
        twins = make_twins(keras, [("Dense", {"units": classes, "activation": activation})], (5,), rng)
        x = rng.normal(size=(9, 5)).astype("float32")
        y = make_target(target, np.asarray(twins.theirs(x)), rng)
        twins.ours.compile("sgd", make_loss(bardana, (loss, arguments)))
        actual = twins.ours.compute_gradients(x, y)
        expected = keras_gradients(twins.theirs, make_loss(keras, (loss, arguments)), x, y)
        assert_close(actual.loss, expected.loss, 1e-5)
        assert_same_gradients(actual, expected, 1e-4, loss)


@by_loss
def test_targets_of_any_type_and_rank(loss, keras, rng) -> None:
    """Labels of all integer types, as floats, and of shape (n, 1); targets (n,) against predictions (n, 1)."""
    narrow = loss.target == "near" or loss.function == "binary_crossentropy"
    x = predictions(loss, (7, 1 if narrow else 3), "float32", rng)
    theirs = make_loss(keras, (loss.class_name, loss.arguments))
    ours = make_model(bardana, [("Identity", {})], x.shape[1:])
    ours.compile("sgd", make_loss(bardana, (loss.class_name, loss.arguments)))
    y = rng.integers(0, 2, 7) if narrow else make_target(loss.target, x, rng)
    types = ["int8", "int32", "int64", "float32", "float64"] + (["uint8"] if y.min() >= 0 else [])
    for dtype in types:
        alone = y.ndim == 2 or "generalized" in loss.function  # Keras compares (n, 1) with every row
        for target in [y.astype(dtype)] if alone else [y.astype(dtype), y.astype(dtype)[:, None]]:
            expected = float(theirs(target, x))
            what = f"{dtype} {target.shape}"
            assert_close(ours.evaluate(x, target, verbose=0), expected, 1e-5, what)
            assert_close(make_loss(bardana, (loss.class_name, loss.arguments))(target, x), expected, 1e-5, what)
