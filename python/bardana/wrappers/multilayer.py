"""What `MLPClassifier` and `MLPRegressor` share: from checked rows to a trained model, as scikit-learn's MLP does it.

The penalty. scikit-learn adds α/2 · ΣW² / n to the loss of a batch of n rows, so α · W / n to the gradient of W. Keras'
L2(λ) adds λ · ΣW², so 2 λ W: with λ = α / (2 n) they are the same. λ is one number for an epoch, with n the rows of a
whole batch (times the mean of the sample weights, where scikit-learn divides by their sum); in the last batch of an
epoch, if it is shorter, scikit-learn's penalty is a little larger than ours.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state
from sklearn.utils.validation import _check_sample_weight, check_is_fitted

from bardana import advice, layers, loops, losses, regularizers
from bardana.callbacks.callback_list import CallbackList
from bardana.examples import ArrayExamples
from bardana.models import Sequential
from bardana.wrappers import settings
from bardana.wrappers.kept_model import keep_models, release, revive_models
from bardana.wrappers.needed import BaseEstimator, validate_data
from bardana.wrappers.stopping import Stopping

Array = NDArray[Any]
Self = TypeVar("Self", bound="MultilayerPerceptron")
_LARGEST_SEED = 2**31 - 1


class Output(NamedTuple):
    """The last layer and the loss: `factor` times `loss` is what is minimized.

    `name` is scikit-learn's name of the activation.
    """

    units: int
    activation: str
    name: str
    loss: losses.Loss
    factor: float = 1.0


class MultilayerPerceptron(BaseEstimator):  # type: ignore[misc]
    """Build, train and keep the model of an estimator; a subclass says what targets and outputs are."""

    model_: Sequential
    n_iter_: int
    n_outputs_: int
    n_layers_: int
    loss_curve_: list[float]
    best_loss_: float | None
    validation_scores_: list[float] | None
    best_validation_score_: float | None
    _first_rate: float
    _made_for: str
    optimizer: Any
    callbacks: Any
    random_state: Any

    def _remember(self, arguments: dict[str, Any]) -> None:
        """Keep the arguments of `__init__`, unchanged, as attributes."""
        for name, value in arguments.items():
            if name not in ("self", "__class__"):
                setattr(self, name, value)

    @abstractmethod
    def _targets(self, y: Any, anew: bool) -> Array:
        """Return y as the model learns it; `anew` if y says which classes there are."""

    @abstractmethod
    def _output(self, target: Array, reduction: str) -> Output: ...

    @abstractmethod
    def _score_of(self, model: Sequential, x: Array, y: Array, weight: Array | None) -> float:
        """Return the score by which early stopping goes."""

    def _weights_of(self, weight: Array | None, y: Any) -> Array | None:
        return weight

    def _look_at(self, target: Array, weight: Array | None) -> None:
        """Note what reporting the loss needs to know of the targets that are trained on."""

    def _stratified(self, target: Array) -> Array | None:
        return None

    def _loss_of(self, logs: dict[str, Any]) -> float:
        """Return the loss of an epoch as scikit-learn counts it."""
        return float(logs["loss"])

    def _fit(self: Self, X: Any, y: Any, sample_weight: Any, incremental: bool) -> Self:
        settings.check(self)
        hidden = settings.hidden_sizes(self)
        if incremental and self.early_stopping:
            raise ValueError("partial_fit does not support early_stopping=True: fit does")
        first = not hasattr(self, "model_") or not (self.warm_start or incremental)
        rows, labels = validate_data(
            self, X, y, accept_sparse="csr", multi_output=True, dtype=(np.float64, np.float32), reset=first
        )
        rows = rows if isinstance(rows, np.ndarray) else rows.toarray()
        target = self._targets(labels, first and not incremental)
        weight = None if sample_weight is None else _check_sample_weight(sample_weight, rows)
        weight = self._weights_of(weight, labels)
        output = self._output(target, "sum_over_batch_size" if weight is None else "mean_with_sample_weight")
        sizes = [rows.shape[1], *hidden, output.units]
        generator = check_random_state(self.random_state)
        weights = self._first_weights(generator, sizes) if first else self._former_weights(sizes)
        train, held_out = self._split(generator, rows, target, weight)
        self._look_at(*train[1:])
        seed = int(generator.randint(_LARGEST_SEED))
        batch = self._batch_size(len(train[0]))
        if first:
            self._begin(sizes, output)
        self._set_model(sizes, output, weights, self._penalty(batch, train[2]), seed, incremental and not first)
        self._train(train, held_out, batch, seed, incremental)
        return self

    def _begin(self, sizes: Sequence[int], output: Output) -> None:
        self.n_outputs_, self.n_layers_, self.out_activation_ = output.units, len(sizes), output.name
        self.t_ = self._no_improvement_count = 0
        self.loss_curve_ = []
        held_out = bool(self.early_stopping)
        self.best_loss_ = None if held_out else math.inf
        self.validation_scores_ = [] if held_out else None
        self.best_validation_score_ = -math.inf if held_out else None

    def _first_weights(self, generator: np.random.RandomState, sizes: Sequence[int]) -> list[Array]:
        """Draw what scikit-learn draws: uniform within √(6 / (inputs + units)), √(2 / …) for the logistic function."""
        drawn = []
        for inputs, units in pairwise(sizes):
            bound = math.sqrt((2 if self.activation == "logistic" else 6) / (inputs + units))
            drawn += [generator.uniform(-bound, bound, (inputs, units)), generator.uniform(-bound, bound, units)]
        return drawn

    def _former_weights(self, sizes: Sequence[int]) -> list[Array]:
        weights = self.model_.get_weights()
        former = [weights[0].shape[0], *(bias.size for bias in weights[1::2])]
        if former != list(sizes):
            raise ValueError(
                f"{type(self).__name__}: expected layers of {former} units, as they are trained already, "
                f"received {sizes}"
            )
        return weights

    def _split(self, generator: Any, rows: Array, target: Array, weight: Array | None) -> tuple[Any, Any]:
        """Return (x, y, sample_weight) to train on, and what early stopping holds out."""
        if not self.early_stopping:
            return (rows, target, weight), None
        given = [rows, target] if weight is None else [rows, target, weight]
        parts = train_test_split(
            *given,
            random_state=generator,
            test_size=self.validation_fraction,
            stratify=self._stratified(target),
        )
        train, held_out = parts[::2], parts[1::2]
        if len(held_out[0]) < 2:
            raise ValueError(
                "The validation set is too small: expected at least 2 rows, received "
                f"{len(held_out[0])}. Increase validation_fraction or the number of rows"
            )
        return (*train, None)[:3], (*held_out, None)[:3]

    def _batch_size(self, rows: int) -> int:
        if self.batch_size == "auto":
            return min(200, rows)
        if self.batch_size > rows:
            advice.warn(f"Got `batch_size` larger than sample size: {self.batch_size} rows are clipped to {rows}")
        return min(int(self.batch_size), rows)

    def _penalty(self, batch: int, weight: Array | None) -> float:
        """Return λ of L2 for a batch; see the top of this file."""
        mean = 1.0 if weight is None else float(weight.mean())
        return 0.5 * float(self.alpha) / (batch * mean) if mean > 0 else 0.0

    def _set_model(
        self, sizes: Sequence[int], output: Output, weights: list[Array], penalty: float, seed: int, goes_on: bool
    ) -> None:
        """Make `model_`, or leave it alone if training goes on with the same layers, penalty and loss."""
        made_for = repr((penalty, output.loss.get_config(), self.activation, self.dropout, self.dtype))
        if goes_on and self._made_for == made_for:
            return
        optimizer = settings.new_optimizer(self)
        values = None
        former = self.model_.compiled.optimizer if goes_on else None
        if former is not None and former.built:
            optimizer = type(former).from_config(former.get_config())
            values = [variable.numpy() for variable in former.variables]
        self._first_rate = self._first_rate if goes_on else self._rate_of(optimizer)
        model = self._new_model(sizes, output, penalty, seed)
        model.compile(optimizer, output.loss, loss_weights=output.factor, weighted_metrics=self._metrics(output))
        model.set_weights(weights)
        if values is not None:
            optimizer.build(model.trainable_variables)
            optimizer.set_weights(values)
        self.model_, self._made_for = model, made_for

    def _metrics(self, output: Output) -> list[str] | None:
        return None

    def _rate_of(self, optimizer: Any) -> float:
        follows = optimizer._source is not None
        if follows and self.learning_rate != "constant":
            raise ValueError(
                f"{type(self).__name__}: expected learning_rate='constant' with an optimizer that has a schedule of "
                f"its own, received {self.learning_rate!r}"
            )
        return float(np.asarray(optimizer.learning_rate))

    def _new_model(self, sizes: Sequence[int], output: Output, penalty: float, seed: int) -> Sequential:
        rates = settings.dropout_rates(self, len(sizes) - 2)
        activation = settings.hidden_activation(self)
        regularizer = regularizers.L2(penalty) if penalty else None
        common = {"kernel_initializer": "zeros", "kernel_regularizer": regularizer, "dtype": self.dtype}
        stack: list[layers.Layer] = [layers.Input((sizes[0],), dtype=self.dtype)]
        for index, (units, rate) in enumerate(zip(sizes[1:-1], rates, strict=True)):
            stack.append(layers.Dense(units, activation, name=f"hidden_{index + 1}", **common))
            if rate:
                name = f"dropout_{index + 1}"
                stack.append(layers.Dropout(rate, seed=seed + index, name=name, dtype=self.dtype))
        stack.append(layers.Dense(output.units, output.activation, name="output", **common))
        return Sequential(stack, name="mlp")

    def _train(self, train: Any, held_out: Any, batch: int, seed: int, incremental: bool) -> None:
        model = self.model_
        rows = model._rows(*train)
        passed = len(self.loss_curve_)
        epochs = passed + (1 if incremental else int(self.max_iter))
        options = loops.FitOptions(passed, epochs, 0, None, seed if self.shuffle else None)
        examples = ArrayExamples(rows, batch, options.shuffle_seed, None, passed)
        stopping = Stopping(self, len(rows.x), held_out)
        own = CallbackList(self.callbacks).callbacks
        self.n_iter_ = 0
        try:
            loops.fit(model, examples, None, options, [*own, stopping])
        except KeyboardInterrupt:
            advice.warn("Training interrupted by user.")
        finally:
            release(own)
            model.history = None
        if stopping.best_weights is not None:
            model.set_weights(stopping.best_weights)
        if not all(np.isfinite(values).all() for values in model.get_weights()):
            raise ValueError(
                "Solver produced non-finite parameter weights: expected inputs of moderate size and a small enough "
                "learning rate; scale X (sklearn.preprocessing.StandardScaler)"
            )
        if self.n_iter_ == self.max_iter and not incremental and not stopping.stopped:
            advice.warn(
                f"Stochastic Optimizer: Maximum iterations ({self.max_iter}) reached and the optimization hasn't "
                "converged yet.",
                ConvergenceWarning,
            )

    def _outputs(self, X: Any) -> Array:
        """Return the outputs of the model, shape (rows, outputs); in float64 for rows in float64, as users expect."""
        check_is_fitted(self, "model_")
        rows = validate_data(self, X, accept_sparse="csr", dtype=(np.float64, np.float32), reset=False)
        outputs = self.model_.predict(rows if isinstance(rows, np.ndarray) else rows.toarray(), verbose=0)
        return outputs.astype(np.result_type(outputs, rows.dtype), copy=False)

    @property
    def coefs_(self) -> list[Array]:
        """The weights of each layer, shape (inputs, units): copies. Assign a list to replace them."""
        return [_frozen(values) for values in self._fitted_weights()[::2]]

    @coefs_.setter
    def coefs_(self, values: Sequence[Any]) -> None:
        self._assign(values, self._fitted_weights()[1::2])

    @property
    def intercepts_(self) -> list[Array]:
        """The biases of each layer, shape (units,): copies. Assign a list to replace them."""
        return [_frozen(values) for values in self._fitted_weights()[1::2]]

    @intercepts_.setter
    def intercepts_(self, values: Sequence[Any]) -> None:
        self._assign(self._fitted_weights()[::2], values)

    def _fitted_weights(self) -> list[Array]:
        if "model_" not in vars(self):
            raise AttributeError(f"This {type(self).__name__} is not fitted yet: call fit first")
        return self.model_.get_weights()

    def _assign(self, coefs: Sequence[Any], intercepts: Sequence[Any]) -> None:
        self.model_.set_weights([values for pair in zip(coefs, intercepts, strict=True) for values in pair])

    def __getstate__(self) -> dict[str, Any]:
        return keep_models(super().__getstate__())

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(revive_models(state))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.target_tags.multi_output = True
        return tags


def _frozen(values: Array) -> Array:
    """Return an array that refuses to be written to, since that would not reach the model."""
    values.flags.writeable = False
    return values
