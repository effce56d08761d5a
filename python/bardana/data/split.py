"""Divide data into a training and a validation part, and take apart the `validation_data` argument."""

from __future__ import annotations

import math
from numbers import Real
from typing import Any, TypeAlias

from bardana.data.arrays import Array
from bardana.data.streams import as_stream

Triple: TypeAlias = tuple[Array, Array | None, Array | None]


def split(x: Array, y: Array | None, sample_weight: Array | None, fraction: float) -> tuple[Triple, Triple]:
    """Return (x, y, sample_weight) for training and for validation, as views, in the given order.

    The first floor(n · (1 − fraction)) samples train, the rest validates.

    Args:
        x, y, sample_weight: arrays of n samples; y and sample_weight may be None.
        fraction: the share of the validation part, 0 < fraction < 1.

    Raises:
        ValueError: fraction is out of range or one part would be empty.

    Example:
        >>> import numpy as np
        >>> training, validation = split(np.arange(5), None, None, 0.2)
        >>> training[0], validation[0]
        (array([0, 1, 2, 3]), array([4]))
    """
    if not isinstance(fraction, Real) or not 0.0 < fraction < 1.0:
        raise ValueError(f"validation_split: expected a fraction between 0 and 1, received {fraction!r}.")
    rows = len(x)
    border = math.floor(rows * (1.0 - fraction))
    if border in (0, rows):
        raise ValueError(
            f"validation_split={fraction}: expected at least one sample to train and one to validate, "
            f"received {rows} samples, of which {border} would train and {rows - border} validate."
        )
    return _rows(x, y, sample_weight, slice(border)), _rows(x, y, sample_weight, slice(border, None))


def unpack_validation(validation_data: Any) -> tuple[Any, Any, Any]:
    """Return (x, y, sample_weight) from `validation_data`; sample_weight is None where it is not given.

    Data that come in batches may stand alone; they are x then.

    Raises:
        ValueError: validation_data is no (x, y) or (x, y, sample_weight).
    """
    if isinstance(validation_data, (tuple, list)):
        if len(validation_data) in (2, 3):
            x, y, *rest = validation_data
            return x, y, rest[0] if rest else None
        if len(validation_data) == 1 and as_stream(validation_data[0]) is not None:
            return validation_data[0], None, None
    elif as_stream(validation_data) is not None:
        return validation_data, None, None
    size = f" of {len(validation_data)} items" if isinstance(validation_data, (tuple, list)) else ""
    raise ValueError(
        "validation_data: expected (x, y), (x, y, sample_weight) or data in batches, "
        f"received {type(validation_data).__name__}{size}."
    )


def _rows(x: Array, y: Array | None, sample_weight: Array | None, rows: slice) -> Triple:
    return x[rows], None if y is None else y[rows], None if sample_weight is None else sample_weight[rows]
