"""LayerNormalization, RMSNormalization and UnitNormalization against live tf.keras and finite differences.

An output is a quotient of numbers with some 30 roundings (u = 6e-8, 1.1e-16); gradients cancel once more.
"""

from __future__ import annotations

import numpy as np
import pytest
from keras_twin import assert_close, assert_same_gradients, keras_gradients, make_loss, make_model, make_twins

import bardana

OUTPUT = {"float32": 1e-5, "float64": 1e-12}
GRADIENT = {"float32": 1e-4, "float64": 1e-11}
FLOOR = {"float32": 1e-5, "float64": 1e-13}
LAYERS = [
    ("LayerNormalization", {}),
    ("LayerNormalization", {"scale": False, "epsilon": 0.1}),
    ("LayerNormalization", {"center": False}),
    ("LayerNormalization", {"axis": [-1], "center": False, "scale": False}),
    ("RMSNormalization", {}),
    ("RMSNormalization", {"epsilon": 0.1}),
    ("UnitNormalization", {}),
]


@pytest.mark.parity
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("name", "arguments"), LAYERS, ids=str)
def test_outputs_and_gradients(name, arguments, dtype, keras, rng) -> None:
    for shape, rows in [((2,), 1), ((7,), 5), ((17,), 33), ((100,), 40), ((3, 49), 2)]:
        twins = make_twins(keras, [(name, arguments), ("Dense", {"units": 3})], shape, rng, dtype)
        x = rng.normal(0.5, 1.5, (rows, *shape)).astype(dtype)
        y = rng.normal(size=(rows, *shape[:-1], 3)).astype(dtype)
        outputs = [np.asarray(model(x)) for model in twins]
        assert_close(outputs[0], outputs[1], OUTPUT[dtype], f"{shape}")
        twins.ours.compile("sgd", "mse")
        expected = keras_gradients(twins.theirs, make_loss(keras, ("MeanSquaredError", {}), dtype=dtype), x, y)
        actual = twins.ours.compute_gradients(x, y)
        assert_close(actual.loss, expected.loss, OUTPUT[dtype], "loss")
        assert_same_gradients(actual, expected, GRADIENT[dtype], f"{shape}", FLOOR[dtype])


@pytest.mark.parity
def test_unit_normalization_of_all_axes(keras, rng) -> None:
    twins = make_twins(keras, [("UnitNormalization", {"axis": [1, 2]}), ("Dense", {"units": 2})], (3, 5), rng)
    x, y = rng.normal(size=(4, 3, 5)).astype("float32"), rng.normal(size=(4, 3, 2)).astype("float32")
    assert_close(twins.ours(x), np.asarray(twins.theirs(x)), 1e-5)
    twins.ours.compile("sgd", "mse")
    expected = keras_gradients(twins.theirs, make_loss(keras, ("MeanSquaredError", {})), x, y)
    assert_same_gradients(twins.ours.compute_gradients(x, y), expected, 1e-4, "axes 1, 2")
    layer = bardana.layers.UnitNormalization()
    np.testing.assert_array_equal(layer(np.zeros((2, 3))), np.zeros((2, 3)))


@pytest.mark.parity
@pytest.mark.parametrize("optimizer", [("SGD", {"learning_rate": 0.125}), ("Adam", {"learning_rate": 0.01})])
def test_trajectories(optimizer, keras, rng) -> None:
    rule, arguments = optimizer
    layers = [
        ("LayerNormalization", {}),
        ("Dense", {"units": 9, "activation": "tanh"}),
        ("RMSNormalization", {}),
        ("Dense", {"units": 2}),
    ]
    twins = make_twins(keras, layers, (5,), rng)
    twins.compile(keras, arguments, "mse", rule=rule)
    x, y = rng.normal(size=(20, 5)).astype("float32"), rng.normal(size=(20, 2)).astype("float32")
    fits = [model.fit(x, y, batch_size=8, epochs=4, shuffle=False, verbose=0).history["loss"] for model in twins]
    assert_close(fits[0], fits[1], 1e-5)
    for variable, theirs in zip(twins.ours.variables, twins.theirs.get_weights(), strict=True):
        assert_close(variable.numpy(), theirs, 5e-4, variable.path)


@pytest.mark.parity
def test_configs_are_those_of_keras(keras) -> None:
    for name in ("LayerNormalization", "RMSNormalization", "UnitNormalization"):
        ours, theirs = (getattr(package.layers, name)(name="n").get_config() for package in (bardana, keras))
        theirs.pop("rms_scaling", None)  # deprecated
        assert {k: v for k, v in ours.items() if k != "dtype"} == {k: v for k, v in theirs.items() if k != "dtype"}
        assert getattr(bardana.layers, name).from_config(ours).get_config() == ours


def test_bad_arguments() -> None:
    for name in ("LayerNormalization", "UnitNormalization"):
        with pytest.raises(TypeError, match="axis"):
            getattr(bardana.layers, name)(axis="last")
    with pytest.raises(ValueError, match="epsilon"):
        bardana.layers.LayerNormalization(epsilon=-1)
    with pytest.raises(ValueError, match="epsilon"):
        bardana.layers.RMSNormalization(epsilon=None)
    with pytest.raises(ValueError, match=r"expected axis to be the last axis.*received axis=\(1,\)"):
        bardana.layers.LayerNormalization(axis=1).build((None, 3, 4))
    with pytest.raises(ValueError, match="expected one axis"):
        bardana.layers.LayerNormalization(axis=(1, 2)).build((None, 3, 4))
    model = make_model(bardana, [("LayerNormalization", {})], (4,))
    assert [v.name for v in model.weights] == ["gamma", "beta"]
