"""Penalties on weights, added to the loss once a step, whatever the batch size.

Wherever a regularizer is expected, its name will do ("L2", "l2"): a string stands for the class with its defaults.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from numbers import Real
from typing import Any, TypeVar

import numpy as np

from bardana import _core
from bardana.data.numbers import as_floats
from bardana.serialization import CustomObjects, Family
from bardana.serialization import serialize as _serialize
from bardana.tensor import Tensor, as_tensor

FAMILY = Family("regularizer", "keras.regularizers")

R = TypeVar("R", bound="Regularizer")


class Regularizer:
    """Be the base of every regularizer: a function of the weights that is added to the loss.

    The engine trains with `L1`, `L2` and `L1L2`. A regularizer of your own can be called on arrays.

    Example:
        >>> import numpy as np
        >>> class Cubes(Regularizer):
        ...     def __call__(self, x):
        ...         return float(np.sum(np.abs(np.asarray(x)) ** 3))
        >>> Cubes()([1.0, -2.0])
        9.0
    """

    def __call__(self, x: Any) -> Any:
        """Return the penalty of the weights x: a number. The base class has none."""
        return 0.0

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments; a class that is saved has to override it."""
        raise NotImplementedError(f"{type(self).__name__} must override get_config() to be saved")

    @classmethod
    def from_config(cls: type[R], config: Mapping[str, Any]) -> R:
        """Make the regularizer again from `get_config()`."""
        return cls(**config)


class _Norms(Regularizer):
    """l1 Σ|x| + l2 Σx²."""

    _l1 = 0.0
    _l2 = 0.0

    def __call__(self, x: Any) -> Tensor:
        array = as_floats(x)
        total, _ = _core.penalty(array, self._l1, self._l2)
        return as_tensor(np.asarray(total, dtype=array.dtype))

    def native(self) -> tuple[float, float]:
        """Return the factors of Σ|x| and Σx² as the engine reads them."""
        return self._l1, self._l2


class L1L2(_Norms):
    """Penalize weights x by l1 · Σ|x| + l2 · Σx².

    Args:
        l1: factor of the absolute values. Default 0.
        l2: factor of the squares. Default 0.

    Raises:
        ValueError: if a factor is no number of at least 0.

    Sources: Tibshirani, Regression shrinkage and selection via the lasso (1996); Hoerl and Kennard, Ridge regression
    (1970); Zou and Hastie, Regularization and variable selection via the elastic net (2005).

    Example:
        >>> float(L1L2(l1=1.0, l2=0.5)([[1.0, -2.0]]))
        5.5
    """

    def __init__(self, l1: float | None = 0.0, l2: float | None = 0.0) -> None:
        self.l1 = self._l1 = _factor(l1, "l1", 0.0)
        self.l2 = self._l2 = _factor(l2, "l2", 0.0)

    def get_config(self) -> dict[str, Any]:
        return {"l1": self.l1, "l2": self.l2}


class L1(_Norms):
    """Penalize weights x by l1 · Σ|x|, which drives many of them to zero.

    Args:
        l1: factor, rounded to float32 as Keras does. Default 0.01.

    Raises:
        ValueError: if it is no number of at least 0.

    Source: Tibshirani, Regression shrinkage and selection via the lasso (1996).

    Example:
        >>> float(L1(0.5)([[1.0, -2.0]]))
        1.5
    """

    def __init__(self, l1: float | None = 0.01) -> None:
        self.l1 = self._l1 = float(np.float32(_factor(l1, "l1", 0.01)))

    def get_config(self) -> dict[str, Any]:
        return {"l1": self.l1}


class L2(_Norms):
    """Penalize weights x by l2 · Σx² (without a factor ½), which keeps them small.

    Args:
        l2: factor. Default 0.01.

    Raises:
        ValueError: if it is no number of at least 0.

    Source: Hoerl and Kennard, Ridge regression (1970).

    Example:
        >>> float(L2(0.5)([[1.0, -2.0]]))
        2.5
    """

    def __init__(self, l2: float | None = 0.01) -> None:
        self.l2 = self._l2 = _factor(l2, "l2", 0.01)

    def get_config(self) -> dict[str, Any]:
        return {"l2": self.l2}


l1 = L1
l2 = L2
l1_l2 = L1L2


def _factor(value: Any, argument: str, default: float) -> float:
    if value is None:
        return default
    if not isinstance(value, Real) or not 0 <= float(value) < math.inf:
        raise ValueError(f"Invalid value for argument {argument}: expected a number of at least 0, received {value!r}")
    return float(value)


def get(identifier: Any) -> Any:
    """Return a regularizer for a name, class, config, object or callable; None stays None.

    Raises:
        ValueError: if the identifier is none of these.

    Example:
        >>> get("l2").l2
        0.01
    """
    return None if identifier is None else FAMILY.resolve(identifier)


def serialize(regularizer: Any) -> Any:
    """Return the config of a regularizer, from which `deserialize` makes it again.

    Args:
        regularizer: a regularizer, or a function with a name.

    Raises:
        TypeError: for an object without `get_config`.
        ValueError: for a lambda, which cannot be found again by name.

    Example:
        >>> serialize(L2(0.5))["config"]
        {'l2': 0.5}
    """
    return _serialize(regularizer)


def deserialize(config: Mapping[str, Any], custom_objects: CustomObjects | None = None) -> Any:
    """Make a regularizer from its config.

    Args:
        config: dict with "class_name" and "config", as `serialize` returns it.
        custom_objects: your own classes and functions by name, looked up first. Default None.

    Raises:
        ValueError: if the config names no regularizer.

    Example:
        >>> deserialize({"class_name": "L2", "config": {"l2": 0.5}}).l2
        0.5
    """
    return FAMILY.deserialize(config, custom_objects)


def native(regularizer: Any, owner: str) -> tuple[float, float]:
    """Return the factors of Σ|x| and Σx² of a regularizer that the engine can train with.

    Args:
        regularizer: what `get` returned.
        owner: what it is of, for the message: "variable 'dense/kernel'".

    Raises:
        TypeError: if it is written in Python, since the engine has no derivative of it.
    """
    if regularizer is None or type(regularizer) is Regularizer:
        return 0.0, 0.0
    if isinstance(regularizer, _Norms) and type(regularizer).__call__ is _Norms.__call__:
        return regularizer.native()
    raise TypeError(
        f"{owner}: expected a regularizer with a derivative that the engine knows, L1, L2 or L1L2; "
        f"received {regularizer!r}, which can be called on arrays only"
    )


FAMILY.add(Regularizer, "regularizer")
FAMILY.add(L1, "l1")
FAMILY.add(L2, "l2")
FAMILY.add(L1L2, "l1l2")

__all__ = ["L1", "L1L2", "L2", "Regularizer", "deserialize", "get", "l1", "l1_l2", "l2", "serialize"]
