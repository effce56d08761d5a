"""What `fit` returns."""

from __future__ import annotations

import weakref
from typing import Any

from bardana.callbacks.base import Callback, Logs


class History(Callback):
    """Collect the logs of every epoch.

    `history` maps each name to its values, one per epoch; `epoch` lists the epochs' numbers from 0; `params` are those
    of `fit`. Added to every `fit` and also found as `model.history`.

    Example:
        >>> import bardana as keras, numpy as np
        >>> model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, kernel_initializer="zeros")])
        >>> model.compile(keras.optimizers.SGD(learning_rate=0.0), "mse")
        >>> history = model.fit(np.ones((4, 1)), np.ones((4, 1)), epochs=2, verbose=0)
        >>> history.history, history.epoch
        ({'loss': [1.0, 1.0]}, [0, 1])
    """

    def __init__(self) -> None:
        self.history: dict[str, list[Any]] = {}
        self.epoch: list[int] = []

    @property
    def model(self) -> Any:
        """The model, None once nobody else holds it: a model holds its history, not the other way round."""
        return None if self._model is None else self._model()

    def set_model(self, model: Any) -> None:
        self._model = None if model is None else weakref.ref(model)

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self.epoch = []
        self.model.history = self

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        self.epoch.append(epoch)
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(value)
