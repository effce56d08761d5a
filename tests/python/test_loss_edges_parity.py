"""Losses at kinks, limits and saturated outputs give the values and gradients of live tf.keras.

Inputs are exact in float32 and sums of a few of them too, so both packages stand at the very same side of a kink.
Tolerances as in test_loss_parity.py.
"""

from __future__ import annotations

import numpy as np
import pytest
from keras_twin import assert_close, keras_gradients, make_loss, make_twins

import bardana

pytestmark = pytest.mark.parity

by_dtype = pytest.mark.parametrize("dtype", ["float32", "float64"])
OUTPUT = {"float32": 1e-5, "float64": 1e-11}
GRADIENT = {"float32": 1e-4, "float64": 1e-10}


def compare(keras, rng, loss, x, y, dtype="float32", layers=(("Identity", {}),), floor=0.0):
    x, y = np.asarray(x, dtype), np.asarray(y, dtype)
    twins = make_twins(keras, list(layers), x.shape[1:], rng, dtype)
    twins.ours.compile("sgd", make_loss(bardana, loss))
    actual = twins.ours.compute_gradients(x, y)
    expected = keras_gradients(twins.theirs, make_loss(keras, loss, dtype=dtype), x, y)
    assert_close(actual.loss, expected.loss, OUTPUT[dtype], "loss", floor)
    assert_close(actual.inputs, expected.inputs, GRADIENT[dtype], "gradient", floor)
    return actual


@by_dtype
@pytest.mark.parametrize("loss", ["Hinge", "SquaredHinge"])
@pytest.mark.parametrize(
    "targets", [[1, 0, 1, 1, 0], [1, -1, 1, 1, -1], [1, 0, 1, -1, 0], [1, 1, 1, 1, 1], [2, 0.5, 0, 1, -3]]
)
def test_hinges_at_their_kink_and_with_any_targets(loss, targets, dtype, keras, rng) -> None:
    """0 and 1 mean −1 and 1 only if there is nothing else in the batch."""
    compare(keras, rng, (loss, {}), [[1], [-1], [0.5], [3], [1]], np.array(targets)[:, None], dtype)


def test_each_batch_decides_for_itself_whether_targets_are_binary(keras, rng) -> None:
    twins = make_twins(keras, [("Identity", {})], (2,), rng)
    x = rng.normal(size=(8, 2)).astype("float32")
    y = np.array([[0, 1], [1, 0], [1, 1], [0, -1], [1, 0], [0, 0], [1, 2], [0, 0]])
    results = []
    for package, model in ((bardana, twins.ours), (keras, twins.theirs)):
        metrics = [package.metrics.Hinge(), package.metrics.SquaredHinge()]
        model.compile("sgd", "hinge", metrics=metrics)
        results.append(model.evaluate(x, y, batch_size=3, verbose=0))
    assert_close(*results, 1e-5)


@by_dtype
def test_categorical_hinge_at_ties_and_at_its_kink(dtype, keras, rng) -> None:
    x = [[1, 2, 2, 0], [3, 1, 1, 1], [2, 1, 0, 0], [0, 0, 0, 0], [5, 0, 0, 0], [0.5, 0.5, 1, 1]]
    y = [[1, 0, 0, 0], [1, 0, 0, 0], [1, 0, 0, 0], [0, 1, 0, 0], [1, 0, 0, 0], [0.5, 0.5, 0, 0]]
    compare(keras, rng, ("CategoricalHinge", {}), x, y, dtype)


@by_dtype
@pytest.mark.parametrize("loss", ["MeanSquaredLogarithmicError", "MeanAbsolutePercentageError", "Poisson"])
def test_small_and_equal_numbers(loss, dtype, keras, rng) -> None:
    """Around ε = 1e-7, at y = t, and for targets of 0."""
    x = np.array([[0.0], [2e-7], [0.5], [1], [1], [4], [1e-3], [0]])
    y = [[1], [0.5], [0.5], [0], [2e-7], [4], [1], [0]]
    compare(keras, rng, (loss, {}), x, y, dtype)
    if loss == "MeanSquaredLogarithmicError":
        compare(keras, rng, (loss, {}), -x, y, dtype)


@by_dtype
def test_kl_divergence_clips_both(dtype, keras, rng) -> None:
    x = [[0.0, 1.0], [0.5, 0.5], [1.5, 0.25], [1e-9, 1.0], [-0.5, 0.5]]
    y = [[0.5, 0.5], [0.0, 1.0], [0.25, 0.75], [1.0, 0.0], [2.0, 0.5]]
    compare(keras, rng, ("KLDivergence", {}), x, y, dtype)


@by_dtype
def test_cosine_similarity_of_short_vectors(dtype, keras, rng) -> None:
    """Keras has NaN as the gradient of a vector of zeros; there, and for shorter ones than ε, only values compare."""
    loss = ("CosineSimilarity", {})
    compare(keras, rng, loss, [[3, 4], [-3, 4], [1e-3, 0]], [[4, 3], [4, 3], [0, 5]], dtype)
    short = np.array([[0, 0], [1e-9, 0], [3e-8, 4e-8]], dtype)
    ours, theirs = (make_loss(package, loss, reduction="none", dtype=dtype) for package in (bardana, keras))
    for y, x in ((np.ones_like(short), short), (short, np.ones_like(short)), (short, short)):
        assert_close(ours(y, x), np.asarray(theirs(y, x)), OUTPUT[dtype], f"{y} and {x}")
    twins = make_twins(keras, [("Identity", {})], (2,), rng, dtype)
    twins.ours.compile("sgd", make_loss(bardana, loss))
    assert np.isfinite(twins.ours.compute_gradients(short, np.ones_like(short)).inputs).all()


@by_dtype
@pytest.mark.parametrize("gamma", [1.0, 2.0, 2.5, 3.0])
@pytest.mark.parametrize("balanced", [False, True])
def test_binary_focal_behind_a_sigmoid_is_taken_from_the_logits(balanced, gamma, dtype, keras, rng) -> None:
    """At logits of ±200 the factor is 0 or 1 and the cross-entropy as large as the logit: nothing is clipped.

    Where a factor underflows, a gradient of up to 200 · 1e-38 may be 0 in one of the packages.
    """
    loss = ("BinaryFocalCrossentropy", {"gamma": gamma, "apply_class_balancing": balanced})
    x = rng.choice([-200.0, 200.0, 0.0, 1.5], (9, 4))
    y = rng.choice([0, 1, 0.25], (9, 4))
    x[0], y[0] = 200, 0
    actual = compare(keras, rng, loss, x, y, dtype, [("Activation", {"activation": "sigmoid"})], floor=1e-35)
    assert actual.loss > 16.2


def test_focal_loss_without_a_focus_is_the_plain_one(keras, rng) -> None:
    """(1 − p)⁰ = 1, whatever p; Keras' gradient of it is NaN where 1 − p is 0."""
    x, y = rng.choice([-200.0, 200.0, 1.5], (9, 4)).astype("float32"), rng.choice([0.0, 1.0], (9, 4))
    found = []
    for loss in (bardana.losses.BinaryFocalCrossentropy(gamma=0), bardana.losses.BinaryCrossentropy()):
        model = bardana.Sequential([bardana.Input((4,)), bardana.layers.Activation("sigmoid")])
        model.compile("sgd", loss)
        found.append(model.compute_gradients(x, y))
    assert_close(found[0].loss, found[1].loss, 1e-6)
    assert_close(found[0].inputs, found[1].inputs, 1e-6)


@by_dtype
@pytest.mark.parametrize("smoothing", [0.0, 0.25])
def test_focal_losses_from_saturated_logits(smoothing, dtype, keras, rng) -> None:
    """The categorical one is clipped as probabilities are; its gradient then is a rounding of terms below 200."""
    x, y = rng.choice([-100.0, 100.0, 0.0, 1.5], (9, 4)), np.eye(4)[rng.integers(0, 4, 9)]
    arguments = {"from_logits": True, "label_smoothing": smoothing}
    for loss in ("BinaryFocalCrossentropy", "CategoricalFocalCrossentropy"):
        compare(keras, rng, (loss, arguments), x, y, dtype, floor=200 * np.finfo(dtype).eps / len(x))


@pytest.mark.parametrize("loss", ["CategoricalFocalCrossentropy", "KLDivergence", "CategoricalHinge"])
def test_other_losses_behind_a_softmax_see_its_output(loss, keras, rng) -> None:
    x = rng.choice([-30.0, 30.0, 0.0, 0.5], (9, 4))
    y = np.eye(4)[rng.integers(0, 4, 9)]
    for arguments in [{}, {"from_logits": True}] if "Focal" in loss else [{}]:
        compare(keras, rng, (loss, arguments), x, y, layers=[("Activation", {"activation": "softmax"})], floor=1e-7)


@by_dtype
def test_predictions_outside_of_the_unit_interval_have_a_focal_factor(dtype, keras, rng) -> None:
    """A power of a negative number: even and odd exponents, and one that is not whole."""
    x, y = [[1.25], [-0.5], [1.5], [2.0]], [[0], [1], [1], [0]]
    for gamma in (2.0, 3.0, 1.0):
        compare(keras, rng, ("BinaryFocalCrossentropy", {"gamma": gamma}), x, y, dtype)
    value = bardana.losses.binary_focal_crossentropy(np.array([[1.0]]), np.array([[1.25]]), gamma=0.5)
    assert np.isnan(value).all() and np.isnan(keras.losses.binary_focal_crossentropy([[1.0]], [[1.25]], gamma=0.5))
