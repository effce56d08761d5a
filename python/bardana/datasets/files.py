"""Find the files of a data set on this machine, or download them with a checksum.

Searched in this order: Keras' cache (~/.keras/datasets, or $KERAS_HOME/datasets), the folder $BARDANA_DATA, folders of
the operating system; then the network. A download goes to Keras' cache, so both libraries share it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_ORIGIN = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"


@dataclass(frozen=True)
class Source:
    """Where a data set may be.

    Attributes:
        name: name of the data set, for messages.
        folder: its folder in Keras' cache and in $BARDANA_DATA, "" for none.
        checksums: the SHA-256 of each file by its name, as the origin serves it.
        system_folders: further folders to look into.
        advice: what to do when nothing is found.
    """

    name: str
    folder: str
    checksums: Mapping[str, str]
    system_folders: Sequence[str] = ()
    advice: str = ""

    def folders(self) -> list[Path]:
        """Return the folders to search, in order."""
        found = [cache_folder() / self.folder]
        if data := os.environ.get("BARDANA_DATA"):
            found += [Path(data).expanduser() / self.folder, Path(data).expanduser()]
        found += [Path(folder) for folder in self.system_folders]
        return list(dict.fromkeys(found))

    def find(self) -> Path | None:
        """Return the first folder that holds all files, None if there is none."""
        for folder in self.folders():
            if all((folder / name).is_file() for name in self.checksums):
                return folder
        return None

    def find_or_download(self) -> Path:
        """Return a folder that holds all files, after a download if need be.

        Raises:
            FileNotFoundError: no folder has them and the download failed; says what was tried and what to do.
        """
        folder = self.find()
        if folder is not None:
            return folder
        try:
            return self._download()
        except Exception as error:  # many kinds: no pooch, no network, no disk space, a wrong checksum
            raise FileNotFoundError(self._message(error)) from error

    def _download(self) -> Path:
        import pooch  # type: ignore[import-untyped]

        folder = cache_folder() / self.folder
        for name, checksum in self.checksums.items():
            pooch.retrieve(_ORIGIN + name, known_hash=f"sha256:{checksum}", fname=name, path=folder)
        return folder

    def _message(self, error: Exception) -> str:
        searched = "".join(f"\n  - {folder}" for folder in self.folders())
        return (
            f"{self.name}: expected the files {', '.join(self.checksums)} in one of these folders:{searched}\n"
            f"and a download from {_ORIGIN} failed: {type(error).__name__}: {error}\n{self.advice}"
        )


def cache_folder() -> Path:
    """Return Keras' folder of data sets, ~/.keras/datasets unless $KERAS_HOME says otherwise."""
    home = os.environ.get("KERAS_HOME")
    return (Path(home).expanduser() if home else Path.home() / ".keras") / "datasets"
