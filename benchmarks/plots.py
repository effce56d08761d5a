"""Draw a stored run as PNG beside its file: ratios per workload, and the sweep against the best peer.

python benchmarks/plots.py benchmarks/results/latest.jsonl

Where matplotlib is missing, the suite's own environment of tools runs it.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np

from report import Results
from sweep import BATCHES, DEPTHS, WIDTHS, sweep_cell
from venvs import ensure
from workloads import WORKLOADS, Workload

PLOTS = {
    "ratios.png": "how many times as long each peer takes as bardana",
    "sweep.png": "the sweep: how many times as long the fastest peer takes as bardana",
}


def label(ratio: float) -> str:
    return f"{ratio:.0f}×" if ratio >= 10 else f"{ratio:.1f}×"


def bars(axes: Any, results: Results, workload: Workload, colours: dict[str, Any]) -> None:
    """Draw one workload: a bar a peer on a logarithmic axis, bardana at 1."""
    ratios = {peer: results.ratio(workload, peer) for peer in results.others}
    found = {peer: ratio for peer, ratio in ratios.items() if ratio is not None}
    names = [results.peers[peer]["text"] for peer in found]
    drawn = axes.barh(names, list(found.values()), color=[colours[peer] for peer in found])
    axes.bar_label(drawn, [label(ratio) for ratio in found.values()], padding=2, fontsize=7)
    axes.set_xscale("log")
    axes.xaxis.set_minor_formatter("")  # they run into each other where ratios are small
    axes.axvline(1.0, color="black", linewidth=1)
    axes.set_xlim(0.5 * min(1.0, *found.values()), 4.0 * max(1.0, *found.values()))
    axes.invert_yaxis()
    axes.set_title(workload.name, fontsize=9)
    axes.tick_params(labelsize=7)


def ratios(results: Results, path: Path, pyplot: Any) -> None:
    drawn = [w for w in WORKLOADS if any(results.ratio(w, peer) is not None for peer in results.others)]
    colours = dict(zip(results.others, pyplot.get_cmap("tab10").colors, strict=False))
    columns = 3
    lines = -(-len(drawn) // columns)
    figure, grid = pyplot.subplots(lines, columns, figsize=(13, 2.4 * lines), squeeze=False)
    for axes, workload in zip(grid.flat, drawn, strict=False):
        bars(axes, results, workload, colours)
    for axes in grid.flat[len(drawn) :]:
        axes.set_axis_off()
    figure.suptitle("Time of each peer over time of bardana (1 = bardana)")
    figure.tight_layout()
    figure.savefig(path, dpi=110)


def sweep_ratio(results: Results, width: int, depth: int, batch: int) -> float:
    """Return the fastest peer's time over ours, NaN where the cell was not measured."""
    cell = sweep_cell(width, depth, batch)
    found = [results.ratio(cell, peer) for peer in results.others]
    return min((ratio for ratio in found if ratio is not None), default=float("nan"))


def sweep(results: Results, path: Path, pyplot: Any) -> None:
    """Draw a heat map a depth: width by batch."""
    figure, grid = pyplot.subplots(1, len(DEPTHS), figsize=(4 * len(DEPTHS) + 1, 3.6), layout="constrained")
    image = None
    for axes, depth in zip(grid, DEPTHS, strict=True):
        values = np.array([[sweep_ratio(results, w, depth, b) for b in BATCHES] for w in WIDTHS])
        image = axes.imshow(np.log2(values), cmap="RdYlGn", vmin=-4, vmax=4, origin="lower")
        for (row, column), value in np.ndenumerate(values):
            if not np.isnan(value):
                axes.text(column, row, label(value), ha="center", va="center", fontsize=9)
        axes.set_xticks(range(len(BATCHES)), BATCHES)
        axes.set_yticks(range(len(WIDTHS)), WIDTHS)
        axes.set(xlabel="batch", ylabel="width", title=f"depth {depth}")
    bar = figure.colorbar(image, ax=grid, ticks=range(-4, 5, 2))
    bar.ax.set_yticklabels([f"{2.0**tick:g}×" for tick in range(-4, 5, 2)])
    figure.suptitle("Fastest peer's time of a training step over bardana's")
    figure.savefig(path, dpi=110)


def main(path: Path) -> None:
    if importlib.util.find_spec("matplotlib") is None:
        python = str(ensure("tools"))
        os.execv(python, [python, __file__, str(path)])
    from matplotlib import pyplot

    results = Results.read(path)
    sweeps = {line["workload"].startswith("sweep") for line in results.of_kind("case")}
    if False in sweeps:
        ratios(results, path.with_name("ratios.png"), pyplot)
    if True in sweeps:
        sweep(results, path.with_name("sweep.png"), pyplot)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
