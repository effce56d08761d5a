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


class Identity(Initializer):
    """Fill with gain times the identity matrix, zeros beside it where the matrix is not square.

    Args:
        gain: value on the diagonal. Default 1.

    Raises:
        ValueError: when called with a shape that is not of 2 axes.

    Example:
        >>> Identity(2.0)((2, 3), "float32")
        array([[2., 0., 0.],
               [0., 2., 0.]], dtype=float32)
    """

    def __init__(self, gain: float = 1.0) -> None:
        self.gain = gain

    def __call__(self, shape: Shape, dtype: DTypeLike | None = None) -> Array:
        if len(shape) != 2:
            raise ValueError(f"Identity: expected a shape of 2 axes, received {tuple(shape)}")
        matrix = np.zeros(tuple(shape), dtype=dtype or _config.floatx())
        np.fill_diagonal(matrix, self.gain)
        return matrix

    def get_config(self) -> dict[str, Any]:
        return {"gain": self.gain}


FAMILY.add(Identity, "identity", "IdentityInitializer")
FAMILY.add(Constant, "constant")
FAMILY.add(Zeros, "zeros", "zero")
FAMILY.add(Ones, "ones", "one")
FAMILY.save_as(GivenArray, Constant)
