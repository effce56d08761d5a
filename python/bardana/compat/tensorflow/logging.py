"""`tensorflow.logging`: how much the logger "tensorflow" says."""

from __future__ import annotations

import logging as _logging
from typing import Any

from bardana.compat.tensorflow.reasons import missing as _missing

DEBUG, INFO, WARN, ERROR, FATAL = 10, 20, 30, 40, 50

__all__ = ["DEBUG", "ERROR", "FATAL", "INFO", "WARN", "set_verbosity"]


def set_verbosity(level: int | str) -> None:
    """Let only messages of this level and above through."""
    _logging.getLogger("tensorflow").setLevel(level)


def __getattr__(name: str) -> Any:
    raise _missing("logging", name)
