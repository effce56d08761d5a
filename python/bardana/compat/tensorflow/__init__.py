"""A small `tensorflow` for scripts that use it beside `tf.keras`: seeds, arrays, activations, questions about devices.

Tensors are NumPy arrays with `.numpy()`. What is not here says so, and what to use, when a script asks for it.
"""

from __future__ import annotations

from typing import Any

import numpy as _np

from bardana import activations as _activations
from bardana.compat import arrays as _arrays
from bardana.compat.arrays import (
    cast,
    expand_dims,
    ones,
    reshape,
    squeeze,
    stack,
    stop_gradient,
    transpose,
    where,
    zeros,
)
from bardana.compat.tensorflow import compat, config, linalg, logging, math, nn, python, random, test
from bardana.compat.tensorflow.functions import (
    Variable,
    argmax,
    argmin,
    concat,
    constant,
    convert_to_tensor,
    device,
    executing_eagerly,
    eye,
    fill,
    function,
    gather,
    get_logger,
    is_tensor,
    linspace,
    one_hot,
    print_,
    range_,
    shape,
    size,
)
from bardana.compat.tensorflow.reasons import missing as _missing
from bardana.tensor import Tensor

__version__ = "2.21.0"
"""The version of TensorFlow that bardana is compared with."""

float16, float32, float64 = (_np.dtype(name) for name in ("float16", "float32", "float64"))
int8, int16, int32, int64 = (_np.dtype(name) for name in ("int8", "int16", "int32", "int64"))
uint8, uint16, uint32, uint64 = (_np.dtype(name) for name in ("uint8", "uint16", "uint32", "uint64"))
newaxis = None

add, subtract, multiply, divide = math.add, math.subtract, math.multiply, math.divide
maximum, minimum, square, sqrt, exp, sign = math.maximum, math.minimum, math.square, math.sqrt, math.exp, math.sign
equal, not_equal, less, greater = math.equal, math.not_equal, math.less, math.greater
less_equal, greater_equal, logical_and = math.less_equal, math.greater_equal, math.logical_and
logical_or, logical_not, sin, cos = math.logical_or, math.logical_not, math.sin, math.cos
sigmoid, tanh, matmul = _activations.sigmoid, _activations.tanh, linalg.matmul
reduce_mean, reduce_sum, reduce_max, reduce_min = math.reduce_mean, math.reduce_sum, math.reduce_max, math.reduce_min
reduce_prod, reduce_all, reduce_any = math.reduce_prod, math.reduce_all, math.reduce_any
zeros_like, ones_like = _arrays.ELEMENTWISE["zeros_like"], _arrays.ELEMENTWISE["ones_like"]
clip_by_value, identity, set_random_seed = _arrays.clip, stop_gradient, random.set_seed

__all__ = [
    "Tensor",
    "Variable",
    "__version__",
    "add",
    "argmax",
    "argmin",
    "cast",
    "clip_by_value",
    "compat",
    "concat",
    "config",
    "constant",
    "convert_to_tensor",
    "cos",
    "device",
    "divide",
    "equal",
    "executing_eagerly",
    "exp",
    "expand_dims",
    "eye",
    "fill",
    "float16",
    "float32",
    "float64",
    "function",
    "gather",
    "get_logger",
    "greater",
    "greater_equal",
    "identity",
    "int8",
    "int16",
    "int32",
    "int64",
    "is_tensor",
    "less",
    "less_equal",
    "linalg",
    "linspace",
    "logging",
    "logical_and",
    "logical_not",
    "logical_or",
    "math",
    "matmul",
    "maximum",
    "minimum",
    "multiply",
    "newaxis",
    "nn",
    "not_equal",
    "one_hot",
    "ones",
    "ones_like",
    "python",
    "random",
    "reduce_all",
    "reduce_any",
    "reduce_max",
    "reduce_mean",
    "reduce_min",
    "reduce_prod",
    "reduce_sum",
    "reshape",
    "set_random_seed",
    "shape",
    "sigmoid",
    "sign",
    "sin",
    "size",
    "sqrt",
    "square",
    "squeeze",
    "stack",
    "stop_gradient",
    "subtract",
    "tanh",
    "test",
    "transpose",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "where",
    "zeros",
    "zeros_like",
]

# Names that would hide Python's own in this file.
_HIDING: dict[str, Any] = {
    "abs": math.abs,
    "bool": _np.dtype("bool"),
    "pow": math.pow,
    "print": print_,
    "range": range_,
    "round": math.round,
}


def __getattr__(name: str) -> Any:
    if name == "keras":
        from bardana.compat.aliases import keras

        return keras()
    if name in _HIDING:
        return _HIDING[name]
    raise _missing("", name)
