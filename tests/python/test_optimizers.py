"""Optimizers step by step against their textbook form in NumPy, and their arguments."""

import numpy as np
import pytest
import reference

import bardana as keras

NUMBERS = {"learning_rate": 0.0625, "beta_1": 0.75, "beta_2": 0.875, "epsilon": 1e-3}


def model_and_data(dtype):
    keras.utils.set_random_seed(3)
    layers = [keras.layers.Dense(units, name, dtype=dtype) for units, name in ((7, "tanh"), (3, None))]
    model = keras.Sequential([keras.Input((5,)), *layers])
    random = np.random.default_rng(0)
    return model, random.normal(size=(11, 5)).astype(dtype), random.normal(size=(11, 3)).astype(dtype)


@pytest.mark.parametrize("rule", sorted(reference.ADAM_RULES))
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_adam_is_the_textbooks(rule, dtype):
    """Float64 rounds some ten operations a step; float32 repeats them, over six steps, on gradients of its own."""
    model, x, y = model_and_data(dtype)
    model.compile(keras.optimizers.Adam(**NUMBERS, amsgrad=rule == "adam_amsgrad"), "mse")
    weights = [w.astype("float64") for w in model.get_weights()]
    slots = [[np.zeros_like(w)] * reference.ADAM_RULES[rule] for w in weights]
    for t in range(1, 7):
        _, gradients, _ = model.compute_gradients(x, y)
        model.train_on_batch(x, y)
        for i, g in enumerate(gradients):
            weights[i], slots[i] = reference.adam(weights[i], g.astype("float64"), slots[i], t, **NUMBERS)
    tolerance = 1e-13 if dtype == "float64" else 1e-5
    for ours, expected in zip(model.get_weights(), weights, strict=True):
        np.testing.assert_allclose(ours, expected, rtol=0, atol=tolerance * np.abs(expected).max())
    remembered = model.optimizer_state[2:]
    expected_slots = [slot for of_variable in slots for slot in of_variable[:2]] + [s[2] for s in slots if len(s) > 2]
    for ours, expected in zip(remembered, expected_slots, strict=True):
        np.testing.assert_allclose(ours.numpy(), expected, rtol=0, atol=tolerance * np.abs(expected).max())


def test_compiling_again_forgets_the_moments_and_the_optimizer_counts_on():
    model, x, y = model_and_data("float32")
    optimizer = keras.optimizers.Adam()
    model.compile(optimizer, "mse")
    model.train_on_batch(x, y)
    assert all(np.any(slot.numpy() != 0) for slot in model.optimizer_state[2:])
    model.compile("adam", "mse")
    model.train_on_batch(x, 0 * y + model.predict(x, verbose=0))
    assert all(np.all(slot.numpy() == 0) for slot in model.optimizer_state[2:])
    assert int(optimizer.iterations) == 1


@pytest.mark.parametrize("arguments", [{"beta_1": 1.0}, {"beta_2": -0.1}, {"epsilon": "small"}, {"beta_1": True}])
def test_numbers_out_of_range(arguments):
    ((name, value),) = arguments.items()
    with pytest.raises(ValueError, match=f"`{name}`.*received {value!r}"):
        keras.optimizers.Adam(**arguments)


def test_config_round_trip():
    optimizer = keras.optimizers.Adam(**NUMBERS, amsgrad=True, name="mine")
    twin = keras.optimizers.deserialize(keras.optimizers.serialize(optimizer))
    assert twin.get_config() == optimizer.get_config()
    assert (twin.beta_1, twin.beta_2, twin.epsilon, twin.amsgrad, twin.name) == (0.75, 0.875, 1e-3, True, "mine")
