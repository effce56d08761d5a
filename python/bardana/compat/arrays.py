"""Array functions that `keras.backend` and `tensorflow` have in common, on NumPy arrays.

Results are `Tensor`s: NumPy arrays with `.numpy()`. Arrays keep their types; Python numbers are float32 and int32, as
in TensorFlow.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bardana import activations, config
from bardana.tensor import Tensor, as_tensor

Function = Callable[..., Any]


def as_array(x: Any, dtype: Any = None) -> NDArray[Any]:
    """Return x as an array; Python floats become `config.floatx()`, Python integers int32.

    Args:
        x: array, variable, number or nested sequence of numbers.
        dtype: type of the result. Default: as above.

    Example:
        >>> as_array([1, 2]).dtype, as_array(0.5).dtype, as_array(np.float64(0.5)).dtype
        (dtype('int32'), dtype('float32'), dtype('float64'))
    """
    if dtype is not None:
        return np.asarray(x, dtype=dtype)
    array = np.asarray(x)
    if hasattr(x, "dtype") or not isinstance(x, (bool, int, float, list, tuple)) or _has_types(x):
        return array
    return array.astype({"f": config.floatx(), "i": "int32"}.get(array.dtype.kind, array.dtype), copy=False)


def _has_types(x: Any) -> bool:
    """Return whether a nested sequence begins with something that has a type of its own."""
    while isinstance(x, (list, tuple)) and x:
        x = x[0]
    return hasattr(x, "dtype")


def tensor(x: Any, dtype: Any = None) -> Tensor:
    """Return x as a `Tensor`; arguments as for `as_array`."""
    return as_tensor(as_array(x, dtype))


def one(function: Callable[[Any], Any]) -> Function:
    """Return a function of one array, given the NumPy function."""
    return lambda x, name=None: tensor(function(as_array(x)))


def two(function: Callable[[Any, Any], Any]) -> Function:
    """Return a function of two arrays; a Python number takes the other's type."""

    def call(x: Any, y: Any, name: str | None = None) -> Tensor:
        a, b = as_array(x), as_array(y)
        if not hasattr(y, "dtype"):
            b = b.astype(a.dtype)
        elif not hasattr(x, "dtype"):
            a = a.astype(b.dtype)
        return tensor(function(a, b))

    return call


def reduction(function: Callable[..., Any]) -> Function:
    """Return a function that takes away axes, all of them by default; the type of the values stays."""

    def call(x: Any, axis: Any = None, keepdims: bool = False, name: str | None = None) -> Tensor:
        values = as_array(x)
        axes = tuple(axis) if isinstance(axis, list) else axis
        if values.dtype == bool and function not in (np.any, np.all):
            values = values.astype(config.floatx())
        return tensor(np.asarray(function(values, axis=axes, keepdims=keepdims)).astype(values.dtype, copy=False))

    return call


def cast(x: Any, dtype: Any, name: str | None = None) -> Tensor:
    """Return x with another type."""
    return tensor(as_array(x).astype(np.dtype(dtype)))


def reshape(x: Any, shape: Any, name: str | None = None) -> Tensor:
    """Return x with another shape; one size may be -1."""
    return tensor(as_array(x).reshape(tuple(int(size) for size in as_array(shape))))


def argmax(x: Any, axis: int = -1) -> Tensor:
    """Return where the largest values stand along an axis."""
    return tensor(np.argmax(as_array(x), axis=axis))


def argmin(x: Any, axis: int = -1) -> Tensor:
    """Return where the smallest values stand along an axis."""
    return tensor(np.argmin(as_array(x), axis=axis))


def clip(x: Any, low: Any, high: Any, name: str | None = None) -> Tensor:
    """Return x bounded by two numbers."""
    values = as_array(x)
    return tensor(np.clip(values, low, high).astype(values.dtype, copy=False))


def concatenate(tensors: Any, axis: int = -1, name: str | None = None) -> Tensor:
    """Join arrays along an axis."""
    return tensor(np.concatenate([as_array(x) for x in tensors], axis=axis))


def stack(x: Any, axis: int = 0, name: str | None = None) -> Tensor:
    """Join arrays along a new axis."""
    return tensor(np.stack([as_array(entry) for entry in x], axis=axis))


def expand_dims(x: Any, axis: int = -1, name: str | None = None) -> Tensor:
    """Put in an axis of size 1."""
    return tensor(np.expand_dims(as_array(x), axis))


def squeeze(x: Any, axis: Any = None, name: str | None = None) -> Tensor:
    """Take out axes of size 1."""
    return tensor(np.squeeze(as_array(x), axis))


def transpose(x: Any, perm: Any = None, name: str | None = None) -> Tensor:
    """Put the axes into another order, by default the reverse."""
    return tensor(np.transpose(as_array(x), perm))


def one_hot(indices: Any, num_classes: int, dtype: Any = None) -> Tensor:
    """Return rows with a 1 at the index; rows of zeros for an index outside."""
    hot = np.asarray(indices)[..., np.newaxis] == np.arange(num_classes)
    return tensor(hot.astype(dtype or config.floatx()))


def zeros(shape: Any, dtype: Any = None, name: str | None = None) -> Tensor:
    """Return an array of zeros."""
    return tensor(np.zeros(shape, dtype or config.floatx()))


def ones(shape: Any, dtype: Any = None, name: str | None = None) -> Tensor:
    """Return an array of ones."""
    return tensor(np.ones(shape, dtype or config.floatx()))


def where(condition: Any, x: Any = None, y: Any = None, name: str | None = None) -> Tensor:
    """Choose from x where the condition holds, else from y; without them, return the places where it holds."""
    if x is None and y is None:
        return tensor(np.argwhere(as_array(condition)))
    return tensor(np.where(as_array(condition), as_array(x), as_array(y)))


def stop_gradient(x: Any, name: str | None = None) -> Tensor:
    """Return x."""
    return tensor(x)


ELEMENTWISE: dict[str, Function] = {
    **{name: one(getattr(np, name)) for name in ("abs", "cos", "exp", "log", "sign", "sin", "square", "zeros_like")},
    **{name: one(getattr(np, name)) for name in ("ones_like", "round", "sqrt")},
    **{name: two(getattr(np, name)) for name in ("equal", "greater", "greater_equal", "less", "less_equal")},
    **{name: two(getattr(np, name)) for name in ("maximum", "minimum", "not_equal")},
}
"""Functions with the same name in NumPy, `keras.backend` and `tensorflow`."""

ACTIVATIONS: dict[str, Function] = {
    name: getattr(activations, name)
    for name in ("sigmoid", "softmax", "softplus", "softsign", "tanh")
    if hasattr(activations, name)
}
"""Native activation functions."""

REDUCTIONS: dict[str, Function] = {
    name: reduction(getattr(np, name)) for name in ("all", "any", "max", "mean", "min", "prod", "std", "sum", "var")
}
