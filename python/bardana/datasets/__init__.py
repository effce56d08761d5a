"""Real data sets under the names of `keras.datasets`, digits and iris that travel with the package, and made ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bardana.lazy import lazy_names

if TYPE_CHECKING:
    from bardana.datasets import boston_housing, california_housing, digits, fashion_mnist, iris, mnist, toy

__all__ = ["boston_housing", "california_housing", "digits", "fashion_mnist", "iris", "mnist", "toy"]

__getattr__, __dir__ = lazy_names(__name__, {name: name for name in __all__})
