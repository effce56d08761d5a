"""What a package costs before it computes: import time, resident memory after import, size on disk."""

from __future__ import annotations

import json
import statistics
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from registry import CORES, Peer, environment
from report import in_unit

IMPORT = """
import importlib, json, sys, time
begin = time.perf_counter()
importlib.import_module(sys.argv[1])
seconds = time.perf_counter() - begin
status = dict(line.split(":", 1) for line in open("/proc/self/status") if line.startswith("Vm"))
print(json.dumps({"seconds": seconds, "resident": 1024 * int(status["VmRSS"].split()[0])}))
"""

SIZE = """
import importlib.metadata as metadata, json, pathlib, re, sys
found, queue = {}, sys.argv[1:]
while queue:
    name = re.split(r"[^A-Za-z0-9._-]", queue.pop())[0].lower().replace("_", "-")
    try:
        distribution = metadata.distribution(name)
    except metadata.PackageNotFoundError:
        continue
    if name not in found:
        found[name] = sum(f.locate().stat().st_size for f in distribution.files or [] if f.locate().is_file())
        queue += [r for r in distribution.requires or [] if "extra ==" not in r]
print(json.dumps({"disk": sum(found.values()), "distributions": len(found)}))
"""


def answer(peer: Peer, python: Path, script: str, *arguments: str) -> dict[str, Any]:
    command = [python, "-c", script, *arguments]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment(peer, CORES))
    return json.loads(done.stdout.splitlines()[-1])


def distinct(peers: list[Peer]) -> list[Peer]:
    """Return one peer for each environment."""
    found: dict[str, Peer] = {}
    for peer in peers:
        found.setdefault(str(peer.venv), peer)
    return list(found.values())


def measure(peers: list[Peer], interpreter: Callable[[Peer], Path], rounds: int) -> list[dict[str, Any]]:
    """Return a line for each package: median import time, resident and installed bytes, dependencies included."""
    peers = distinct(peers)
    pythons = {peer.name: interpreter(peer) for peer in peers}
    imports: dict[str, list[dict[str, Any]]] = {peer.name: [] for peer in peers}
    for _ in range(rounds + 1):
        for peer in peers:
            imports[peer.name].append(answer(peer, pythons[peer.name], IMPORT, peer.imports))
    lines = []
    for peer in peers:
        warm = imports[peer.name][1:]  # the first import reads from disk and may compile byte code
        seconds = [one["seconds"] for one in warm]
        size = answer(peer, pythons[peer.name], SIZE, *peer.distributions)
        line = {
            "kind": "cost",
            "peer": peer.name,
            "package": " + ".join(peer.distributions),
            "seconds": statistics.median(seconds),
            "min": min(seconds),
            "max": max(seconds),
            "resident": statistics.median(one["resident"] for one in warm),
            **size,
        }
        lines.append(line)
        print(
            f"import       {peer.name:20} {in_unit(line['seconds'])}, {line['resident'] / 1e6:.0f} MB resident, "
            f"{line['disk'] / 1e6:.0f} MB on disk in {line['distributions']} distribution(s)",
            flush=True,
        )
    return lines
