"""What the benchmark runs on: processor, cores, and the peak of its multiply-adds, measured with fma_peak.cpp."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
from pathlib import Path
from typing import Any

from data import CACHE
from registry import CORES


def describe() -> dict[str, Any]:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    return {
        "cpu": names[0] if names else platform.machine(),
        "cores": CORES,
        "python": platform.python_version(),
        "system": platform.platform(),
        "load": os.getloadavg()[0],
    }


def fma_peak() -> dict[str, list[float]]:
    """Return GFLOP/s by instruction set, on 1 … CORES threads; empty without a compiler."""
    compiler = os.environ.get("CXX") or shutil.which("g++") or shutil.which("clang++")
    if compiler is None:
        return {}
    program = CACHE / "fma_peak"
    CACHE.mkdir(parents=True, exist_ok=True)
    source = Path(__file__).with_name("fma_peak.cpp")
    options = ["-O3", "-std=c++17", "-march=native", "-pthread"]
    subprocess.run([*compiler.split(), *options, source, "-o", program], check=True)
    return json.loads(subprocess.run([program, str(CORES)], check=True, capture_output=True, text=True).stdout)


def higher(first: dict[str, list[float]], second: dict[str, list[float]]) -> dict[str, list[float]]:
    """Return the higher of two measurements: a disturbed one reads low, and would flatter every share of it."""
    return {isa: [max(pair) for pair in zip(values, second[isa], strict=True)] for isa, values in first.items()}
