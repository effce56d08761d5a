"""The peers' virtual environments, made once in the cache folder: `python benchmarks/venvs.py` makes all.

BARDANA_BENCH_CACHE moves the folder; BARDANA_BENCH_PIP_ARGS is added to each `pip install`, e.g. a constraints file
that pins versions or an index that has builds without CUDA.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

from data import CACHE

REQUIREMENTS = {
    "numpy": ["numpy>=1.26"],
    "sklearn": ["scikit-learn>=1.4"],
    "onnxruntime": ["onnxruntime>=1.18", "onnx>=1.16"],
    "torch": ["torch>=2.13", "numpy>=1.26"],
    "jax": ["jax>=0.5"],
    "keras-jax": ["keras>=3.15", "jax>=0.5"],
    "tensorflow": ["tensorflow>=2.18", "keras>=3.15"],
    "tools": ["matplotlib>=3.8"],
}


def ensure(name: str) -> Path:
    """Return the interpreter of a virtual environment, made now if its requirements have not been installed."""
    folder, wanted = CACHE / "venvs" / name, "\n".join(REQUIREMENTS[name]) + "\n"
    python, installed = folder / "bin" / "python", folder / "requirements.txt"
    if not installed.exists() or installed.read_text() != wanted:
        print(f"installing {', '.join(REQUIREMENTS[name])} into {folder}", file=sys.stderr, flush=True)
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        extra = shlex.split(os.environ.get("BARDANA_BENCH_PIP_ARGS", ""))
        subprocess.run([python, "-m", "pip", "install", "-q", *REQUIREMENTS[name], *extra], check=True)
        installed.write_text(wanted)
    return python


if __name__ == "__main__":
    for environment in REQUIREMENTS:
        print(ensure(environment))
