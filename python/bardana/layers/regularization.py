"""Layers that work in training alone: dropout, noise, penalties. Plans: cpp/layers/dropout.cpp and noise.cpp."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from bardana import regularizers, seeds
from bardana.arguments import is_integer
from bardana.layers.base import Layer


class _Noise(Layer):
    """A layer that draws random numbers, from a seed of its own or one of the global generator."""

    def __init__(self, seed: int | None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if seed is not None and not is_integer(seed):
            raise ValueError(f"layer '{self.name}': expected seed to be an integer or None, received seed={seed!r}")
        self.seed = None if seed is None else int(seed)
        self._drawn_seed = seeds.next_seed() if self.seed is None else self.seed % 2**63

    def native_config(self) -> dict[str, Any]:
        """Return the config with the seed in use."""
        return {**self.get_config(), "seed": self._drawn_seed}


class Dropout(_Noise):
    """Set a random share of the inputs to zero while training: y = x · mask / (1 − rate), mask ~ Bernoulli(1 − rate).

    Without `training` it passes its input on. Each step draws another mask.

    Args:
        rate: share of the inputs to drop, from 0 to 1.
        noise_shape: sizes of the mask, which is repeated along axes where they are 1; None for the input's size. The
            first one, of the rows, may be None or 1. Default: a mask of the input's shape.
        seed: int for masks that repeat from run to run, taken modulo 2⁶³. Default: drawn from the global generator
            (`set_random_seed`).
        name, trainable, dtype, activity_regularizer: as for every `Layer`.

    Input shape, output shape:
        (rows, …), the same.

    Raises:
        ValueError: if the rate is outside 0…1, the seed is not an int, or `noise_shape` does not fit the input.

    References:
        Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting", JMLR 15 (2014).

    Example:
        >>> import bardana as keras, numpy as np
        >>> keras.layers.Dropout(0.5)(np.ones((1, 3))).numpy()
        array([[1., 1., 1.]], dtype=float32)
    """

    def __init__(
        self, rate: float, noise_shape: Sequence[int | None] | None = None, seed: int | None = None, **kwargs: Any
    ) -> None:
        super().__init__(seed, **kwargs)
        self.rate = _checked_share(rate, "rate", self.name)
        self.noise_shape = _checked_noise_shape(noise_shape, self.name)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal layer."""
        return {**super().get_config(), "rate": self.rate, "seed": self.seed, "noise_shape": self.noise_shape}

    def native_config(self) -> dict[str, Any]:
        """Return the config with the seed in use."""
        return {**super().native_config(), "noise_shape": _native_shape(self.noise_shape)}


class SpatialDropout1D(_Noise):
    """Drop whole channels of sequences while training: `Dropout` with the same mask for all steps of an example.

    Args:
        rate: share of the channels to drop, from 0 to 1.
        seed: as for `Dropout`.
        name, dtype: as for every `Layer`.

    Input shape, output shape:
        (rows, steps, channels), the same.

    Raises:
        ValueError: if the rate is outside 0…1, the seed is not an int, or the input has another number of axes.

    References:
        Tompson et al., "Efficient object localization using convolutional networks", CVPR 2015.

    Example:
        >>> import bardana as keras, numpy as np
        >>> y = keras.layers.SpatialDropout1D(0.5)(np.ones((2, 5, 4)), training=True).numpy()
        >>> bool((y == y[:, :1]).all())
        True
    """

    def __init__(self, rate: float, seed: int | None = None, name: str | None = None, dtype: Any = None) -> None:
        super().__init__(seed, name=name, dtype=dtype)
        self.rate = _checked_share(rate, "rate", self.name)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal layer."""
        return {"rate": self.rate, "seed": self.seed, "name": self.name, "dtype": self.dtype}

    def native_config(self) -> dict[str, Any]:
        """Return the config of a Dropout."""
        return {**super().native_config(), "trainable": self.trainable, "noise_shape": [-1, 1, -1]}


class AlphaDropout(_Noise):
    """Drop inputs while training so that mean and variance stay: y = a · (x · mask + α′ · (1 − mask)) + b.

    α′ = −1.758 is the lower limit of selu; a = 1 / √((1 − rate) (1 + rate α′²)) and b = −a α′ rate.

    Args:
        rate: share of the inputs to drop, from 0 to below 1.
        noise_shape, seed: as for `Dropout`.
        name, trainable, dtype, activity_regularizer: as for every `Layer`.

    Input shape, output shape:
        (rows, …), the same.

    Raises:
        ValueError: as for `Dropout`; for a rate of 1, too, whose a is infinite.

    References:
        Klambauer et al., "Self-normalizing neural networks", NeurIPS 2017.

    Example:
        >>> import bardana as keras, numpy as np
        >>> keras.layers.AlphaDropout(0.5)(np.ones((1, 3))).numpy()
        array([[1., 1., 1.]], dtype=float32)
    """

    def __init__(
        self, rate: float, noise_shape: Sequence[int | None] | None = None, seed: int | None = None, **kwargs: Any
    ) -> None:
        super().__init__(seed, **kwargs)
        self.rate = _checked_share(rate, "rate", self.name, below_one=True)
        self.noise_shape = _checked_noise_shape(noise_shape, self.name)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal layer."""
        return {**super().get_config(), "rate": self.rate, "seed": self.seed, "noise_shape": self.noise_shape}

    def native_config(self) -> dict[str, Any]:
        """Return the config with the seed in use."""
        return {**super().native_config(), "noise_shape": _native_shape(self.noise_shape)}


class GaussianDropout(_Noise):
    """Multiply by normal noise while training: y = x · (1 + s z), z ~ N(0, 1), s = √(rate / (1 − rate)).

    Args:
        rate: as for `Dropout`, whose noise has this variance; from 0 to below 1.
        seed: as for `Dropout`.
        name, trainable, dtype, activity_regularizer: as for every `Layer`.

    Input shape, output shape:
        (rows, …), the same.

    Raises:
        ValueError: if the rate is outside of 0 ≤ rate < 1 or the seed is not an int.

    References:
        Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting", JMLR 15 (2014).

    Example:
        >>> import bardana as keras, numpy as np
        >>> keras.layers.GaussianDropout(0.5)(np.ones((1, 3))).numpy()
        array([[1., 1., 1.]], dtype=float32)
    """

    def __init__(self, rate: float, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(seed, **kwargs)
        self.rate = _checked_share(rate, "rate", self.name, below_one=True)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal layer."""
        return {**super().get_config(), "rate": self.rate, "seed": self.seed}


class GaussianNoise(_Noise):
    """Add normal noise while training: y = x + stddev · z, z ~ N(0, 1).

    z is a float32 number, one of 2³² equally likely ones up to ±6.3, in float64 too.

    Args:
        stddev: standard deviation, from 0 to 1.
        seed: as for `Dropout`.
        name, trainable, dtype, activity_regularizer: as for every `Layer`.

    Input shape, output shape:
        (rows, …), the same.

    Raises:
        ValueError: if `stddev` is outside 0…1 or the seed is not an int.

    Example:
        >>> import bardana as keras, numpy as np
        >>> keras.layers.GaussianNoise(0.5)(np.ones((1, 3))).numpy()
        array([[1., 1., 1.]], dtype=float32)
    """

    def __init__(self, stddev: float, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(seed, **kwargs)
        self.stddev = _checked_share(stddev, "stddev", self.name)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal layer."""
        return {**super().get_config(), "stddev": self.stddev, "seed": self.seed}


class ActivityRegularization(Layer):
    """Pass the input on and add (l1 Σ|x| + l2 Σx²) / rows to the loss.

    Args:
        l1, l2: factors of at least 0. Default 0.
        name, trainable, dtype: as for every `Layer`.

    Input shape, output shape:
        (rows, …), the same.

    Raises:
        ValueError: if a factor is no number of at least 0.

    Example:
        >>> import bardana as keras, numpy as np
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.ActivityRegularization(l2=0.5)])
        >>> model.compile(loss="mse", optimizer="sgd")
        >>> x = np.array([[1.0, 2.0]])
        >>> model.evaluate(x, x, verbose=0)
        2.5
    """

    def __init__(self, l1: float = 0.0, l2: float = 0.0, **kwargs: Any) -> None:
        super().__init__(activity_regularizer=regularizers.L1L2(l1=l1, l2=l2), **kwargs)
        self.l1, self.l2 = l1, l2

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal layer."""
        config = super().get_config()
        del config["activity_regularizer"]
        return {**config, "l1": self.l1, "l2": self.l2}

    def native_config(self) -> dict[str, Any]:
        """Return the config of an Identity."""
        return super().get_config()


def _checked_share(value: Any, argument: str, name: str, below_one: bool = False) -> float:
    is_number = isinstance(value, (int, float, np.number)) and not isinstance(value, bool)
    if not is_number or not 0 <= value <= 1 or (below_one and value == 1):
        bound = "to below 1" if below_one else "to 1"
        raise ValueError(
            f"layer '{name}': expected {argument} to be a number from 0 {bound}, received {argument}={value!r}"
        )
    return float(value)


def _checked_noise_shape(shape: Any, name: str) -> tuple[int | None, ...] | None:
    if shape is None:
        return None
    sizes = tuple(shape) if isinstance(shape, (tuple, list)) else (0,)
    if not all(size is None or (is_integer(size) and size > 0) for size in sizes):
        raise ValueError(
            f"layer '{name}': expected noise_shape to be a tuple of positive integers and None, "
            f"received noise_shape={shape!r}"
        )
    return tuple(None if size is None else int(size) for size in sizes)


def _native_shape(shape: tuple[int | None, ...] | None) -> list[int] | None:
    return None if shape is None else [-1 if size is None else size for size in shape]
