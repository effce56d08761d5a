"""Data sets of one npz file with a table x and targets y, divided into a training and a test part as Keras does."""

from __future__ import annotations

import zlib
from dataclasses import replace
from numbers import Real
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from bardana.datasets.files import Source

Array: TypeAlias = NDArray[Any]
Part: TypeAlias = tuple[Array, Array]


def load_table(source: Source, path: str) -> Part:
    """Return x and y from the file of a source, or from another file of the same content.

    Args:
        source: a source of one file.
        path: name of the file in the source's folders, or an absolute path.

    Raises:
        FileNotFoundError: the file is nowhere and the download failed.
        ValueError: the file is damaged.
    """
    (checksum,) = source.checksums.values()
    return _read(replace(source, checksums={path: checksum}).find_or_download() / path)


def divide(x: Array, y: Array, test_split: float, seed: int) -> tuple[Part, Part]:
    """Return ((x_train, y_train), (x_test, y_test)) after a shuffle that gives the rows of Keras for the same seed.

    Args:
        x, y: all rows.
        test_split: share of the rows in the test part, 0 ≤ test_split < 1.
        seed: of the shuffle.

    Example:
        >>> (x, _), (x_test, _) = divide(np.arange(5), np.arange(5), 0.2, seed=113)
        >>> len(x), len(x_test)
        (4, 1)
    """
    order = np.arange(len(x))
    np.random.RandomState(seed).shuffle(order)
    border = int(len(x) * (1 - test_split))
    train, test = order[:border], order[border:]
    return (x[train], y[train]), (x[test], y[test])


def check_split(test_split: Any) -> None:
    """Raise ValueError unless 0 ≤ test_split < 1."""
    if not isinstance(test_split, Real) or not 0 <= float(test_split) < 1:
        raise ValueError(f"test_split: expected a number from 0 to below 1, received {test_split!r}.")


def _read(path: Path) -> Part:
    from zipfile import BadZipFile

    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as content:
            x, y = content["x"], content["y"]
    except (OSError, EOFError, KeyError, ValueError, BadZipFile, zlib.error) as error:
        raise ValueError(
            f"{path}: expected an npz file with x and y, received one that fails with {error!r}. "
            "Delete the file and get it anew."
        ) from error
    if x.ndim != 2 or y.shape != (len(x),):
        raise ValueError(f"{path}: expected x of shape (rows, features) and y (rows,), received {x.shape}, {y.shape}.")
    return x, y
