"""Fit, evaluate and predict, and the same for single batches.

Arguments are checked here and by `data`; the loops are in `loops`, the arithmetic is native.
Long because what users read about every argument of these methods stands here.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from bardana import _core, data, gradients, limits, loops, progress, seeds
from bardana.arguments import checked_count, checked_flag, checked_frequency
from bardana.callbacks import History
from bardana.callbacks.callback_list import CallbackList
from bardana.compile import Compiled
from bardana.compiled_model import CompiledModel
from bardana.examples import Array, ArrayExamples, Examples, Rows, StreamExamples
from bardana.loops import FitOptions, Validation

Batch: TypeAlias = tuple[Array, Array, Array | None]
Given: TypeAlias = tuple[Any, Any, Any]
"""x, y and sample_weight as a user passes them."""


class Trainer(CompiledModel):
    """Train, evaluate and predict with the native model that a subclass provides."""

    def __init__(self) -> None:
        super().__init__()
        self.history: History | None = None

    @abstractmethod
    def _inputs(self, x: Any, argument: str = "x") -> Array:
        """Return x as the native model reads it; builds the model if needed."""

    def _batch(self, x: Any, y: Any, sample_weight: Any, prefix: str = "") -> Batch:
        inputs = self._inputs(x, prefix + "x")
        target = data.as_target(y if type(y) is np.ndarray else self._of_output(y, prefix + "y"), prefix + "y")
        if len(inputs) != len(target):
            data.check_cardinality(inputs, target)
        if sample_weight is None:
            return inputs, target, None
        name = prefix + "sample_weight"
        weight = data.as_weight(self._of_output(sample_weight, name), len(inputs), self._output_sizes[:-1], name)
        return inputs, target, weight

    def _of_output(self, value: Any, argument: str) -> Any:
        return data.only(value, self._output_name, argument)

    def _rows(self, x: Any, y: Any, sample_weight: Any, prefix: str = "") -> Rows:
        return Rows(*self._batch(x, y, sample_weight, prefix))

    def fit(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: int | str = "auto",
        callbacks: Any = None,
        validation_split: float = 0.0,
        validation_data: Any = None,
        shuffle: bool = True,
        class_weight: Mapping[int, float] | None = None,
        sample_weight: Any = None,
        initial_epoch: int = 0,
        steps_per_epoch: int | None = None,
        validation_steps: int | None = None,
        validation_batch_size: int | None = None,
        validation_freq: int | Sequence[int] = 1,
    ) -> History:
        """Train for a number of passes over the data and return their history.

        Args:
            x: array (rows, *input shape) or anything with the array protocol, such as a pandas frame or a tensor; any
                numeric type, which is converted batch by batch. Or data that come in batches (x, y) or
                (x, y, sample_weight): a generator, a `keras.utils.PyDataset`, a `tf.data.Dataset`, a PyTorch
                `DataLoader`. They are read ahead on another thread.
            y: array of targets, as many rows; None with data in batches.
            batch_size: rows per step. Default 32, or what `steps_per_epoch` steps over the arrays need. Ignored for
                data in batches, as in Keras.
            epochs: index at which to end, counted from `initial_epoch`. Default 1.
            verbose: 0 silent, 1 progress bar, 2 one line per epoch. Default "auto", that is 1.
            callbacks: list of `keras.callbacks` objects.
            validation_split: share of the last rows (before shuffling) that is evaluated instead of trained on.
            validation_data: (x, y) or (x, y, sample_weight), or data in batches, to evaluate after epochs; goes before
                `validation_split`.
            shuffle: whether each epoch visits the rows, or the batches of a `PyDataset`, in another order; other data
                in batches have their own. Default True.
            class_weight: weight in the loss by class, `{class: weight}`, 1 for a class that is not listed.
            sample_weight: weight in the loss by row, shape (rows,) or (rows, 1); for outputs of shape (rows, …, units)
                also (rows, …), a weight for each vector of outputs.
            initial_epoch: index of the first epoch. Default 0.
            validation_batch_size: default `batch_size`.
            validation_freq: validate after every so many epochs, or after those listed (counted from 1). Default 1.
            steps_per_epoch: steps in an epoch; the next one goes on with the data where it ended. Needed for a
                generator without end. Default: a whole pass over the data.
            validation_steps: steps in a validation, which begins anew each time, except with a generator.

        Returns:
            `History` with `.history`, a dict of lists with one float per epoch.

        Raises:
            ValueError: before `compile`, and for data that do not fit the model, the loss or each other.
            RuntimeError: if the model is being trained already.

        What a generator or dataset raises is raised here, after the steps before it. If data run out before the last
        step, there is a warning, and training ends where they cannot begin anew.

        Example:
            >>> import bardana as keras, numpy as np
            >>> model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
            >>> model.compile("sgd", "mse")
            >>> x = np.linspace(-1.0, 1.0, 100)[:, np.newaxis]
            >>> history = model.fit(x, 2 * x + 1, epochs=3, validation_split=0.2, verbose=0)
            >>> [(name, len(values)) for name, values in history.history.items()]
            [('loss', 3), ('val_loss', 3)]
        """
        _ = self.compiled
        options = FitOptions(
            checked_count(initial_epoch, "initial_epoch", 0, least=0),
            limits.limited_epochs(checked_count(epochs, "epochs", 1, least=0)),
            progress.resolve_verbose(verbose),
            _checked_steps(steps_per_epoch, "steps_per_epoch"),
            seeds.next_seed() if checked_flag(shuffle, "shuffle") else None,
        )
        frequency = checked_frequency(validation_freq)
        validation_size = batch_size
        if validation_batch_size is not None:
            validation_size = checked_count(validation_batch_size, "validation_batch_size")
        fraction = validation_split if validation_data is None else 0.0
        given = (x, y, sample_weight)
        stream = data.as_stream(x)
        if stream is None and not data.must_be_read_in_parts(*given):
            examples, held_out = self._array_examples(given, batch_size, class_weight, options, fraction)
        else:
            examples, held_out = self._stream_examples(stream, given, batch_size, class_weight, options, fraction)
        if validation_data is not None:
            held_out = data.unpack_validation(validation_data)
        validation = None
        if held_out is not None:
            examined = self._examples(held_out, validation_size, validation_steps, "validation ")
            validation = Validation(examined, frequency)
        return loops.fit(self, examples, validation, options, callbacks)

    def _array_examples(
        self, given: Given, batch_size: Any, class_weight: Any, options: FitOptions, fraction: float
    ) -> tuple[Examples, Given | None]:
        """Return what `fit` trains on and what it holds out."""
        rows, held_out = self._rows(*given), None
        if fraction:
            rows, held_out = _split(rows, fraction)
        if class_weight is not None:
            rows = rows._replace(weight=_class_weights(class_weight, rows.y, rows.weight))
        steps = options.steps
        size = _rows_a_step(batch_size, rows.x, steps)
        return ArrayExamples(rows, size, options.shuffle_seed, steps, options.initial_epoch), held_out

    def _stream_examples(
        self,
        stream: data.Stream | None,
        given: Given,
        batch_size: Any,
        class_weight: Any,
        options: FitOptions,
        fraction: float,
    ) -> tuple[Examples, Given | None]:
        """The same for data in batches, or for mapped files (`stream` None), which are read in batches."""
        held_out: Given | None = None
        if stream is None:
            if fraction:
                given, held_out = data.split(*given, fraction)
            stream = data.MappedStream(given, _rows_a_step(batch_size, given[0], options.steps))
        elif fraction:
            raise ValueError(f"validation_split: expected arrays, received a {stream.label}")
        else:
            stream.check_arguments(*given[1:], class_weight, options.shuffle_seed is not None)
        examples = StreamExamples(self, stream, options.steps, options, class_weight)
        examples.look()
        return examples, held_out

    def _examples(self, given: Given, batch_size: Any, steps: Any, prefix: str = "") -> Examples:
        """Return what `evaluate` goes through; `prefix` comes before the names of arguments in messages."""
        limit = _checked_steps(steps, prefix + "steps")
        stream = _as_stream(given, batch_size, limit, prefix)
        if stream is not None:
            return StreamExamples(self, stream, limit)
        rows = self._rows(*given, prefix)
        return ArrayExamples(rows, _rows_a_step(batch_size, rows.x, limit, prefix), steps=limit)

    def evaluate(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        verbose: int | str = "auto",
        sample_weight: Any = None,
        steps: int | None = None,
        callbacks: Any = None,
        return_dict: bool = False,
        **kwargs: Any,
    ) -> Any:
        """Return the loss and the metrics over the data, with the weights as they are.

        Args:
            x, y, sample_weight: as for `fit`; x may come in batches, without y and sample_weight.
            batch_size: rows per step. Default 32, or what `steps` steps over the arrays need.
            verbose: as for `fit`.
            steps: number of batches to use. Default all.
            callbacks: list of `keras.callbacks` objects.
            return_dict: return `{name: value}` instead of a list.

        Returns:
            The loss if there are no metrics, else a list of the loss and the metrics in the order of `compile`.

        Raises:
            ValueError: before `compile`, and for data that do not fit.

        Example:
            >>> import bardana as keras, numpy as np
            >>> model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, kernel_initializer="ones")])
            >>> model.compile("sgd", "mse", metrics=["mae"])
            >>> model.evaluate(np.array([[1.0], [2.0]]), np.array([[1.0], [4.0]]), verbose=0)
            [2.0, 1.0]
        """
        if kwargs:
            raise ValueError(f"evaluate: arguments not recognized: {kwargs}")
        compiled = self.compiled
        examples = self._examples((x, y, sample_weight), batch_size, steps)
        if isinstance(examples, StreamExamples):
            examples.look()
        level, count = progress.resolve_verbose(verbose), examples.steps
        events = CallbackList(callbacks, model=self, verbose=level, epochs=1, steps=count) if callbacks else None
        with progress.for_evaluate(_own_level(level, events), count) or loops.NO_BAR as bar:
            totals = loops.evaluate(self, examples, events, bar)
        return _results(compiled, totals, return_dict)

    def predict(
        self,
        x: Any,
        batch_size: int | None = None,
        verbose: int | str = "auto",
        steps: int | None = None,
        callbacks: Any = None,
    ) -> Array:
        """Return the outputs for x, of shape (rows, *output shape). Works before `compile`.

        Args:
            x: array (rows, *input shape), or data in batches as for `fit`, of which only x is looked at.
            batch_size: rows per step as callbacks and the progress bar see it. Default 32, or what `steps` steps need.
            verbose: 0 silent, 1 progress bar, 2 one line. Default "auto", that is 1.
            steps: number of batches to use. Default all.
            callbacks: list of `keras.callbacks` objects.

        Raises:
            ValueError: if x is not an array of numbers of the right shape.

        Example:
            >>> import bardana as keras, numpy as np
            >>> model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, kernel_initializer="ones")])
            >>> model.predict(np.array([[1.0], [2.0]]), verbose=0)
            array([[1.],
                   [2.]], dtype=float32)
        """
        level = progress.resolve_verbose(verbose)
        limit = _checked_steps(steps, "steps")
        stream = _as_stream((x, None, None), batch_size, limit)
        examples: Examples
        if stream is None:
            rows = self._inputs(x)
            size = _rows_a_step(batch_size, rows, limit)
            if not level and not callbacks and limit is None:
                native = self.native_for_prediction()
                return native.model.predict(rows, size) if native.calls_python else native.model.predict(rows)
            examples = ArrayExamples(Rows(rows, rows, None), size, steps=limit)  # y is not looked at
        else:
            examples = StreamExamples(self, stream, limit, with_targets=False)
            examples.look()
        count = examples.steps
        events = CallbackList(callbacks, model=self, verbose=level, epochs=1, steps=count) if callbacks else None
        with progress.for_predict(_own_level(level, events), count) or loops.NO_BAR as bar:
            return loops.predict(self, examples, events, bar)

    def train_on_batch(
        self,
        x: Any,
        y: Any = None,
        sample_weight: Any = None,
        class_weight: Mapping[int, float] | None = None,
        return_dict: bool = False,
    ) -> Any:
        """Take one step on these rows; return the loss before the step, and the metrics, of this batch.

        Args:
            x, y, sample_weight, class_weight: as for `fit`, all rows in one batch.
            return_dict: return `{name: value}` instead of a list.

        Raises:
            ValueError: before `compile`, and for data that do not fit.

        Example:
            >>> import bardana as keras, numpy as np
            >>> model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, kernel_initializer="zeros")])
            >>> model.compile(keras.optimizers.SGD(0.25), "mse")
            >>> x, y = np.array([[1.0]]), np.array([[1.0]])
            >>> model.train_on_batch(x, y), model.test_on_batch(x, y)
            (1.0, 0.0)
        """
        compiled = self.compiled
        inputs, target, weight = self._batch(x, y, sample_weight)
        if class_weight is not None:
            weight = _class_weights(class_weight, target, weight)
        native = self.native_for_training(target)
        compiled.reset_metrics()
        totals = native.model.train_epoch(inputs, target, weight, len(inputs))
        return _results(compiled, totals, return_dict)

    def test_on_batch(self, x: Any, y: Any = None, sample_weight: Any = None, return_dict: bool = False) -> Any:
        """Return the loss and the metrics of these rows without training.

        Args:
            x, y, sample_weight: as for `fit`, all rows in one batch.
            return_dict: return `{name: value}` instead of a list.

        Raises:
            ValueError: before `compile`, and for data that do not fit.
        """
        compiled = self.compiled
        inputs, target, weight = self._batch(x, y, sample_weight)
        native = self.native_for_evaluation(target)
        compiled.reset_metrics()
        totals = native.model.evaluate(inputs, target, weight, len(inputs))
        return _results(compiled, totals, return_dict)

    def predict_on_batch(self, x: Any) -> Array:
        """Return the outputs for these rows.

        Args:
            x: array (rows, *input shape).
        """
        rows = self._inputs(x)
        return self.native_for_prediction().model.predict(rows)

    def compute_gradients(
        self, x: Any, y: Any, sample_weight: Any = None, training: bool = False
    ) -> gradients.Gradients:
        """Return the loss of these rows and its gradient, by every trainable weight and by x.

        One step of plain SGD is `w − learning_rate · gradient`, to rounding.

        Args:
            x, y, sample_weight: as for `fit`, all rows in one batch.
            training: True runs layers such as Dropout as in training. Default False.

        Returns:
            (loss, weights, inputs): a float, a list with an array for each of `trainable_weights` in order, and an
            array of the shape of x.

        Raises:
            ValueError: before `compile`, and for data that do not fit.

        Example:
            >>> import bardana as keras, numpy as np
            >>> model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, kernel_initializer="ones")])
            >>> model.compile("sgd", "mse")
            >>> loss, (dw, db), dx = model.compute_gradients(np.array([[2.0]]), np.array([[1.0]]))
            >>> loss, dw.item(), db.item(), dx.item()
            (1.0, 4.0, 2.0, 2.0)
        """
        return gradients.compute(self, self._rows(x, y, sample_weight), training)

    def check_gradients(
        self, x: Any, y: Any, sample_weight: Any = None, tolerance: float = 1e-6, max_entries: int = 2000
    ) -> gradients.GradientReport:
        """Compare the gradients with finite differences of the loss, both in float64, at the current weights.

        Where the loss has a kink at exactly these weights, and so no gradient, they move a little: see `gradients`.

        Args:
            x, y, sample_weight: a few rows, as for `fit`. Dropout is off.
            tolerance: largest error, relative to the largest gradient of the same variable, that counts as equal.
            max_entries: entries to check; if there are more, so many are drawn, always the same ones.

        Returns:
            A report: `ok`, the worst entry, and the number of entries checked; `print` it.

        Example:
            >>> import bardana as keras, numpy as np
            >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3, "tanh"), keras.layers.Dense(1)])
            >>> model.compile("sgd", "mse")
            >>> model.check_gradients(np.array([[0.5, -1.0]]), np.array([[1.0]])).ok
            True
        """
        return gradients.check(self, self._rows(x, y, sample_weight), tolerance, max_entries)


def _own_level(level: int, events: CallbackList | None) -> int:
    """Return what is left to draw for the built-in display when a ProgbarLogger may be among the callbacks."""
    return 0 if events is not None and events.draws_progress else level


def _results(compiled: Compiled, totals: _core.Totals, return_dict: bool) -> Any:
    return compiled.logs(totals) if return_dict else compiled.results(totals)


def _split(rows: Rows, fraction: float) -> tuple[Rows, Rows]:
    (x, y, weight), (x_held_out, y_held_out, weight_held_out) = data.split(*rows, fraction)
    assert y is not None and y_held_out is not None
    return Rows(x, y, weight), Rows(x_held_out, y_held_out, weight_held_out)


def _checked_steps(steps: Any, argument: str) -> int | None:
    return limits.limited_steps(None if steps is None else checked_count(steps, argument))


def _as_stream(given: Given, batch_size: Any, steps: int | None, prefix: str = "") -> data.Stream | None:
    """Return data that come in batches, or mapped files that have to be read so, as a stream; None for other arrays."""
    stream = data.as_stream(given[0])
    if stream is not None:
        stream.check_arguments(*given[1:])
    elif data.must_be_read_in_parts(*given):
        return data.MappedStream(given, _rows_a_step(batch_size, given[0], steps, prefix))
    return stream


def _rows_a_step(batch_size: Any, x: Array, steps: int | None, prefix: str = "") -> int:
    """Return batch_size, or its default: 32, or what it takes to go through x in so many steps."""
    if batch_size is None and steps is not None:
        return -(-len(x) // steps)
    return checked_count(batch_size, prefix + "batch_size", 32)


def _class_weights(class_weight: Mapping[int, float], y: Array, weight: Array | None) -> Array:
    if weight is not None:
        raise ValueError("expected class_weight or sample_weight, received both: multiply them into sample_weight")
    return data.class_weights_to_samples(class_weight, y)
