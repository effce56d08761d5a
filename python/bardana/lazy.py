"""Names of a package whose modules are imported when the name is first asked for, so that importing stays quick."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def lazy_names(package: str, modules: Mapping[str, str]) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Return a package's `__getattr__` and `__dir__`.

    Args:
        package: name of the package.
        modules: the module, relative to the package, of each name; a name that equals its module is the module itself.

    Example:
        >>> get, names = lazy_names("bardana.callbacks", {"CSVLogger": "csv_logger"})
        >>> get("CSVLogger").__name__
        'CSVLogger'
    """

    def __getattr__(name: str) -> Any:
        if name not in modules:
            raise AttributeError(f"module '{package}' has no attribute '{name}'")
        module = import_module(f"{package}.{modules[name]}")
        value = module if modules[name] == name else getattr(module, name)
        setattr(sys.modules[package], name, value)
        return value

    def __dir__() -> list[str]:
        return sorted({*vars(sys.modules[package]), *modules})

    return __getattr__, __dir__
