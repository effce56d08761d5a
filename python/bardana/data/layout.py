"""The layout in memory in which the engine reads numbers in place."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray


def in_order(array: Any, dtype: DTypeLike | None = None) -> NDArray[Any]:
    """Return a C-contiguous and aligned array with the same numbers, without a copy where it is one already.

    NumPy itself copes with numbers at odd addresses, as views of files and packets have them; the kernels need not.

    Args:
        array: an array or nested sequence.
        dtype: type of the result. Default that of the array.

    Example:
        >>> odd = np.frombuffer(bytes(9), np.uint8)[1:].view(np.float32)
        >>> odd.flags.aligned, in_order(odd).flags.aligned
        (False, True)
    """
    ordered = np.asarray(array, dtype=dtype, order="C")
    return ordered if ordered.flags.aligned else ordered.copy()
