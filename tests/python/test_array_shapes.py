"""Arrays of unusual layout and size give the numbers of a plain copy, or are refused by name."""

import numpy as np
import pytest

import bardana as keras
from bardana import _core, data, kernels


def misaligned(array):
    """The same numbers one byte off, as a view of a file with an odd header has them."""
    view = np.frombuffer(b"\0" + array.tobytes(), np.uint8)[1:].view(array.dtype).reshape(array.shape)
    assert view.flags.c_contiguous and not view.flags.writeable
    assert not view.flags.aligned
    return view


def strided(array):
    spread = np.full((2 * len(array), *array.shape[1:]), 77, array.dtype)
    spread[::2] = array
    return spread[::2]


def backwards(array):
    return np.ascontiguousarray(array[::-1])[::-1]


def fortran(array):
    return np.asfortranarray(array) if array.ndim > 1 else strided(array)


def read_only(array):
    copy = array.copy()
    copy.flags.writeable = False
    return copy


def mapped(array, folder):
    path = folder / "array"
    path.write_bytes(b"odd" + array.tobytes())
    return np.memmap(path, array.dtype, "r", 3, array.shape)


LAYOUTS = [misaligned, strided, backwards, fortran, read_only]


def network(dtype="float32"):
    keras.utils.set_random_seed(1)
    layers = [keras.layers.Dense(19, "tanh", dtype=dtype), keras.layers.Dense(3, dtype=dtype)]
    model = keras.Sequential([keras.Input((7,)), *layers])
    model.compile(keras.optimizers.SGD(0.1), "mse", metrics=["mae"])
    return model


def everything(dtype, x, y, weight):
    """What a model says of the data, before and after training on them."""
    model = network(dtype)
    results = [model.predict(x, verbose=0), model(x), np.array(model.evaluate(x, y, verbose=0, sample_weight=weight))]
    results += [model.compute_gradients(x, y, weight).inputs, np.array(model.train_on_batch(x, y, weight))]
    model.fit(x, y, batch_size=8, verbose=0, sample_weight=weight, validation_split=0.2)
    return [np.asarray(result) for result in (*results, *model.get_weights())]


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("data_type", ["float32", "float64", "int32", "int16"])
def test_a_layout_changes_no_bit(rng, layout, dtype, data_type):
    x = (10 * rng.standard_normal((37, 7))).astype(data_type)
    y = (3 * rng.standard_normal((37, 3))).astype(data_type)
    weight = rng.random(37).astype("float32")
    plain = everything(dtype, x, y, weight)
    unusual = everything(dtype, layout(x), layout(y), layout(weight))
    for one, other in zip(plain, unusual, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("label_type", ["int64", "int32", "float32", "uint16"])
def test_a_layout_of_labels_changes_no_bit(rng, layout, label_type):
    x, labels = rng.standard_normal((37, 7)).astype("float32"), rng.integers(0, 3, 37).astype(label_type)

    def trained(targets):
        model = network()
        model.add(keras.layers.Activation("softmax"))
        model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
        model.fit(x, targets, verbose=0, class_weight={0: 2.0})
        return [*model.get_weights(), np.array(model.evaluate(x, targets, verbose=0))]

    for one, other in zip(trained(labels), trained(layout(labels)), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_memory_map_with_an_odd_header_is_read(rng, tmp_path):
    x = rng.standard_normal((37, 7)).astype("float32")
    model = network()
    np.testing.assert_array_equal(model.predict(mapped(x, tmp_path), verbose=0), model.predict(x, verbose=0))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_weights_of_any_layout_can_be_set(rng, layout):
    model = network()
    values = [rng.standard_normal(w.shape).astype("float32") for w in model.get_weights()]
    model.set_weights([layout(value) for value in values])
    model.layers[0].kernel.assign(layout(values[0]))
    for one, other in zip(model.get_weights(), values, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_losses_metrics_activations_and_kernels_take_any_layout(rng, layout):
    x, w = rng.standard_normal((5, 4)).astype("float32"), rng.standard_normal((4, 3)).astype("float32")
    y = kernels.dense_forward(x, w)
    np.testing.assert_array_equal(kernels.dense_forward(layout(x), layout(w)), y)
    plain = kernels.dense_backward(y, x, w)
    for one, other in zip(kernels.dense_backward(layout(y), layout(x), layout(w)), plain, strict=True):
        np.testing.assert_array_equal(one, other)
    for function in (keras.activations.softmax, keras.activations.tanh):
        np.testing.assert_array_equal(function(layout(x)), function(x))
    for function in (keras.losses.mean_squared_error, keras.losses.categorical_crossentropy):
        np.testing.assert_array_equal(function(layout(abs(x)), layout(abs(x.T).T)), function(abs(x), abs(x)))


def test_the_engine_itself_refuses_what_is_misaligned():
    model = _core.Model("m", "float32", (3,), [])
    x = misaligned(np.ones((2, 3), "float32"))
    with pytest.raises(ValueError, match="x: expected an aligned array"):
        model.predict(x)
    assert not _core.is_input(x, (3,))
    assert not _core.is_target(x)
    w = np.zeros(25, "uint8")[1:].view("float32").reshape(2, 3)
    with pytest.raises(ValueError, match="w: expected an aligned array"):
        kernels.sgd_update(w, np.ones((2, 3), "float32"))


def test_misaligned_arrays_become_aligned():
    x = misaligned(np.ones((3, 2), "float32"))
    copies = [data.as_input(x, (2,), "dense"), data.as_target(x), data.as_numbers(x), data.as_floats(x)]
    copies.append(data.as_weight(misaligned(np.ones(3)), 3))
    assert all(copy.flags.aligned and copy.flags.c_contiguous for copy in copies)


def test_aligned_arrays_are_not_copied():
    x = np.ones((3, 2), "float32")
    assert data.as_input(x, (2,), "dense") is x
    assert data.as_target(x[1:]).base is x


@pytest.mark.parametrize("rows", ["x", "y"])
def test_arrays_without_rows_are_refused_by_name(rows):
    model = network()
    x, y = np.zeros((4, 7), "float32"), np.zeros((4, 3), "float32")
    x, y = (x[:0], y) if rows == "x" else (x, y[:0])
    for call in (model.fit, model.evaluate, model.train_on_batch, model.test_on_batch, model.compute_gradients):
        with pytest.raises(ValueError, match=rf"{rows}: expected at least one sample.*\(0, "):
            call(x, y)
    if rows == "x":
        for call in (model.predict, model.predict_on_batch, model):
            with pytest.raises(ValueError, match="at least one sample"):
                call(x)


def test_empty_validation_data_and_weights_are_refused_by_name():
    model, x, y = network(), np.zeros((4, 7), "float32"), np.zeros((4, 3), "float32")
    with pytest.raises(ValueError, match="validation x: expected at least one sample"):
        model.fit(x, y, validation_data=(x[:0], y[:0]), verbose=0)
    with pytest.raises(ValueError, match="sample_weight: expected at least one sample"):
        model.fit(x, y, sample_weight=np.zeros(0), verbose=0)


def test_more_than_two_to_the_31_elements():
    """The system gives pages of zeros without memory behind them; only the last row, beyond 2³¹ elements, has others.

    It alone moves the kernel, whose gradient is 0 in all other batches. Its batch holds 1024 rows, or the one row left.
    """
    rows, columns = 2**21 + 1, 1024
    x = np.zeros((rows, columns), "uint8")
    x[-1] = 1
    assert x.size > 2**31
    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.Input((columns,)), keras.layers.Dense(1, kernel_initializer="ones")])
    outputs = model.predict(x, verbose=0)[:, 0]
    np.testing.assert_array_equal(np.flatnonzero(outputs), [rows - 1])
    assert outputs[-1] == columns
    model.compile(keras.optimizers.SGD(2.0**10), "mae")
    model.set_weights([np.zeros((columns, 1)), np.zeros(1)])
    model.fit(x, np.full(rows, 1e9, "float32"), batch_size=1024, verbose=0)
    kernel = model.get_weights()[0]
    np.testing.assert_array_equal(kernel, kernel[0, 0])
    assert kernel[0, 0] in (1.0, 2.0**10)
