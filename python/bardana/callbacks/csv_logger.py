"""Write the logs of every epoch to a file of comma-separated values."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Any

import numpy as np

from bardana.callbacks.base import Callback, Logs


class CSVLogger(Callback):
    """Write one line per epoch: the epoch, counted from 0, and the logs in alphabetical order.

    The columns are those of the first epoch. If it has no val_ values, val_ columns are added, in case a later epoch
    is validated; what an epoch does not have is written as NA. Lines reach the file at the end of each epoch.

    Args:
        filename: path of the file.
        separator: one character between values, "," by default.
        append: continue the file that is there, without a second heading; False (default) starts it anew.

    Example:
        >>> import bardana as keras, numpy as np, tempfile, pathlib
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "log.csv"
        >>> model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, kernel_initializer="ones")])
        >>> model.compile(keras.optimizers.SGD(0.0), "mse")
        >>> history = model.fit(np.ones((4, 1)), np.zeros((4, 1)), epochs=2, verbose=0, callbacks=[CSVLogger(path)])
        >>> print(path.read_text(), end="")
        epoch,loss,val_loss
        0,1.0,NA
        1,1.0,NA
    """

    def __init__(self, filename: str | os.PathLike[str], separator: str = ",", append: bool = False) -> None:
        self.filename = os.fspath(filename)
        self.sep = separator
        self.append = append
        self.keys: list[str] | None = None
        self.append_header = True
        self.csv_file: IO[str] | None = None
        self.writer: csv.DictWriter[str] | None = None

    def on_train_begin(self, logs: Logs | None = None) -> None:
        if self.append and Path(self.filename).exists():
            self.append_header = Path(self.filename).stat().st_size == 0
        self._close()
        self.csv_file = open(self.filename, "a" if self.append else "w", newline="", encoding="utf-8")  # noqa: SIM115
        self.keys = None

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        logs = logs or {}
        if self.writer is None:
            self._start_columns(logs)
        assert self.writer is not None and self.keys is not None and self.csv_file is not None
        self.writer.writerow({"epoch": epoch} | {key: _cell(logs.get(key, "NA")) for key in self.keys})
        self.csv_file.flush()

    def on_train_end(self, logs: Logs | None = None) -> None:
        self._close()

    def _start_columns(self, logs: Logs) -> None:
        assert self.csv_file is not None
        self.keys = sorted(logs)
        if not any(key.startswith("val_") for key in self.keys):
            self.keys += [f"val_{key}" for key in self.keys]
        self.writer = csv.DictWriter(
            self.csv_file, ["epoch", *self.keys], delimiter=self.sep, lineterminator=os.linesep
        )
        if self.append_header:
            self.writer.writeheader()

    def _close(self) -> None:
        self.writer = None
        if self.csv_file is not None:
            self.csv_file.close()


def _cell(value: Any) -> Any:
    if isinstance(value, str) or not isinstance(value, Iterable) or (isinstance(value, np.ndarray) and not value.ndim):
        return value
    return f'"[{", ".join(map(str, value))}]"'
