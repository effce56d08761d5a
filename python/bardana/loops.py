"""The loops over epochs: one native call per epoch; callbacks, progress and validation between the calls.

Batch events reach Python only if a callback asks for them. Logs are made from the engine's totals when somebody reads
them: per epoch, per progress refresh (about ten a second), per batch for those callbacks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, NamedTuple

from bardana import progress
from bardana.callbacks import History
from bardana.callbacks.callback_list import CallbackList
from bardana.examples import Array, Examples

if TYPE_CHECKING:
    from bardana import _core
    from bardana.compile import Compiled
    from bardana.training import Trainer

Logs = dict[str, float]
NO_BAR = nullcontext()


class Validation(NamedTuple):
    """Examples to evaluate after an epoch, and after which ones (counted from 1)."""

    examples: Examples
    frequency: int | Sequence[int]

    def is_due(self, epoch: int) -> bool:
        """Whether to validate after the epoch of this index (counted from 0)."""
        if isinstance(self.frequency, int):
            return (epoch + 1) % self.frequency == 0
        return epoch + 1 in self.frequency


class FitOptions(NamedTuple):
    """Which epochs `fit` takes, what it shows, and how it goes through the data."""

    initial_epoch: int
    epochs: int
    verbose: int
    steps: int | None
    shuffle_seed: int | None


def fit(
    trainer: Trainer, examples: Examples, validation: Validation | None, options: FitOptions, callbacks: Any
) -> History:
    """Train epoch by epoch until the last one, until `stop_training` or until there are no more data."""
    try:
        return _fit(trainer, examples, validation, options, callbacks)
    finally:
        examples.close()
        if validation is not None:
            validation.examples.close()


def _fit(
    trainer: Trainer, examples: Examples, validation: Validation | None, options: FitOptions, callbacks: Any
) -> History:
    steps = examples.steps
    events = CallbackList(
        callbacks, add_history=True, model=trainer, verbose=options.verbose, epochs=options.epochs, steps=steps
    )
    assert events.history is not None
    verbose = 0 if events.draws_progress else options.verbose
    logs: Logs = {}
    native = trainer.begin_training(examples.target)
    try:
        with progress.for_fit(verbose, options.epochs, steps) or NO_BAR as bar:
            trainer.stop_training = False
            examples.reset()
            events.on_train_begin()
            for epoch in range(options.initial_epoch, options.epochs):
                if not examples.has_more(lambda: trainer.stop_training):
                    break
                logs = _run_epoch(trainer, examples, validation, epoch, events, bar)
                if trainer.stop_training:
                    break
            if options.epochs > options.initial_epoch and trainer.compiled.optimizer.use_ema:
                trainer.compiled.optimizer.finish_averages(native)
            events.on_train_end(logs)
    finally:
        native.model.end_training()
    return events.history


def _run_epoch(
    trainer: Trainer, examples: Examples, validation: Validation | None, epoch: int, events: CallbackList, bar: Any
) -> Logs:
    events.on_epoch_begin(epoch)
    if bar is not None:
        bar.epoch_begin(epoch)
    logs, steps = _train_epoch(trainer, examples, epoch, events, bar)
    if validation is not None and validation.is_due(epoch):
        totals, tested = _evaluate(trainer, validation.examples, examples.target, events, None)
        if tested:
            logs = dict(sorted({**logs, **trainer.compiled.logs(totals, "val_")}.items()))
    shown = dict(logs)  # callbacks may add to it
    events.on_epoch_end(epoch, shown)
    if bar is not None:
        bar.epoch_end(shown, steps)
    return logs


def _train_epoch(trainer: Trainer, examples: Examples, epoch: int, events: CallbackList, bar: Any) -> tuple[Logs, int]:
    native = trainer.native_for_training(examples.target)
    compiled = trainer.compiled
    wanted = events.wants_train_batches
    begin = events.on_train_batch_begin if wanted else None
    end = (lambda step, sums: events.on_train_batch_end(step, compiled.logs(sums))) if wanted else None
    update = None if bar is None else (lambda step, sums: bar.update(step, compiled.logs(sums)))
    compiled.reset_metrics()
    totals, steps = examples.train(native.model, epoch, (begin, end, update))
    return compiled.logs(totals) if steps else {}, steps


def evaluate(trainer: Trainer, examples: Examples, events: CallbackList | None, bar: Any) -> _core.Totals:
    """Return the totals of loss and metrics over all rows, with test events for the callbacks."""
    try:
        totals, _ = _evaluate(trainer, examples, examples.target, events, bar)
    finally:
        examples.close()
    return totals


def _evaluate(
    trainer: Trainer, examples: Examples, target: Array, events: CallbackList | None, bar: Any
) -> tuple[_core.Totals, int]:
    native = trainer.native_for_evaluation(target)
    compiled = trainer.compiled
    begin, end = _test_hooks(events, compiled)
    examples.reset()
    if events is not None:
        events.on_test_begin()
    update = None if bar is None else (lambda step, sums: bar.update(step, compiled.logs(sums)))
    compiled.reset_metrics()
    totals, steps = examples.evaluate(native.model, (begin, end, update))
    logs = compiled.logs(totals) if steps and (bar or events) else {}
    if bar is not None:
        bar.end(logs, steps)
    if events is not None:
        events.on_test_end(logs)
    return totals, steps


def predict(trainer: Trainer, examples: Examples, events: CallbackList | None, bar: Any) -> Array:
    """Return the outputs for all rows, with predict events for the callbacks."""
    begin, end = _predict_hooks(events)
    if events is not None:
        events.on_predict_begin()
    try:
        y, steps = examples.predict(trainer.native_for_prediction().model, (begin, end, bar and bar.update))
    finally:
        examples.close()
    if bar is not None:
        bar.end(None, steps)
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
