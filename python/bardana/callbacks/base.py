"""The base class of callbacks: every hook, each doing nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

Logs: TypeAlias = dict[str, Any]


class Callback:
    """Override the hooks you need and pass the object to `fit`, `evaluate` or `predict`.

    `self.model` is the model, `self.params` a dict such as {"verbose": 1, "epochs": 3, "steps": 12}. `logs` maps names
    to numbers and may be extended; later callbacks see the change. Setting `self.model.stop_training = True` ends
    `fit`. Overriding a batch hook costs one return from native code to Python at every batch; the other hooks are free.

    Example:
        >>> import bardana as keras, numpy as np
        >>> class Report(Callback):
        ...     def on_epoch_end(self, epoch, logs=None):
        ...         print(epoch, list(logs))
        >>> model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
        >>> model.compile("sgd", "mse")
        >>> history = model.fit(np.ones((4, 1)), np.ones((4, 1)), epochs=2, verbose=0, callbacks=[Report()])
        0 ['loss']
        1 ['loss']
    """

    params: Mapping[str, Any] | None = None
    _model: Any = None
    _idle_hooks: tuple[Any, ...] = ()  # batch hooks that a class overrides but this object has no use for

    @property
    def model(self) -> Any:
        """The model that calls the hooks."""
        return self._model

    def set_model(self, model: Any) -> None:
        """Receive the model, before any hook."""
        self._model = model

    def set_params(self, params: Mapping[str, Any]) -> None:
        """Receive `params`, the parameters of this run, before any hook."""
        self.params = params

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Run once at the start of `fit`."""

    def on_train_end(self, logs: Logs | None = None) -> None:
        """Run once at the end of `fit`; logs are those of the last epoch."""

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Run before each epoch, counted from 0."""

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Run after each epoch and its validation; logs hold loss, metrics and their val_ values."""

    def on_train_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Run before each training batch, counted from 0 in each epoch."""
        self.on_batch_begin(batch, logs=logs)

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Run after each training batch; logs are running means over the epoch."""
        self.on_batch_end(batch, logs=logs)

    def on_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Run before each training batch: another name of `on_train_batch_begin`."""

    def on_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Run after each training batch: another name of `on_train_batch_end`."""

    def on_test_begin(self, logs: Logs | None = None) -> None:
        """Run at the start of `evaluate` and of each validation."""

    def on_test_end(self, logs: Logs | None = None) -> None:
        """Run at the end of `evaluate` and of each validation."""

    def on_test_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Run before each batch of `evaluate` and of a validation."""

    def on_test_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Run after each batch of `evaluate` and of a validation."""

    def on_predict_begin(self, logs: Logs | None = None) -> None:
        """Run at the start of `predict`."""

    def on_predict_end(self, logs: Logs | None = None) -> None:
        """Run at the end of `predict`."""

    def on_predict_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Run before each batch of `predict`."""

    def on_predict_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Run after each batch of `predict`; logs are {"outputs": the batch's outputs}."""


HOOKS = tuple(name for name in vars(Callback) if name.startswith("on_"))
