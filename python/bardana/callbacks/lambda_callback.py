"""A callback made of functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from bardana.callbacks.base import HOOKS, Callback

Hook: TypeAlias = Callable[..., Any]


class LambdaCallback(Callback):
    """Call the given functions at the hooks of the same names.

    Args:
        on_epoch_begin, on_epoch_end: called with (epoch, logs).
        on_train_begin, on_train_end: called with (logs).
        on_train_batch_begin, on_train_batch_end: called with (batch, logs=logs).
        **hooks: any other hook of `Callback` by its name.

    Raises:
        TypeError: an argument is no hook of `Callback`, or its value cannot be called.

    Example:
        >>> import bardana as keras, numpy as np
        >>> model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
        >>> model.compile("sgd", "mse")
        >>> tell = LambdaCallback(on_epoch_begin=lambda epoch, logs: print("epoch", epoch))
        >>> history = model.fit(np.ones((4, 1)), np.ones((4, 1)), epochs=2, verbose=0, callbacks=[tell])
        epoch 0
        epoch 1
    """

    def __init__(
        self,
        on_epoch_begin: Hook | None = None,
        on_epoch_end: Hook | None = None,
        on_train_begin: Hook | None = None,
        on_train_end: Hook | None = None,
        on_train_batch_begin: Hook | None = None,
        on_train_batch_end: Hook | None = None,
        **hooks: Hook | None,
    ) -> None:
        named = {
            "on_epoch_begin": on_epoch_begin,
            "on_epoch_end": on_epoch_end,
            "on_train_begin": on_train_begin,
            "on_train_end": on_train_end,
            "on_train_batch_begin": on_train_batch_begin,
            "on_train_batch_end": on_train_batch_end,
        }
        for name, function in {**named, **hooks}.items():
            if name not in HOOKS:
                raise TypeError(f"LambdaCallback: expected hooks among {', '.join(HOOKS)}; received {name!r}.")
            if function is None:
                continue
            if not callable(function):
                raise TypeError(f"LambdaCallback: expected a function as {name}, received {function!r}.")
            setattr(self, name, function)
