"""Measure bardana beside its peers, interleaved (A B C A B C …), each in a process and virtual environment of its own.

    python benchmarks/run.py                all workloads, the sweep, import time, size and memory
    python benchmarks/run.py --quick        about five minutes: fewer rows, fewer rounds, a small sweep
    python benchmarks/run.py --only W1 W4 --peers bardana jax

Run it with an interpreter that has bardana. The peers' environments are made on first use (see venvs.py). Writes JSON
lines: a header, a line a workload and peer, and what a package costs; readme_table.py and plots.py read them. Losses
and outputs are compared, and a peer that computes something else fails the run.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TextIO

import costs
import machine
import memory
import report
from data import FASHION
from measure import measure
from process import Process
from registry import CORES, PEERS, Peer
from sweep import find, sweep_cell, sweep_cells
from venvs import ensure
from workloads import WORKLOADS, Workload

QUICK_SCALE, QUICK_ROUNDS = 0.2, 3


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="about five minutes")
    parser.add_argument("--rounds", type=int, default=None, help="repetitions of each case (default: 5, quick: 3)")
    parser.add_argument("--smoke", type=float, default=None, help="factor on the rows (default: 1, quick: 0.2)")
    parser.add_argument("--only", nargs="+", metavar="WORKLOAD", help="e.g. W1 'W5 row' 'sweep 64x3x32' sweep costs")
    parser.add_argument("--peers", nargs="+", metavar="PEER", choices=[p.name for p in PEERS], help="default: all")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "latest.jsonl")
    options = parser.parse_args()
    options.rounds = options.rounds or (QUICK_ROUNDS if options.quick else 5)
    options.smoke = options.smoke or (QUICK_SCALE if options.quick else 1.0)
    return options


class Output:
    """The file of results: each line is written as soon as it is known."""

    def __init__(self, file: TextIO) -> None:
        self.file = file

    def write(self, lines: Iterable[dict[str, Any]]) -> None:
        for line in lines:
            print(json.dumps(line), file=self.file, flush=True)


def interpreter(peer: Peer) -> Path:
    return Path(sys.executable) if peer.venv is None else ensure(peer.venv)


def prepare_data() -> None:
    """Store Fashion MNIST where peers without bardana can read it."""
    if not FASHION.exists():
        subprocess.run([sys.executable, Path(__file__).with_name("data.py")], check=True)


def start(peers: list[Peer], scale: float) -> list[Process]:
    """Start a process for each peer and number of threads; say which could not be started."""
    processes = []
    for peer in peers:
        for threads in peer.threads:
            try:
                processes.append(Process(peer, threads, interpreter(peer), scale))
            except (RuntimeError, subprocess.CalledProcessError) as error:
                print(f"{peer.name}: not measured, {error}", file=sys.stderr)
    return processes


def header(options: argparse.Namespace, processes: list[Process]) -> dict[str, Any]:
    peers = {p.peer.name: {"text": p.peer.text, "threads": p.peer.threads, **p.about} for p in processes}
    settings = {"rounds": options.rounds, "scale": options.smoke, "quick": options.quick}
    return {"kind": "header", "machine": machine.describe(), "settings": settings, "peers": peers}


def chosen_workloads(options: argparse.Namespace) -> list[Workload]:
    names = options.only or [*(w.name for w in WORKLOADS), "sweep"]
    sweep = [sweep_cell(*cell) for cell in sweep_cells(options.quick)] if "sweep" in names else []
    return [*(find(name) for name in names if name not in {"sweep", "costs"}), *sweep]


def at_work(workload: Workload, processes: list[Process], quick: bool) -> list[Process]:
    """Return the processes that measure a workload; a quick run does not try both numbers of threads."""
    if workload.name.startswith("sweep"):
        processes = [p for p in processes if p.peer.in_sweep]
    threads = 1 if workload.tiny else CORES
    return [p for p in processes if p.peer.ours or not quick or p.threads == threads]


def main() -> int:
    options = arguments()
    prepare_data()
    options.out.parent.mkdir(parents=True, exist_ok=True)
    with options.out.open("w") as file:
        measure_all(options, Output(file))
    return report.main(options.out)


def measure_all(options: argparse.Namespace, output: Output) -> None:
    peers = [peer for peer in PEERS if not options.peers or peer.name in options.peers]
    peak = machine.fma_peak()
    processes = start(peers, options.smoke)
    output.write([header(options, processes)])
    if not options.only or "costs" in options.only:
        output.write(costs.measure(peers, interpreter, 1 if options.quick else options.rounds))
        output.write(memory.measure(sys.executable, options.smoke))
    for workload in chosen_workloads(options):
        workers = at_work(workload, processes, options.quick)
        output.write(measure(workload, workers, options.rounds, options.smoke))
    for process in processes:
        process.close()
    output.write([{"kind": "peak", "gflops": machine.higher(peak, machine.fma_peak())}])


if __name__ == "__main__":
    sys.exit(main())
