"""Losses: classes to put into `compile` or to call, and functions that return the values for each sample.

Wherever a loss is expected, its name will do: of the class, of the function, or mse, mae, mape, msle, bce, kld (also in
capitals).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, overload

from bardana.losses.base import FAMILY, FunctionLoss, Loss
from bardana.losses.crossentropy import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    SparseCategoricalCrossentropy,
    binary_crossentropy,
    categorical_crossentropy,
    sparse_categorical_crossentropy,
)
from bardana.losses.distributions import KLDivergence, Poisson, kl_divergence, poisson
from bardana.losses.focal import (
    BinaryFocalCrossentropy,
    CategoricalFocalCrossentropy,
    binary_focal_crossentropy,
    categorical_focal_crossentropy,
)
from bardana.losses.generalized import CategoricalGeneralizedCrossEntropy, categorical_generalized_cross_entropy
from bardana.losses.hinges import (
    CategoricalHinge,
    Hinge,
    SquaredHinge,
    categorical_hinge,
    hinge,
    squared_hinge,
)
from bardana.losses.regression import (
    Huber,
    MeanAbsoluteError,
    MeanSquaredError,
    huber,
    mean_absolute_error,
    mean_squared_error,
)
from bardana.losses.relative import (
    CosineSimilarity,
    LogCosh,
    MeanAbsolutePercentageError,
    MeanSquaredLogarithmicError,
    cosine_similarity,
    log_cosh,
    mean_absolute_percentage_error,
    mean_squared_logarithmic_error,
)
from bardana.losses.targets import target_kind
from bardana.serialization import CustomObjects
from bardana.serialization import serialize as _serialize

mse = MSE = mean_squared_error
mae = MAE = mean_absolute_error
bce = BCE = binary_crossentropy
mape = MAPE = mean_absolute_percentage_error
msle = MSLE = mean_squared_logarithmic_error
kld = KLD = kl_divergence

_CLASSES: dict[Callable[..., Any], Callable[[], Loss]] = {
    mean_squared_error: MeanSquaredError,
    mean_absolute_error: MeanAbsoluteError,
    huber: Huber,
    binary_crossentropy: BinaryCrossentropy,
    categorical_crossentropy: CategoricalCrossentropy,
    sparse_categorical_crossentropy: SparseCategoricalCrossentropy,
    binary_focal_crossentropy: BinaryFocalCrossentropy,
    categorical_focal_crossentropy: CategoricalFocalCrossentropy,
    mean_absolute_percentage_error: MeanAbsolutePercentageError,
    mean_squared_logarithmic_error: MeanSquaredLogarithmicError,
    log_cosh: LogCosh,
    cosine_similarity: CosineSimilarity,
    poisson: Poisson,
    kl_divergence: KLDivergence,
    hinge: Hinge,
    squared_hinge: SquaredHinge,
    categorical_hinge: CategoricalHinge,
    categorical_generalized_cross_entropy: CategoricalGeneralizedCrossEntropy,
}


@overload
def get(identifier: None) -> None: ...
@overload
def get(identifier: object) -> Loss: ...
def get(identifier: Any) -> Loss | None:
    """Return a loss object for a name, class, config, object or function `(y_true, y_pred)`; None stays None.

    Raises:
        ValueError: if the identifier is none of these.

    Example:
        >>> get("mse").name
        'mean_squared_error'
    """
    if identifier is None:
        return None
    found = FAMILY.resolve(identifier)
    if isinstance(found, Loss):
        return found
    return _CLASSES[found]() if found in FAMILY else FunctionLoss(found, name=getattr(found, "__name__", None))


def resolve(identifier: Any, y_shape: Sequence[int | None], output_shape: Sequence[int | None]) -> Loss:
    """Return the loss that `compile` means, now that shapes are known.

    Args:
        identifier: as in `get`, or "crossentropy" or "ce" for the binary, categorical or sparse one by shape.
        y_shape: shape of the targets with the batch axis.
        output_shape: shape of the predictions with the batch axis.

    Raises:
        ValueError: if the identifier means nothing.

    Example:
        >>> resolve("crossentropy", y_shape=(32,), output_shape=(32, 10)).name
        'sparse_categorical_crossentropy'
    """
    if isinstance(identifier, str) and identifier.lower() in ("crossentropy", "ce"):
        identifier = f"{target_kind(y_shape, output_shape)}_crossentropy"
    loss: Loss = get(identifier)
    return loss


def serialize(loss: Any) -> Any:
    """Return the config of a loss object or function, from which `deserialize` makes it again.

    Args:
        loss: a loss object or function.

    Raises:
        TypeError: for an object without `get_config`.
        ValueError: for a lambda, which cannot be found again by name.

    Example:
        >>> serialize(Huber(delta=2.0))["config"]["delta"]
        2.0
    """
    return _serialize(loss)


def deserialize(name: Mapping[str, Any], custom_objects: CustomObjects | None = None) -> Any:
    """Make a loss from its config.

    Args:
        name: dict with "class_name" and "config", as `serialize` returns it.
        custom_objects: your own classes and functions by name, looked up first. Default None.

    Raises:
        ValueError: if the config names no loss.

    Example:
        >>> deserialize({"class_name": "Huber", "config": {"delta": 2.0}}).get_config()["delta"]
        2.0
    """
    return FAMILY.deserialize(name, custom_objects)


__all__ = [
    "BCE",
    "KLD",
    "MAE",
    "MAPE",
    "MSE",
    "MSLE",
    "BinaryCrossentropy",
    "BinaryFocalCrossentropy",
    "CategoricalCrossentropy",
    "CategoricalFocalCrossentropy",
    "CategoricalGeneralizedCrossEntropy",
    "CategoricalHinge",
    "CosineSimilarity",
    "Hinge",
    "Huber",
    "KLDivergence",
    "LogCosh",
    "Loss",
    "MeanAbsoluteError",
    "MeanAbsolutePercentageError",
    "MeanSquaredError",
    "MeanSquaredLogarithmicError",
    "Poisson",
    "SparseCategoricalCrossentropy",
    "SquaredHinge",
    "bce",
    "binary_crossentropy",
    "binary_focal_crossentropy",
    "categorical_crossentropy",
    "categorical_focal_crossentropy",
    "categorical_generalized_cross_entropy",
    "categorical_hinge",
    "cosine_similarity",
    "deserialize",
    "get",
    "hinge",
    "huber",
    "kl_divergence",
    "kld",
    "log_cosh",
    "mae",
    "mape",
    "mean_absolute_error",
    "mean_absolute_percentage_error",
    "mean_squared_error",
    "mean_squared_logarithmic_error",
    "mse",
    "msle",
    "poisson",
    "resolve",
    "serialize",
    "sparse_categorical_crossentropy",
    "squared_hinge",
]
