"""Read a stored run: best rows, ratios, shares of the peak, and which of the owed numbers are met.

python benchmarks/report.py benchmarks/results/latest.jsonl
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workloads import WORKLOADS, Workload

Line = dict[str, Any]
LARGE_FLOP = 1e9  # from here on the time is that of matrix products
FLAT_MEGABYTES = 8.0  # growth that allocators and threads explain


def in_unit(seconds: float) -> str:
    for factor, unit in ((1.0, "s"), (1e3, "ms"), (1e6, "µs"), (1e9, "ns")):
        if seconds * factor >= 1.0 or unit == "ns":
            return f"{seconds * factor:.3g} {unit}"
    raise AssertionError


def spread(line: Line) -> str:
    """Median (minimum – maximum), each in its unit."""
    return f"{in_unit(line['median'])} ({in_unit(line['min'])} – {in_unit(line['max'])})"


@dataclass
class Results:
    """A stored run."""

    lines: list[Line]

    @classmethod
    def read(cls, path: Path) -> Results:
        return cls([json.loads(line) for line in path.read_text().splitlines()])

    def of_kind(self, kind: str) -> list[Line]:
        return [line for line in self.lines if line["kind"] == kind]

    @property
    def header(self) -> Line:
        return self.of_kind("header")[0]

    @property
    def peers(self) -> dict[str, Line]:
        return self.header["peers"]

    @property
    def others(self) -> list[str]:
        """Return the names of the peers that are not bardana's own rows."""
        return [peer for peer in self.peers if not peer.startswith("bardana")]

    def best(self, workload: str | None, peer: str) -> Line | None:
        """Return the peer's fastest row of a workload over the numbers of threads, None if there is none."""
        rows = [
            line
            for line in self.of_kind("case")
            if line["workload"] == workload and line["peer"] == peer and "median" in line and not line["dropped"]
        ]
        return min(rows, key=lambda row: row["median"], default=None)

    def rival(self, workload: Workload, peer: str) -> Line | None:
        """Return the peer's row of the same call, or else of another call that does the same work."""
        return self.best(workload.name, peer) or self.best(workload.like, peer)

    def ratio(self, workload: Workload, peer: str, ours: str = "bardana") -> float | None:
        """Return how many times as long the peer takes as we do."""
        own, other = self.best(workload.name, ours), self.rival(workload, peer)
        return other["median"] / own["median"] if own and other else None

    def peak(self, row: Line) -> float | None:
        """Return the FMA peak in GFLOP/s for a row of ours: of its instruction set, on its threads."""
        isa = self.peers[row["peer"]]["config"].get("isa")
        for line in self.of_kind("peak"):
            if isa in line["gflops"]:
                values: list[float] = line["gflops"][isa]
                return values[min(row["threads"], len(values)) - 1]
        return None

    def peak_share(self, workload: str, peer: str) -> float | None:
        row = self.best(workload, peer)
        peak = self.peak(row) if row else None
        return row["flop"] / row["median"] / 1e9 / peak if row and peak else None


@dataclass(frozen=True)
class Verdict:
    """A number that is owed, and the one that was measured; `at_most` tells which side is good."""

    workload: str
    what: str
    owed: float
    measured: float
    at_most: bool = False

    @property
    def met(self) -> bool:
        return self.measured <= self.owed if self.at_most else self.measured >= self.owed

    def __str__(self) -> str:
        word, side = "met   " if self.met else "MISSED", "≤" if self.at_most else "≥"
        return f"{word} {self.workload}: {self.what} {self.measured:.3g} ({side} {self.owed:.3g})"


def verdicts(results: Results) -> Iterator[Verdict]:
    for workload in WORKLOADS:
        yield from ratios_owed(results, workload)
        yield from own_numbers_owed(results, workload)
    yield from memory_owed(results)


def ratios_owed(results: Results, workload: Workload) -> Iterator[Verdict]:
    for ours, owed in (("bardana", workload.owed), ("bardana-1t", workload.owed_one_thread)):
        for peer, factor in owed.items():
            ratio = results.ratio(workload, peer, ours)
            if ratio is not None:
                yield Verdict(workload.name, f"{peer} over {ours}", factor, ratio)
    if workload.fastest:
        others = (results.rival(workload, peer) for peer in results.others)
        own, times = results.best(workload.name, "bardana"), [row["median"] for row in others if row]
        if own and times:
            yield Verdict(workload.name, "fastest peer over bardana", 1.0, min(times) / own["median"])


def own_numbers_owed(results: Results, workload: Workload) -> Iterator[Verdict]:
    for peer, share in workload.peak_share.items():
        measured = results.peak_share(workload.name, peer)
        if measured is not None:
            yield Verdict(workload.name, f"share of the FMA peak, {peer},", share, measured)
    own, avx2 = results.best(workload.name, "bardana"), results.best(workload.name, "bardana-avx2")
    if workload.limit and own:
        yield Verdict(workload.name, "µs", workload.limit * 1e6, own["median"] * 1e6, at_most=True)
    if workload.avx2 and own and avx2:
        yield Verdict(
            workload.name, "time of AVX2 over time", workload.avx2, avx2["median"] / own["median"], at_most=True
        )


def memory_owed(results: Results) -> Iterator[Verdict]:
    """Compare the memory of a call over the most rows with that over the fewest."""
    taken: dict[str, list[float]] = {}
    for line in results.of_kind("memory"):
        taken.setdefault(f"{line['call']} of {line['dtype']}", []).append(line["taken"] / 1e6)
    for call, megabytes in taken.items():
        yield Verdict("memory", f"growth in MB, {call},", FLAT_MEGABYTES, megabytes[-1] - megabytes[0], at_most=True)


def shares(results: Results) -> Iterator[str]:
    """Say how near each of our rows comes to the FMA peak, for workloads of large matrix products."""
    for line in results.of_kind("case"):
        ours = line["peer"] not in results.others and "median" in line
        peak = results.peak(line) if ours and line["flop"] >= LARGE_FLOP else None
        if peak:
            rate = line["flop"] / line["median"] / 1e9
            yield f"peak   {line['workload']}: {line['peer']} {rate:.1f} of {peak:.1f} GF/s, {100 * rate / peak:.0f} %"


def main(path: Path) -> int:
    """Print shares and verdicts; return 1 if a peer failed or computed something else."""
    results = Results.read(path)
    for text in (*shares(results), *verdicts(results)):
        print(text)
    wrong = [line for line in results.of_kind("case") if line.get("error") or line.get("mismatch")]
    for line in wrong:
        reason = line.get("mismatch") or line["error"].splitlines()[-1]
        print(f"WRONG  {line['workload']}, {line['peer']} on {line['threads']} thread(s): {reason}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
