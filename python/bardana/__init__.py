"""Dense neural networks with the API of Keras, trained in native code on NumPy arrays.

Example:
    >>> import bardana as keras
    >>> model = keras.Sequential([keras.Input((28, 28)), keras.layers.Flatten(), keras.layers.Dense(10, "softmax")])
    >>> model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    >>> model.count_params()
    7850
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bardana import (
    absent,
    activations,
    backend,
    callbacks,
    compat,
    config,
    constraints,
    datasets,
    initializers,
    kernels,
    layers,
    losses,
    metrics,
    models,
    optimizers,
    regularizers,
    threadpool,
    utils,
)
from bardana._core import __version__
from bardana.constraints import Constraint
from bardana.initializers import Initializer
from bardana.layers import Input, InputSpec, Layer
from bardana.lazy import lazy_names
from bardana.losses import Loss
from bardana.metrics import Metric
from bardana.models import Sequential
from bardana.optimizers import Optimizer
from bardana.regularizers import Regularizer
from bardana.runtime import devices, show_config
from bardana.variables import Variable

if TYPE_CHECKING:
    from bardana import classic, dtype_policies, ops, random, saving, wrappers
    from bardana.device_scope import device
    from bardana.dtype_policies import DTypePolicy, FloatDTypePolicy

keras_api_version = "3.15.1"
"""The version of Keras whose API and behaviour this package follows."""


threadpool.connect()

_lazy_name, __dir__ = lazy_names(
    __name__,
    {
        "DTypePolicy": "dtype_policies",
        "FloatDTypePolicy": "dtype_policies",
        "classic": "classic",
        "device": "device_scope",
        "dtype_policies": "dtype_policies",
        "ops": "ops",
        "random": "random",
        "saving": "saving",
        "wrappers": "wrappers",
    },
)


def __getattr__(name: str) -> Any:
    reason = absent.reason(name)
    if reason is not None:
        raise AttributeError(reason)
    return _lazy_name(name)


def version() -> str:
    """Return the version of bardana.

    Example:
        >>> version() == __version__
        True
    """
    return __version__


__all__ = [
    "Constraint",
    "DTypePolicy",
    "FloatDTypePolicy",
    "Initializer",
    "Input",
    "InputSpec",
    "Layer",
    "Loss",
    "Metric",
    "Optimizer",
    "Regularizer",
    "Sequential",
    "Variable",
    "__version__",
    "activations",
    "backend",
    "callbacks",
    "classic",
    "compat",
    "config",
    "constraints",
    "datasets",
    "device",
    "devices",
    "dtype_policies",
    "initializers",
    "keras_api_version",
    "kernels",
    "layers",
    "losses",
    "metrics",
    "models",
    "ops",
    "optimizers",
    "random",
    "regularizers",
    "saving",
    "show_config",
    "utils",
    "version",
    "wrappers",
]
