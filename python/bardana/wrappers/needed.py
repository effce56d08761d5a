"""What the estimators inherit from scikit-learn; without it, one sentence that says what to install."""

from __future__ import annotations

try:
    from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin, TransformerMixin
    from sklearn.utils.validation import validate_data
except ImportError as error:
    raise ImportError(
        "The estimators of bardana.wrappers need scikit-learn 1.6 or later: pip install 'bardana[sklearn]'"
    ) from error

__all__ = ["BaseEstimator", "ClassifierMixin", "RegressorMixin", "TransformerMixin", "validate_data"]
