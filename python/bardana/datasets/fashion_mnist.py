"""Fashion MNIST: 70,000 grey images of 28 × 28 pixels, ten kinds of clothing.

Xiao, Rasul, Vollgraf: "Fashion-MNIST: a Novel Image Dataset for Benchmarking Machine Learning Algorithms",
arXiv:1708.07747. Copyright Zalando SE, MIT licence.
Classes: 0 T-shirt/top, 1 trouser, 2 pullover, 3 dress, 4 coat, 5 sandal, 6 shirt, 7 sneaker, 8 bag, 9 ankle boot.
"""

from __future__ import annotations

from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from bardana.datasets.files import Source
from bardana.datasets.idx import read_idx

Images: TypeAlias = tuple[NDArray[np.uint8], NDArray[np.uint8]]

_DEBIAN_FOLDER = "/usr/share/datasets/fashion-mnist"
_SOURCE = Source(
    name="Fashion MNIST",
    folder="fashion-mnist",
    checksums={
        "train-images-idx3-ubyte.gz": "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
        "train-labels-idx1-ubyte.gz": "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
        "t10k-images-idx3-ubyte.gz": "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
        "t10k-labels-idx1-ubyte.gz": "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
    },
    system_folders=(_DEBIAN_FOLDER,),
    advice=(
        "On Debian and Ubuntu `apt install dataset-fashion-mnist` brings them. Elsewhere put the four files "
        "(https://github.com/zalandoresearch/fashion-mnist) into a folder and set BARDANA_DATA to its path."
    ),
)


def load_data() -> tuple[Images, Images]:
    """Return ((x_train, y_train), (x_test, y_test)): uint8 images (60000, 28, 28), (10000, 28, 28) and labels 0-9.

    Looks in Keras' cache, $BARDANA_DATA and Debian's folder, then downloads (30 MB, once).

    Raises:
        FileNotFoundError: the files are nowhere and the download failed.
        ValueError: a file is damaged.

    Example:
        >>> (x_train, y_train), (x_test, y_test) = load_data()  # doctest: +SKIP
        >>> x_train.shape  # doctest: +SKIP
        (60000, 28, 28)
    """
    folder = _SOURCE.find_or_download()
    return _read(folder, "train"), _read(folder, "t10k")


def is_local() -> bool:
    """Return whether `load_data` finds the files on this machine, without a download."""
    return _SOURCE.find() is not None


def _read(folder: Path, part: str) -> Images:
    images_path = folder / f"{part}-images-idx3-ubyte.gz"
    images = read_idx(images_path, axes=3)
    labels = read_idx(folder / f"{part}-labels-idx1-ubyte.gz", axes=1)
    if images.shape != (len(labels), 28, 28):
        raise ValueError(f"{images_path}: expected shape ({len(labels)}, 28, 28), received {images.shape}.")
    return images, labels
