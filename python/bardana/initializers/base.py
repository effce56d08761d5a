"""The base class of all initializers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from numpy.typing import DTypeLike, NDArray

from bardana.serialization import Family

Array = NDArray[Any]
Shape = Sequence[int]
InitializerFunction = Callable[..., Any]

FAMILY = Family("initializer", "keras.initializers")


class Initializer:
    """Base class: override `__call__`, and `get_config` if there are arguments.

    Example:
        >>> import numpy as np
        >>> class Halves(Initializer):
        ...     def __call__(self, shape, dtype=None):
        ...         return np.full(shape, 0.5, dtype)
        >>> Halves()((2,), "float32")
        array([0.5, 0.5], dtype=float32)
    """

    def __call__(self, shape: Shape, dtype: DTypeLike | None = None) -> Array:
        """Return start values of this shape; `dtype` None means `config.floatx()`."""
        raise NotImplementedError(f"{type(self).__name__} must override __call__(shape, dtype=None)")

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {}

    def clone(self) -> Initializer:
        """Return an initializer with the same arguments; without a seed it draws another one."""
        return self.from_config(self.get_config())

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Initializer:
        """Make the initializer again from `get_config()`."""
        return cls(**config)
