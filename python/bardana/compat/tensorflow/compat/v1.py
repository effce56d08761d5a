"""`tensorflow.compat.v1`: seeds and logging; graphs and sessions are refused."""

from __future__ import annotations

from typing import Any

from bardana import advice as _advice
from bardana.compat.tensorflow import logging
from bardana.compat.tensorflow.random import set_seed as set_random_seed
from bardana.compat.tensorflow.reasons import missing as _missing

__path__: list[str] = []
__all__ = ["disable_eager_execution", "disable_v2_behavior", "logging", "set_random_seed"]


def disable_eager_execution() -> None:
    """Warn that this has no effect: models are trained natively, whatever TensorFlow would do."""
    _advice.warn("tensorflow.compat.v1.disable_eager_execution has no effect: bardana trains without TensorFlow")


def disable_v2_behavior() -> None:
    """Warn that this has no effect: models are trained natively, whatever TensorFlow would do."""
    _advice.warn("tensorflow.compat.v1.disable_v2_behavior has no effect: bardana trains without TensorFlow")


def __getattr__(name: str) -> Any:
    if name == "keras":
        from bardana.compat.aliases import keras

        return keras()
    raise _missing("compat.v1", name)
