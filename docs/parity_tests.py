"""Which test file of tests/python looks at a name: for the column of that name in parity.md.

A file looks at a name that stands in its code or in one of its strings, not only in a comment. Comparisons with Keras
that go through the samples look at all names there.
"""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

TESTS = Path(__file__).parents[1] / "tests" / "python"

HOMES = {
    "backend": "utils_parity",
    "config": "names_parity",
    "dtype_policies": "ops_parity",
    "layers": "keras_parity",
    "layers.Layer": "model",
    "random": "ops_parity",
    "saving": "utils_parity",
    "Sequential": "model",
    "Variable": "names_parity",
    "wrappers": "wrappers_models",
}
"""Where the names of a module or class are tested if no file is called like it."""

LISTS = ("test_parity_table", "test_package")
"""Files that list names without using what they mean."""


def test_of(place: str, name: str) -> str:
    """Return the file to look into first: called like the name, like its module, or a comparison with Keras.

    Args:
        place: the module or class as seen from `keras`, "" for `keras` itself.
        name: the public name in it.
    """
    home = HOMES.get(place) or place.rpartition(".")[2].lower().removesuffix("s").removesuffix("e")

    def rank(file: str) -> tuple[bool, bool, bool, str]:
        named = len(name) > 4 and name.lower().replace("_", "") in file.replace("_", "")
        return not named, not (home and home in file), "parity" not in file, file

    return min((file for file, words in mentions().items() if name in words), key=rank, default="")


@cache
def mentions() -> dict[str, set[str]]:
    """Return the names in each test file."""
    samples = names_in(TESTS / "samples.py")
    found = {}
    for path in sorted(TESTS.glob("test_*.py")):
        if path.stem not in LISTS:
            own = names_in(path)
            found[path.stem] = own | samples if "samples" in own and "parity" in path.stem else own
    return found


def names_in(path: Path) -> set[str]:
    """Return the names and the words of strings in a file, docstrings apart."""
    tree = ast.parse(path.read_text("utf-8"))
    prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            found.add(node.attr)
        elif isinstance(node, ast.ImportFrom):
            found.update([node.module or "", *(alias.name for alias in node.names)])
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
            found.update(re.findall(r"\w+", node.value))
    return found
