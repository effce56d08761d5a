"""Estimators for scikit-learn, which the names here need: `pip install 'bardana[sklearn]'`.

`MLPClassifier` and `MLPRegressor` have the arguments of scikit-learn's estimators of these names, and train natively.
`SKLearnClassifier`, `SKLearnRegressor` and `SKLearnTransformer` are Keras' wrappers around a model of yours.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from bardana.lazy import lazy_names

if TYPE_CHECKING:
    from bardana.wrappers.mlp_classifier import MLPClassifier
    from bardana.wrappers.mlp_regressor import MLPRegressor
    from bardana.wrappers.model_wrappers import SKLearnClassifier, SKLearnRegressor, SKLearnTransformer

_lazy_name, __dir__ = lazy_names(
    __name__,
    {
        "MLPClassifier": "mlp_classifier",
        "MLPRegressor": "mlp_regressor",
        "SKLearnClassifier": "model_wrappers",
        "SKLearnRegressor": "model_wrappers",
        "SKLearnTransformer": "model_wrappers",
    },
)


def __getattr__(name: str) -> Any:
    if name in __all__:
        import_module("bardana.wrappers.needed")  # says what to install where scikit-learn is missing
    return _lazy_name(name)


__all__ = ["MLPClassifier", "MLPRegressor", "SKLearnClassifier", "SKLearnRegressor", "SKLearnTransformer"]
