"""`tensorflow.python`: only `tensorflow.python.keras`, from where scripts of some years ago imported."""

from __future__ import annotations

from typing import Any

from bardana.compat.tensorflow.reasons import missing as _missing

__path__: list[str] = []


def __getattr__(name: str) -> Any:
    if name == "keras":
        from bardana.compat.aliases import keras

        return keras()
    raise _missing("python", name)
