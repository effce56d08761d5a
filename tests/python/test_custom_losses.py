"""Losses written in Python: beside the built-in ones, beside live Keras, and what they may not do."""

import numpy as np
import pytest
from keras_twin import assert_close, make_twins, random_weights

import bardana as keras

REDUCTIONS = ("sum_over_batch_size", "sum", "mean_with_sample_weight")


class PythonHuber(keras.losses.Loss):
    """The values of `keras.losses.Huber`, and their derivative."""

    def call(self, y_true, y_pred):
        error = np.abs(y_pred - y_true)
        return np.where(error <= 1, error * error / 2, error - np.float32(0.5)).mean(axis=-1)

    def gradient(self, y_true, y_pred):
        return np.clip(y_pred - y_true, -1, 1) / y_pred.shape[-1]


def regression(loss, weights=None, output=(3,), **options):
    layers = [keras.layers.Dense(7, "tanh"), keras.layers.Dense(int(np.prod(output))), keras.layers.Reshape(output)]
    model = keras.Sequential([keras.Input((5,)), *layers])
    model.compile(keras.optimizers.SGD(0.1), loss, **options)
    if weights is not None:
        model.set_weights(weights)
    return model


def examples(rng, rows=70, output=(3,)):
    return rng.normal(size=(rows, 5)).astype("float32"), 2 * rng.normal(size=(rows, *output)).astype("float32")


def histories_agree(first, second):
    for name in first.history:
        assert_close(first.history[name], second.history[name], 1e-6, name)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_custom_huber_trains_like_the_built_in_one(rng, reduction, weighted):
    """70 rows in batches of 32: the last one is smaller. 9 steps of float32 rounding."""
    x, y = examples(rng)
    options = {"epochs": 3, "verbose": 0, "shuffle": False, "validation_data": (x[:9], y[:9])}
    options["sample_weight"] = rng.uniform(size=70).astype("float32") if weighted else None
    own = regression(PythonHuber(reduction=reduction), loss_weights=0.2)
    twin = regression(keras.losses.Huber(reduction=reduction), own.get_weights(), loss_weights=0.2)
    histories_agree(own.fit(x, y, **options), twin.fit(x, y, **options))
    for mine, theirs in zip(own.get_weights(), twin.get_weights(), strict=True):
        assert_close(mine, theirs, 2e-6)


def test_outputs_with_several_axes_and_a_weight_for_each_vector(rng):
    x, y = examples(rng, 10, (2, 3))
    weight = rng.uniform(size=(10, 2)).astype("float32")
    own = regression(PythonHuber(), output=(2, 3))
    twin = regression(keras.losses.Huber(), own.get_weights(), (2, 3))
    loss, weights, inputs = own.compute_gradients(x, y, weight)
    expected = twin.compute_gradients(x, y, weight)
    assert_close(loss, expected.loss, 1e-6)
    assert_close(inputs, expected.inputs, 1e-6)
    for mine, theirs in zip(weights, expected.weights, strict=True):
        assert_close(mine, theirs, 1e-6)


@pytest.mark.parity
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_the_same_loss_in_keras(keras, rng, reduction, weighted):
    import bardana

    class Cubic(bardana.losses.Loss):
        """Without weights the values have y_pred's own shape, of which Keras takes the mean or the sum as well."""

        def call(self, y_true, y_pred):
            values = np.abs(y_true - y_pred) ** 3
            return values.mean(axis=-1) if weighted else values

        def gradient(self, y_true, y_pred):
            gradient = -3 * (y_true - y_pred) * np.abs(y_true - y_pred)
            return gradient / 2 if weighted else gradient

    class KerasCubic(keras.losses.Loss):
        def call(self, y_true, y_pred):
            values = keras.ops.abs(y_true - y_pred) ** 3
            return keras.ops.mean(values, axis=-1) if weighted else values

    twins = make_twins(keras, [("Dense", {"units": 4, "activation": "tanh"}), ("Dense", {"units": 2})], (3,), rng)
    x = rng.normal(size=(21, 3)).astype("float32")
    y = rng.normal(size=(21, 2)).astype("float32")
    weight = rng.uniform(size=21).astype("float32") if weighted else None
    weights = random_weights(twins.ours, rng)
    twins.set_weights(weights)
    twins.ours.compile(bardana.optimizers.SGD(0.01), Cubic(reduction=reduction))
    twins.theirs.compile(keras.optimizers.SGD(0.01), KerasCubic(reduction=reduction))
    options = {"batch_size": 8, "epochs": 2, "shuffle": False, "verbose": 0, "sample_weight": weight}
    ours, theirs = twins.ours.fit(x, y, **options), twins.theirs.fit(x, y, **options)
    if not (weighted and reduction == "sum"):  # Keras' mean over batches of sums counts rows otherwise
        assert_close(ours.history["loss"], theirs.history["loss"], 1e-5)
    for mine, other in zip(twins.ours.get_weights(), twins.theirs.get_weights(), strict=True):
        assert_close(mine, other, 1e-5)


def test_a_number_for_the_whole_batch(rng):
    class Whole(PythonHuber):
        def call(self, y_true, y_pred):
            return super().call(y_true, y_pred).mean()

        def gradient(self, y_true, y_pred):
            return super().gradient(y_true, y_pred) / len(y_pred)

    x, y = examples(rng)
    own = regression(Whole())
    twin = regression(keras.losses.Huber(), own.get_weights())
    assert_close(own.train_on_batch(x, y), twin.train_on_batch(x, y), 1e-6)
    for mine, theirs in zip(own.get_weights(), twin.get_weights(), strict=True):
        assert_close(mine, theirs, 1e-6)


def test_gradient_is_checked_by_differences_and_a_wrong_one_is_found(rng):
    class Wrong(PythonHuber):
        def gradient(self, y_true, y_pred):
            return 1.01 * super().gradient(y_true, y_pred)

    x, y = examples(rng, 5)
    assert regression(PythonHuber()).check_gradients(x, y).ok
    assert not regression(Wrong()).check_gradients(x, y).ok


def test_targets_come_as_they_are_given_but_in_the_type_and_rank_of_predictions(rng):
    seen = []

    class Looking(PythonHuber):
        def call(self, y_true, y_pred):
            seen.append((y_true.dtype, y_true.shape, y_pred.shape))
            return super().call(y_true, y_pred)

    model = keras.Sequential([keras.Input((5,)), keras.layers.Dense(1)])
    model.compile("sgd", Looking())
    x, _ = examples(rng, 3)
    model.test_on_batch(x, np.array([0, 1, 2]))
    assert seen == [(np.float32, (3, 1), (3, 1))]


def test_targets_of_another_shape_than_the_outputs(rng):
    class Quantiles(keras.losses.Loss):
        """Targets with a weight of their own in a second column."""

        def call(self, y_true, y_pred):
            return y_true[:, 1] * (y_pred[:, 0] - y_true[:, 0]) ** 2

        def gradient(self, y_true, y_pred):
            return 2 * y_true[:, 1:] * (y_pred - y_true[:, :1])

    x, _ = examples(rng, 12)
    y, weight = rng.normal(size=(12, 1)).astype("float32"), rng.uniform(size=(12, 1)).astype("float32")
    own = regression(Quantiles(), output=(1,))
    twin = regression("mse", own.get_weights(), output=(1,))
    own.train_on_batch(x, np.hstack([y, weight])), twin.train_on_batch(x, y, weight[:, 0])
    for mine, theirs in zip(own.get_weights(), twin.get_weights(), strict=True):
        assert_close(mine, theirs, 1e-6)


@pytest.mark.parametrize("method", ["call", "gradient"])
def test_exception_in_the_third_batch_leaves_two_steps(rng, method):
    class Failing(PythonHuber):
        batches = 0

    def fail(self, y_true, y_pred):
        self.batches += 1
        if self.batches == 3:
            raise ZeroDivisionError("in the third batch")
        return getattr(PythonHuber, method)(self, y_true, y_pred)

    setattr(Failing, method, fail)
    x, y = examples(rng)
    own = regression(Failing(), output=(3,))
    twin = regression(PythonHuber(), own.get_weights())
    with pytest.raises(ZeroDivisionError, match="third batch") as raised:
        own.fit(x, y, batch_size=10, shuffle=False, verbose=0)
    assert raised.traceback[-1].name == "fail"
    twin.fit(x[:20], y[:20], batch_size=10, shuffle=False, verbose=0)
    assert all(np.array_equal(a, b) for a, b in zip(own.get_weights(), twin.get_weights(), strict=True))
    assert int(own.optimizer.iterations) == 2
    own.fit(x, y, batch_size=10, verbose=0)


@pytest.mark.parametrize(
    ("method", "result", "message"),
    [
        ("call", np.zeros(2), r"a value for each row, shape \(70,\).*received an array of shape \(2,\)"),
        ("gradient", np.zeros((70, 2)), r"expected an array of shape \(70, 3\), received \(70, 2\)"),
        ("gradient", "text", "expected an array of numbers, received 'text'"),
        ("call", None, "expected an array of numbers, received None"),
    ],
)
def test_results_that_do_not_fit(rng, method, result, message):
    loss = type("Misfit", (PythonHuber,), {method: lambda *_: result})()
    x, y = examples(rng)
    with pytest.raises((ValueError, TypeError), match=message) as raised:
        regression(loss).train_on_batch(x, y)
    assert f"loss '{loss.name}', {method}" in str(raised.value)


def test_loss_without_gradient_shows_what_to_write():
    def absolute_error(y_true, y_pred):
        return np.abs(y_true - y_pred).mean(axis=-1)

    class NoGradient(keras.losses.Loss):
        call = staticmethod(absolute_error)

    with pytest.raises(TypeError) as raised:
        regression(absolute_error)
    text = str(raised.value)
    assert "class AbsoluteError(keras.losses.Loss)" in text
    assert "return absolute_error(y_true, y_pred)" in text
    assert "def gradient(self, y_true, y_pred)" in text
    with pytest.raises(TypeError, match=r"class NoGradient\(keras.losses.Loss\)"):
        regression(NoGradient())
    with pytest.raises(TypeError, match="class MyLoss"):
        regression(lambda y_true, y_pred: y_pred)


def test_reduction_to_many_numbers_is_refused():
    with pytest.raises(ValueError, match="expected a reduction to one number"):
        regression(PythonHuber(reduction="none"))


def test_loss_by_registered_name_and_from_its_config():
    with keras.saving.custom_object_scope({"PythonHuber": PythonHuber}):
        model = regression("PythonHuber")
        again = keras.losses.deserialize(keras.losses.serialize(PythonHuber(name="h")))
    assert (type(again), again.name) == (PythonHuber, "h")
    assert isinstance(model.compiled._loss, PythonHuber)
