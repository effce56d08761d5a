"""One peer in one process: reads a JSON request a line, answers with a JSON line, sleeps in between.

    python worker.py '{"module": "numpy_peer", "options": {}, "threads": 2, "scale": 1.0, "distributions": ["numpy"]}'

Requests are {"do": "prepare", "workload": NAME}, then {"do": "run"} any number of times, then {"do": "drop"}.
"""

from __future__ import annotations

import gc
import importlib
import importlib.metadata
import json
import os
import sys
import traceback
from typing import Any

from sweep import find
from tasks import Run
from workloads import Workload


class Worker:
    """The peer's functions and the run that is prepared."""

    def __init__(self, settings: dict[str, Any]) -> None:
        if settings["pinned"]:
            os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
        module = importlib.import_module(f"peers.{settings['module']}")
        self.kinds = module.kinds(settings["options"])
        self.scale = settings["scale"]
        self.distributions = settings["distributions"]
        self.run: Run | None = None
        self.units = 1

    def about(self) -> dict[str, Any]:
        versions = {name: importlib.metadata.version(name) for name in self.distributions}
        bardana = sys.modules.get("bardana")
        return {"versions": versions, "config": bardana.runtime.configuration() if bardana else {}}

    def prepare(self, workload: Workload) -> dict[str, Any]:
        if workload.kind not in self.kinds:
            return {"skipped": f"has no {workload.kind!r}"}
        task = workload.task(self.scale)
        self.units = workload.units(task)
        self.run = self.kinds[workload.kind](task)
        return {"flop": workload.flop(task), "rows": task.rows}

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        if request["do"] == "prepare":
            return self.prepare(find(request["workload"]))
        if request["do"] == "run":
            assert self.run is not None
            seconds, check = self.run()
            return {"seconds": seconds / self.units, "check": None if check is None else float(check)}
        self.run = None
        gc.collect()
        return {}


def main(settings: dict[str, Any]) -> None:
    answers = os.fdopen(os.dup(1), "w")  # what the packages print themselves goes to standard error
    os.dup2(2, 1)
    worker = Worker(settings)
    print(json.dumps(worker.about()), file=answers, flush=True)
    for line in sys.stdin:
        try:
            answer = worker.answer(json.loads(line))
        except Exception:
            answer = {"error": traceback.format_exc()}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
