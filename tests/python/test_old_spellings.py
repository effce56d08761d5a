"""Shapes given to layers instead of an Input, old names of InputLayer's arguments, star imports: beside live Keras."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import bardana

# Expressions of a package; both must give the same value and the same kinds of warnings.
ACCEPTED = [
    "layers.InputLayer(shape=(3,)).get_config()",
    "layers.InputLayer(input_shape=(3,)).get_config()",
    "layers.InputLayer(batch_input_shape=(None, 3)).get_config()",
    "layers.InputLayer((3,)).batch_shape",
    "layers.InputLayer(input_shape=[28, 28], name='x').get_config()",
    "Input([3]).shape",
    "Input(batch_shape=(None, 2, 3)).shape",
    "Sequential([layers.Dense(2, input_dim=3)]).input_shape",
    "Sequential([layers.Dense(2, input_shape=(3,))]).output_shape",
    "Sequential([layers.Dense(2, input_shape=[4, 3])]).output_shape",
    "Sequential([layers.Flatten(input_shape=[28, 28]), layers.Dense(2)]).output_shape",
    "Sequential([layers.ReLU(input_shape=(5,))]).output_shape",
    "Sequential([Input((4,)), layers.Dense(2, input_dim=3)]).input_shape",
    "Sequential([layers.Dense(2), layers.Dense(2, input_dim=2)]).built",
    "Sequential([layers.InputLayer(input_shape=(3,)), layers.Dense(2, name='d')]).layers[0].name",
    "Sequential([layers.InputLayer(batch_input_shape=(None, 3)), layers.Dense(2)]).count_params()",
    "[layer['class_name'] for layer in Sequential([layers.Dense(2, input_dim=3)]).get_config()['layers']]",
    "models.Sequential is Sequential",
]
REFUSED = [
    "layers.InputLayer(input_shape=3)",
    "layers.InputLayer(shape=3)",
    "Input(3)",
    "layers.InputLayer(input_dim=3)",
    "layers.InputLayer(shape=(3,), batch_shape=(None, 3))",
    "layers.InputLayer()",
    "layers.Dense(2, input_shape=(3,), input_dim=3)",
    "layers.Dense(2, input_length=3)",
    "layers.Dense(2, weights=[1])",
    "layers.Dense(2, trainable=0)",
    "Sequential([Input((3,)), layers.InputLayer(shape=(3,)), layers.Dense(1)])",
]


def outcome(package, expression):
    """The value and the categories of warnings, with names counted from 0."""
    package.utils.clear_session()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        value = eval(expression, vars(package))
    return value, [warning.category for warning in caught]


@pytest.mark.parity
@pytest.mark.parametrize("expression", ACCEPTED)
def test_what_keras_accepts(expression, keras) -> None:
    assert outcome(bardana, expression) == outcome(keras, expression)


@pytest.mark.parity
@pytest.mark.parametrize("expression", REFUSED)
def test_what_keras_refuses(expression, keras) -> None:
    for package in (bardana, keras):
        with pytest.raises(ValueError):
            outcome(package, expression)


def test_a_batch_shape_of_a_layer_is_taken_with_a_warning() -> None:
    with pytest.warns(UserWarning, match="batch_input_shape belongs to an Input"):
        model = bardana.Sequential([bardana.layers.Dense(2, batch_input_shape=(None, 3))])
    assert model.input_shape == (None, 3)


def test_star_import() -> None:
    names: dict[str, object] = {}
    exec("from bardana.layers import *", names)
    assert set(bardana.layers.__all__) <= set(names)
    assert names["Dense"] is bardana.layers.Dense


def test_numpy_integers_are_sizes() -> None:
    with pytest.warns(UserWarning, match="input_dim"):
        model = bardana.Sequential([bardana.layers.Dense(np.int64(2), input_dim=np.int32(3))])
    assert model.output_shape == (None, 2)
