"""`tensorflow.test`: questions about devices."""

from __future__ import annotations

from typing import Any

from bardana.compat.tensorflow.reasons import missing as _missing

__all__ = ["gpu_device_name", "is_built_with_cuda", "is_gpu_available"]


def is_gpu_available(*args: Any, **kwargs: Any) -> bool:
    """Return False."""
    return False


def is_built_with_cuda() -> bool:
    """Return False."""
    return False


def gpu_device_name() -> str:
    """Return an empty string: there is none."""
    return ""


def __getattr__(name: str) -> Any:
    raise _missing("test", name)
