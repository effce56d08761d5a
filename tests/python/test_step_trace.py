"""`trace_step`: every intermediate of one backpropagation step, against NumPy, the engine and tf.GradientTape.

Tolerances: 1e-12 for float64 sums of two terms worked by hand, 1e-5 for float32 where both sides round a few sums.
"""

import re

import numpy as np
import pytest
from keras_twin import assert_close, random_weights

import bardana
from bardana import layers, losses, optimizers, regularizers

OPTIMIZERS = {
    "sgd": lambda: optimizers.SGD(0.1),
    "nesterov": lambda: optimizers.SGD(0.1, momentum=0.9, nesterov=True, clipnorm=0.5),
    "schedule": lambda: optimizers.SGD(optimizers.schedules.InverseTimeDecay(0.5, 1, 1.0)),
    "function": lambda: optimizers.RMSprop(lambda: 0.02),
    "adam": lambda: optimizers.Adam(0.01, use_ema=True),
    "accumulating": lambda: optimizers.AdamW(0.01, gradient_accumulation_steps=2),
    "own": lambda: Halving(0.1),
}


class Halving(optimizers.Optimizer):
    """An optimizer with a slot, in Python."""

    def build(self, variables):
        super().build(variables)
        self.memory = [self.add_variable_from_reference(v, "memory") for v in variables]

    def update_step(self, gradient, variable, learning_rate):
        slot = self.memory[self._get_variable_index(variable)]
        slot.assign(0.5 * slot.numpy() + gradient)
        variable.assign_sub(learning_rate * slot.numpy())


def small_net(dtype="float64"):
    net = bardana.Sequential(
        [
            bardana.Input((2,), dtype=dtype),
            layers.Dense(2, "sigmoid", dtype=dtype, name="hidden"),
            layers.Dense(2, "sigmoid", dtype=dtype, name="out"),
        ],
        name="net",
    )
    net.set_weights([[[0.2, -0.4], [0.5, 0.3]], [0.1, -0.2], [[0.6, -0.1], [-0.3, 0.7]], [0.05, 0.25]])
    return net


def rich_net(dtype="float32"):
    """Every kind of layer that can be traced."""
    return bardana.Sequential(
        [
            bardana.Input((2, 3), dtype=dtype),
            layers.Flatten(dtype=dtype),
            layers.Dense(5, "tanh", kernel_regularizer="l2", bias_regularizer="l1", dtype=dtype),
            layers.LeakyReLU(0.2, dtype=dtype),
            layers.Dense(4, activity_regularizer=regularizers.L2(0.1), use_bias=False, dtype=dtype),
            layers.Activation("selu", dtype=dtype),
            bardana.Sequential([layers.Dense(6, "swish", kernel_constraint="max_norm", dtype=dtype)]),
            layers.Reshape((2, 3), dtype=dtype),
            layers.Permute((2, 1), dtype=dtype),
            layers.Flatten(dtype=dtype),
            layers.ActivityRegularization(l1=0.1, dtype=dtype),
            layers.Dense(3, "softmax", dtype=dtype),
        ]
    )


def test_the_classic_net_by_hand():
    """2-2-2 with sigmoids, two rows, mean squared error: L = Σ (a − y)² / 4."""
    x, y = np.array([[0.5, -1.0], [-0.3, 0.8]]), np.array([[1.0, 0.0], [0.2, 0.9]])
    model = small_net()
    model.compile(optimizers.SGD(0.5), "mse")
    step = model.trace_step(x, y)
    w1, b1, w2, b2 = model.get_weights()
    z1 = x @ w1 + b1
    a1 = 1 / (1 + np.exp(-z1))
    z2 = a1 @ w2 + b2
    a2 = 1 / (1 + np.exp(-z2))
    error2 = 2 * (a2 - y) / 4
    delta2 = error2 * a2 * (1 - a2)
    error1 = delta2 @ w2.T
    delta1 = error1 * a1 * (1 - a1)
    expected = {
        "hidden": (x, z1, a1, a1 * (1 - a1), error1, delta1, x.T @ delta1, delta1.sum(axis=0), w1, b1),
        "out": (a1, z2, a2, a2 * (1 - a2), error2, delta2, a1.T @ delta2, delta2.sum(axis=0), w2, b2),
    }
    for name, (inputs, z, a, slope, error, delta, dw, db, w, b) in expected.items():
        layer = step[name]
        pairs = [(layer.input, inputs), (layer.z, z), (layer.output, a), (layer.derivative, slope)]
        pairs += [(layer.error, error), (layer.delta, delta), (layer.gradients["kernel"], dw)]
        pairs += [(layer.gradients["bias"], db), (layer.updated["kernel"], w - 0.5 * dw)]
        pairs += [(layer.updated["bias"], b - 0.5 * db), (layer.weights["kernel"], w)]
        for actual, wanted in pairs:
            np.testing.assert_allclose(actual, wanted, rtol=1e-12, atol=1e-14)
    assert step.loss == pytest.approx(((a2 - y) ** 2).mean(), rel=1e-12)
    np.testing.assert_allclose(step.input_gradient, delta1 @ w1.T, rtol=1e-12)
    assert step[-1] is step["out"]
    assert step.as_dict()["layers"]["out"]["delta"] is step["out"].delta
    with pytest.raises(KeyError, match=r"one of \['hidden', 'out'\], received 'middle'"):
        step["middle"]


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_gradients_and_new_weights_are_those_of_the_engine(name, dtype, rng):
    """To the bit, also with what the optimizer remembers of steps before; and the model stays as it was."""
    model = rich_net(dtype)
    model.compile(OPTIMIZERS[name](), "sparse_categorical_crossentropy", loss_weights=2.0, metrics=["accuracy"])
    x, y, weight = rng.normal(size=(5, 2, 3)), rng.integers(0, 3, 5), rng.uniform(0.5, 2, 5)
    for _ in range(4):
        before = model.get_weights()
        state = [v.numpy() for v in model.optimizer.variables]
        step = model.trace_step(x, y, weight)
        for kept, now in zip(before, model.get_weights(), strict=True):
            assert np.array_equal(kept, now)
        for kept, variable in zip(state, model.optimizer.variables, strict=True):
            assert np.array_equal(kept, variable.numpy())
        loss, by_weight, by_input = model.compute_gradients(x, y, weight)
        assert step.loss == loss
        assert np.array_equal(step.input_gradient, by_input)
        for ours, theirs in zip(step.gradients, by_weight, strict=True):
            assert np.array_equal(ours, theirs)
        assert np.array_equal(step.prediction, model.predict(x, verbose=0))
        assert_close(step[-1].output, step.prediction, 1e-6)
        model.train_on_batch(x, y, weight)
        for ours, theirs in zip(step.updated, model.get_weights(), strict=True):
            assert np.array_equal(ours, theirs)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_update_takes_the_step(name, rng):
    models = [rich_net(), rich_net()]
    weights = random_weights(models[0], rng)
    x, y = rng.normal(size=(5, 2, 3)), rng.integers(0, 3, 5)
    for model in models:
        model.set_weights(weights)
        model.compile(OPTIMIZERS[name](), "sparse_categorical_crossentropy")
    for _ in range(3):
        models[0].trace_step(x, y, update=True)
        models[1].train_on_batch(x, y)
        for ours, theirs in zip(models[0].get_weights(), models[1].get_weights(), strict=True):
            assert np.array_equal(ours, theirs)
    states = [[v.numpy() for v in model.optimizer.variables] for model in models]
    for ours, theirs in zip(*states, strict=True):
        assert np.array_equal(ours, theirs)


def test_every_line_follows_from_its_formula(rng):
    model = rich_net("float64")
    model.set_weights(random_weights(model, rng))
    model.compile("sgd", "categorical_crossentropy")
    x, y = rng.normal(size=(4, 2, 3)), np.eye(3)[[0, 2, 1, 0]]
    step = model.trace_step(x, y)
    for layer in step.layers:
        if layer.delta is None:
            assert layer.z is None
            continue
        if layer.activation == "softmax":
            delta = np.einsum("rji,rj->ri", layer.derivative, layer.error)
        else:
            delta = layer.error * layer.derivative
        np.testing.assert_allclose(layer.delta, delta, rtol=1e-9, atol=1e-12, err_msg=layer.name)
        if "kernel" in layer.gradients and not layer.penalties & {"kernel", "bias"}:
            np.testing.assert_allclose(layer.gradients["kernel"], layer.input.T @ layer.delta, rtol=1e-9, atol=1e-12)
    for layer, following in zip(step.layers, step.layers[1:], strict=False):
        assert np.array_equal(layer.output, following.input)
        if following.has_kernel and "output" not in layer.penalties:
            error = following.delta @ following.weights["kernel"].T
            np.testing.assert_allclose(layer.error, error, rtol=1e-9, atol=1e-12, err_msg=layer.name)


@pytest.mark.parity
@pytest.mark.parametrize("activation", ["relu", "sigmoid", "tanh", "selu", "gelu", "softmax"])
@pytest.mark.parametrize("loss", ["mse", "mae", "categorical_crossentropy", "huber"])
def test_deltas_are_those_of_the_gradient_tape(keras, activation, loss, rng):
    import tensorflow as tf

    model = bardana.Sequential([bardana.Input((3,)), layers.Dense(4, activation), layers.Dense(2, "softmax")])
    model.set_weights(random_weights(model, rng))
    model.compile("sgd", loss)
    x, y = rng.normal(size=(5, 3)).astype("float32"), np.eye(2, dtype="float32")[rng.integers(0, 2, 5)]
    step = model.trace_step(x, y)
    w1, b1, w2, b2 = map(tf.constant, model.get_weights())
    with tf.GradientTape() as tape:
        z1 = tf.constant(x) @ w1 + b1
        tape.watch(z1)
        a1 = keras.activations.get(activation)(z1)
        z2 = a1 @ w2 + b2
        tape.watch([a1, z2])
        a2 = tf.nn.softmax(z2)
        tape.watch(a2)
        value = keras.losses.get(loss)(tf.constant(y), a2)
        value = tf.reduce_mean(value)
    found = tape.gradient(value, [z1, a1, z2, a2])
    ours = (step[0].delta, step[0].error, step[1].delta, step[1].error)
    for name, actual, expected in zip(("δ1", "dL/da1", "δ2", "dL/da2"), ours, found, strict=True):
        assert_close(actual, expected.numpy(), 1e-5, name, floor=1e-7)


def test_noise_is_off(rng):
    def make(*noise):
        return bardana.Sequential([bardana.Input((3,)), layers.Dense(4, "relu"), *noise, layers.Dense(1)])

    noisy, plain = make(layers.Dropout(0.9), layers.GaussianNoise(1.0)), make()
    noisy.set_weights(plain.get_weights())
    x, y = rng.normal(size=(6, 3)), rng.normal(size=(6, 1))
    steps = []
    for model in (noisy, plain):
        model.compile("adam", "mse")
        steps.append(model.trace_step(x, y, update=True))
    for with_noise, without in zip(steps[0].updated, noisy.get_weights(), strict=True):
        assert np.array_equal(with_noise, without)
    for with_noise, without in zip(steps[0].updated, steps[1].updated, strict=True):
        assert np.array_equal(with_noise, without)
    assert "Dropout, off" in str(steps[0])


def test_tracing_leaves_names_and_random_numbers_alone():
    kernels = []
    for traces in (False, True):
        bardana.utils.set_random_seed(3)
        model = small_net()
        model.compile("sgd", "mse")
        if traces:
            model.trace_step(np.ones((1, 2)), np.ones((1, 2)))
        bardana.backend.clear_session()
        if traces:
            model.trace_step(np.ones((1, 2)), np.ones((1, 2)), update=True)
        other = bardana.Sequential([bardana.Input((2,)), layers.Dense(2)])
        assert (other.name, other.layers[0].name) == ("sequential", "dense")
        kernels.append(other.get_weights()[0])
    assert np.array_equal(*kernels)


def test_equal_names_in_models_inside_become_paths():
    inner = bardana.Sequential([layers.Dense(3, "relu", name="same"), layers.Dense(2, name="last")], name="tail")
    model = bardana.Sequential([bardana.Input((4,)), layers.Dense(4, "tanh", name="same"), inner], name="whole")
    model.compile("adam", {"tail": "mse"})
    step = model.trace_step(np.ones((2, 4)), np.zeros((2, 2)))
    assert [layer.name for layer in step.layers] == ["same", "tail/same", "tail/last"]
    assert step["tail/same"].z.shape == (2, 3)


def test_during_fit_a_step_is_traced_but_not_taken():
    model = small_net()
    model.compile("sgd", "mse")
    x, y = np.ones((4, 2)), np.zeros((4, 2))

    class Trace(bardana.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.step = model.trace_step(x, y)
            assert self.step.loss == model.compute_gradients(x, y).loss
            with pytest.raises(RuntimeError, match="training"):
                model.trace_step(x, y, update=True)

    callback = Trace()
    model.fit(x, y, epochs=2, verbose=0, callbacks=[callback])
    assert callback.step.loss > 0


def test_a_frozen_layer_has_deltas_and_no_gradients(rng):
    model = small_net()
    model.layers[0].trainable = False
    model.compile("sgd", "mse")
    step = model.trace_step(rng.normal(size=(3, 2)), rng.normal(size=(3, 2)))
    assert step[0].gradients == {}
    assert np.abs(step[0].delta).min() > 0
    assert np.array_equal(step[0].weights["kernel"], step[0].updated["kernel"])
    assert len(step.gradients) == 2


def test_decay_spares_what_the_optimizer_spares(rng):
    model = small_net()
    optimizer = optimizers.AdamW(0.01, weight_decay=0.5)
    optimizer.exclude_from_weight_decay(var_list=[model.layers[0].kernel])
    model.compile(optimizer, "mse")
    x, y = rng.normal(size=(3, 2)), rng.normal(size=(3, 2))
    step = model.trace_step(x, y)
    model.train_on_batch(x, y)
    for ours, theirs in zip(step.updated, model.get_weights(), strict=True):
        assert np.array_equal(ours, theirs)


def test_a_loss_in_python(rng):
    class Fourth(losses.Loss):
        def call(self, y_true, y_pred):
            return ((y_pred - y_true) ** 4).mean(axis=-1)

        def gradient(self, y_true, y_pred):
            return 4 * (y_pred - y_true) ** 3 / y_pred.shape[-1]

    model = small_net()
    model.compile("sgd", Fourth())
    x, y = rng.normal(size=(3, 2)), rng.normal(size=(3, 2))
    step = model.trace_step(x, y)
    np.testing.assert_allclose(step[-1].error, 4 * (step.prediction - y) ** 3 / 6, rtol=1e-12)


class Own(layers.Layer):
    """A layer in Python."""

    def forward(self, x, training=False):
        return x

    def backward(self, dy):
        return dy, []


@pytest.mark.parametrize(
    "layer", [layers.BatchNormalization, layers.LayerNormalization, layers.PReLU, layers.UnitNormalization, Own]
)
def test_a_layer_with_other_formulas_is_named(layer):
    model = bardana.Sequential([bardana.Input((2,)), layer(name="culprit"), layers.Dense(1)])
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match=f"received layer 'culprit' of {layer.__name__}"):
        model.trace_step(np.ones((1, 2)), np.ones((1, 1)))


def test_bad_arguments_are_refused():
    model = small_net()
    with pytest.raises(ValueError, match="compile"):
        model.trace_step(np.ones((1, 2)), np.ones((1, 2)))
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match="update"):
        model.trace_step(np.ones((1, 2)), np.ones((1, 2)), update="yes")
    with pytest.raises(ValueError, match="x"):
        model.trace_step(np.ones((1, 3)), np.ones((1, 2)))


def test_the_table_is_narrow_and_aligned(rng):
    model = small_net()
    model.compile(optimizers.SGD(0.5), "mse")
    text = str(model.trace_step(np.array([[0.5, -1.0]]), np.array([[1.0, 0.0]])))
    assert max(map(len, text.splitlines())) <= 120
    for formula in (
        "z = x W + b",
        "δ = dL/da · f′(z)",
        "dL/da = δ⁺ W⁺ᵀ",
        "dL/dW = xᵀ δ",
        "dL/db = Σ_rows δ",
        "W ← W − η dL/dW",
    ):
        assert formula in text
    heading = next(line for line in text.splitlines() if line.startswith("line "))
    start = heading.index("values")
    points = [[m.start() for m in re.finditer(r"\.", line[start:])] for line in text.splitlines()[4:]]
    assert {place for line in points if line for place in line} == {5, 18}
    model.compile("adam", "mse")
    assert "W ← Adam(W, dL/dW)" in str(model.trace_step(np.ones((1, 2)), np.ones((1, 2))))


def test_long_arrays_are_shortened():
    model = bardana.Sequential([bardana.Input((40,)), layers.Dense(100, "relu"), layers.Dense(10, "softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy")
    x = np.random.default_rng(0).normal(size=(50, 40)) * 1e6
    step = model.trace_step(x, np.zeros(50, int))
    text = str(step)
    assert len(text.splitlines()) < 140
    assert max(map(len, text.splitlines())) <= 120
    assert "…" in text and "⋮" in text
    assert "50 rows" in repr(step) or "50 rows" in text
