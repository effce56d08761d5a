"""`tensorflow.math` for arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from bardana import activations
from bardana.compat.arrays import ELEMENTWISE, REDUCTIONS, as_array, one, tensor, two
from bardana.compat.tensorflow.reasons import missing as _missing
from bardana.tensor import Tensor

abs, cos, exp, log, round = (ELEMENTWISE[name] for name in ("abs", "cos", "exp", "log", "round"))
sign, sin, sqrt, square = (ELEMENTWISE[name] for name in ("sign", "sin", "sqrt", "square"))
equal, greater, greater_equal = (ELEMENTWISE[name] for name in ("equal", "greater", "greater_equal"))
less, less_equal, not_equal = (ELEMENTWISE[name] for name in ("less", "less_equal", "not_equal"))
maximum, minimum = ELEMENTWISE["maximum"], ELEMENTWISE["minimum"]
add, subtract, multiply, divide = two(np.add), two(np.subtract), two(np.multiply), two(np.divide)
floor, ceil, is_nan, is_finite = one(np.floor), one(np.ceil), one(np.isnan), one(np.isfinite)
log1p, expm1, pow = one(np.log1p), one(np.expm1), two(np.power)
logical_and, logical_or, logical_not = two(np.logical_and), two(np.logical_or), one(np.logical_not)
reduce_mean, reduce_sum, reduce_max, reduce_min = (REDUCTIONS[name] for name in ("mean", "sum", "max", "min"))
reduce_prod, reduce_all, reduce_any = (REDUCTIONS[name] for name in ("prod", "all", "any"))
reduce_std, reduce_variance = REDUCTIONS["std"], REDUCTIONS["var"]
sigmoid, tanh, softplus = activations.sigmoid, activations.tanh, activations.softplus


def confusion_matrix(labels: Any, predictions: Any, num_classes: int | None = None) -> Tensor:
    """Return how often each label (row) got each prediction (column), as int32."""
    rows, columns = as_array(labels).reshape(-1), as_array(predictions).reshape(-1)
    count = int(max(rows.max(), columns.max())) + 1 if num_classes is None else num_classes
    table = np.zeros((count, count), np.int32)
    np.add.at(table, (rows, columns), 1)
    return tensor(table)


def __getattr__(name: str) -> Any:
    raise _missing("math", name)
