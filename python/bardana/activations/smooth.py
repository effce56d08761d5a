"""Smooth activation functions, element by element. Formulas and derivatives: cpp/math/activations.h."""

from __future__ import annotations

from numpy.typing import ArrayLike

from bardana.activations.base import FAMILY, apply
from bardana.tensor import Tensor


def linear(x: ArrayLike) -> Tensor:
    """Return x: y = x.

    Args:
        x: array of any shape.

    Example:
        >>> linear([-1.0, 2.0]).tolist()
        [-1.0, 2.0]
    """
    return apply("linear", x)


def sigmoid(x: ArrayLike) -> Tensor:
    """Return y = 1 / (1 + e⁻ˣ).

    Args:
        x: array of any shape.

    Example:
        >>> sigmoid([0.0]).tolist()
        [0.5]
    """
    return apply("sigmoid", x)


def tanh(x: ArrayLike) -> Tensor:
    """Return the hyperbolic tangent, y = (eˣ − e⁻ˣ) / (eˣ + e⁻ˣ).

    Args:
        x: array of any shape.

    Example:
        >>> tanh([-1.0, 0.0, 1.0]).numpy().round(3)
        array([-0.762,  0.   ,  0.762], dtype=float32)
    """
    return apply("tanh", x)


def exponential(x: ArrayLike) -> Tensor:
    """Return y = eˣ.

    Args:
        x: array of any shape.

    Example:
        >>> exponential([0.0, 1.0]).numpy().round(3)
        array([1.   , 2.718], dtype=float32)
    """
    return apply("exponential", x)


def softplus(x: ArrayLike) -> Tensor:
    """Return y = log(1 + eˣ).

    Args:
        x: array of any shape.

    Example:
        >>> softplus([-10.0, 0.0, 10.0]).numpy().round(3)
        array([ 0.   ,  0.693, 10.   ], dtype=float32)
    """
    return apply("softplus", x)


def softsign(x: ArrayLike) -> Tensor:
    """Return y = x / (1 + |x|).

    Args:
        x: array of any shape.

    Example:
        >>> softsign([-3.0, 1.0]).tolist()
        [-0.75, 0.5]
    """
    return apply("softsign", x)


def elu(x: ArrayLike, alpha: float = 1.0) -> Tensor:
    """Return y = x for x > 0 and alpha · (eˣ − 1) below.

    Args:
        x: array of any shape.
        alpha: minus the limit for x → −∞. Default 1.

    Source: Clevert, Unterthiner and Hochreiter, Fast and accurate deep network learning by exponential linear units
    (2016).

    Example:
        >>> elu([-1.0, 2.0]).numpy().round(3)
        array([-0.632,  2.   ], dtype=float32)
    """
    return apply("elu", x, alpha=alpha)


def selu(x: ArrayLike) -> Tensor:
    """Return y = s · elu(x, a) with s = 1.0507009873554805 and a = 1.6732632423543772.

    These constants keep mean 0 and variance 1 from layer to layer if weights start with `LecunNormal`.

    Args:
        x: array of any shape.

    Source: Klambauer, Unterthiner, Mayr and Hochreiter, Self-normalizing neural networks (2017).

    Example:
        >>> selu([-1.0, 1.0]).numpy().round(3)
        array([-1.111,  1.051], dtype=float32)
    """
    return apply("selu", x)


def silu(x: ArrayLike) -> Tensor:
    """Return y = x · sigmoid(x), also called swish.

    Args:
        x: array of any shape.

    Source: Ramachandran, Zoph and Le, Searching for activation functions (2017).

    Example:
        >>> silu([-1.0, 0.0, 1.0]).numpy().round(3)
        array([-0.269,  0.   ,  0.731], dtype=float32)
    """
    return apply("silu", x)


def gelu(x: ArrayLike, approximate: bool = False) -> Tensor:
    """Return y = x · Φ(x), where Φ is the standard normal distribution function.

    Args:
        x: array of any shape.
        approximate: True uses Φ(x) ≈ ½ (1 + tanh(√(2/π) (x + 0.044715 x³))). Default False: by the error function.

    Source: Hendrycks and Gimpel, Gaussian error linear units (2016).

    Example:
        >>> gelu([-1.0, 0.0, 1.0]).numpy().round(3)
        array([-0.159,  0.   ,  0.841], dtype=float32)
    """
    return apply("gelu_tanh" if approximate else "gelu", x)


def celu(x: ArrayLike, alpha: float = 1.0) -> Tensor:
    """Return y = x for x > 0 and alpha · (exp(x / alpha) − 1) below: `elu` with slope 1 at 0 for every alpha.

    Args:
        x: array of any shape.
        alpha: minus the limit for x → −∞. Default 1.

    Source: Barron, Continuously differentiable exponential linear units (2017).

    Example:
        >>> celu([-1.0, 2.0], alpha=0.5).numpy().round(3)
        array([-0.432,  2.   ], dtype=float32)
    """
    return apply("celu", x, alpha=alpha)


def log_sigmoid(x: ArrayLike) -> Tensor:
    """Return y = log(1 / (1 + e⁻ˣ)), finite for every finite x.

    Args:
        x: array of any shape.

    Example:
        >>> log_sigmoid([-100.0, 0.0]).numpy().round(3)
        array([-100.   ,   -0.693], dtype=float32)
    """
    return apply("log_sigmoid", x)


def mish(x: ArrayLike) -> Tensor:
    """Return y = x · tanh(softplus(x)).

    Args:
        x: array of any shape.

    Source: Misra, Mish: a self regularized non-monotonic activation function (2019).

    Example:
        >>> mish([-1.0, 0.0, 1.0]).numpy().round(3)
        array([-0.303,  0.   ,  0.865], dtype=float32)
    """
    return apply("mish", x)


def tanh_shrink(x: ArrayLike) -> Tensor:
    """Return y = x − tanh(x).

    Args:
        x: array of any shape.

    Example:
        >>> tanh_shrink([-1.0, 0.0, 1.0]).numpy().round(3)
        array([-0.238,  0.   ,  0.238], dtype=float32)
    """
    return apply("tanh_shrink", x)


def squareplus(x: ArrayLike, b: float = 4) -> Tensor:
    """Return y = (x + √(x² + b)) / 2, a softplus without exponentials.

    Args:
        x: array of any shape.
        b: how smooth; 0 gives relu. Default 4.

    Source: Barron, Squareplus: a softplus-like algebraic rectifier (2021).

    Example:
        >>> squareplus([-1.0, 0.0, 1.0]).numpy().round(3)
        array([0.618, 1.   , 1.618], dtype=float32)
    """
    return apply("squareplus", x, b=b)


swish = silu

for _function in (linear, sigmoid, tanh, exponential, softplus, softsign, elu, selu, gelu):
    FAMILY.add(_function)
for _function in (celu, log_sigmoid, mish, tanh_shrink, squareplus):
    FAMILY.add(_function)
FAMILY.add(silu, "swish")
