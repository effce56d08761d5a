"""The runner's end of a peer's process."""

from __future__ import annotations

import contextlib
import json
import select
import subprocess
from pathlib import Path
from typing import Any

from data import CACHE
from registry import Peer, environment

ANSWER_SECONDS = 900  # a compiler may take minutes, never more than this
LOG = CACHE / "workers.log"  # what the packages print


class Process:
    """A peer's process with a number of threads; it works only while it owes an answer."""

    def __init__(self, peer: Peer, threads: int, python: Path, scale: float) -> None:
        self.peer, self.threads = peer, threads
        settings = {
            "module": peer.module,
            "options": peer.options,
            "scale": scale,
            "pinned": threads == 1 and not peer.ours,
            "distributions": [*peer.distributions, "numpy"],
        }
        self.process = subprocess.Popen(
            [python, Path(__file__).with_name("worker.py"), json.dumps(settings)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=LOG.open("a"),
            text=True,
            env=environment(peer, threads),
        )
        self.about = self.answer()
        if "error" in self.about:
            raise RuntimeError(self.about["error"])

    def __str__(self) -> str:
        return self.peer.name if self.peer.ours else f"{self.peer.name} ({self.threads})"

    def answer(self) -> dict[str, Any]:
        """Return the answer, which is {"error": …} from now on if the process does not give one."""
        assert self.process.stdout is not None
        if not select.select([self.process.stdout], [], [], ANSWER_SECONDS)[0]:
            self.process.kill()
            return {"error": f"no answer within {ANSWER_SECONDS} s"}
        line = self.process.stdout.readline()
        if not line:
            return {"error": f"ended with exit code {self.process.wait()}, see {LOG}"}
        return json.loads(line)

    def ask(self, **request: Any) -> dict[str, Any]:
        assert self.process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            print(json.dumps(request), file=self.process.stdin, flush=True)
        return self.answer()

    def close(self) -> None:
        self.process.communicate()
