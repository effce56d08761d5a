"""Hinge losses: for targets −1 and 1, or for rows of scores with one-hot targets.

Targets of 0 and 1 are read as −1 and 1 if a batch holds nothing else.
"""

from __future__ import annotations

from typing import Any

from bardana.losses.base import FAMILY, FunctionLoss
from bardana.losses.targets import loss_values
from bardana.tensor import Tensor


def hinge(y_true: Any, y_pred: Any) -> Tensor:
    """Return the mean of max(1 − y_true y_pred, 0) over the last axis.

    Args:
        y_true: targets, of the shape of `y_pred`.
        y_pred: predictions, shape (…, d).

    Returns:
        Values of shape (…).

    Example:
        >>> hinge([[1.0, 0.0]], [[0.5, 0.5]]).tolist()  # 0 is read as −1
        [1.0]
    """
    return loss_values("hinge", y_true, y_pred)


def squared_hinge(y_true: Any, y_pred: Any) -> Tensor:
    """Return the mean of max(1 − y_true y_pred, 0)² over the last axis.

    Args:
        y_true: targets, of the shape of `y_pred`.
        y_pred: predictions, shape (…, d).

    Returns:
        Values of shape (…).

    Example:
        >>> squared_hinge([[1.0, -1.0]], [[0.5, 0.5]]).tolist()
        [1.25]
    """
    return loss_values("squared_hinge", y_true, y_pred)


def categorical_hinge(y_true: Any, y_pred: Any) -> Tensor:
    """Return max(n − Σ y_true y_pred + 1, 0) with n = max (1 − y_true) y_pred, over the last axis.

    Args:
        y_true: targets, of the shape of `y_pred`.
        y_pred: predictions, shape (…, d).

    Returns:
        Values of shape (…).

    Example:
        >>> categorical_hinge([[0.0, 1.0]], [[0.5, 0.75]]).tolist()
        [0.75]
    """
    return loss_values("categorical_hinge", y_true, y_pred)


class Hinge(FunctionLoss):
    """Be the mean of max(1 − y_true y_pred, 0), for targets −1 and 1; see `hinge`.

    Args:
        reduction, name, dtype: as in `Loss`.

    Example:
        >>> float(Hinge()([[1.0], [-1.0]], [[0.5], [0.5]]))
        1.0
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "hinge",
        dtype: str | None = None,
    ) -> None:
        super().__init__(hinge, reduction, name, dtype)


class SquaredHinge(FunctionLoss):
    """Be the mean of max(1 − y_true y_pred, 0)², for targets −1 and 1; see `squared_hinge`.

    Args:
        reduction, name, dtype: as in `Loss`.

    Example:
        >>> float(SquaredHinge()([[1.0], [-1.0]], [[0.5], [0.5]]))
        1.25
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "squared_hinge",
        dtype: str | None = None,
    ) -> None:
        super().__init__(squared_hinge, reduction, name, dtype)


class CategoricalHinge(FunctionLoss):
    """Be the hinge loss of rows of scores with one-hot targets; see `categorical_hinge`.

    Args:
        reduction, name, dtype: as in `Loss`.

    Example:
        >>> float(CategoricalHinge()([[0.0, 1.0]], [[0.5, 0.75]]))
        0.75
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "categorical_hinge",
        dtype: str | None = None,
    ) -> None:
        super().__init__(categorical_hinge, reduction, name, dtype)


for _component in (hinge, squared_hinge, categorical_hinge, Hinge, SquaredHinge, CategoricalHinge):
    FAMILY.add(_component)
