"""Metrics that users write in Python, as the engine calls them for every batch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from bardana import host_calls
from bardana.data import Array
from bardana.host_calls import Step

if TYPE_CHECKING:
    from bardana.metrics.base import Metric
    from bardana.metrics.reductions import MeanMetricWrapper


def spec(metric: Metric) -> dict[str, Any]:
    """Return a metric as the engine reads it: what a subclass of a built-in class overrides counts."""
    return native(metric) if _is_changed(type(metric)) else metric.native()


def _is_changed(cls: type) -> bool:
    own = [base for base in cls.__mro__ if not host_calls.is_built_in(base)]
    return any(method in vars(base) for base in own for method in ("update_state", "result"))


def native(metric: Metric) -> dict[str, Any]:
    """Return a metric with a state of its own, none in the engine, as the latter reads it."""
    call = host_calls.spec(metric, _update, f"{metric.name}.update_state")
    return {"function": metric.name, "host": call, "state_size": 0}


def native_mean(metric: MeanMetricWrapper) -> dict[str, Any]:
    """Return the mean of a function as the engine reads it; the sums are the engine's."""
    return {"function": metric.name, "host": host_calls.spec(metric, _sums, metric.name), "state_size": 2}


def value(metric: Metric) -> Any:
    """Return what `result` says, for logs: a float, or an array of several, or a dict of these."""
    result = metric.result()
    what = f"metric '{metric.name}', result()"
    if isinstance(result, Mapping):
        return {name: _shown(one, what) for name, one in result.items()}
    return _shown(result, what)


def _shown(result: Any, what: str) -> Any:
    array = host_calls.as_numbers(result, what)
    return float(array) if array.ndim == 0 else array


def _update(metric: Metric, _: Step, y_pred: Array, y_true: Array, weight: Array | None = None) -> tuple[None]:
    target = host_calls.aligned(y_true, y_pred)
    if weight is None:
        metric.update_state(target, y_pred)
    else:
        metric.update_state(target, y_pred, sample_weight=weight)
    return (None,)


def _sums(
    metric: MeanMetricWrapper, _: Step, y_pred: Array, y_true: Array, weight: Array | None = None
) -> tuple[None, Array]:
    return None, np.array(metric.sums(host_calls.aligned(y_true, y_pred), y_pred, weight), dtype=np.float64)
