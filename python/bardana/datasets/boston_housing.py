"""Boston housing: 506 suburbs, 13 numbers each, and the median house value in thousands of dollars.

Harrison, Rubinfeld: "Hedonic prices and the demand for clean air", J. Environ. Economics & Management 5 (1978). One of
the numbers, column 11 counted from 0, is made from the share of black inhabitants on the assumption that segregation
raises prices, which is why scikit-learn no longer offers these data; `california_housing` has no such column.
"""

from __future__ import annotations

from bardana.data.warn import warn_user
from bardana.datasets.files import Source
from bardana.datasets.tables import Part, check_split, divide, load_table

_FILE = "boston_housing.npz"
_SOURCE = Source(
    name="Boston housing",
    folder="",
    checksums={_FILE: "f553886a1f8d56431e820c5b82552d9d95cfcb96d1e678153f8839538947dff5"},
    advice=f"Put {_FILE} into a folder and set BARDANA_DATA to its path.",
)
_FLAW = (
    "boston_housing: column 11 (from 0) of these data is made from the share of black inhabitants, on the assumption "
    "that segregation raises house prices; for anything but a study of that flaw take california_housing"
)


def load_data(path: str = _FILE, test_split: float = 0.2, seed: int = 113) -> tuple[Part, Part]:
    """Return ((x_train, y_train), (x_test, y_test)), x of shape (rows, 13), y (rows,).

    Warns of column 11, see the module. Looks in Keras' cache and $BARDANA_DATA, then downloads (57 kB, once).

    Args:
        path: another name for the file in those folders, or an absolute path.
        test_split: share of the rows in the test part. Default 0.2.
        seed: of the shuffle before the division; the rows are those that Keras gives. Default 113.

    Raises:
        FileNotFoundError: the file is nowhere and the download failed.
        ValueError: the file is damaged or the share not in [0, 1).

    Example:
        >>> (x_train, y_train), (x_test, y_test) = load_data()  # doctest: +SKIP
    """
    check_split(test_split)
    x, y = load_table(_SOURCE, path)
    warn_user(_FLAW)
    return divide(x, y, test_split, seed)
