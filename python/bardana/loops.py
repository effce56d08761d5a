"""The loops over epochs: one native call per epoch; callbacks, progress and validation between the calls.

Batch events reach Python only if a callback asks for them. Logs are made from the engine's totals when somebody reads
them: per epoch, per progress refresh (about ten a second), per batch for those callbacks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, NamedTuple

from numpy.typing import NDArray

from bardana import progress
from bardana.callbacks import History
from bardana.callbacks.callback_list import CallbackList

if TYPE_CHECKING:
    from bardana import _core
    from bardana.compile import Compiled
    from bardana.training import Trainer

Array = NDArray[Any]
Logs = dict[str, float]
_NO_BAR = nullcontext()


class Rows(NamedTuple):
    """Checked examples: C-contiguous arrays of equal length."""

    x: Array
    y: Array
    weight: Array | None

    def steps(self, batch_size: int) -> int:
        """Number of batches, the last one perhaps smaller."""
        return -(-len(self.x) // batch_size)


class Validation(NamedTuple):
    """Examples to evaluate after an epoch, and after which ones (counted from 1)."""

    rows: Rows
    batch_size: int
    frequency: int | Sequence[int]

    def is_due(self, epoch: int) -> bool:
        """Whether to validate after the epoch of this index (counted from 0)."""
        if isinstance(self.frequency, int):
            return (epoch + 1) % self.frequency == 0
        return epoch + 1 in self.frequency


class FitOptions(NamedTuple):
    """How `fit` goes through the data."""

    batch_size: int
    initial_epoch: int
    epochs: int
    verbose: int
    shuffle_seed: int | None


def fit(trainer: Trainer, rows: Rows, validation: Validation | None, options: FitOptions, callbacks: Any) -> History:
    """Train epoch by epoch until the last one or until `stop_training`."""
    steps = rows.steps(options.batch_size)
    events = CallbackList(
        callbacks, add_history=True, model=trainer, verbose=options.verbose, epochs=options.epochs, steps=steps
    )
    assert events.history is not None
    verbose = 0 if events.draws_progress else options.verbose
    logs: Logs = {}
    native = trainer.begin_training(rows.y)
    try:
        with progress.for_fit(verbose, options.epochs, steps) or _NO_BAR as bar:
            trainer.stop_training = False
            events.on_train_begin()
            for epoch in range(options.initial_epoch, options.epochs):
                logs = _run_epoch(trainer, rows, validation, options, epoch, events, bar)
                if trainer.stop_training:
                    break
            if options.epochs > options.initial_epoch and trainer.compiled.optimizer.use_ema:
                native.model.finish_averages()
            events.on_train_end(logs)
    finally:
        native.model.end_training()
    return events.history


def _run_epoch(
    trainer: Trainer,
    rows: Rows,
    validation: Validation | None,
    options: FitOptions,
    epoch: int,
    events: CallbackList,
    bar: Any,
) -> Logs:
    events.on_epoch_begin(epoch)
    if bar is not None:
        bar.epoch_begin(epoch)
    logs = _train_epoch(trainer, rows, options, epoch, events, bar)
    if validation is not None and validation.is_due(epoch):
        totals = evaluate(trainer, validation.rows, validation.batch_size, events, None)
        logs = dict(sorted({**logs, **trainer.compiled.logs(totals, "val_")}.items()))
    shown = dict(logs)  # callbacks may add to it
    events.on_epoch_end(epoch, shown)
    if bar is not None:
        bar.epoch_end(shown)
    return logs


def _train_epoch(trainer: Trainer, rows: Rows, options: FitOptions, epoch: int, events: CallbackList, bar: Any) -> Logs:
    native = trainer.native_for_training(rows.y)
    compiled = trainer.compiled
    wanted = events.wants_train_batches
    begin = events.on_train_batch_begin if wanted else None
    end = (lambda step, sums: events.on_train_batch_end(step, compiled.logs(sums))) if wanted else None
    update = None if bar is None else (lambda step, sums: bar.update(step, compiled.logs(sums)))
    totals = native.model.train_epoch(
        rows.x, rows.y, rows.weight, options.batch_size, options.shuffle_seed, epoch, begin, end, update
    )
    return compiled.logs(totals)


def evaluate(trainer: Trainer, rows: Rows, batch_size: int, events: CallbackList | None, bar: Any) -> _core.Totals:
    """Return the totals of loss and metrics over all rows, with test events for the callbacks."""
    native = trainer.native_for_evaluation(rows.y)
    compiled = trainer.compiled
    begin, end = _test_hooks(events, compiled)
    if events is not None:
        events.on_test_begin()
    update = None if bar is None else (lambda step, sums: bar.update(step, compiled.logs(sums)))
    totals = native.model.evaluate(rows.x, rows.y, rows.weight, batch_size, begin, end, update)
    if bar is not None:
        bar.end(compiled.logs(totals))
    if events is not None:
        events.on_test_end(compiled.logs(totals))
    return totals


def predict(trainer: Trainer, x: Array, batch_size: int, events: CallbackList | None, bar: Any) -> Array:
    """Return the outputs for all rows, with predict events for the callbacks."""
    begin, end = _predict_hooks(events)
    if events is not None:
        events.on_predict_begin()
    y = trainer.native_for_prediction().model.predict(
        x,
        batch_size=batch_size,
        on_batch_begin=begin,
        on_batch_end=end,
        on_progress=None if bar is None else bar.update,
    )
    if bar is not None:
        bar.end()
    if events is not None:
        events.on_predict_end()
    return y


def _test_hooks(
    events: CallbackList | None, compiled: Compiled
) -> tuple[_core.BatchBegin, _core.BatchEnd] | tuple[None, None]:
    if events is None or not events.wants_test_batches:
        return None, None
    return events.on_test_batch_begin, lambda step, sums: events.on_test_batch_end(step, compiled.logs(sums))


def _predict_hooks(
    events: CallbackList | None,
) -> tuple[_core.BatchBegin, Callable[[int, Array], None]] | tuple[None, None]:
    if events is None or not events.wants_predict_batches:
        return None, None
    return events.on_predict_batch_begin, lambda step, outputs: events.on_predict_batch_end(step, {"outputs": outputs})
