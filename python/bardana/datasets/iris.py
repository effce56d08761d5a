"""Iris: 150 flowers of three kinds, 50 each, and four lengths of each in cm; part of the package.

Measured by E. Anderson, published by R. A. Fisher: "The use of multiple measurements in taxonomic problems", Annals of
Eugenics 7 (1936). The numbers are Fisher's; the UCI repository's file has two wrong rows. See iris_license.md.
"""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import numpy as np

from bardana.datasets.tables import Part, check_split, divide

FEATURE_NAMES = ("sepal length", "sepal width", "petal length", "petal width")
CLASS_NAMES = ("setosa", "versicolor", "virginica")

_FILE = Path(__file__).with_name("iris.npz")
_SHA256 = "0815d932b30c434f06a7f9a004235f6881319f997f9eda8e7f683af86432c2b4"


def load_data(test_split: float = 0.2, seed: int = 113) -> tuple[Part, Part]:
    """Return ((x_train, y_train), (x_test, y_test)): x (rows, 4) in cm, float64, y (rows,) of the kinds 0, 1, 2.

    Kind 0, setosa, is linearly separable from the others; these are not from each other. `FEATURE_NAMES` and
    `CLASS_NAMES` name columns and kinds.

    Args:
        test_split: share of the rows in the test part, 0 for none. Default 0.2.
        seed: of the shuffle before the division. Default 113.

    Raises:
        ValueError: the file is damaged or the share not in [0, 1).

    Example:
        >>> (x_train, y_train), (x_test, y_test) = load_data()
        >>> x_train.shape, x_test.shape, np.bincount(y_train).tolist()
        ((120, 4), (30, 4), [36, 43, 41])
    """
    check_split(test_split)
    content = _FILE.read_bytes()
    received = hashlib.sha256(content).hexdigest()
    if received != _SHA256:
        raise ValueError(f"{_FILE}: expected SHA-256 {_SHA256}, received {received}. Install the package anew.")
    with np.load(io.BytesIO(content)) as arrays:
        x, y = arrays["tenths"] / 10, arrays["y"].astype(np.int64)
    return divide(x, y, test_split, seed)
