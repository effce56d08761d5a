"""Write the tables of a stored benchmark run into README.md, between its two markers.

python benchmarks/readme_table.py benchmarks/results/latest.jsonl
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from plots import PLOTS
from report import LARGE_FLOP, Line, Results, in_unit, spread
from workloads import WORKLOADS, Workload

BEGIN, END = "<!-- benchmark table -->", "<!-- end of benchmark table -->"
ROOT = Path(__file__).parent.parent


def times(ratio: float | None) -> str:
    if ratio is None:
        return "–"
    return f"{ratio:,.0f}×" if ratio >= 10 else f"{ratio:.1f}×"


def share(results: Results, workload: Workload) -> str:
    """Return the shares of the FMA peak on all threads and on one, for workloads of matrix products."""
    row = results.best(workload.name, "bardana")
    shares = [results.peak_share(workload.name, peer) for peer in ("bardana", "bardana-1t")]
    if row is None or row["flop"] < LARGE_FLOP or None in shares:
        return "–"
    return " / ".join(f"{100 * value:.0f} %" for value in shares if value is not None)


def workload_rows(results: Results) -> list[str]:
    titles = [results.peers[peer]["text"] for peer in results.others]
    rows = [" | ".join(["| workload", "bardana", "one thread", "of FMA peak", *titles]) + " |"]
    rows.append("|---" * (4 + len(titles)) + "|")
    for workload in WORKLOADS:
        own, alone = (results.best(workload.name, peer) for peer in ("bardana", "bardana-1t"))
        if own is not None:
            ratios = [times(results.ratio(workload, peer)) for peer in results.others]
            cells = [spread(own), in_unit(alone["median"]) if alone else "–", share(results, workload), *ratios]
            rows.append(f"| {workload.name}: {workload.text} | {' | '.join(cells)} |")
    return rows


def cost_rows(costs: list[Line]) -> list[str]:
    rows = ["| package | import | resident after import | on disk, with what it needs |", "|---|---|---|---|"]
    for cost in costs:
        memory, disk = (f"{cost[key] / 1e6:,.0f} MB" for key in ("resident", "disk"))
        rows.append(f"| {cost['package']} | {in_unit(cost['seconds'])} | {memory} | {disk} |")
    return rows


def versions(results: Results) -> str:
    found = {name: version for peer in results.peers.values() for name, version in peer["versions"].items()}
    return ", ".join(f"{name} {version}" for name, version in found.items())


def note(results: Results) -> str:
    machine, settings = results.header["machine"], results.header["settings"]
    isa, cores = results.peers["bardana"]["config"]["isa"], machine["cores"]
    choice = "by size of the workload" if settings["quick"] else "whichever is faster"
    command = f"python benchmarks/run.py{' --quick' if settings['quick'] else ''}"
    return (
        f"Median (minimum – maximum) of {settings['rounds']} interleaved rounds, per epoch, step or call, and how many "
        f"times as long each peer takes; {machine['cpu']}, {cores} cores, ISA {isa}; peers on one thread or {cores}, "
        f"{choice}; losses and outputs compared. {versions(results)}. Repeat with `{command}`."
    )


def block(path: Path) -> str:
    results = Results.read(path)
    parts = ["\n".join(workload_rows(results)), note(results)]
    costs = results.of_kind("cost")
    if costs:
        parts.append("\n".join(cost_rows(costs)))
    for name, text in PLOTS.items():
        picture = path.with_name(name).resolve()
        if picture.exists() and picture.is_relative_to(ROOT):
            parts.append(f"![{text}]({picture.relative_to(ROOT)})")
    return "\n\n".join(parts)


def main(path: Path) -> None:
    readme = ROOT / "README.md"
    text = readme.read_text()
    if BEGIN not in text or END not in text:
        raise SystemExit(f"expected the markers {BEGIN} and {END} in {readme}")
    new = f"{BEGIN}\n{block(path)}\n{END}"
    readme.write_text(re.sub(f"{BEGIN}.*{END}", lambda _: new, text, flags=re.DOTALL))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
