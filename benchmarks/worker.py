"""One package in one process: reads workload names from standard input, answers with a JSON line each."""

from __future__ import annotations

import importlib
import json
import os
import sys
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


def versions(package: Any) -> dict[str, str]:
    found = {package.__name__: package.__version__}
    for name in ("tensorflow", "numpy"):
        if name in sys.modules:
            found[name] = sys.modules[name].__version__
    return found


def main(package_name: str) -> None:
    from workloads import WORKLOADS

    package = importlib.import_module(package_name)
    answers = os.fdopen(os.dup(1), "w")  # what the packages print themselves goes to standard error
    os.dup2(2, 1)
    config = package.runtime.configuration() if hasattr(package, "runtime") else {}
    print(json.dumps({"versions": versions(package), "config": config}), file=answers, flush=True)
    runs: dict[str, Any] = {}
    for line in sys.stdin:
        name = line.strip()
        if name not in runs:
            runs[name] = next(w for w in WORKLOADS if w.name == name).prepare(package)
        seconds, loss = runs[name]()
        print(json.dumps({"seconds": seconds, "loss": loss}), file=answers, flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
