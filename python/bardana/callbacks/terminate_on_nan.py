"""Stop training when the loss is no longer a finite number."""

from __future__ import annotations

import math

from bardana.callbacks.base import Callback, Logs


class TerminateOnNaN(Callback):
    """End `fit` after the first batch whose loss is NaN or infinite.

    The loss is the mean over the epoch so far, as logs have it; looking at it costs one return from native code to
    Python at every batch.

    Args:
        raise_error: True raises RuntimeError out of `fit`, so that no `on_train_end` runs; False (default) prints a
            line and ends `fit` in the ordinary way.

    Example:
        >>> import bardana as keras, numpy as np
        >>> model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
        >>> model.compile("sgd", "mse")
        >>> x = np.full((4, 1), np.nan)
        >>> history = model.fit(x, x, epochs=9, verbose=0, callbacks=[TerminateOnNaN()])
        Batch 0: Invalid loss, terminating training
        >>> history.epoch
        [0]
    """

    def __init__(self, raise_error: bool = False) -> None:
        self.raise_error = raise_error

    def on_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        loss = (logs or {}).get("loss")
        if loss is None or math.isfinite(loss):
            return
        if self.raise_error:
            raise RuntimeError(
                f"TerminateOnNaN: expected a finite loss, received {loss} at batch {batch}; training ends at once."
            )
        print(f"Batch {batch}: Invalid loss, terminating training")
        self.model.stop_training = True
