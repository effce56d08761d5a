"""Serialized objects: the form Keras writes, round trips of every component, names that mean nothing."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from bardana import (
    activations,
    constraints,
    initializers,
    losses,
    metrics,
    optimizers,
    regularizers,
    serialization,
)
from bardana.constraints import FAMILY as CONSTRAINTS
from bardana.initializers.base import FAMILY as INITIALIZERS
from bardana.losses.base import FAMILY as LOSSES
from bardana.metrics.base import FAMILY as METRICS
from bardana.optimizers.optimizer import FAMILY as OPTIMIZERS
from bardana.regularizers import FAMILY as REGULARIZERS

FAMILIES = {family.module: family for family in (CONSTRAINTS, INITIALIZERS, LOSSES, METRICS, OPTIMIZERS, REGULARIZERS)}
MODULES: dict[str, Any] = {
    "keras.constraints": constraints,
    "keras.initializers": initializers,
    "keras.losses": losses,
    "keras.metrics": metrics,
    "keras.optimizers": optimizers,
    "keras.regularizers": regularizers,
}
# Arguments for classes that cannot be made without any.
ARGUMENTS: dict[str, dict[str, Any]] = {
    "MeanMetricWrapper": {"fn": losses.huber, "delta": 2.0},
    "SensitivityAtSpecificity": {"specificity": 0.5},
    "SpecificityAtSensitivity": {"sensitivity": 0.5},
    "PrecisionAtRecall": {"recall": 0.5},
    "RecallAtPrecision": {"precision": 0.5},
}
CLASSES = sorted(
    {
        (module, component.__name__)
        for module, family in FAMILIES.items()
        for component in map(family.find, family.names())
        if isinstance(component, type) and component is not regularizers.Regularizer  # which cannot be saved
    }
)
# Keras forgets these arguments when it writes a config.
FORGOTTEN_BY_KERAS = {"Huber": {"delta"}, "CosineSimilarity": {"axis"}, "Identity": {"gain"}}


def make(module: str, name: str) -> Any:
    return FAMILIES[module].find(name)(**ARGUMENTS.get(name, {}))


class Doubler(initializers.Initializer):
    """A user's own initializer."""

    def __init__(self, value: float = 1.0) -> None:
        self.value = value

    def __call__(self, shape: Any, dtype: Any = None) -> Any:
        return np.full(shape, 2 * self.value, dtype)

    def get_config(self) -> dict[str, Any]:
        return {"value": self.value}


def named(y_true: Any, y_pred: Any) -> Any:
    return y_true - y_pred


@pytest.mark.parametrize(("module", "name"), CLASSES)
def test_round_trip_of_every_class(module: str, name: str) -> None:
    instance = make(module, name)
    data = json.loads(json.dumps(serialization.serialize(instance)))
    assert (data["module"], data["class_name"], data["registered_name"]) == (module, name, None)
    again = serialization.deserialize(data)
    assert type(again) is type(instance)
    assert serialization.serialize(again) == data
    assert serialization.serialize(MODULES[module].deserialize(data)) == data


@pytest.mark.parametrize(("module", "name"), [c for c in CLASSES if c[1] not in ARGUMENTS])
def test_config_equals_that_of_keras(module: str, name: str) -> None:
    keras = pytest.importorskip("keras")
    theirs = keras.saving.serialize_keras_object(getattr(getattr(keras, module.split(".")[1]), name)())
    ours = serialization.serialize(make(module, name))
    for config in (ours["config"], theirs["config"]):
        config.pop("name", None)
    for key in FORGOTTEN_BY_KERAS.get(name, ()):
        del ours["config"][key]
    assert ours == theirs
    assert type(serialization.deserialize(theirs)).__name__ == name


@pytest.mark.parametrize("name", activations.FAMILY.names())
def test_round_trip_of_every_activation(name: str) -> None:
    function = activations.get(name)
    assert activations.get(activations.serialize(function)) is function
    assert activations.get(serialization.serialize(function)) is function
    assert serialization.deserialize(serialization.serialize(function)) is function


@pytest.mark.parametrize("function", [losses.mean_squared_error, metrics.binary_accuracy])
def test_function_is_stored_by_name(function: Any) -> None:
    data = serialization.serialize(function)
    expected = {"module": "builtins", "class_name": "function", "config": function.__name__}
    assert data == expected | {"registered_name": "function"}
    assert serialization.deserialize(data) is function


def test_plain_data_stays_plain() -> None:
    data = {"a": [1, 2.5, "x", None, True], "b": {"c": (1, 2)}, "d": np.float32(0.5), "e": np.int64(3)}
    stored = serialization.serialize(data)
    assert stored == {"a": [1, 2.5, "x", None, True], "b": {"c": (1, 2)}, "d": 0.5, "e": 3}
    assert type(stored["d"]) is float
    assert serialization.deserialize(stored) == stored | {"b": {"c": [1, 2]}}


@pytest.mark.parametrize("dtype", ["float32", "int64", "bool"])
def test_arrays_keep_values_and_type(dtype: str) -> None:
    array = np.array([[0, 1], [1, 0]], dtype=dtype)
    again = serialization.deserialize(json.loads(json.dumps(serialization.serialize(array))))
    assert again.dtype == dtype
    np.testing.assert_array_equal(again, array)


def test_users_own_class_needs_custom_objects() -> None:
    data = serialization.serialize(Doubler(3.0))
    assert (data["class_name"], data["registered_name"], data["config"]) == ("Doubler", "Doubler", {"value": 3.0})
    again = serialization.deserialize(data, {"Doubler": Doubler})
    assert isinstance(again, Doubler) and again.value == 3.0
    with pytest.raises(ValueError, match="entry in custom_objects, received class_name='Doubler'"):
        serialization.deserialize(data)


def test_users_own_function_needs_custom_objects() -> None:
    data = serialization.serialize(named)
    assert serialization.deserialize(data, {"named": named}) is named
    with pytest.raises(ValueError, match="entry in custom_objects, received 'named'"):
        serialization.deserialize(data)


def test_array_given_as_initializer_is_saved_as_constant() -> None:
    data = serialization.serialize(initializers.get(np.ones((2, 2))))
    assert data["class_name"] == "Constant"
    np.testing.assert_array_equal(serialization.deserialize(data)((2, 2), "float32"), np.ones((2, 2)))


def test_deserialize_leaves_the_config_alone() -> None:
    data = serialization.serialize(optimizers.SGD(0.5, name="s"))
    before = json.dumps(data)
    serialization.deserialize(data)
    optimizers.get(data)
    assert json.dumps(data) == before


def test_module_and_registered_name_may_be_missing() -> None:
    assert optimizers.get({"class_name": "SGD", "config": {"learning_rate": 0.5}}).learning_rate == 0.5
    assert losses.get({"class_name": "Huber", "config": {"delta": 3.0}}).get_config()["delta"] == 3.0


def test_optimizer_names_ignore_case() -> None:
    assert type(optimizers.get("sGd")) is optimizers.SGD


@pytest.mark.parametrize(
    ("module", "kind"),
    [(initializers, "initializer"), (losses, "loss"), (metrics, "metric"), (optimizers, "optimizer")],
)
@pytest.mark.parametrize("identifier", ["foo", 3, {"class_name": "Foo", "config": {}}, {"config": {}}])
def test_unknown_identifier_lists_the_names(module: Any, kind: str, identifier: Any) -> None:
    with pytest.raises(ValueError, match=rf"Could not interpret {kind} identifier: .*\. Expected one of \w+"):
        module.get(identifier)


def test_lambda_is_refused() -> None:
    with pytest.raises(ValueError, match="Expected a function with a name, received a lambda"):
        serialization.serialize(lambda x: x)


def test_unknown_object_is_refused() -> None:
    with pytest.raises(TypeError, match="received <object object"):
        serialization.serialize(object())
