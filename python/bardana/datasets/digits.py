"""UCI handwritten digits: 1,797 images of 8 × 8 pixels with values 0-16, part of the package.

E. Alpaydin, C. Kaynak: "Optical Recognition of Handwritten Digits", UCI Machine Learning Repository, 1998,
doi:10.24432/C50P49, Creative Commons Attribution 4.0; see digits_license.md beside this file.
"""

from __future__ import annotations

from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Images: TypeAlias = tuple[NDArray[np.uint8], NDArray[np.uint8]]

_TRAINING_IMAGES = 1437


def load_data() -> tuple[Images, Images]:
    """Return ((x_train, y_train), (x_test, y_test)): uint8 images (1437, 8, 8), (360, 8, 8) and labels 0-9.

    The first 1,437 images in the order of the UCI file are for training, the last 360 (a fifth) for testing. Divide
    by 16 to get numbers in [0, 1].

    Example:
        >>> (x_train, y_train), (x_test, y_test) = load_data()
        >>> x_train.shape, int(x_train.max()), y_test.shape
        ((1437, 8, 8), 16, (360,))
    """
    with np.load(Path(__file__).with_name("digits.npz")) as content:
        x, y = content["x"], content["y"]
    return (x[:_TRAINING_IMAGES], y[:_TRAINING_IMAGES]), (x[_TRAINING_IMAGES:], y[_TRAINING_IMAGES:])
