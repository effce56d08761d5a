"""Dense, the fully connected layer. Shape rule and plan: cpp/layers/dense.cpp."""

from __future__ import annotations

from typing import Any

from bardana import activations, initializers
from bardana.arguments import checked_count
from bardana.layers.base import Layer, require_none
from bardana.variables import Variable


class Dense(Layer):
    """Connect every input with every unit: y = activation(x · kernel + bias).

    Args:
        units: number of outputs, a positive int.
        activation: name or function of `keras.activations`. Default None, that is linear.
        use_bias: whether to add a bias. Default True.
        kernel_initializer: start value of the kernel. Default "glorot_uniform".
        bias_initializer: start value of the bias. Default "zeros".
        kernel_regularizer, bias_regularizer, activity_regularizer, kernel_constraint, bias_constraint: must be None.
        name, trainable, dtype: as for every `Layer`.

    Variables:
        kernel (inputs, units), bias (units,).

    Input shape:
        (rows, …, inputs); only the last axis is multiplied.

    Output shape:
        (rows, …, units).

    Raises:
        ValueError: if `units` is not an int from 1 to 2³¹ − 1, or a name is unknown.

    Example:
        >>> import bardana as keras
        >>> layer = keras.layers.Dense(3, activation="relu")
        >>> layer.build((None, 2))
        >>> layer.kernel.shape, layer.count_params()
        ((2, 3), 9)
    """

    kernel: Variable
    bias: Variable | None

    def __init__(
        self,
        units: int,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: None = None,
        bias_regularizer: None = None,
        activity_regularizer: None = None,
        kernel_constraint: None = None,
        bias_constraint: None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        require_none(
            f"layer '{self.name}'",
            kernel_regularizer=kernel_regularizer,
            bias_regularizer=bias_regularizer,
            kernel_constraint=kernel_constraint,
            bias_constraint=bias_constraint,
        )
        self.units = checked_count(units, f"units of layer '{self.name}'")
        self.activation = activations.get(activation)
        self.use_bias = bool(use_bias)
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        if not self.use_bias:
            self.bias = None

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal layer."""
        return {
            **self.native_config(),
            "kernel_initializer": initializers.serialize(self.kernel_initializer),
            "bias_initializer": initializers.serialize(self.bias_initializer),
        }

    def native_config(self) -> dict[str, Any]:
        """Return the config as the engine reads it, without initializers: they run here and may be any callable."""
        return {
            **super().get_config(),
            "units": self.units,
            "activation": activations.serialize(self.activation),
            "use_bias": self.use_bias,
            "kernel_initializer": None,
            "bias_initializer": None,
            "kernel_regularizer": None,
            "bias_regularizer": None,
            "kernel_constraint": None,
            "bias_constraint": None,
        }
