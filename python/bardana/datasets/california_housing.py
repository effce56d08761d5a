"""California housing: 20,640 districts, 8 numbers each, and the median house value in dollars.

Pace, Barry: "Sparse spatial autoregressions", Statistics & Probability Letters 33 (1997). From the census of 1990.
"""

from __future__ import annotations

from bardana.datasets.files import Source
from bardana.datasets.tables import Part, check_split, divide, load_table

_FILE = "california_housing.npz"
_SOURCE = Source(
    name="California housing",
    folder="",
    checksums={_FILE: "1a2e3a52e0398de6463aebe6f4a8da34fb21fbb6b934cf88c3425e766f2a1a6f"},
    advice=f"Put {_FILE} into a folder and set BARDANA_DATA to its path.",
)
_SMALL = 600


def load_data(version: str = "large", path: str = _FILE, test_split: float = 0.2, seed: int = 113) -> tuple[Part, Part]:
    """Return ((x_train, y_train), (x_test, y_test)), x of shape (rows, 8), y (rows,).

    Looks in Keras' cache and $BARDANA_DATA, then downloads (0.7 MB, once).

    Args:
        version: "large" for all 20,640 rows, "small" for the first 600. Default "large".
        path: another name for the file in those folders, or an absolute path.
        test_split: share of the rows in the test part. Default 0.2.
        seed: of the shuffle before the division; the rows are those that Keras gives. Default 113.

    Raises:
        FileNotFoundError: the file is nowhere and the download failed.
        ValueError: the file is damaged, the version unknown or the share not in [0, 1).

    Example:
        >>> (x_train, y_train), (x_test, y_test) = load_data(version="small")  # doctest: +SKIP
    """
    check_split(test_split)
    if version not in ("small", "large"):
        raise ValueError(f"version: expected 'small' or 'large', received {version!r}.")
    rows = _SMALL if version == "small" else None
    x, y = load_table(_SOURCE, path)
    return divide(x[:rows], y[:rows], test_split, seed)
