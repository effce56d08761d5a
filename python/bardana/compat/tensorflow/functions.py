"""Functions of `tensorflow` itself, on NumPy arrays."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable
from typing import Any

import numpy as np

import bardana
from bardana import advice
from bardana.compat import arrays
from bardana.compat.arrays import as_array, tensor
from bardana.tensor import Tensor


class Variable(bardana.Variable):
    """Be a variable with TensorFlow's arguments.

    Args:
        initial_value: array or number.
        trainable: whether an optimizer may change it. Default True.
        name: default "variable", "variable_1", …
        dtype: element type. Default: that of the value; float32 and int32 for Python numbers.

    Example:
        >>> Variable([1.0, 2.0]).assign([3.0, 4.0]).numpy()
        array([3., 4.], dtype=float32)
    """

    def __init__(
        self, initial_value: Any, trainable: bool | None = None, name: str | None = None, dtype: Any = None
    ) -> None:
        value = as_array(initial_value, dtype)
        super().__init__(value, dtype=value.dtype, trainable=trainable is not False, name=name)


def constant(value: Any, dtype: Any = None, shape: Any = None, name: str | None = None) -> Tensor:
    """Return a tensor of this value; one number fills a shape."""
    values = as_array(value, dtype)
    if shape is None:
        return tensor(values.copy())
    return tensor(np.full(shape, values) if values.size == 1 else values.reshape(shape).copy())


def convert_to_tensor(value: Any, dtype: Any = None, name: str | None = None) -> Tensor:
    """Return an array, a variable or numbers as a tensor."""
    return tensor(value, dtype)


def is_tensor(x: Any) -> bool:
    """Return whether x is a tensor or a variable; a plain NumPy array is none."""
    return isinstance(x, (Tensor, bardana.Variable))


def shape(x: Any) -> Tensor:
    """Return the sizes of the axes, as int32."""
    return tensor(np.array(np.shape(x), dtype=np.int32))


def size(x: Any) -> Tensor:
    """Return the number of elements, as int32."""
    return tensor(np.int32(np.size(x)))


def argmax(input: Any, axis: int | None = None, output_type: Any = np.int64) -> Tensor:
    """Return where the largest values stand along an axis, by default the first."""
    return tensor(np.argmax(as_array(input), axis=axis or 0).astype(output_type))


def argmin(input: Any, axis: int | None = None, output_type: Any = np.int64) -> Tensor:
    """Return where the smallest values stand along an axis, by default the first."""
    return tensor(np.argmin(as_array(input), axis=axis or 0).astype(output_type))


def concat(values: Any, axis: int, name: str | None = None) -> Tensor:
    """Join tensors along an axis."""
    return arrays.concatenate(values, axis)


def gather(params: Any, indices: Any, axis: int = 0) -> Tensor:
    """Return the slices at the indices along an axis."""
    return tensor(np.take(as_array(params), as_array(indices), axis=axis))


def one_hot(indices: Any, depth: int, on_value: Any = None, off_value: Any = None, dtype: Any = None) -> Tensor:
    """Return rows with `on_value` (1) at the index and `off_value` (0) elsewhere, as float32."""
    hot = arrays.one_hot(indices, depth, np.bool_)
    values = np.where(hot, 1 if on_value is None else on_value, 0 if off_value is None else off_value)
    return tensor(values.astype(dtype or "float32"))


def eye(num_rows: int, num_columns: int | None = None, dtype: Any = "float32") -> Tensor:
    """Return an identity matrix."""
    return tensor(np.eye(num_rows, num_columns, dtype=dtype))


def fill(dims: Any, value: Any) -> Tensor:
    """Return a tensor full of one value."""
    return tensor(np.full(dims, as_array(value)))


def linspace(start: Any, stop: Any, num: int) -> Tensor:
    """Return evenly spaced numbers from start to stop."""
    first = as_array(start)
    return tensor(np.linspace(first, as_array(stop), num).astype(first.dtype))


def range_(start: Any, limit: Any = None, delta: Any = 1, dtype: Any = None) -> Tensor:
    """Return start, start + delta, … below the limit; one number is the limit."""
    values = np.arange(start, limit, delta)
    return tensor(values.astype(dtype) if dtype is not None else as_array(values.tolist()))


def print_(*values: Any, **kwargs: Any) -> None:
    """Print to the error stream, as TensorFlow does."""
    import sys

    print(*values, file=kwargs.get("output_stream", sys.stderr), end=kwargs.get("end", "\n"))


def function(func: Callable[..., Any] | None = None, **options: Any) -> Any:
    """Return the function itself: calls are not traced, and options change nothing."""
    return (lambda decorated: decorated) if func is None else func


def executing_eagerly() -> bool:
    """Return True: there are no graphs."""
    return True


def device(name: str) -> contextlib.AbstractContextManager[None]:
    """Return a context in which everything runs on the CPU, with a warning if another device was meant."""
    if "CPU" not in str(name).upper():
        advice.warn(f"tensorflow.device: bardana has no device {name!r} here; the CPU is used")
    return contextlib.nullcontext()


def get_logger() -> logging.Logger:
    """Return the logger called "tensorflow"."""
    return logging.getLogger("tensorflow")
