"""Focal cross-entropies: the more certain a right prediction is, the less it counts.

Source: Lin et al., Focal loss for dense object detection (2017).
"""

from __future__ import annotations

from typing import Any

from bardana.losses.base import FAMILY, FunctionLoss
from bardana.losses.crossentropy import checked_share, warn_of_one_class
from bardana.losses.targets import loss_values
from bardana.tensor import Tensor


def binary_focal_crossentropy(
    y_true: Any,
    y_pred: Any,
    apply_class_balancing: bool = False,
    alpha: float = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Tensor:
    """Return the mean of (1 − q)ᵞ b over an axis, with the binary cross-entropy b and q = y p + (1 − y)(1 − p).

    Args:
        y_true: targets y between 0 and 1, of the shape of `y_pred`.
        y_pred: probabilities p, or logits z with p = sigmoid(z).
        apply_class_balancing: whether to weight by y alpha + (1 − y)(1 − alpha). Default False.
        alpha: weight of class 1. Default 0.25.
        gamma: γ, how fast easy examples lose weight. Default 2.
        from_logits: whether `y_pred` holds logits. Default False.
        label_smoothing: s in y ← y (1 − s) + s / 2, between 0 and 1. Default 0.
        axis: axis of the mean. Default: the last.

    Returns:
        Values of the shape of `y_pred` without the axis.

    Raises:
        ValueError: if label_smoothing lies outside its range or the shapes differ.

    Example:
        >>> binary_focal_crossentropy([[1.0], [0.0]], [[0.6], [0.9]]).numpy().round(3)
        array([0.082, 1.865], dtype=float32)
    """
    parameters = {
        "apply_class_balancing": float(apply_class_balancing),
        **_focal(alpha, gamma, from_logits, label_smoothing),
    }
    return loss_values("binary_focal_crossentropy", y_true, y_pred, parameters, axis)


def categorical_focal_crossentropy(
    y_true: Any,
    y_pred: Any,
    alpha: float = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Tensor:
    """Return −Σ α (1 − pᵢ)ᵞ yᵢ log pᵢ over the classes.

    Args:
        y_true: one-hot targets or class probabilities, of the shape of `y_pred`.
        y_pred: numbers that are divided by their sum to give p, or logits z with p = softmax(z).
        alpha: α, a factor. Default 0.25.
        gamma: γ, how fast easy examples lose weight. Default 2.
        from_logits: whether `y_pred` holds logits. Default False.
        label_smoothing: s in y ← y (1 − s) + s / classes, between 0 and 1. Default 0.
        axis: axis of the classes. Default: the last.

    Returns:
        Values of the shape of `y_pred` without the axis.

    Raises:
        ValueError: if label_smoothing lies outside its range or the shapes differ.

    Example:
        >>> categorical_focal_crossentropy([[0.0, 1.0, 0.0]], [[0.1, 0.8, 0.1]]).numpy().round(4)
        array([0.0022], dtype=float32)
    """
    warn_of_one_class("categorical_focal_crossentropy", y_pred)
    parameters = _focal(alpha, gamma, from_logits, label_smoothing)
    return loss_values("categorical_focal_crossentropy", y_true, y_pred, parameters, axis)


class BinaryFocalCrossentropy(FunctionLoss):
    """Be the focal cross-entropy for yes-or-no targets; see `binary_focal_crossentropy`.

    Args:
        apply_class_balancing, alpha, gamma, label_smoothing: as in the function.
        from_logits: whether predictions are logits. Default False: probabilities.
        axis: axis of the mean; in a model only −1, the default.
        reduction, name, dtype: as in `Loss`.

    Raises:
        ValueError: if label_smoothing lies outside its range.

    Example:
        >>> round(float(BinaryFocalCrossentropy()([[1.0], [0.0]], [[0.9], [0.9]])), 3)
        0.933
    """

    def __init__(
        self,
        apply_class_balancing: bool = False,
        alpha: float = 0.25,
        gamma: float = 2.0,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "binary_focal_crossentropy",
        dtype: str | None = None,
    ) -> None:
        parameters = {
            "apply_class_balancing": bool(apply_class_balancing),
            **_focal(alpha, gamma, from_logits, label_smoothing),
            "axis": axis,
        }
        super().__init__(binary_focal_crossentropy, reduction, name, dtype, **parameters)


class CategoricalFocalCrossentropy(FunctionLoss):
    """Be the focal cross-entropy for one-hot targets; see `categorical_focal_crossentropy`.

    Args:
        alpha, gamma, label_smoothing: as in the function.
        from_logits: whether predictions are logits. Default False: probabilities.
        axis: axis of the classes; in a model only −1, the default.
        reduction, name, dtype: as in `Loss`.

    Raises:
        ValueError: if label_smoothing lies outside its range.

    Example:
        >>> round(float(CategoricalFocalCrossentropy()([[0.0, 1.0, 0.0]], [[0.1, 0.8, 0.1]])), 4)
        0.0022
    """

    def __init__(
        self,
        alpha: float = 0.25,
        gamma: float = 2.0,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "categorical_focal_crossentropy",
        dtype: str | None = None,
    ) -> None:
        parameters = {**_focal(alpha, gamma, from_logits, label_smoothing), "axis": axis}
        super().__init__(categorical_focal_crossentropy, reduction, name, dtype, **parameters)


def _focal(alpha: float, gamma: float, from_logits: bool, label_smoothing: float) -> dict[str, Any]:
    return {
        "alpha": float(alpha),
        "gamma": float(gamma),
        "from_logits": bool(from_logits),
        "label_smoothing": checked_share(label_smoothing),
    }


for _component in (
    binary_focal_crossentropy,
    categorical_focal_crossentropy,
    BinaryFocalCrossentropy,
    CategoricalFocalCrossentropy,
):
    FAMILY.add(_component)
