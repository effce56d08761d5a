"""Mistakes of users: the type of the exception, what the message says was expected and received, and what survives."""

import re
import warnings

import numpy as np
import pytest

import bardana as keras
from bardana import _core, kernels

X = np.random.default_rng(0).standard_normal((40, 4)).astype("float32")
LABELS = np.arange(40) % 3


def classifier(**arguments):
    model = keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.Dense(5, activation="relu", name="hidden"),
            keras.layers.Dense(3, activation="softmax", name="output"),
        ],
        name="classifier",
    )
    model.compile(**{"optimizer": "sgd", "loss": "sparse_categorical_crossentropy", **arguments})
    return model


class Unchanged:
    """Assert that no weight of a model changes inside the block."""

    def __init__(self, model):
        self.model = model

    def __enter__(self):
        self.before = self.model.get_weights()

    def __exit__(self, *failure):
        for old, new in zip(self.before, self.model.get_weights(), strict=True):
            np.testing.assert_array_equal(old, new)


def refused(call, *parts, error=ValueError):
    """Assert that call() raises and that its message holds every part; return the message."""
    with pytest.raises(error) as caught:
        call()
    message = str(caught.value)
    for part in parts:
        assert str(part) in message, f"{part!r} is not in: {message}"
    return message


@pytest.mark.parametrize("method", ["fit", "evaluate", "train_on_batch", "test_on_batch", "compute_gradients"])
@pytest.mark.parametrize("width", [3, 5])
def test_wrong_feature_width(method, width):
    model = classifier()
    with Unchanged(model):
        refused(lambda: getattr(model, method)(np.ones((40, width)), LABELS), "hidden", "(None, 4)", f"(40, {width})")


@pytest.mark.parametrize("shape", [(4,), (40,), (40, 4, 1), (40, 2, 2), (40, 1)])
def test_wrong_rank(shape):
    model = classifier()
    refused(lambda: model.predict(np.ones(shape), verbose=0), "(None, 4)", shape)
    refused(lambda: model(np.ones(shape)), "(None, 4)", shape)
    refused(lambda: model.predict_on_batch(np.ones(shape)), "(None, 4)", shape)


@pytest.mark.parametrize("method", ["fit", "evaluate", "train_on_batch", "test_on_batch"])
def test_mismatched_lengths(method):
    model = classifier()
    with Unchanged(model):
        refused(lambda: getattr(model, method)(X, LABELS[:39]), "Data cardinality is ambiguous", "'x' sizes: 40", "39")
        refused(
            lambda: getattr(model, method)(X, LABELS, sample_weight=np.ones(7)),
            "Data cardinality is ambiguous",
            "40",
            "7",
        )


def test_mismatched_validation_data():
    model = classifier()
    with Unchanged(model):
        refused(lambda: model.fit(X, LABELS, verbose=0, validation_data=(X, LABELS[:5])), "cardinality", "40", "5")
        refused(lambda: model.fit(X, LABELS, verbose=0, validation_data=X), "validation_data", "(x, y)", "ndarray")
        refused(lambda: model.fit(X, LABELS, verbose=0, validation_data=(X[:, :2], LABELS)), "(None, 4)", "(40, 2)")


@pytest.mark.parametrize("units", [0, -3, 2.5, "3", None, True])
def test_bad_units(units):
    refused(lambda: keras.layers.Dense(units), "units", "expected", "positive integer", "received", repr(units))


@pytest.mark.parametrize("rate", [-0.1, 1.5, "half"])
def test_bad_dropout_rate(rate):
    refused(lambda: keras.layers.Dropout(rate), "rate", "received", repr(rate))


def test_unknown_names():
    refused(lambda: keras.layers.Dense(3, activation="rellu"), "rellu", "relu")
    refused(lambda: keras.layers.Activation("rellu"), "rellu", "relu")
    refused(lambda: classifier(loss="crossentropie"), "crossentropie")
    refused(lambda: classifier(optimizer="sgdd"), "sgdd")
    refused(lambda: classifier(metrics=["acuracy"]), "acuracy")
    refused(lambda: keras.layers.Dense(3, kernel_initializer="glorot"), "glorot")
    refused(lambda: keras.losses.get("foo"), "Could not interpret loss identifier: foo")
    refused(lambda: keras.metrics.get("foo"), "Could not interpret metric identifier: foo")
    refused(lambda: kernels.activate("rellu", X), "rellu", "relu")
    refused(lambda: kernels.activate("elu", X, beta=1.0), "elu", "beta")
    refused(lambda: keras.layers.Dense(3, dtype="float16"), "float32", "float16")


def test_wrong_compile_keeps_the_former_state():
    model = classifier()
    optimizer = model.optimizer
    refused(lambda: model.compile("sgd", "nonsense"), "nonsense")
    assert model.optimizer is optimizer
    model.fit(X, LABELS, verbose=0)


def test_a_python_function_is_no_activation_and_no_loss():
    refused(lambda: keras.layers.Dense(3, activation=lambda x: x * 2), "relu", error=TypeError)
    refused(lambda: classifier(loss=lambda t, y: (t - y) ** 2), "def gradient", error=TypeError)


def test_unknown_arguments():
    refused(lambda: keras.layers.Dense(3, activaton="relu"), "Dense", "activaton")
    refused(lambda: keras.optimizers.SGD(lr=0.1), "Argument(s) not recognized: {'lr': 0.1}")
    refused(lambda: keras.optimizers.SGD(clipnorm="small"), "clipnorm", "small")
    refused(lambda: keras.layers.Dense(3, kernel_regularizer="l3"), "regularizer", "l3")
    refused(lambda: keras.layers.Dense(3, bias_constraint=2), "constraint", "2")
    refused(lambda: classifier().evaluate(X, LABELS, verbosity=0), "verbosity")
    refused(lambda: classifier().fit(X, LABELS, steps_per_epoch=0), "steps_per_epoch", "0")
    refused(lambda: classifier().fit(X, LABELS, verbosity=0), "verbosity", error=TypeError)


@pytest.mark.parametrize("verbose", [-1, 3, "loud", None])
def test_bad_verbose(verbose):
    refused(lambda: classifier().fit(X, LABELS, verbose=verbose), "verbose", "received", repr(verbose))


@pytest.mark.parametrize("label", [-1, 3, 1000, 2**31, 2**32 + 1, -(2**32)])
@pytest.mark.parametrize("method", ["fit", "evaluate", "train_on_batch", "test_on_batch", "compute_gradients"])
def test_label_out_of_range_is_refused_before_any_step(method, label):
    model = classifier(metrics=["accuracy"])
    y = LABELS.astype("int64")
    y[-1] = label
    with Unchanged(model):
        refused(lambda: getattr(model, method)(X, y), "sparse_categorical_crossentropy", "0 to 2", "row 39")
    assert model.optimizer.iterations == 0


@pytest.mark.parametrize("label", [np.nan, np.inf, -np.inf, 1e300, -1.0])
def test_label_that_is_no_class_number(label):
    model = classifier()
    y = LABELS.astype("float64")
    y[7] = label
    with Unchanged(model):
        refused(lambda: model.fit(X, y, verbose=0), "expected class numbers from 0 to 2", "row 7")


def test_label_out_of_range_in_validation_data():
    model = classifier()
    bad = np.full(40, 3)
    with pytest.raises(ValueError, match="expected class numbers from 0 to 2"):
        model.fit(X, LABELS, verbose=0, validation_data=(X, bad))
    model.fit(X, LABELS, verbose=0)


@pytest.mark.parametrize("label", [3, -1, 2**33])
def test_label_out_of_range_for_a_loss_on_arrays(label):
    probabilities = np.full((2, 3), 1 / 3, "float32")
    y = np.array([0, label])
    refused(lambda: keras.losses.sparse_categorical_crossentropy(y, probabilities), "0 to 2", label)
    refused(lambda: keras.losses.SparseCategoricalCrossentropy()(y, probabilities), "0 to 2", label)


def test_targets_that_do_not_fit_the_output():
    with pytest.raises(ValueError, match=r"categorical_crossentropy: expected .*\(None, 3\).*, received \(None, 5\)"):
        classifier(loss="categorical_crossentropy").fit(X, np.ones((40, 5)), verbose=0)
    with pytest.raises(ValueError, match=r"mean_squared_error: expected .*\(None, 3\).*, received \(None,\)"):
        classifier(loss="mse").fit(X, np.ones(40), verbose=0)


@pytest.mark.parametrize("method", ["fit", "evaluate", "predict", "train_on_batch"])
def test_empty_data(method):
    model = classifier()
    arguments = (X[:0],) if method == "predict" else (X[:0], LABELS[:0])
    refused(lambda: getattr(model, method)(*arguments), "at least one", "(0, 4)")


@pytest.mark.parametrize("method", ["fit", "evaluate", "predict"])
def test_object_and_text_arrays(method):
    model = classifier()
    arguments = () if method == "predict" else (LABELS,)
    ragged = np.empty(40, object)
    ragged[:] = [[1.0], *[[1.0, 2.0]] * 39]
    refused(lambda: getattr(model, method)(ragged, *arguments), "x: expected an array of numbers", "object")
    text = np.full((40, 4), "1.5")
    refused(lambda: getattr(model, method)(text, *arguments), "expected an array of numbers", "<U3")
    refused(lambda: getattr(model, method)(X.astype(complex), *arguments), "complex128")


def test_python_lists_of_numbers():
    model = classifier()
    rows = X.tolist()
    refused(lambda: model.fit(rows, LABELS), "Unrecognized data type", "list", "np.array(x)")
    refused(lambda: model.fit(X, LABELS.tolist()), "Unrecognized data type", "list", "np.array(y)")
    refused(lambda: model.predict(rows), "Unrecognized data type", "list")
    refused(lambda: model.evaluate(rows, LABELS), "Unrecognized data type", "list")


@pytest.mark.parametrize("nothing", [None, 3.0, "data.csv", {"x": X}])
def test_things_that_are_no_arrays(nothing):
    refused(lambda: classifier().fit(nothing, LABELS), "x", "array", "received")
    refused(lambda: classifier().fit(X, nothing), "y", "array", "received")


def test_nan_in_x_trains_on_with_a_loss_of_nan():
    model = classifier()
    x = X.copy()
    x[3, 1] = np.nan
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        history = model.fit(x, LABELS, epochs=2, verbose=0)
    assert len(history.history["loss"]) == 2
    assert np.isnan(history.history["loss"]).all()


def test_infinity_in_x_does_not_stop_training():
    x = X.copy()
    x[3, 1] = np.inf
    assert len(classifier().fit(x, LABELS, epochs=2, verbose=0).history["loss"]) == 2


@pytest.mark.parametrize("method", ["fit", "evaluate", "train_on_batch", "test_on_batch", "compute_gradients"])
def test_before_compile(method):
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    refused(lambda: getattr(model, method)(X, LABELS), "You must call `compile()` before using the model")
    assert model.predict(X, verbose=0).shape == (40, 3)


def test_fit_without_loss():
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    model.compile("sgd")
    refused(lambda: model.fit(X, LABELS, verbose=0), "loss")


def test_set_weights_of_a_wrong_shape_changes_nothing():
    model = classifier()
    good = [np.ones_like(w) for w in model.get_weights()]
    with Unchanged(model):
        bad = [*good[:3], np.ones(4, "float32")]
        refused(lambda: model.set_weights(bad), "output/bias", "expected", "(3,)", "received", "(4,)")
        refused(lambda: model.set_weights(good[:3]), "expected a list of 4", "received 3")
        refused(lambda: model.set_weights([*good, good[0]]), "expected a list of 4", "received 5")
        refused(lambda: model.set_weights([good[0].T, *good[1:]]), "(4, 5)", "(5, 4)")
        refused(lambda: model.layers[1].set_weights([np.ones((5, 3)), np.ones(2)]), "(3,)", "(2,)")


def test_set_weights_of_a_wrong_type_changes_nothing():
    model = classifier()
    text = [*[np.ones_like(w) for w in model.get_weights()[:3]], np.array(["a", "b", "c"])]
    with Unchanged(model), pytest.raises((TypeError, ValueError)):
        model.set_weights(text)


def test_assigning_a_variable_of_a_wrong_shape():
    model = classifier()
    with Unchanged(model):
        refused(lambda: model.layers[0].kernel.assign(np.ones((5, 4))), "kernel", "(4, 5)", "(5, 4)")


@pytest.mark.parametrize("split", [1.0, 1.5, -0.1, 0.999, 0.01])
def test_validation_split_that_leaves_nothing(split):
    model = classifier()
    rows = 40 if split != 0.01 else 1
    with Unchanged(model):
        refused(
            lambda: model.fit(X[:rows], LABELS[:rows], verbose=0, validation_split=split),
            "validation_split",
            "expected",
            "received",
            *([rows] if 0 < split < 1 else [split]),
        )


@pytest.mark.parametrize("size", [0, -1, 2.5, "32"])
def test_bad_batch_size_and_epochs(size):
    model = classifier()
    refused(lambda: model.fit(X, LABELS, batch_size=size), "batch_size", "expected", "received", repr(size))
    refused(lambda: model.predict(X, batch_size=size), "batch_size", "received", repr(size))
    refused(lambda: model.evaluate(X, LABELS, batch_size=size), "batch_size", "received", repr(size))
    if size != 0:
        refused(lambda: model.fit(X, LABELS, epochs=size), "epochs", "expected", "received", repr(size))


def test_class_weight_and_sample_weight():
    model = classifier()
    both = {"class_weight": {0: 2.0}, "sample_weight": np.ones(40)}
    refused(lambda: model.fit(X, LABELS, verbose=0, **both), "class_weight", "sample_weight")
    refused(lambda: model.fit(X, LABELS, class_weight=[1, 2, 3]), "class_weight", "dict", "list", error=TypeError)
    refused(lambda: model.fit(X, LABELS, sample_weight=np.ones((40, 2))), "sample_weight", "(40,)", "(40, 2)")


def test_structure_mistakes():
    model = classifier()
    refused(lambda: model.add("dense"), "layer", "received", "dense")
    refused(lambda: model.add(keras.layers.Dense(2, name="hidden")), "unique", "hidden")
    refused(lambda: keras.Sequential().pop(), "layer", error=IndexError)
    refused(lambda: keras.Sequential().build((None, 3)), "layer")
    refused(lambda: keras.Sequential([keras.layers.Dense(2)]).count_params(), "built")
    refused(lambda: model.get_layer("nope"), "hidden", "output", "nope")
    refused(lambda: model.get_layer(index=7), "2", "7")
    refused(model.get_layer, "name", "index")
    refused(lambda: model.get_layer("hidden", index=0), "name", "index")
    refused(lambda: keras.Sequential([keras.Input((6,)), keras.layers.Reshape((4, 2))]), "(4, 2)", "6")
    refused(lambda: keras.Sequential([keras.Input(()), keras.layers.Dense(2)]), "dense")
    refused(lambda: model.build((None, 9)), "(None, 4)", "(None, 9)")


def test_mixed_dtypes_of_layers():
    layers = [keras.Input((4,)), keras.layers.Dense(3), keras.layers.Dense(3, dtype="float64")]
    refused(lambda: keras.Sequential(layers), "float32", "float64")


def test_a_refused_layer_leaves_the_model_as_it_was():
    model = classifier()
    before = model.predict(X, verbose=0)
    refused(lambda: model.add(keras.layers.Reshape((2, 2))), "(2, 2)")
    assert [layer.name for layer in model.layers] == ["hidden", "output"]
    np.testing.assert_array_equal(model.predict(X, verbose=0), before)


def test_kernels_refuse_what_does_not_fit():
    w = np.ones((4, 3), "float32")
    refused(lambda: kernels.dense_forward(X, w.T), "x", "w", "(40, 4)", "(3, 4)")
    refused(lambda: kernels.dense_forward(X, w, np.ones(4, "float32")), "b", "(3,)", "(4,)")
    refused(lambda: kernels.dense_forward(X, w.astype("float64")), "float32", "float64", error=TypeError)
    refused(lambda: kernels.dense_forward(X.astype(int), w.astype(int)), "int64", error=TypeError)
    refused(lambda: kernels.dense_backward(np.ones((40, 4), "float32"), X, w), "dy", "(40, 3)", "(40, 4)")
    refused(lambda: kernels.activate_backward("relu", X, X[:3]), "dy", "(40, 4)", "(3, 4)")
    refused(lambda: kernels.activate("relu", np.float32(1)), "shape ()")
    refused(lambda: kernels.sgd_update(w, w[:2]), "dw", "(4, 3)", "(2, 3)")
    refused(lambda: kernels.sgd_update(w, w, momentum=0.5), "velocity", "None")
    refused(lambda: kernels.sgd_update(w[:, ::2], w[:, ::2]), "w", "C-contiguous")
    w.flags.writeable = False
    refused(lambda: kernels.sgd_update(w, w), "w", "writeable")


def test_the_engine_refuses_what_python_would_not_send():
    dense = {"class_name": "Dense", "config": {**keras.layers.Dense(2).get_config(), "surprise": 1}}
    refused(lambda: _core.Model("m", "float32", (3,), [dense]), "surprise")
    del dense["config"]["surprise"], dense["config"]["units"]
    refused(lambda: _core.Model("m", "float32", (3,), [dense]), "units")
    refused(lambda: _core.Model("m", "float32", (3,), [{"class_name": "Conv", "config": {}}]), "Conv")
    model = _core.Model("m", "float32", (3,), [])
    refused(lambda: model.predict(np.ones((2, 4), "float32")), "3", "4")
    refused(lambda: model.predict(np.ones((2, 6), "float32")[:, ::2]), "C-contiguous")
    refused(lambda: model.predict([[1.0]]), "NumPy array", "list", error=TypeError)
    refused(lambda: model.read(0), "0", error=IndexError)


def test_messages_name_no_internals():
    """What reaches a user speaks of arguments and shapes, not of C++ types."""
    message = refused(lambda: classifier().fit(X, np.full(40, 9), verbose=0))
    assert not re.search(r"std::|0x[0-9a-f]{6}|int64_t|_logits", message)
