"""One workload on all peers: prepare each, repeat in turns, compare what they computed."""

from __future__ import annotations

import statistics
import sys
import time
from dataclasses import dataclass, field
from typing import Any

from process import Process
from report import spread
from workloads import Workload

SETTLE_SECONDS = 0.02  # until the threads of the peer before have gone to sleep
TRIAL_ROUNDS = 2  # after them, a number of threads that is this much slower than the peer's other is given up
DROPPED_ABOVE = 1.3


@dataclass
class Row:
    """What one process gave."""

    process: Process
    prepared: dict[str, Any]
    seconds: list[float] = field(default_factory=list)
    checks: list[float] = field(default_factory=list)
    error: str | None = None
    dropped: bool = False

    def repeat(self) -> None:
        time.sleep(SETTLE_SECONDS)
        answer = self.process.ask(do="run")
        if "error" in answer:
            self.error = answer["error"]
            return
        self.seconds.append(answer["seconds"])
        self.checks.append(answer["check"])

    def line(self, workload: Workload) -> dict[str, Any]:
        line: dict[str, Any] = {
            "kind": "case",
            "workload": workload.name,
            "unit": workload.unit,
            "peer": self.process.peer.name,
            "threads": self.process.threads,
            "dropped": self.dropped,
            **self.prepared,
        }
        if self.error is not None:
            return {**line, "error": self.error}
        times = {"median": statistics.median(self.seconds), "min": min(self.seconds), "max": max(self.seconds)}
        return {**line, **times, "seconds": self.seconds, "checks": self.checks}


def measure(workload: Workload, processes: list[Process], rounds: int, scale: float) -> list[dict[str, Any]]:
    """Return a line for each process that has the workload; print them too."""
    rows = prepare(workload, processes)
    for index in range(rounds):
        for row in rows:
            if row.error is None and not row.dropped:
                row.repeat()
        if index + 1 == TRIAL_ROUNDS:
            drop_slower_threads(rows)
    for process in processes:
        process.ask(do="drop")
    mismatches = compare(workload.tolerance / min(1.0, scale) ** 0.5, rows)
    for row in rows:
        show(workload, row, mismatches.get(str(row.process)))
    return [{**row.line(workload), "mismatch": mismatches.get(str(row.process))} for row in rows]


def prepare(workload: Workload, processes: list[Process]) -> list[Row]:
    rows = []
    for process in processes:
        answer = process.ask(do="prepare", workload=workload.name)
        if "skipped" not in answer:
            rows.append(Row(process, {k: v for k, v in answer.items() if k != "error"}, error=answer.get("error")))
    return rows


def drop_slower_threads(rows: list[Row]) -> None:
    """Go on with a peer's better number of threads only, where the best times of both leave no doubt which that is."""
    best: dict[str, float] = {}
    for row in rows:
        if row.seconds:
            best[row.process.peer.name] = min(*row.seconds, best.get(row.process.peer.name, float("inf")))
    for row in rows:
        row.dropped = bool(row.seconds) and min(row.seconds) > DROPPED_ABOVE * best[row.process.peer.name]


def compare(tolerance: float, rows: list[Row]) -> dict[str, str]:
    """Compare each repetition's loss or checksum with the median over all; return what is wrong, by process."""
    found: dict[str, str] = {}
    for index in range(max((len(row.checks) for row in rows), default=0)):
        known = [row.checks[index] for row in rows if len(row.checks) > index and row.checks[index] is not None]
        expected = statistics.median(known) if known else 0.0
        for row in rows:
            check = row.checks[index] if len(row.checks) > index else None
            if check is not None and not abs(check - expected) <= tolerance * abs(expected):
                message = f"repetition {index}: expected {expected:.6g} within {tolerance:.2g}, received {check:.6g}"
                found.setdefault(str(row.process), message)
    return found


def show(workload: Workload, row: Row, mismatch: str | None) -> None:
    label = f"{workload.name:12} {row.process!s:20}"
    if row.error is not None:
        print(f"{label} failed: {row.error.splitlines()[-1]}", flush=True)
        print(row.error, file=sys.stderr)
        return
    line = row.line(workload)
    gflops = f" {line['flop'] / line['median'] / 1e9:8.1f} GF/s" if line["flop"] >= 1e8 else ""
    notes = " (given up: the other number of threads is faster)" if row.dropped else ""
    print(f"{label} {spread(line)}{gflops}{notes}{f' MISMATCH {mismatch}' if mismatch else ''}", flush=True)
