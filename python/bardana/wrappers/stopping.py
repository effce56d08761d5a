"""What scikit-learn's MLP does after each epoch: note the loss, change the learning rate, see whether to stop."""

from __future__ import annotations

from typing import Any

import numpy as np

from bardana.callbacks import Callback
from bardana.callbacks.base import Logs

_SMALLEST_RATE = 1e-6


class Stopping(Callback):
    """Write what an epoch gave into the estimator, and end training as `tol` and `n_iter_no_change` say.

    Args:
        estimator: `MLPClassifier` or `MLPRegressor`.
        rows: number of rows in an epoch.
        held_out: (x, y, sample_weight) to score with `early_stopping`, else None.
    """

    def __init__(self, estimator: Any, rows: int, held_out: Any) -> None:
        self._estimator = estimator
        self._rows = rows
        self._held_out = held_out
        self._follows_rate = estimator.optimizer is not None or estimator.solver == "sgd"
        self.stopped = False
        self.best_weights: list[Any] | None = None

    def on_train_begin(self, logs: Logs | None = None) -> None:
        if self._held_out is not None:
            self.best_weights = self.model.get_weights()

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        estimator = self._estimator
        estimator.n_iter_ += 1
        estimator.t_ += self._rows
        estimator.loss_ = estimator._loss_of(logs or {})
        estimator.loss_curve_.append(estimator.loss_)
        self._say(f"Iteration {estimator.n_iter_}, loss = {estimator.loss_:.8f}")
        if self._improves():
            estimator._no_improvement_count = 0
        else:
            estimator._no_improvement_count += 1
        if self._follows_rate and estimator.learning_rate == "invscaling":
            self._set_rate(estimator._first_rate / (estimator.t_ + 1) ** estimator.power_t)
        if estimator._no_improvement_count > estimator.n_iter_no_change:
            self._end()

    def _improves(self) -> bool:
        return self._lowers_loss() if self._held_out is None else self._raises_score()

    def _lowers_loss(self) -> bool:
        estimator, loss = self._estimator, self._estimator.loss_
        improves = bool(loss <= estimator.best_loss_ - estimator.tol)
        estimator.best_loss_ = min(estimator.best_loss_, loss)
        return improves

    def _raises_score(self) -> bool:
        estimator = self._estimator
        x, y, weight = self._held_out
        score = estimator._score_of(self.model, x, y, weight)
        estimator.validation_scores_.append(score)
        self._say(f"Validation score: {score:f}")
        improves = bool(score >= estimator.best_validation_score_ + estimator.tol)
        if score > estimator.best_validation_score_:
            estimator.best_validation_score_ = score
            self.best_weights = self.model.get_weights()
        return improves

    def _end(self) -> None:
        """Stop, or go on with a fifth of the learning rate if it is adaptive and not yet small."""
        estimator = self._estimator
        what = "Training loss" if self._held_out is None else "Validation score"
        found = f"{what} did not improve more than tol={estimator.tol:f} for {estimator.n_iter_no_change} epochs."
        rate = self._rate() if self._follows_rate and estimator.learning_rate == "adaptive" else 0.0
        if rate > _SMALLEST_RATE:
            self._set_rate(rate / 5)
            estimator._no_improvement_count = 0
            self._say(f"{found} Setting learning rate to {rate / 5:f}")
            return
        self._say(f"{found} Stopping.")
        self.stopped = self.model.stop_training = True

    def _rate(self) -> float:
        return float(np.asarray(self.model.optimizer.learning_rate))

    def _set_rate(self, rate: float) -> None:
        self.model.optimizer.learning_rate = rate

    def _say(self, line: str) -> None:
        if self._estimator.verbose:
            print(line)
