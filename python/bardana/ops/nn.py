"""Activations and cross-entropies, the native ones of layers and losses, and one-hot rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from bardana import activations, losses
from bardana.ops.convert import as_real, as_values
from bardana.ops.reductions import logsumexp
from bardana.tensor import Tensor, as_tensor
from bardana.utils.dtypes import standardize_dtype


def relu(x: Any) -> Tensor:
    """Return max(x, 0).

    Args:
        x: array.

    Example:
        >>> relu([-1.0, 2.0]).tolist()
        [0.0, 2.0]
    """
    return activations.relu(as_real(x))


def leaky_relu(x: Any, negative_slope: float = 0.2) -> Tensor:
    """Return x, and x · negative_slope below 0.

    Args:
        x: array.
        negative_slope: 0.2 by default.

    Example:
        >>> leaky_relu([-1.0, 2.0], 0.5).tolist()
        [-0.5, 2.0]
    """
    return activations.leaky_relu(as_real(x), negative_slope)


def elu(x: Any, alpha: float = 1.0) -> Tensor:
    """Return x, and alpha · (eˣ − 1) below 0.

    Args:
        x: array.
        alpha: 1.0 by default.

    Example:
        >>> elu([0.0, 2.0]).tolist()
        [0.0, 2.0]
    """
    return activations.elu(as_real(x), alpha)


def selu(x: Any) -> Tensor:
    """Return the scaled exponential linear unit of `keras.activations.selu`.

    Args:
        x: array.

    Example:
        >>> selu([0.0]).tolist()
        [0.0]
    """
    return activations.selu(as_real(x))


def gelu(x: Any, approximate: bool = True) -> Tensor:
    """Return x · Φ(x), where Φ is the standard normal distribution function.

    Args:
        x: array.
        approximate: by the hyperbolic tangent (default), else by the error function.

    Example:
        >>> gelu([0.0]).tolist()
        [0.0]
    """
    return activations.gelu(as_real(x), approximate)


def silu(x: Any) -> Tensor:
    """Return x · sigmoid(x).

    Args:
        x: array.

    Example:
        >>> silu([0.0]).tolist()
        [0.0]
    """
    return activations.silu(as_real(x))


swish = silu


def sigmoid(x: Any) -> Tensor:
    """Return 1 / (1 + e⁻ˣ).

    Args:
        x: array.

    Example:
        >>> sigmoid([0.0]).tolist()
        [0.5]
    """
    return activations.sigmoid(as_real(x))


def softplus(x: Any) -> Tensor:
    """Return log(1 + eˣ).

    Args:
        x: array.

    Example:
        >>> softplus([0.0]).numpy().round(3)
        array([0.693], dtype=float32)
    """
    return activations.softplus(as_real(x))


def softsign(x: Any) -> Tensor:
    """Return x / (1 + |x|).

    Args:
        x: array.

    Example:
        >>> softsign([1.0]).tolist()
        [0.5]
    """
    return activations.softsign(as_real(x))


def softmax(x: Any, axis: int | tuple[int, ...] = -1) -> Tensor:
    """Return exp(xᵢ) / Σⱼ exp(xⱼ).

    Args:
        x: array.
        axis: axis or axes of the sum, the last by default.

    Example:
        >>> softmax([0.0, 0.0]).tolist()
        [0.5, 0.5]
    """
    return activations.softmax(as_real(x), axis)


def log_softmax(x: Any, axis: int = -1) -> Tensor:
    """Return xᵢ − log Σⱼ exp(xⱼ).

    Args:
        x: array.
        axis: axis of the sum, the last by default.

    Example:
        >>> log_softmax([0.0, 0.0]).numpy().round(3)
        array([-0.693, -0.693], dtype=float32)
    """
    values = as_real(x)
    return as_tensor(values - logsumexp(values, axis, keepdims=True))


def one_hot(x: Any, num_classes: int, axis: int = -1, dtype: Any = None, sparse: bool = False) -> Tensor:
    """Return rows of zeros with a 1 at the class; of zeros only for a class that does not exist.

    Args:
        x: array of integers.
        num_classes: length of the rows.
        axis: place of the new axis, the last by default.
        dtype: type, `floatx()` by default.
        sparse: must be False.

    Raises:
        ValueError: sparse is true.

    Example:
        >>> one_hot([1, 0], 2).tolist()
        [[0.0, 1.0], [1.0, 0.0]]
    """
    if sparse:
        raise ValueError(f"one_hot: expected sparse=False, received sparse={sparse!r}.")
    rows = as_values(x)[..., np.newaxis] == np.arange(num_classes)
    return as_tensor(np.moveaxis(rows, -1, axis).astype(standardize_dtype(dtype)))


def binary_crossentropy(target: Any, output: Any, from_logits: bool = False) -> Tensor:
    """Return −(t log p + (1 − t) log(1 − p)) of each element.

    Args:
        target: targets t.
        output: probabilities p, or logits.
        from_logits: whether output holds logits. Default False.

    Example:
        >>> binary_crossentropy([1.0], [0.5]).numpy().round(3)
        array([0.693], dtype=float32)
    """
    t, p = as_real(target), as_real(output)
    values = losses.binary_crossentropy(t[..., np.newaxis], p[..., np.newaxis], from_logits=from_logits)
    return as_tensor(np.asarray(values))


def categorical_crossentropy(target: Any, output: Any, from_logits: bool = False, axis: int = -1) -> Tensor:
    """Return −Σ t log p of each row.

    Args:
        target: targets t, rows that sum to 1.
        output: probabilities p, or logits.
        from_logits: whether output holds logits. Default False.
        axis: axis of the classes, the last by default.

    Example:
        >>> categorical_crossentropy([[0.0, 1.0]], [[0.5, 0.5]]).numpy().round(3)
        array([0.693], dtype=float32)
    """
    t, p = (np.ascontiguousarray(np.moveaxis(as_real(values), axis, -1)) for values in (target, output))
    return as_tensor(np.asarray(losses.categorical_crossentropy(t, p, from_logits=from_logits)))


def sparse_categorical_crossentropy(target: Any, output: Any, from_logits: bool = False, axis: int = -1) -> Tensor:
    """Return −log p of the class of each row.

    Args:
        target: classes.
        output: probabilities p, or logits.
        from_logits: whether output holds logits. Default False.
        axis: axis of the classes in output, the last by default.

    Example:
        >>> sparse_categorical_crossentropy([1], [[0.5, 0.5]]).numpy().round(3)
        array([0.693], dtype=float32)
    """
    p = np.ascontiguousarray(np.moveaxis(as_real(output), axis, -1))
    return as_tensor(np.asarray(losses.sparse_categorical_crossentropy(as_values(target), p, from_logits=from_logits)))
