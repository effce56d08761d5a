"""Numbers in and out of the functions of `keras.ops`, and the types they have there."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bardana import config
from bardana.data.arrays import unmasked
from bardana.tensor import Tensor, as_tensor
from bardana.utils.dtypes import result_type, standardize_dtype
from bardana.variables import Variable

Array = NDArray[Any]


def convert_to_tensor(x: Any, dtype: Any = None, sparse: None = None, ragged: None = None) -> Tensor:
    """Return x as a tensor: an array with `.numpy()`.

    Arrays keep their type; Python's integers become int32, its floats `floatx()`.

    Args:
        x: array, variable, number or nested list.
        dtype: type of the result. Default None.
        sparse, ragged: must be None or False.

    Raises:
        ValueError: x is not rectangular or holds no numbers.
        TypeError: x is symbolic, such as an `Input`.

    Example:
        >>> convert_to_tensor([1, 2]).dtype, convert_to_tensor([1.0]).dtype
        (dtype('int32'), dtype('float32'))
    """
    if sparse or ragged:
        raise ValueError(f"convert_to_tensor: expected dense arrays, received sparse={sparse!r}, ragged={ragged!r}.")
    values = as_values(x)
    return as_tensor(np.array(values, dtype=None if dtype is None else standardize_dtype(dtype)))


def convert_to_numpy(x: Any) -> Array:
    """Return x as a plain NumPy array.

    Args:
        x: array, tensor, variable, number or nested list.

    Example:
        >>> type(convert_to_numpy(convert_to_tensor([1.0]))).__name__
        'ndarray'
    """
    return np.array(as_values(x))


def array(x: Any, dtype: Any = None) -> Tensor:
    """Return x as a tensor, another name of `convert_to_tensor`.

    Args:
        x: array, variable, number or nested list.
        dtype: type of the result. Default None.

    Example:
        >>> array([1, 2]).tolist()
        [1, 2]
    """
    return convert_to_tensor(x, dtype)


def cast(x: Any, dtype: Any) -> Tensor:
    """Return x with another element type.

    Args:
        x: array.
        dtype: the type.

    Example:
        >>> cast([0, 2], "bool").tolist()
        [False, True]
    """
    return as_tensor(as_values(x).astype(standardize_dtype(dtype)))


def shape(x: Any) -> tuple[int, ...]:
    """Return the shape of x.

    Args:
        x: array.

    Example:
        >>> shape([[1, 2, 3]])
        (1, 3)
    """
    return as_values(x).shape


def size(x: Any) -> Tensor:
    """Return the number of elements of x.

    Args:
        x: array.

    Example:
        >>> int(size([[1, 2, 3]]))
        3
    """
    return as_tensor(np.asarray(as_values(x).size, dtype="int32"))


def ndim(x: Any) -> Tensor:
    """Return the number of axes of x.

    Args:
        x: array.

    Example:
        >>> int(ndim([[1, 2, 3]]))
        2
    """
    return as_tensor(np.asarray(as_values(x).ndim, dtype="int32"))


def dtype(x: Any) -> str:
    """Return the name of the element type of x.

    Args:
        x: array, tensor or variable.

    Example:
        >>> dtype(np.ones(1, "int8"))
        'int8'
    """
    return as_values(x).dtype.name


def is_tensor(x: Any) -> bool:
    """Return whether x is a tensor, such as a model's output.

    Args:
        x: anything.

    Example:
        >>> is_tensor(convert_to_tensor(1.0)), is_tensor(1.0)
        (True, False)
    """
    return isinstance(x, Tensor)


def stop_gradient(variable: Any) -> Tensor:
    """Return the values as they are: gradients do not pass through these functions anyway.

    Args:
        variable: array, tensor or variable.

    Example:
        >>> stop_gradient([1.0]).tolist()
        [1.0]
    """
    return as_tensor(as_values(variable).copy())


def as_values(x: Any) -> Array:
    """Return x as an array of the type that it has in these functions."""
    if isinstance(x, np.ndarray | np.generic):
        return np.asarray(unmasked(x, "x"))
    if isinstance(x, Variable):
        return x.numpy()
    refuse_symbolic(x)
    try:
        values = np.asarray(unmasked(x, "x"))
    except ValueError as error:
        raise ValueError(f"x: expected rows of equal length, received {x!r}.") from error
    if values.dtype.kind not in "biuf":
        raise ValueError(f"x: expected an array of numbers, received {x!r}.")
    if _is_of_python(x):
        if values.dtype.kind == "f":
            return values.astype(config.floatx())
        if values.dtype.kind in "iu":
            return values.astype("int32")
    return values


def refuse_symbolic(x: Any) -> None:
    """Raise TypeError for what stands for values that come later."""
    from bardana.layers import Layer

    if isinstance(x, Layer) or type(x).__name__ == "KerasTensor":
        raise TypeError(
            f"expected an array, received {x!r}: the functions of keras.ops compute at once; tracing them over "
            "symbolic inputs is not there yet."
        )


def together(*given: Any) -> list[Array]:
    """Return arrays of the type that a computation with all of them has."""
    values = [as_values(x) for x in given]
    name = result_type(*(_type_of(x, v) for x, v in zip(given, values, strict=True)))
    return [v.astype(name, copy=False) for v in values]


def as_real(x: Any) -> Array:
    """Return x with a float type: its own, or `floatx()` for integers and booleans."""
    values = as_values(x)
    return values if values.dtype.kind == "f" else values.astype(config.floatx())


def _type_of(x: Any, values: Array) -> Any:
    return type(x) if type(x) in (int, float) else values.dtype.name


def _is_of_python(x: Any) -> bool:
    while isinstance(x, list | tuple) and len(x):
        x = x[0]
    return not hasattr(x, "dtype")
