"""Normalization of activations. Shape rules and plans: cpp/layers/normalization.cpp."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from bardana import constraints, initializers, regularizers
from bardana.arguments import checked_flag, is_integer
from bardana.layers.base import Layer, made_by_build
from bardana.serialization import serialize
from bardana.variables import Variable


class _ScaleAndCentre(Layer):
    """Be a layer whose last step is γ x + β, either of which may be absent."""

    gamma: Variable | None = made_by_build()
    beta: Variable | None = made_by_build()

    def _take_scale_and_centre(self, beta: Sequence[Any], gamma: Sequence[Any]) -> None:
        """Keep the arguments of both variables: whether there is one, its initializer, regularizer and constraint."""
        owner = f"layer '{self.name}'"
        self.center = checked_flag(beta[0], f"center of {owner}")
        self.scale = checked_flag(gamma[0], f"scale of {owner}")
        self.beta_initializer, self.gamma_initializer = initializers.get(beta[1]), initializers.get(gamma[1])
        self.beta_regularizer, self.gamma_regularizer = regularizers.get(beta[2]), regularizers.get(gamma[2])
        self.beta_constraint, self.gamma_constraint = constraints.get(beta[3]), constraints.get(gamma[3])
        if not self.scale:
            self.gamma = None
        if not self.center:
            self.beta = None


class BatchNormalization(_ScaleAndCentre):
    """Bring every channel to mean β and standard deviation γ: y = γ (x − μ) / √(σ² + ε) + β.

    In training μ and σ² are the mean and the biased variance of the channel over the batch, and over the axes between;
    each step moves `moving_mean` and `moving_variance`, v ← momentum · v + (1 − momentum) · (μ or σ²), which take the
    place of μ and σ² outside of training. With `trainable = False` the layer works as outside of training.

    Args:
        axis: the axis of the channels, which must be the last one. Default -1.
        momentum: of the moving averages. Default 0.99.
        epsilon: ε. Default 0.001.
        center, scale: whether there is a β, a γ. Default True.
        beta_initializer, gamma_initializer: start values. Default "zeros", "ones".
        moving_mean_initializer, moving_variance_initializer: the same. Default "zeros", "ones".
        beta_regularizer, gamma_regularizer: names or objects of `keras.regularizers`. Default None.
        beta_constraint, gamma_constraint: names or objects of `keras.constraints`. Default None.
        renorm, renorm_clipping, renorm_momentum: batch renormalization, which is not supported: False, None and any.
        synchronized: accepted without effect: a batch is always in one place.
        name, trainable, dtype: as for every `Layer`.

    Variables:
        gamma, beta, and, not trained by gradients, moving_mean, moving_variance, all of shape (channels,).

    Input shape, output shape:
        (rows, …, channels), the same.

    Raises:
        ValueError: for numbers out of range, `renorm=True`, or an axis that is not the last one.

    References:
        Ioffe and Szegedy, "Batch normalization: accelerating deep network training by reducing internal covariate
        shift", ICML 2015.

    Example:
        >>> import bardana as keras, numpy as np
        >>> layer = keras.layers.BatchNormalization(momentum=0.5)
        >>> layer(np.array([[1.0], [3.0]]), training=True).numpy().round(3)
        array([[-1.],
               [ 1.]], dtype=float32)
        >>> layer.moving_mean.numpy(), layer.moving_variance.numpy()
        (array([1.], dtype=float32), array([1.], dtype=float32))
    """

    moving_mean: Variable = made_by_build()
    moving_variance: Variable = made_by_build()

    def __init__(
        self,
        axis: int = -1,
        momentum: float = 0.99,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        moving_mean_initializer: Any = "zeros",
        moving_variance_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        renorm: bool = False,
        renorm_clipping: None = None,
        renorm_momentum: float = 0.99,
        synchronized: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        owner = f"layer '{self.name}'"
        if not is_integer(axis):
            raise ValueError(f"{owner}: expected axis to be an integer, received axis={axis!r}")
        if renorm or renorm_clipping is not None:
            raise ValueError(f"{owner}: expected renorm=False, received {renorm=}, {renorm_clipping=}")
        self.axis = int(axis)
        self.momentum = checked_number(momentum, owner, "momentum")
        self.epsilon = checked_number(epsilon, owner, "epsilon")
        self._take_scale_and_centre(
            (center, beta_initializer, beta_regularizer, beta_constraint),
            (scale, gamma_initializer, gamma_regularizer, gamma_constraint),
        )
        self.moving_mean_initializer = initializers.get(moving_mean_initializer)
        self.moving_variance_initializer = initializers.get(moving_variance_initializer)
        self.synchronized = checked_flag(synchronized, f"synchronized of {owner}")
        self.renorm_momentum = renorm_momentum

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal layer."""
        return {
            **self.native_config(),
            **of_variables(self, ("moving_mean", "moving_variance"), ("initializer",)),
            **of_variables(self),
            "synchronized": self.synchronized,
            "renorm": False,
            "renorm_clipping": None,
            "renorm_momentum": self.renorm_momentum,
        }

    def native_config(self) -> dict[str, Any]:
        """Return the config as the engine reads it, without what variables bring along: see `Layer.native_spec`."""
        return {
            **super().get_config(),
            "axis": self.axis,
            "momentum": self.momentum,
            "epsilon": self.epsilon,
            "center": self.center,
            "scale": self.scale,
        }


class LayerNormalization(_ScaleAndCentre):
    """Bring every example to mean β and standard deviation γ: y = γ (x − μ) / √(σ² + ε) + β.

    μ and σ² are the mean and the biased variance of the numbers along the last axis, in training and outside of it.

    Args:
        axis: the last axis, as an int or a list of one. Default -1.
        epsilon: ε. Default 0.001.
        center, scale: whether there is a β, a γ. Default True.
        beta_initializer, gamma_initializer: start values. Default "zeros", "ones".
        beta_regularizer, gamma_regularizer: names or objects of `keras.regularizers`. Default None.
        beta_constraint, gamma_constraint: names or objects of `keras.constraints`. Default None.
        name, trainable, dtype, activity_regularizer: as for every `Layer`.

    Variables:
        gamma (size,), beta (size,).

    Input shape, output shape:
        (rows, …, size), the same.

    Raises:
        ValueError: for numbers out of range, or an axis that is not the last one.
        TypeError: if `axis` is no int, list or tuple of ints.

    References:
        Ba, Kiros and Hinton, "Layer normalization", arXiv:1607.06450 (2016).

    Example:
        >>> import bardana as keras, numpy as np
        >>> keras.layers.LayerNormalization()(np.array([[1.0, 3.0]])).numpy().round(3)
        array([[-1.,  1.]], dtype=float32)
    """

    def __init__(
        self,
        axis: int | Sequence[int] = -1,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        owner = f"layer '{self.name}'"
        self.axis = _checked_axes(axis, owner)
        self.epsilon = checked_number(epsilon, owner, "epsilon")
        self._take_scale_and_centre(
            (center, beta_initializer, beta_regularizer, beta_constraint),
            (scale, gamma_initializer, gamma_regularizer, gamma_constraint),
        )

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal layer."""
        return {**self.native_config(), "axis": self.axis, **of_variables(self)}

    def native_config(self) -> dict[str, Any]:
        """Return the config as the engine reads it, without what variables bring along: see `Layer.native_spec`."""
        return {
            **super().get_config(),
            "axis": _list_of(self.axis),
            "epsilon": self.epsilon,
            "center": self.center,
            "scale": self.scale,
        }


class RMSNormalization(Layer):
    """Scale every example to mean square 1: y = scale · x / √(mean of x² + ε) along the last axis.

    Args:
        axis: the last axis. Default -1.
        epsilon: ε. Default 1e-6.
        name, trainable, dtype, activity_regularizer: as for every `Layer`.

    Variables:
        scale (size,), ones at first.

    Input shape, output shape:
        (rows, …, size), the same.

    Raises:
        ValueError: for numbers out of range, or an axis that is not the last one.

    References:
        Zhang and Sennrich, "Root mean square layer normalization", NeurIPS 2019.

    Example:
        >>> import bardana as keras, numpy as np
        >>> keras.layers.RMSNormalization()(np.array([[3.0, -3.0]])).numpy().round(3)
        array([[ 1., -1.]], dtype=float32)
    """

    scale: Variable = made_by_build()

    def __init__(self, axis: int = -1, epsilon: float = 1e-6, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        owner = f"layer '{self.name}'"
        if not is_integer(axis):
            raise ValueError(f"{owner}: expected axis to be an integer, received axis={axis!r}")
        self.axis = int(axis)
        self.epsilon = checked_number(epsilon, owner, "epsilon")
        self.scale_initializer = initializers.get("ones")

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal layer."""
        return {**super().get_config(), "axis": self.axis, "epsilon": self.epsilon}

    def native_config(self) -> dict[str, Any]:
        """Return the config with a list of axes."""
        return {**self.get_config(), "axis": [self.axis]}


class UnitNormalization(Layer):
    """Scale every example to Euclidean length 1: y = x / √(Σ x²) along the last axes; 0 stays 0.

    Args:
        axis: the last axis, or a list of the last axes. Default -1.
        name, trainable, dtype, activity_regularizer: as for every `Layer`.

    Input shape, output shape:
        (rows, …), the same.

    Raises:
        ValueError: if the axes are not the last ones.
        TypeError: if `axis` is no int, list or tuple of ints.

    Example:
        >>> import bardana as keras, numpy as np
        >>> keras.layers.UnitNormalization()(np.array([[3.0, 4.0]])).numpy().round(3)
        array([[0.6, 0.8]], dtype=float32)
    """

    def __init__(self, axis: int | Sequence[int] = -1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.axis = _checked_axes(axis, f"layer '{self.name}'")

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal layer."""
        return {**super().get_config(), "axis": self.axis}

    def native_config(self) -> dict[str, Any]:
        """Return the config with a list of axes."""
        return {**self.get_config(), "axis": _list_of(self.axis)}


def _checked_axes(axis: Any, owner: str) -> int | list[int]:
    if is_integer(axis):
        return int(axis)
    if not isinstance(axis, (list, tuple)) or not axis or not all(is_integer(one) for one in axis):
        raise TypeError(f"{owner}: expected axis to be an integer or a list of integers, received axis={axis!r}")
    return [int(one) for one in axis]


def _list_of(axis: int | list[int]) -> list[int]:
    return axis if isinstance(axis, list) else [axis]


def of_variables(
    layer: Layer,
    variables: Sequence[str] = ("beta", "gamma"),
    kinds: Sequence[str] = ("initializer", "regularizer", "constraint"),
) -> dict[str, Any]:
    """Return the part of a layer's config that is about variables: `beta_initializer` and so on, as plain data."""
    names = [f"{variable}_{kind}" for kind in kinds for variable in variables]
    return {name: serialize(getattr(layer, name)) for name in names}


def checked_number(value: Any, owner: str, argument: str) -> float:
    """Return a finite number that is not negative; ValueError for anything else."""
    if isinstance(value, bool) or not isinstance(value, (int, float, np.number)) or not 0 <= value < np.inf:
        raise ValueError(f"{owner}: expected {argument} to be a number of at least 0, received {argument}={value!r}")
    return float(value)
