"""MNIST: 70,000 grey images of 28 × 28 pixels, handwritten digits.

LeCun, Bottou, Bengio, Haffner: "Gradient-based learning applied to document recognition", 1998. Copyright Y. LeCun and
C. Cortes, Creative Commons Attribution-Share Alike 3.0.
"""

from __future__ import annotations

import zlib
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from bardana.datasets.files import Source

Images: TypeAlias = tuple[NDArray[np.uint8], NDArray[np.uint8]]

_FILE = "mnist.npz"
_SHA256 = "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"
_SOURCE = Source(
    name="MNIST",
    folder="",
    checksums={_FILE: _SHA256},
    advice="Put mnist.npz into a folder and set BARDANA_DATA to its path.",
)


def load_data(path: str = _FILE) -> tuple[Images, Images]:
    """Return ((x_train, y_train), (x_test, y_test)): uint8 images (60000, 28, 28), (10000, 28, 28) and labels 0-9.

    Looks in Keras' cache and $BARDANA_DATA, then downloads (11 MB, once).

    Args:
        path: another name for the file in those folders, or an absolute path.

    Raises:
        FileNotFoundError: the file is nowhere and the download failed.
        ValueError: the file is damaged.

    Example:
        >>> (x_train, y_train), (x_test, y_test) = load_data()  # doctest: +SKIP
    """
    source = _SOURCE if path == _FILE else replace(_SOURCE, checksums={path: _SHA256})
    return _read(source.find_or_download() / path)


def _read(path: Path) -> tuple[Images, Images]:
    from zipfile import BadZipFile

    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as content:
            train = content["x_train"], content["y_train"]
            test = content["x_test"], content["y_test"]
    except (OSError, EOFError, KeyError, ValueError, BadZipFile, zlib.error) as error:
        raise ValueError(
            f"{path}: expected an npz file with x_train, y_train, x_test and y_test, received one that fails with "
            f"{error!r}. Delete the file and get it anew."
        ) from error
    for images, labels in (train, test):
        if images.shape != (len(labels), 28, 28):
            raise ValueError(f"{path}: expected images of shape ({len(labels)}, 28, 28), received {images.shape}.")
    return train, test
