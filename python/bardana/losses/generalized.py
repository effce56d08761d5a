"""Cross-entropy for noisy labels.

Source: Zhang, Sabuncu, Generalized cross entropy loss for training deep neural networks with noisy labels (2018).
"""

from __future__ import annotations

from typing import Any

from bardana.losses.base import FAMILY, FunctionLoss
from bardana.losses.targets import loss_values
from bardana.tensor import Tensor


def categorical_generalized_cross_entropy(y_true: Any, y_pred: Any, q: float) -> Tensor:
    """Return (1 − pₖ^q) / q, where k is the number of the true class.

    Args:
        y_true: class numbers 0 … classes − 1, shape of `y_pred` without the last axis, or with size 1 there.
        y_pred: probabilities p of the classes, shape (…, classes).
        q: between 0, where it is the cross-entropy, and 1, where it is 1 − pₖ.

    Returns:
        Values of shape (…).

    Raises:
        ValueError: if a class number is out of range.

    Example:
        >>> categorical_generalized_cross_entropy([1], [[0.75, 0.25]], q=0.5).tolist()
        [1.0]
    """
    return loss_values("categorical_generalized_cross_entropy", y_true, y_pred, {"q": float(q)})


class CategoricalGeneralizedCrossEntropy(FunctionLoss):
    """Be the generalized cross-entropy for class numbers; see `categorical_generalized_cross_entropy`.

    Args:
        q: between 0 and 1, both excluded. The larger, the less wrong labels count. Default 0.5.
        reduction, name, dtype: as in `Loss`.

    Raises:
        ValueError: if q lies outside its range.

    Example:
        >>> float(CategoricalGeneralizedCrossEntropy()([1], [[0.75, 0.25]]))
        1.0
    """

    def __init__(
        self,
        q: float = 0.5,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "categorical_generalized_cross_entropy",
        dtype: str | None = None,
    ) -> None:
        if not 0 < q < 1:
            raise ValueError(f"categorical_generalized_cross_entropy: expected q in (0, 1), received {q}")
        super().__init__(categorical_generalized_cross_entropy, reduction, name, dtype, q=float(q))


for _component in (categorical_generalized_cross_entropy, CategoricalGeneralizedCrossEntropy):
    FAMILY.add(_component)
