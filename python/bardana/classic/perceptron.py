"""Rosenblatt's perceptron as an estimator. The loop: cpp/classic/perceptron.cpp."""

from __future__ import annotations

import math
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from bardana import _core, advice
from bardana.arguments import is_integer, is_number
from bardana.classic import targets
from bardana.classic.estimator import ConvergenceWarning, Estimator, like_sklearn

Array = NDArray[Any]
Self = TypeVar("Self", bound="Perceptron")
_LARGEST_SEED = 2**31 - 1


class Perceptron(Estimator):
    """Classify rows with threshold units that learn from their mistakes, one row at a time.

    Each unit computes ŷ = [w · x + b > 0] and learns by Rosenblatt's rule w ← w + η (y − ŷ) x, b ← b + η (y − ŷ), with
    y = 1 for rows of its class and 0 for others; while it learns, a sum of exactly 0 counts as a mistake. Two classes
    need one unit, more classes one each, of which the largest sum wins; a target of several columns of 0 and 1 one
    each, which decide independently. With the defaults it learns, bit by bit, what `sklearn.linear_model.Perceptron`
    learns from the same rows and `random_state`.

    Args:
        eta0: η, positive. Default 1. From weights of 0, it only scales them.
        fit_intercept: whether there is a b. Default True.
        max_iter: most epochs, at least 1. Default 1000.
        tol: an epoch whose mean of max(0, −(w · x + b) (2 y − 1)) is not lower by tol than the lowest before counts as
            one without progress. Default 0.001; None never stops for want of progress.
        n_iter_no_change: epochs without progress before training stops. Default 5.
        stop_when_separated: stop after an epoch without a mistake, as textbooks do. Default False. With `tol=None` this
            alone, and `max_iter`, ends training.
        shuffle: whether each epoch takes the rows in another order. Default True.
        random_state: int, `numpy.random.RandomState` or None (NumPy's global one) for the shuffle. Default 0.
        class_weight: factors of η by class, or "balanced": rows / (classes · rows of the class). Default None.
        warm_start: whether `fit` goes on from the weights there are. Default False.

    Attributes:
        coef_: w of each unit, shape (units, features).
        intercept_: b of each unit, shape (units,).
        classes_: the classes in order.
        n_iter_: epochs of the unit that took most.
        n_mistakes_: corrections that all units made in the last `fit`, by Novikoff's theorem at most (R / γ)² of one
            unit, if its rows, a 1 for b appended, are no longer than R and some unit vector separates them by γ.
        mistakes_per_epoch_: corrections by unit and epoch, shape (units, n_iter_); 0 after a unit has stopped.
        converged_: whether the last epoch of every unit had no mistake, so that the rows are separated.
        n_features_in_: number of features.

    Raises:
        ValueError: in `fit`, for arguments out of range, data that do not fit, or a single class.

    Warns:
        ConvergenceWarning: if a unit is shown to be unable to separate its rows (its weights came back to a former
            value, as with "exclusive or"), or has not done so within `max_iter` epochs.

    Source: Rosenblatt, The perceptron (1958); Novikoff, On convergence proofs for perceptrons (1962).

    Example:
        >>> x, y = np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), np.array([0, 0, 0, 1])
        >>> unit = Perceptron(tol=None, stop_when_separated=True).fit(x, y)
        >>> unit.predict(x).tolist(), unit.converged_
        ([0, 0, 0, 1], True)
    """

    _estimator_type = "classifier"

    classes_: Array
    coef_: Array
    intercept_: Array

    def __init__(
        self,
        *,
        eta0: float = 1.0,
        fit_intercept: bool = True,
        max_iter: int = 1000,
        tol: float | None = 1e-3,
        n_iter_no_change: int = 5,
        stop_when_separated: bool = False,
        shuffle: bool = True,
        random_state: Any = 0,
        class_weight: Any = None,
        warm_start: bool = False,
    ) -> None:
        self.eta0 = eta0
        self.fit_intercept = fit_intercept
        self.max_iter = max_iter
        self.tol = tol
        self.n_iter_no_change = n_iter_no_change
        self.stop_when_separated = stop_when_separated
        self.shuffle = shuffle
        self.random_state = random_state
        self.class_weight = class_weight
        self.warm_start = warm_start

    def __getattr__(self, name: str) -> Any:
        if name in ("predict_proba", "predict_log_proba"):
            raise AttributeError(
                f"Perceptron has no {name}: a threshold unit decides, and its sums are no probabilities. Use "
                "decision_function for the sums, or a Dense layer with the activation 'sigmoid' or 'softmax'"
            )
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")

    def fit(
        self: Self, X: Any, y: Any, coef_init: Any = None, intercept_init: Any = None, sample_weight: Any = None
    ) -> Self:
        """Learn from rows and labels; return the estimator.

        Args:
            X: array of shape (rows, features).
            y: labels of at least two classes, shape (rows,), or bits of shape (rows, outputs).
            coef_init, intercept_init: weights to begin with, of the shapes of `coef_` and `intercept_`. Default: 0.
            sample_weight: factors of η by row, shape (rows,). Default: 1.
        """
        rows = targets.check_rows(X)
        labels = targets.check_labels(y, len(rows))
        goes_on = self.warm_start and hasattr(self, "coef_")
        start = (self.coef_, self.intercept_) if goes_on else (None, None)
        classes = np.array([0, 1]) if labels.ndim == 2 else np.unique(labels)
        if len(classes) < 2:
            raise ValueError(
                "The number of classes has to be greater than one; got 1 class: expected labels of at least two, "
                f"received only {classes.tolist()}"
            )
        given = (coef_init, intercept_init)
        begin = tuple(old if new is None else new for old, new in zip(start, given, strict=True))
        self._learn(rows, labels, classes, sample_weight, begin, self._rule())
        self._warn_of_mistakes()
        return self

    def partial_fit(self: Self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> Self:
        """Learn one epoch from further rows; return the estimator.

        Args:
            X, y, sample_weight: as for `fit`.
            classes: all classes there will be; needed in the first call unless y has several outputs.
        """
        if self.class_weight == "balanced":
            raise ValueError("partial_fit: expected class_weight to be None or a dict, received 'balanced'")
        first = not hasattr(self, "coef_")
        rows = targets.check_rows(X, None if first else self.n_features_in_)
        labels = targets.check_labels(y, len(rows))
        known = self._known_classes(labels, classes, first)
        begin = (None, None) if first else (self.coef_, self.intercept_)
        self._learn(rows, labels, known, sample_weight, begin, {**self._rule(), "max_epochs": 1})
        return self

    def _known_classes(self, labels: Array, classes: Any, first: bool) -> Array:
        if labels.ndim == 2:
            return np.array([0, 1])
        if first and classes is None:
            raise ValueError("classes must be passed on the first call to partial_fit")
        known = self.classes_ if classes is None else np.unique(classes)
        if not first and not np.array_equal(known, self.classes_):
            raise ValueError(f"partial_fit: expected the classes of the first call, {self.classes_}, received {known}")
        strangers = np.setdiff1d(labels, known)
        if len(strangers) or len(known) < 2:
            raise ValueError(
                f"partial_fit: expected two or more classes with all of y, received {known}, y {strangers}"
            )
        return known

    def _rule(self) -> dict[str, Any]:
        """Return the fields of the native rule that all units share; ValueError for arguments out of range."""
        _require(is_number(self.eta0) and 0 < self.eta0 < math.inf, "eta0", "a positive number", self.eta0)
        _require(
            self.tol is None or (is_number(self.tol) and 0 <= self.tol < math.inf),
            "tol",
            "None or a number of at least 0",
            self.tol,
        )
        for name in ("max_iter", "n_iter_no_change"):
            count = getattr(self, name)
            _require(is_integer(count) and 1 <= count <= _LARGEST_SEED, name, "a positive integer", count)
        for name in ("fit_intercept", "shuffle", "stop_when_separated", "warm_start"):
            flag = getattr(self, name)
            _require(isinstance(flag, (bool, np.bool_)), name, "True or False", flag)
        return {
            "max_epochs": int(self.max_iter),
            "tolerance": None if self.tol is None else float(self.tol),
            "patience": int(self.n_iter_no_change),
            "stop_when_separated": bool(self.stop_when_separated),
            "fit_intercept": bool(self.fit_intercept),
            "shuffle": bool(self.shuffle),
            "rate": float(self.eta0),
        }

    def _learn(
        self, rows: Array, labels: Array, classes: Array, sample_weight: Any, begin: Any, rule: dict[str, Any]
    ) -> None:
        signs = targets.signs(labels, classes).astype(rows.dtype)
        weights = targets.sample_factors(sample_weight, rows)
        coef = _start(begin[0], (len(signs), rows.shape[1]), "coef_init", rows.dtype)
        intercept = _start(begin[1], (len(signs),), "intercept_init", rows.dtype if len(signs) > 1 else np.float64)
        factors = self._unit_factors(classes, labels, len(signs))
        outcomes = []
        for unit, seed in enumerate(_seeds(self.random_state, len(signs))):
            positive, negative = factors[unit]
            options = {**rule, "seed": seed, "positive_weight": positive, "negative_weight": negative}
            found = _core.train_perceptron(rows, signs[unit], weights, coef[unit], float(intercept[unit]), options)
            intercept[unit] = found[0]
            if not found[4]:
                raise ValueError(
                    f"Floating-point under-/overflow occurred at epoch #{len(found[1])}: expected inputs of moderate "
                    "size, scale X (sklearn.preprocessing.StandardScaler or bardana.layers.Normalization)"
                )
            outcomes.append(found)
        self.classes_, self.coef_, self.intercept_ = classes, coef, intercept
        self.n_features_in_ = rows.shape[1]
        self._has_several_outputs = labels.ndim == 2
        self._report(outcomes)

    def _report(self, outcomes: list[Any]) -> None:
        self.n_iter_ = max(len(found[1]) for found in outcomes)
        self.mistakes_per_epoch_ = np.zeros((len(outcomes), self.n_iter_), np.int64)
        for unit, found in enumerate(outcomes):
            self.mistakes_per_epoch_[unit, : len(found[1])] = found[1]
        self.n_mistakes_ = int(self.mistakes_per_epoch_.sum())
        self.converged_ = all(found[2] for found in outcomes)
        self._inseparable = [unit for unit, found in enumerate(outcomes) if found[3]]

    def _unit_factors(self, classes: Array, labels: Array, units: int) -> list[tuple[float, float]]:
        """Return each unit's factors of η for rows of its class and for others."""
        of_class = targets.class_factors(self.class_weight, classes, labels).tolist()
        if len(classes) == 2:
            return [(of_class[1], of_class[0])] * units
        return [(factor, 1.0) for factor in of_class]

    def _warn_of_mistakes(self) -> None:
        if self._inseparable:
            units = ", ".join(self._unit_name(unit) for unit in self._inseparable)
            plane = "straight line or plane" if self.fit_intercept else "straight line or plane through the origin"
            message = f"no {plane} separates {units}: the weights came back to a former value"
        elif self.converged_ or self.n_iter_ < self.max_iter or (self.tol is None and not self.stop_when_separated):
            return
        else:
            message = f"Maximum number of iteration reached before convergence: mistakes after {self.n_iter_} epochs"
        advice.warn(
            f"Perceptron: {message}. More epochs help only if the classes can be separated linearly; otherwise use a "
            "hidden layer",
            like_sklearn(ConvergenceWarning),
        )

    def _unit_name(self, unit: int) -> str:
        if self._has_several_outputs:
            return f"output {unit}"
        if len(self.classes_) == 2:
            return f"class {self.classes_[0]!s} from {self.classes_[1]!s}"
        return f"class {self.classes_[unit]!s} from the rest"

    def decision_function(self, X: Any) -> Array:
        """Return the sums w · x + b, shape (rows,) for two classes, else (rows, units).

        Args:
            X: array of shape (rows, features).
        """
        self._check_fitted("coef_")
        sums = targets.check_rows(X, self.n_features_in_) @ self.coef_.T + self.intercept_
        return sums[:, 0] if sums.shape[1] == 1 else sums

    def predict(self, X: Any) -> Array:
        """Return the class of each row, or the bits of all outputs.

        Args:
            X: array of shape (rows, features).
        """
        sums = self.decision_function(X)
        if self._has_several_outputs:
            return (sums > 0).astype(np.int64)
        best = (sums > 0).astype(np.int64) if sums.ndim == 1 else sums.argmax(axis=1)
        return np.asarray(self.classes_[best])

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Return the share of rows that are classified rightly, in all outputs.

        Args:
            X, y, sample_weight: as for `fit`.
        """
        right = self.predict(X) == targets.check_labels(y, len(X))
        return float(np.average(right if right.ndim == 1 else right.all(axis=1), weights=sample_weight))


def _require(holds: bool, name: str, expected: str, received: Any) -> None:
    if not holds:
        raise ValueError(f"Perceptron: expected {name} to be {expected}, received {received!r}")


def _start(given: Any, shape: tuple[int, ...], name: str, dtype: Any) -> Array:
    """Return the weights to begin with as an array that may be written to."""
    if given is None:
        return np.zeros(shape, dtype)
    values = np.array(given, dtype)
    if values.size != math.prod(shape) or values.shape not in (shape, shape[1:]):
        raise ValueError(f"Perceptron: expected {name} of shape {shape}, received {values.shape}")
    return np.ascontiguousarray(values.reshape(shape))


def _seeds(random_state: Any, units: int) -> list[int]:
    """Return the seed of each unit's shuffle, drawn as scikit-learn draws it: one number is passed over."""
    generator = _generator(random_state)
    if units == 1:
        return [_second_draw(generator)]
    return [_second_draw(np.random.RandomState(seed)) for seed in generator.randint(_LARGEST_SEED, size=units)]


def _second_draw(generator: np.random.RandomState) -> int:
    generator.randint(1, _LARGEST_SEED)
    return int(generator.randint(_LARGEST_SEED))


def _generator(random_state: Any) -> Any:
    if random_state is None:
        return np.random.mtrand._rand
    if isinstance(random_state, np.random.RandomState):
        return random_state
    if is_integer(random_state) and 0 <= random_state < 2**32:
        return np.random.RandomState(random_state)
    raise ValueError(
        "Perceptron: expected random_state to be None, an integer from 0 to 2³² − 1 or a numpy.random.RandomState, "
        f"received {random_state!r}"
    )
