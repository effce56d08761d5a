"""Regression with scikit-learn's arguments."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
from sklearn.metrics import r2_score
from sklearn.utils import column_or_1d

from bardana import losses
from bardana.models import Sequential
from bardana.wrappers.multilayer import Array, MultilayerPerceptron, Output
from bardana.wrappers.needed import RegressorMixin

Self = TypeVar("Self", bound="MLPRegressor")


class MLPRegressor(RegressorMixin, MultilayerPerceptron):  # type: ignore[misc]
    """Predict numbers with a multilayer perceptron: scikit-learn's `MLPRegressor`, trained natively.

    From the same `random_state` it begins with the weights of scikit-learn's, and with `shuffle=False` it takes the
    same steps, in float32 unless `dtype` says otherwise; with `shuffle=True` the order of the rows is another one.

    Args:
        loss: "squared_error" (default), half the square; "poisson", half the deviance, with exp as the output's
            activation; or one of `bardana.losses`, such as "huber" or "mae", with outputs as they are.
        hidden_layer_sizes, activation, solver, alpha, batch_size, learning_rate, learning_rate_init, power_t, max_iter,
            shuffle, random_state, tol, verbose, warm_start, momentum, nesterovs_momentum, early_stopping,
            validation_fraction, beta_1, beta_2, epsilon, n_iter_no_change, max_fun, dropout, optimizer, callbacks,
            dtype: as for `MLPClassifier`.

    Attributes:
        validation_scores_, best_validation_score_: R² of what is held out with `early_stopping`, else None.
        coefs_, intercepts_, loss_, best_loss_, loss_curve_, n_iter_, t_, n_features_in_, n_layers_, n_outputs_,
            out_activation_, model_: as for `MLPClassifier`.

    Raises:
        ValueError: in `fit`, for arguments out of range or data that do not fit.

    Warns:
        ConvergenceWarning: if `max_iter` epochs have passed and the loss still falls.

    Example:
        >>> x = np.linspace(-1, 1, 200)[:, np.newaxis]
        >>> model = MLPRegressor(hidden_layer_sizes=(20,), learning_rate_init=0.02, batch_size=32, random_state=0)
        >>> model.fit(x, np.sin(3 * x[:, 0])).score(x, np.sin(3 * x[:, 0])) > 0.99
        True
    """

    def __init__(
        self,
        loss: Any = "squared_error",
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
        callbacks: Any = None,
        dtype: str = "float32",
    ) -> None:
        self._remember(locals())

    def fit(self: Self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Learn from rows and targets; return the estimator.

        Args:
            X: array or sparse matrix (rows, features).
            y: numbers of shape (rows,) or (rows, outputs).
            sample_weight: weight of each row in the loss, shape (rows,). Default: 1.
        """
        return self._fit(X, y, sample_weight, incremental=False)

    def partial_fit(self: Self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Learn one epoch from further rows; return the estimator.

        Args:
            X, y, sample_weight: as for `fit`.
        """
        return self._fit(X, y, sample_weight, incremental=True)

    def _targets(self, y: Any, anew: bool) -> Array:
        values = y if isinstance(y, np.ndarray) else y.toarray()
        if values.ndim == 2 and values.shape[1] == 1:
            values = column_or_1d(values, warn=True)
        if self.loss == "poisson" and (values < 0).any():
            raise ValueError("MLPRegressor: expected y of at least 0 for loss='poisson', received negative values")
        return values.astype(np.float64, copy=False).reshape(len(values), -1)

    def _look_at(self, target: Array, weight: Array | None) -> None:
        self._offset = _deviance_constant(target, weight) if self.loss == "poisson" else 0.0

    def _output(self, target: Array, reduction: str) -> Output:
        units = target.shape[1]
        if self.loss == "squared_error":
            return Output(units, "linear", "identity", losses.MeanSquaredError(reduction=reduction), units / 2)
        if self.loss == "poisson":
            return Output(units, "exponential", "exp", losses.Poisson(reduction=reduction), float(units))
        loss = losses.get(self.loss)
        if not isinstance(loss, losses.Loss):
            raise ValueError(
                f"MLPRegressor: expected loss to be 'squared_error', 'poisson' or one of bardana.losses, received "
                f"{self.loss!r}"
            )
        return Output(units, "linear", "identity", loss)

    def _metrics(self, output: Output) -> list[str] | None:
        return ["mse"] if self.loss == "squared_error" and output.units > 1 else None

    def _loss_of(self, logs: dict[str, Any]) -> float:
        """Return the loss; scikit-learn minimizes the sum over outputs of squared errors and reports their mean."""
        loss = float(logs["loss"]) + self._offset
        if "mse" in logs:
            loss -= float(logs["mse"]) * (self.n_outputs_ - 1) / 2
        return loss

    def _score_of(self, model: Sequential, x: Array, y: Array, weight: Array | None) -> float:
        return float(r2_score(y, model.predict(x, verbose=0), sample_weight=weight))

    def predict(self, X: Any) -> Array:
        """Return the predicted numbers, shape (rows,) or (rows, outputs).

        Args:
            X: array or sparse matrix (rows, features).
        """
        outputs = self._outputs(X)
        return outputs[:, 0] if outputs.shape[1] == 1 else outputs


def _deviance_constant(target: Array, weight: Array | None) -> float:
    """Return the part of half the Poisson deviance that does not depend on predictions: the mean of Σ y log y − y."""
    logarithms = np.log(np.where(target > 0, target, 1.0))
    return float(np.average((target * logarithms - target).sum(axis=1), weights=weight))
