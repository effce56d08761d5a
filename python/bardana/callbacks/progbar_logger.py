"""Show progress in Keras' own format, as a callback."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from bardana.callbacks.base import Callback, Logs

if TYPE_CHECKING:
    from bardana.utils.progbar import Progbar


class ProgbarLogger(Callback):
    """Draw the progress of `fit`, `evaluate` and `predict` with `keras.utils.Progbar`.

    It takes the place of the display that these draw themselves, and draws whatever their `verbose` asks for. It
    costs one return from native code to Python at every batch, which the built-in display does not.

    Example:
        >>> import bardana as keras, numpy as np
        >>> model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
        >>> model.compile(keras.optimizers.SGD(0.0), "mse")
        >>> x = np.zeros((4, 1))
        >>> history = model.fit(x, x, verbose=2, callbacks=[ProgbarLogger()])  # doctest: +ELLIPSIS
        1/1 - 0s - .../step - loss: 0.0000e+00
    """

    def __init__(self) -> None:
        self.seen = 0
        self.progbar: Progbar | None = None
        self.target: int | None = None
        self.verbose = 1
        self.epochs = 1
        self._called_in_fit = False

    def set_params(self, params: Mapping[str, Any]) -> None:
        self.params = params
        self.verbose = 1 if params["verbose"] == "auto" else params["verbose"]
        self.epochs = params["epochs"]
        self.target = params["steps"]

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._called_in_fit = True  # the validations of a fit are silent

    def on_train_end(self, logs: Logs | None = None) -> None:
        self._called_in_fit = False

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        self._start()
        if self.verbose and self.epochs > 1:
            print(f"Epoch {epoch + 1}/{self.epochs}")

    def on_test_begin(self, logs: Logs | None = None) -> None:
        if not self._called_in_fit:
            self._start()

    def on_predict_begin(self, logs: Logs | None = None) -> None:
        self._start()

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        self._update(batch, logs)

    def on_test_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        if not self._called_in_fit:
            self._update(batch, logs)

    def on_predict_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        self._update(batch, None)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        self._finish(logs)

    def on_test_end(self, logs: Logs | None = None) -> None:
        if not self._called_in_fit:
            self._finish(logs)

    def on_predict_end(self, logs: Logs | None = None) -> None:
        self._finish(logs)

    def _start(self) -> Progbar:
        from bardana.utils.progbar import Progbar

        self.seen = 0
        self.progbar = Progbar(self.target, verbose=self.verbose, stateless_metrics=())
        return self.progbar

    def _update(self, batch: int, logs: Logs | None) -> None:
        self.seen = batch + 1
        bar = self.progbar or self._start()
        if self.verbose == 1:
            bar.update(batch + 1, list((logs or {}).items()), finalize=False)

    def _finish(self, logs: Logs | None) -> None:
        bar = self.progbar or self._start()
        if self.target is None:
            self.target = bar.target = self.seen
        bar.update(self.target, list((logs or {}).items()), finalize=True)
