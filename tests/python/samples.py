"""A sample of every component in the engine's registries, as data for both bardana and Keras.

`test_every_…_has_a_sample` in test_keras_parity.py fails for a component that is missing here.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Layers = list[tuple[str, dict[str, Any]]]

# Native name -> the parameters to try.
ACTIVATIONS: dict[str, list[dict[str, float]]] = {
    "linear": [{}],
    "relu": [{}],
    "bounded_relu": [
        {"negative_slope": 0.125, "max_value": 1.5, "threshold": 0.0},
        {"negative_slope": 0.0, "max_value": 6.0, "threshold": 0.0},
        {"negative_slope": 0.25, "max_value": math.inf, "threshold": 0.5},
        {"negative_slope": 0.0, "max_value": 2.0, "threshold": 0.5},
    ],
    "leaky_relu": [{"negative_slope": 0.2}, {"negative_slope": 0.0625}],
    "sigmoid": [{}],
    "tanh": [{}],
    "exponential": [{}],
    "softplus": [{}],
    "softsign": [{}],
    "elu": [{"alpha": 1.0}, {"alpha": 0.5}],
    "selu": [{}],
    "silu": [{}],
    "gelu": [{}],
    "gelu_tanh": [{}],
    "softmax": [{}],
    "celu": [{"alpha": 1.0}, {"alpha": 0.5}],
    "log_sigmoid": [{}],
    "mish": [{}],
    "tanh_shrink": [{}],
    "squareplus": [{"b": 4.0}, {"b": 0.25}],
    "hard_sigmoid": [{}],
    "hard_silu": [{}],
    "hard_tanh": [{}],
    "hard_shrink": [{"threshold": 0.5}, {"threshold": 1.25}],
    "soft_shrink": [{"threshold": 0.5}, {"threshold": 1.25}],
    "sparse_plus": [{}],
    "sparse_sigmoid": [{}],
    "threshold": [{"threshold": 0.5, "default_value": -2.0}],
    "heaviside": [{}],
    "sign": [{}],
    "log_softmax": [{}],
    "sparsemax": [{}],
}

# Native names that Keras has no function of the same name and meaning for.
NOT_IN_KERAS = ("heaviside", "sign", "sparsemax")

# Native names that a layer cannot be given as a string: arguments of another function.
FUNCTION_ONLY = ("bounded_relu", "gelu_tanh", "threshold")
ROW_ACTIVATIONS = ("softmax", "log_softmax", "sparsemax")
# Those that are tried in every chain of layers and with every loss; the others, with a loss, in test_activation_parity.
LAYER_ACTIVATIONS = list(ACTIVATIONS)[: list(ACTIVATIONS).index("softmax") + 1]
LAYER_ACTIVATIONS = [name for name in LAYER_ACTIVATIONS if name not in FUNCTION_ONLY]
MORE_LAYER_ACTIVATIONS = [name for name in ACTIVATIONS if name not in (*LAYER_ACTIVATIONS, *FUNCTION_ONLY)] + ["relu6"]


def activation_function(package: ModuleType, name: str, parameters: dict[str, float]) -> Callable[[Any], Any]:
    """Return the function of `package.activations` that is the native activation `name`."""
    functions = package.activations
    if name == "bounded_relu":
        bound = parameters["max_value"]
        return partial(functions.relu, **{**parameters, "max_value": None if math.isinf(bound) else bound})
    if name == "gelu_tanh":
        return partial(functions.gelu, approximate=True)
    return partial(getattr(functions, name), **parameters)


MOMENTS = [0.25, 1.0, 0.5, 2.0]
BINS = {"bin_boundaries": [-0.5, 0.0, 0.25]}


def layer_chains(activation: str) -> dict[str, tuple[tuple[int, ...], Layers]]:
    """Return input shape and layers, at least one chain for each layer class, with an activation at the end."""
    last = ("Dense", {"units": 5, "activation": activation})
    return {
        "Dense": ((6,), [last]),
        "Dense without bias, rank 3": ((3, 4), [("Dense", {**last[1], "use_bias": False})]),
        "Activation": ((6,), [("Dense", {"units": 5}), ("Activation", {"activation": activation})]),
        "Flatten": ((3, 4), [("Dense", {"units": 3, "activation": activation}), ("Flatten", {}), last]),
        "Reshape": (
            (4,),
            [("Dense", {"units": 6, "activation": activation}), ("Reshape", {"target_shape": (2, 3)}), last],
        ),
        "Identity": ((6,), [("Identity", {}), last]),
        "BatchNormalization": ((6,), [("Dense", {"units": 4}), ("BatchNormalization", {}), last]),
        "LayerNormalization": ((6,), [("Dense", {"units": 4}), ("LayerNormalization", {}), last]),
        "RMSNormalization": ((6,), [("Dense", {"units": 4}), ("RMSNormalization", {"epsilon": 0.01}), last]),
        "UnitNormalization": ((3, 4), [("Dense", {"units": 4}), ("UnitNormalization", {}), ("Flatten", {}), last]),
        "ActivityRegularization": ((6,), [("ActivityRegularization", {}), last]),
        "AlphaDropout": ((6,), [("Dense", {"units": 4, "activation": "selu"}), ("AlphaDropout", {"rate": 0.5}), last]),
        "GaussianDropout": ((6,), [("Dense", {"units": 4}), ("GaussianDropout", {"rate": 0.5}), last]),
        "GaussianNoise": ((6,), [("GaussianNoise", {"stddev": 0.5}), last]),
        "SpatialDropout1D": ((3, 4), [("SpatialDropout1D", {"rate": 0.5}), ("Flatten", {}), last]),
        "Normalization": ((3, 4), [("Normalization", {"mean": MOMENTS, "variance": MOMENTS}), ("Flatten", {}), last]),
        "Rescaling": ((3, 4), [("Dense", {"units": 4}), ("Rescaling", {"scale": MOMENTS, "offset": -0.25}), last]),
        "Discretization": ((6,), [("Discretization", {**BINS, "output_mode": "one_hot"}), ("Flatten", {}), last]),
        "CategoryEncoding": ((6,), [("Discretization", BINS), ("CategoryEncoding", {"num_tokens": 4}), last]),
        "Embedding": (
            (5,),
            [("Discretization", BINS), ("Embedding", {"input_dim": 4, "output_dim": 3}), ("Flatten", {}), last],
        ),
        "Dropout": ((6,), [("Dense", {"units": 4, "activation": "tanh"}), ("Dropout", {"rate": 0.5}), last]),
    }


CHAINS = list(layer_chains("linear"))
# Layers that draw random numbers in training.
NOISE = ("AlphaDropout", "Dropout", "GaussianDropout", "GaussianNoise", "SpatialDropout1D")


def _between(layer: str, arguments: dict[str, Any]) -> tuple[tuple[int, ...], Layers]:
    return (5,), [("Dense", {"units": 6}), (layer, arguments), ("Dense", {"units": 3})]


# Chains for layers that need no other activations beside them.
MORE_CHAINS: dict[str, tuple[tuple[int, ...], Layers]] = {
    "ReLU": _between("ReLU", {}),
    "ReLU with arguments": _between("ReLU", {"max_value": 1.5, "negative_slope": 0.125, "threshold": 0.25}),
    "LeakyReLU": _between("LeakyReLU", {}),
    "LeakyReLU(0.125)": _between("LeakyReLU", {"negative_slope": 0.125}),
    "ELU": _between("ELU", {"alpha": 0.5}),
    "Softmax": _between("Softmax", {}),
    "Softmax, axis 1": ((3, 4), [("Dense", {"units": 5}), ("Softmax", {"axis": 1}), ("Dense", {"units": 2})]),
    "Softmax, axis 2 of 3": ((2, 3, 4), [("Softmax", {"axis": -2}), ("Dense", {"units": 2})]),
    "Softmax, two axes": ((2, 3, 4), [("Softmax", {"axis": [1, 3]}), ("Dense", {"units": 2})]),
    "PReLU": _between("PReLU", {"alpha_initializer": "ones"}),
    "PReLU first": ((19,), [("PReLU", {}), ("Dense", {"units": 3})]),
    "PReLU, rank 3": ((3, 4), [("Dense", {"units": 18}), ("PReLU", {}), ("Dense", {"units": 2})]),
    "PReLU, shared axis": ((3, 4), [("Dense", {"units": 5}), ("PReLU", {"shared_axes": [1]}), ("Dense", {"units": 2})]),
    "PReLU, last axis shared": ((3, 4), [("PReLU", {"shared_axes": 2}), ("Dense", {"units": 2})]),
    "PReLU, two of three": ((2, 3, 4), [("PReLU", {"shared_axes": [1, 3]}), ("Flatten", {}), ("Dense", {"units": 2})]),
    "PReLU, rank 4": ((2, 3, 4), [("PReLU", {}), ("Dense", {"units": 2})]),
    "PReLU behind a reshape": (
        (4,),
        [("Dense", {"units": 6}), ("Reshape", {"target_shape": (2, 3)}), ("PReLU", {}), ("Flatten", {})],
    ),
    "Permute": ((3, 4), [("Dense", {"units": 5}), ("Permute", {"dims": (2, 1)}), ("Dense", {"units": 2})]),
    "Permute three axes": (
        (2, 3, 4),
        [("Dense", {"units": 5}), ("Permute", {"dims": (3, 1, 2)}), ("Dense", {"units": 2, "activation": "tanh"})],
    ),
    "Permute at the end": ((3, 17), [("Dense", {"units": 18}), ("Permute", {"dims": (2, 1)})]),
}


class LossSample(NamedTuple):
    """A loss class with arguments. target: what y holds; domain: where predictions must lie to be well conditioned."""

    function: str
    class_name: str
    arguments: dict[str, Any]
    target: str
    domain: str = "real"

    @property
    def id(self) -> str:
        return " ".join([self.class_name, *(f"{key}={value}" for key, value in self.arguments.items())])


def _crossentropies(name: str, class_name: str, target: str) -> list[LossSample]:
    return [
        LossSample(name, class_name, {}, target, "unit"),
        LossSample(name, class_name, {"label_smoothing": 0.125}, target, "unit"),
        LossSample(name, class_name, {"from_logits": True}, target),
        LossSample(name, class_name, {"from_logits": True, "label_smoothing": 0.125}, target),
    ]


def _focal(name: str, class_name: str, target: str, **more: Any) -> list[LossSample]:
    return [
        LossSample(name, class_name, {}, target, "unit"),
        LossSample(name, class_name, {"gamma": 1.5, "label_smoothing": 0.125, **more}, target, "unit"),
        LossSample(name, class_name, {"gamma": 3.0, "alpha": 0.75, "from_logits": True, **more}, target),
    ]


SPARSE = "sparse_categorical_crossentropy"
LOSSES = [
    LossSample("mean_squared_error", "MeanSquaredError", {}, "near"),
    LossSample("mean_absolute_error", "MeanAbsoluteError", {}, "near"),
    LossSample("huber", "Huber", {}, "near"),
    LossSample("huber", "Huber", {"delta": 0.5}, "near"),
    *_crossentropies("binary_crossentropy", "BinaryCrossentropy", "share"),
    *_crossentropies("categorical_crossentropy", "CategoricalCrossentropy", "classes"),
    LossSample(SPARSE, "SparseCategoricalCrossentropy", {}, "label", "unit"),
    LossSample(SPARSE, "SparseCategoricalCrossentropy", {"from_logits": True}, "label"),
    LossSample(SPARSE, "SparseCategoricalCrossentropy", {"ignore_class": 1}, "label", "unit"),
    LossSample(SPARSE, "SparseCategoricalCrossentropy", {"ignore_class": -1, "from_logits": True}, "label or -1"),
]

# Those above went through every kind of layer; for these the gradient by the prediction is enough.
BY_LAYERS = list(LOSSES)
LOSSES += [
    LossSample("mean_absolute_percentage_error", "MeanAbsolutePercentageError", {}, "near"),
    LossSample("mean_squared_logarithmic_error", "MeanSquaredLogarithmicError", {}, "share", "unit"),
    LossSample("log_cosh", "LogCosh", {}, "near"),
    LossSample("cosine_similarity", "CosineSimilarity", {}, "near"),
    LossSample("poisson", "Poisson", {}, "share", "unit"),
    LossSample("kl_divergence", "KLDivergence", {}, "classes", "unit"),
    LossSample("hinge", "Hinge", {}, "sign"),
    LossSample("squared_hinge", "SquaredHinge", {}, "bit"),
    LossSample("categorical_hinge", "CategoricalHinge", {}, "classes"),
    *(
        LossSample(
            "categorical_generalized_cross_entropy", "CategoricalGeneralizedCrossEntropy", {"q": q}, "label", "unit"
        )
        for q in (0.5, 0.75)
    ),
    *_focal("binary_focal_crossentropy", "BinaryFocalCrossentropy", "share", apply_class_balancing=True),
    *_focal("categorical_focal_crossentropy", "CategoricalFocalCrossentropy", "classes"),
]


def make_target(kind: str, prediction: Array, rng: np.random.Generator) -> Array:
    """Return targets for predictions (…, classes) of that type.

    "near": numbers at a distance of 0.25 to 1.5, so that no kink of |y − t| is hit; "share": between 0 and 1, the ends
    included; "bit": 0 or 1; "sign": −1 or 1; "classes": rows of sum 1, half of them one-hot; "label": class numbers;
    "label or -1": some of them −1.
    """
    classes = prediction.shape[-1]
    if kind in ("bit", "sign"):
        return rng.choice([0 if kind == "bit" else -1, 1], prediction.shape).astype(prediction.dtype)
    if kind == "near":
        distance = rng.uniform(0.25, 1.5, prediction.shape) * rng.choice([-1, 1], prediction.shape)
        return (prediction + distance).astype(prediction.dtype)
    if kind == "share":
        return rng.choice([0, 1, 0.25, 0.875], prediction.shape).astype(prediction.dtype)
    labels = rng.integers(0, classes, prediction.shape[:-1])
    if kind == "classes":
        spread = rng.dirichlet(np.ones(classes), prediction.shape[:-1])
        is_spread = rng.random((*prediction.shape[:-1], 1)) < 0.5
        return np.where(is_spread, spread, np.eye(classes)[labels]).astype(prediction.dtype)
    return np.where(rng.random(labels.shape) < 0.3, -1, labels) if kind == "label or -1" else labels


# Metric function -> class, arguments, kind of target.
METRICS: dict[str, list[tuple[str, dict[str, Any], str]]] = {
    "mean_squared_error": [("MeanSquaredError", {}, "near"), ("RootMeanSquaredError", {}, "near")],
    "mean_absolute_error": [("MeanAbsoluteError", {}, "near")],
    "huber": [("MeanMetricWrapper", {"fn": "huber", "name": "huber", "delta": 0.5}, "near")],
    "binary_crossentropy": [
        ("BinaryCrossentropy", {}, "share"),
        ("BinaryCrossentropy", {"from_logits": True, "label_smoothing": 0.125}, "share"),
    ],
    "categorical_crossentropy": [
        ("CategoricalCrossentropy", {}, "classes"),
        ("CategoricalCrossentropy", {"from_logits": True, "label_smoothing": 0.125}, "classes"),
    ],
    "sparse_categorical_crossentropy": [
        ("SparseCategoricalCrossentropy", {}, "label"),
        ("SparseCategoricalCrossentropy", {"from_logits": True}, "label"),
    ],
    "mean_absolute_percentage_error": [("MeanAbsolutePercentageError", {}, "near")],
    "mean_squared_logarithmic_error": [("MeanSquaredLogarithmicError", {}, "near")],
    "log_cosh": [("LogCoshError", {}, "near")],
    "cosine_similarity": [("CosineSimilarity", {}, "near")],
    "poisson": [("Poisson", {}, "share")],
    "kl_divergence": [("KLDivergence", {}, "classes")],
    "categorical_generalized_cross_entropy": [
        ("MeanMetricWrapper", {"fn": "categorical_generalized_cross_entropy", "name": "gce", "q": 0.5}, "label")
    ],
    "pearson_correlation": [("PearsonCorrelation", {}, "near")],
    "concordance_correlation": [("ConcordanceCorrelation", {}, "near")],
    "hinge": [("Hinge", {}, "sign")],
    "squared_hinge": [("SquaredHinge", {}, "bit")],
    "categorical_hinge": [("CategoricalHinge", {}, "classes")],
    "binary_focal_crossentropy": [("MeanMetricWrapper", {"fn": "binary_focal_crossentropy", "name": "focal"}, "share")],
    "categorical_focal_crossentropy": [
        ("MeanMetricWrapper", {"fn": "categorical_focal_crossentropy", "name": "focal", "gamma": 1.0}, "classes"),
    ],
    "top_k_categorical_accuracy": [
        ("TopKCategoricalAccuracy", {"k": 2}, "classes"),
        ("TopKCategoricalAccuracy", {}, "classes"),
    ],
    "sparse_top_k_categorical_accuracy": [("SparseTopKCategoricalAccuracy", {"k": 3}, "label")],
    "accuracy": [("Accuracy", {}, "equal")],
    "binary_accuracy": [("BinaryAccuracy", {}, "bit"), ("BinaryAccuracy", {"threshold": 0.25}, "bit")],
    "categorical_accuracy": [("CategoricalAccuracy", {}, "classes")],
    "sparse_categorical_accuracy": [("SparseCategoricalAccuracy", {}, "label")],
}


def _averages(class_name: str, **arguments: Any) -> list[tuple[str, dict[str, Any], str]]:
    return [(class_name, {"average": average, **arguments}, "bit") for average in (None, "micro", "macro", "weighted")]


# Tally -> class, arguments, kind of target of the metrics with a larger state; for predictions of five columns.
COUNTING_METRICS: dict[str, list[tuple[str, dict[str, Any], str]]] = {
    "threshold_counts": [
        ("AUC", {}, "bit"),
        ("AUC", {"num_thresholds": 7, "summation_method": "minoring"}, "bit"),
        ("AUC", {"num_thresholds": 2}, "share"),
        ("AUC", {"curve": "PR"}, "bit"),
        ("AUC", {"curve": "PR", "summation_method": "majoring"}, "bit"),
        ("AUC", {"curve": "PRGAIN", "num_thresholds": 20}, "bit"),
        ("AUC", {"thresholds": [0.8, 0.1, 0.35]}, "bit"),
        ("AUC", {"thresholds": [0.5]}, "bit"),
        ("AUC", {"multi_label": True}, "bit"),
        ("AUC", {"multi_label": True, "num_labels": 5, "curve": "PR"}, "bit"),
        ("AUC", {"multi_label": True, "label_weights": [0.5, 2.0, 0.0, 1.0, 1.5]}, "bit"),
        ("AUC", {"label_weights": [0.5, 2.0, 0.0, 1.0, 1.5]}, "bit"),
        ("AUC", {"label_weights": [0.5, 2.0, 0.0, 1.0, 1.5], "thresholds": [0.3, 0.5]}, "bit"),
        ("AUC", {"from_logits": True}, "bit"),
        *[
            (name, arguments, "bit")
            for name in ("Precision", "Recall")
            for arguments in (
                {},
                {"thresholds": 0.25},
                {"thresholds": [0.875, 0.125, 0.5]},
                {"thresholds": [0.0, 0.5, 1.0]},
                {"top_k": 2},
                {"class_id": 1},
                {"top_k": 3, "class_id": -1},
                {"top_k": 2, "thresholds": [0.5, 0.25]},
            )
        ],
        *[
            (name, arguments, "share")
            for name in ("TruePositives", "TrueNegatives", "FalsePositives", "FalseNegatives")
            for arguments in ({}, {"thresholds": [0.75, 0.25]})
        ],
        ("SensitivityAtSpecificity", {"specificity": 0.5}, "bit"),
        ("SpecificityAtSensitivity", {"sensitivity": 0.75, "num_thresholds": 30}, "bit"),
        ("PrecisionAtRecall", {"recall": 0.5, "class_id": 2}, "bit"),
        ("RecallAtPrecision", {"precision": 0.625, "num_thresholds": 1}, "bit"),
    ],
    "class_counts": [
        *_averages("F1Score"),
        *_averages("FBetaScore", beta=2.0, threshold=0.5),
    ],
    "squares": [
        ("R2Score", {}, "near"),
        ("R2Score", {"class_aggregation": None}, "near"),
        ("R2Score", {"class_aggregation": "variance_weighted_average"}, "near"),
    ],
}
