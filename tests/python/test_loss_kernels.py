"""Every native loss and metric, and the gradients of losses, against their float64 twins in reference.py."""

import numpy as np
import pytest
import reference
from closeness import DTYPES, SIZES, close, numbers

from bardana import _core

LOSS_PARAMETERS = {
    "huber": [{"delta": 1.0}, {"delta": 0.3}],
    "binary_crossentropy": [
        {"from_logits": logits, "label_smoothing": smooth} for logits in (False, True) for smooth in (0.0, 0.2)
    ],
    "categorical_crossentropy": [
        {"from_logits": logits, "label_smoothing": smooth} for logits in (False, True) for smooth in (0.0, 0.2)
    ],
    "sparse_categorical_crossentropy": [
        {"from_logits": logits, "ignore_class": ignore} for logits in (False, True) for ignore in (None, 0)
    ],
}
LOSS_PARAMETERS["binary_focal_crossentropy"] = [
    {**common, "gamma": gamma, "apply_class_balancing": balanced}
    for common in LOSS_PARAMETERS["binary_crossentropy"]
    for gamma, balanced in ((2.0, False), (0.0, False), (1.5, True))
]
LOSS_PARAMETERS["categorical_focal_crossentropy"] = [
    {**common, "gamma": gamma, "alpha": 0.25}
    for common in LOSS_PARAMETERS["categorical_crossentropy"]
    for gamma in (2.0, 0.0, 1.5)
]
LOSS_PARAMETERS["categorical_generalized_cross_entropy"] = [{"q": 0.5}, {"q": 0.25}]
LOSS_PARAMETERS["cosine_similarity"] = [{"sign": -1.0}, {"sign": 1.0}]
METRIC_PARAMETERS = {
    "binary_accuracy": [{"threshold": 0.5}, {"threshold": 0.2}],
    "top_k_categorical_accuracy": [{"k": 1}, {"k": 3}],
    "sparse_top_k_categorical_accuracy": [{"k": 1}, {"k": 3}, {"k": 2, "from_sorted_ids": True}],
}


def targets(name, dtype, *shape):
    """Targets that suit the loss, logits, and probabilities within the clip limits."""
    logits = numbers(dtype, *shape, scale=2.0)
    generator = np.random.default_rng(1)
    labels = generator.integers(0, shape[-1], shape[:-1])
    if name.startswith("sparse") or name == "categorical_generalized_cross_entropy":
        return labels, logits, reference.softmax(reference.wide(logits)).astype(dtype)
    if name.startswith("categorical"):
        one_hot = (labels[..., None] == np.arange(shape[-1])).astype(dtype)
        return one_hot, logits, reference.softmax(reference.wide(logits)).astype(dtype)
    if name.startswith("binary"):
        chosen = generator.integers(0, 2, shape).astype(dtype)
        return chosen, logits, reference.sigmoid(reference.wide(logits)).astype(dtype)
    if name in ("poisson", "kl_divergence"):
        return np.abs(logits[::-1]), logits, reference.sigmoid(reference.wide(logits)).astype(dtype)
    if name.endswith("hinge"):
        return generator.integers(0, 2, shape).astype(dtype), logits, logits
    return generator.standard_normal(shape).astype(dtype), logits, logits


LOSS_CASES = [
    pytest.param(name, given, id="-".join([name, *(f"{key}={value}" for key, value in given.items())]))
    for name in sorted(reference.LOSSES)
    for given in LOSS_PARAMETERS.get(name, [{}])
]


def loss_gradient(name, parameters, y, prediction):
    """The engine's gradient of the sum of all values, through a model that is the identity."""
    spec = {"class_name": "Identity", "config": {"name": "i", "trainable": True, "dtype": str(prediction.dtype)}}
    model = _core.Model("m", str(prediction.dtype), prediction.shape[1:], [spec])
    model.compile({"function": name, "reduction": "sum", **parameters}, [], None)
    return model.gradients(prediction, y, None)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("name", "parameters"), LOSS_CASES)
def test_loss_values_and_gradients(name, parameters, dtype):
    for columns in (1, 2, *SIZES[1:]):
        y, logits, probabilities = targets(name, dtype, 7, columns)
        prediction = logits if parameters.get("from_logits") else probabilities
        typed = {key: np.dtype(dtype).type(v) if isinstance(v, float) else v for key, v in parameters.items()}
        values, gradient = reference.LOSSES[name](y, prediction, **typed)
        # Logarithms and squares of terms up to this size, and a sum of `columns` of them in 8 or 16 lanes; a power
        # mᵞ = e^(γ log m) is as exact as γ log m, which is no larger than two logits.
        size = 1 + max(np.abs(values).max(), np.abs(reference.wide(logits)).max() * 2)
        k = 8 + columns / 8
        actual = _core.loss_values({"function": name, **parameters}, y, prediction)
        close(actual, values, size, k)
        total, _, dx = loss_gradient(name, parameters, y, prediction)
        assert total == pytest.approx(values.sum(), rel=k * float(np.finfo(dtype).eps) * 4, abs=1e-5)
        cancels = parameters.get("from_logits") or name == "cosine_similarity"
        slope = 1 + np.abs(gradient).max() if cancels else np.abs(gradient).max(axis=-1, keepdims=True)
        close(dx, gradient, size * (slope + np.abs(gradient)), k)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("name", "parameters"), LOSS_CASES)
def test_metric_form_of_losses(name, parameters, dtype):
    y, logits, probabilities = targets(name, dtype, 5, 17)
    prediction = logits if parameters.get("from_logits") else probabilities
    case = {"function": name, **parameters}
    np.testing.assert_array_equal(_core.metric_values(case, y, prediction), _core.loss_values(case, y, prediction))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", sorted(reference.METRICS))
def test_metric_values(name, dtype):
    for parameters in METRIC_PARAMETERS.get(name, [{}]):
        for shape in [(6, size) for size in SIZES] + [(2, 3, 5)]:
            y, logits, probabilities = targets(name, dtype, *shape)
            prediction = probabilities if name != "accuracy" else np.round(logits)
            y = np.round(y) if name == "accuracy" else y
            actual = _core.metric_values({"function": name, **parameters}, y, prediction)
            # Correlations: sums of up to 101 terms, and a difference of numbers below 4 from their mean.
            k = 128 if name.endswith("correlation") else 1
            close(actual, reference.METRICS[name](y, prediction, **parameters), 1.0, k)


@pytest.mark.parametrize("dtype", DTYPES)
def test_accuracy_at_ties_and_thresholds(dtype):
    tie = np.array([[0.4, 0.4, 0.2]], dtype)
    assert _core.metric_values({"function": "sparse_categorical_accuracy"}, np.array([0]), tie) == 1
    assert _core.metric_values({"function": "sparse_categorical_accuracy"}, np.array([1]), tie) == 0
    half = np.array([[0.5]], dtype)
    assert _core.metric_values({"function": "binary_accuracy", "threshold": 0.5}, np.array([[0.0]]), half) == 1


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ["binary_crossentropy", "categorical_crossentropy", "sparse_categorical_crossentropy"])
def test_certain_predictions_are_clipped(name, dtype):
    y = np.array([1]) if name.startswith("sparse") else np.array([[0.0, 1.0]], dtype)
    wrong = np.array([[1.0, 0.0]], dtype)
    values, gradient = reference.LOSSES[name](y, wrong)
    # log q of the limit 1e-7 as a number of the type; 1 − q has lost all but one bit of float32's 1e-7, so within 20 %.
    np.testing.assert_allclose(_core.loss_values({"function": name}, y, wrong), values, rtol=0.02)
    _, _, dx = loss_gradient(name, {}, y, wrong)
    np.testing.assert_allclose(dx, gradient, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("name", "parameters"), LOSS_CASES)
def test_loss_of_nan_is_nan_in_its_row_only(name, parameters, dtype):
    y, logits, probabilities = targets(name, dtype, 3, 17)
    if name.startswith("sparse"):
        y[:] = 1
    prediction = (logits if parameters.get("from_logits") else probabilities).copy()
    prediction[1, 16] = np.nan
    values = _core.loss_values({"function": name, **parameters}, y, prediction)
    assert np.isnan(values).tolist() == [False, True, False]
    _, _, dx = loss_gradient(name, parameters, y, prediction)
    assert np.isnan(dx[1, 16]), "the gradient of a NaN prediction is a number"
    assert np.isfinite(dx[[0, 2]]).all()


@pytest.mark.parametrize("name", ["binary_crossentropy", "categorical_crossentropy", "sparse_categorical_crossentropy"])
def test_logits_do_not_overflow(name):
    y = np.array([0, 1]) if name.startswith("sparse") else np.array([[1.0, 0.0], [0.0, 1.0]], "float32")
    logits = np.array([[3e4, -3e4], [3e4, -3e4]], "float32")
    parameters = {"from_logits": True}
    values, gradient = reference.LOSSES[name](y, logits, **parameters)
    np.testing.assert_allclose(_core.loss_values({"function": name, **parameters}, y, logits), values, rtol=1e-6)
    np.testing.assert_allclose(loss_gradient(name, parameters, y, logits)[2], gradient, atol=1e-6)
