"""Losses between distributions."""

from __future__ import annotations

from typing import Any

from bardana.losses.base import FAMILY, FunctionLoss
from bardana.losses.targets import loss_values
from bardana.tensor import Tensor


def poisson(y_true: Any, y_pred: Any) -> Tensor:
    """Return the mean of y_pred − y_true log(y_pred + ε) over the last axis, with ε = `config.epsilon()`.

    Up to a constant it is the negative log-likelihood of counts y_true under a Poisson law of mean y_pred.

    Args:
        y_true: targets, of the shape of `y_pred`.
        y_pred: predictions, shape (…, d).

    Returns:
        Values of shape (…).

    Example:
        >>> poisson([[2.0]], [[2.0]]).numpy().round(3)  # 2 − 2 log 2
        array([0.614], dtype=float32)
    """
    return loss_values("poisson", y_true, y_pred)


def kl_divergence(y_true: Any, y_pred: Any) -> Tensor:
    """Return Σ y_true log(y_true / y_pred) over the last axis, both clipped to [ε, 1], with ε = `config.epsilon()`.

    Args:
        y_true: targets, of the shape of `y_pred`.
        y_pred: predictions, shape (…, d).

    Returns:
        Values of shape (…).

    Source: Kullback, Leibler, On information and sufficiency (1951).

    Example:
        >>> kl_divergence([[0.5, 0.5]], [[0.25, 0.75]]).numpy().round(3)
        array([0.144], dtype=float32)
    """
    return loss_values("kl_divergence", y_true, y_pred)


class Poisson(FunctionLoss):
    """Be the Poisson loss, the mean of y_pred − y_true log(y_pred + ε); see `poisson`.

    Args:
        reduction, name, dtype: as in `Loss`.

    Example:
        >>> round(float(Poisson()([[1.0], [3.0]], [[2.0], [2.0]])), 3)  # 2 − 2 log 2
        0.614
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "poisson",
        dtype: str | None = None,
    ) -> None:
        super().__init__(poisson, reduction, name, dtype)


class KLDivergence(FunctionLoss):
    """Be the Kullback-Leibler divergence, Σ y_true log(y_true / y_pred); see `kl_divergence`.

    Args:
        reduction, name, dtype: as in `Loss`.

    Example:
        >>> round(float(KLDivergence()([[0.5, 0.5]], [[0.25, 0.75]])), 3)
        0.144
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "kl_divergence",
        dtype: str | None = None,
    ) -> None:
        super().__init__(kl_divergence, reduction, name, dtype)


for _component in (poisson, Poisson, KLDivergence):
    FAMILY.add(_component)
FAMILY.add(kl_divergence, "kld", "KLD")
