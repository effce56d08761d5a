"""Choose the device that computes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from bardana import runtime


@contextmanager
def device(device_name: str) -> Iterator[None]:
    """Compute on a device inside a `with` block. Here that is the CPU; what other devices there are tells `devices()`.

    Args:
        device_name: "cpu" or "cpu:0".

    Raises:
        ValueError: there is no such device.

    Example:
        >>> import bardana as keras
        >>> with keras.device("cpu:0"):
        ...     model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    """
    known = runtime.devices()
    name = str(device_name).lower().lstrip("/").removeprefix("device:").replace("gpu", "cuda")
    kind, _, number = name.partition(":")
    if kind not in known or number not in ("", "0"):
        raise ValueError(f"device: expected one of {', '.join(known)}, received {device_name!r}.")
    yield
