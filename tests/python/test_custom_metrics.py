"""Metrics written in Python, in fit, evaluate, validation and single batches, beside built-in ones and live Keras."""

import numpy as np
import pytest
from keras_twin import assert_close, make_twins

import bardana


def absolute_error(y_true, y_pred):
    return np.abs(y_true - y_pred).mean(axis=-1)


class Largest(bardana.metrics.Metric):
    """The largest target, and how often the state was reset."""

    resets = 0

    def __init__(self, name="largest", **options):
        super().__init__(name=name, **options)
        self.top = self.add_variable((), "zeros", name="top")

    def update_state(self, y_true, y_pred, sample_weight=None):
        weighted = y_true if sample_weight is None else y_true * sample_weight[:, np.newaxis]
        self.top.assign(np.maximum(self.top, weighted.max()))

    def result(self):
        return self.top.value

    def reset_state(self):
        self.resets += 1
        super().reset_state()


class MeanSquare(bardana.metrics.Mean):
    def update_state(self, y_true, y_pred, sample_weight=None):
        super().update_state(np.square(y_true - y_pred).mean(axis=-1), sample_weight)


def regression(**options):
    model = bardana.Sequential([bardana.Input((5,)), bardana.layers.Dense(3)])
    model.compile("sgd", "mse", **options)
    return model


def examples(rng, rows=70):
    return rng.normal(size=(rows, 5)).astype("float32"), rng.normal(size=(rows, 3)).astype("float32")


def pairs_agree(logs, pairs):
    for mine, theirs in pairs.items():
        for prefix in ("", "val_") if "val_loss" in logs else ("",):
            assert_close(logs[prefix + mine], logs[prefix + theirs], 1e-6, prefix + mine)


def test_functions_and_means_equal_the_built_in_metrics(rng):
    x, y = examples(rng)
    weight = rng.uniform(size=70).astype("float32")
    metrics = [absolute_error, "mae", MeanSquare("own"), "mse"]
    model = regression(metrics=metrics, weighted_metrics=[absolute_error, "mae", MeanSquare("own_weighted"), "mse"])
    pairs = {"absolute_error": "mae", "own": "mse", "weighted_absolute_error": "weighted_mae"}
    pairs["own_weighted"] = "weighted_mse"
    fit = model.fit(x, y, epochs=2, sample_weight=weight, validation_data=(x[:9], y[:9], weight[:9]), verbose=0)
    pairs_agree(fit.history, pairs)
    pairs_agree(model.evaluate(x, y, sample_weight=weight, verbose=0, return_dict=True), pairs)
    pairs_agree(model.train_on_batch(x, y, weight, return_dict=True), pairs)
    pairs_agree(model.test_on_batch(x, y, weight, return_dict=True), pairs)
    pairs_agree(model.evaluate(iter([(x, y, weight)]), steps=1, verbose=0, return_dict=True), pairs)


@pytest.mark.parity
def test_the_same_metrics_in_keras(keras, rng):
    class KerasLargest(keras.metrics.Metric):
        def __init__(self, name="largest"):
            super().__init__(name=name)
            self.top = self.add_variable((), "zeros", name="top")

        def update_state(self, y_true, y_pred, sample_weight=None):
            weighted = y_true if sample_weight is None else y_true * keras.ops.reshape(sample_weight, (-1, 1))
            self.top.assign(keras.ops.maximum(self.top, keras.ops.max(weighted)))

        def result(self):
            return self.top + 0.0

    def whole(y_true, y_pred):
        package = np if isinstance(y_pred, np.ndarray) else keras.ops
        return package.mean(package.abs(y_true - y_pred))

    x, y = examples(rng)
    weight = rng.uniform(size=70).astype("float32")
    twins = make_twins(keras, [("Dense", {"units": 3})], (5,), rng)
    for package, model, metric in ((bardana, twins.ours, Largest), (keras, twins.theirs, KerasLargest)):
        model.compile(
            package.optimizers.SGD(0.01), "mse", metrics=[whole, metric()], weighted_metrics=[metric("weighted")]
        )
    options = {"sample_weight": weight, "batch_size": 16, "shuffle": False, "verbose": 0, "epochs": 2}
    options["validation_data"] = (x[:9], y[:9], weight[:9])
    ours, theirs = (model.fit(x, y, **options).history for model in (twins.ours, twins.theirs))
    assert set(ours) == set(theirs)
    for name, values in ours.items():
        assert_close(values, theirs[name], 1e-5, name)


def test_state_begins_anew_with_every_epoch_and_evaluation(rng):
    x, y = examples(rng)
    metric = Largest()
    model = regression(metrics=[metric])
    history = model.fit(x, y, epochs=2, verbose=0, validation_data=(x[:2], y[:2])).history
    assert history["largest"] == [float(y.max())] * 2
    assert history["val_largest"] == [float(max(0, y[:2].max()))] * 2
    assert metric.resets == 4
    assert model.evaluate(x[:3], y[:3], verbose=0)[1] == max(0, y[:3].max())
    assert metric.resets == 5


def test_what_a_subclass_of_a_built_in_metric_overrides_counts(rng):
    class Doubled(bardana.metrics.RootMeanSquaredError):
        def result(self):
            return 2 * super().result()

    class HalfWay(bardana.metrics.AUC):
        """Overrides nothing that counts."""

    x, y = examples(rng)
    logs = regression(metrics=[Doubled("doubled"), "root_mean_squared_error"]).test_on_batch(x, y)
    assert_close(logs[1], 2 * logs[2], 1e-6)
    model = regression(metrics=[HalfWay()])
    model.test_on_batch(x, np.abs(y) > 1)
    assert "host_call" not in model.explain("evaluate")


def test_targets_keep_their_type_and_the_order_of_the_rows(rng):
    seen = []

    def looking(y_true, y_pred):
        seen.append(y_true)
        return np.zeros(len(y_true))

    x, _ = examples(rng, 10)
    y = np.arange(10) % 3
    model = regression()
    model.compile("sgd", bardana.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=[looking])
    model.fit(x, y, batch_size=4, verbose=0, shuffle=True)
    assert [batch.dtype for batch in seen] == [y.dtype] * 3
    assert sorted(np.concatenate(seen)) == sorted(y)
    seen.clear()
    model.evaluate(x, y, batch_size=4, verbose=0)
    assert np.array_equal(np.concatenate(seen), y)


def test_several_values_and_callbacks_that_watch_batches(rng):
    class ByColumn(bardana.metrics.Metric):
        def __init__(self):
            super().__init__(name="columns")
            self.sums = self.add_variable((3,), "zeros")

        def update_state(self, y_true, y_pred, sample_weight=None):
            self.sums.assign_add(np.abs(y_true).sum(axis=0))

        def result(self):
            return self.sums.value

    class Watching(bardana.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            seen.append(logs["columns"])

    seen = []
    x, y = examples(rng, 20)
    history = regression(metrics=[ByColumn()]).fit(
        x, y, batch_size=10, verbose=0, shuffle=False, callbacks=[Watching()]
    )
    assert_close(seen[0], np.abs(y[:10]).sum(axis=0), 1e-6)
    assert_close(history.history["columns"][0], np.abs(y).sum(axis=0), 1e-6)


@pytest.mark.parity
def test_a_result_with_names(keras, rng):
    def make(package):
        class Both(package.metrics.Mean):
            def update_state(self, y_true, y_pred, sample_weight=None):
                super().update_state(y_pred)

            def result(self):
                return {"one": super().result(), "two": 2 * super().result()}

        return Both("both")

    x, y = examples(rng)
    twins = make_twins(keras, [("Dense", {"units": 3})], (5,), rng)
    logs = []
    for package, model in ((bardana, twins.ours), (keras, twins.theirs)):
        model.compile("sgd", "mse", metrics=[make(package), "mae"])
        logs.append(model.evaluate(x, y, verbose=0, return_dict=True))
    assert list(logs[0]) == list(logs[1])
    for name, value in logs[0].items():
        assert_close(value, logs[1][name], 1e-5, name)
    assert twins.ours.evaluate(x, y, verbose=0) == [logs[0][name] for name in ("loss", "one", "two", "mae")]


@pytest.mark.parametrize("fit", [True, False])
def test_exception_in_the_third_batch(rng, fit):
    class Failing(Largest):
        batches = 0

        def update_state(self, y_true, y_pred, sample_weight=None):
            self.batches += 1
            if self.batches == 3:
                raise KeyError("third")

    x, y = examples(rng)
    model, twin = regression(metrics=[Failing()]), regression()
    twin.set_weights(model.get_weights())
    run, options = (model.fit, {"shuffle": False}) if fit else (model.evaluate, {})
    with pytest.raises(KeyError, match="third") as raised:
        run(x, y, batch_size=10, verbose=0, **options)
    assert raised.traceback[-1].name == "update_state"
    if fit:
        twin.fit(x[:20], y[:20], batch_size=10, shuffle=False, verbose=0)
    assert all(np.array_equal(a, b) for a, b in zip(model.get_weights(), twin.get_weights(), strict=True))
    assert int(model.optimizer.iterations) == (2 if fit else 0)


def test_result_that_is_no_number(rng):
    x, y = examples(rng)
    with pytest.raises(TypeError, match="metric 'words': expected an array of numbers"):
        regression(metrics=[bardana.metrics.MeanMetricWrapper(lambda *_: "words", name="words")]).test_on_batch(x, y)


def test_metric_is_made_again_by_clone_model(rng):
    x, y = examples(rng)
    model = regression(metrics=[Largest()])
    twin = bardana.models.clone_model(model)
    assert twin.evaluate(x, y, verbose=0)[1] == float(y.max())
    assert model.metrics == []  # not used yet
