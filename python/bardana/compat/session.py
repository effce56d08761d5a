"""What `install` changes in the process, and how `uninstall` changes it back."""

from __future__ import annotations

import sys
from typing import Any

from bardana.compat import spellings
from bardana.compat.aliases import ROOTS, Finder
from bardana.compat.patches import Patches


class Session:
    """Be in force from its making to `close`: names of modules, old spellings, absent names.

    Raises:
        ImportError: if one of the names belongs to the real package already.
    """

    def __init__(self) -> None:
        _refuse_the_real_ones()
        self._patches = Patches()
        self._finder = Finder(self._patches)
        try:
            spellings.apply(self._patches)
        except BaseException:
            self._patches.undo()
            raise
        sys.meta_path.insert(0, self._finder)

    def close(self) -> None:
        """Change everything back."""
        sys.meta_path.remove(self._finder)
        self._patches.undo()
        for name in self._finder.loaded:
            sys.modules.pop(name, None)


def _refuse_the_real_ones() -> None:
    for root in ROOTS:
        module: Any = sys.modules.get(root)
        if module is not None:
            place = getattr(module, "__file__", None) or "no file"
            raise ImportError(
                f"bardana.compat.install: expected {root} not to be imported yet, but the real one is ({place}): "
                f"call install() before anything imports {root}, or run `python -m bardana.compat script.py`",
                name=root,
            )
