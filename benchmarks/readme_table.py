"""Write the table of a stored benchmark run into README.md, between its two markers.

python benchmarks/readme_table.py benchmarks/results/latest.jsonl
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

from run import spread

BEGIN, END = "<!-- benchmark table -->", "<!-- end of benchmark table -->"


def table(path: Path) -> str:
    header, *cases = [json.loads(line) for line in path.read_text().splitlines()]
    machine, packages = header["machine"], header["packages"]
    versions = packages["keras"]["versions"]
    rows = ["| workload | bardana | Keras on TensorFlow | ratio |", "|---|---|---|---|"]
    for case in cases:
        times = f"{spread(case['bardana'])} | {spread(case['keras'])}"
        rows.append(f"| {case['workload']}: {case['text']} | {times} | {case['ratio']:.0f}× |")
    rounds = cases[0]["rounds"]
    settings = packages["bardana"]["config"]
    note = (
        f"Median (minimum – maximum) of {rounds} interleaved rounds, per epoch or call; {machine['cpu']}, "
        f"{machine['cores']} cores, ISA {settings['isa']}, bardana on {settings['threads']} thread(s), "
        f"Keras {versions['keras']} on TensorFlow {versions['tensorflow']} with its defaults. "
        f"Repeat with `python benchmarks/run.py`."
    )
    return "\n".join([*rows, "", note])


def main(path: Path) -> None:
    readme = Path(__file__).parent.parent / "README.md"
    text = readme.read_text()
    if BEGIN not in text or END not in text:
        raise SystemExit(f"expected the markers {BEGIN} and {END} in {readme}")
    block = f"{BEGIN}\n{table(path)}\n{END}"
    readme.write_text(re.sub(f"{BEGIN}.*{END}", lambda _: block, text, flags=re.DOTALL))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
