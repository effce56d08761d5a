"""Warnings that point at the user's line, however many frames of this package lie between."""

from __future__ import annotations

import sys
import warnings
from types import FrameType

# Packages between a user's line and the place that warns: scikit-learn fits estimators on the user's behalf.
_BETWEEN = frozenset({"bardana", "importlib", "joblib", "sklearn"})


def warn(message: str, category: type[Warning] = UserWarning) -> None:
    """Warn as if the caller outside this package had done it: with its file, line and filters.

    Args:
        message: what to say.
        category: class of the warning. Default `UserWarning`.

    Example:
        >>> import warnings
        >>> from bardana import advice
        >>> with warnings.catch_warnings(record=True) as caught:
        ...     warnings.simplefilter("always")
        ...     advice.warn("lr is spelled learning_rate today", DeprecationWarning)
        >>> caught[0].category.__name__
        'DeprecationWarning'
    """
    frame = _outside()
    module = frame.f_globals.get("__name__", "<unknown>")
    registry = frame.f_globals.setdefault("__warningregistry__", {})
    warnings.warn_explicit(message, category, frame.f_code.co_filename, frame.f_lineno, module, registry)


def _outside() -> FrameType:
    frame = last = sys._getframe(2)
    while frame is not None:
        if str(frame.f_globals.get("__name__", "")).partition(".")[0] not in _BETWEEN:
            return frame
        last = frame
        frame = frame.f_back  # type: ignore[assignment]
    return last
