"""Read batches ahead in a thread while the engine takes steps."""

from __future__ import annotations

import contextvars
import sys
import threading
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from bardana import _core
from bardana.data import Array

Prepare = Callable[[Any], tuple[Array, Array | None, Array | None]]


class Reader:
    """Read batches in a thread of its own into a feed.

    Args:
        batches: where they come from. It is not closed, only let go.
        prepare: makes arrays of a batch that the engine reads.
        ahead: batches that may wait in the feed.
        most: batches to read, None for all. No more are taken from `batches`.

    An exception of either ends the feed after the batches before it; `check` raises it.
    """

    def __init__(self, batches: Iterator[Any], prepare: Prepare, ahead: int, most: int | None) -> None:
        self.feed = _core.Feed(ahead)
        self._error: BaseException | None = None
        work = (contextvars.copy_context().run, self._read, islice(batches, most), prepare)
        self._thread = threading.Thread(target=work[0], args=work[1:], name="bardana-reader", daemon=True)
        self._thread.start()

    def _read(self, batches: Iterator[Any], prepare: Prepare) -> None:
        try:
            for batch in batches:
                arrays = prepare(batch)
                del batch
                if not self.feed.put(*arrays):
                    break
                del arrays
        except BaseException as error:
            self._error = error
        finally:
            del batches
            self.feed.finish()

    def check(self) -> None:
        """Raise what ended the feed, if it was an exception."""
        if self._error is not None:
            error, self._error = self._error, None
            raise error

    def has_more(self, may_stop: Callable[[], bool]) -> bool:
        """Wait until it is known whether there is another batch; False if may_stop() becomes true before."""
        while True:
            answer = self.feed.has_more()
            if answer is not None:
                return answer
            if may_stop():
                return False

    def close(self) -> None:
        """Want no more batches, and wait until the thread is done with the one it reads.

        After Ctrl-C it waits for a moment only: a source that blocks must not keep the user from the prompt. The thread
        ends when the source gives its next batch.
        """
        self.feed.close()
        interrupted = isinstance(sys.exc_info()[1], KeyboardInterrupt)
        self._thread.join(0.03 if interrupted else None)
