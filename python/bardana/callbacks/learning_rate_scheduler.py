"""Set the learning rate of each epoch by a function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from bardana.callbacks.base import Callback, Logs


class LearningRateScheduler(Callback):
    """Set the learning rate to `schedule(epoch, rate)` before each epoch.

    The rate of the epoch is added to the logs, and so to the history, as "learning_rate".

    Args:
        schedule: function of the epoch, counted from 0, and the rate so far, that returns a float; one that takes the
            epoch alone will do.
        verbose: 1 prints each rate, 0 (default) is silent.

    Raises:
        ValueError: in `fit`, if the schedule returns no float, or the model has no optimizer with a learning rate.

    Example:
        >>> import bardana as keras, numpy as np
        >>> model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
        >>> model.compile(keras.optimizers.SGD(1.0), "mse")
        >>> halve = LearningRateScheduler(lambda epoch, rate: rate / 2 if epoch else rate)
        >>> history = model.fit(np.ones((4, 1)), np.ones((4, 1)), epochs=3, verbose=0, callbacks=[halve])
        >>> history.history["learning_rate"]
        [1.0, 0.5, 0.25]
    """

    def __init__(self, schedule: Callable[..., float], verbose: int = 0) -> None:
        self.schedule = schedule
        self.verbose = verbose

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        optimizer = self.model.optimizer
        if not hasattr(optimizer, "learning_rate"):
            raise ValueError(
                f"LearningRateScheduler: expected an optimizer with a learning_rate, received {optimizer!r}."
            )
        rate = self._scheduled(epoch, float(optimizer.learning_rate))
        if not isinstance(rate, float | np.float32):
            raise ValueError(
                f"LearningRateScheduler: expected the schedule to return a float, received {rate!r} at epoch {epoch}."
            )
        optimizer.learning_rate = rate
        if self.verbose > 0:
            print(f"\nEpoch {epoch + 1}: LearningRateScheduler setting learning rate to {rate}.")

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        if logs is not None:
            logs["learning_rate"] = float(self.model.optimizer.learning_rate)

    def _scheduled(self, epoch: int, rate: float) -> Any:
        try:
            return self.schedule(epoch, rate)
        except TypeError:  # as Keras: also where the schedule takes the epoch alone
            return self.schedule(epoch)
