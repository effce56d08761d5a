"""Metrics as objects: variables, subclasses, merging, and calls that leave the state alone."""

from __future__ import annotations

import numpy as np
import pytest
from keras_twin import assert_close
from samples import COUNTING_METRICS, METRICS, make_target

import bardana as keras

SAMPLES = [sample for registry in (METRICS, COUNTING_METRICS) for samples in registry.values() for sample in samples]
by_sample = pytest.mark.parametrize("sample", SAMPLES, ids=lambda s: f"{s[0]} {s[1]}" if isinstance(s, tuple) else None)


def make_metric(sample):
    name, arguments, _ = sample
    if "fn" in arguments:
        arguments = {**arguments, "fn": getattr(keras.losses, arguments["fn"])}
    return getattr(keras.metrics, name)(**arguments)


def batch(sample, rows, rng):
    y_pred = rng.uniform(0.1, 0.9, (rows, 5)).astype("float32")
    kind = "bit" if sample[2] == "equal" else sample[2]
    return make_target(kind, y_pred, rng), y_pred, (rng.integers(1, 17, rows) / 8).astype("float32")


def values(metric):
    return [variable.numpy() for variable in metric.variables]


def assert_same(actual, expected):
    for one, other in zip(actual, expected, strict=True):
        assert_close(one, other, 1e-6)


@by_sample
def test_merged_states_are_the_state_of_all_batches(sample, rng) -> None:
    batches = [batch(sample, rows, rng) for rows in (6, 1, 9)]
    whole, parts = make_metric(sample), [make_metric(sample) for _ in batches]
    for part, one in zip(parts, batches, strict=True):
        whole.update_state(*one)
        part.update_state(*one)
    parts[0].merge_state(parts[1:])
    assert_same(values(parts[0]), values(whole))
    assert_close(parts[0].result(), whole.result(), 1e-5)


@by_sample
def test_stateless_calls_leave_the_metric_alone(sample, rng) -> None:
    metric, first, second = make_metric(sample), batch(sample, 5, rng), batch(sample, 3, rng)
    metric.update_state(*first)
    before = values(metric)
    after = metric.stateless_update_state(before, *second)
    assert_same(values(metric), before)
    value = metric.stateless_result(after)
    assert_same(values(metric), before)
    assert all(not np.any(zeros) for zeros in metric.stateless_reset_state())
    metric.update_state(*second)
    assert_same(values(metric), after)
    assert_close(metric.result(), value, 1e-5)
    with pytest.raises(ValueError, match="variables of shapes"):
        metric.stateless_result([*after, np.zeros(())])


@by_sample
def test_a_metric_made_again_from_its_config_is_the_same(sample, rng) -> None:
    metric, data = make_metric(sample), batch(sample, 9, rng)
    again = keras.metrics.deserialize(keras.metrics.serialize(metric))
    assert again.name == metric.name
    assert_close(again(*data), metric(*data), 0)


class WorstError(keras.metrics.Metric):
    """A metric as users write it for Keras."""

    def __init__(self, name="worst", **kwargs) -> None:
        super().__init__(name=name, **kwargs)
        self.worst = self.add_weight(name="worst", initializer="zeros")
        self.seen = self.add_variable(shape=(2,), initializer="ones", dtype="int32", name="seen")
        self.mean = keras.metrics.Mean(name="inner")

    def update_state(self, y_true, y_pred, sample_weight=None) -> None:
        error = np.abs(np.asarray(y_true) - np.asarray(y_pred))
        self.worst.assign(np.maximum(self.worst, error.max()))
        self.seen.assign_add([1, len(error)])
        self.mean.update_state(error, sample_weight)

    def result(self):
        return self.worst + self.mean.result()


def test_subclasses_with_variables_of_their_own() -> None:
    metric = WorstError()
    assert [variable.path for variable in metric.variables] == [
        *("worst/worst", "worst/seen"),
        *("inner/total", "inner/count"),
    ]
    assert float(metric([1.0, 2.0], [1.5, 4.0])) == 2.0 + 1.25
    assert metric.seen.numpy().tolist() == [2, 3]
    assert metric.seen.dtype == "int32"
    metric.reset_state()
    assert all(not np.any(value) for value in values(metric))
    metric.worst.assign_sub(1.0)
    assert float(metric.worst) == -1.0
    with pytest.raises(ValueError, match=r"worst/seen.*\(2,\).*\(3,\)"):
        metric.seen.assign(np.zeros(3))


def test_a_metric_without_a_base_is_told_so() -> None:
    class Forgetful(keras.metrics.Metric):
        def __init__(self) -> None:
            self.total = self.add_variable((), "zeros")

    with pytest.raises(RuntimeError, match="super"):
        Forgetful()


def test_counts_beyond_the_precision_of_their_type_go_on() -> None:
    """float32 cannot add 1 to 2²⁴."""
    metric = keras.metrics.Sum()
    metric.update_state([2.0**24])
    metric.update_state([1.0])
    metric.update_state([1.0])
    assert float(metric.result()) == 2.0**24 + 2


def test_directions_are_known_to_callbacks() -> None:
    up = {"AUC", "Precision", "Recall", "F1Score", "R2Score", "BinaryAccuracy", "CosineSimilarity"}
    down = {"MeanSquaredError", "RootMeanSquaredError", "Hinge", "LogCoshError"}
    assert {getattr(keras.metrics, name)()._direction for name in up} == {"up"}
    assert {getattr(keras.metrics, name)()._direction for name in down} == {"down"}


@pytest.mark.parity
def test_sum_and_mean_of_values(keras: object, rng) -> None:
    import bardana

    for name in ("Sum", "Mean"):
        ours, theirs = (getattr(package.metrics, name)() for package in (bardana, keras))
        for shape, weight_shape in [((5,), None), ((4, 3), None), ((4, 3), (4,)), ((4, 3), (4, 1)), ((4, 3), (4, 3))]:
            value = rng.normal(size=shape).astype("float32")
            weight = None if weight_shape is None else rng.random(weight_shape).astype("float32")
            ours.update_state(value, sample_weight=weight)
            theirs.update_state(value, sample_weight=weight)
            assert_close(ours.result(), np.asarray(theirs.result()), 1e-5, f"{name} {shape} {weight_shape}")


@pytest.mark.parity
def test_directions_are_those_of_keras(keras: object) -> None:
    import bardana

    for sample in SAMPLES:
        ours, theirs = (getattr(package.metrics, sample[0], None) for package in (bardana, keras))
        if "fn" not in sample[1]:
            direction = getattr(theirs(**sample[1]), "_direction", None)
            assert ours(**sample[1])._direction == direction, sample[0]
