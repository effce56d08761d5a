"""Write the tables of parity.md: every public name of Keras, whether bardana has it, and which test looks at it.

    python docs/parity_table.py            # write them between the two markers
    python docs/parity_table.py --check    # exit 1 if they are not what would be written

A name without a reason to be missing is an error, and so is one that is there and that no test mentions. The reasons
stand in parity_reasons.py, tests are searched by parity_tests.py. Arguments without effect are read from the table of
that name, which is written by hand in the same file.
"""

from __future__ import annotations

import argparse
import inspect
import operator
import os
import re
import sys
import warnings
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["CUDA_VISIBLE_DEVICES"] = ""
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import keras

from parity_reasons import reason_for
from parity_tests import test_of

import bardana

PAGE = Path(__file__).with_name("parity.md")
BEGIN = "<!-- written by parity_table.py: begin -->"
END = "<!-- written by parity_table.py: end -->"

NAMESPACES = """
    activations backend callbacks config constraints datasets dtype_policies initializers layers losses metrics models
    ops optimizers optimizers.schedules random regularizers saving utils wrappers
"""
EXAMPLES = {
    "Sequential": bardana.Sequential([bardana.Input((2,)), bardana.layers.Dense(1)]),
    "layers.Layer": bardana.layers.Dense(1),
    "optimizers.Optimizer": bardana.optimizers.SGD(),
    "metrics.Metric": bardana.metrics.Mean(),
    "losses.Loss": bardana.losses.MeanSquaredError(),
    "Variable": bardana.Variable(0.0),
    "callbacks.Callback": bardana.callbacks.Callback(),
}
"""Classes whose members are listed, with an object of each: some attributes exist on objects only."""

Parameters = dict[str, str]
"""Names of parameters in order, and their defaults as text, "" without."""


class Entry(NamedTuple):
    """One name of Keras."""

    name: str
    there: bool
    signature: str
    idle: str
    note: str


def main() -> int:
    """Write or check the page; return the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="change nothing, exit 1 if the tables are outdated")
    check = parser.parse_args().check
    page = PAGE.read_text("utf-8")
    sections = {place: list(entries(place, page)) for place in ["", *NAMESPACES.split(), *EXAMPLES]}
    problems = [
        f"{place or 'keras'}.{entry.name}: {entry.note}"
        for place, found in sections.items()
        for entry in found
        if entry.note.startswith("!")
    ]
    if problems:
        print("\n".join(problems), file=sys.stderr)
        return 1
    before, _, rest = page.partition(BEGIN)
    written = f"{before}{BEGIN}\n\n{tables(sections)}\n{END}{rest.partition(END)[2]}"
    if check and written != page:
        print("docs/parity.md is outdated: run python docs/parity_table.py", file=sys.stderr)
        return 1
    PAGE.write_text(written, "utf-8")
    return 0


def entries(place: str, page: str) -> Iterator[Entry]:
    """Yield an entry for each public name of one of Keras' modules or classes."""
    theirs = look_up(keras, place)
    ours = EXAMPLES.get(place) or look_up(bardana, place)
    for name in sorted(dir(theirs), key=lambda name: (name.lower(), name)):
        if name.startswith("_"):
            continue
        if ours is None or not hasattr(ours, name):
            yield Entry(name, False, "", "", reason_for(place, name) or "! missing without a reason")
            continue
        # A member is taken from the class, where a method has `self` and a property is no value.
        own = getattr(type(ours) if place in EXAMPLES else ours, name, None)
        signature = difference(parameters(getattr(theirs, name)), parameters(own))
        yield Entry(name, True, signature, idle_arguments(own, page), test_of(place, name) or "! not in any test")


def look_up(package: Any, path: str) -> Any:
    """Return the module or class at a dotted path, None if there is none."""
    for part in filter(None, path.split(".")):
        package = getattr(package, part, None)
    return package


def parameters(thing: Any) -> Parameters | None:
    """Return the parameters of a function or constructor, None for other things and for what takes anything."""
    is_class = isinstance(thing, type)
    if not callable(thing):
        return None
    if is_class and thing.__init__ is object.__init__:
        return {}
    try:
        found = list(inspect.signature(thing.__init__ if is_class else thing).parameters.values())[is_class:]
    except ValueError:
        return None
    stars: dict[Any, str] = {inspect.Parameter.VAR_POSITIONAL: "*", inspect.Parameter.VAR_KEYWORD: "**"}
    named = {stars.get(p.kind, p.name): "" if p.default is p.empty else repr(p.default) for p in found}
    return None if named.keys() - {"self"} == {"*", "**"} else named


def difference(theirs: Parameters | None, ours: Parameters | None) -> str:
    """Return in words how our parameters differ from Keras'."""
    if theirs is None or ours is None:
        return "–"
    parts = []
    if lacking := [name for name in theirs if name not in ours]:
        parts.append("lacks " + code(lacking))
    if "**" not in theirs and (besides := [name for name in ours if name not in theirs]):
        parts.append("besides " + code(besides))
    common = [name for name in theirs if name in ours]
    if common != (order := [name for name in ours if name in theirs]):
        parts.append("in the order " + code(order))
    for name in common:
        if ours[name] != theirs[name] and "<" not in ours[name]:
            parts.append(f"`{name}={ours[name]}`, not `{theirs[name]}`")
    return "; ".join(parts) or "equal"


def code(names: Iterable[str]) -> str:
    """Return names as they stand in the tables, Conv1D, Conv2D and Conv3D as Conv{1,2,3}D."""
    families: dict[str, list[str]] = {}
    for name in names:
        families.setdefault(re.sub("[123]D", "#D", name), []).append(name)
    short = []
    for family, members in families.items():
        digits = ",".join(name[family.index("#")] for name in members) if len(members) > 1 else ""
        short.append(family.replace("#", f"{{{digits}}}") if digits else members[0])
    return ", ".join(f"`{name}`" for name in short)


def idle_arguments(thing: Any, page: str) -> str:
    """Return which arguments of ours have no effect, by the table written by hand."""
    found = [argument for owner, argument in idle(page) if owner is thing]
    return ", ".join(f"`{argument}`" if argument else "all of it" for argument in found)


@cache
def idle(page: str) -> list[tuple[Any, str]]:
    """Return the functions and arguments of the table "Arguments without effect"; all must exist."""
    section = page.partition("## Arguments without effect")[2].partition("\n## ")[0]
    found = []
    for path, argument in re.findall(r"`([\w.]+)\((\w*)=?\)`", section):
        owner = operator.attrgetter(path)(bardana)
        if argument and argument not in (parameters(owner) or {}):
            raise ValueError(f"docs/parity.md: expected an argument of {path}, received {argument!r}")
        found.append((owner, argument))
    return found


def tables(sections: dict[str, list[Entry]]) -> str:
    """Return everything between the markers: the counts, then a table for each module and class."""
    parts = [counts(sections)]
    for place, found in sections.items():
        kind = "Members of `keras." if place in EXAMPLES else "`keras."
        parts.append(f"### {kind}{place}".rstrip(".") + "`\n\n" + rows(found))
    return "\n".join(parts)


def counts(sections: dict[str, list[Entry]]) -> str:
    """Return a table with the numbers of names by module, and their sums."""
    lines = ["| | names | here | signature equal | different | missing, with a reason |", "|---|---|---|---|---|---|"]
    sums = [0] * 5
    for place, found in sections.items():
        here = [entry for entry in found if entry.there]
        equal = sum(entry.signature == "equal" for entry in here)
        other = sum(entry.signature not in ("equal", "–") for entry in here)
        numbers = [len(found), len(here), equal, other, len(found) - len(here)]
        sums = [a + b for a, b in zip(sums, numbers, strict=True)]
        lines.append(f"| `{place or 'keras'}` | " + " | ".join(map(str, numbers)) + " |")
    lines.append("| all | " + " | ".join(map(str, sums)) + " |")
    return "\n".join(lines) + "\n"


def rows(found: list[Entry]) -> str:
    """Return a table; names with the same entries share a row, missing ones come last."""
    shared: dict[Entry, list[str]] = {}
    for entry in sorted(found, key=lambda entry: not entry.there):
        shared.setdefault(entry._replace(name=""), []).append(entry.name)
    lines = ["| name | signature | without effect | tested by |", "|---|---|---|---|"]
    for entry, names in shared.items():
        if entry.there:
            lines.append(f"| {code(names)} | {entry.signature} | {entry.idle} | {entry.note} |")
        else:
            lines.append(f"| {code(names)} | missing: {entry.note} | | |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
