"""Attributes that are replaced for a while."""

from __future__ import annotations

from types import ModuleType
from typing import Any

_MISSING: Any = object()


class Patches:
    """Set attributes of modules and classes so that `undo` can put back what was there.

    Example:
        >>> class Lamp:
        ...     lit = False
        >>> patches = Patches()
        >>> patches.set(Lamp, "lit", True)
        >>> Lamp.lit
        True
        >>> patches.undo()
        >>> Lamp.lit
        False
    """

    def __init__(self) -> None:
        self._before: list[tuple[Any, str, Any]] = []

    def set(self, owner: ModuleType | type, name: str, value: Any) -> None:
        """Set an attribute of a module or class."""
        self.remember(owner, name)
        setattr(owner, name, value)

    def remember(self, owner: ModuleType | type, name: str) -> None:
        """Note what an attribute is now, before somebody else sets it."""
        self._before.append((owner, name, vars(owner).get(name, _MISSING)))

    def undo(self) -> None:
        """Put back everything, the latest first."""
        while self._before:
            owner, name, value = self._before.pop()
            if value is not _MISSING:
                setattr(owner, name, value)
            elif name in vars(owner):
                delattr(owner, name)
