"""Measure bardana beside Keras on TensorFlow, interleaved (A B A B …), each package in a process of its own.

    python benchmarks/run.py --rounds 5 --out benchmarks/results/latest.jsonl

Prints a table of medians with minimum and maximum and the ratio of the medians; writes a JSON line a case. Losses of
the training workloads are compared: a package that is fast because it computes something else fails the run.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

from workloads import WORKLOADS, Workload

PEERS = ("bardana", "keras")
LOSS_TOLERANCE = 0.03  # relative; shuffles differ between packages, so epochs of the same model differ by about 1 %


class Worker:
    """A package's process."""

    def __init__(self, package: str) -> None:
        worker = Path(__file__).with_name("worker.py")
        self.process = subprocess.Popen(
            [sys.executable, str(worker), package], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.about = self.answer()

    def answer(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"a worker ended with exit code {self.process.wait()}")
        return json.loads(line)

    def run(self, workload: str) -> dict[str, Any]:
        assert self.process.stdin is not None
        print(workload, file=self.process.stdin, flush=True)
        return self.answer()


def machine() -> dict[str, Any]:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    cpu = names[0] if names else platform.machine()
    return {"cpu": cpu, "cores": os.cpu_count(), "python": platform.python_version()}


def measure(workload: Workload, workers: dict[str, Worker], rounds: int) -> dict[str, Any]:
    answers: dict[str, list[dict[str, Any]]] = {peer: [] for peer in workers}
    for _ in range(rounds):
        for peer, worker in workers.items():
            answers[peer].append(worker.run(workload.name))
    case: dict[str, Any] = {"workload": workload.name, "unit": workload.unit, "text": workload.text, "rounds": rounds}
    for peer, list_of_answers in answers.items():
        seconds = [answer["seconds"] for answer in list_of_answers]
        case[peer] = {"median": statistics.median(seconds), "min": min(seconds), "max": max(seconds)}
        case[peer]["loss"] = list_of_answers[-1]["loss"]
    case["ratio"] = case["keras"]["median"] / case["bardana"]["median"]
    if workload.gflop is not None:
        case["bardana"]["gflops"] = workload.gflop / case["bardana"]["median"]
    compare_losses(case)
    return case


def compare_losses(case: dict[str, Any]) -> None:
    ours, theirs = case["bardana"]["loss"], case["keras"]["loss"]
    if ours is not None and abs(ours - theirs) > LOSS_TOLERANCE * abs(theirs):
        raise SystemExit(f"{case['workload']}: expected a loss near {theirs} (Keras), received {ours}")


def in_unit(seconds: float) -> str:
    for factor, unit in ((1.0, "s"), (1e3, "ms"), (1e6, "µs")):
        if seconds * factor >= 1.0 or unit == "µs":
            return f"{seconds * factor:.3g} {unit}"
    raise AssertionError


def spread(times: dict[str, float]) -> str:
    """Median (minimum – maximum), each in its unit."""
    return f"{in_unit(times['median'])} ({in_unit(times['min'])} – {in_unit(times['max'])})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--out", type=Path, default=None)
    options = parser.parse_args()
    workers = {peer: Worker(peer) for peer in PEERS}
    header = {"machine": machine(), "packages": {peer: worker.about for peer, worker in workers.items()}}
    lines = [json.dumps(header)]
    for workload in WORKLOADS:
        case = measure(workload, workers, options.rounds)
        lines.append(json.dumps(case))
        times = "   ".join(f"{peer} {spread(case[peer])}" for peer in PEERS)
        print(f"{workload.name:12} {times}   ratio {case['ratio']:.1f} (owed {workload.owed:g})", flush=True)
    if options.out is not None:
        options.out.parent.mkdir(parents=True, exist_ok=True)
        options.out.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
