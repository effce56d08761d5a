"""`tensorflow.nn`: activation functions, the very ones of `keras.activations`, so that layers know them."""

from __future__ import annotations

from typing import Any

from bardana import activations as _activations
from bardana.compat.backend import FUNCTIONS as _FUNCTIONS
from bardana.compat.tensorflow.reasons import missing as _missing

l2_normalize = _FUNCTIONS["l2_normalize"]

__all__ = ["l2_normalize"]

_NAMES = frozenset({"elu", "gelu", "leaky_relu", "log_softmax", "relu", "relu6", "selu", "sigmoid", "silu", "softmax"})
_NAMES |= {"softplus", "softsign", "swish", "tanh"}


def __getattr__(name: str) -> Any:
    found = getattr(_activations, name, None) if name in _NAMES else None
    if found is None:
        raise _missing("nn", name)
    return found


def __dir__() -> list[str]:
    return sorted({*__all__, *(name for name in _NAMES if hasattr(_activations, name))})
