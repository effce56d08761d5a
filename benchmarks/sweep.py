"""The sweep: a training step of square layers over widths, depths and batches.

Timed is an epoch of up to 500 steps, divided by its steps; what a call of `fit` costs is in it.
"""

from __future__ import annotations

import re

import data
from tasks import Task
from workloads import WORKLOADS, Workload

WIDTHS, DEPTHS, BATCHES = (8, 64, 512, 4096), (1, 3, 8), (1, 32, 512, 4096)
QUICK_CELLS = [(8, 3, 1), (8, 3, 32), (64, 3, 32), (512, 3, 32), (512, 3, 512)]
MOST_FLOP_A_STEP, MOST_PARAMETERS, MOST_FLOATS = 6e10, 6.4e7, 1.6e7


def sweep_cells(quick: bool) -> list[tuple[int, int, int]]:
    """Return (width, depth, batch) of the cells whose step is short and whose weights are few enough."""
    if quick:
        return QUICK_CELLS
    cells = [(w, d, b) for w in WIDTHS for d in DEPTHS for b in BATCHES]
    return [(w, d, b) for w, d, b in cells if 6.0 * w * w * d * b <= MOST_FLOP_A_STEP and w * w * d <= MOST_PARAMETERS]


def sweep_task(width: int, depth: int, batch: int, scale: float) -> Task:
    """Return `depth` square layers, and as many steps as take some tenths of a second, at least two."""
    steps = min(500.0, 2e10 / (6.0 * width * width * depth * batch), MOST_FLOATS / (width * batch))
    rows = max(2, int(steps * scale)) * batch
    return Task((width,) * (depth + 1), *data.noise(rows, width, width), batch=batch)


def sweep_cell(width: int, depth: int, batch: int) -> Workload:
    text = f"{depth} layers of {width}, batch {batch}, SGD"
    name = f"sweep {width}x{depth}x{batch}"
    tiny = width * width * batch < 1e6
    return Workload(
        name,
        text,
        "step",
        "epoch",
        lambda scale: sweep_task(width, depth, batch, scale),
        tolerance=0.02,
        tiny=tiny,
    )


def find(name: str) -> Workload:
    """Return the workload of a name, also of a sweep's cell."""
    cell = re.fullmatch(r"sweep (\d+)x(\d+)x(\d+)", name)
    if cell:
        return sweep_cell(*map(int, cell.groups()))
    found = [workload for workload in WORKLOADS if workload.name == name]
    if not found:
        raise ValueError(f"workload: expected one of {[w.name for w in WORKLOADS]}, received {name!r}")
    return found[0]
