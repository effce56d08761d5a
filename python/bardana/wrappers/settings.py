"""The ranges of the arguments of `MLPClassifier` and `MLPRegressor`."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from bardana import activations, optimizers
from bardana.arguments import is_integer, is_number
from bardana.optimizers import Optimizer

ACTIVATIONS = {"identity": "linear", "logistic": "sigmoid", "tanh": "tanh", "relu": "relu"}
"""scikit-learn's names of activations and Keras' names of the same ones."""

_DEFAULT_MAX_FUN = 15000


def _flag(value: Any) -> bool:
    return isinstance(value, (bool, np.bool_))


def _positive_integer(value: Any) -> bool:
    return is_integer(value) and 1 <= value < 2**31


def _between(low: float, high: float) -> Callable[[Any], bool]:
    return lambda value: is_number(value) and low <= value < high


def _one_of(*names: str) -> tuple[Callable[[Any], bool], str]:
    return (lambda value: isinstance(value, str) and value in names), "one of " + ", ".join(map(repr, names))


_POSITIVE = (lambda value: is_number(value) and 0 < value < math.inf), "a positive number"
_AT_LEAST_0 = _between(0, math.inf), "a number of at least 0"
_PART = _between(0, 1), "a number in [0, 1)"
_FLAG = _flag, "True or False"
_COUNT = _positive_integer, "a positive integer"

_RANGES: dict[str, tuple[Callable[[Any], bool], str]] = {
    "alpha": _AT_LEAST_0,
    "batch_size": ((lambda v: (isinstance(v, str) and v == "auto") or _positive_integer(v)), "'auto' or a count"),
    "learning_rate": _one_of("constant", "invscaling", "adaptive"),
    "learning_rate_init": _POSITIVE,
    "power_t": _AT_LEAST_0,
    "max_iter": _COUNT,
    "shuffle": _FLAG,
    "tol": _AT_LEAST_0,
    "verbose": ((lambda v: _flag(v) or (is_integer(v) and v >= 0)), "True, False or an integer of at least 0"),
    "warm_start": _FLAG,
    "momentum": ((lambda v: is_number(v) and 0 <= v <= 1), "a number in [0, 1]"),
    "nesterovs_momentum": _FLAG,
    "early_stopping": _FLAG,
    "validation_fraction": _PART,
    "beta_1": _PART,
    "beta_2": _PART,
    "epsilon": _POSITIVE,
    "n_iter_no_change": ((lambda v: _positive_integer(v) or v == math.inf), "a positive integer or infinity"),
    "dtype": _one_of("float32", "float64"),
}


def check(estimator: Any) -> None:
    """Raise ValueError for the first argument of an estimator that is out of range.

    Args:
        estimator: `MLPClassifier` or `MLPRegressor`.
    """
    name = type(estimator).__name__
    for argument, (holds, expected) in _RANGES.items():
        value = getattr(estimator, argument)
        if not holds(value):
            raise ValueError(f"{name}: expected {argument} to be {expected}, received {value!r}")
    solver = estimator.solver
    if not isinstance(solver, str) or solver not in ("sgd", "adam"):
        raise ValueError(
            f"{name}: expected solver to be 'sgd' or 'adam', or optimizer= to be any optimizer of bardana.optimizers, "
            f"all of which train batch by batch, received solver={solver!r}"
        )
    if not is_integer(estimator.max_fun) or estimator.max_fun != _DEFAULT_MAX_FUN:
        raise ValueError(
            f"{name}: expected max_fun to be left at {_DEFAULT_MAX_FUN}, since it limits the solver 'lbfgs', which is "
            f"not there; max_iter limits training. Received {estimator.max_fun!r}"
        )


def hidden_sizes(estimator: Any) -> list[int]:
    """Return the units of the hidden layers as a list; ValueError unless all are positive integers.

    Args:
        estimator: `MLPClassifier` or `MLPRegressor`.
    """
    given = estimator.hidden_layer_sizes
    sizes = list(given) if isinstance(given, Iterable) and not isinstance(given, str) else [given]
    if not all(map(_positive_integer, sizes)):
        raise ValueError(
            f"{type(estimator).__name__}: hidden_layer_sizes must be > 0: expected positive integers, got {sizes}"
        )
    return [int(size) for size in sizes]


def dropout_rates(estimator: Any, layers: int) -> list[float]:
    """Return the rate behind each hidden layer; ValueError unless `dropout` is a number in [0, 1) or one for each.

    Args:
        estimator: `MLPClassifier` or `MLPRegressor`.
        layers: number of hidden layers.
    """
    given = estimator.dropout
    rates = list(given) if isinstance(given, (list, tuple, np.ndarray)) else [given] * layers
    if len(rates) != layers or not all(map(_PART[0], rates)):
        raise ValueError(
            f"{type(estimator).__name__}: expected dropout to be {_PART[1]}, or a list of {layers}, one for each "
            f"hidden layer, received {given!r}"
        )
    return [float(rate) for rate in rates]


def hidden_activation(estimator: Any) -> Any:
    """Return the activation as Keras knows it; ValueError for an unknown name.

    Args:
        estimator: `MLPClassifier` or `MLPRegressor`.
    """
    given = estimator.activation
    return activations.get(ACTIVATIONS.get(given, given) if isinstance(given, str) else given)


def new_optimizer(estimator: Any) -> Optimizer:
    """Return a fresh optimizer for the solver, or like the one that was given.

    Args:
        estimator: `MLPClassifier` or `MLPRegressor`.
    """
    if estimator.optimizer is not None:
        chosen: Optimizer = optimizers.get(estimator.optimizer)
        return type(chosen).from_config(chosen.get_config())
    rate = float(estimator.learning_rate_init)
    if estimator.solver == "sgd":
        return optimizers.SGD(rate, float(estimator.momentum), bool(estimator.nesterovs_momentum))
    return optimizers.Adam(rate, float(estimator.beta_1), float(estimator.beta_2), float(estimator.epsilon))
