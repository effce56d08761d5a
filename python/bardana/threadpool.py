"""threadpoolctl sees and limits the engine's threads, whether it is imported before bardana or after.

Importing it takes longer than the rest of the package, so nothing here does. Where it is not there yet, a finder waits
at the head of `sys.meta_path` for its import, and goes when that has come.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from bardana import _core

_NAME = "threadpoolctl"


def connect() -> None:
    """Register with threadpoolctl now, or as soon as somebody imports it."""
    module = sys.modules.get(_NAME)
    if module is not None:
        register(module)
    else:
        sys.meta_path.insert(0, _Finder())


def register(module: ModuleType) -> None:
    """Tell threadpoolctl about the engine; versions before 3.2 cannot be told.

    Args:
        module: threadpoolctl.
    """
    if not hasattr(module, "register"):
        return

    class Controller(module.LibController):  # type: ignore[misc, name-defined]
        """The engine's pool. Other packages have a `_core` too, so the symbols decide."""

        user_api = internal_api = "bardana"
        filename_prefixes = ("_core.",)
        check_symbols = ("bardana_get_num_threads", "bardana_set_num_threads")

        def get_num_threads(self) -> Any:
            return self.dynlib.bardana_get_num_threads()

        def set_num_threads(self, num_threads: int) -> None:
            self.dynlib.bardana_set_num_threads(num_threads)

        def get_version(self) -> str:
            return _core.__version__

    module.register(Controller)


class _Finder:
    """Let the other finders find threadpoolctl, and register once it has been executed."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name != _NAME:
            return None
        others = [finder for finder in sys.meta_path if finder is not self]
        specs = (finder.find_spec(name, path, target) for finder in others)
        spec = next((spec for spec in specs if spec is not None), None)
        if spec is not None and hasattr(spec.loader, "exec_module"):
            self._register_after(spec.loader)
        return spec

    def _register_after(self, loader: Any) -> None:
        execute = loader.exec_module

        def exec_module(module: ModuleType) -> None:
            execute(module)
            if self in sys.meta_path:
                sys.meta_path.remove(self)
                register(module)

        loader.exec_module = exec_module
