"""Lower the learning rate when a watched number no longer improves."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from bardana.callbacks.base import Logs
from bardana.callbacks.monitor import MonitorCallback


class ReduceLROnPlateau(MonitorCallback):
    """Multiply the learning rate by `factor` when a watched number has not improved for `patience` epochs.

    new rate = max(rate · factor, min_lr), for a rate above min_lr. The rate of the epoch that has ended is added to the
    logs, and so to the history, as "learning_rate".

    Args:
        monitor: key in the logs, "val_loss" by default.
        factor: what the rate is multiplied by, below 1; 0.1 by default.
        patience: epochs without improvement before the rate is lowered, 10 by default.
        verbose: 1 prints each new rate, 0 (default) is silent.
        mode: "min", "max" or "auto" (default), which takes the direction from the name.
        min_delta: smallest change that counts as an improvement, 0.0001 by default.
        cooldown: epochs after a reduction in which none is counted, 0 by default.
        min_lr: the rate is not lowered below this, 0.0 by default.

    Attributes: `best`, `wait`, `cooldown_counter`; they start anew with each `fit`.

    Raises:
        ValueError: factor is not below 1, or mode is "auto" and the direction of the monitored number is not known.

    Example:
        >>> import bardana as keras, numpy as np
        >>> model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
        >>> model.compile(keras.optimizers.SGD(0.5), "mse")
        >>> model.stop_training = False
        >>> plateau = ReduceLROnPlateau("loss", factor=0.5, patience=1, min_delta=1e6)  # nothing is an improvement
        >>> x, y = np.zeros((4, 1)), np.zeros((4, 1))
        >>> history = model.fit(x, y, epochs=4, verbose=0, callbacks=[plateau])
        >>> history.history["learning_rate"]
        [0.5, 0.5, 0.25, 0.125]
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        factor: float = 0.1,
        patience: int = 10,
        verbose: int = 0,
        mode: str = "auto",
        min_delta: float = 1e-4,
        cooldown: int = 0,
        min_lr: float = 0.0,
    ) -> None:
        super().__init__(monitor, mode, min_delta)
        if not factor < 1.0:
            raise ValueError(f"ReduceLROnPlateau: expected a factor below 1, received factor={factor}.")
        self.factor = factor
        self.patience = patience
        self.verbose = verbose
        self.cooldown = cooldown
        self.min_lr = min_lr
        self._reset()

    def _reset(self) -> None:
        self.best: float | None = None
        self.wait = 0
        self.cooldown_counter = 0

    def in_cooldown(self) -> bool:
        """Return whether epochs are not counted, because the rate was lowered a short while ago."""
        return self.cooldown_counter > 0

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._reset()

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        logs = {} if logs is None else logs
        logs["learning_rate"] = float(self.model.optimizer.learning_rate)
        value = logs.get(self.monitor)
        if value is None:
            warnings.warn(
                f"Learning rate reduction is conditioned on metric `{self.monitor}` which is not available. "
                f"Available metrics are: {','.join(logs)}.",
                stacklevel=2,
            )
        else:
            self._judge(epoch, value)

    def _judge(self, epoch: int, value: Any) -> None:
        if self.in_cooldown():
            self.cooldown_counter -= 1
            self.wait = 0
        if self._is_improvement(value, self.best):
            self.best = value
            self.wait = 0
        elif not self.in_cooldown():
            self.wait += 1
            if self.wait >= self.patience:
                self._reduce(epoch)

    def _reduce(self, epoch: int) -> None:
        optimizer = self.model.optimizer
        rate = float(optimizer.learning_rate)
        if not rate > np.float32(self.min_lr):
            return
        optimizer.learning_rate = max(rate * self.factor, self.min_lr)
        if self.verbose > 0:
            print(
                f"\nEpoch {epoch + 1}: ReduceLROnPlateau reducing learning rate to "
                f"{max(rate * self.factor, self.min_lr)}."
            )
        self.cooldown_counter = self.cooldown
        self.wait = 0
