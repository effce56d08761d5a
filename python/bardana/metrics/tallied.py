"""Metrics whose state is more than a sum and a weight: the engine counts it, in training and for arrays alike."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np

from bardana import _core
from bardana.data import Array, as_floats, as_numbers
from bardana.losses.targets import match_ranks
from bardana.metrics.base import Metric, shown
from bardana.metrics.state import State
from bardana.tensor import Tensor, as_tensor


class TalliedMetric(Metric):
    """Keep variables that are made from what the engine has counted.

    A subclass tells by `native()` what to count, and by `_parts` what it makes of it.
    """

    @abstractmethod
    def _parts(self, state: Array) -> Sequence[Array]:
        """Return the value of each variable for a state of the engine's; makes variables that are not there yet."""

    @abstractmethod
    def _value(self) -> Any:
        """Return the value of the metric in float64."""

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take in one batch.

        Args:
            y_true: targets, of the shape of `y_pred`.
            y_pred: predictions.
            sample_weight: number or array, shape (n,) or (n, 1) for n samples. Default: all 1.

        Raises:
            ValueError: if the shapes do not fit.
        """
        target, prediction = match_ranks(as_numbers(y_true), as_floats(y_pred))
        if target.shape != prediction.shape or prediction.ndim == 0:
            raise ValueError(
                f"{self.name}: expected y_true of the shape {np.shape(y_pred)} of y_pred, received {np.shape(y_true)}"
            )
        self._check_shape(prediction.shape)
        weight = None if sample_weight is None else as_floats(sample_weight, np.float64)
        for variable, part in self._changes(self._tally(target, prediction, weight)):
            variable.held = variable.held + part

    def result(self) -> Tensor:
        """Return the value over all batches since the last reset."""
        with np.errstate(all="ignore"):
            return as_tensor(np.asarray(self._value(), dtype=self.dtype))

    def load(self, state: Any) -> Any:
        """Take over an array that the engine has counted; return the value for logs."""
        for variable, part in self._changes(np.asarray(state)):
            variable.held = part
        with np.errstate(all="ignore"):
            return shown(as_tensor(np.asarray(self._value(), dtype=np.float64)))

    def _changes(self, state: Array) -> list[tuple[State, Array]]:
        parts = self._parts(state)
        for variable, part in zip(self._states, parts, strict=True):
            if variable.shape != part.shape:
                raise ValueError(
                    f"{self.name}: expected predictions for variables of shape {variable.shape}, received some for "
                    f"{part.shape}"
                )
        return list(zip(self._states, parts, strict=True))

    @property
    def _weighs_elements(self) -> bool:
        """Whether each element may have a weight of its own."""
        return False

    def _check_shape(self, shape: tuple[int, ...]) -> None:
        """Raise ValueError for predictions of a shape that the metric cannot take."""

    def _tally(self, target: Array, prediction: Array, weight: Array | None) -> Array:
        if prediction.ndim == 1:
            target, prediction = target[:, np.newaxis], prediction[:, np.newaxis]
        if weight is not None and weight.shape == prediction.shape and weight.shape[-1] > 1 and self._weighs_elements:
            target, prediction, weight = (np.reshape(array, (-1, 1)) for array in (target, prediction, weight))
        return _core.tally(
            self.native(),
            np.ascontiguousarray(target),
            np.ascontiguousarray(prediction),
            None if weight is None else self._fitted(weight, prediction.shape),
        )

    def _fitted(self, weight: Array, shape: tuple[int, ...]) -> Array:
        """Return a weight for each row of predictions of this shape."""
        given = weight.shape
        if weight.ndim == len(shape) and weight.shape[-1] == 1:
            weight = weight[..., 0]
        weight = weight.reshape(weight.shape + (1,) * (len(shape) - 1 - weight.ndim))
        try:
            return np.ascontiguousarray(np.broadcast_to(weight, shape[:-1]))
        except ValueError:
            raise ValueError(
                f"{self.name}: expected sample_weight to fit predictions of shape {shape}, received shape {given}"
            ) from None


def ratio(a: Any, b: Any) -> Array:
    """Return a / b, 0 where b is 0."""
    with np.errstate(all="ignore"):
        return np.asarray(np.where(np.equal(b, 0), 0.0, np.divide(a, b)))
