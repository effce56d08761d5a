"""Dropout. Masks and plan: cpp/layers/dropout.cpp."""

from __future__ import annotations

from typing import Any

import numpy as np

from bardana import seeds
from bardana.arguments import is_integer
from bardana.layers.base import Layer, require_none


class Dropout(Layer):
    """Set a random share of the inputs to zero while training: y = x · mask / (1 − rate), mask ~ Bernoulli(1 − rate).

    Without `training` it passes its input on. Each step draws another mask.

    Args:
        rate: share of the inputs to drop, from 0 to 1.
        noise_shape: must be None.
        seed: int for masks that repeat from run to run, taken modulo 2⁶³. Default: drawn from the global generator
            (`set_random_seed`).
        name, trainable, dtype: as for every `Layer`.

    Input shape, output shape:
        (rows, …), the same.

    Raises:
        ValueError: if the rate is outside 0…1 or the seed is not an int.

    References:
        Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting", JMLR 15 (2014).

    Example:
        >>> import bardana as keras, numpy as np
        >>> keras.layers.Dropout(0.5)(np.ones((1, 3))).numpy()
        array([[1., 1., 1.]], dtype=float32)
    """

    def __init__(self, rate: float, noise_shape: None = None, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if isinstance(rate, bool) or not isinstance(rate, (int, float, np.number)) or not 0 <= rate <= 1:
            raise ValueError(f"layer '{self.name}': expected rate to be a number from 0 to 1, received rate={rate!r}")
        if seed is not None and not is_integer(seed):
            raise ValueError(f"layer '{self.name}': expected seed to be an integer or None, received seed={seed!r}")
        require_none(f"layer '{self.name}'", noise_shape=noise_shape)
        self.rate = float(rate)
        self.noise_shape = None
        self.seed = None if seed is None else int(seed)
        self._drawn_seed = seeds.next_seed() if self.seed is None else self.seed % 2**63

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal layer."""
        return {**super().get_config(), "rate": self.rate, "seed": self.seed, "noise_shape": None}

    def native_config(self) -> dict[str, Any]:
        """Return the config with the seed in use."""
        return {**self.get_config(), "seed": self._drawn_seed}
