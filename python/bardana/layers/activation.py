"""Activation functions as layers: Activation, ReLU, LeakyReLU, ELU, Softmax.

All of them are one native layer, the formula its argument. Shape rule and plan: cpp/layers/activation.cpp.
"""

from __future__ import annotations

import math
import warnings
from functools import partial
from typing import Any

from bardana import activations
from bardana.activations.base import Formula, formula_of
from bardana.arguments import is_integer, is_number
from bardana.layers.base import Layer


class Activation(Layer):
    """Apply an activation function: y = activation(x).

    Args:
        activation: name or function of `keras.activations`, a function that calls one of them, or an activation layer;
            None is linear.
        name, trainable, dtype: as for every `Layer`.

    Input shape, output shape:
        (rows, …), the same; "softmax" and its like work along the last axis.

    Raises:
        ValueError: if the name is unknown.
        TypeError: for a function that computes something else.

    Example:
        >>> import bardana as keras, numpy as np
        >>> keras.layers.Activation("relu")(np.array([[-1.0, 2.0]])).numpy()
        array([[0., 2.]], dtype=float32)
    """

    native_class = "Activation"

    def __init__(self, activation: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.activation = activations.get(activation)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal layer."""
        return {**super().get_config(), "activation": activations.serialize(self.activation)}

    def native_config(self) -> dict[str, Any]:
        """Return the config with the formula."""
        return {**super().get_config(), "activation": self.formula().native(f"layer '{self.name}'")}

    def formula(self) -> Formula:
        """Return the formula of the function."""
        return formula_of(self.activation)


class _FormulaLayer(Layer):
    """Base of the layers that are one activation function with arguments."""

    native_class = "Activation"

    def formula(self) -> Formula:
        """Return the formula with the layer's arguments."""
        raise NotImplementedError

    def native_config(self) -> dict[str, Any]:
        """Return the config of an `Activation` with the formula."""
        return {**super().get_config(), "activation": self.formula().native(f"layer '{self.name}'")}


class ReLU(_FormulaLayer):
    """Apply `activations.relu`; by default y = max(x, 0).

    y = max_value for x ≥ max_value; x for threshold ≤ x < max_value; negative_slope · (x − threshold) below.

    Args:
        max_value: upper bound, at least 0. Default None, that is none.
        negative_slope: slope below the threshold, at least 0. Default 0.
        threshold: where the linear part begins, at least 0. Default 0.
        name, trainable, dtype: as for every `Layer`.

    Input shape, output shape:
        (rows, …), the same.

    Raises:
        ValueError: for an argument that is negative or no number.

    Example:
        >>> import bardana as keras, numpy as np
        >>> keras.layers.ReLU(max_value=6.0, negative_slope=0.5)(np.array([[-2.0, 2.0, 8.0]])).tolist()
        [[-1.0, 2.0, 6.0]]
    """

    def __init__(
        self, max_value: float | None = None, negative_slope: float = 0.0, threshold: float = 0.0, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.max_value = None if max_value is None else not_negative(self, "max_value", max_value)
        self.negative_slope = not_negative(self, "negative_slope", negative_slope)
        self.threshold = not_negative(self, "threshold", threshold)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal layer."""
        arguments = {"max_value": self.max_value, "negative_slope": self.negative_slope, "threshold": self.threshold}
        return {**super().get_config(), **arguments}

    def formula(self) -> Formula:
        """Return the formula of relu with the layer's arguments."""
        return formula_of(partial(activations.relu, **_of(self, "max_value", "negative_slope", "threshold")))


class LeakyReLU(_FormulaLayer):
    """Apply y = x for x ≥ 0 and negative_slope · x below.

    Args:
        negative_slope: slope below 0, at least 0. Default 0.3 (that of `activations.leaky_relu` is 0.2).
        alpha: old name of negative_slope; warns.
        name, trainable, dtype: as for every `Layer`.

    Input shape, output shape:
        (rows, …), the same.

    Raises:
        ValueError: if negative_slope is negative or no number.

    Example:
        >>> import bardana as keras, numpy as np
        >>> keras.layers.LeakyReLU(0.5)(np.array([[-2.0, 2.0]])).tolist()
        [[-1.0, 2.0]]
    """

    def __init__(self, negative_slope: float = 0.3, **kwargs: Any) -> None:
        if "alpha" in kwargs:
            negative_slope = kwargs.pop("alpha")
            warnings.warn("LeakyReLU: alpha is the old name of negative_slope", UserWarning, stacklevel=2)
        super().__init__(**kwargs)
        self.negative_slope = not_negative(self, "negative_slope", negative_slope)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal layer."""
        return {**super().get_config(), "negative_slope": self.negative_slope}

    def formula(self) -> Formula:
        """Return the formula of leaky_relu with the layer's slope."""
        return formula_of(partial(activations.leaky_relu, negative_slope=self.negative_slope))


class ELU(_FormulaLayer):
    """Apply y = x for x > 0 and alpha · (eˣ − 1) below.

    Args:
        alpha: minus the limit for x → −∞. Default 1.
        name, trainable, dtype: as for every `Layer`.

    Input shape, output shape:
        (rows, …), the same.

    Raises:
        ValueError: if alpha is no finite number.

    Example:
        >>> import bardana as keras, numpy as np
        >>> keras.layers.ELU()(np.array([[-1.0, 2.0]])).numpy().round(3)
        array([[-0.632,  2.   ]], dtype=float32)
    """

    def __init__(self, alpha: float = 1.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not is_number(alpha) or not math.isfinite(alpha):
            raise ValueError(f"layer '{self.name}': expected alpha to be a finite number, received alpha={alpha!r}")
        self.alpha = float(alpha)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal layer."""
        return {**super().get_config(), "alpha": self.alpha}

    def formula(self) -> Formula:
        """Return the formula of elu with the layer's alpha."""
        return formula_of(partial(activations.elu, alpha=self.alpha))


class Softmax(_FormulaLayer):
    """Apply yᵢ = exp(xᵢ) / Σⱼ exp(xⱼ), the sum running along an axis.

    Args:
        axis: the axis, counted with the batch axis, or a list of axes taken as one. Default -1, the last.
        name, trainable, dtype: as for every `Layer`.

    Input shape, output shape:
        (rows, …), the same.

    Raises:
        ValueError: if axis is no integer or list of integers, or the batch axis; in `build`, if there is no such axis.

    Example:
        >>> import bardana as keras, numpy as np
        >>> keras.layers.Softmax()(np.array([[0.0, 0.0]])).tolist()
        [[0.5, 0.5]]
    """

    def __init__(self, axis: Any = -1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        axes = axis if isinstance(axis, (tuple, list)) else [axis]
        if not axes or not all(is_integer(one) and one != 0 for one in axes) or len(set(axes)) < len(axes):
            raise ValueError(
                f"layer '{self.name}': expected axis to be an integer other than 0 (the batch axis), or a list of "
                f"different ones, received axis={axis!r}"
            )
        self.axis = axis

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal layer."""
        return {**super().get_config(), "axis": self.axis}

    def formula(self) -> Formula:
        """Return the formula of softmax along the layer's axis."""
        return formula_of(partial(activations.softmax, axis=self.axis))


def not_negative(layer: Layer, argument: str, value: Any) -> float:
    """Return a number of at least 0 as a float; ValueError for anything else."""
    if not is_number(value) or not value >= 0:
        raise ValueError(
            f"layer '{layer.name}': expected {argument} to be a number of at least 0, received {argument}={value!r}"
        )
    return float(value)


def _of(layer: Layer, *arguments: str) -> dict[str, Any]:
    return {argument: getattr(layer, argument) for argument in arguments}
