"""Random start values from a distribution that does not depend on the shape.

A random initializer holds one integer seed, given or drawn once from `seeds.next_seed()` when it is made. Numbers
are drawn in float64 and then rounded, so that a float32 and a float64 model made with the same seed start from the
same weights to rounding.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from bardana import config as _config
from bardana import seeds
from bardana.initializers.base import FAMILY, Array, Initializer, Shape


class RandomInitializer(Initializer):
    """Base of the random initializers: a seed, and a stream that begins anew at every call.

    Args:
        seed: integer, or None to draw one now from the global generator. The config keeps what was given.

    Raises:
        ValueError: if the seed is neither.

    Example:
        >>> initializer = RandomNormal(seed=1)
        >>> bool((initializer((4,)) == initializer((4,))).all())
        True
    """

    def __init__(self, seed: int | None = None) -> None:
        if seed is not None and not isinstance(seed, int | np.integer):
            raise ValueError(f"{type(self).__name__}: expected `seed` to be an integer or None, received {seed!r}")
        self._given_seed = None if seed is None else int(seed)
        self.seed = seeds.next_seed() if seed is None else int(seed)

    def __call__(self, shape: Shape, dtype: DTypeLike | None = None) -> Array:
        target = np.dtype(dtype or _config.floatx())
        if target.kind != "f":
            raise TypeError(f"{type(self).__name__}: expected a floating-point dtype, received {target}")
        return self._draw(seeds.generator(self.seed), tuple(shape)).astype(target, copy=False)

    def _draw(self, generator: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float64]:
        raise NotImplementedError

    def get_config(self) -> dict[str, Any]:
        return {"seed": self._given_seed}


class RandomNormal(RandomInitializer):
    """Draw from the normal distribution N(mean, stddev²).

    Args:
        mean: mean. Default 0.
        stddev: standard deviation, ≥ 0. Default 0.05.
        seed: integer, or None for one from the global generator.

    Raises:
        ValueError: if stddev is negative or the seed is not an integer.

    Example:
        >>> values = RandomNormal(mean=2.0, stddev=0.5, seed=1)((100, 100))
        >>> round(float(values.mean()), 1), round(float(values.std()), 1)
        (2.0, 0.5)
    """

    def __init__(self, mean: float = 0.0, stddev: float = 0.05, seed: int | None = None) -> None:
        super().__init__(seed)
        self.mean = mean
        self.stddev = _not_negative(self, "stddev", stddev)

    def _draw(self, generator: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float64]:
        return generator.normal(self.mean, self.stddev, shape)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "mean": self.mean, "stddev": self.stddev}


class TruncatedNormal(RandomInitializer):
    """Draw from N(mean, stddev²), drawing again whatever lies more than two standard deviations from the mean.

    The values' own standard deviation is 0.8796 · stddev.

    Args:
        mean: mean. Default 0.
        stddev: standard deviation before the cut, ≥ 0. Default 0.05.
        seed: integer, or None for one from the global generator.

    Raises:
        ValueError: if stddev is negative or the seed is not an integer.

    Example:
        >>> import numpy as np
        >>> values = TruncatedNormal(stddev=0.5, seed=1)((100, 100))
        >>> bool(np.abs(values).max() <= 1.0)
        True
    """

    def __init__(self, mean: float = 0.0, stddev: float = 0.05, seed: int | None = None) -> None:
        super().__init__(seed)
        self.mean = mean
        self.stddev = _not_negative(self, "stddev", stddev)

    def _draw(self, generator: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float64]:
        return self.mean + self.stddev * truncated_normal(generator, shape)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "mean": self.mean, "stddev": self.stddev}


class RandomUniform(RandomInitializer):
    """Draw from the uniform distribution on [minval, maxval).

    Args:
        minval: lower end. Default −0.05.
        maxval: upper end, ≥ minval. Default 0.05.
        seed: integer, or None for one from the global generator.

    Raises:
        ValueError: if minval > maxval or the seed is not an integer.

    Example:
        >>> values = RandomUniform(0.0, 1.0, seed=1)((100, 100))
        >>> round(float(values.min()), 1), round(float(values.max()), 1)
        (0.0, 1.0)
    """

    def __init__(self, minval: float = -0.05, maxval: float = 0.05, seed: int | None = None) -> None:
        super().__init__(seed)
        if not minval <= maxval:
            raise ValueError(f"RandomUniform: expected minval <= maxval, received minval={minval}, maxval={maxval}")
        self.minval = minval
        self.maxval = maxval

    def _draw(self, generator: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float64]:
        return generator.uniform(self.minval, self.maxval, shape)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "minval": self.minval, "maxval": self.maxval}


def truncated_normal(generator: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Draw standard normal values, drawing again those beyond ±2."""
    values = generator.standard_normal(math.prod(shape))
    outside = np.flatnonzero(np.abs(values) > 2)
    while outside.size:
        values[outside] = generator.standard_normal(outside.size)
        outside = outside[np.abs(values[outside]) > 2]
    return values.reshape(shape)


def _not_negative(owner: RandomInitializer, argument: str, value: float) -> float:
    if not value >= 0:
        raise ValueError(f"{type(owner).__name__}: expected `{argument}` >= 0, received {value}")
    return value


FAMILY.add(RandomNormal, "random_normal", "normal")
FAMILY.add(RandomUniform, "random_uniform", "uniform")
FAMILY.add(TruncatedNormal, "truncated_normal")
