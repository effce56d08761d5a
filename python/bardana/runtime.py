"""What runs here: version, instruction set, threads, devices, build."""

from __future__ import annotations

import platform
from typing import Any

import numpy as np

from bardana import _core
from bardana.arguments import checked_count


def isa() -> str:
    """Return the instruction set whose kernels run here, e.g. "avx2"."""
    name: str = _core.build_info()["isa"]
    return name


def devices() -> list[str]:
    """Return the devices that can compute here, "cpu" first.

    Example:
        >>> devices()[0]
        'cpu'
    """
    return list(_core.build_info()["devices"])


def threads() -> int:
    """Return the largest number of threads that one call of fit, evaluate or predict may use.

    It is what `set_threads` or a `threadpoolctl` limit says, else the environment variable `BARDANA_NUM_THREADS`, else
    the number of cores that the process may use. Calls with little work use fewer. No result depends on it.

    Raises:
        ValueError: `BARDANA_NUM_THREADS` is not a whole number from 1 to 256, and no limit was set.

    Example:
        >>> threads() >= 1
        True
    """
    return _core.thread_limit()


def set_threads(limit: int | None) -> None:
    """Set the largest number of threads that one call may use. Calls that are running keep theirs.

    Args:
        limit: a number from 1 to 256; None goes back to the default.

    Raises:
        ValueError: any other value.

    Example:
        >>> set_threads(1)
        >>> threads()
        1
        >>> set_threads(None)
    """
    _core.set_thread_limit(checked_count(limit, "limit", 0))


def configuration() -> dict[str, Any]:
    """Return what `show_config` prints: the engine's build_info, and the versions of Python and NumPy.

    Example:
        >>> sorted(configuration())[:3]
        ['build_type', 'compiler', 'devices']
    """
    return {**_core.build_info(), "python": platform.python_version(), "numpy": np.__version__}


def show_config() -> None:
    """Print version, instruction set (ISA), threads, devices and build, one per line.

    Example:
        >>> show_config()  # doctest: +ELLIPSIS
        bardana ...
          isa: ...
          threads: ...
          devices: cpu...
          numpy: ...
    """
    settings = configuration()
    print(f"bardana {settings.pop('version')}")
    width = max(map(len, settings)) + 1
    for name, value in settings.items():
        print(f"  {name + ':':<{width}} {_format(value)}")


def _format(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
