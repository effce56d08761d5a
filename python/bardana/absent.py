"""Modules of Keras that have no place here: importing one of them says so, and what to do instead."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType

_REASONS = {
    "applications": "dense networks only, no image models; use keras.applications of Keras itself",
    "distillation": "train the student on the teacher's predict() instead",
    "distribution": "one machine and its CPU only, whose cores are used by themselves",
    "export": "models are saved, not exported to TensorFlow or PyTorch",
    "preprocessing": "no images and texts; sequences are padded by keras.utils.pad_sequences",
    "quantizers": "weights are float32 or float64",
    "visualization": "no pictures of images; keras.utils.plot_model draws models",
}


def reason(name: str) -> str | None:
    """Return why `bardana.<name>` does not exist, None for a name that Keras does not have either.

    Args:
        name: name of a module of Keras.
    """
    found = _REASONS.get(name)
    return None if found is None else f"bardana has no module '{name}': {found}."


class Finder:
    """Answer, after all other finders, an import of these modules with the reason."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        package, _, module = name.partition(".")
        message = reason(module) if package == "bardana" else None
        if message is not None:
            raise ModuleNotFoundError(message, name=name)
        return None


sys.meta_path.append(Finder())
