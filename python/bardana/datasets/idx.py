"""Read IDX files, the format of MNIST and its relatives.

Layout, big-endian: two zero bytes, element type (0x08 = uint8), number of axes, the sizes as uint32, the elements.
Source: http://yann.lecun.com/exdb/mnist. Other element types are not handled.
"""

from __future__ import annotations

import gzip
import math
import struct
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

_UINT8 = 0x08


def read_idx(path: Path, axes: int) -> NDArray[np.uint8]:
    """Return the array in the gzip-compressed IDX file at path.

    Args:
        path: the file.
        axes: number of axes it must have: 3 for images, 1 for labels.

    Raises:
        ValueError: the file is damaged or holds something else; names the file.
    """
    try:
        content = gzip.decompress(path.read_bytes())
    except (OSError, EOFError, zlib.error) as error:
        raise _damaged(path, "a gzip file", str(error)) from error
    header = 4 + 4 * axes
    if len(content) < header or content[:4] != bytes((0, 0, _UINT8, axes)):
        raise _damaged(path, f"an IDX header of uint8 with {axes} axes", content[:4].hex(" ") or "nothing")
    shape = struct.unpack(f">{axes}I", content[4:header])
    if len(content) - header != math.prod(shape):
        raise _damaged(path, f"{math.prod(shape)} bytes after the header", f"{len(content) - header}")
    return np.frombuffer(content, np.uint8, offset=header).reshape(shape).copy()


def _damaged(path: Path, expected: str, received: str) -> ValueError:
    return ValueError(f"{path}: expected {expected}, received {received}. Delete the file and get it anew.")
