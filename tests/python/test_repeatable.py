"""Equal bits from equal seeds, for any batch size and any type of the same numbers; flat memory over long runs."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from test_model import blobs, same

import bardana as keras


def trained(seed):
    keras.utils.set_random_seed(seed)
    x, y = blobs()
    model = keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.Dense(6, "relu"),
            keras.layers.Dropout(0.2),
            keras.layers.Dense(3, "softmax"),
        ]
    )
    model.compile("sgd", "sparse_categorical_crossentropy")
    history = model.fit(x, y, epochs=3, verbose=0)
    return [*model.get_weights(), model(x, training=True).numpy(), np.array(history.history["loss"])]


def test_one_seed_gives_the_same_bits():
    first = trained(11)
    same(first, trained(11))
    assert np.any(first[0] != trained(12)[0])


def test_one_seed_gives_the_same_bits_in_another_process():
    code = "import test_repeatable; print(test_repeatable.trained(5)[0].tobytes().hex())"
    run = [sys.executable, "-c", code]
    process = subprocess.run(run, cwd=Path(__file__).parent, capture_output=True, text=True, timeout=60)
    assert process.stdout.strip() == trained(5)[0].tobytes().hex(), process.stderr


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_predict_gives_the_same_bits_for_any_batch_size(dtype):
    generator = np.random.default_rng(0)
    x = generator.standard_normal((333, 50)).astype(dtype)
    layers = [keras.layers.Dense(n, a, dtype=dtype) for n, a in ((97, "tanh"), (49, "gelu"), (7, "softmax"))]
    model = keras.Sequential([keras.Input((50,), dtype=dtype), *layers])
    expected = model.predict(x, verbose=0)
    assert expected.dtype == dtype
    for size in (1, 2, 7, 16, 17, 32, 100, 333, 1000):
        np.testing.assert_array_equal(model.predict(x, batch_size=size, verbose=0), expected)
        rows = [model.predict(x[i : i + size], verbose=0) for i in range(0, 333, size)]
        np.testing.assert_array_equal(np.concatenate(rows), expected)
    np.testing.assert_array_equal(model(x), expected)
    np.testing.assert_array_equal(model.predict_on_batch(x), expected)


def test_one_step_is_w_minus_learning_rate_times_gradient():
    x, y = blobs()
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(6, "relu"), keras.layers.Dense(3, "softmax")])
    model.compile(keras.optimizers.SGD(0.1), "sparse_categorical_crossentropy")
    before = model.get_weights()
    loss, gradients, _ = model.compute_gradients(x, y)
    assert model.train_on_batch(x, y) == pytest.approx(loss, rel=1e-6)
    for old, new, gradient in zip(before, model.get_weights(), gradients, strict=True):
        np.testing.assert_allclose(new, old - np.float32(0.1) * gradient, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("dtype", ["uint8", "int64", "bool", "float16", "float64", "uint16", "int8"])
def test_inputs_of_any_type_count_as_their_numbers(dtype):
    x = np.random.default_rng(0).integers(0, 100, (20, 4)).astype(dtype)
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    np.testing.assert_array_equal(model.predict(x, verbose=0), model.predict(x.astype("float32"), verbose=0))
    model.compile("sgd", "sparse_categorical_crossentropy")
    assert model.evaluate(x, np.ones(20, "uint8"), verbose=0) == model.evaluate(x, np.ones((20, 1)), verbose=0)


def test_strided_and_foreign_byte_order_inputs():
    x, _ = blobs()
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    expected = model.predict(x, verbose=0)
    for view in (np.asfortranarray(x), x.astype(">f4"), np.repeat(x, 2, axis=1)[:, ::2], x[::-1][::-1]):
        np.testing.assert_array_equal(model.predict(view, verbose=0), expected)
    x.flags.writeable = False
    np.testing.assert_array_equal(model.predict(x, verbose=0), expected)


def test_a_long_prediction_in_chunks_keeps_memory_flat():
    """1,000,000 rows, 10,000 at a time, in a process whose peak nothing else has raised."""
    code = """
import resource
import numpy as np, bardana as keras
model = keras.Sequential([keras.Input((20,)), keras.layers.Dense(30, "relu"), keras.layers.Dense(10)])
chunk = np.random.default_rng(0).standard_normal((10_000, 20)).astype("float32")
for step in range(105):
    model.predict(chunk, verbose=0)
    model(chunk[: 1 + step])
    if step == 4:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    # In KiB. The results of all chunks are 40 MB; one of them, and the allocator's slack, may come on top.
    assert int(process.stdout) < 4_000, process.stderr


@pytest.mark.parametrize("train", ["fit", "train_on_batch"])
def test_many_models_come_and_go_without_memory_growth(train):
    """Only `fit` leaves a cycle, model.history.model, for the garbage collector; the rest is freed at once."""
    code = """
import gc, resource, sys
import numpy as np, bardana as keras
x, y = np.ones((64, 100), "float32"), np.zeros(64, "int32")
def life():
    model = keras.Sequential([keras.Input((100,)), keras.layers.Dense(500, "relu"), keras.layers.Dense(10, "softmax")])
    model.compile(keras.optimizers.SGD(momentum=0.9), "sparse_categorical_crossentropy")
    model.fit(x, y, verbose=0) if sys.argv[1] == "fit" else model.train_on_batch(x, y)
    model.predict(x, verbose=0)
if sys.argv[1] != "fit":
    gc.disable()
for _ in range(30): life()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for _ in range(200): life()
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
    process = subprocess.run([sys.executable, "-c", code, train], capture_output=True, text=True, timeout=60)
    # In KiB. 200 models with gradients and momentum are 140 MB.
    assert int(process.stdout) < 40_000, process.stderr
