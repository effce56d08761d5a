"""Activation: an element-wise formula as a layer. Shape rule and plan: cpp/layers/activation.cpp."""

from __future__ import annotations

from typing import Any

from bardana import activations
from bardana.layers.base import Layer


class Activation(Layer):
    """Apply an activation function: y = activation(x).

    Args:
        activation: name or function of `keras.activations`; None is linear.
        name, trainable, dtype: as for every `Layer`.

    Input shape, output shape:
        (rows, …), the same; "softmax" works along the last axis.

    Raises:
        ValueError: if the name is unknown.

    Example:
        >>> import bardana as keras, numpy as np
        >>> keras.layers.Activation("relu")(np.array([[-1.0, 2.0]])).numpy()
        array([[0., 2.]], dtype=float32)
    """

    def __init__(self, activation: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.activation = activations.get(activation)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal layer."""
        return {**super().get_config(), "activation": activations.serialize(self.activation)}
