"""Class weights as sample weights."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from bardana import config
from bardana.data.arrays import Array


def class_weights_to_samples(class_weight: Mapping[int, float], y: Array) -> Array:
    """Return one weight per sample: w[i] = class_weight[class of y[i]], 1.0 for classes that are not listed.

    Args:
        class_weight: weight of each class, by its integer id.
        y: class ids of shape (n,) or (n, 1), or one-hot rows of shape (n, classes).

    Returns:
        An array (n,) of `config.floatx()`.

    Raises:
        TypeError: class_weight is not a dict.
        ValueError: y has more than two axes.

    Example:
        >>> class_weights_to_samples({1: 3.0}, np.array([0, 1, 1]))
        array([1., 3., 3.], dtype=float32)
    """
    if not isinstance(class_weight, Mapping):
        raise TypeError(f"class_weight: expected a dict of class id to weight, received {type(class_weight).__name__}.")
    if y.ndim > 2:
        raise ValueError(f"class_weight: expected y of shape (n,), (n, 1) or (n, classes), received {y.shape}.")
    classes, positions = np.unique(_class_ids(y), return_inverse=True)
    weights: Array = np.array([class_weight.get(int(c), 1.0) for c in classes], dtype=config.floatx())
    samples: Array = weights[positions.reshape(-1)]
    return samples


def _class_ids(y: Array) -> Array:
    is_one_hot = y.ndim == 2 and y.shape[1] > 1
    ids: Array = np.argmax(y, axis=1) if is_one_hot else np.rint(y.reshape(-1)).astype(np.int64)
    return ids
