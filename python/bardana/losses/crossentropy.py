"""Losses for classes.

With `from_logits=False`, predictions are probabilities and kept within [ε, 1 − ε], where ε is `config.epsilon()`. A
model that ends in softmax or sigmoid is nevertheless trained from the numbers before that activation, without this
limit.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from bardana.data import Array
from bardana.losses.base import FAMILY, FunctionLoss
from bardana.losses.targets import loss_values
from bardana.tensor import Tensor


def binary_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, label_smoothing: float = 0.0, axis: int = -1
) -> Tensor:
    """Return the mean of −y log p − (1 − y) log(1 − p) over an axis.

    Args:
        y_true: targets between 0 and 1, of the shape of `y_pred`.
        y_pred: probabilities p, or logits z with p = sigmoid(z).
        from_logits: whether `y_pred` holds logits. Default False.
        label_smoothing: s in y ← y (1 − s) + s / 2, between 0 and 1. Default 0.
        axis: axis of the mean. Default: the last.

    Returns:
        Values of the shape of `y_pred` without the axis.

    Raises:
        ValueError: if label_smoothing lies outside its range or the shapes differ.

    Example:
        >>> binary_crossentropy([[1.0], [0.0]], [[0.9], [0.9]]).numpy().round(3)
        array([0.105, 2.303], dtype=float32)
    """
    parameters = {"from_logits": bool(from_logits), "label_smoothing": checked_share(label_smoothing)}
    return loss_values("binary_crossentropy", y_true, y_pred, parameters, axis)


def categorical_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, label_smoothing: float = 0.0, axis: int = -1
) -> Tensor:
    """Return −Σ yᵢ log pᵢ over the classes.

    Args:
        y_true: one-hot targets or class probabilities, of the shape of `y_pred`.
        y_pred: numbers that are divided by their sum to give p, or logits z with p = softmax(z).
        from_logits: whether `y_pred` holds logits. Default False.
        label_smoothing: s in y ← y (1 − s) + s / classes, between 0 and 1. Default 0.
        axis: axis of the classes. Default: the last.

    Returns:
        Values of the shape of `y_pred` without the axis.

    Raises:
        ValueError: if label_smoothing lies outside its range or the shapes differ.

    Example:
        >>> categorical_crossentropy([[0.0, 1.0, 0.0]], [[0.1, 0.8, 0.1]]).numpy().round(3)
        array([0.223], dtype=float32)
    """
    warn_of_one_class("categorical_crossentropy", y_pred)
    parameters = {"from_logits": bool(from_logits), "label_smoothing": checked_share(label_smoothing)}
    return loss_values("categorical_crossentropy", y_true, y_pred, parameters, axis)


def sparse_categorical_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, ignore_class: int | None = None, axis: int = -1
) -> Tensor:
    """Return −log pₖ, where k is the number of the true class.

    Args:
        y_true: class numbers 0 … classes − 1, shape of `y_pred` without the class axis, or with size 1 there.
        y_pred: numbers that are divided by their sum to give p, or logits z with p = softmax(z).
        from_logits: whether `y_pred` holds logits. Default False.
        ignore_class: class number (it may lie outside the range) whose samples get loss 0. Default None.
        axis: axis of the classes. Default: the last.

    Returns:
        Values of the shape of `y_pred` without the axis.

    Raises:
        ValueError: if a class number is out of range.

    Example:
        >>> sparse_categorical_crossentropy([1, 2], [[0.1, 0.8, 0.1], [0.1, 0.8, 0.1]]).numpy().round(3)
        array([0.223, 2.303], dtype=float32)
    """
    parameters = {"from_logits": bool(from_logits), "ignore_class": ignore_class}
    return loss_values("sparse_categorical_crossentropy", y_true, y_pred, parameters, axis)


class BinaryCrossentropy(FunctionLoss):
    """Be the cross-entropy for yes-or-no targets, −y log p − (1 − y) log(1 − p); see `binary_crossentropy`.

    Behind a sigmoid its gradient by the logits is (p − y) / d for d outputs.

    Args:
        from_logits: whether predictions are logits. Default False: probabilities.
        label_smoothing: between 0 and 1. Default 0.
        axis: axis of the mean; in a model only −1, the default.
        reduction, name, dtype: as in `Loss`.

    Raises:
        ValueError: if label_smoothing lies outside its range.

    Example:
        >>> loss = BinaryCrossentropy(from_logits=True)
        >>> round(float(loss([[1.0], [0.0]], [[0.0], [0.0]])), 3)  # log 2
        0.693
    """

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "binary_crossentropy",
        dtype: str | None = None,
    ) -> None:
        smoothing = checked_share(label_smoothing)
        parameters = {"from_logits": bool(from_logits), "label_smoothing": smoothing, "axis": axis}
        super().__init__(binary_crossentropy, reduction, name, dtype, **parameters)


class CategoricalCrossentropy(FunctionLoss):
    """Be the cross-entropy for one-hot targets, −Σ yᵢ log pᵢ; see `categorical_crossentropy`.

    Behind a softmax its gradient by the logits is p − y.

    Args:
        from_logits: whether predictions are logits. Default False: probabilities.
        label_smoothing: between 0 and 1. Default 0.
        axis: axis of the classes; in a model only −1, the default.
        reduction, name, dtype: as in `Loss`.

    Raises:
        ValueError: if label_smoothing lies outside its range.

    Example:
        >>> loss = CategoricalCrossentropy()
        >>> round(float(loss([[0.0, 1.0, 0.0]], [[0.1, 0.8, 0.1]])), 3)
        0.223
    """

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "categorical_crossentropy",
        dtype: str | None = None,
    ) -> None:
        smoothing = checked_share(label_smoothing)
        parameters = {"from_logits": bool(from_logits), "label_smoothing": smoothing, "axis": axis}
        super().__init__(categorical_crossentropy, reduction, name, dtype, **parameters)


class SparseCategoricalCrossentropy(FunctionLoss):
    """Be the cross-entropy for class numbers k, −log pₖ; see `sparse_categorical_crossentropy`.

    Behind a softmax its gradient by the logits is p − onehot(k).

    Args:
        from_logits: whether predictions are logits. Default False: probabilities.
        ignore_class: class number whose samples do not count, neither in the sum nor in the number it is divided by.
        reduction, name, dtype: as in `Loss`.
        axis: axis of the classes; in a model only −1, the default.

    Example:
        >>> loss = SparseCategoricalCrossentropy(ignore_class=-1)
        >>> round(float(loss([1, -1], [[0.1, 0.8, 0.1], [0.1, 0.8, 0.1]])), 3)
        0.223
    """

    def __init__(
        self,
        from_logits: bool = False,
        ignore_class: int | None = None,
        reduction: str | None = "sum_over_batch_size",
        axis: int = -1,
        name: str | None = "sparse_categorical_crossentropy",
        dtype: str | None = None,
    ) -> None:
        parameters = {"from_logits": bool(from_logits), "ignore_class": ignore_class, "axis": axis}
        super().__init__(sparse_categorical_crossentropy, reduction, name, dtype, **parameters)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        if config["axis"] == -1:
            del config["axis"]  # an argument that Keras 3.14 and older do not know
        return config

    def _counted(self, y_true: Array, shape: tuple[int, ...]) -> Array | None:
        ignored = self.parameters["ignore_class"]
        return None if ignored is None else (y_true != ignored).reshape(shape)


def warn_of_one_class(function: str, y_pred: Any) -> None:
    """Warn the caller's caller if predictions for several classes have one column."""
    if np.shape(y_pred)[-1:] == (1,):
        warnings.warn(
            f"{function}: expected more than one class, received y_pred of shape {np.shape(y_pred)}. "
            "For two classes in one column use binary_crossentropy.",
            SyntaxWarning,
            stacklevel=3,
        )


def checked_share(label_smoothing: float) -> float:
    """Return label_smoothing as a float; ValueError unless it lies between 0 and 1."""
    if not 0 <= label_smoothing <= 1:
        raise ValueError(f"expected `label_smoothing` between 0 and 1, received {label_smoothing}")
    return float(label_smoothing)


for _component in (
    categorical_crossentropy,
    sparse_categorical_crossentropy,
    BinaryCrossentropy,
    CategoricalCrossentropy,
    SparseCategoricalCrossentropy,
):
    FAMILY.add(_component)
FAMILY.add(binary_crossentropy, "bce", "BCE")
