"""Real data sets under the names of `keras.datasets`, and the digits that travel with the package."""

from __future__ import annotations

from bardana.datasets import boston_housing, california_housing, digits, fashion_mnist, mnist

__all__ = ["boston_housing", "california_housing", "digits", "fashion_mnist", "mnist"]
