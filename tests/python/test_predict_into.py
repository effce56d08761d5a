"""predict_into: the outputs of predict in the caller's own memory, without any allocation."""

import os
import shutil
import subprocess
import sys
import tracemalloc

import numpy as np
import pytest

import bardana as keras


def network(dtype="float32", inputs=(3,)):
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input(inputs),
            layers.Flatten(dtype=dtype),
            layers.Dense(20, "tanh", dtype=dtype),
            layers.Dense(2, dtype=dtype),
        ]
    )


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("rows", [1, 7, 300])
def test_it_writes_the_bits_of_predict(rng, rows, dtype):
    model = network(dtype)
    x = rng.standard_normal((rows, 3))
    out = np.full((rows, 2), np.nan, dtype)
    assert model.predict_into(x, out) is out
    np.testing.assert_array_equal(out, model.predict(x, verbose=0))


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint8", "int16", "int32", "int64", "float16", "float32", "float64"])
def test_it_reads_every_numeric_type_in_place(rng, dtype):
    model = network()
    x = rng.integers(0, 2, (5, 3)).astype(dtype)
    out = np.empty((5, 2), "float32")
    np.testing.assert_array_equal(model.predict_into(x, out), model.predict(x, verbose=0))


def test_samples_of_several_axes_and_parts_of_a_larger_array(rng):
    model = network(inputs=(2, 4))
    x, store = rng.standard_normal((6, 2, 4)).astype("float32"), np.zeros((8, 2), "float32")
    model.predict_into(x, store[1:7])
    np.testing.assert_array_equal(store[1:7], model.predict(x, verbose=0))
    np.testing.assert_array_equal(store[[0, 7]], 0.0)


def test_it_builds_the_model_and_sees_new_weights(rng):
    model = keras.Sequential([keras.layers.Dense(2)])
    x, out = rng.standard_normal((4, 3)).astype("float32"), np.empty((4, 2), "float32")
    model.predict_into(x, out)
    model.set_weights([np.zeros((3, 2)), np.array([1.0, 2.0])])
    np.testing.assert_array_equal(model.predict_into(x, out), [[1.0, 2.0]] * 4)
    model.add(keras.layers.Dense(2, kernel_initializer="zeros"))
    np.testing.assert_array_equal(model.predict_into(x, out), np.zeros((4, 2)))


READ_ONLY = np.zeros((4, 2), "float32")
READ_ONLY.flags.writeable = False
UNALIGNED = np.zeros(33, "uint8")[1:].view("float32").reshape(4, 2)


@pytest.mark.parametrize(
    ("x", "out", "error", "message"),
    [
        ([[0.0] * 3] * 4, None, TypeError, r"x: expected a NumPy array, received <class 'list'>"),
        (None, None, TypeError, r"x: expected a NumPy array, received None"),
        (np.zeros((4, 3), object), None, TypeError, r"x: expected numbers .* received dtype object"),
        (np.zeros((4, 3), ">f4"), None, TypeError, r"x: expected numbers .* received dtype >f4"),
        (np.zeros((4, 3), np.longdouble), None, TypeError, r"x: expected numbers .* received dtype float"),
        (np.zeros((4, 3), complex), None, TypeError, r"x: expected numbers .* received dtype complex"),
        (np.zeros((4, 3), "m8[s]"), None, TypeError, r"x: expected numbers .* received dtype timedelta"),
        (np.zeros((4, 6))[:, ::2], None, ValueError, r"x: expected a C-contiguous array"),
        (np.zeros((4, 2)), None, ValueError, r"x: expected shape \(None, 3\), received \(4, 2\)"),
        (np.zeros((4, 1, 3)), None, ValueError, r"x: expected shape \(None, 3\), received \(4, 1, 3\)"),
        (np.zeros(3), None, ValueError, r"x: expected shape \(None, 3\), received \(3,\)"),
        (np.zeros((0, 3)), None, ValueError, r"x: expected at least one row"),
        (np.array(1.0), None, ValueError, r"x: expected an array of rows"),
        (None, [[0.0] * 2] * 4, TypeError, r"out: expected a NumPy array, received <class 'list'>"),
        (None, np.zeros((4, 2)), TypeError, r"out: expected an array of dtype float32, received float64"),
        (None, np.zeros((4, 2), ">f4"), TypeError, r"out: expected an array of dtype float32, received >f4"),
        (None, np.zeros((3, 2), "f4"), ValueError, r"out: expected shape \(4, 2\), received \(3, 2\)"),
        (None, np.zeros(8, "f4"), ValueError, r"out: expected shape \(4, 2\), received \(8,\)"),
        (None, np.zeros((), "f4"), ValueError, r"out: expected shape \(4, 2\), received \(\)"),
        (None, np.zeros((4, 2), "f4", order="F"), ValueError, r"out: expected a C-contiguous array"),
        (None, np.zeros((4, 4), "f4")[:, ::2], ValueError, r"out: expected a C-contiguous array"),
        (None, READ_ONLY, ValueError, r"out: expected a writeable array, received a read-only one"),
        (None, UNALIGNED, ValueError, r"out: expected an aligned array"),
        (np.ma.masked_array(np.zeros((4, 3))), None, ValueError, r"x: expected an array without a mask"),
        (None, np.ma.zeros((4, 2), "f4"), ValueError, r"out: expected an array without a mask"),
    ],
)
def test_what_does_not_fit_is_refused_and_nothing_written(x, out, error, message):
    if x is None and not message.startswith("x: "):
        x = np.zeros((4, 3), "float32")
    if out is None:
        out = np.full((4, 2), 7.0, "float32")
    before = np.array(out)
    with pytest.raises(error, match=message):
        network().predict_into(x, out)
    np.testing.assert_array_equal(before, np.array(out))


def test_overlapping_memory_is_refused():
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2)])
    store = np.zeros((6, 2), "float32")
    for x, out in [(store, store), (store[:4], store[2:]), (store[1:5], store[:4])]:
        with pytest.raises(ValueError, match="shares no memory"):
            model.predict_into(x, out)
    np.testing.assert_array_equal(model.predict_into(store[:3], store[3:]), model.predict(store[:3], verbose=0))


@pytest.mark.parametrize("keywords", [{}, {"x": 1, "out": 2, "training": True}])
def test_missing_and_unknown_arguments_of_the_native_method_are_refused(keywords):
    native = network().native_for_prediction().model
    with pytest.raises(TypeError, match=r"predict_into: (expected the argument x|received an unexpected argument)"):
        native.predict_into(**keywords)
    with pytest.raises(TypeError, match="received x twice"):
        native.predict_into(np.zeros((1, 3)), x=1)
    with pytest.raises(TypeError, match="expected at most 2 arguments, received 3"):
        native.predict_into(1, 2, 3)


@pytest.mark.parametrize("width", [20, 600])  # with the GIL in hand, and without
def test_it_allocates_no_python_memory(width):
    model = keras.Sequential([keras.Input((30,)), keras.layers.Dense(width, "tanh"), keras.layers.Dense(2)])
    x, out = np.ones((8, 30), "float32"), np.empty((8, 2), "float32")
    model.predict_into(x, out)
    tracemalloc.start()
    try:
        model.predict_into(x, out)
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        for _ in range(100):
            model.predict_into(x, out)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    # The counter of the loop and a C call's frame are all there is: an array object alone takes more than 100 bytes.
    assert peak - before < 100


COUNTER = """
#include <stddef.h>
void *__libc_malloc(size_t), *__libc_calloc(size_t, size_t), *__libc_realloc(void *, size_t);
void *__libc_memalign(size_t, size_t);
long allocations;
void *malloc(size_t n) { ++allocations; return __libc_malloc(n); }
void *calloc(size_t n, size_t size) { ++allocations; return __libc_calloc(n, size); }
void *realloc(void *p, size_t n) { ++allocations; return __libc_realloc(p, n); }
void *aligned_alloc(size_t alignment, size_t n) { ++allocations; return __libc_memalign(alignment, n); }
"""

COUNT = """
import ctypes, itertools
import numpy as np
import bardana as keras
counter = ctypes.c_long.in_dll(ctypes.CDLL(None), "allocations")
for width in (20, 600):  # with the GIL in hand, and without
    model = keras.Sequential([keras.Input((30,)), keras.layers.Dense(width, "tanh"), keras.layers.Dense(2)])
    x, out = np.ones((8, 30)), np.empty((8, 2), "float32")
    counts = []
    for calls in (1, 0, 1000):
        before = counter.value
        for _ in itertools.repeat(None, calls):
            model.predict_into(x, out)
        counts.append(counter.value - before)
    print(counts[2] - counts[1])
"""


def test_it_allocates_nothing_on_any_heap(tmp_path):
    """With PYTHONMALLOC=malloc Python's own objects come from malloc too, and the test counts its calls."""
    compiler, source = shutil.which("cc"), tmp_path / "counter.c"
    if compiler is None:
        pytest.skip("needs a C compiler")
    source.write_text(COUNTER)
    library = tmp_path / "counter.so"
    built = subprocess.run(
        [compiler, "-shared", "-fPIC", "-fno-builtin", "-o", library, source], capture_output=True, text=True
    )
    if built.returncode != 0:
        pytest.skip(f"needs glibc: {built.stderr}")
    environment = {**os.environ, "LD_PRELOAD": str(library), "PYTHONMALLOC": "malloc"}
    process = subprocess.run([sys.executable, "-c", COUNT], env=environment, capture_output=True, text=True)
    if "undefined symbol" in process.stderr:
        pytest.skip(f"needs glibc: {process.stderr}")
    assert (process.stdout.split(), process.stderr) == (["0", "0"], "")
