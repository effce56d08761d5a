"""Classification with scikit-learn's arguments."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
from sklearn.metrics import accuracy_score
from sklearn.utils import column_or_1d
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.multiclass import check_classification_targets, type_of_target

from bardana import losses
from bardana.models import Sequential
from bardana.wrappers.multilayer import Array, MultilayerPerceptron, Output
from bardana.wrappers.needed import ClassifierMixin

Self = TypeVar("Self", bound="MLPClassifier")


class MLPClassifier(ClassifierMixin, MultilayerPerceptron):  # type: ignore[misc]
    """Classify with a multilayer perceptron: scikit-learn's `MLPClassifier`, trained natively.

    Labels of two classes train one logistic output, of more classes a softmax, both with the cross-entropy; rows of
    0 and 1 (several labels at once) a logistic output each. From the same `random_state` it begins with the weights of
    scikit-learn's, and with `shuffle=False` it takes the same steps, in float32 unless `dtype` says otherwise; with
    `shuffle=True` the order of the rows is another one.

    Args:
        hidden_layer_sizes: units of each hidden layer; an integer for one. Default (100,).
        activation: of the hidden layers: "identity", "logistic", "tanh", "relu" (default), or one of
            `bardana.activations`.
        solver: "adam" (default) or "sgd".
        alpha: α of the penalty α/2 · ΣW² / n, n the rows of a batch. Default 0.0001.
        batch_size: rows per step. Default "auto": 200, or all if there are fewer.
        learning_rate: of "sgd" and of `optimizer`: "constant" (default); "invscaling": divided by (rows seen + 1) to
            the power of `power_t` after each epoch; "adaptive": divided by 5 where training would stop, until 1e-6.
        learning_rate_init: the learning rate to begin with. Default 0.001.
        power_t: exponent of "invscaling". Default 0.5.
        max_iter: most epochs. Default 200.
        shuffle: whether each epoch takes the rows in another order. Default True.
        random_state: int, `numpy.random.RandomState` or None for the weights to begin with, what is held out, the order
            of rows and dropout. Default None.
        tol: an epoch that does not lower the loss, or raise the validation score, by this much is one without progress.
            Default 0.0001.
        verbose: whether to print the loss of each epoch. Default False.
        warm_start: whether `fit` goes on from the weights there are. Default False.
        momentum, nesterovs_momentum: of "sgd". Default 0.9 and True.
        early_stopping: hold out rows and stop by their score; the weights of the best epoch are kept. Default False.
        validation_fraction: share of the rows that is held out. Default 0.1.
        beta_1, beta_2, epsilon: of "adam". Default 0.9, 0.999 and 1e-8.
        n_iter_no_change: epochs without progress that are let pass. Default 10.
        max_fun: belongs to the solver "lbfgs", which is not there: must stay at its default, 15000.
        dropout: share of the units of each hidden layer that is dropped in training; a list gives each its own.
            Default 0.
        optimizer: any of `bardana.optimizers`, by name or as an object, of which each `fit` takes a fresh copy, in
            place of `solver`, `learning_rate_init`, `momentum`, … . Default None.
        class_weight: factors of the rows' weights by class, or "balanced": rows / (classes · rows of the class).
            Default None.
        callbacks: list of `bardana.callbacks` for training. Default None.
        dtype: "float32" (default) or "float64", in which the model computes.

    Attributes:
        classes_: the classes in order.
        coefs_, intercepts_: weights and biases of each layer.
        loss_, best_loss_, loss_curve_: mean loss, penalty included, of the last epoch, the best and each one.
        validation_scores_, best_validation_score_: accuracies with `early_stopping`, else None.
        n_iter_, t_: epochs of the last `fit`; rows seen.
        n_features_in_, n_layers_, n_outputs_, out_activation_: features, layers with the inputs, outputs and their
            activation.
        model_: the model, a `bardana.Sequential`.

    Raises:
        ValueError: in `fit`, for arguments out of range, data that do not fit, or a single class.

    Warns:
        ConvergenceWarning: if `max_iter` epochs have passed and the loss still falls.

    Example:
        >>> from sklearn.datasets import load_iris
        >>> x, y = load_iris(return_X_y=True)
        >>> model = MLPClassifier((30,), learning_rate_init=0.02, random_state=0).fit(x, y)
        >>> model.score(x, y) > 0.95, model.predict_proba(x).shape, [w.shape for w in model.coefs_]
        (True, (150, 3), [(4, 30), (30, 3)])
    """

    classes_: Array

    def __init__(
        self,
        hidden_layer_sizes: Any = (100,),
        activation: Any = "relu",
        *,
        solver: str = "adam",
        alpha: float = 0.0001,
        batch_size: int | str = "auto",
        learning_rate: str = "constant",
        learning_rate_init: float = 0.001,
        power_t: float = 0.5,
        max_iter: int = 200,
        shuffle: bool = True,
        random_state: Any = None,
        tol: float = 1e-4,
        verbose: bool | int = False,
        warm_start: bool = False,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        n_iter_no_change: float = 10,
        max_fun: int = 15000,
        dropout: Any = 0.0,
        optimizer: Any = None,
        class_weight: Any = None,
        callbacks: Any = None,
        dtype: str = "float32",
    ) -> None:
        self._remember(locals())

    def fit(self: Self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Learn from rows and labels; return the estimator.

        Args:
            X: array or sparse matrix (rows, features).
            y: labels of at least two classes, shape (rows,), or rows of 0 and 1, shape (rows, outputs).
            sample_weight: weight of each row in the loss, shape (rows,). Default: 1.
        """
        return self._fit(X, y, sample_weight, incremental=False)

    def partial_fit(self: Self, X: Any, y: Any, sample_weight: Any = None, classes: Any = None) -> Self:
        """Learn one epoch from further rows; return the estimator.

        Args:
            X, y, sample_weight: as for `fit`.
            classes: all classes there will be; needed in the first call unless y has several outputs.
        """
        if isinstance(self.class_weight, str):
            raise ValueError(
                f"partial_fit: expected class_weight to be None or a dict, received {self.class_weight!r}, which only "
                "fit can work out"
            )
        several = type_of_target(y).startswith("multilabel")
        if not hasattr(self, "model_"):
            if classes is None and not several:
                raise ValueError("classes must be passed on the first call to partial_fit.")
            self.classes_ = np.arange(np.shape(y)[1]) if several else np.unique(classes)
        if classes is not None and not np.array_equal(np.unique(classes), self.classes_):
            raise ValueError(
                f"`classes={classes!r}` is not the same as on last call to partial_fit, was: {self.classes_!r}"
            )
        return self._fit(X, y, sample_weight, incremental=True)

    def _targets(self, y: Any, anew: bool) -> Array:
        labels = y if isinstance(y, np.ndarray) else y.toarray()
        check_classification_targets(labels)
        if labels.ndim == 2 and labels.shape[1] == 1:
            labels = column_or_1d(labels, warn=True)
        if labels.ndim == 2:
            return self._bits(labels, anew)
        if anew:
            self.classes_ = np.unique(labels)
        if len(self.classes_) < 2:
            raise ValueError(
                "The number of classes has to be greater than one; got 1 class: expected labels of at least two, "
                f"received only {self.classes_.tolist()}"
            )
        strangers = np.setdiff1d(labels, self.classes_)
        if len(strangers):
            raise ValueError(f"`y` has classes not in `self.classes_`: expected {self.classes_}, received {strangers}")
        self._several = False
        return np.searchsorted(self.classes_, labels)

    def _bits(self, labels: Array, anew: bool) -> Array:
        if not type_of_target(labels).startswith("multilabel"):
            raise ValueError(
                f"MLPClassifier: expected labels of shape (rows,) or rows of 0 and 1, received {type_of_target(labels)}"
            )
        if anew:
            self.classes_ = np.arange(labels.shape[1])
        self._several = True
        return labels.astype(np.float32)

    def _weights_of(self, weight: Array | None, y: Any) -> Array | None:
        if self.class_weight is None:
            return weight
        factors = np.asarray(compute_sample_weight(self.class_weight, y))
        return factors if weight is None else weight * factors

    def _output(self, target: Array, reduction: str) -> Output:
        if self._several:
            loss = losses.BinaryCrossentropy(reduction=reduction)
            return Output(target.shape[1], "sigmoid", "logistic", loss, float(target.shape[1]))
        if len(self.classes_) == 2:
            return Output(1, "sigmoid", "logistic", losses.BinaryCrossentropy(reduction=reduction))
        crossentropy = losses.SparseCategoricalCrossentropy(reduction=reduction)
        return Output(len(self.classes_), "softmax", "softmax", crossentropy)

    def _stratified(self, target: Array) -> Array | None:
        return target if not self._several and len(self.classes_) == 2 else None

    def _score_of(self, model: Sequential, x: Array, y: Array, weight: Array | None) -> float:
        return float(accuracy_score(y, self._decide(model.predict(x, verbose=0)), sample_weight=weight))

    def _decide(self, outputs: Array) -> Array:
        """Return the number of the class of each row, or its bits."""
        if self._several:
            return (outputs > 0.5).astype(np.int64)
        return (outputs[:, 0] > 0.5).astype(np.int64) if outputs.shape[1] == 1 else outputs.argmax(axis=1)

    def predict(self, X: Any) -> Array:
        """Return the class of each row, or the bits of all outputs.

        Args:
            X: array or sparse matrix (rows, features).
        """
        decided = self._decide(self._outputs(X))
        return decided if self._several else np.asarray(self.classes_[decided])

    def predict_proba(self, X: Any) -> Array:
        """Return the probability of each class, shape (rows, classes), or of each output.

        Args:
            X: array or sparse matrix (rows, features).
        """
        outputs = self._outputs(X)
        return np.hstack([1 - outputs, outputs]) if outputs.shape[1] == 1 and not self._several else outputs

    def predict_log_proba(self, X: Any) -> Array:
        """Return the logarithm of `predict_proba`.

        Args:
            X: array or sparse matrix (rows, features).
        """
        with np.errstate(divide="ignore"):
            return np.asarray(np.log(self.predict_proba(X)))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags
