"""Labels of a classifier as the signs that threshold units learn, one column for each unit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def check_rows(x: Any, columns: int | None = None) -> Array:
    """Return x as a C-contiguous array of float32 or float64; other numbers become float64.

    Args:
        x: array of shape (rows, features), of finite numbers.
        columns: number of features that is expected. Default: any.

    Raises:
        ValueError: for another shape, no rows, or values that are no finite numbers.
        TypeError: for a sparse matrix.

    Example:
        >>> check_rows([[1, 2]]).dtype
        dtype('float64')
    """
    if hasattr(x, "toarray"):
        raise TypeError("expected a dense array, received a sparse matrix: pass x.toarray()")
    rows = _numbers(np.asarray(x))
    if rows.ndim != 2:
        raise ValueError(
            f"expected X of shape (rows, features), received shape {rows.shape}. Reshape your data: X.reshape(-1, 1) "
            "for a single feature, X.reshape(1, -1) for a single row"
        )
    for count, what in zip(rows.shape, ("sample", "feature"), strict=True):
        if count == 0:
            raise ValueError(f"received X with 0 {what}(s) (shape={rows.shape}) while a minimum of 1 is required.")
    if columns is not None and rows.shape[1] != columns:
        raise ValueError(
            f"X has {rows.shape[1]} features, but Perceptron is expecting {columns} features as input, as in fit"
        )
    rows = np.ascontiguousarray(rows, rows.dtype if rows.dtype in (np.float32, np.float64) else np.float64)
    if not np.isfinite(rows).all():
        raise ValueError("expected finite numbers, received NaN or infinity in X")
    return rows


def _numbers(rows: Array) -> Array:
    """Return the array itself if it holds real numbers, or its elements as float64."""
    if rows.dtype.kind in "biuf":
        return rows
    if rows.dtype.kind == "c":
        raise ValueError(f"Complex data not supported: expected real numbers in X, received dtype {rows.dtype}")
    try:
        return rows.astype(np.float64)
    except TypeError as error:
        raise TypeError(f"expected numbers in X, received dtype {rows.dtype}: {error}") from error
    except ValueError as error:
        raise ValueError(f"expected numbers in X, received dtype {rows.dtype}: {error}") from error


def check_labels(y: Any, rows: int) -> Array:
    """Return labels as an array of shape (rows,), or of 0 and 1 of shape (rows, outputs).

    Args:
        y: labels of any sortable kind, shape (rows,) or (rows, 1), or bits of shape (rows, outputs).
        rows: expected length.

    Raises:
        ValueError: for another shape, missing labels, or labels of several outputs other than 0 and 1.

    Example:
        >>> check_labels([[1], [0]], 2).shape
        (2,)
    """
    if y is None:
        raise ValueError("Perceptron requires y to be passed, but the target y is None")
    labels = np.asarray(y)
    labels = labels[:, 0] if labels.ndim == 2 and labels.shape[1] == 1 else labels
    if labels.ndim not in (1, 2) or len(labels) != rows:
        raise ValueError(f"expected y of shape ({rows},) or ({rows}, outputs), received shape {np.shape(y)}")
    if labels.dtype.kind == "f" and not np.isfinite(labels).all():
        raise ValueError("expected a label for each row, received NaN or infinity in y")
    if labels.ndim == 2:
        if not np.isin(labels, (0, 1)).all():
            raise ValueError("expected labels 0 and 1 in y of several outputs, received others")
        return labels.astype(np.int64)
    if labels.dtype.kind == "f" and (labels != labels.round()).any():
        raise ValueError("Unknown label type: expected classes in y, received numbers with a fraction (continuous)")
    return labels


def signs(labels: Array, classes: Array) -> Array:
    """Return +1 for the class of each unit and −1 for the others, shape (units, rows).

    Two classes need one unit, which stands for the second; more classes one each; several outputs one each.

    Args:
        labels: as `check_labels` returns them.
        classes: the classes in order.

    Example:
        >>> signs(np.array(["b", "a"]), np.array(["a", "b"])).tolist()
        [[1, -1]]
    """
    if labels.ndim == 2:
        positive = labels.T == 1
    elif len(classes) == 2:
        positive = (labels == classes[1])[np.newaxis]
    else:
        positive = labels[np.newaxis] == classes[:, np.newaxis]
    return np.ascontiguousarray(np.where(positive, 1, -1))


def class_factors(class_weight: Any, classes: Array, labels: Array) -> Array:
    """Return the weight of each class.

    Args:
        class_weight: None for 1, weights by class (1 where there is none), or "balanced": rows / (classes · count).
        classes: the classes in order.
        labels: the labels of the rows, or bits of several outputs, which count together.

    Raises:
        ValueError: for an unknown class or another value.

    Example:
        >>> class_factors("balanced", np.array([0, 1]), np.array([0, 0, 0, 1])).round(2).tolist()
        [0.67, 2.0]
    """
    if class_weight is None:
        return np.ones(len(classes))
    if isinstance(class_weight, Mapping):
        unknown = [key for key in class_weight if key not in classes]
        if unknown:
            raise ValueError(f"expected class_weight for classes among {classes.tolist()}, received {unknown}")
        return np.array([float(class_weight.get(key, 1.0)) for key in classes.tolist()])
    if class_weight == "balanced":
        counts = np.array([np.count_nonzero(labels == key) for key in classes])
        if not counts.all():
            raise ValueError("class_weight='balanced': expected rows of every class")
        return labels.size / (len(classes) * counts)
    raise ValueError(f"expected class_weight to be None, a dict or 'balanced', received {class_weight!r}")


def sample_factors(sample_weight: Any, rows: Array) -> Array:
    """Return the weight of each row in the type of the rows.

    Args:
        sample_weight: None for 1, a number for all, or numbers of shape (rows,).
        rows: the rows.

    Raises:
        ValueError: for another shape, a negative or not finite weight, or nothing but 0.

    Example:
        >>> sample_factors(None, np.zeros((2, 1))).tolist()
        [1.0, 1.0]
    """
    if sample_weight is None:
        return np.ones(len(rows), rows.dtype)
    weights = np.asarray(sample_weight, rows.dtype)
    weights = np.full(len(rows), weights) if weights.ndim == 0 else weights
    if weights.shape != (len(rows),):
        raise ValueError(f"expected sample_weight of shape ({len(rows)},), received {weights.shape}")
    if not np.isfinite(weights).all() or (weights < 0).any() or not weights.any():
        raise ValueError("expected sample_weight to be finite, not negative and not zero everywhere")
    return np.ascontiguousarray(weights)
