"""The array type that calling a model or a layer returns."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


class Tensor(np.ndarray[Any, Any]):
    """Hold the result of `model(x)`: a NumPy array that also answers `.numpy()`.

    Everything that works on an array works here. A scalar result of arithmetic (`tf.mean`-like code) keeps `.numpy()`.

    Example:
        >>> import numpy as np
        >>> from bardana.tensor import as_tensor
        >>> as_tensor(np.array([1.0, 2.0])).numpy()
        array([1., 2.])
    """

    def numpy(self) -> NDArray[Any]:
        """Return the values as a plain array (no copy), or as a NumPy scalar if there are no axes."""
        plain: NDArray[Any] = self.view(np.ndarray)[()]
        return plain


def as_tensor(array: NDArray[Any]) -> Tensor:
    """Return a `Tensor` over the same memory as `array`."""
    return array.view(Tensor)
