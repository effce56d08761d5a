"""Event files as TensorBoard reads them, written with the messages and the record format of its own package.

The package `tensorboard` is imported when the first file is opened. TensorFlow is not: of the package only what does
without it is used.
"""

from __future__ import annotations

import io
import os
import socket
import time
from itertools import count
from typing import Any

import numpy as np
from numpy.typing import NDArray

_BUCKETS = 30
_number_of_file = count()


class EventFile:
    """Write scalars, histograms, pictures and models, each at a step, into a new event file.

    Args:
        folder: where the file goes; made if need be.

    Raises:
        ImportError: the package tensorboard is missing.
    """

    def __init__(self, folder: str) -> None:
        try:
            from tensorboard.compat.proto import event_pb2, summary_pb2
            from tensorboard.summary.writer.record_writer import RecordWriter
        except ImportError as error:
            raise ImportError(
                "TensorBoard: expected the package tensorboard, which writes and shows the files: "
                "pip install 'bardana[tensorboard]' (or pip install tensorboard)"
            ) from error
        self._messages, self._summaries = event_pb2, summary_pb2
        os.makedirs(folder, exist_ok=True)
        name = f"events.out.tfevents.{int(time.time()):010d}.{socket.gethostname()}.{os.getpid()}"
        self._file = open(os.path.join(folder, f"{name}.{next(_number_of_file):06d}.v2"), "wb")  # noqa: SIM115
        self._records = RecordWriter(self._file)
        self._write(file_version="brain.Event:2")

    def scalar(self, tag: str, value: float, step: int) -> None:
        """Write a number."""
        self._add(tag, np.asarray(value, "float32"), step, "scalars")

    def histogram(self, tag: str, values: NDArray[Any], step: int) -> None:
        """Write how many of the values lie in each of 30 intervals of equal width."""
        self._add(tag, _buckets(np.ravel(values).astype("float64")), step, "histograms")

    def images(self, tag: str, pixels: NDArray[Any], step: int) -> None:
        """Write the first three of some pictures: grey, RGB or RGBA, shape (number, height, width, channels).

        The values from 0 to 1 become the levels from 0 to 255, others the nearest of these.
        """
        levels = (np.clip(np.nan_to_num(pixels), 0, 1) * 255.5).astype("uint8")
        height, width = levels.shape[1:3]
        content = [str(width).encode(), str(height).encode(), *map(_png, levels[:3])]
        self._add(tag, np.array(content, dtype=object), step, "images")

    def keras_model(self, tag: str, json: str, step: int) -> None:
        """Write a model's configuration, from which TensorBoard draws its layers."""
        self._add(tag, np.array(json.encode(), dtype=object), step, "graph_keras_model", b"1")

    def flush(self) -> None:
        """Let readers see what was written."""
        self._records.flush()

    def close(self) -> None:
        """Close the file; what follows goes nowhere."""
        self._file.close()

    def __del__(self) -> None:
        if hasattr(self, "_file"):
            self._file.close()

    def _add(self, tag: str, values: NDArray[Any], step: int, plugin: str, content: bytes = b"") -> None:
        from tensorboard.util.tensor_util import make_tensor_proto

        metadata = self._summaries.SummaryMetadata(plugin_data={"plugin_name": plugin, "content": content})
        tensor = make_tensor_proto(values, "string" if values.dtype == object else None)
        value = self._summaries.Summary.Value(tag=tag, tensor=tensor, metadata=metadata)
        self._write(step=int(step), summary={"value": [value]})

    def _write(self, **event: Any) -> None:
        self._records.write(self._messages.Event(wall_time=time.time(), **event).SerializeToString())


def _buckets(values: NDArray[Any]) -> NDArray[Any]:
    """Return rows (left edge, right edge, count); without spread the last row counts all."""
    values = values[np.isfinite(values)]
    if values.size == 0:
        return np.zeros((_BUCKETS, 3))
    low, high = values.min(), values.max()
    if low == high:
        same = np.full((_BUCKETS, 3), low)
        same[:, 2] = 0
        same[-1, 2] = values.size
        return same
    edges = np.linspace(low, high, _BUCKETS + 1)
    indices = np.floor((values - low) / ((high - low) / _BUCKETS)).astype("int64")
    counts = np.bincount(np.minimum(indices, _BUCKETS - 1), minlength=_BUCKETS)
    return np.stack([edges[:-1], edges[1:], counts], axis=1)


def _png(levels: NDArray[Any]) -> bytes:
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(levels[..., 0] if levels.shape[-1] == 1 else levels).save(file, "PNG")
    return file.getvalue()
