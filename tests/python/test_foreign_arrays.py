"""Arrays, tensors and frames of other packages, and the forms in which one array may be wrapped."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from keras_twin import assert_close, make_twins

import bardana
from bardana import data

X = np.arange(12, dtype="float32").reshape(4, 3) / 7
Y = np.arange(4, dtype="float32")[:, None]


def model():
    made = bardana.Sequential([bardana.Input((3,), name="features"), bardana.layers.Dense(1, name="price")])
    made.compile("sgd", "mse")
    made.set_weights([np.ones((3, 1)), np.zeros(1)])
    return made


class Torch:
    """What a `torch.Tensor` shows: the array protocol only for plain CPU tensors."""

    def __init__(self, values, dtype="torch.float32", plain=True):
        self.values, self.dtype, self.plain = values, dtype, plain

    def detach(self):
        return Torch(self.values, self.dtype, self.plain)

    def cpu(self):
        return Torch(self.values, self.dtype)

    def float(self):
        return Torch(self.values)

    def __array__(self, dtype=None, copy=None):
        if not self.plain or self.dtype == "torch.bfloat16":
            raise TypeError("can't convert to numpy")
        return self.values


Torch.__module__, Torch.__name__ = "torch", "Tensor"


class OnlyDlpack:
    def __init__(self, values):
        self.values = values

    def __dlpack__(self, **options):
        return self.values.__dlpack__(**options)

    def __dlpack_device__(self):
        return self.values.__dlpack_device__()


@pytest.mark.parametrize(
    "wrap",
    [
        lambda a: Torch(a),
        lambda a: Torch(a, plain=False),
        lambda a: Torch(a, "torch.bfloat16"),
        OnlyDlpack,
        lambda a: [a],
        lambda a: (a,),
        lambda a: {"features" if a.shape == X.shape else "price": a},
    ],
    ids=["torch", "torch on a device", "torch bfloat16", "dlpack", "list of one", "tuple of one", "dict"],
)
def test_forms_of_one_array(wrap):
    plain, wrapped = model(), model()
    assert wrapped.train_on_batch(wrap(X), wrap(Y)) == plain.train_on_batch(X, Y)
    assert wrapped.fit(wrap(X), wrap(Y), verbose=0, shuffle=False).history == plain.fit(X, Y, verbose=0).history
    assert wrapped.evaluate(iter([(wrap(X), wrap(Y))]), steps=1, verbose=0) == plain.evaluate(X, Y, verbose=0)
    np.testing.assert_array_equal(wrapped.predict(wrap(X), verbose=0), plain.predict(X, verbose=0))
    np.testing.assert_array_equal(wrapped(wrap(X)), plain(X))
    assert wrapped.test_on_batch(wrap(X), wrap(Y)) == plain.test_on_batch(X, Y)


@pytest.mark.parametrize("x", [{"other": X}, {"features": X, "more": X}, {}, [X, X], []], ids=str)
def test_other_numbers_of_inputs_are_refused(x):
    with pytest.raises(ValueError, match="Unrecognized data type"):
        model().fit(x, Y, verbose=0)


def test_batches_may_be_dicts():
    plain, by_name = model(), model()
    plain.fit(X, Y, verbose=0, shuffle=False)
    by_name.fit((({"features": X}, {"price": Y}) for _ in range(1)), steps_per_epoch=1, verbose=0, shuffle=False)
    np.testing.assert_array_equal(by_name.get_weights()[0], plain.get_weights()[0])


def test_pandas_columns_of_several_types():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(
        {"a": pandas.array([1, None, 3], dtype="Int64"), "b": [True, False, True], "c": [0.5, 1.5, 2.5]}
    )
    expected = np.array([[1, 1, 0.5], [np.nan, 0, 1.5], [3, 1, 2.5]], "float32")
    np.testing.assert_array_equal(data.as_input(frame, (3,), "dense"), expected)
    np.testing.assert_array_equal(data.as_target(frame["a"]), expected[:, :1])
    assert data.as_target(frame["b"]).dtype == bool
    for wrong in (frame.assign(d="text"), frame.assign(d=["1", "2", "3"])):
        with pytest.raises(ValueError, match="dtype object"):
            data.as_input(wrong, (4,), "dense")


def test_no_other_package_is_imported():
    code = """
import sys, numpy as np, bardana as keras
model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
model.compile("sgd", "mse")
model.fit(((np.zeros((3, 2)), np.zeros(3)) for _ in range(3)), steps_per_epoch=3, verbose=0, shuffle=False)
packages = ("tensorflow", "torch", "pandas", "multiprocessing", "concurrent.futures")
print([name for name in packages if name in sys.modules])
"""
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (process.stdout, process.stderr) == ("[]\n", "")


@pytest.mark.parity
@pytest.mark.parametrize("kind", ["tensors", "frames", "list", "bools and bytes", "multi-label"])
def test_as_keras(kind, keras, rng):
    import pandas
    import tensorflow as tf

    x, y = rng.normal(size=(40, 3)).astype("float32"), rng.normal(size=(40, 1)).astype("float32")
    units, loss = (4, "binary_crossentropy") if kind == "multi-label" else (1, "mse")
    twins = make_twins(keras, [("Dense", {"units": units, "activation": "sigmoid"})], (3,), rng)
    twins.compile(keras, {"learning_rate": 0.1}, loss, ["mae"])
    x, y = {
        "tensors": lambda: (tf.constant(x), tf.constant(y)),
        "frames": lambda: (pandas.DataFrame(x), pandas.Series(y[:, 0])),
        "list": lambda: (x, [y]),
        # Small ones: sums of 255s round by 1e-5, and the sigmoid's loss with them.
        "bools and bytes": lambda: (rng.integers(0, 8, x.shape, "uint8"), y > 0),
        "multi-label": lambda: (x, rng.integers(0, 2, (40, 4))),
    }[kind]()
    options = {"batch_size": 16, "epochs": 2, "verbose": 0, "shuffle": False, "validation_split": 0.2}
    ours, theirs = (one.fit(x, y, **options).history for one in twins)
    assert list(ours) == list(theirs)
    for key, values in theirs.items():
        assert_close(ours[key], values, 1e-5, key)
    assert_close(twins.ours.train_on_batch(x, y), twins.theirs.train_on_batch(x, y), 1e-5, "train_on_batch")
