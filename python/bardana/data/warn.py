"""Warnings that name the user's line."""

from __future__ import annotations

import sys
import warnings


def warn_user(message: str) -> None:
    """Give a `UserWarning` in the name of the first caller outside this package.

    Args:
        message: its text.
    """
    level, frame = 2, sys._getframe(1)
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith("bardana"):
        level, frame = level + 1, frame.f_back
    warnings.warn(message, stacklevel=level)
