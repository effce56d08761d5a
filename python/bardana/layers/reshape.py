"""Layers that compute nothing: Flatten and Reshape (other axes over the same numbers), Permute, Identity.

Shape rules: cpp/layers/reshape.cpp and permute.cpp.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from bardana.arguments import LARGEST_COUNT, is_integer
from bardana.layers.base import Layer


class Flatten(Layer):
    """Put all values of an example in a row: y[i] = the values of x[i] in C order.

    Args:
        data_format: None or "channels_last".
        name, trainable, dtype: as for every `Layer`.

    Input shape:
        (rows, a, b, …) or (rows,).

    Output shape:
        (rows, a · b · …), or (rows, 1).

    Raises:
        ValueError: for another data format.

    Example:
        >>> import bardana as keras
        >>> keras.layers.Flatten().compute_output_shape((None, 28, 28))
        (None, 784)
    """

    def __init__(self, data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if data_format not in (None, "channels_last"):
            raise ValueError(
                f"layer '{self.name}': expected data_format to be 'channels_last', received {data_format!r}"
            )
        self.data_format = "channels_last"

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal layer."""
        return {**super().get_config(), "data_format": self.data_format}


class Reshape(Layer):
    """Give every example another shape: y[i] = x[i] with shape `target_shape`, in C order.

    Args:
        target_shape: sizes without the batch axis; one may be -1 and follows from the others.
        name, trainable, dtype: as for every `Layer`.

    Input shape:
        (rows, …).

    Output shape:
        (rows, *target_shape).

    Raises:
        ValueError: if a size is neither positive nor -1, or -1 comes twice; in `build`, if the number of elements
            differs.

    Example:
        >>> import bardana as keras
        >>> keras.layers.Reshape((2, -1)).compute_output_shape((None, 6))
        (None, 2, 3)
    """

    def __init__(self, target_shape: Sequence[int], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.target_shape = _checked_target(target_shape, self.name)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal layer."""
        return {**super().get_config(), "target_shape": self.target_shape}


class Permute(Layer):
    """Put the axes of every example in another order: axis i of the output is axis dims[i] of the input.

    Args:
        dims: each axis from 1 (the first after the batch axis) to the last, once.
        name, trainable, dtype: as for every `Layer`.

    Input shape:
        (rows, …) with as many axes after the first as `dims` has entries.

    Output shape:
        (rows, …), the same sizes in the new order.

    Raises:
        ValueError: if dims is no such order; in `build`, if the input has another number of axes.

    Example:
        >>> import bardana as keras
        >>> keras.layers.Permute((2, 1)).compute_output_shape((None, 3, 4))
        (None, 4, 3)
    """

    native_class = "Permute"

    def __init__(self, dims: Sequence[int], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        axes = tuple(dims) if isinstance(dims, (Sequence, np.ndarray)) else ()
        if not axes or not all(map(is_integer, axes)) or sorted(axes) != list(range(1, len(axes) + 1)):
            raise ValueError(
                f"layer '{self.name}': expected dims to hold each axis from 1 to their number once, "
                f"received dims={dims!r}"
            )
        self.dims = tuple(int(axis) for axis in axes)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal layer."""
        return {**super().get_config(), "dims": self.dims}


class Identity(Layer):
    """Return the input unchanged: y = x.

    Args:
        name, trainable, dtype, activity_regularizer: as for every `Layer`.

    Input shape, output shape:
        (rows, …), the same.

    Example:
        >>> import bardana as keras, numpy as np
        >>> keras.layers.Identity()(np.array([[1.0, 2.0]])).numpy()
        array([[1., 2.]], dtype=float32)
    """


def _checked_target(target_shape: Any, name: str) -> tuple[int, ...]:
    sizes = tuple(target_shape) if isinstance(target_shape, (Sequence, np.ndarray)) else None
    if (
        sizes is None
        or not all(is_integer(size) and (size > 0 or size == -1) for size in sizes)
        or sizes.count(-1) > 1
        or abs(math.prod(sizes)) > LARGEST_COUNT
    ):
        raise ValueError(
            f"layer '{name}': expected target_shape to be a tuple of positive integers with at most one -1 and a "
            f"product of at most {LARGEST_COUNT}, received target_shape={target_shape!r}"
        )
    return tuple(int(size) for size in sizes)
