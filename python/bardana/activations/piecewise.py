"""Activation functions of straight lines and parabolas, element by element.

Formulas and derivatives: cpp/math/piecewise.h, relu's in cpp/math/activations.h.
"""

from __future__ import annotations

import math

from numpy.typing import ArrayLike

from bardana.activations.base import FAMILY, apply
from bardana.tensor import Tensor


def relu(x: ArrayLike, negative_slope: float = 0.0, max_value: float | None = None, threshold: float = 0.0) -> Tensor:
    """Return the rectified linear unit; by default y = max(x, 0), with derivative 0 at 0.

    With arguments: y = max_value for x ≥ max_value; x for threshold ≤ x < max_value; negative_slope · (x − threshold)
    for x < threshold.

    Args:
        x: array of any shape.
        negative_slope: slope below the threshold. Default 0.
        max_value: upper bound, or None (default) for none.
        threshold: where the linear part begins. Default 0.

    Example:
        >>> relu([2.0, 7.0], max_value=6.0).tolist()
        [2.0, 6.0]
    """
    if negative_slope == 0 and max_value is None and threshold == 0:
        return apply("relu", x)
    bound = math.inf if max_value is None else max_value
    return apply("bounded_relu", x, negative_slope=negative_slope, max_value=bound, threshold=threshold)


def leaky_relu(x: ArrayLike, negative_slope: float = 0.2) -> Tensor:
    """Return y = x for x ≥ 0 and negative_slope · x below.

    Args:
        x: array of any shape.
        negative_slope: slope below 0. Default 0.2.

    Example:
        >>> leaky_relu([-2.0, 2.0], negative_slope=0.5).tolist()
        [-1.0, 2.0]
    """
    return apply("leaky_relu", x, negative_slope=negative_slope)


def relu6(x: ArrayLike) -> Tensor:
    """Return y = min(6, max(0, x)).

    Args:
        x: array of any shape.

    Example:
        >>> relu6([-1.0, 2.0, 7.0]).tolist()
        [0.0, 2.0, 6.0]
    """
    return relu(x, max_value=6.0)


def hard_sigmoid(x: ArrayLike) -> Tensor:
    """Return y = min(1, max(0, x / 6 + 1/2)). (Keras 2 had the slope 0.2.)

    Args:
        x: array of any shape.

    Example:
        >>> hard_sigmoid([-4.0, 0.0, 1.5, 3.0]).tolist()
        [0.0, 0.5, 0.75, 1.0]
    """
    return apply("hard_sigmoid", x)


def hard_silu(x: ArrayLike) -> Tensor:
    """Return y = x · hard_sigmoid(x), also called hard swish.

    Args:
        x: array of any shape.

    Source: Howard and others, Searching for MobileNetV3 (2019), section 5.2.

    Example:
        >>> hard_silu([0.0, 1.5, 4.0]).tolist()
        [0.0, 1.125, 4.0]
    """
    return apply("hard_silu", x)


def hard_tanh(x: ArrayLike) -> Tensor:
    """Return y = min(1, max(−1, x)).

    Args:
        x: array of any shape.

    Example:
        >>> hard_tanh([-2.0, 0.5, 2.0]).tolist()
        [-1.0, 0.5, 1.0]
    """
    return apply("hard_tanh", x)


def hard_shrink(x: ArrayLike, threshold: float = 0.5) -> Tensor:
    """Return y = x where |x| > threshold and 0 elsewhere.

    Args:
        x: array of any shape.
        threshold: half the width of the flat part. Default 0.5.

    Example:
        >>> hard_shrink([-1.0, 0.25, 1.0]).tolist()
        [-1.0, 0.0, 1.0]
    """
    return apply("hard_shrink", x, threshold=threshold)


def soft_shrink(x: ArrayLike, threshold: float = 0.5) -> Tensor:
    """Return y = x moved towards 0 by threshold, and 0 where |x| ≤ threshold.

    Args:
        x: array of any shape.
        threshold: half the width of the flat part. Default 0.5.

    Example:
        >>> soft_shrink([-1.0, 0.25, 1.0]).tolist()
        [-0.5, 0.0, 0.5]
    """
    return apply("soft_shrink", x, threshold=threshold)


def sparse_plus(x: ArrayLike) -> Tensor:
    """Return y = 0 up to −1, (x + 1)² / 4 between −1 and 1, and x from 1 on.

    Args:
        x: array of any shape.

    Example:
        >>> sparse_plus([-2.0, 0.0, 1.0, 3.0]).tolist()
        [0.0, 0.25, 1.0, 3.0]
    """
    return apply("sparse_plus", x)


def sparse_sigmoid(x: ArrayLike) -> Tensor:
    """Return y = min(1, max(0, (x + 1) / 2)), the derivative of `sparse_plus`.

    Args:
        x: array of any shape.

    Example:
        >>> sparse_sigmoid([-2.0, 0.0, 0.5, 3.0]).tolist()
        [0.0, 0.5, 0.75, 1.0]
    """
    return apply("sparse_sigmoid", x)


def threshold(x: ArrayLike, threshold: float, default_value: float) -> Tensor:
    """Return y = x where x > threshold and default_value elsewhere.

    Args:
        x: array of any shape.
        threshold: largest x that is replaced.
        default_value: what replaces it.

    Example:
        >>> threshold([-1.0, 0.5, 2.0], threshold=0.5, default_value=0.0).tolist()
        [0.0, 0.0, 2.0]
    """
    return apply("threshold", x, threshold=threshold, default_value=default_value)


hard_swish = hard_silu

for _function in (relu, leaky_relu, relu6, hard_sigmoid, hard_tanh, hard_shrink, soft_shrink, sparse_plus):
    FAMILY.add(_function)
FAMILY.add(sparse_sigmoid)
FAMILY.add(threshold)
FAMILY.add(hard_silu, "hard_swish")
