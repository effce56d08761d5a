"""PReLU, a relu whose slope below 0 is learned. Shape rule and plan: cpp/layers/prelu.cpp."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from bardana import constraints, initializers, regularizers
from bardana.arguments import is_integer
from bardana.layers.base import Layer, made_by_build
from bardana.variables import Variable


class PReLU(Layer):
    """Apply y = x where x > 0 and alpha · x below, with a slope alpha to learn for every element of an example.

    Args:
        alpha_initializer: start value of alpha. Default "zeros".
        alpha_regularizer: name or object of `keras.regularizers`. Default None.
        alpha_constraint: name or object of `keras.constraints`. Default None.
        shared_axes: axes along which all elements have the same slope, counted with the batch axis, so from 1. Default
            None: none.
        name, trainable, dtype: as for every `Layer`.

    Variables:
        alpha, the input's shape without the batch axis, with 1 for shared axes.

    Input shape, output shape:
        (rows, …), the same.

    Raises:
        ValueError: if shared_axes are no integers of at least 1; in `build`, if the input has no such axis.

    References:
        He et al., "Delving deep into rectifiers", ICCV (2015).

    Example:
        >>> import bardana as keras, numpy as np
        >>> layer = keras.layers.PReLU(alpha_initializer=keras.initializers.Constant(0.5))
        >>> layer(np.array([[-2.0, 2.0]])).tolist(), layer.alpha.shape
        ([[-1.0, 2.0]], (2,))
    """

    native_class = "PReLU"

    alpha: Variable = made_by_build()

    def __init__(
        self,
        alpha_initializer: Any = "Zeros",
        alpha_regularizer: Any = None,
        alpha_constraint: Any = None,
        shared_axes: int | Sequence[int] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.alpha_initializer = initializers.get(alpha_initializer)
        self.alpha_regularizer = regularizers.get(alpha_regularizer)
        self.alpha_constraint = constraints.get(alpha_constraint)
        self.shared_axes = None if shared_axes is None else self._checked_axes(shared_axes)

    def _checked_axes(self, axes: Any) -> list[int]:
        given = list(axes) if isinstance(axes, (Sequence, np.ndarray)) and not isinstance(axes, str) else [axes]
        if not all(is_integer(axis) and axis >= 1 for axis in given):
            raise ValueError(
                f"layer '{self.name}': expected shared_axes to be integers of at least 1, received shared_axes={axes!r}"
            )
        return [int(axis) for axis in given]

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal layer."""
        return {
            **self.native_config(),
            "alpha_initializer": initializers.serialize(self.alpha_initializer),
            "alpha_regularizer": regularizers.serialize(self.alpha_regularizer),
            "alpha_constraint": constraints.serialize(self.alpha_constraint),
        }

    def native_config(self) -> dict[str, Any]:
        """Return the config as the engine reads it."""
        return {**super().get_config(), "shared_axes": self.shared_axes}
