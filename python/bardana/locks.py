"""Locks that a forked child finds free."""

from __future__ import annotations

import os
import threading
from contextlib import AbstractContextManager
from typing import Any


def fork_safe_lock() -> AbstractContextManager[Any]:
    """Return a reentrant lock for the life of the process. `os.fork` waits for it, and the child has it free.

    Example:
        >>> lock = fork_safe_lock()
        >>> with lock, lock:
        ...     print("inside")
        inside
    """
    lock = threading.RLock()
    os.register_at_fork(before=lock.acquire, after_in_parent=lock.release, after_in_child=lock.release)
    return lock
