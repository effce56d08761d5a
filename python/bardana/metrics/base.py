"""The base classes of metrics: weighted means over all samples seen since the last reset."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import numpy as np

from bardana import naming
from bardana.data import Array, as_floats, as_numbers, float_name
from bardana.losses.base import FAMILY as LOSSES
from bardana.losses.base import native_formula
from bardana.losses.targets import match_ranks
from bardana.serialization import Family, deserialize, serialize
from bardana.tensor import Tensor, as_tensor

FAMILY = Family("metric", "keras.metrics")

M = TypeVar("M", bound="Metric")


class Metric:
    """Be the base of every metric: a value gathered over batches.

    The state is a sum, `total`, and the weight that it is divided by, `count`, both in float64. A subclass overrides
    `update_state`. It can be called on arrays; `compile` takes those that the engine can compute, see `native`.

    Args:
        dtype: "float32" or "float64", type of the result. Default `config.floatx()`.
        name: key in the logs of `fit`. Default: the class name in snake_case, with a counter.

    Example:
        >>> import numpy as np
        >>> class MeanError(Metric):
        ...     def update_state(self, y_true, y_pred, sample_weight=None):
        ...         self.total += float(np.sum(y_pred) - np.sum(y_true))
        ...         self.count += len(y_true)
        >>> metric = MeanError()
        >>> metric.update_state([1.0, 2.0], [1.5, 2.5])
        >>> float(metric.result())
        0.5
    """

    def __init__(self, dtype: str | None = None, name: str | None = None) -> None:
        self.name = naming.checked_name(name, type(self).__name__)
        self.dtype = float_name(dtype, self.name)
        self.total = 0.0
        self.count = 0.0

    def update_state(self, *args: Any, **kwargs: Any) -> None:
        """Take in one batch.

        Args:
            args, kwargs: what the subclass compares, usually (y_true, y_pred, sample_weight).
        """
        raise NotImplementedError(f"{type(self).__name__} must override update_state")

    def result(self) -> Tensor:
        """Return the value over all batches since the last reset, 0 if there was none."""
        return as_tensor(np.asarray(self.finalize(self.total, self.count), dtype=self.dtype))

    def reset_state(self) -> None:
        """Forget all batches."""
        self.total = self.count = 0.0

    def finalize(self, total: float, weight: float) -> float:
        """Return the metric's value, total / weight, or 0 for no weight.

        Args:
            total: sum over samples, of this object or from the engine.
            weight: number of samples, or the sum of their weights.
        """
        return total / weight if weight else 0.0

    def native(self) -> dict[str, Any]:
        """Return the metric as the engine reads it: function and parameters.

        Raises:
            TypeError: if the engine has no such metric.
        """
        raise TypeError(
            f"metric '{self.name}': expected one that compares y_true with y_pred by a built-in function, received "
            f"{type(self).__name__}, which cannot be computed inside fit"
        )

    def __call__(self, *args: Any, **kwargs: Any) -> Tensor:
        """Take in one batch and return the value so far."""
        self.update_state(*args, **kwargs)
        return self.result()

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {"name": self.name, "dtype": self.dtype}

    @classmethod
    def from_config(cls: type[M], config: Mapping[str, Any]) -> M:
        """Make the metric again, without its state, from `get_config()`.

        Args:
            config: dict of the constructor's arguments.
        """
        return cls(**{key: deserialize(value) for key, value in config.items()})

    def _add(self, values: Array, sample_weight: Any, counted: Array | None = None) -> None:
        if sample_weight is None:
            self.total += float(np.sum(_per_sample(values)))
            self.count += len(values) if values.ndim else 1
            return
        weight = as_floats(sample_weight, np.float64)
        if counted is not None:
            weight = np.multiply(*match_ranks(weight, counted))
        values, weight = _weighted(values, weight)
        self.total += float(np.sum(_per_sample(values * weight)))
        self.count += float(np.sum(_per_sample(weight)))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}>"


class Mean(Metric):
    """Be the weighted mean of values, Σ wᵢ vᵢ / Σ wᵢ.

    Args:
        name: key in logs. Default "mean".
        dtype: type of the result. Default `config.floatx()`.

    Example:
        >>> mean = Mean()
        >>> mean.update_state([1.0, 3.0])
        >>> mean.update_state([5.0], sample_weight=[2.0])
        >>> float(mean.result())
        3.5
    """

    def __init__(self, name: str | None = "mean", dtype: str | None = None) -> None:
        super().__init__(dtype, name)

    def update_state(self, values: Any, sample_weight: Any = None) -> None:
        """Take in one batch of values.

        Args:
            values: number or array, the first axis counting samples; the others are averaged.
            sample_weight: number or array with up to as many axes as `values`. Default: all 1.

        Raises:
            ValueError: if the weights do not fit.
        """
        self._add(as_floats(values, np.float64), sample_weight)


class MeanMetricWrapper(Metric):
    """Be the weighted mean of what a function `fn(y_true, y_pred, **parameters)` returns for each sample.

    Args:
        fn: the function. Only those of `bardana.losses` and `bardana.metrics` can be computed inside `fit`.
        name: key in logs. Default: as in `Metric`.
        dtype: type of the result. Default `config.floatx()`.
        parameters: keyword arguments for the function.

    Example:
        >>> from bardana import losses
        >>> metric = MeanMetricWrapper(losses.huber, name="huber", delta=2.0)
        >>> float(metric([[0.0]], [[1.0]]))
        0.5
    """

    def __init__(
        self, fn: Callable[..., Any], name: str | None = None, dtype: str | None = None, **parameters: Any
    ) -> None:
        super().__init__(dtype, name)
        self.fn = fn
        self.parameters = parameters

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take in one batch.

        Args:
            y_true: targets, as the function describes them.
            y_pred: predictions.
            sample_weight: number or array, shape (n,) or (n, 1) for n samples. Default: all 1.

        Raises:
            ValueError: if the shapes do not fit.
        """
        target = as_numbers(y_true)
        values = np.asarray(self.fn(target, as_numbers(y_pred), **self.parameters), dtype=np.float64)
        self._add(values, sample_weight, self._counted(target, values.shape))

    def _counted(self, y_true: Array, shape: tuple[int, ...]) -> Array | None:
        """Return which values take part where there are weights, or None for all."""
        return None

    def native(self) -> dict[str, Any]:
        if self.fn in FAMILY or self.fn in LOSSES:
            return native_formula(self.name, self.fn, self.parameters)
        return super().native()

    def get_config(self) -> dict[str, Any]:
        own = {"fn": serialize(self.fn)} if type(self) is MeanMetricWrapper else {}
        return {**super().get_config(), **own, **self.parameters}


def _per_sample(values: Array) -> Array:
    return np.asarray(np.mean(values, axis=tuple(range(1, values.ndim)))) if values.ndim > 1 else values


def _weighted(values: Array, weight: Array) -> tuple[Array, Array]:
    """Average the axes of values that weights do not have, and give weights the same shape."""
    shapes = values.shape, weight.shape
    values, weight = match_ranks(values, weight)
    if values.ndim > weight.ndim:
        values = np.asarray(np.mean(values, axis=tuple(range(weight.ndim, values.ndim))))
    try:
        return values, np.broadcast_to(weight, values.shape)
    except ValueError:
        raise ValueError(f"expected sample_weight to fit values of shape {shapes[0]}, received {shapes[1]}") from None
