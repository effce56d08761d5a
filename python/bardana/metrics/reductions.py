"""Metrics that are means or sums over samples."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from bardana.data import Array, as_floats, as_numbers
from bardana.host_calls import as_numbers as as_results
from bardana.losses.base import FAMILY as LOSSES
from bardana.losses.base import native_formula
from bardana.losses.targets import match_ranks
from bardana.metrics import custom
from bardana.metrics.base import FAMILY, Metric
from bardana.serialization import serialize
from bardana.tensor import Tensor, as_tensor

Reduce = Callable[..., Any]


class Sum(Metric):
    """Be the weighted sum of values, Σ wᵢ vᵢ.

    Args:
        name: key in logs. Default "sum".
        dtype: type of the result. Default `config.floatx()`.

    Example:
        >>> total = Sum()
        >>> total.update_state([1.0, 3.0])
        >>> total.update_state([5.0], sample_weight=[2.0])
        >>> float(total.result())
        14.0
    """

    def __init__(self, name: str | None = "sum", dtype: str | None = None) -> None:
        super().__init__(dtype, name)
        self.total = self.add_variable((), "zeros", self.dtype, name="total")

    def update_state(self, values: Any, sample_weight: Any = None) -> None:
        """Take in one batch of values.

        Args:
            values: number or array.
            sample_weight: number or array with up to as many axes as `values`. Default: all 1.

        Raises:
            ValueError: if the weights do not fit.
        """
        self.total.held += samplewise(as_floats(values, np.float64), sample_weight, None, np.sum)[0]

    def result(self) -> Tensor:
        """Return the sum over all batches since the last reset."""
        return self.total.value


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
        self.total = self.add_variable((), "zeros", self.dtype, name="total")
        self.count = self.add_variable((), "zeros", self.dtype, name="count")

    def update_state(self, values: Any, sample_weight: Any = None) -> None:
        """Take in one batch of values.

        Args:
            values: number or array, the first axis counting samples; the others are averaged.
            sample_weight: number or array with up to as many axes as `values`. Default: all 1.

        Raises:
            ValueError: if the weights do not fit.
        """
        self._add(as_floats(values, np.float64), sample_weight)

    def result(self) -> Tensor:
        """Return the mean over all batches since the last reset, 0 if there was none."""
        return as_tensor(np.asarray(self.load((self.total.held, self.count.held)), dtype=self.dtype))

    def load(self, state: Any) -> float:
        """Take over the pair (sum, weight); return the mean, 0 for no weight."""
        self.total.held, self.count.held = total, weight = state
        return total / weight if weight else 0.0

    def _add(self, values: Array, sample_weight: Any, counted: Array | None = None) -> None:
        total, weight = samplewise(values, sample_weight, counted, np.mean)
        self.total.held += total
        self.count.held += weight


class MeanMetricWrapper(Mean):
    """Be the weighted mean of what a function `fn(y_true, y_pred, **parameters)` returns for each sample.

    Args:
        fn: the function, which works on NumPy arrays. A single number for all samples counts as one sample.
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
        super().__init__(name, dtype)
        self.fn = fn
        self.parameters = parameters
        if self._direction is None and fn in LOSSES:
            self._direction = "down"

    def update_state(  # type: ignore[override]
        self, y_true: Any, y_pred: Any, sample_weight: Any = None
    ) -> None:
        """Take in one batch.

        Args:
            y_true: targets, as the function describes them.
            y_pred: predictions.
            sample_weight: number or array, shape (n,) or (n, 1) for n samples. Default: all 1.

        Raises:
            ValueError: if the shapes do not fit.
        """
        total, weight = self.sums(as_numbers(y_true), as_numbers(y_pred), sample_weight)
        self.total.held += total
        self.count.held += weight

    def sums(self, y_true: Array, y_pred: Array, sample_weight: Any) -> tuple[float, float]:
        """Return the sum of the function's values and of their weights."""
        found = as_results(self.fn(y_true, y_pred, **self.parameters), f"metric '{self.name}'")
        values = found.astype(np.float64)
        return samplewise(values, sample_weight, self._counted(y_true, values.shape), np.mean)

    def _counted(self, y_true: Array, shape: tuple[int, ...]) -> Array | None:
        """Return which values take part where there are weights, or None for all."""
        return None

    def native(self) -> dict[str, Any]:
        if self.fn in FAMILY or self.fn in LOSSES:
            return native_formula(self.name, self.fn, self.parameters)
        return custom.native_mean(self)

    def get_config(self) -> dict[str, Any]:
        own = {"fn": serialize(self.fn)} if type(self) is MeanMetricWrapper else {}
        return {**super().get_config(), **own, **self.parameters}


def samplewise(values: Array, sample_weight: Any, counted: Array | None, reduce: Reduce) -> tuple[float, float]:
    """Return Σ wᵢ vᵢ and Σ wᵢ over the samples of a batch, each sample's values reduced to one number.

    Args:
        values: the first axis counts samples.
        sample_weight: number or array with up to as many axes as `values`, or None for all 1.
        counted: which values take part where there are weights, or None for all.
        reduce: np.mean or np.sum.

    Raises:
        ValueError: if the weights do not fit.
    """
    if sample_weight is None:
        return float(np.sum(_per_sample(values, reduce))), float(len(values) if values.ndim else 1)
    weight = as_floats(sample_weight, np.float64)
    if counted is not None:
        weight = np.multiply(*match_ranks(weight, counted))
    shapes = values.shape, weight.shape
    if values.ndim == 0:  # one value for all samples
        values = np.broadcast_to(values, weight.shape)
    values, weight = match_ranks(values, weight)
    if values.ndim > weight.ndim:
        values = np.asarray(reduce(values, axis=tuple(range(weight.ndim, values.ndim))))
    try:
        weight = np.broadcast_to(weight, values.shape)
    except ValueError:
        raise ValueError(f"expected sample_weight to fit values of shape {shapes[0]}, received {shapes[1]}") from None
    return float(np.sum(_per_sample(values * weight, reduce))), float(np.sum(_per_sample(weight, reduce)))


def _per_sample(values: Array, reduce: Reduce) -> Array:
    return np.asarray(reduce(values, axis=tuple(range(1, values.ndim)))) if values.ndim > 1 else values


FAMILY.add(Sum, "sum")
FAMILY.add(Mean, "mean")
FAMILY.add(MeanMetricWrapper)
