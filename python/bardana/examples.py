"""What the loops of `loops` go through: arrays that are there as a whole, or a stream read ahead on another thread.

Both run the engine over one epoch or one evaluation and say how many steps that took. They remember where the next
epoch goes on, which matters when `steps_per_epoch` is not the length of the data.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, TypeVar

from numpy.typing import NDArray

from bardana import _core, data
from bardana.data.streams import Stream
from bardana.data.warn import warn_user
from bardana.reading import Reader

if TYPE_CHECKING:
    from bardana.loops import FitOptions
    from bardana.training import Trainer

R = TypeVar("R")
Array: TypeAlias = NDArray[Any]
Hooks: TypeAlias = tuple[Any, Any, Any]
"""on_batch_begin, on_batch_end and on_progress, as the engine calls them."""
Result: TypeAlias = "tuple[_core.Totals, int]"
"""Totals of loss and metrics, and the number of steps behind them."""


class Rows(NamedTuple):
    """Checked examples: C-contiguous arrays of equal length."""

    x: Array
    y: Array
    weight: Array | None

    def steps(self, batch_size: int) -> int:
        """Number of batches, the last one perhaps smaller."""
        return -(-len(self.x) // batch_size)


class Examples(ABC):
    """Data of one `fit`, `evaluate` or `predict`; `steps` is the number of steps that an epoch is expected to take."""

    steps: int | None

    @property
    @abstractmethod
    def target(self) -> Array:
        """Targets of some rows, whose shape decides what "accuracy" means."""

    def reset(self) -> None:  # noqa: B027 (arrays have nothing to do)
        """Begin anew, where that is possible."""

    def has_more(self, may_stop: Callable[[], bool]) -> bool:
        """Whether the next epoch will have any data; may wait for them."""
        return True

    @abstractmethod
    def train(self, model: _core.Model, epoch: int, hooks: Hooks) -> Result:
        """Train for one epoch."""

    @abstractmethod
    def evaluate(self, model: _core.Model, hooks: Hooks) -> Result:
        """Evaluate once over the data."""

    @abstractmethod
    def predict(self, model: _core.Model, hooks: Hooks) -> tuple[Array, int]:
        """Return the outputs for all rows, and the number of steps."""

    def close(self) -> None:  # noqa: B027
        """End what runs on behalf of this."""


def warn_of_end() -> None:
    """Say that there were fewer batches than wanted, in the words that scripts look for."""
    warn_user(
        "Your input ran out of data; interrupting training. Expected `steps_per_epoch * epochs` batches, or "
        "`steps` of an evaluation; a dataset that has no end, e.g. by `.repeat()`, gives as many as are wanted."
    )


class ArrayExamples(Examples):
    """Arrays in memory, or mapped from a file.

    Args:
        rows: the arrays.
        batch_size: rows per step.
        shuffle_seed: None keeps their order.
        steps: steps per epoch; None for a whole pass. The next epoch goes on where the last one has ended; a pass
            over the data that ends within an epoch ends the epoch, with a warning.
        first_pass: number of the first pass, which its order depends on.
    """

    def __init__(
        self,
        rows: Rows,
        batch_size: int,
        shuffle_seed: int | None = None,
        steps: int | None = None,
        first_pass: int = 0,
    ) -> None:
        self._rows = rows
        self._batch_size = batch_size
        self._seed = shuffle_seed
        self._limit = steps
        self._pass, self._seen = first_pass, 0
        self._order: Array | None = None
        self.steps = rows.steps(batch_size) if steps is None else steps

    @property
    def target(self) -> Array:
        return self._rows.y

    def train(self, model: _core.Model, epoch: int, hooks: Hooks) -> Result:
        x, y, weight = self._rows
        if self._limit is None:
            return model.train_epoch(x, y, weight, self._batch_size, self._seed, epoch, *hooks), self.steps or 0
        if self._seed is None:
            part, steps = self._next_part()
            return model.train_epoch(*part, self._batch_size, None, epoch, *hooks), steps
        if self._order is None:
            self._order = _core.permutation(len(x), self._seed, self._pass)
        order = self._order
        rows, steps = self._advance()
        return model.train_epoch(x, y, weight, self._batch_size, None, epoch, *hooks, order[rows]), steps

    def evaluate(self, model: _core.Model, hooks: Hooks) -> Result:
        self._seen = 0
        part, steps = self._next_part()
        return model.evaluate(*part, self._batch_size, *hooks), steps

    def predict(self, model: _core.Model, hooks: Hooks) -> tuple[Array, int]:
        part, steps = self._next_part()
        begin, end, progress = hooks
        y = model.predict(part.x, self._batch_size, on_batch_begin=begin, on_batch_end=end, on_progress=progress)
        return y, steps

    def _next_part(self) -> tuple[Rows, int]:
        if self._limit is None:
            return self._rows, self.steps or 0
        rows, steps = self._advance()
        x, y, weight = self._rows
        return Rows(x[rows], y[rows], None if weight is None else weight[rows]), steps

    def _advance(self) -> tuple[slice, int]:
        """Return the places of the next epoch's rows within the pass, and the number of its steps."""
        assert self._limit is not None
        whole = self._rows.steps(self._batch_size)
        first, self._seen = self._seen, min(self._seen + self._limit, whole)
        steps = self._seen - first
        if steps < self._limit:
            warn_of_end()
        if self._seen == whole:
            self._pass, self._seen, self._order = self._pass + 1, 0, None
        return slice(first * self._batch_size, (first + steps) * self._batch_size), steps


class StreamExamples(Examples):
    """Batches of a stream, checked and read ahead on another thread.

    Args:
        trainer: the model, which knows how inputs and targets look.
        stream: where the batches come from.
        steps: steps per epoch; None for as many as a pass has.
        options: of `fit`: the epochs, for which no more batches are read than they take, and the seed for streams
            that are shuffled here.
        class_weight: as for `fit`.
        with_targets: False for `predict`, which looks at x only.
    """

    def __init__(
        self,
        trainer: Trainer,
        stream: Stream,
        steps: int | None = None,
        options: FitOptions | None = None,
        class_weight: Mapping[int, float] | None = None,
        with_targets: bool = True,
    ) -> None:
        self._trainer = trainer
        self._stream = stream
        self._length = stream.length
        self._limit = steps
        self._left = None if steps is None else steps * (options.epochs - options.initial_epoch if options else 1)
        self._seed = options.shuffle_seed if options and stream.shuffles else None
        self._class_weight = class_weight
        self._with_targets = with_targets
        self._pass, self._seen = options.initial_epoch if options else 0, 0
        self._used_up = False
        self._reader: Reader | None = None
        self._target: Array | None = None
        self.steps = self._length if steps is None else steps

    def look(self) -> None:
        """Read a first batch on this thread, without losing it: it builds the model and shows what targets look like.

        Raises:
            ValueError: if there is none, or it does not fit the model.
        """
        _, self._target, _ = self._prepare(self._stream.look())

    @property
    def target(self) -> Array:
        assert self._target is not None
        return self._target

    def _prepare(self, batch: Any) -> tuple[Array, Array | None, Array | None]:
        x, y, weight = self._stream.unpack(batch)
        if not self._with_targets:
            return self._trainer._inputs(x), None, None
        rows = self._trainer._batch(x, y, weight)
        if self._class_weight is None:
            return rows
        if rows[2] is not None:
            raise ValueError("expected class_weight, or sample weights in the batches, received both")
        return rows[0], rows[1], data.class_weights_to_samples(self._class_weight, rows[1])

    def reset(self) -> None:
        self.close()
        self._stream.on_epoch_end()

    def has_more(self, may_stop: Callable[[], bool]) -> bool:
        if self._stream.restarts:
            return True
        if self._used_up:
            return False
        reader = self._reading()
        if reader.has_more(may_stop):
            return True
        reader.check()
        if not may_stop():
            warn_of_end()
        return False

    def train(self, model: _core.Model, epoch: int, hooks: Hooks) -> Result:
        return self._run(model.train_feed, hooks, lambda: model.stop)

    def evaluate(self, model: _core.Model, hooks: Hooks) -> Result:
        self._left = self._limit
        result = self._run(model.evaluate_feed, hooks)
        self.close()
        return result

    def predict(self, model: _core.Model, hooks: Hooks) -> tuple[Array, int]:
        result = self._run(model.predict_feed, hooks)
        self.close()
        return result

    def _reading(self) -> Reader:
        if self._reader is None:
            stream = self._stream
            most = self._left
            if stream.restarts and self._limit is None:
                most = self._length
            self._reader = Reader(stream.batches(self._seed, self._pass), self._prepare, stream.ahead, most)
        return self._reader

    def _run(
        self, call: Callable[..., tuple[R, int]], hooks: Hooks, stopped: Callable[[], bool] = bool
    ) -> tuple[R, int]:
        stream = self._stream
        stream.on_epoch_begin()
        wanted = self.steps
        if self._limit is not None and self._length is not None:
            wanted = min(self._limit, self._length - self._seen)
        totals, done = self._call(call, wanted, hooks)
        if done == 0 and self._seen > 0 and stream.restarts:  # the last epoch had used up all without knowing
            self._next_pass()
            totals, done = self._call(call, wanted, hooks)
        self._seen += done
        if self._left is not None:
            self._left -= done
        if stopped():
            return totals, done
        if self.steps is None or done < self.steps:
            warn_of_end()
        self._used_up = wanted is None or done < wanted
        if stream.restarts and (self._limit is None or self._used_up or self._seen == self._length):
            self._next_pass()
        stream.on_epoch_end()
        return totals, done

    def _call(self, call: Callable[..., tuple[R, int]], wanted: int | None, hooks: Hooks) -> tuple[R, int]:
        reader = self._reading()
        totals, done = call(reader.feed, wanted, *hooks)
        if wanted is None or done < wanted:
            reader.check()
        return totals, done

    def _next_pass(self) -> None:
        self.close()
        self._pass += 1

    def close(self) -> None:
        reader, self._reader, self._seen = self._reader, None, 0
        if reader is not None:
            reader.close()
