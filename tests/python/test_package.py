"""The package as such: modules, what importing costs, types, the command line, every example in docstrings."""

import ast
import doctest
import importlib
import inspect
import pkgutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import bardana
from bardana import _core

PACKAGE = Path(bardana.__file__).parent
PUBLIC = (
    *(
        "activations",
        "backend",
        "callbacks",
        "classic",
        "compat",
        "config",
        "datasets",
        "dtype_policies",
        "initializers",
        "kernels",
        "layers",
    ),
    *("losses", "metrics", "models", "ops", "optimizers", "random", "saving", "utils", "wrappers"),
)


def run(code, *flags):
    return subprocess.run([sys.executable, *flags, "-c", code], capture_output=True, text=True, timeout=60)


def all_modules():
    found = pkgutil.walk_packages([str(PACKAGE)], "bardana.")
    names = {"bardana", *(module.name for module in found)} - {"bardana._core"}
    return sorted(name for name in names if not name.endswith("__main__"))


@pytest.mark.parametrize("name", PUBLIC)
def test_submodules_import_in_all_three_ways(name):
    code = f"""
import bardana.{name}
module = bardana.{name}
from bardana import {name}
assert {name} is module
import importlib, sys
assert importlib.import_module("bardana.{name}") is module is sys.modules["bardana.{name}"]
"""
    process = run(code)
    assert process.returncode == 0, process.stderr


def test_names_import_from_submodules():
    process = run(
        "from bardana.layers import Dense; from bardana.models import Sequential; import bardana as keras;"
        "assert keras.Sequential is Sequential and keras.layers.Dense is Dense;"
        "from bardana.datasets import fashion_mnist, mnist;"
        "from bardana.callbacks import EarlyStopping, History; from bardana.utils import to_categorical"
    )
    assert process.returncode == 0, process.stderr


@pytest.mark.parametrize("name", ["layers", "losses", "metrics", "optimizers", "callbacks", "initializers", "utils"])
def test_star_import_gives_the_public_names(name):
    process = run(f"from bardana.{name} import *; import bardana.{name} as m; assert set(m.__all__) <= set(globals())")
    assert process.returncode == 0, process.stderr


def test_all_lists_exist_and_are_sorted_without_private_names():
    for name in all_modules():
        module = importlib.import_module(name)
        for entry in getattr(module, "__all__", ()):
            assert hasattr(module, entry), f"{name}.{entry}"
            assert not entry.startswith("_") or entry == "__version__"


def test_import_loads_no_heavy_module():
    code = """
import sys
import numpy
before = set(sys.modules)
import bardana
heavy = {"rich", "pooch", "numpy.random", "pandas", "tensorflow", "keras", "sklearn", "IPython", "asyncio", "requests",
         "urllib.request", "multiprocessing", "unittest", "hypothesis"}
loaded = set(sys.modules) - before
print(sorted(heavy & loaded))
print(len([name for name in loaded if name.partition(".")[0] != "bardana"]))
"""
    process = run(code)
    assert process.returncode == 0, process.stderr
    heavy, count = process.stdout.splitlines()
    assert heavy == "[]"
    assert int(count) < 40  # a heavy import brings hundreds


@pytest.mark.parametrize("name", ["applications", "distribution", "export", "quantizers", "visualization"])
def test_modules_that_have_no_place_here_say_why(name):
    for code in (f"import bardana.{name}", f"import bardana; bardana.{name}"):
        process = run(code)
        assert process.returncode == 1
        assert f"bardana has no module '{name}': " in process.stderr
    process = run("import bardana; print(hasattr(bardana, 'applications')); import bardana.nobody")
    assert process.stdout == "False\n"
    assert "No module named 'bardana.nobody'" in process.stderr


def test_import_prints_and_warns_nothing():
    process = run("import bardana", "-W", "error")
    assert (process.returncode, process.stdout, process.stderr) == (0, "", "")


def test_types_are_marked_and_stubbed():
    assert (PACKAGE / "py.typed").is_file()
    stub = ast.parse((PACKAGE / "_core.pyi").read_text(encoding="utf-8"))
    declared = {node.name for node in stub.body if isinstance(node, (ast.FunctionDef, ast.ClassDef))}
    python_side_only = {"VariableInfo", "LayerInfo"}
    actual = {name for name in dir(_core) if not name.startswith("_")}
    assert declared - python_side_only == actual


@pytest.mark.parametrize("name", ["Model", "Optimizer"])
def test_stubs_list_the_members_of_native_classes(name):
    stub = ast.parse((PACKAGE / "_core.pyi").read_text(encoding="utf-8"))
    (node,) = (n for n in stub.body if isinstance(n, ast.ClassDef) and n.name == name)
    declared = {n.name for n in node.body if isinstance(n, ast.FunctionDef) and n.name != "__init__"}
    declared |= {n.target.id for n in node.body if isinstance(n, ast.AnnAssign)}
    assert declared == {member for member in dir(getattr(_core, name)) if not member.startswith("_")}


def test_versions():
    assert bardana.__version__ == _core.__version__ == bardana.version()
    assert bardana.keras_api_version == "3.15.1"


def test_the_command_line_shows_the_configuration(capsys):
    process = subprocess.run([sys.executable, "-m", "bardana"], capture_output=True, text=True, timeout=60)
    bardana.show_config()
    assert (process.returncode, process.stderr) == (0, "")
    assert process.stdout == capsys.readouterr().out
    info = _core.build_info()
    assert process.stdout.startswith(f"bardana {bardana.__version__}\n")
    for part in ("isa:", info["isa"], "threads:", "devices:", "cpu", "compiler:", "numpy:", np.__version__):
        assert part in process.stdout


@pytest.mark.parametrize("arguments", [["dance"], ["demo", "--epochs", "0"], ["demo", "--data", "letters"]])
def test_the_command_line_refuses_what_it_does_not_know(arguments):
    process = subprocess.run([sys.executable, "-m", "bardana", *arguments], capture_output=True, text=True, timeout=60)
    assert process.returncode == 2
    assert arguments[-1] in process.stderr
    assert "Traceback" not in process.stderr


def test_the_demo_trains():
    run_demo = [sys.executable, "-m", "bardana", "demo", "--quick", "--data", "digits"]
    process = subprocess.run(run_demo, capture_output=True, text=True, timeout=120)
    assert process.returncode == 0, process.stderr
    assert "digits" in process.stdout
    assert "Total params" in process.stdout
    assert "accuracy" in process.stdout


@pytest.mark.parametrize("name", all_modules())
def test_examples_in_docstrings(name):
    """As a user sees them: bardana's short names, NumPy's default printing."""
    bardana.utils.clear_session()
    module = importlib.import_module(name)
    with np.printoptions():
        result = doctest.testmod(module, extraglobs={"np": np}, optionflags=doctest.NORMALIZE_WHITESPACE)
    assert result.failed == 0


def public_objects():
    """(qualified name, object) of every public function and class that a user reaches, once each."""
    found = {}
    for place in ("", *PUBLIC):
        module = importlib.import_module(f"bardana.{place}".rstrip("."))
        own = [n for n, v in vars(module).items() if getattr(v, "__module__", None) == module.__name__]
        for name in getattr(module, "__all__", own):
            value = getattr(module, name)
            if not name.startswith("_") and (inspect.isclass(value) or inspect.isfunction(value)):
                found.setdefault(id(value), (f"{value.__module__}.{value.__qualname__}", value))
    return sorted(found.values(), key=lambda pair: pair[0])


def own_docstring(value):
    return inspect.cleandoc(value.__doc__ or "") if "__doc__" in vars(value) or inspect.isfunction(value) else ""


def test_every_public_name_is_documented():
    assert [name for name, value in public_objects() if not own_docstring(value)] == []


def test_every_public_name_has_an_example():
    assert [name for name, value in public_objects() if ">>>" not in own_docstring(value)] == []


def test_every_public_method_is_documented():
    """By itself, by the method of a base class, or, for the events of CallbackList, by that of Callback."""
    silent = []
    for name, value in public_objects():
        for method, function in vars(value).items() if inspect.isclass(value) else ():
            is_method = inspect.isfunction(function) or isinstance(function, (property, classmethod))
            if not is_method or method.startswith("_") or hasattr(bardana.callbacks.Callback, method):
                continue
            if not inspect.getdoc(getattr(value, method)):
                silent.append(f"{name}.{method}")
    assert silent == []


def test_arguments_are_described():
    """Every argument of a documented function is named in its docstring."""
    silent = []
    for name, value in public_objects():
        if inspect.isfunction(value):
            parameters = inspect.signature(value).parameters
            silent += [f"{name}({p})" for p in parameters if p not in (inspect.getdoc(value) or "")]
    assert silent == []
