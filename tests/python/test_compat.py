"""`bardana.compat`: the names `keras` and `tensorflow`, in other processes, since this one may know the real ones."""

import subprocess
import sys

import pytest

import bardana


def run(*arguments, cwd=None):
    return subprocess.run(
        [sys.executable, *map(str, arguments)], capture_output=True, text=True, timeout=120, cwd=cwd, check=False
    )


def run_after_install(code):
    process = run("-c", f"import bardana\nbardana.compat.install()\n{code}")
    assert process.returncode == 0, process.stderr
    return process.stdout


SAME_OBJECTS = """
import sys
import keras
import keras.layers
from tensorflow import keras as k2
import tensorflow as tf
from keras.models import Sequential
from tensorflow.keras.layers import Dense
import tensorflow.keras.layers as L
from tensorflow.keras import layers, backend as K
from keras.datasets import mnist
from tensorflow.keras.callbacks import EarlyStopping
import keras.backend
import tensorflow.keras.datasets.fashion_mnist

assert keras is k2 is tf.keras is sys.modules["tensorflow.keras"]
assert keras.layers is L is layers is bardana.layers is sys.modules["keras.layers"]
assert keras.layers.__spec__.name == keras.layers.__name__ == "bardana.layers"
assert Sequential is keras.Sequential is tf.keras.models.Sequential is bardana.Sequential
assert Dense is bardana.layers.Dense and mnist is bardana.datasets.mnist
assert K is keras.backend is bardana.backend
assert EarlyStopping is bardana.callbacks.EarlyStopping
assert keras.__version__ == keras.version() == bardana.keras_api_version != bardana.__version__
assert tf.__version__ >= "2.16"
from keras import *
from keras.layers import *
assert layers is bardana.layers and Dropout is bardana.layers.Dropout
"""


def test_all_ways_to_import_reach_the_same_objects():
    run_after_install(SAME_OBJECTS)


def test_installing_twice_is_installing_once():
    assert run_after_install("bardana.compat.install(); import keras; print(keras.__version__)") == "3.15.1\n"


@pytest.mark.parametrize("name", ["keras", "tensorflow"])
def test_install_refuses_if_the_real_package_is_there(name, tmp_path):
    (tmp_path / f"{name}.py").write_text("")
    process = run(
        "-c", f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import {name}, bardana.compat as c; c.install()"
    )
    assert process.returncode != 0
    assert f"ImportError: bardana.compat.install: expected {name} not to be imported yet" in process.stderr
    assert str(tmp_path) in process.stderr


def test_uninstall_changes_everything_back(tmp_path):
    """No attribute of the package differs afterwards, and another `keras` can be imported."""
    (tmp_path / "keras.py").write_text("mine = True")
    process = run(
        "-c",
        f"""
import inspect, sys
sys.path.insert(0, {str(tmp_path)!r})
import bardana, bardana.compat.session, bardana.compat.scikit_learn
import bardana.compat.tensorflow
for module in [m for n, m in sorted(sys.modules.items()) if n.partition(".")[0] == "bardana"]:
    for name in getattr(module, "__all__", ()):
        getattr(module, name)  # some load their module when they are asked for

def picture():
    modules = [m for n, m in sorted(sys.modules.items()) if n.partition(".")[0] == "bardana"]
    values = [value for module in modules for value in vars(module).values()]
    classes = {{c for c in values if inspect.isclass(c) and c.__module__.startswith("bardana")}}
    caches = {{"__warningregistry__", "_session", "_keras", "_placeholders"}}
    return {{(owner.__name__, name): id(value) for owner in [*modules, *classes] for name, value in vars(owner).items()
            if name not in caches}}

before, path = picture(), list(sys.meta_path)
bardana.compat.install()
import keras.layers.core, keras.layers.normalization, keras.utils.np_utils, keras.wrappers.scikit_learn
import tensorflow.keras.layers
from keras.layers import Conv2D
from keras.optimizers import legacy
assert picture() != before
bardana.compat.uninstall()
after = picture()
assert after == before, {{key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}}
assert sys.meta_path == path
assert not [n for n in sys.modules if n.partition(".")[0] in ("keras", "tensorflow")]
import keras
assert keras.mine
""",
    )
    assert process.returncode == 0, process.stderr


def test_without_install_old_spellings_are_errors():
    with pytest.raises(ValueError, match="lr"):
        bardana.optimizers.SGD(lr=0.1)
    with pytest.raises(ValueError, match="init"):
        bardana.layers.Dense(2, init="uniform")
    model = bardana.Sequential([bardana.Input((1,)), bardana.layers.Dense(1)])
    assert not hasattr(model, "predict_classes")
    assert not hasattr(bardana.backend, "mean")
    assert not hasattr(bardana.layers, "Conv2D")
    assert not hasattr(bardana.optimizers.SGD(), "lr")


def test_installing_costs_no_heavy_import():
    out = run_after_install(
        "import sys, keras, keras.layers; print(sorted({'sklearn', 'pandas', 'rich'} & set(sys.modules)))"
    )
    assert out == "[]\n"


def test_the_runner_gives_arguments_folder_and_main(tmp_path):
    (tmp_path / "beside.py").write_text("from keras.layers import Dense\n")
    script = tmp_path / "script.py"
    script.write_text(
        "import sys, keras, beside\n"
        "print(__name__, sys.argv[1:], keras.__version__)\n"
        "print(beside.Dense is keras.layers.Dense, __file__ == sys.argv[0])\n"
        "raise SystemExit(3)\n"
    )
    process = run("-m", "bardana.compat", script, "--epochs", "2")
    assert process.stdout == "__main__ ['--epochs', '2'] 3.15.1\nTrue True\n", process.stderr
    assert process.returncode == 3


def test_the_runner_shows_old_spellings_and_the_scripts_own_errors(tmp_path):
    script = tmp_path / "script.py"
    script.write_text("from keras.layers.core import Dense\nDense(output_dim=2)\n1 / 0\n")
    process = run("-m", "bardana.compat", script)
    assert process.returncode == 1
    assert f"{script}:1: DeprecationWarning: keras.layers.core.Dense is keras.layers.Dense today" in process.stderr
    assert f"{script}:2: DeprecationWarning: Dense: output_dim= is spelled units= today" in process.stderr
    assert process.stderr.rstrip().endswith("ZeroDivisionError: division by zero")


@pytest.mark.parametrize("arguments", [[], ["--help"], ["no_such_script.py"]])
def test_the_runner_refuses_what_is_no_script(arguments):
    process = run("-m", "bardana.compat", *arguments)
    assert process.returncode == 1
    assert "Traceback" not in process.stderr
    assert "bardana.compat" in process.stderr
