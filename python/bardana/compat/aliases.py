"""Names of modules: what `import keras.…` and `import tensorflow.…` reach.

Modules of today's Keras are bardana's own, the same objects. A module of an old Keras (`keras.layers.core`) is a view
of the place where its names are today. `keras` itself is a view of bardana, because `__version__` differs.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

import bardana
from bardana import advice
from bardana.compat import absent
from bardana.compat.old_modules import MODULES, PLACES
from bardana.compat.patches import Patches

ROOTS = ("keras", "tensorflow")
_STAND_IN = "bardana.compat.tensorflow."


class KerasModule(ModuleType):
    """Be `keras`: the names of bardana, Keras' version, and modules of old versions."""

    def __init__(self) -> None:
        super().__init__("keras", bardana.__doc__)
        self.__path__: list[str] = []

    def __getattr__(self, name: str) -> Any:
        if name == "__version__":
            return bardana.keras_api_version
        if name == "version":
            return lambda: bardana.keras_api_version
        if name.startswith("__") and name != "__all__":
            raise AttributeError(name)
        try:
            return getattr(bardana, name)
        except AttributeError:
            return absent.look_up("", name)

    def __dir__(self) -> list[str]:
        return sorted({*dir(bardana), *vars(self)})


class OldModule(ModuleType):
    """Be a module of an old Keras: every name in it is found where it is today, with a warning.

    Args:
        name: its full name, `keras.…`.
        places: today's modules in which its names are, as seen from `keras`.
    """

    def __init__(self, name: str, places: Sequence[str]) -> None:
        super().__init__(name)
        self._places = places
        if any(other.startswith(f"{name.partition('.')[2]}.") for other in MODULES):
            self.__path__: list[str] = []

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        path = f"{self.__name__.partition('.')[2]}.{name}"
        if path in MODULES:
            return importlib.import_module(f"keras.{path}")
        for place in self._places:
            found = getattr(_module(place), name, None)
            if found is not None:
                if not place.startswith("compat."):  # what stands there warns itself
                    today = ".".join(filter(None, ("keras", place, name)))
                    _warn_old(f"{self.__name__}.{name} is {today} today")
                return found
        raise AttributeError(f"bardana has nothing for the old {self.__name__}.{name}")


class Finder(MetaPathFinder, Loader):
    """Import the modules under `keras` and `tensorflow`.

    Args:
        patches: learns which attributes of bardana's modules an import sets.
    """

    def __init__(self, patches: Patches) -> None:
        self._patches = patches
        self.loaded: list[str] = []

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        if fullname.startswith(_STAND_IN):
            _say_what_is_missing(fullname, path)
            return None
        if fullname.partition(".")[0] not in ROOTS:
            return None
        return ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: ModuleSpec) -> None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        """Put what the name means in the place of the empty module that the import system has made."""
        name = module.__name__
        meant = resolve(name)
        parent, _, child = name.rpartition(".")
        if parent:  # the import system is about to set this attribute
            self._patches.remember(sys.modules[parent], child)
        self.loaded.append(name)
        sys.modules[name] = meant


def resolve(name: str) -> ModuleType:
    """Return the module that an import of `keras.…` or `tensorflow.…` means.

    Raises:
        ImportError: if there is none; the message says what to do.
    """
    for old, today in PLACES.items():
        if name == old or name.startswith(f"{old}."):
            if old != "tensorflow.keras":
                advice.warn(f"{name} is {today}{name.removeprefix(old)} today", DeprecationWarning)
            return resolve("keras" + name.removeprefix(old))
    root, _, rest = name.partition(".")
    if root == "tensorflow":
        return _tensorflow(rest)
    if rest in MODULES:
        return OldModule(name, MODULES[rest])
    return _module(rest)


def _module(place: str) -> ModuleType:
    """Return a module of today's Keras by its name as seen from `keras`."""
    if not place:
        return keras()
    try:
        return importlib.import_module(f"bardana.{place}")
    except ModuleNotFoundError as error:
        if not (error.name or "").startswith("bardana."):
            raise
    parent, _, child = place.rpartition(".")
    try:
        found = absent.look_up(parent, child)
    except AttributeError:
        found = None
    if isinstance(found, ModuleType):
        return found
    raise ModuleNotFoundError(f"No module named 'keras.{place}' in bardana", name=f"keras.{place}")


def _tensorflow(rest: str) -> ModuleType:
    stand_in = importlib.import_module("bardana.compat.tensorflow")
    for part in rest.split(".") if rest else ():
        try:
            stand_in = getattr(stand_in, part)
        except AttributeError as error:
            raise ImportError(str(error), name=f"tensorflow.{rest}") from None
    if not isinstance(stand_in, ModuleType):
        raise ModuleNotFoundError(f"No module named 'tensorflow.{rest}'", name=f"tensorflow.{rest}")
    return stand_in


def _say_what_is_missing(fullname: str, path: Any) -> None:
    """Raise ImportError for `from tensorflow import name`, which looks for a module after the attribute."""
    if PathFinder.find_spec(fullname, path) is None:
        _tensorflow(fullname.removeprefix(_STAND_IN))


_keras: KerasModule | None = None


def keras() -> KerasModule:
    """Return the module that is called `keras` while compat is installed."""
    global _keras
    if _keras is None:
        _keras = KerasModule()
    return _keras


def _warn_old(message: str) -> None:
    if sys._getframe(2).f_code.co_name != "_handle_fromlist":  # which only looks whether the name is there
        advice.warn(message, DeprecationWarning)
