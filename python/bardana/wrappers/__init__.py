"""Estimators for scikit-learn, which the names here need: `pip install 'bardana[sklearn]'`.

`MLPClassifier` and `MLPRegressor` have the arguments of scikit-learn's estimators of these names, and train natively.
`SKLearnClassifier`, `SKLearnRegressor` and `SKLearnTransformer` are Keras' wrappers around a model of yours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bardana.lazy import lazy_names

if TYPE_CHECKING:
    from bardana.wrappers.mlp_classifier import MLPClassifier
    from bardana.wrappers.mlp_regressor import MLPRegressor
    from bardana.wrappers.model_wrappers import SKLearnClassifier, SKLearnRegressor, SKLearnTransformer

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "MLPClassifier": "mlp_classifier",
        "MLPRegressor": "mlp_regressor",
        "SKLearnClassifier": "model_wrappers",
        "SKLearnRegressor": "model_wrappers",
        "SKLearnTransformer": "model_wrappers",
    },
)

__all__ = ["MLPClassifier", "MLPRegressor", "SKLearnClassifier", "SKLearnRegressor", "SKLearnTransformer"]
