"""Normalization and Rescaling. Plans: cpp/layers/preprocessing.cpp, arithmetic: cpp/cpu/kernels/preprocessing.inl."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bardana import _core, config, data, serialization
from bardana.arguments import checked_flag, is_integer
from bardana.layers.base import Layer
from bardana.layers.moments import Moments
from bardana.variables import Variable

Array = NDArray[Any]


class Normalization(Layer):
    """Shift and scale to mean 0 and variance 1: y = (x − mean) / max(√variance, ε), with ε = `keras.config.epsilon()`.

    Mean and variance are given, or learnt from data by `adapt`; before that they are 0 and 1. Training leaves them
    alone.

    Args:
        axis: axis, or tuple of axes, whose positions have a mean and a variance of their own; None for one of both for
            all numbers. Counted with the batch axis, which cannot be one of them. Default -1.
        mean, variance: numbers or arrays that broadcast to the sizes of those axes; both or none.
        invert: compute y = mean + x · max(√variance, ε) instead. Default False.
        name, trainable, dtype: as for every `Layer`.

    Variables:
        Unless given: mean and variance, with the sizes of `axis` in rising order; count (), which stays as it is. None
        of them is trainable.

    Input shape, output shape:
        (rows, …), the same.

    Raises:
        ValueError: if only one of mean and variance is given, their shapes differ or do not fit `axis`; in `build`, if
            the inputs have no such axis.

    Example:
        >>> import bardana as keras, numpy as np
        >>> layer = keras.layers.Normalization()
        >>> layer.adapt(np.array([[1.0, 10.0], [3.0, 30.0]]))
        >>> layer(np.array([[2.0, 40.0]])).numpy()
        array([[0., 2.]], dtype=float32)
    """

    adapt_mean: Variable
    adapt_variance: Variable
    count: Variable

    def __init__(
        self,
        axis: int | Sequence[int] | None = -1,
        mean: Any = None,
        variance: Any = None,
        invert: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.axis = _checked_axis(axis, self.name)
        self.invert = checked_flag(invert, f"invert of layer '{self.name}'")
        self.input_mean, self.input_variance = _checked_moments(mean, variance, self.axis, self.name)
        self.mean_initializer, self.variance_initializer = "zeros", "ones"

    @property
    def mean(self) -> Array | None:
        """The mean in use, with an axis of size 1 for every axis that shares it; None before the layer is built."""
        return self._moment(self.input_mean, "adapt_mean")

    @mean.setter
    def mean(self, variable: Variable) -> None:
        self.adapt_mean = variable

    @property
    def variance(self) -> Array | None:
        """The variance in use, like `mean`."""
        return self._moment(self.input_variance, "adapt_variance")

    @variance.setter
    def variance(self, variable: Variable) -> None:
        self.adapt_variance = variable

    def _moment(self, given: Array | None, variable: str) -> Array | None:
        if not self.built:
            return None
        shape = self.input_shape
        kept = self._kept_axes(len(shape))
        value = getattr(self, variable).numpy() if given is None else np.asarray(given, dtype=self.dtype)
        sizes = [shape[axis] or 1 for axis in kept]
        return np.broadcast_to(value, sizes).reshape([size or 1 if i in kept else 1 for i, size in enumerate(shape)])

    def _kept_axes(self, ndim: int) -> tuple[int, ...]:
        return tuple(sorted({axis % ndim for axis in self.axis}))

    def adapt(self, data: Any) -> None:
        """Set mean and variance to those of the data, computed in float64. Builds the layer if needed.

        Args:
            data: an array, or an iterable of batches: list, generator, `PyDataset`, `tf.data.Dataset`. Of a batch
                (x, y, …) x is taken.

        Raises:
            TypeError: if data is neither.
            ValueError: if there are no data, their shape is not the one the layer was built for, or mean and variance
                were given.

        Example:
            >>> import bardana as keras, numpy as np
            >>> layer = keras.layers.Normalization(axis=None)
            >>> layer.adapt([np.array([[0.0], [0.0]]), np.array([[4.0], [4.0]])])
            >>> [value.item() for value in layer.get_weights()]
            [2.0, 4.0, 0]
        """
        if self.input_mean is not None:
            raise ValueError(f"layer '{self.name}': expected no adapt(), since mean and variance were given")
        moments: Moments | None = None
        for batch in _batches(data):
            self._check_batch(batch)
            moments = moments or Moments(self._kept_axes(batch.ndim))
            moments.add(batch)
        assert moments is not None
        self.adapt_mean.assign(moments.mean)
        self.adapt_variance.assign(moments.variance)

    def _check_batch(self, batch: Array) -> None:
        if not self.built:
            self.build((None, *batch.shape[1:]))
        expected = self.input_shape
        axes = self._kept_axes(len(expected))
        if batch.ndim != len(expected) or any(batch.shape[axis] != expected[axis] for axis in axes):
            raise ValueError(
                f"layer '{self.name}': expected data of the shape {expected} it was built for, received {batch.shape}"
            )

    def _make_variable(self, info: _core.VariableInfo, scope: str) -> Variable:
        if info["name"] != "count":
            return super()._make_variable(info, scope)
        variable = Variable("zeros", (), "int64", False, "count")
        variable.path = "/".join(filter(None, (scope, self.name, "count")))
        return variable

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal layer; not what `adapt` has learnt, which is in the weights."""
        return {
            **super().get_config(),
            "axis": self.axis,
            "invert": self.invert,
            "mean": None if self.input_mean is None else self.input_mean.tolist(),
            "variance": None if self.input_variance is None else self.input_variance.tolist(),
        }

    def native_config(self) -> dict[str, Any]:
        """Return the config as the engine reads it: numbers in one row, with their shape."""
        own = {**self.get_config(), "given": self.input_mean is not None, "epsilon": config.epsilon()}
        if self.input_mean is not None:
            own |= {"mean": _flat(self.input_mean), "variance": _flat(self.input_variance)}
            own["moment_shape"] = self.input_mean.shape
        return own


class Rescaling(Layer):
    """Multiply and add: y = x · scale + offset, in training and otherwise.

    Args:
        scale: number, or array that broadcasts to the shape of the inputs.
        offset: the same. Default 0.
        name, trainable, dtype: as for every `Layer`.

    Input shape, output shape:
        (rows, …), the same.

    Raises:
        ValueError: if scale or offset is no number or array of numbers; in `build`, if one does not broadcast to the
            shape of the inputs.

    Example:
        >>> import bardana as keras, numpy as np
        >>> keras.layers.Rescaling(1 / 128, offset=-1)(np.array([[0, 128, 255]], dtype="uint8")).numpy()
        array([[-1.       ,  0.       ,  0.9921875]], dtype=float32)
    """

    def __init__(self, scale: Any, offset: Any = 0.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.scale, self.offset = scale, offset
        self._numbers = {
            key: _checked_numbers(value, key, self.name) for key, value in (("scale", scale), ("offset", offset))
        }

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal layer."""
        return {
            **super().get_config(),
            "scale": serialization.serialize(self.scale),
            "offset": serialization.serialize(self.offset),
        }

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Rescaling:
        """Make a layer from the result of `get_config`.

        Args:
            config: dict of the constructor's arguments.
        """
        arrays = {key: serialization.deserialize(config[key]) for key in ("scale", "offset") if key in config}
        return cls(**{**config, **arrays})

    def native_config(self) -> dict[str, Any]:
        """Return the config as the engine reads it: numbers in one row, with their shape."""
        own: dict[str, Any] = dict(super().get_config())
        for key, numbers in self._numbers.items():
            own |= {key: _flat(numbers), f"{key}_shape": numbers.shape}
        return own


def _batches(data_of_user: Any) -> Any:
    return data.adapting_batches(data_of_user)


def _flat(numbers: Any) -> list[float]:
    flat: list[float] = np.asarray(numbers, dtype=np.float64).ravel().tolist()
    return flat


def _checked_axis(axis: Any, name: str) -> tuple[int, ...]:
    axes = () if axis is None else (axis,) if is_integer(axis) else axis
    if not isinstance(axes, (tuple, list)) or not all(is_integer(entry) for entry in axes):
        raise ValueError(
            f"layer '{name}': expected axis to be an integer, a tuple of them or None, received axis={axis!r}"
        )
    return tuple(int(entry) for entry in axes)


def _checked_numbers(value: Any, argument: str, name: str) -> Array:
    try:
        array = np.asarray(value)
    except ValueError:
        array = np.asarray(None)
    if array.dtype.kind not in "biuf" or array.size == 0:
        raise ValueError(f"layer '{name}': expected {argument} to be a number or an array of them, received {value!r}")
    return array


def _checked_moments(mean: Any, variance: Any, axis: tuple[int, ...], name: str) -> tuple[Array | None, Array | None]:
    if (mean is None) != (variance is None):
        raise ValueError(f"layer '{name}': expected both mean and variance or none, received {mean=}, {variance=}")
    if mean is None:
        return None, None
    moments = _checked_numbers(mean, "mean", name), _checked_numbers(variance, "variance", name)
    if moments[0].shape != moments[1].shape:
        raise ValueError(
            f"layer '{name}': expected mean and variance of one shape, received {moments[0].shape} and "
            f"{moments[1].shape}"
        )
    if moments[0].ndim > len(axis):
        raise ValueError(
            f"layer '{name}': expected mean and variance with at most {len(axis)} axes (axis={axis}), received shape "
            f"{moments[0].shape}"
        )
    return moments
