"""Small public names that need no test file of their own: other names of a thing, switches, pairs of a few lines."""

from __future__ import annotations

import numpy as np
import pytest

import bardana

pytestmark = pytest.mark.parity

OTHER_NAMES = """
    Constant constant, GlorotNormal glorot_normal, GlorotUniform glorot_uniform, HeNormal he_normal,
    HeUniform he_uniform, Identity IdentityInitializer, Identity identity, LecunNormal lecun_normal,
    LecunUniform lecun_uniform, Ones ones, Orthogonal OrthogonalInitializer, Orthogonal orthogonal,
    RandomNormal random_normal, RandomUniform random_uniform, TruncatedNormal truncated_normal,
    VarianceScaling variance_scaling, Zeros zeros
"""


@pytest.mark.parametrize("names", [pair.strip() for pair in OTHER_NAMES.split(",")])
def test_initializers_have_other_names(names, keras):
    first, second = names.split()
    for package in (keras, bardana):
        assert getattr(package.initializers, first) is getattr(package.initializers, second)


def test_a_sequence_is_a_pydataset(keras):
    for package in (keras, bardana):
        assert package.utils.Sequence is package.utils.PyDataset


@pytest.mark.parametrize("place", ["config", "utils"])
def test_interactive_logging(place, keras):
    before = keras.config.is_interactive_logging_enabled()
    try:
        for package in (keras, bardana):
            switches = getattr(package, place)
            switches.disable_interactive_logging()
            assert switches.is_interactive_logging_enabled() is False
            switches.enable_interactive_logging()
            assert switches.is_interactive_logging_enabled() is True
    finally:
        if not before:
            keras.config.disable_interactive_logging()


def test_unsafe_deserialization_runs_no_code(keras):
    with pytest.warns(UserWarning, match="lambda"):
        stored = keras.saving.serialize_keras_object(lambda value: 2 * value)
    bardana.config.enable_unsafe_deserialization()
    with pytest.raises((TypeError, ValueError)):
        bardana.saving.deserialize_keras_object(stored, safe_mode=False)


@pytest.mark.parametrize("count", [1, 2, 3])
def test_batches_are_packed_and_unpacked(count, keras):
    x, y, weight = np.ones((4, 2)), np.ones((4, 1)), np.ones(4)
    given = (x, y, weight)[:count]
    theirs, ours = (package.utils.pack_x_y_sample_weight(*given) for package in (keras, bardana))
    assert type(theirs) is type(ours)
    unpacked = [package.utils.unpack_x_y_sample_weight(ours) for package in (keras, bardana)]
    for their_part, our_part in zip(*unpacked, strict=True):
        assert (their_part is None) == (our_part is None)
        assert our_part is None or np.array_equal(our_part, their_part)


def test_losses_are_scaled_by_the_optimizer(keras):
    for factor in (None, 4.0):
        scaled = [package.optimizers.SGD(loss_scale_factor=factor).scale_loss(0.5) for package in (keras, bardana)]
        assert float(scaled[0]) == float(scaled[1])


def test_callbacks_hear_their_parameters_and_model(keras):
    for package in (keras, bardana):
        callback = package.callbacks.Callback()
        callback.set_params({"epochs": 3})
        assert callback.params == {"epochs": 3}
