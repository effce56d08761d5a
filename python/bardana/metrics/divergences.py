"""Metrics that are means of divergences between distributions, and of hinge losses."""

from __future__ import annotations

from bardana import losses
from bardana.metrics.base import FAMILY
from bardana.metrics.reductions import MeanMetricWrapper
from bardana.naming import snake_case


class KLDivergence(MeanMetricWrapper):
    """Be the mean of Σ y_true log(y_true / y_pred); see `losses.kl_divergence`.

    Args:
        name: key in logs. Default "kl_divergence".
        dtype: type of the result. Default `config.floatx()`.

    Example:
        >>> round(float(KLDivergence()([[0.5, 0.5]], [[0.25, 0.75]])), 3)
        0.144
    """

    def __init__(self, name: str | None = "kl_divergence", dtype: str | None = None) -> None:
        super().__init__(losses.kl_divergence, name, dtype)


class Poisson(MeanMetricWrapper):
    """Be the mean of y_pred − y_true log(y_pred); see `losses.poisson`.

    Args:
        name: key in logs. Default "poisson".
        dtype: type of the result. Default `config.floatx()`.

    Example:
        >>> round(float(Poisson()([[1.0], [3.0]], [[2.0], [2.0]])), 3)  # 2 − 2 log 2
        0.614
    """

    def __init__(self, name: str | None = "poisson", dtype: str | None = None) -> None:
        super().__init__(losses.poisson, name, dtype)


class Hinge(MeanMetricWrapper):
    """Be the mean of max(1 − y_true y_pred, 0), for targets −1 and 1; see `losses.hinge`.

    Args:
        name: key in logs. Default "hinge".
        dtype: type of the result. Default `config.floatx()`.

    Example:
        >>> float(Hinge()([[1.0], [-1.0]], [[0.5], [0.5]]))
        1.0
    """

    _direction = "down"

    def __init__(self, name: str | None = "hinge", dtype: str | None = None) -> None:
        super().__init__(losses.hinge, name, dtype)


class SquaredHinge(MeanMetricWrapper):
    """Be the mean of max(1 − y_true y_pred, 0)², for targets −1 and 1; see `losses.squared_hinge`.

    Args:
        name: key in logs. Default "squared_hinge".
        dtype: type of the result. Default `config.floatx()`.

    Example:
        >>> float(SquaredHinge()([[1.0], [-1.0]], [[0.5], [0.5]]))
        1.25
    """

    _direction = "down"

    def __init__(self, name: str | None = "squared_hinge", dtype: str | None = None) -> None:
        super().__init__(losses.squared_hinge, name, dtype)


class CategoricalHinge(MeanMetricWrapper):
    """Be the mean hinge loss of rows of scores with one-hot targets; see `losses.categorical_hinge`.

    Args:
        name: key in logs. Default "categorical_hinge".
        dtype: type of the result. Default `config.floatx()`.

    Example:
        >>> float(CategoricalHinge()([[0.0, 1.0]], [[0.5, 0.75]]))
        0.75
    """

    _direction = "down"

    def __init__(self, name: str | None = "categorical_hinge", dtype: str | None = None) -> None:
        super().__init__(losses.categorical_hinge, name, dtype)


for _component in (KLDivergence, Poisson, Hinge, SquaredHinge, CategoricalHinge):
    FAMILY.add(_component, snake_case(_component.__name__))
