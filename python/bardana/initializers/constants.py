"""Start values without randomness."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from bardana import config as _config
from bardana.initializers.base import FAMILY, Array, Initializer, Shape
from bardana.serialization import deserialize, serialize


class Constant(Initializer):
    """Fill with one value, or with an array that broadcasts to the shape.

    Args:
        value: number or array. Default 0.

    Example:
        >>> Constant(2.0)((2, 2), "float32")
        array([[2., 2.],
               [2., 2.]], dtype=float32)
    """

    def __init__(self, value: ArrayLike = 0.0) -> None:
        self.value = value

    def __call__(self, shape: Shape, dtype: DTypeLike | None = None) -> Array:
        return np.full(tuple(shape), self.value, dtype=dtype or _config.floatx())

    def get_config(self) -> dict[str, Any]:
        return {"value": serialize(self.value)}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Initializer:
        return cls(**{key: deserialize(value) for key, value in config.items()})


class GivenArray(Constant):
    """The values of an array that the user passed in place of an initializer; any other shape is an error."""

    def __call__(self, shape: Shape, dtype: DTypeLike | None = None) -> Array:
        if tuple(shape) != np.shape(self.value):
            raise ValueError(f"Expected an initial value of shape {tuple(shape)}, received {np.shape(self.value)}")
        return super().__call__(shape, dtype)


class Zeros(Initializer):
    """Fill with 0.

    Example:
        >>> Zeros()((3,), "float32")
        array([0., 0., 0.], dtype=float32)
    """

    def __call__(self, shape: Shape, dtype: DTypeLike | None = None) -> Array:
        return np.zeros(tuple(shape), dtype=dtype or _config.floatx())


class Ones(Initializer):
    """Fill with 1.

    Example:
        >>> Ones()((3,), "float32")
        array([1., 1., 1.], dtype=float32)
    """

    def __call__(self, shape: Shape, dtype: DTypeLike | None = None) -> Array:
        return np.ones(tuple(shape), dtype=dtype or _config.floatx())


FAMILY.add(Constant, "constant")
FAMILY.add(Zeros, "zeros", "zero")
FAMILY.add(Ones, "ones", "one")
FAMILY.save_as(GivenArray, Constant)
