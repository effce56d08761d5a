"""Dense, the fully connected layer. Shape rule and plan: cpp/layers/dense.cpp."""

from __future__ import annotations

from typing import Any

from bardana import activations, constraints, initializers, regularizers
from bardana.activations.base import formula_of
from bardana.arguments import checked_count
from bardana.layers.base import Layer, made_by_build, require_none
from bardana.variables import Variable


class Dense(Layer):
    """Connect every input with every unit: y = activation(x · kernel + bias).

    Args:
        units: number of outputs, a positive int.
        activation: name or function of `keras.activations`, or an activation layer. Default None, that is linear.
        use_bias: whether to add a bias. Default True.
        kernel_initializer: start value of the kernel. Default "glorot_uniform".
        bias_initializer: start value of the bias. Default "zeros".
        kernel_regularizer, bias_regularizer: names or objects of `keras.regularizers`. Default None.
        kernel_constraint, bias_constraint: names or objects of `keras.constraints`. Default None.
        lora_rank, lora_alpha, quantization_config: must be None.
        name, trainable, dtype, activity_regularizer: as for every `Layer`.

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

    native_class = "Dense"

    kernel: Variable = made_by_build()
    bias: Variable | None = made_by_build()

    def __init__(
        self,
        units: int,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        lora_rank: None = None,
        lora_alpha: None = None,
        quantization_config: None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        require_none(
            f"layer '{self.name}'",
            lora_rank=lora_rank,
            lora_alpha=lora_alpha,
            quantization_config=quantization_config,
        )
        self.units = checked_count(units, f"units of layer '{self.name}'")
        self.activation = activations.get(activation)
        self.use_bias = bool(use_bias)
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.bias_constraint = constraints.get(bias_constraint)
        if not self.use_bias:
            self.bias = None

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal layer."""
        return {
            **self.native_config(),
            "activation": activations.serialize(self.activation),
            "kernel_initializer": initializers.serialize(self.kernel_initializer),
            "bias_initializer": initializers.serialize(self.bias_initializer),
            "kernel_regularizer": regularizers.serialize(self.kernel_regularizer),
            "bias_regularizer": regularizers.serialize(self.bias_regularizer),
            "kernel_constraint": constraints.serialize(self.kernel_constraint),
            "bias_constraint": constraints.serialize(self.bias_constraint),
        }

    def native_config(self) -> dict[str, Any]:
        """Return the config as the engine reads it, without what variables bring along: see `Layer.native_spec`."""
        return {
            **super().get_config(),
            "units": self.units,
            "activation": formula_of(self.activation).native(f"layer '{self.name}'"),
            "use_bias": self.use_bias,
        }
