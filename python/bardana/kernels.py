"""The bare kernels on NumPy arrays: the functions that training runs, without layers and models around them.

Arrays are float32 or float64, one type per call. x has one row per example; w has one column per unit.
Inputs that are not C-contiguous and aligned are copied; results are new arrays, but `sgd_update` works in place.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bardana import _core
from bardana.data import layout

Array = NDArray[Any]


def dense_forward(x: Array, w: Array, b: Array | None = None, activation: str = "linear") -> Array:
    """Return y = f(x w + b).

    Args:
        x: inputs, shape (rows, n).
        w: weights, shape (n, units).
        b: biases, shape (units,), or None for none.
        activation: name of f; see `_core.activation_names()`. Default "linear", f(z) = z.

    Returns:
        y, shape (rows, units).

    Raises:
        TypeError: if the arrays are not all float32 or all float64.
        ValueError: if the shapes do not fit or there is no such activation.

    Example:
        >>> import numpy as np
        >>> x = np.array([[1.0, 2.0]])
        >>> w = np.array([[1.0, -1.0], [1.0, -1.0]])
        >>> dense_forward(x, w, np.array([0.5, 0.5]), "relu")
        array([[3.5, 0. ]])
    """
    x, w, b = _layer_arrays(x, w, b)
    return _core.dense_forward(x, w, b, activation)


def dense_backward(
    dy: Array, x: Array, w: Array, b: Array | None = None, activation: str = "linear"
) -> tuple[Array, Array, Array]:
    """Return the derivatives of a loss by the inputs of y = f(x w + b), from its derivative by y.

    With z = x w + b and dz = dy · f′(z) (for softmax, the product with its Jacobian):

        dx = dz wᵀ,   dw = xᵀ dz,   db = Σ_rows dz

    Args:
        dy: derivative of the loss by y, shape (rows, units).
        x, w, b, activation: as they were given to `dense_forward`.

    Returns:
        (dx, dw, db) of shapes (rows, n), (n, units) and (units,).

    Raises:
        TypeError: if the arrays are not all float32 or all float64.
        ValueError: if the shapes do not fit or there is no such activation.

    Example:
        >>> import numpy as np
        >>> dx, dw, db = dense_backward(np.ones((1, 1)), np.array([[1.0, 2.0]]), np.array([[3.0], [4.0]]))
        >>> dx, dw.ravel(), db
        (array([[3., 4.]]), array([1., 2.]), array([1.]))
    """
    x, w, b = _layer_arrays(x, w, b)
    (dy,) = _one_type(dy=dy, x=x)[:1]
    _expect_shape("dy", dy, (x.shape[0], w.shape[1]))
    return _core.dense_backward(dy, x, w, b, activation)


def activate(name: str, x: Array, **parameters: float) -> Array:
    """Return y = f(x), element by element; for "softmax" along the last axis.

    Args:
        name: name of f; see `_core.activation_names()`.
        x: array with at least one axis and no axis of size 0.
        parameters: those of the formula, e.g. `alpha` for "elu"; see `_core.activation_parameters(name)`.

    Returns:
        y, of the shape of x.

    Raises:
        TypeError: if x is neither float32 nor float64.
        ValueError: if x is empty or a single number, or there is no such activation or parameter.

    Example:
        >>> import numpy as np
        >>> activate("leaky_relu", np.array([-2.0, 2.0]), negative_slope=0.5)
        array([-1.,  2.])
    """
    (x,) = _one_type(x=x)
    _expect_elements(x)
    return _core.activate(name, x, parameters)


def activate_backward(name: str, x: Array, dy: Array, **parameters: float) -> Array:
    """Return dx = dy · f′(x), the derivative of a loss by x from its derivative by y = f(x).

    For "softmax" along the last axis, dxᵢ = yᵢ (dyᵢ − Σⱼ yⱼ dyⱼ).

    Args:
        name: name of f.
        x: input of f.
        dy: derivative of the loss by y, of the shape of x.
        parameters: as in `activate`.

    Returns:
        dx, of the shape of x.

    Raises:
        TypeError: if the arrays are not both float32 or both float64.
        ValueError: if the shapes differ, or there is no such activation or parameter.

    Example:
        >>> import numpy as np
        >>> activate_backward("relu", np.array([-2.0, 2.0]), np.array([3.0, 3.0]))
        array([0., 3.])
    """
    x, dy = _one_type(x=x, dy=dy)
    _expect_elements(x)
    _expect_shape("dy", dy, x.shape)
    return _core.activate_backward(name, x, dy, parameters)


def sgd_update(
    w: Array,
    dw: Array,
    velocity: Array | None = None,
    learning_rate: float = 0.01,
    momentum: float = 0.0,
    nesterov: bool = False,
) -> None:
    """Make one step of stochastic gradient descent, in place on `w` and `velocity`.

    Without velocity: w ← w − lr · dw. With it: v ← m · v − lr · dw, then w ← w + v, or for nesterov
    w ← w + m · v − lr · dw.

    Args:
        w: weights, any shape; changed.
        dw: derivative of the loss by w, of the same shape.
        velocity: v, of the same shape; changed. Needed if momentum is not 0.
        learning_rate: lr. Default 0.01.
        momentum: m, between 0 and 1. Default 0.
        nesterov: whether to look ahead along the velocity. Default False.

    Raises:
        TypeError: if the arrays are not all float32 or all float64.
        ValueError: if shapes differ, momentum is out of range or has no velocity, or `w` or `velocity` cannot be
            changed in place because it is read-only or not C-contiguous.

    Example:
        >>> import numpy as np
        >>> w = np.array([1.0, 2.0])
        >>> sgd_update(w, np.array([1.0, -1.0]), learning_rate=0.5)
        >>> w
        array([0.5, 2.5])
    """
    if not 0 <= momentum <= 1:
        raise ValueError(f"expected `momentum` in [0, 1], received {momentum}")
    if momentum and velocity is None:
        raise ValueError(f"expected a `velocity` array for momentum={momentum}, received None")
    changed = {"w": w} if velocity is None else {"w": w, "velocity": velocity}
    for name, array in changed.items():
        _expect_in_place(name, array)
        _expect_shape(name, array, np.shape(w))
    dw = _one_type(dw=dw, **changed)[0]
    _expect_shape("dw", dw, w.shape)
    _core.sgd_update(w, dw, velocity, learning_rate, momentum, nesterov)


def _layer_arrays(x: Array, w: Array, b: Array | None) -> tuple[Array, Array, Array | None]:
    if b is None:
        x, w = _one_type(x=x, w=w)
    else:
        x, w, b = _one_type(x=x, w=w, b=b)
    if x.ndim != 2 or w.ndim != 2 or x.shape[1] != w.shape[0]:
        raise ValueError(f"expected x (rows, n) and w (n, units), received shapes {x.shape} and {w.shape}")
    if b is not None:
        _expect_shape("b", b, w.shape[1:])
    return x, w, b


def _one_type(**arrays: Array) -> list[Array]:
    """Return the arrays C-contiguous; TypeError unless all are float32 or all float64."""
    checked = [layout.in_order(array) for array in arrays.values()]
    types = {array.dtype for array in checked}
    if len(types) != 1 or not types <= {np.dtype(np.float32), np.dtype(np.float64)}:
        received = ", ".join(f"{name} {array.dtype}" for name, array in zip(arrays, checked, strict=True))
        raise TypeError(f"expected arrays that are all float32 or all float64, received {received}")
    return checked


def _expect_shape(name: str, array: Array, shape: tuple[int, ...]) -> None:
    if array.shape != shape:
        raise ValueError(f"expected {name} of shape {shape}, received {array.shape}")


def _expect_elements(x: Array) -> None:
    if x.ndim == 0 or x.size == 0:
        raise ValueError(f"expected x with at least one axis and one element, received shape {x.shape}")


def _expect_in_place(name: str, array: Array) -> None:
    if not isinstance(array, np.ndarray):
        raise TypeError(f"expected {name} to be a NumPy array to change in place, received {type(array).__name__}")
    if not (array.flags.writeable and array.flags.c_contiguous):
        raise ValueError(
            f"expected {name} to be writeable and C-contiguous, received writeable={array.flags.writeable}, "
            f"c_contiguous={array.flags.c_contiguous}"
        )
