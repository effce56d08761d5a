"""Decide whether a watched number got better, for callbacks that look at one entry of the logs."""

from __future__ import annotations

import warnings
from typing import Any

from bardana.callbacks.base import Callback

_RISING = ("acc", "accuracy", "auc", "precision", "recall", "f1score", "iou", "cosinesimilarity", "r2score")
_FALLING = ("loss", "error", "mse", "mae", "mape", "msle", "crossentropy", "hinge", "logcosh", "poisson", "divergence")


class MonitorCallback(Callback):
    """Base of callbacks that compare one entry of the logs with its best value.

    Args:
        monitor: key in the logs.
        mode: "min", "max" or "auto", which takes the direction from the metric of that name.
        min_delta: smallest change that counts as an improvement.
    """

    def __init__(self, monitor: str, mode: str, min_delta: float) -> None:
        if mode not in ("auto", "min", "max"):
            warnings.warn(
                f"{type(self).__name__}: expected mode 'auto', 'min' or 'max', received {mode!r}; 'auto' is used.",
                stacklevel=3,
            )
            mode = "auto"
        self.monitor = monitor
        self.mode = mode
        self.min_delta = abs(min_delta)
        self._direction: str | None = None if mode == "auto" else mode

    def _is_improvement(self, value: float, reference: float | None) -> bool:
        if self._direction is None:
            self._direction = self._infer_direction()
        if reference is None:
            return True
        if self._direction == "min":
            return value + self.min_delta < reference
        return value - self.min_delta > reference

    def _infer_direction(self) -> str:
        name = self.monitor.removeprefix("val_")
        for metric in getattr(self.model, "metrics", ()):
            known: Any = getattr(metric, "_direction", None)
            if metric.name == name and known is not None:
                return "max" if known == "up" else "min"
        bare_name = name.lower().replace("_", "")
        if bare_name.endswith(_FALLING):
            return "min"
        if bare_name.endswith(_RISING):
            return "max"
        raise ValueError(
            f"{type(self).__name__}: expected a metric known to rise or fall, received monitor={self.monitor!r}. "
            "Pass mode='max' if higher is better, mode='min' if lower is."
        )
