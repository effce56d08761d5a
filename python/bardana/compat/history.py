"""Old names of metrics in logs: `history.history["acc"]` of a model compiled with `metrics=["accuracy"]`."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import Any

from bardana import advice
from bardana.callbacks import CallbackList, History
from bardana.compat.patches import Patches
from bardana.compile import Compiled
from bardana.compiled_model import CompiledModel

_NAMES = (
    ("acc", "accuracy"),
    ("lr", "learning_rate"),
    ("mae", "mean_absolute_error"),
    ("mse", "mean_squared_error"),
    ("mape", "mean_absolute_percentage_error"),
    ("msle", "mean_squared_logarithmic_error"),
    ("acc", "binary_accuracy"),
    ("acc", "categorical_accuracy"),
    ("acc", "sparse_categorical_accuracy"),
)
"""Names of one metric in different versions of Keras."""


class Logs(dict[str, Any]):
    """Be a dict of logs that also knows the names other versions of Keras gave to its entries.

    Example:
        >>> import warnings
        >>> with warnings.catch_warnings():
        ...     warnings.simplefilter("ignore")
        ...     Logs(val_accuracy=0.5)["val_acc"]
        0.5
    """

    def __missing__(self, key: str) -> Any:
        today = name_in(self, key)
        if today is None:
            raise KeyError(key)
        advice.warn(f"logs have no {key!r}; it is called {today!r} today", DeprecationWarning)
        return self[today]

    def get(self, key: str, default: Any = None) -> Any:
        """Return the entry, by today's name or an old one, or the default."""
        try:
            return self[key]
        except KeyError:
            return default


def name_in(names: Iterable[str], old: str) -> str | None:
    """Return which of the names a missing one means, None if none of them."""
    prefix = "val_" if old.startswith("val_") else ""
    bare = old.removeprefix(prefix)
    others = [b if bare == a else a for a, b in _NAMES if bare in (a, b)]
    return next((prefix + name for name in others if prefix + name in names), None)


def apply(patches: Patches) -> None:
    """Let logs and histories know old names until the patches are undone."""
    make_logs, make_history = Compiled.logs, History.__init__

    @functools.wraps(make_logs)
    def logs(self: Compiled, *args: Any, **kwargs: Any) -> Logs:
        return Logs(make_logs(self, *args, **kwargs))

    @functools.wraps(make_history)
    def init(self: History) -> None:
        make_history(self)
        self.history = Logs(self.history)

    patches.set(Compiled, "logs", logs)
    epoch_end = CallbackList.on_epoch_end

    @functools.wraps(epoch_end)
    def on_epoch_end(self: CallbackList, epoch: int, logs: dict[str, Any] | None = None) -> None:
        known = Logs(logs or {})
        epoch_end(self, epoch, known)
        if logs is not None:
            logs.update(known)

    patches.set(CallbackList, "on_epoch_end", on_epoch_end)
    patches.set(History, "__init__", init)
    patches.set(CompiledModel, "metrics_names", property(metrics_names))


def translate_monitors(model: Any, callbacks: Any) -> None:
    """Let callbacks that monitor an old name monitor today's."""
    names = {prefix + name for name in metrics_names(model)[1:] for prefix in ("", "val_")}
    for callback in callbacks if isinstance(callbacks, (list, tuple)) else [callbacks]:
        monitor = getattr(callback, "monitor", None)
        if isinstance(monitor, str) and monitor not in names:
            today = name_in(names, monitor)
            if today is not None:
                advice.warn(f"monitor={monitor!r} is called {today!r} today", DeprecationWarning)
                callback.monitor = today


def metrics_names(model: Any) -> list[str]:
    """Return the names of loss and metrics in the order of `evaluate`, as `model.metrics_names` was before Keras 3."""
    if model.optimizer is None:
        return []
    compiled = model.compiled
    if len(compiled.names) > 1:
        return list(compiled.names)
    identifiers = compiled.metric_identifiers
    bare = [i if isinstance(i, str) else str(getattr(i, "name", getattr(i, "__name__", ""))) for i in identifiers]
    return ["loss", *bare]
