"""Memory as data grow: `fit` and `predict` over memory-mapped files must not take more for more rows.

Counted is the peak of anonymous memory while a call runs, beyond what the process had before; mapped files and the
array of results, which grow with the rows, are not counted. `python memory.py CALL DTYPE ROWS` measures one case.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from data import CACHE

ROWS = (20_000, 80_000, 320_000)
CASES = [
    *(("predict", dtype) for dtype in ("float32", "uint8")),
    *(("fit", dtype) for dtype in ("float32", "uint8", "float64")),
    ("chunks", "float32"),
]


def anonymous_bytes() -> int:
    status = Path("/proc/self/status").read_text()
    return 1024 * int(status.split("RssAnon:")[1].split()[0])


def peak_while(call: Callable[[], object]) -> int:
    """Return the highest anonymous memory during a call, sampled, beyond that before it."""
    before, highest, done = anonymous_bytes(), 0, threading.Event()

    def sample() -> None:
        nonlocal highest
        while not done.wait(0.002):
            highest = max(highest, anonymous_bytes())

    sampler = threading.Thread(target=sample)
    sampler.start()
    call()
    done.set()
    sampler.join()
    return max(highest, anonymous_bytes()) - before


def calls(x: Any, y: Any) -> dict[str, Callable[[], object]]:
    """Return the calls that are measured, warmed up on the first rows."""
    import bardana as keras

    layers = keras.layers
    dense = [layers.Dense(300, activation="relu"), layers.Dense(10, activation="softmax")]
    model = keras.Sequential([keras.Input((784,)), *dense])
    model.compile(loss="sparse_categorical_crossentropy", optimizer="sgd")
    model.fit(x[:1000], y[:1000], verbose=0)
    model.predict(x[:1000], verbose=0)
    chunks = range(0, len(x), 1000)
    return {
        "predict": lambda: model.predict(x, verbose=0),
        "fit": lambda: model.fit(x, y, epochs=1, verbose=0),
        "chunks": lambda: [model.predict(x[i : i + 1000], verbose=0).sum() for i in chunks],
    }


def one_case(call: str, dtype: str, rows: int) -> dict[str, Any]:
    with tempfile.NamedTemporaryFile(dir=CACHE) as file:  # a file of holes: it takes no room on the disk
        x = np.memmap(file.name, dtype, "w+", shape=(rows, 784))
        y = np.zeros(rows, np.int32)
        y.fill(1)
        taken = peak_while(calls(x, y)[call])
    result = 4 * 10 * rows if call == "predict" else 0
    return {"kind": "memory", "call": call, "dtype": dtype, "rows": rows, "taken": taken - result}


def measure(python: str, scale: float) -> list[dict[str, Any]]:
    """Return a line for each call, dtype and number of rows, each from a process of its own."""
    CACHE.mkdir(parents=True, exist_ok=True)
    lines = []
    for call, dtype in CASES:
        sizes = [max(2000, int(rows * scale)) for rows in ROWS]
        commands = [[python, __file__, call, dtype, str(rows)] for rows in sizes]
        found = [json.loads(subprocess.check_output(command, text=True)) for command in commands]
        taken = ", ".join(f"{line['taken'] / 1e6:.1f} MB for {line['rows']:,} rows" for line in found)
        print(f"memory       {call} {dtype}: {taken}", flush=True)
        lines += found
    return lines


if __name__ == "__main__":
    print(json.dumps(one_case(sys.argv[1], sys.argv[2], int(sys.argv[3]))))
