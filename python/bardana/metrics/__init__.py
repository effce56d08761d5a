"""Metrics: numbers to watch while a model trains, or to gather over batches by hand.

Wherever a metric is expected, its name will do: of the class, in snake_case, or mse, mae, mape, msle, bce (also in
capitals).
In `compile`, "accuracy" and "acc" mean the binary, categorical or sparse one, by the shapes of targets and outputs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, overload

from bardana import losses
from bardana.losses import (
    binary_crossentropy,
    binary_focal_crossentropy,
    categorical_crossentropy,
    categorical_focal_crossentropy,
    categorical_hinge,
    hinge,
    huber,
    kl_divergence,
    log_cosh,
    mean_absolute_error,
    mean_absolute_percentage_error,
    mean_squared_error,
    mean_squared_logarithmic_error,
    poisson,
    sparse_categorical_crossentropy,
    squared_hinge,
)
from bardana.losses.base import FunctionLoss
from bardana.losses.targets import target_kind
from bardana.metrics.accuracies import (
    Accuracy,
    BinaryAccuracy,
    CategoricalAccuracy,
    SparseCategoricalAccuracy,
    accuracy,
    binary_accuracy,
    categorical_accuracy,
    sparse_categorical_accuracy,
)
from bardana.metrics.at_constraint import (
    PrecisionAtRecall,
    RecallAtPrecision,
    SensitivityAtSpecificity,
    SpecificityAtSensitivity,
)
from bardana.metrics.auc import AUC
from bardana.metrics.base import FAMILY, Metric
from bardana.metrics.correlations import (
    ConcordanceCorrelation,
    PearsonCorrelation,
    concordance_correlation,
    pearson_correlation,
)
from bardana.metrics.counts import (
    FalseNegatives,
    FalsePositives,
    Precision,
    Recall,
    TrueNegatives,
    TruePositives,
)
from bardana.metrics.divergences import CategoricalHinge, Hinge, KLDivergence, Poisson, SquaredHinge
from bardana.metrics.errors import (
    CosineSimilarity,
    LogCoshError,
    MeanAbsolutePercentageError,
    MeanSquaredLogarithmicError,
)
from bardana.metrics.f_score import F1Score, FBetaScore
from bardana.metrics.from_losses import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    MeanAbsoluteError,
    MeanSquaredError,
    RootMeanSquaredError,
    SparseCategoricalCrossentropy,
)
from bardana.metrics.r2 import R2Score
from bardana.metrics.reductions import Mean, MeanMetricWrapper, Sum
from bardana.metrics.top_k import (
    SparseTopKCategoricalAccuracy,
    TopKCategoricalAccuracy,
    sparse_top_k_categorical_accuracy,
    top_k_categorical_accuracy,
)
from bardana.serialization import CustomObjects
from bardana.serialization import serialize as _serialize

_CROSSENTROPIES: dict[str, Callable[..., Metric]] = {
    "binary": BinaryCrossentropy,
    "categorical": CategoricalCrossentropy,
    "sparse_categorical": SparseCategoricalCrossentropy,
}


@overload
def get(identifier: None) -> None: ...
@overload
def get(identifier: object) -> Metric: ...
def get(identifier: Any) -> Metric | None:
    """Return a metric for a name, class, config, object or function `(y_true, y_pred)`; None stays None.

    Raises:
        ValueError: if the identifier is none of these.

    Example:
        >>> get("mse").name
        'mean_squared_error'
    """
    if identifier is None:
        return None
    found = FAMILY.resolve(identifier)
    if isinstance(found, Metric):
        return found
    if isinstance(found, losses.Loss):
        raise ValueError(
            f"expected a metric or a function of y_true and y_pred, received the loss object '{found.name}'; "
            "use the metric of the same name"
        )
    return MeanMetricWrapper(found, name=getattr(found, "__name__", None))


def resolve(
    identifier: Any,
    y_shape: Sequence[int | None],
    output_shape: Sequence[int | None],
    loss: losses.Loss | None = None,
) -> Metric:
    """Return the metric that `compile` means, now that shapes are known; its `name` is the key in the logs.

    A name is kept as the key, letter by letter; an object brings its own name, a function its `__name__`.

    Args:
        identifier: as in `get`, or by shape "accuracy", "acc", "crossentropy", "ce" (any case).
        y_shape: shape of the targets with the batch axis.
        output_shape: shape of the predictions with the batch axis.
        loss: the model's loss; "crossentropy" takes predictions for logits if the loss does.

    Raises:
        ValueError: if the identifier means nothing.

    Example:
        >>> type(resolve("acc", y_shape=(32,), output_shape=(32, 10))).__name__
        'SparseCategoricalAccuracy'
    """
    if identifier is None:
        raise ValueError("expected a metric, received None")
    short = identifier.lower() if isinstance(identifier, str) else ""
    if short in ("accuracy", "acc"):
        metric: Metric = get(f"{target_kind(y_shape, output_shape)}_accuracy")
    elif short in ("crossentropy", "ce"):
        metric = _CROSSENTROPIES[target_kind(y_shape, output_shape)](from_logits=_uses_logits(loss))
    else:
        metric = get(identifier)
    if isinstance(identifier, str):
        metric.name = identifier
    return metric


def serialize(metric: Any) -> Any:
    """Return the config of a metric object or function, from which `deserialize` makes it again.

    Args:
        metric: a metric object or function.

    Raises:
        TypeError: for an object without `get_config`.
        ValueError: for a lambda, which cannot be found again by name.

    Example:
        >>> serialize(BinaryAccuracy(threshold=0.25))["config"]["threshold"]
        0.25
    """
    return _serialize(metric)


def deserialize(config: Mapping[str, Any], custom_objects: CustomObjects | None = None) -> Any:
    """Make a metric from its config.

    Args:
        config: dict with "class_name" and "config", as `serialize` returns it.
        custom_objects: your own classes and functions by name, looked up first. Default None.

    Raises:
        ValueError: if the config names no metric.

    Example:
        >>> deserialize({"class_name": "BinaryAccuracy", "config": {"threshold": 0.25}}).name
        'binary_accuracy'
    """
    return FAMILY.deserialize(config, custom_objects)


def _uses_logits(loss: losses.Loss | None) -> bool:
    return isinstance(loss, FunctionLoss) and bool(loss.parameters.get("from_logits", False))


__all__ = [
    "AUC",
    "Accuracy",
    "BinaryAccuracy",
    "BinaryCrossentropy",
    "CategoricalAccuracy",
    "CategoricalCrossentropy",
    "CategoricalHinge",
    "ConcordanceCorrelation",
    "CosineSimilarity",
    "F1Score",
    "FBetaScore",
    "FalseNegatives",
    "FalsePositives",
    "Hinge",
    "KLDivergence",
    "LogCoshError",
    "Mean",
    "MeanAbsoluteError",
    "MeanAbsolutePercentageError",
    "MeanMetricWrapper",
    "MeanSquaredError",
    "MeanSquaredLogarithmicError",
    "Metric",
    "PearsonCorrelation",
    "Poisson",
    "Precision",
    "PrecisionAtRecall",
    "R2Score",
    "Recall",
    "RecallAtPrecision",
    "RootMeanSquaredError",
    "SensitivityAtSpecificity",
    "SparseCategoricalAccuracy",
    "SparseCategoricalCrossentropy",
    "SparseTopKCategoricalAccuracy",
    "SpecificityAtSensitivity",
    "SquaredHinge",
    "Sum",
    "TopKCategoricalAccuracy",
    "TrueNegatives",
    "TruePositives",
    "accuracy",
    "binary_accuracy",
    "binary_crossentropy",
    "binary_focal_crossentropy",
    "categorical_accuracy",
    "categorical_crossentropy",
    "categorical_focal_crossentropy",
    "categorical_hinge",
    "concordance_correlation",
    "deserialize",
    "get",
    "hinge",
    "huber",
    "kl_divergence",
    "log_cosh",
    "mean_absolute_error",
    "mean_absolute_percentage_error",
    "mean_squared_error",
    "mean_squared_logarithmic_error",
    "pearson_correlation",
    "poisson",
    "resolve",
    "serialize",
    "sparse_categorical_accuracy",
    "sparse_categorical_crossentropy",
    "sparse_top_k_categorical_accuracy",
    "squared_hinge",
    "top_k_categorical_accuracy",
]
