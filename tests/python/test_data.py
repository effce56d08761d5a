"""Arrays at the border: what passes untouched, what is converted, what is refused and how."""

import numpy as np
import pytest

import bardana as keras
from bardana import config, data


@pytest.mark.parametrize(
    "dtype", ["bool", "int8", "uint8", "int32", "int64", "uint64", "float16", "float32", "float64"]
)
def test_readable_arrays_pass_without_copy(dtype):
    x = np.ones((3, 2), dtype)
    assert data.as_input(x, (2,), "dense") is x
    assert dtype == "float16" or data.as_target(x) is x


def test_views_and_foreign_types_become_contiguous_native_arrays():
    base = np.arange(12.0).reshape(3, 4)
    for x in (
        base.T,
        base[:, ::2],
        base[::-1],
        base.astype(">f4"),
        base.astype(np.longdouble),
        base.astype(np.longlong),
    ):
        y = data.as_input(x, x.shape[1:], "dense")
        assert y.flags.c_contiguous
        assert y.dtype.isnative
        assert y.dtype.itemsize <= 8
        np.testing.assert_array_equal(y, x)


def test_a_subclass_becomes_a_plain_array_without_copy():
    class Labelled(np.ndarray):
        pass

    x = np.ones((3, 2)).view(Labelled)
    y = data.as_input(x, (2,), "dense")
    assert type(y) is np.ndarray
    assert np.shares_memory(x, y)


def test_pandas_frames_and_series():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"a": [1.0, 2.0, 3.0], "b": [4.0, 5.0, 6.0]})
    np.testing.assert_array_equal(data.as_input(frame, (2,), "dense"), frame.to_numpy())
    assert data.infer_shape(frame["a"]) == (1,)
    assert data.as_target(frame["a"]).shape == (3, 1)
    assert data.as_weight(frame["a"], 3).shape == (3,)
    with pytest.raises(ValueError, match="object"):
        data.as_input(pandas.DataFrame({"a": [1, "x"]}), (1,), "dense")


def test_one_axis_is_expanded_only_for_one_feature():
    assert data.as_input(np.arange(3), (1,), "dense").shape == (3, 1)
    with pytest.raises(ValueError, match=r'"dense": expected x of shape \(None, 3\), received \(3,\).*x\[None\]'):
        data.as_input(np.arange(3), (3,), "dense")


def test_a_wrong_width_names_layer_expected_and_received():
    with pytest.raises(ValueError, match=r'Layer "d1": expected val_x of shape \(None, 784\), received \(2, 28, 28\)'):
        data.as_input(np.zeros((2, 28, 28)), (784,), "d1", "val_x")


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([1.0, 2.0], r"Unrecognized data type.*list.*np\.array\(x\)"),
        ((1.0, 2.0), r"Unrecognized data type.*tuple"),
        ({"a": 1}, "Unrecognized data type.*dict"),
        ((i for i in range(3)), "Unrecognized data type.*generator.*in batches"),
        (None, "expected x to be an array.*NoneType"),
        ("text", "Unrecognized data type.*str"),
        (np.float64(3), "scalar"),
        (np.zeros((0, 2)), r"at least one sample.*\(0, 2\)"),
        (np.array([[1], "a"], dtype=object), "dtype object.*astype"),
        (np.array(["a", "b"]), "dtype <U1.*numbers"),
        (np.zeros(2, complex), "dtype complex128"),
        (np.zeros(2, "datetime64[s]"), "dtype datetime64"),
    ],
)
def test_refused_with_expected_and_received(value, message):
    for check in (lambda: data.as_input(value, (2,), "dense"), lambda: data.as_target(value, "x")):
        with pytest.raises(ValueError, match=message):
            check()


def test_half_precision_targets_become_single():
    labels = np.arange(5, dtype="float16")
    assert data.as_target(labels).dtype == np.float32
    assert data.as_target(labels[::2].astype(">f2")).tolist() == [0.0, 2.0, 4.0]


def test_half_precision_labels_train():
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3, "softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    x, labels = np.eye(2)[[0, 1, 0, 1]], np.array([0, 1, 2, 0])
    same = [model.evaluate(x, labels.astype(dtype), verbose=0) for dtype in ("int64", "float16")]
    assert same[0] == same[1]
    assert len(model.fit(x, labels.astype("float16"), verbose=0).history["loss"]) == 1


def test_weights_of_groups_of_outputs():
    w = np.ones((3, 5))
    assert data.as_weight(w, 3, (5,)) is w
    for shape, kept in (((3,), (3,)), ((3, 1), (3,)), ((3, 5, 1), (3, 5))):
        assert data.as_weight(np.ones(shape), 3, (5,)).shape == kept
    for shape in ((3, 4), (3, 5, 2), (3, 5, 1, 1)):
        with pytest.raises(ValueError, match=r"shape \(3,\) or one per group of outputs, shape \(3, 5\); received"):
            data.as_weight(np.ones(shape), 3, (5,))


def test_a_weight_for_each_vector_of_outputs(rng):
    model = keras.Sequential([keras.Input((5, 4)), keras.layers.Dense(2)])
    model.compile(keras.optimizers.SGD(0.1), "mse")
    x, y, w = rng.normal(size=(6, 5, 4)), rng.normal(size=(6, 5, 2)), rng.uniform(0, 2, (6, 5))
    expected = float(np.mean(w[..., None] * (model.predict(x, verbose=0) - y) ** 2))
    assert model.evaluate(x, y, sample_weight=w, batch_size=4, verbose=0) == pytest.approx(expected, rel=1e-5)
    assert model.check_gradients(x, y, w).ok
    history = model.fit(x, y, sample_weight=w, verbose=0, validation_data=(x, y, w[..., None])).history
    assert history["loss"] == pytest.approx([expected], rel=1e-5)
    assert history["val_loss"][0] < expected


def test_weights():
    assert data.as_weight(None, 3) is None
    w = np.ones(3, "float32")
    assert data.as_weight(w, 3) is w
    assert data.as_weight(np.ones((3, 1), int), 3).dtype == np.float32
    with pytest.raises(ValueError, match=r"shape \(3,\); received \(3, 2\)"):
        data.as_weight(np.ones((3, 2)), 3)
    with pytest.raises(ValueError, match=r"cardinality is ambiguous.*'sample_weight' sizes: 4"):
        data.as_weight(np.ones(4), 3)


def test_cardinality():
    x = np.zeros((5, 2))
    data.check_cardinality(x=x, y=np.zeros(5), sample_weight=np.zeros(5))
    data.check_cardinality(x=x)
    with pytest.raises(ValueError, match=r"Data cardinality is ambiguous.*'x' sizes: 5, 'y' sizes: 4"):
        data.check_cardinality(x=x, y=np.zeros(4))


@pytest.mark.parametrize(
    ("rows", "fraction", "training"), [(10, 0.2, 8), (7, 0.5, 3), (2, 0.1, 1), (60000, 1 / 12, 55000)]
)
def test_split_takes_the_last_rows(rows, fraction, training):
    x, y = np.arange(rows), np.arange(rows) * 2
    (x1, y1, w1), (x2, y2, w2) = data.split(x, y, None, fraction)
    assert len(x1) == len(y1) == training
    assert w1 is None
    assert w2 is None
    np.testing.assert_array_equal(np.concatenate([x1, x2]), x)
    np.testing.assert_array_equal(y2, x2 * 2)
    assert np.shares_memory(x2, x)


@pytest.mark.parametrize(("rows", "fraction"), [(1, 0.5), (5, 0.9), (5, 1.5), (5, 1.0), (5, -0.1)])
def test_split_refuses_an_empty_part(rows, fraction):
    with pytest.raises(ValueError, match="validation_split"):
        data.split(np.arange(rows), None, None, fraction)


def test_unpack_validation():
    assert data.unpack_validation((1, 2)) == (1, 2, None)
    assert data.unpack_validation([1, 2, 3]) == (1, 2, 3)
    for wrong in ((1,), (1, 2, 3, 4), np.zeros((2, 2)), None):
        with pytest.raises(ValueError, match="validation_data: expected"):
            data.unpack_validation(wrong)


@pytest.mark.parametrize(
    "y",
    [np.array([0, 2, 1, 2]), np.array([[0], [2], [1], [2]]), np.array([0.0, 2.0, 1.0, 2.0]), np.eye(3)[[0, 2, 1, 2]]],
    ids=["ids", "column", "floats", "one-hot"],
)
def test_class_weights(y):
    w = data.class_weights_to_samples({2: 3.0, 1: 0.5}, y)
    np.testing.assert_array_equal(w, [1.0, 3.0, 0.5, 3.0])
    assert w.dtype == config.floatx()


def test_class_weights_refuse():
    with pytest.raises(TypeError, match="expected a dict"):
        data.class_weights_to_samples([1.0, 2.0], np.zeros(2))
    with pytest.raises(ValueError, match=r"received \(2, 2, 2\)"):
        data.class_weights_to_samples({}, np.zeros((2, 2, 2)))
