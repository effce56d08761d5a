"""How many threads a call may use: runtime.set_threads, BARDANA_NUM_THREADS, threadpoolctl. In processes of their own,
where the largest number of threads that has worked is known."""

import os
import subprocess
import sys

import numpy as np
import pytest

import bardana as keras

WORK = """
import numpy as np, bardana as keras
from bardana import _core, runtime

def work():
    '''A fit of so much work that it takes all threads it may; the largest number of threads used so far.'''
    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.Input((256,)), keras.layers.Dense(512, "relu"), keras.layers.Dense(8)])
    model.compile("sgd", "mse")
    x = np.linspace(-1, 1, 256 * 256, dtype="float32").reshape(256, 256)
    model.fit(x, x[:, :8], epochs=2, batch_size=128, verbose=0)
    work.weights = model.get_weights()
    return _core.most_threads_used()
"""


def run(code, threads="3"):
    environment = {**os.environ, "BARDANA_NUM_THREADS": threads}
    return subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=60)


def output(code, threads="3"):
    process = run(code, threads)
    assert (process.returncode, process.stderr) == (0, "")
    return process.stdout.split()


def test_the_environment_limits_a_call():
    for threads in ("1", "2", "3"):
        assert output(WORK + "print(runtime.threads(), work())", threads) == [threads, threads]


def test_set_threads_goes_before_the_environment():
    code = "runtime.set_threads(2); print(work()); runtime.set_threads(None); print(runtime.threads(), work())"
    assert output(WORK + code) == ["2", "3", "3"]


def test_show_config_prints_the_limit():
    shown = " ".join(output("import bardana; bardana.runtime.set_threads(7); bardana.show_config()"))
    assert "threads: 7" in shown


@pytest.mark.parametrize("limit", [0, -1, 257, 2.0, "2", True])
def test_a_wrong_limit_is_refused(limit):
    before = keras.runtime.threads()
    with pytest.raises(ValueError, match=r"(limit|threads).*received"):
        keras.runtime.set_threads(limit)
    assert keras.runtime.threads() == before


def test_more_threads_than_cores_give_the_same_bits():
    code = """
results = []
for threads in (1, 16):
    runtime.set_threads(threads)
    print(work())
    results.append(work.weights)
assert all((one == other).all() for one, other in zip(*results))
"""
    one, many = map(int, output(WORK + code))
    assert one == 1
    assert many > 3


WRONG = ["0", "-1", "two", "1000", "2.5", "3 ", "99999999999999999999"]


@pytest.mark.parametrize("threads", WRONG)
@pytest.mark.parametrize("code", ["import bardana; bardana.show_config()", WORK + "work()"], ids=["show_config", "fit"])
def test_a_wrong_number_in_the_environment_is_one_clear_error(code, threads):
    process = run(code, threads)
    assert process.returncode == 1
    last = process.stderr.strip().splitlines()[-1]
    assert last.startswith("ValueError: BARDANA_NUM_THREADS: expected")
    assert last.endswith(f"from 1 to 256, received '{threads}'")


def test_a_wrong_number_in_the_environment_harms_nobody_who_sets_another():
    code = """
model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
try:
    model.predict(np.ones((1, 2)), verbose=0)
except ValueError as error:
    print("refused")
runtime.set_threads(2)
print(model.predict(np.ones((1, 2)), verbose=0).shape[0], work())
"""
    assert output(WORK + code, "two") == ["refused", "1", "2"]


LIMITS = """
import os

def listed():
    return [lib for lib in threadpoolctl.threadpool_info() if lib["user_api"] == "bardana"]

with threadpoolctl.threadpool_limits(1):
    print(listed()[0]["num_threads"], work())
    with threadpoolctl.threadpool_limits(limits={"bardana": 2}):
        print(listed()[0]["num_threads"], work())
(library,) = listed()
print(library["num_threads"], work())
assert library["internal_api"] == "bardana"
assert library["version"] == keras.__version__
assert library["filepath"] == os.path.realpath(_core.__file__)  # threadpoolctl follows links
"""


@pytest.mark.parametrize("order", ["before", "after", "probed"])
def test_threadpoolctl_limits_and_lists_the_engine(order):
    pytest.importorskip("threadpoolctl")
    before = {"before": "import threadpoolctl", "probed": "import importlib.util"}.get(order, "")
    probe = "assert importlib.util.find_spec('threadpoolctl')\n" if order == "probed" else ""
    code = f"{before}\n{WORK}\n{probe}import threadpoolctl\n{LIMITS}"
    assert output(code) == ["1", "1", "2", "2", "3", "3"]


def test_a_limit_on_other_libraries_is_none_on_ours():
    pytest.importorskip("threadpoolctl")
    code = "import threadpoolctl\nwith threadpoolctl.threadpool_limits(1, user_api='blas'): print(work())"
    assert output(WORK + code) == ["3"]


def test_threadpoolctl_may_ask_for_any_number():
    pytest.importorskip("threadpoolctl")
    code = """
import threadpoolctl
with threadpoolctl.threadpool_limits(10_000):
    print(runtime.threads())
print(runtime.threads())
"""
    assert output(WORK + code) == ["256", "3"]


def test_threadpoolctl_survives_a_wrong_number_in_the_environment():
    pytest.importorskip("threadpoolctl")
    code = """
import threadpoolctl
with threadpoolctl.threadpool_limits(1):
    print(runtime.threads())
try:
    runtime.threads()
except ValueError:
    print("refused")
"""
    assert output(WORK + code, "two") == ["1", "refused"]


def test_import_leaves_threadpoolctl_alone():
    """Neither imported by us, nor looked for by a finder once it has come, nor missed where it is not installed."""
    code = """
import sys, bardana
assert "threadpoolctl" not in sys.modules
sys.path[:] = [p for p in sys.path if "site-packages" not in p]
try:
    import threadpoolctl
except ModuleNotFoundError as error:
    print(error.name)
"""
    assert output(code) == ["threadpoolctl"]
    pytest.importorskip("threadpoolctl")
    code = """
import sys
before = list(sys.meta_path)
import bardana
ours, *others, absent = sys.meta_path  # the last one stays: it explains imports of what bardana has not
assert others == before
assert isinstance(ours, bardana.threadpool._Finder)
assert isinstance(absent, bardana.absent.Finder)
import threadpoolctl
assert sys.meta_path == [*before, absent]
"""
    assert output(code) == []


def test_old_versions_of_threadpoolctl_are_let_be():
    keras.threadpool.register(np)  # a module without `register`
