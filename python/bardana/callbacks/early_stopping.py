"""Early stopping (Prechelt, "Early Stopping - But When?", 1998): end training when validation stops improving."""

from __future__ import annotations

import warnings
from typing import Any

from bardana.callbacks.base import Logs
from bardana.callbacks.monitor import MonitorCallback


class EarlyStopping(MonitorCallback):
    """Stop `fit` when a watched number has not improved for `patience` epochs.

    Args:
        monitor: key in the logs, "val_loss" by default.
        min_delta: smallest change that counts as an improvement, 0 by default.
        patience: epochs without improvement that are allowed, 0 by default.
        verbose: 1 prints what is done, 0 (default) is silent.
        mode: "min", "max" or "auto" (default), which takes the direction from the name.
        baseline: patience starts over only at values better than this too; None by default.
        restore_best_weights: at the end of `fit`, also of one that was not stopped, go back to the weights of the best
            epoch; False by default.
        start_from_epoch: first epoch, counted from 0, that is looked at; 0 by default.

    Attributes after `fit`: `stopped_epoch` (0 if it ran to its end), `best`, `best_epoch`, `wait`.

    Raises:
        ValueError: mode is "auto" and the direction of the monitored number is not known.

    Example:
        >>> import bardana as keras, numpy as np
        >>> model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
        >>> model.compile(keras.optimizers.SGD(learning_rate=0.0), "mse")  # nothing will improve
        >>> stop = EarlyStopping(monitor="loss", patience=2)
        >>> history = model.fit(np.ones((4, 1)), np.zeros((4, 1)), epochs=100, verbose=0, callbacks=[stop])
        >>> history.epoch, stop.stopped_epoch
        ([0, 1, 2], 2)
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        min_delta: float = 0,
        patience: int = 0,
        verbose: int = 0,
        mode: str = "auto",
        baseline: float | None = None,
        restore_best_weights: bool = False,
        start_from_epoch: int = 0,
    ) -> None:
        super().__init__(monitor, mode, min_delta)
        self.patience = patience
        self.verbose = verbose
        self.baseline = baseline
        self.restore_best_weights = restore_best_weights
        self.start_from_epoch = start_from_epoch
        self._reset()

    def _reset(self) -> None:
        self.wait = 0
        self.stopped_epoch = 0
        self.best: float | None = None
        self.best_epoch = 0
        self.best_weights: list[Any] | None = None

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._reset()

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        value = self._monitored_value(logs or {})
        if value is None or epoch < self.start_from_epoch:
            return
        self.wait += 1
        if self._is_improvement(value, self.best):
            self._remember(epoch, value)
            if self._is_improvement(value, self.baseline):
                self.wait = 0
        elif self.wait >= self.patience and epoch > 0:
            self.stopped_epoch = epoch
            self.model.stop_training = True

    def on_train_end(self, logs: Logs | None = None) -> None:
        if self.stopped_epoch > 0 and self.verbose > 0:
            print(f"Epoch {self.stopped_epoch + 1}: early stopping")
        if self.best_weights is not None:
            if self.verbose > 0:
                print(f"Restoring model weights from the end of the best epoch: {self.best_epoch + 1}.")
            self.model.set_weights(self.best_weights)

    def _remember(self, epoch: int, value: float) -> None:
        self.best = value
        self.best_epoch = epoch
        if self.restore_best_weights:
            self.best_weights = self.model.get_weights()

    def _monitored_value(self, logs: Logs) -> float | None:
        value = logs.get(self.monitor)
        if value is None:
            warnings.warn(
                f"Early stopping conditioned on metric `{self.monitor}` which is not available. "
                f"Available metrics are: {','.join(logs)}",
                stacklevel=2,
            )
        return value
