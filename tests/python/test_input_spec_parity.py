"""InputSpec takes the arguments of Keras', says the same of itself, and takes and refuses the same shapes."""

from __future__ import annotations

import numpy as np
import pytest

import bardana

pytestmark = pytest.mark.parity

SPECS = [
    {},
    {"shape": (None, 28, 28)},
    {"shape": (None, 4, 1), "allow_last_axis_squeeze": True},
    {"shape": (None, 4), "allow_last_axis_squeeze": True},
    {"ndim": 2},
    {"max_ndim": 3, "min_ndim": 2},
    {"min_ndim": 2, "axes": {-1: 4}},
    {"ndim": 3, "axes": {1: 4, "2": None}},
    {"dtype": "float32", "name": "x", "optional": True},
    {"shape": (2, 4), "dtype": "int32"},
]
SHAPES = [(2,), (2, 4), (2, 4, 1), (2, 1), (2, 28, 28), (2, 4, 5), (3, 4), (2, 4, 1, 1), (2, 3)]


@pytest.mark.parametrize("arguments", SPECS, ids=str)
def test_specs_say_the_same(arguments, keras):
    theirs, ours = (package.layers.InputSpec(**arguments) for package in (keras, bardana))
    assert repr(ours) == repr(theirs)
    assert ours.get_config() == theirs.get_config()
    assert (ours.name, ours.allow_last_axis_squeeze) == (theirs.name, theirs.allow_last_axis_squeeze)
    assert bardana.InputSpec.from_config(ours.get_config()).get_config() == ours.get_config()


@pytest.mark.parametrize(
    "arguments",
    [{"axes": {"a": 1}}, {"axes": 3}, {"ndim": 2, "axes": {2: 1}}, {"max_ndim": 1, "axes": {1: 1}}],
    ids=str,
)
def test_specs_that_both_refuse(arguments, keras):
    kinds = []
    for package in (keras, bardana):
        with pytest.raises((AttributeError, TypeError, ValueError)) as caught:
            package.layers.InputSpec(**arguments)
        kinds.append(caught.type)
    assert kinds[0] is kinds[1]


@pytest.mark.parametrize("arguments", SPECS[:-2], ids=str)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_layers_take_and_refuse_the_same_shapes(shape, arguments, keras):
    """Once a last axis of 1 is left out, Keras compares the axes that both have; here the others must not be there."""
    taken = []
    for package in (keras, bardana):
        layer = package.layers.Activation("relu")
        layer.input_spec = package.layers.InputSpec(**arguments)
        taken.append(takes(layer, shape))
    if arguments.get("allow_last_axis_squeeze"):
        taken[0] &= shape[1:] in ((4,), (4, 1))
    assert taken[0] == taken[1]


def takes(layer, shape):
    try:
        layer(np.zeros(shape, dtype="float32"))
    except ValueError:
        return False
    return True


def test_the_error_names_layer_and_shape():
    layer = bardana.layers.Activation("relu", name="mine")
    layer.input_spec = bardana.InputSpec(min_ndim=2, axes={-1: 4})
    with pytest.raises(ValueError, match=r"layer 'mine': .*size 4 along axis -1, received shape \(None, 3\)"):
        bardana.Sequential([bardana.Input((3,)), layer])
    with pytest.raises(ValueError, match=r"layer 'mine': .*at least 2 axes"):
        layer.compute_output_shape((None,))


def test_layers_without_a_spec(keras):
    for package in (keras, bardana):
        layer = package.layers.Activation("relu")
        assert layer.input_spec is None
        assert package.Sequential([package.Input((2,)), layer]).input_spec is None
        layer.supports_masking = True
        assert layer.supports_masking is True
        assert package.layers.CategoryEncoding(3).supports_masking is False
