"""Arrays of other packages as NumPy arrays, without importing those packages."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bardana import config


def to_numpy(value: Any) -> NDArray[Any]:
    """Return anything with the array protocol or DLPack as a NumPy array, in place where its package allows it.

    Pandas frames of numbers whose columns differ in type become one array of `config.floatx()`, missing values NaN.

    Args:
        value: array, tensor of TensorFlow, PyTorch or JAX, pandas frame or series.

    Example:
        >>> to_numpy(np.float32([1.0, 2.0]))
        array([1., 2.], dtype=float32)
    """
    package = type(value).__module__.partition(".")[0]
    if package == "torch":
        return _from_torch(value)
    if package == "pandas" and _needs_one_type(value):
        numbers: NDArray[Any] = value.to_numpy(dtype=config.floatx(), na_value=np.nan)
        return numbers
    if not hasattr(value, "__array__") and hasattr(value, "__dlpack__"):
        return np.from_dlpack(value)
    return np.asarray(value)


def _from_torch(tensor: Any) -> NDArray[Any]:
    tensor = tensor.detach().cpu()
    if str(tensor.dtype) == "torch.bfloat16":  # NumPy has no such type
        tensor = tensor.float()
    return np.asarray(tensor)


def _needs_one_type(value: Any) -> bool:
    """Whether NumPy would make an array of Python objects of numbers."""
    types = list(value.dtypes) if hasattr(value, "columns") else [getattr(value, "dtype", None)]
    are_numbers = all(getattr(dtype, "kind", "") in tuple("biuf") for dtype in types)
    return are_numbers and (len(set(types)) > 1 or not isinstance(types[0], np.dtype))
