"""The functions that `keras.backend` had besides the settings, for arrays: `K.mean`, `K.square`, …

They compute values, not gradients: a loss written with them can be called, and `compile` says what it needs to train.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np

import bardana
from bardana import activations, advice, config, losses
from bardana import backend as today
from bardana.compat import arrays
from bardana.compat.arrays import as_array, tensor
from bardana.compat.patches import Patches
from bardana.tensor import Tensor

_GRAPHS = "bardana has no graphs and sessions: models are called and trained directly; leave this out"
_GRADIENTS = "gradients come from model.compute_gradients(x, y); train with fit or train_on_batch"


def apply(patches: Patches) -> None:
    """Add the functions to `bardana.backend` until the patches are undone."""
    for name, function in FUNCTIONS.items():
        if name not in vars(today):
            patches.set(today, name, _warning(name, function))
    for reason, names in _ABSENT.items():
        for name in names.split():
            if name not in vars(today):
                patches.set(today, name, _refusing(name, reason))


def _warning(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    def call(*args: Any, **kwargs: Any) -> Any:
        advice.warn(f"keras.backend.{name}: today's Keras has such functions in keras.ops", DeprecationWarning)
        return function(*args, **kwargs)

    call.__name__ = name
    call.__doc__ = function.__doc__
    return call


def _refusing(name: str, reason: str) -> Callable[..., NoReturn]:
    def refuse(*args: Any, **kwargs: Any) -> NoReturn:
        raise NotImplementedError(f"keras.backend.{name}: {reason}")

    refuse.__name__ = name
    return refuse


def _sqrt(x: Any) -> Tensor:
    return tensor(np.sqrt(np.maximum(as_array(x), 0)))


def _pow(x: Any, a: Any) -> Tensor:
    values = as_array(x)
    return tensor(np.power(values, a).astype(values.dtype, copy=False))


def _dot(x: Any, y: Any) -> Tensor:
    return tensor(np.dot(as_array(x), as_array(y)))


def _relu(x: Any, alpha: float = 0.0, max_value: float | None = None, threshold: float = 0.0) -> Tensor:
    return activations.relu(as_array(x), negative_slope=alpha, max_value=max_value, threshold=threshold)


def _hard_sigmoid(x: Any) -> Tensor:
    values = as_array(x)
    return tensor(np.clip(0.2 * values + 0.5, 0, 1).astype(values.dtype, copy=False))


def _binary_crossentropy(target: Any, output: Any, from_logits: bool = False) -> Any:
    rows = as_array(target)[..., np.newaxis], as_array(output)[..., np.newaxis]  # the mean over one number is itself
    return losses.binary_crossentropy(*rows, from_logits=from_logits)


def _l2_normalize(x: Any, axis: Any = None) -> Tensor:
    values = as_array(x)
    squares = np.sum(np.square(values), axis=axis, keepdims=True)
    return tensor(values / np.sqrt(np.maximum(squares, 1e-12)).astype(values.dtype, copy=False))


def _categorical_crossentropy(target: Any, output: Any, from_logits: bool = False, axis: int = -1) -> Any:
    return losses.categorical_crossentropy(target, output, from_logits=from_logits, axis=axis)


def _sparse_categorical_crossentropy(target: Any, output: Any, from_logits: bool = False, axis: int = -1) -> Any:
    return losses.sparse_categorical_crossentropy(target, output, from_logits=from_logits, axis=axis)


def _variable(value: Any, dtype: Any = None, name: str | None = None, constraint: None = None) -> Any:
    return bardana.Variable(np.asarray(value), dtype=dtype or config.floatx(), name=name)


def _update(x: Any, new_x: Any) -> Any:
    return x.assign(new_x)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    **arrays.ELEMENTWISE,
    **arrays.ACTIVATIONS,
    **arrays.REDUCTIONS,
    "arange": lambda start, stop=None, step=1, dtype="int32": tensor(np.arange(start, stop, step, dtype=dtype)),
    "argmax": arrays.argmax,
    "argmin": arrays.argmin,
    "batch_flatten": lambda x: tensor(as_array(x).reshape(len(x), -1)),
    "batch_get_value": lambda tensors: [today.get_value(x) for x in tensors],
    "batch_set_value": lambda tuples: [x.assign(value) for x, value in tuples] and None,
    "binary_crossentropy": _binary_crossentropy,
    "cast": arrays.cast,
    "cast_to_floatx": lambda x: np.asarray(x, dtype=config.floatx()),
    "categorical_crossentropy": _categorical_crossentropy,
    "clip": arrays.clip,
    "concatenate": arrays.concatenate,
    "constant": lambda value, dtype=None, shape=None, name=None: tensor(
        np.full(np.shape(value) if shape is None else shape, value, dtype=dtype or config.floatx())
    ),
    "count_params": lambda x: int(np.prod(x.shape)),
    "dot": _dot,
    "dtype": lambda x: np.dtype(x.dtype).name,
    "eval": today.get_value,
    "expand_dims": arrays.expand_dims,
    "flatten": lambda x: tensor(as_array(x).reshape(-1)),
    "hard_sigmoid": _hard_sigmoid,
    "int_shape": lambda x: tuple(x.shape),
    "l2_normalize": _l2_normalize,
    "ndim": lambda x: len(x.shape),
    "one_hot": arrays.one_hot,
    "ones": arrays.ones,
    "permute_dimensions": arrays.transpose,
    "pow": _pow,
    "relu": _relu,
    "reshape": arrays.reshape,
    "shape": lambda x: tensor(np.shape(x)),
    "sparse_categorical_crossentropy": _sparse_categorical_crossentropy,
    "sqrt": _sqrt,
    "squeeze": arrays.squeeze,
    "stack": arrays.stack,
    "stop_gradient": arrays.stop_gradient,
    "switch": arrays.where,
    "transpose": arrays.transpose,
    "update": _update,
    "variable": _variable,
    "zeros": arrays.zeros,
}
"""By name; the names that `bardana.backend` has of its own go first."""

_ABSENT = {
    _GRAPHS: """
        function get_session in_test_phase in_train_phase is_placeholder learning_phase manual_variable_initialization
        placeholder set_learning_phase set_session
    """,
    _GRADIENTS: "gradients",
}
