"""Data larger than memory through np.memmap: the same bits as from arrays, and never a copy of the whole."""

import os

import numpy as np
import pytest
from background import classifier

import bardana as keras

ROWS, WIDTH = 300, 20


def mapped(path, array, dtype, order="C"):
    file = np.memmap(path, dtype, "w+", shape=array.shape, order=order)
    file[...] = array
    file.flush()
    return np.memmap(path, dtype, "r", shape=array.shape, order=order)


FORMS = {
    "native": ("<f4", "C"),
    "doubles": ("<f8", "C"),
    "half": ("<f2", "C"),
    "bytes": ("u1", "C"),
    "big-endian": (">f4", "C"),
    "by column": ("<f4", "F"),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "options", [{}, {"shuffle": False}, {"steps_per_epoch": 4}, {"validation_split": 0.3}], ids=str
)
def test_the_same_bits_as_from_arrays(form, options, tmp_path, rng):
    x, y = rng.integers(0, 5, (ROWS, WIDTH)), rng.integers(0, 4, ROWS)
    in_file = mapped(tmp_path / "x", x, *FORMS[form])
    runs = []
    for inputs in (in_file, x.astype("float32")):
        keras.utils.set_random_seed(5)
        model = classifier()
        history = model.fit(inputs, y, epochs=3, verbose=0, class_weight={1: 2.0}, **options)
        runs.append((history.history, model.evaluate(inputs, y, verbose=0), model.predict(inputs, verbose=0)))
    assert runs[0][:2] == runs[1][:2]
    np.testing.assert_array_equal(runs[0][2], runs[1][2])


def test_targets_and_weights_may_be_mapped_too(tmp_path, rng):
    x, y, w = rng.normal(size=(ROWS, 3)), rng.normal(size=(ROWS, 2)), rng.uniform(0, 2, ROWS)
    files = [mapped(tmp_path / name, a, ">f8") for name, a in (("x", x), ("y", y), ("w", w))]
    losses = []
    for inputs, targets, weights in (files, (x, y, w)):
        keras.utils.set_random_seed(5)
        model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
        model.compile("sgd", "mse")
        held_out = (inputs, targets, weights)
        fit = model.fit(inputs, targets, sample_weight=weights, validation_data=held_out, epochs=2, verbose=0)
        losses.append(fit.history)
    assert losses[0] == losses[1]
    with pytest.raises(ValueError, match="cardinality"):
        model.fit(files[0], files[1][:-1], verbose=0)


def private_bytes():
    """Memory of this process that no file stands behind."""
    with open("/proc/self/status") as status:
        return next(1024 * int(line.split()[1]) for line in status if line.startswith("RssAnon"))


@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="looks at /proc")
@pytest.mark.parametrize("dtype", ["<f4", ">f4"])
def test_memory_stays_flat(dtype, tmp_path):
    """A file of 200 MB (a hole: it takes no space on the disk); an eighth of it is more than any batch needs."""
    rows, width = 50_000, 1024
    with open(tmp_path / "x", "wb") as file:
        file.truncate(4 * rows * width)
    x, y = np.memmap(tmp_path / "x", dtype, "r", shape=(rows, width)), np.zeros(rows, "int32")
    model = keras.Sequential([keras.Input((width,)), keras.layers.Dense(2, "softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy")
    model.fit(x[:512], y[:512], verbose=0, batch_size=256)
    before, most = private_bytes(), [0]

    class Look(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            most[0] = max(most[0], private_bytes())

        on_test_batch_end = on_train_batch_end

    model.fit(x, y, batch_size=256, verbose=0, validation_split=0.1, callbacks=[Look()])
    assert most[0] - before < x.nbytes / 8
    assert model.predict(x, verbose=0).shape == (rows, 2)
    assert private_bytes() - before < x.nbytes / 8
