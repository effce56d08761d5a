"""Layers written in Python: beside the built-in ones, beside live Keras, in several threads, and when they fail."""

import gc
import threading
import time
import weakref

import numpy as np
import pytest
from background import Background
from keras_twin import assert_close, assert_same_gradients, keras_gradients

import bardana


@bardana.saving.register_keras_serializable("tests")
class PythonDense(bardana.layers.Layer):
    """What `keras.layers.Dense` computes, without activation."""

    def __init__(self, units, kernel_regularizer=None, kernel_constraint=None, **options):
        super().__init__(**options)
        self.units = units
        self.options = {"regularizer": kernel_regularizer, "constraint": kernel_constraint}

    def build(self, input_shape):
        self.kernel = self.add_weight((input_shape[-1], self.units), name="kernel", **self.options)
        self.bias = self.add_weight((self.units,), "zeros", name="bias")

    def forward(self, x, training=False):
        self.x = x
        return x @ np.asarray(self.kernel) + self.bias.numpy()

    def backward(self, dy):
        return dy @ self.kernel.numpy().T, [self.x.T @ dy, dy.sum(axis=0)]


class Standardize(bardana.layers.Layer):
    """Subtract a moving mean that training moves, without a weight that learns."""

    def build(self, input_shape):
        self.mean = self.add_weight((input_shape[-1],), "zeros", trainable=False, name="mean")

    def forward(self, x, training=False):
        if training:
            self.mean.assign(0.5 * self.mean.numpy() + 0.5 * x.mean(axis=0))
        return x - self.mean

    def backward(self, dy):
        return dy


def network(dense, *between, optimizer="adam", output=3, **options):
    made = [dense(7, **options), bardana.layers.Activation("tanh"), *between, dense(output)]
    model = bardana.Sequential([bardana.Input((5,)), *made])
    model.compile(optimizer, "mse", metrics=["mae"])
    return model


def twins(*between, **options):
    """The same network with layers in Python and built-in ones, with the same weights."""
    first, second = (network(d, *between, **options) for d in (PythonDense, bardana.layers.Dense))
    second.set_weights(first.get_weights())
    return first, second


def examples(rng, rows=70):
    return rng.normal(size=(rows, 5)).astype("float32"), rng.normal(size=(rows, 3)).astype("float32")


def same_weights(first, second, tolerance=0.0):
    for mine, theirs in zip(first.get_weights(), second.get_weights(), strict=True):
        assert_close(mine, theirs, tolerance)


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_custom_dense_trains_like_the_built_in_one(rng, optimizer):
    """70 rows in batches of 32, the last one smaller; matrix products are summed in another order: 20 roundings."""
    own, twin = twins(optimizer=optimizer, kernel_regularizer="l2", kernel_constraint="unit_norm")
    x, y = examples(rng)
    options = {"epochs": 3, "verbose": 0, "shuffle": False, "validation_data": (x[:9], y[:9])}
    options["sample_weight"] = rng.uniform(size=70).astype("float32")
    first, second = own.fit(x, y, **options).history, twin.fit(x, y, **options).history
    for name, values in first.items():
        assert_close(values, second[name], 1e-5, name)
    same_weights(own, twin, 1e-4)
    assert_close(own.predict(x, verbose=0), twin.predict(x, verbose=0), 1e-4)
    assert_close(own.evaluate(x, y, verbose=0), twin.evaluate(x, y, verbose=0), 1e-5)
    assert_close(own.layers[0](x), twin.layers[0](x), 1e-4)


def test_gradients_equal_the_built_in_ones(rng):
    own, twin = twins()
    x, y = examples(rng, 10)
    expected = twin.compute_gradients(x, y)
    assert_same_gradients(own.compute_gradients(x, y), expected, 1e-5, "custom dense")


@pytest.mark.parity
def test_the_same_layer_in_keras(keras, rng):
    class KerasDense(keras.layers.Layer):
        def __init__(self, units):
            super().__init__()
            self.units = units

        def build(self, input_shape):
            self.kernel = self.add_weight(shape=(input_shape[-1], self.units), name="kernel")
            self.bias = self.add_weight(shape=(self.units,), initializer="zeros", name="bias")

        def call(self, x):
            return keras.ops.matmul(x, self.kernel) + self.bias

    own = network(PythonDense, optimizer=bardana.optimizers.SGD(0.1))
    theirs = keras.Sequential([keras.Input((5,)), KerasDense(7), keras.layers.Activation("tanh"), KerasDense(3)])
    theirs.compile(keras.optimizers.SGD(0.1), "mse", metrics=["mae"])
    theirs.set_weights(own.get_weights())
    assert [(v.name, v.shape, v.trainable) for v in own.variables] == [
        (v.name, tuple(v.shape), v.trainable) for v in theirs.variables
    ]
    x, y = examples(rng)
    assert_same_gradients(
        own.compute_gradients(x[:9], y[:9]),
        keras_gradients(theirs, keras.losses.MeanSquaredError(), x[:9], y[:9]),
        1e-5,
        "",
    )
    options = {"epochs": 2, "verbose": 0, "shuffle": False, "batch_size": 16}
    first, second = own.fit(x, y, **options).history, theirs.fit(x, y, **options).history
    for name, values in first.items():
        assert_close(values, second[name], 1e-5, name)
    same_weights(own, theirs, 1e-5)


def test_outputs_of_another_rank_and_a_declared_shape(rng):
    class Outer(bardana.layers.Layer):
        def forward(self, x):
            self.x = x
            return x[:, :, np.newaxis] * x[:, np.newaxis, :]

        def backward(self, dy):
            return np.einsum("nij,nj->ni", dy + dy.transpose(0, 2, 1), self.x)

    class Declared(Outer):
        def compute_output_shape(self, input_shape):
            return (*input_shape, input_shape[-1])

        def forward(self, x):
            assert x.any(), "no pass over zeros"
            return super().forward(x)

    x, y = examples(rng, 10)
    for layer in (Outer(), Declared()):
        model = bardana.Sequential([bardana.Input((5,)), bardana.layers.Dense(4), layer, bardana.layers.Flatten()])
        model.add(bardana.layers.Dense(3))
        model.compile("sgd", "mse")
        assert layer.output_shape == (None, 4, 4)
        z = x @ model.get_weights()[0] + model.get_weights()[1]
        flat = (z[:, :, np.newaxis] * z[:, np.newaxis, :]).reshape(10, 16)
        assert_close(model.predict(x, verbose=0), flat @ model.get_weights()[2] + model.get_weights()[3], 1e-5)
        _, gradients, _ = model.compute_gradients(x, y)
        shift, h = rng.normal(size=(5, 4)), 1e-3
        losses = []
        for side in (-h, h):
            moved = model.get_weights()
            moved[0] = moved[0] + side * shift
            twin = bardana.models.clone_model(model)
            twin.set_weights(moved)
            losses.append(twin.test_on_batch(x, y))
        assert_close((losses[1] - losses[0]) / (2 * h), np.sum(gradients[0] * shift), 1e-2)


def test_gradients_are_checked_by_differences_and_a_wrong_one_is_found(rng):
    class Wrong(PythonDense):
        def backward(self, dy):
            dx, (dw, db) = super().backward(dy)
            return dx, [1.01 * dw, db]

    x, y = examples(rng, 4)
    model = network(PythonDense)
    before = model.get_weights()
    assert model.check_gradients(x, y).ok
    assert model.layers[0].kernel.dtype == "float32"
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))
    report = network(Wrong).check_gradients(x, y)
    assert not report.ok
    assert "kernel" in report.variable


def test_inside_a_model_that_is_a_layer_and_in_float64(rng):
    x, y = examples(rng)
    made = []
    for dense in (PythonDense, bardana.layers.Dense):
        inner = bardana.Sequential([dense(7, dtype="float64"), bardana.layers.Activation("tanh", dtype="float64")])
        outer = bardana.Sequential([bardana.Input((5,), dtype="float64"), inner, dense(3, dtype="float64")])
        outer.compile("sgd", "mse", run_eagerly=True)
        made.append(outer)
    made[1].set_weights(made[0].get_weights())
    for model in made:
        model.fit(x, y, batch_size=16, epochs=2, shuffle=False, verbose=0)
    same_weights(*made, 1e-12)
    assert made[0].layers[0].layers[0].kernel.path.count("/") == 3


def test_frozen_layers_learn_nothing(rng):
    own, twin = twins()
    x, y = examples(rng)
    for model in (own, twin):
        model.layers[0].trainable = False
        model.compile("sgd", "mse")
        model.fit(x, y, verbose=0, shuffle=False)
    assert len(own.trainable_variables) == 2
    same_weights(own, twin, 1e-5)


def test_variables_that_forward_assigns(rng):
    layer = Standardize()
    model = network(PythonDense, layer, optimizer="sgd")
    x, y = examples(rng, 32)
    hidden = np.tanh(model.layers[0](x))
    model.predict(x, verbose=0)
    assert not layer.mean.numpy().any()
    model.compute_gradients(x, y, training=True)
    assert not layer.mean.numpy().any()  # as the moving averages of BatchNormalization
    model.train_on_batch(x, y)
    assert_close(layer.mean.numpy(), 0.5 * hidden.mean(axis=0), 1e-5)


def test_no_assignment_where_others_may_read(rng):
    class Assigning(Standardize):
        def forward(self, x, training=False):
            return super().forward(x, training=x.any())

    model = bardana.Sequential([bardana.Input((5,)), Assigning()])
    with pytest.raises(RuntimeError, match="expected no variable to be assigned"):
        model.predict(examples(rng)[0], verbose=0)


@pytest.mark.parametrize("method", ["forward", "backward"])
@pytest.mark.parametrize("error", [ArithmeticError, KeyboardInterrupt])
@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_failure_in_the_third_batch_leaves_two_steps(rng, method, error, optimizer):
    """The first layer assigns its mean in every forward pass; that of the failing step is taken back."""

    class Failing(PythonDense):
        steps = 0

    def fail(self, *arguments, **options):
        self.steps += np.any(arguments[0])  # not the pass over zeros
        if self.steps == 3:
            raise error("third")
        return getattr(PythonDense, method)(self, *arguments, **options)

    setattr(Failing, method, fail)
    own, twin = (
        bardana.Sequential([bardana.Input((5,)), Standardize(), dense(4), dense(3)]) for dense in (Failing, PythonDense)
    )
    if method == "forward":
        own.layers[2].steps = own.layers[1].steps = -10  # two layers count apart
        own.layers[2].steps = 0
    else:
        own.layers[2].steps = -10
    twin.set_weights(own.get_weights())
    x, y = examples(rng)
    for model in (own, twin):
        model.compile(optimizer, "mse")
    with pytest.raises(error) as raised:
        own.fit(x, y, batch_size=10, shuffle=False, verbose=0)
    assert raised.traceback[-1].name == "fail"
    twin.fit(x[:20], y[:20], batch_size=10, shuffle=False, verbose=0)
    same_weights(own, twin)
    for mine, theirs in zip(own.optimizer.variables, twin.optimizer.variables, strict=True):
        assert np.array_equal(mine.numpy(), theirs.numpy())
    assert int(own.optimizer.iterations) == 2
    own.fit(x, y, batch_size=10, verbose=0)


def test_exception_in_predict_and_evaluate(rng):
    class Failing(PythonDense):
        def forward(self, x, training=False):
            if x.any():
                raise LookupError("no")
            return super().forward(x)

    x, y = examples(rng)
    model = network(Failing)
    for call in (lambda: model.predict(x, verbose=0), lambda: model.evaluate(x, y, verbose=0), lambda: model(x)):
        with pytest.raises(LookupError, match="no"):
            call()


@pytest.mark.parametrize(
    ("method", "result", "message"),
    [
        ("forward", lambda x: x[:, :2], r"forward\(x\): expected an array of shape \(70, 5\), received \(70, 2\)"),
        ("forward", lambda x: "text", "expected an array of numbers, received 'text'"),
        ("backward", lambda dy: dy[:1], r"backward\(dy\), dx: expected an array of shape \(70, 5\), received \(1, 5\)"),
        ("backward", lambda dy: (dy, [dy]), "one for each trainable weight \\(w, b\\), received 1"),
        ("backward", lambda dy: dy, "expected dx and a list of 2 gradients"),
        (
            "backward",
            lambda dy: (dy, [np.zeros(3), 0]),
            r"gradient of w: expected an array of shape \(\), received \(3,\)",
        ),
    ],
)
def test_results_that_do_not_fit(rng, method, result, message):
    class Misfit(bardana.layers.Layer):
        def build(self, input_shape):
            self.w, self.b = self.add_weight(name="w"), self.add_weight(name="b")

        def forward(self, x):
            return x if len(x) == 2 or method == "backward" else result(x)

        def backward(self, dy):
            return result(dy) if method == "backward" else (dy, [None, None])

    model = bardana.Sequential([bardana.Input((5,)), bardana.layers.Dense(5), Misfit(name="odd")])
    model.compile("sgd", "mse")
    x = examples(rng)[0]
    with pytest.raises((ValueError, TypeError), match=message) as raised:
        model.train_on_batch(x, x)
    assert "layer 'odd', " in str(raised.value)


def test_layer_with_call_is_shown_what_to_write():
    class Doubling(bardana.layers.Layer):
        def call(self, x):
            return 2 * x

    class OwnDense(bardana.layers.Dense):
        def call(self, x):
            return x

    for layer in (Doubling(), OwnDense(3)):
        with pytest.raises(TypeError, match=rf"class {type(layer).__name__}\(.*\n.*def forward\(self, x, training"):
            bardana.Sequential([bardana.Input((5,)), layer])


def test_subclass_of_a_built_in_layer_computes_as_that():
    class Wide(bardana.layers.Dense):
        def __init__(self, **options):
            super().__init__(20, "relu", **options)

    model = bardana.Sequential([bardana.Input((5,)), Wide()])
    assert model.output_shape == (None, 20)
    assert "f=relu" in model.explain()


def test_layer_without_backward_predicts_and_may_stand_before_all_that_learns(rng):
    class Squares(bardana.layers.Layer):
        def forward(self, x):
            return x * x

    class Weighted(Squares):
        def build(self, input_shape):
            self.scale = self.add_weight(name="scale")

    x, y = examples(rng)
    model = bardana.Sequential([bardana.Input((5,)), bardana.layers.Dense(3), Squares(name="squares")])
    w, b = model.get_weights()
    assert_close(model.predict(x, verbose=0), (x @ w + b) ** 2, 1e-5)
    with pytest.raises(TypeError, match=r"layer 'squares': training.*\n(.*\n)*.*class Squares(.*\n)*.*return dx"):
        model.compile("sgd", "mse")
    with pytest.raises(TypeError, match=r"return dx, \[d_scale\]"):
        bardana.Sequential([bardana.Input((5,)), Weighted()]).compile("sgd", "mse")
    unbuilt = bardana.Sequential([bardana.layers.Dense(3), Squares()])
    unbuilt.compile("sgd", "mse")
    with pytest.raises(TypeError, match="def backward"):
        unbuilt.fit(x, y, verbose=0)
    model.layers[0].trainable = False
    model.compile("sgd", "mse")
    assert_close(model.evaluate(x, y, verbose=0), np.square((x @ w + b) ** 2 - y).mean(), 1e-5)
    first = bardana.Sequential([bardana.Input((5,)), Squares(), bardana.layers.Dense(3)])
    first.compile("sgd", "mse")
    first.fit(x, y, verbose=0)
    with pytest.raises(TypeError, match="def backward"):
        first.compute_gradients(x, y)


def test_build_is_undone_if_it_fails_and_may_be_called_by_the_user():
    class Failing(PythonDense):
        def build(self, input_shape):
            super().build(input_shape)
            if input_shape[-1] == 5:
                raise ValueError("five")

    layer = Failing(3)
    with pytest.raises(ValueError, match="five"):
        bardana.Sequential([bardana.Input((5,)), layer])
    assert not layer.built
    assert not hasattr(layer, "kernel")
    assert layer.compute_output_shape((None, 4)) == (None, 3)
    assert layer.variables == []
    layer.build((None, 4))
    assert (layer.built, layer.kernel.shape, layer.kernel.path) == (True, (4, 3), f"{layer.name}/kernel")
    with pytest.raises(RuntimeError, match="built already"):
        layer.add_weight()


def test_layers_inside_are_refused():
    class Block(PythonDense):
        def build(self, input_shape):
            super().build(input_shape)
            self.inner = [bardana.layers.Dense(3)]

    with pytest.raises(TypeError, match=r"expected no layers inside .* as self.inner"):
        bardana.Sequential([bardana.Input((5,)), Block(3)])


def test_config_clone_and_registration(rng):
    model = network(PythonDense)
    again = bardana.Sequential.from_config(model.get_config())
    clone = bardana.models.clone_model(model)
    entry = model.get_config()["layers"][1]
    assert entry["registered_name"] == "tests>PythonDense"
    assert entry["config"]["units"] == 7  # taken down, for there is no get_config
    for copy in (again, clone):
        assert isinstance(copy.layers[0], PythonDense)
        copy.set_weights(model.get_weights())
        x = examples(rng)[0]
        assert np.array_equal(copy.predict(x, verbose=0), model.predict(x, verbose=0))
    clone.fit(x, np.zeros((70, 3)), verbose=0)


def test_arrays_stay_with_those_who_keep_them(rng):
    kept = []

    class Keeping(PythonDense):
        def forward(self, x, training=False):
            kept.append(x)
            return super().forward(x)

    x, y = examples(rng)
    model = bardana.Sequential([bardana.Input((5,)), Keeping(3)])
    model.compile("sgd", "mse")
    model.fit(x, y, batch_size=16, shuffle=False, verbose=0)
    assert np.array_equal(np.concatenate(kept[1:]), x)


def test_model_and_layer_are_freed(rng):
    model = network(PythonDense)
    model.fit(*examples(rng), verbose=0)
    layer, native = weakref.ref(model.layers[0]), weakref.ref(model.native_for_prediction())
    del model
    gc.collect()
    assert layer() is None
    assert native() is None


def test_other_threads_predict_read_and_write_while_it_trains(rng):
    """The layer reads, assigns and gives way to other threads in every pass; none of them may wait for another."""

    class Slow(Standardize):
        def build(self, input_shape):
            super().build(input_shape)
            self.calls = bardana.Variable(0.0)

        def forward(self, x, training=False):
            self.calls.assign_add(1)
            time.sleep(1e-4)
            return super().forward(x, training)

    model = network(PythonDense, Slow(), optimizer="sgd")
    x, y = examples(rng)
    stop = threading.Event()

    def meanwhile(action):
        while not stop.is_set():
            action()

    weights = model.get_weights()
    actions = [lambda: model.predict(x, verbose=0), model.get_weights, lambda: model.set_weights(weights)]
    actions.append(lambda: model.evaluate(x, y, verbose=0))
    others = [Background(meanwhile, action) for action in actions]
    fit = Background(model.fit, x, y, batch_size=4, epochs=20, verbose=0)
    fit.join()
    stop.set()
    for other in others:
        other.join()


def test_two_models_with_a_layer_in_common(rng):
    shared = PythonDense(5)
    first = bardana.Sequential([bardana.Input((5,)), shared, bardana.layers.Dense(3)])
    second = bardana.Sequential([bardana.Input((5,)), shared])
    x, y = examples(rng)
    first.compile("sgd", "mse")
    first.fit(x, y, verbose=0)
    assert_close(second.predict(x, verbose=0), x @ shared.kernel.numpy() + shared.bias.numpy(), 1e-5)


def test_training_inside_a_step_is_refused(rng):
    x, y = examples(rng)

    class Training(PythonDense):
        def forward(self, x, training=False):
            if training:
                model.train_on_batch(x, y)
            return super().forward(x)

    model = bardana.Sequential([bardana.Input((5,)), Training(3)])
    model.compile("sgd", "mse")
    with pytest.raises(RuntimeError, match="expected no training inside one of its own steps"):
        model.train_on_batch(x, y)
