"""Optimizers written in Python, beside the built-in ones and live Keras, with the options that all optimizers share."""

import numpy as np
import pytest
from keras_twin import assert_close, make_twins

import bardana

OPTIONS = [
    {},
    {"clipnorm": 0.1},
    {"clipvalue": 0.01},
    {"global_clipnorm": 0.1},
    {"weight_decay": 0.1},
    {"use_ema": True, "ema_momentum": 0.9, "ema_overwrite_frequency": 3},
    {"use_ema": True, "ema_momentum": 0.5},
    {"gradient_accumulation_steps": 3},
]


class Momentum(bardana.optimizers.Optimizer):
    """The update of `keras.optimizers.SGD(momentum=0.9)`."""

    def __init__(self, learning_rate=0.1, momentum=0.9, **options):
        super().__init__(learning_rate=learning_rate, **options)
        self.momentum = momentum

    def build(self, variables):
        if self.built:
            return
        super().build(variables)
        self.velocities = [self.add_variable_from_reference(v, name="momentum") for v in variables]

    def update_step(self, gradient, variable, learning_rate):
        velocity = self.velocities[self._get_variable_index(variable)]
        velocity.assign(np.float32(self.momentum) * velocity.numpy() - np.float32(learning_rate) * gradient)
        variable.assign_add(velocity)

    def get_config(self):
        return {**super().get_config(), "momentum": self.momentum}


def regression(optimizer, **options):
    hidden = bardana.layers.Dense(7, "tanh", kernel_regularizer="l2", kernel_constraint="max_norm")
    model = bardana.Sequential([bardana.Input((5,)), hidden, bardana.layers.Dense(3)])
    model.compile(optimizer, "mse", **options)
    return model


def examples(rng, rows=70):
    return rng.normal(size=(rows, 5)).astype("float32"), rng.normal(size=(rows, 3)).astype("float32")


def pair(**options):
    own = regression(Momentum(0.1, **options))
    twin = regression(bardana.optimizers.SGD(0.1, momentum=0.9, **options))
    twin.set_weights(own.get_weights())
    return own, twin


def same_weights(first, second, tolerance=0.0):
    for mine, theirs in zip(first.get_weights(), second.get_weights(), strict=True):
        assert_close(mine, theirs, tolerance)


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_custom_momentum_trains_like_the_built_in_one(rng, options):
    """12 steps, each with some roundings of another order, e.g. of a norm."""
    own, twin = pair(**options)
    x, y = examples(rng)
    fits = [model.fit(x, y, epochs=4, verbose=0, shuffle=False).history["loss"] for model in (own, twin)]
    assert_close(fits[0], fits[1], 1e-5)
    same_weights(own, twin, 1e-5)
    assert int(own.optimizer.iterations) == int(twin.optimizer.iterations)


@pytest.mark.parity
@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_the_same_optimizer_in_keras(keras, rng, options):
    class KerasMomentum(keras.optimizers.Optimizer):
        def build(self, variables):
            if self.built:
                return
            super().build(variables)
            self.velocities = [self.add_variable_from_reference(v, name="momentum") for v in variables]

        def update_step(self, gradient, variable, learning_rate):
            velocity = self.velocities[self._get_variable_index(variable)]
            self.assign(velocity, 0.9 * velocity - learning_rate * gradient)
            self.assign_add(variable, velocity)

    twins = make_twins(keras, [("Dense", {"units": 7, "activation": "tanh"}), ("Dense", {"units": 3})], (5,), rng)
    twins.ours.compile(Momentum(0.1, **options), "mse")
    twins.theirs.compile(KerasMomentum(0.1, **options), "mse")
    x, y = examples(rng)
    for model in (twins.ours, twins.theirs):
        model.fit(x, y, epochs=4, verbose=0, shuffle=False)
    same_weights(twins.ours, twins.theirs, 1e-4)


@pytest.mark.parity
def test_slots_by_one_call_are_those_of_keras(keras):
    found = []
    for package in (bardana, keras):

        class Own(package.optimizers.Optimizer):
            def build(self, variables):
                super().build(variables)
                self.one = self.add_optimizer_variables(variables, "one", "ones")
                self.two = self.add_optimizer_variables(variables, ["first", "second"], ["zeros", "ones"])
                self.same = self.add_optimizer_variables(variables, ["third"], "ones")

            def update_step(self, gradient, variable, learning_rate):
                pass

        optimizer = Own(0.1)
        optimizer.build([package.Variable(np.zeros(shape, "float32"), name="v") for shape in ((2,), (3, 1))])
        assert [isinstance(slots, tuple) for slots in (optimizer.one, optimizer.two, optimizer.same)] == [
            False,
            True,
            True,
        ]
        lists = [optimizer.one, *optimizer.two, *optimizer.same]
        found.append([[np.asarray(slot).tolist() for slot in slots] for slots in lists])
        found.append([v.name for v in optimizer.variables])
        with pytest.raises(ValueError, match="initializer"):
            optimizer.add_optimizer_variables(optimizer.one, ["a", "b"], ["zeros"])
    assert found[:2] == found[2:]


def test_schedules_and_assigned_rates(rng):
    own, twin = pair()
    x, y = examples(rng)
    rate = bardana.optimizers.schedules.ExponentialDecay(0.1, 2, 0.5)
    for model, make in ((own, Momentum), (twin, bardana.optimizers.SGD)):
        model.compile(make(rate, momentum=0.9), "mse")
        model.fit(x, y, epochs=2, verbose=0, shuffle=False)
        model.compile(make(0.1, momentum=0.9), "mse")
        model.optimizer.learning_rate = 0.05
        model.train_on_batch(x, y)
    same_weights(own, twin, 1e-5)


def test_gradients_applied_by_hand(rng):
    for options in ({}, {"loss_scale_factor": 4.0}, {"weight_decay": 0.1}):
        start, gradients = rng.normal(size=(2, 3)), rng.normal(size=(3, 2, 3))
        values = []
        for make in (Momentum, bardana.optimizers.SGD):
            variable = bardana.Variable(start, dtype="float32")
            optimizer = make(0.1, momentum=0.9, **options)
            for gradient in gradients:
                optimizer.apply([gradient], [variable])
            values.append(variable.numpy())
            assert int(optimizer.iterations) == 3
        assert_close(values[0], values[1], 1e-5)


def test_state_goes_on_and_is_part_of_the_variables(rng):
    own, _ = pair()
    x, y = examples(rng)
    own.fit(x, y, verbose=0)
    paths = [v.path for v in own.optimizer.variables]
    assert paths[:2] == [f"{own.optimizer.name}/iteration", f"{own.optimizer.name}/learning_rate"]
    assert paths[2] == f"{own.optimizer.name}/{own.variables[0].path.replace('/', '_')}_momentum"
    before = own.optimizer.variables[2].numpy()
    assert before.any()
    own.compile(own.optimizer, "mse")
    own.test_on_batch(x, y)
    assert np.array_equal(own.optimizer.variables[2].numpy(), before)
    own.layers[0].trainable = False
    own.compile(own.optimizer, "mse")
    own.train_on_batch(x, y)
    assert len(own.optimizer.variables) == 4


@pytest.mark.parametrize("options", [{}, {"use_ema": True}])
def test_exception_in_the_third_step(rng, options):
    """It comes with the last variable, when the others have been updated."""

    class Failing(Momentum):
        def update_step(self, gradient, variable, learning_rate):
            super().update_step(gradient, variable, learning_rate)
            if int(self.iterations) == 2 and self._get_variable_index(variable) == 3:
                raise ArithmeticError("third")

    own, twin = regression(Failing(**options)), regression(Momentum(**options))
    twin.set_weights(own.get_weights())
    x, y = examples(rng)
    with pytest.raises(ArithmeticError, match="third") as raised:
        own.fit(x, y, batch_size=10, shuffle=False, verbose=0)
    assert raised.traceback[-1].name == "update_step"
    for first in range(0, 20, 10):
        twin.train_on_batch(x[first : first + 10], y[first : first + 10])
    same_weights(own, twin)
    for mine, theirs in zip(own.optimizer.variables, twin.optimizer.variables, strict=True):
        assert np.array_equal(mine.numpy(), theirs.numpy())
    assert int(own.optimizer.iterations) == 2


def test_config_and_clone(rng):
    model = regression(Momentum(0.2, momentum=0.5))
    clone = bardana.models.clone_model(model)
    assert (type(clone.optimizer), clone.optimizer.momentum) == (Momentum, 0.5)
    x, y = examples(rng)
    model.fit(x, y, verbose=0), clone.fit(x, y, verbose=0)
    assert clone.optimizer.velocities[0] is not model.optimizer.velocities[0]


def test_optimizer_without_a_rule():
    class Nothing(bardana.optimizers.Optimizer):
        pass

    with pytest.raises(TypeError, match=r"def update_step\(self, gradient, variable, learning_rate\)"):
        regression(Nothing(0.1)).train_on_batch(np.zeros((1, 5)), np.zeros((1, 3)))
