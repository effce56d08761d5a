"""Write the table of a stored benchmark run into README.md, between its two markers.

python benchmarks/readme_table.py benchmarks/results/latest.jsonl
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

from run import in_unit

BEGIN, END = "<!-- benchmark table -->", "<!-- end of benchmark table -->"


def table(path: Path) -> str:
    header, *cases = [json.loads(line) for line in path.read_text().splitlines()]
    machine, packages = header["machine"], header["packages"]
    versions = packages["keras"]["versions"]
    rows = ["| workload | bardana | Keras on TensorFlow | ratio |", "|---|---|---|---|"]
    for case in cases:
        cells = [f"{in_unit(case[p]['median'])} ({in_unit(case[p]['min'])} – {in_unit(case[p]['max'])})" for p in ("bardana", "keras")]
        rows.append(f"| {case['workload']}: {case['text']} | {cells[0]} | {cells[1]} | {case['ratio']:.0f}× |")
    rounds = cases[0]["rounds"]
    note = (
        f"Median (minimum – maximum) of {rounds} interleaved rounds, per epoch or call; {machine['cpu']}, {machine['cores']} cores, "
        f"ISA {packages['bardana']['config']['isa']}, bardana on {packages['bardana']['config']['threads']} thread, "
        f"Keras {versions['keras']} on TensorFlow {versions['tensorflow']} with its defaults. "
        f"Repeat with `python benchmarks/run.py`."
    )
    return "\n".join([*rows, "", note])


def main(path: Path) -> None:
    readme = Path(__file__).parent.parent / "README.md"
    text = readme.read_text()
    block = f"{BEGIN}\n{table(path)}\n{END}"
    readme.write_text(re.sub(f"{BEGIN}.*{END}", lambda _: block, text, flags=re.DOTALL))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
