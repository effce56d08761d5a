"""Turn one user argument into an array that the engine reads: C-contiguous, aligned, native byte order, at least one
row.

Each function tries the common case first (a plain ndarray that is right already, which native code sees fastest),
because `train_on_batch` on tiny arrays passes here at every step.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any, TypeAlias, cast

import numpy as np
from numpy.typing import NDArray

from bardana import _core
from bardana.data.dtypes import FLOATS, TARGETS, readable_dtype
from bardana.data.foreign import to_numpy
from bardana.data.layout import in_order

Array: TypeAlias = NDArray[Any]
Shape: TypeAlias = tuple[int, ...]


def as_input(x: Any, input_shape: Shape, layer_name: str, argument: str = "x") -> Array:
    """Return x as an array of shape (n, *input_shape) that the engine reads, without a copy where it is one already.

    Args:
        x: an array or anything with the array protocol (pandas, tensors). Shape (n,) is accepted where input_shape
            is (1,).
        input_shape: shape of one sample.
        layer_name: the first layer, for messages.
        argument: name of the argument, for messages.

    Raises:
        ValueError: x is no array of numbers, has no rows, or does not fit input_shape.

    Example:
        >>> as_input(np.zeros((3, 2), "float32"), (2,), "dense").shape
        (3, 2)
    """
    if _core.is_input(x, input_shape):
        return cast(Array, x)
    array = _as_array(x, argument)
    if array.ndim == 1 and input_shape == (1,):
        array = array[:, np.newaxis]
    if array.shape[1:] != input_shape:
        raise ValueError(_shape_message(array.shape, input_shape, layer_name, argument))
    return array


def as_target(y: Any, argument: str = "y") -> Array:
    """Return y as an array that the engine reads, of any shape (n, …); float16 becomes float32.

    Raises:
        ValueError: y is no array of numbers or has no rows.

    Example:
        >>> as_target(np.array([1, 0, 2])).dtype
        dtype('int64')
    """
    if _core.is_target(y):
        return cast(Array, y)
    array = _as_array(y, argument)
    return array if array.dtype in TARGETS else array.astype(np.float32)


def as_weight(w: Any, rows: int, groups: Shape = (), argument: str = "sample_weight") -> Array | None:
    """Return one weight per sample, or per group of outputs, as float32 or float64; None for None.

    Args:
        w: None or an array of shape (rows,) or (rows, *groups), or one of these with a last axis of 1, which is
            dropped; integers, booleans and float16 become float32.
        rows: number of samples.
        groups: shape of the output of one sample without its last axis, e.g. (T,) for outputs (rows, T, units).

    Raises:
        ValueError: w is no array of numbers or has another shape.

    Example:
        >>> as_weight(np.array([[1], [2]]), 2)
        array([1., 2.], dtype=float32)
    """
    if w is None:
        return None
    array = _as_array(w, argument)
    if array.shape[0] != rows:
        raise ValueError(_cardinality_message({"x": rows, argument: array.shape[0]}))
    shapes = {(rows,), (rows, *groups)}
    if array.shape not in shapes:
        if array.shape[-1] != 1 or array.shape[:-1] not in shapes:
            raise ValueError(_weight_message(array.shape, rows, groups, argument))
        array = array.reshape(array.shape[:-1])
    return array if array.dtype in FLOATS else array.astype(np.float32)


def check_cardinality(x: Array, y: Array | None = None, sample_weight: Array | None = None) -> None:
    """Raise ValueError unless all given arrays have the same number of samples (length of the first axis)."""
    rows = len(x)
    if (y is None or len(y) == rows) and (sample_weight is None or len(sample_weight) == rows):
        return
    arrays = {"x": x, "y": y, "sample_weight": sample_weight}
    raise ValueError(_cardinality_message({name: len(array) for name, array in arrays.items() if array is not None}))


def infer_shape(x: Any, argument: str = "x") -> Shape:
    """Return the shape of one sample of x, for a model that is built at its first data.

    Raises:
        ValueError: x is no array of numbers or has no rows.

    Example:
        >>> infer_shape(np.zeros((5, 28, 28)))
        (28, 28)
    """
    return _as_array(x, argument).shape[1:]


def only(value: Any, name: str | None, argument: str) -> Any:
    """Return the one array out of a list, tuple or dict; anything else as it is.

    Args:
        value: anything.
        name: the key in a dict: the name of the model's one input or output.
        argument: name of the argument, for messages.

    Raises:
        ValueError: it is a dict with other keys.

    Example:
        >>> only([np.zeros(2)], "in", "x"), only({"in": np.ones(2)}, "in", "x")
        (array([0., 0.]), array([1., 1.]))
    """
    if isinstance(value, (list, tuple)) and len(value) == 1 and _is_array(value[0]):
        return value[0]
    if isinstance(value, Mapping):
        if list(value) != [name]:
            raise ValueError(
                f"Unrecognized data type: expected {argument} to be an array or a dict with the one key {name!r}, "
                f"received a dict with the keys {list(value)}."
            )
        return value[name]
    return value


def unmasked(value: Any, argument: str) -> Any:
    """Return value, unless it is a masked array, whose mask would be lost.

    Args:
        value: anything.
        argument: name of the argument, for messages.

    Raises:
        ValueError: value is a `np.ma.MaskedArray`.

    Example:
        >>> unmasked([1.0, 2.0], "x")
        [1.0, 2.0]
    """
    masked = sys.modules.get("numpy.ma")  # imported by whoever makes a masked array; it is slow to import
    if masked is not None and isinstance(value, masked.MaskedArray):
        raise ValueError(
            f"{argument}: expected an array without a mask, received a masked array. "
            f"Fill what is masked: {argument}.filled(value)."
        )
    return value


def _as_array(value: Any, argument: str) -> Array:
    if not _is_array(value):
        raise ValueError(_unrecognized_message(value, argument))
    array = to_numpy(unmasked(value, argument))
    if array.ndim == 0:
        raise ValueError(f"{argument}: expected an array with an axis of samples, received the scalar {array}.")
    if array.size == 0:
        raise ValueError(f"{argument}: expected at least one sample, received an empty array of shape {array.shape}.")
    if array.ndim == 1 and _is_pandas_series(value):
        array = array[:, np.newaxis]
    return in_order(array, readable_dtype(array.dtype, argument))


def _is_pandas_series(value: Any) -> bool:
    kind = type(value)
    return kind.__name__ == "Series" and kind.__module__.partition(".")[0] == "pandas"


def _is_array(value: Any) -> bool:
    return any(hasattr(value, name) for name in ("__array__", "__array_interface__", "__dlpack__"))


def _shape_message(shape: Shape, input_shape: Shape, layer_name: str, argument: str) -> str:
    expected = "(" + ", ".join(["None", *map(str, input_shape)]) + ("," if not input_shape else "") + ")"
    message = f'Layer "{layer_name}": expected {argument} of shape {expected}, received {shape}.'
    if shape == input_shape:
        message += f" A single sample needs an axis of samples too: pass {argument}[None]."
    return message


def _weight_message(shape: Shape, rows: int, groups: Shape, argument: str) -> str:
    per_group = f" or one per group of outputs, shape {(rows, *groups)}" if groups else ""
    return f"{argument}: expected one weight per sample, shape ({rows},){per_group}; received {shape}."


def _cardinality_message(sizes: dict[str, int]) -> str:
    listing = ", ".join(f"'{name}' sizes: {size}" for name, size in sizes.items())
    return (
        "Data cardinality is ambiguous. Make sure all arrays contain the same number of samples: "
        f"expected {next(iter(sizes.values()))} in each, received {listing}."
    )


def _unrecognized_message(value: Any, argument: str) -> str:
    received = f"Unrecognized data type: expected {argument} to be an array, received {type(value)}."
    if isinstance(value, (list, tuple)):
        return f"{received} Write np.array({argument}) if it is a list of numbers."
    if hasattr(value, "batch_shape"):
        return f"{received} There are no functional models yet: put an Input and layers into a keras.Sequential."
    if hasattr(value, "toarray"):
        return f"{received} Write {argument}.toarray() for a sparse matrix."
    if hasattr(value, "__next__") or hasattr(value, "__iter__") or hasattr(value, "__getitem__"):
        return f"{received} Data in batches are for `fit`, `evaluate` and `predict`, as a whole."
    return received
