"""Call several callbacks as one, and know beforehand which batch hooks anyone listens to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeAlias

from bardana.callbacks.base import Callback, Logs
from bardana.callbacks.history import History
from bardana.callbacks.progbar_logger import ProgbarLogger

Callbacks: TypeAlias = "Callback | CallbackList | Iterable[Any] | None"

_TRAIN_BATCH = ("on_train_batch_begin", "on_train_batch_end", "on_batch_begin", "on_batch_end")
_TEST_BATCH = ("on_test_batch_begin", "on_test_batch_end")
_PREDICT_BATCH = ("on_predict_batch_begin", "on_predict_batch_end")


class CallbackList(Callback):
    """Pass every event on to the given callbacks, in their order.

    Args:
        callbacks: a callback, a list of them (nested too), another CallbackList or None.
        add_history: put a History last if none is among them; False by default.
        add_progbar: put a ProgbarLogger last if none is among them; False by default.
        model: the model they get to see.
        **params: the `params` they get, e.g. verbose=1, epochs=3, steps=12; without any they keep those they have.

    The logs of a hook are one dict for all callbacks, so what one adds the next ones and the caller see. Of
    `wants_train_batches`, `wants_test_batches` and `wants_predict_batches` each is False when no callback overrides a
    hook of that kind; the loop then stays in native code for the whole epoch.

    Raises:
        TypeError: something in callbacks is no Callback.

    Example:
        >>> events = CallbackList([Callback()], add_history=True, epochs=3)
        >>> events.on_epoch_end(0, {"loss": 1.0})
        >>> events.history.history, events.history.params, events.wants_train_batches
        ({'loss': [1.0]}, {'epochs': 3}, False)
    """

    def __init__(
        self,
        callbacks: Callbacks = None,
        add_history: bool = False,
        add_progbar: bool = False,
        model: Any = None,
        **params: Any,
    ) -> None:
        self.callbacks = [] if callbacks is None else list(_flatten(callbacks))
        self.draws_progress = False if callbacks is None else any(isinstance(c, ProgbarLogger) for c in self.callbacks)
        if add_progbar and not self.draws_progress:
            self.callbacks.append(ProgbarLogger())
        given = tuple(self.callbacks)
        self.wants_train_batches = _anyone_overrides(given, _TRAIN_BATCH)
        self.wants_test_batches = _anyone_overrides(given, _TEST_BATCH)
        self.wants_predict_batches = _anyone_overrides(given, _PREDICT_BATCH)
        self.history = self._history(add_history, before_last=add_progbar and not self.draws_progress)
        if model is not None:
            self.set_model(model)
        self.set_params(params)

    def _history(self, add: bool, before_last: bool) -> History | None:
        for callback in self.callbacks:
            if isinstance(callback, History):
                return callback
        if not add:
            return None
        history = History()
        self.callbacks.insert(len(self.callbacks) - before_last, history)
        return history

    def set_model(self, model: Any) -> None:
        self._model = model
        for callback in self.callbacks:
            callback.set_model(model)

    def set_params(self, params: Mapping[str, Any]) -> None:
        self.params = params
        if params:
            for callback in self.callbacks:
                callback.set_params(params)

    def on_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        logs = {} if logs is None else logs
        for callback in self.callbacks:
            callback.on_batch_begin(batch, logs=logs)

    def on_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        logs = {} if logs is None else logs
        for callback in self.callbacks:
            callback.on_batch_end(batch, logs=logs)

    def on_train_begin(self, logs: Logs | None = None) -> None:
        logs = {} if logs is None else logs
        for callback in self.callbacks:
            callback.on_train_begin(logs)

    def on_train_end(self, logs: Logs | None = None) -> None:
        logs = {} if logs is None else logs
        for callback in self.callbacks:
            callback.on_train_end(logs)

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        logs = {} if logs is None else logs
        for callback in self.callbacks:
            callback.on_epoch_begin(epoch, logs)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        logs = {} if logs is None else logs
        for callback in self.callbacks:
            callback.on_epoch_end(epoch, logs)

    def on_train_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        logs = {} if logs is None else logs
        for callback in self.callbacks:
            callback.on_train_batch_begin(batch, logs=logs)

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        logs = {} if logs is None else logs
        for callback in self.callbacks:
            callback.on_train_batch_end(batch, logs=logs)

    def on_test_begin(self, logs: Logs | None = None) -> None:
        logs = {} if logs is None else logs
        for callback in self.callbacks:
            callback.on_test_begin(logs)

    def on_test_end(self, logs: Logs | None = None) -> None:
        logs = {} if logs is None else logs
        for callback in self.callbacks:
            callback.on_test_end(logs)

    def on_test_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        logs = {} if logs is None else logs
        for callback in self.callbacks:
            callback.on_test_batch_begin(batch, logs=logs)

    def on_test_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        logs = {} if logs is None else logs
        for callback in self.callbacks:
            callback.on_test_batch_end(batch, logs=logs)

    def on_predict_begin(self, logs: Logs | None = None) -> None:
        logs = {} if logs is None else logs
        for callback in self.callbacks:
            callback.on_predict_begin(logs)

    def on_predict_end(self, logs: Logs | None = None) -> None:
        logs = {} if logs is None else logs
        for callback in self.callbacks:
            callback.on_predict_end(logs)

    def on_predict_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        logs = {} if logs is None else logs
        for callback in self.callbacks:
            callback.on_predict_batch_begin(batch, logs=logs)

    def on_predict_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        logs = {} if logs is None else logs
        for callback in self.callbacks:
            callback.on_predict_batch_end(batch, logs=logs)


def _flatten(callbacks: Any) -> Iterator[Callback]:
    if callbacks is None:
        return
    if type(callbacks) is CallbackList:
        yield from callbacks.callbacks
    elif isinstance(callbacks, Callback):
        yield callbacks
    elif isinstance(callbacks, (list, tuple)):
        for item in callbacks:
            yield from _flatten(item)
    else:
        raise TypeError(_no_callback_message(callbacks))


def _anyone_overrides(callbacks: tuple[Callback, ...], hooks: tuple[str, ...]) -> bool:
    return bool(callbacks) and any(_overrides(callback, hook) for hook in hooks for callback in callbacks)


def _overrides(callback: Callback, hook: str) -> bool:
    if hook in vars(callback):
        return True
    method = getattr(type(callback), hook)
    return method is not getattr(Callback, hook) and method not in callback._idle_hooks


def _no_callback_message(received: Any) -> str:
    message = f"callbacks: expected Callback objects, received {received!r}."
    if isinstance(received, type) and issubclass(received, Callback):
        message += f" Write {received.__name__}() to make one."
    return message
