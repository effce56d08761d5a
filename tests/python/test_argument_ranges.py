"""Single arguments of a wrong type or size are refused by name, before anything is done."""

import numpy as np
import pytest
from test_bad_input import LABELS, Unchanged, X, classifier, refused

import bardana as keras

HUGE = 2**70


@pytest.mark.parametrize(
    ("options", "argument"),
    [
        ({"batch_size": HUGE}, "batch_size"),
        ({"batch_size": 2**31}, "batch_size"),
        ({"epochs": HUGE}, "epochs"),
        ({"initial_epoch": HUGE}, "initial_epoch"),
        ({"validation_batch_size": -4}, "validation_batch_size"),
        ({"validation_freq": "often"}, "validation_freq"),
        ({"validation_freq": 0}, "validation_freq"),
        ({"validation_freq": [1, 0]}, "validation_freq"),
        ({"validation_split": "a"}, "validation_split"),
    ],
)
def test_arguments_of_fit(options, argument):
    model = classifier()
    ((_, value),) = options.items()
    with Unchanged(model):
        shown = 0 if isinstance(value, list) else repr(value)
        refused(lambda: model.fit(X, LABELS, verbose=0, **options), argument, "expected", f"received {shown}")


def test_the_largest_batch_size():
    model = classifier()
    model.fit(X, LABELS, batch_size=2**31 - 1, verbose=0)
    assert model.optimizer.iterations == 1


@pytest.mark.parametrize(
    ("options", "argument"),
    [({"batch_size": -5}, "batch_size"), ({"batch_size": HUGE}, "batch_size"), ({"verbose": ""}, "verbose")]
    + [({"verbose": value}, "verbose") for value in (None, 3, -1, [])],
)
def test_predict_checks_what_it_does_not_need(options, argument):
    ((_, value),) = options.items()
    refused(lambda: classifier().predict(X, **{"verbose": 0, **options}), argument, "expected", f"received {value!r}")


@pytest.mark.parametrize(
    "make",
    [
        lambda: keras.layers.Dense(HUGE),
        lambda: keras.layers.Dense(2**31),
        lambda: keras.Input((HUGE,)),
        lambda: keras.Input((2**16, 2**16)),
        lambda: keras.layers.Reshape((HUGE,)),
        lambda: keras.layers.Reshape((2**32, 2**32)),
        lambda: keras.layers.Dense(2).build((None, HUGE)),
    ],
)
def test_sizes_beyond_any_memory(make):
    refused(make, "expected", str(2**31 - 1), "received")


@pytest.mark.parametrize("seed", [-1, 2**63, 2**64 + 5, HUGE])
def test_any_integer_is_a_seed(seed):
    layers = [keras.layers.Dropout(0.5, seed=value) for value in (seed, seed % 2**63)]
    first, second = (layer(np.ones((8, 8)), training=True) for layer in layers)
    np.testing.assert_array_equal(first, second)
    assert layers[0].get_config()["seed"] == seed


def test_questions_about_the_structure():
    model = classifier()
    refused(lambda: model.get_layer(index="a"), "index", "received 'a'")
    refused(lambda: model.get_layer(index=1.0), "index", "received 1.0")
    for owner in (model, model.layers[0], keras.Sequential()):
        for shape in ((), None, 4, (None, "a"), (None, -1)):
            refused(lambda owner=owner, shape=shape: owner.compute_output_shape(shape), "expected", f"received {shape}")
    assert model.compute_output_shape((7, 4)) == (7, 3)


MASKED = np.ma.masked_array(X, mask=X > 0)


@pytest.mark.parametrize(
    "use",
    [
        lambda model: model.predict(MASKED, verbose=0),
        lambda model: model.fit(X, MASKED[:, 0], verbose=0),
        lambda model: model.fit(X, LABELS, sample_weight=MASKED[:, 0], verbose=0),
        lambda model: model(MASKED),
        lambda model: model.layers[0](MASKED),
        lambda model: keras.losses.mean_squared_error(MASKED, X),
        lambda model: keras.metrics.MeanSquaredError()(X, MASKED),
        lambda model: keras.activations.relu(MASKED),
        lambda model: model.layers[0].kernel.assign(np.ma.masked_array(np.ones((4, 5)), mask=True)),
        lambda model: model.set_weights([np.ma.masked_array(w) for w in model.get_weights()]),
    ],
)
def test_a_mask_is_never_lost_silently(use):
    model = classifier()
    with Unchanged(model):
        refused(lambda: use(model), "masked array", "filled")


@pytest.mark.parametrize("value", ["text", 1j, [object()], ["a", "b"]])
def test_what_are_no_numbers_is_one_error_everywhere(value):
    for call in (keras.activations.relu, lambda v: keras.losses.mean_squared_error(v, v), keras.metrics.Mean()):
        with pytest.raises((ValueError, TypeError)) as caught:
            call(value)
        assert caught.type is ValueError
