"""The kernels of every instruction set that runs here, each forced by BARDANA_ISA in a process of its own.

AVX2 and AVX-512 evaluate the same tree of fused multiply-adds, so their results are equal to the bit; the baseline
rounds a · b + c twice and is only close.
"""

import os
import subprocess
import sys

import numpy as np
import pytest

from bardana import _core

ISAS = tuple(_core.build_info()["isas"])
VECTOR_ISAS = ("avx2", "avx512")

# Sizes with tails in every dimension: 37 columns, 50 and 19 units, batches of 30 and a last one of 11.
SCRIPT = """
import sys
import numpy as np
import bardana as keras
from bardana import _core, kernels

dtype, path = sys.argv[1:]
keras.config.set_floatx(dtype)
rng = np.random.default_rng(0)
x = rng.standard_normal((101, 37)).astype(dtype)
y = rng.integers(0, 5, 101)
results = {}
special = np.array([np.inf, -np.inf, np.nan, -0.0, 0.0, 1e-40, -1e-40, 1e30, -1e30, 88.5, -103.0], dtype)
wide = np.concatenate([3 * x.ravel(), 40 * x.ravel(), special])
for name in _core.activation_names():
    results[f"activate {name}"] = kernels.activate(name, 3 * x if name == "softmax" else wide)
    results[f"activate_backward {name}"] = kernels.activate_backward(name, 3 * x, x)
for optimizer in (keras.optimizers.SGD(0.1), keras.optimizers.SGD(0.02, momentum=0.9, nesterov=True)):
    keras.utils.set_random_seed(3)
    model = keras.Sequential([
        keras.Input((37,)), keras.layers.Dense(50, "relu"), keras.layers.Dropout(0.1),
        keras.layers.Dense(19, "tanh"), keras.layers.Dense(5, "softmax"),
    ])
    key = f"momentum {optimizer.momentum}"
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
    results[f"{key} forward"] = model.predict(x, verbose=0)
    loss, gradients, by_input = model.compute_gradients(x, y)
    results |= {f"{key} gradient {i}": g for i, g in enumerate(gradients)}
    results[f"{key} input gradient"] = by_input
    history = model.fit(x, y, batch_size=30, epochs=4, verbose=0, validation_split=0.2)
    results |= {f"{key} weight {i}": w for i, w in enumerate(model.get_weights())}
    results |= {f"{key} history {name}": np.array(values) for name, values in history.history.items()}
    results[f"{key} predict"] = model.predict(x, verbose=0)
    results[f"{key} one row"] = model.predict(x[:1], verbose=0)
np.savez(path, isa=np.array(_core.build_info()["isa"]), **results)
keras.show_config()
"""


def run(isa, *arguments, code=SCRIPT):
    environment = {**os.environ, "BARDANA_ISA": isa}
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], env=environment, capture_output=True, text=True, timeout=120
    )


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """A function (isa, dtype) -> arrays by name; each process runs once."""
    folder = tmp_path_factory.mktemp("isa")
    known = {}

    def of(isa, dtype):
        if isa not in ISAS:
            pytest.skip(f"{isa} does not run here")
        if (isa, dtype) not in known:
            path = str(folder / f"{isa}-{dtype}.npz")
            process = run(isa, dtype, path)
            assert process.returncode == 0, process.stderr
            with np.load(path) as arrays:
                known[isa, dtype] = process.stdout, {name: arrays[name] for name in arrays}
        return known[isa, dtype]

    return of


def test_baseline_always_runs():
    assert "baseline" in ISAS
    assert _core.build_info()["isa"] in ISAS


@pytest.mark.parametrize("isa", ["baseline", *VECTOR_ISAS])
def test_the_forced_isa_is_the_one_that_ran(results, isa):
    shown, arrays = results(isa, "float32")
    assert arrays["isa"] == isa
    assert f"isa: {isa}" in " ".join(shown.replace(":", ": ").split())


def assert_same_bits(one, other, name):
    """Equal, the sign of zero included; NaN equals any NaN."""
    np.testing.assert_array_equal(one, other, err_msg=name)
    if one.dtype.kind == "f":
        number = ~np.isnan(one)
        np.testing.assert_array_equal(np.signbit(one[number]), np.signbit(other[number]), err_msg=name)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_avx2_and_avx512_agree_to_the_bit(results, dtype):
    """In float64 formulas call the C library, the same one in both."""
    one, other = (results(isa, dtype)[1] for isa in VECTOR_ISAS)
    for name in one:
        if name != "isa":
            assert_same_bits(one[name], other[name], name)


@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 2e-4), ("float64", 1e-11)])
@pytest.mark.parametrize("isa", VECTOR_ISAS)
def test_baseline_is_close(results, isa, dtype, tolerance):
    """16 steps of training multiply the differences of one step, some 10 eps, by less than 100."""
    baseline, fused = results("baseline", dtype)[1], results(isa, dtype)[1]
    for name in baseline:
        if name != "isa":
            np.testing.assert_allclose(fused[name], baseline[name], rtol=tolerance, atol=tolerance, err_msg=name)


@pytest.mark.parametrize("isa", ISAS)
def test_same_process_twice_gives_the_same_bits(results, isa, tmp_path):
    process = run(isa, "float32", str(tmp_path / "again.npz"))
    assert process.returncode == 0, process.stderr
    first = results(isa, "float32")[1]
    with np.load(tmp_path / "again.npz") as again:
        for name in first:
            np.testing.assert_array_equal(again[name], first[name], err_msg=name)


@pytest.mark.parametrize("name", ["avx1024", "AVX2", "neon" if "neon" not in ISAS else "sve"])
def test_an_unknown_isa_is_one_clear_error(name):
    process = run(name, code="import bardana; bardana.show_config()")
    assert process.returncode == 1
    last = process.stderr.strip().splitlines()[-1]
    assert last.startswith("ValueError: ")
    for part in ("BARDANA_ISA", "expected", *ISAS, "received", name):
        assert part in last


def test_an_unknown_isa_does_not_fall_back_to_another():
    code = """
import numpy as np, bardana as keras
try:
    keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]).predict(np.ones((1, 2)), verbose=0)
except ValueError as error:
    print("refused:", error)
"""
    process = run("sse9", code=code)
    assert "refused: BARDANA_ISA" in process.stdout


def test_an_empty_name_means_the_best():
    process = run("", code="from bardana import _core; print(_core.build_info()['isa'])")
    assert process.stdout.strip() == ISAS[-1]
