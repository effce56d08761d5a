"""Fetch a file once and keep it in Keras' cache."""

from __future__ import annotations

import contextlib
import hashlib
import os
import tarfile
import tempfile
import urllib.error
import urllib.parse
import urllib.request
import warnings
import zipfile
from pathlib import Path
from typing import Any

_BLOCK = 1 << 16
_ALGORITHMS = ("auto", "sha256", "md5")


def get_file(
    fname: str | os.PathLike[str] | None = None,
    origin: str | None = None,
    untar: bool = False,
    md5_hash: str | None = None,
    file_hash: str | None = None,
    cache_subdir: str = "datasets",
    hash_algorithm: str = "auto",
    extract: bool = False,
    archive_format: str | list[str] | None = "auto",
    cache_dir: str | os.PathLike[str] | None = None,
    force_download: bool = False,
) -> str:
    """Download a file unless the cache has it, and return its path.

    The cache is Keras' own, so both libraries share it: $KERAS_HOME or ~/.keras, or .keras among the temporary files
    where that cannot be written. A download that breaks off or has the wrong hash leaves nothing behind.

    Args:
        fname: name of the file in the cache. Default: the last part of origin.
        origin: address, http://, https://, ftp:// or file://.
        untar: old spelling of extract=True, archive_format="tar". Default False.
        md5_hash: old spelling of file_hash with hash_algorithm="md5". Default None.
        file_hash: hash of the file in hexadecimal digits. A cached file with another hash is downloaded again.
        cache_subdir: folder in the cache, "datasets" by default; an absolute path is taken as it is.
        hash_algorithm: "sha256", "md5" or "auto" (default), which takes SHA-256 for 64 digits and MD5 otherwise.
        extract: unpack the archive. Default False.
        archive_format: "tar" (compressed too), "zip", "auto" (default: both), a list of them, or None for neither.
        cache_dir: another cache. Default None.
        force_download: download even if the cache has the file. Default False.

    Returns:
        Path of the file; with extract, of the folder with its contents: `<fname>` for a name without a dot, else
        `<name before the dot>_extracted`.

    Raises:
        ValueError: origin is missing, fname has folders in it, or the downloaded file has another hash.
        OSError: the download failed.

    Example:
        >>> import pathlib, tempfile
        >>> folder = pathlib.Path(tempfile.mkdtemp())
        >>> _ = (folder / "hello.txt").write_text("hello")
        >>> path = get_file(origin=(folder / "hello.txt").as_uri(), cache_dir=folder / "cache")  # doctest: +ELLIPSIS
        Downloading data from file://...
        >>> pathlib.Path(path).read_text(), pathlib.Path(path).parent.name
        ('hello', 'datasets')
    """
    if origin is None:
        raise ValueError("get_file: expected origin, the address of the file, received origin=None.")
    if md5_hash is not None and file_hash is None:
        file_hash, hash_algorithm = md5_hash, "md5"
    if hash_algorithm not in _ALGORITHMS:
        raise ValueError(f"get_file: expected hash_algorithm among {_ALGORITHMS}, received {hash_algorithm!r}.")
    name = _name(fname, origin)
    folder = _writable(cache_dir) / cache_subdir
    folder.mkdir(parents=True, exist_ok=True)
    unpacks = extract or untar
    target, contents = _places(folder, name, named=bool(fname)) if unpacks else (folder / name, folder)
    if force_download or not target.exists() or not _is_intact(target, file_hash, hash_algorithm):
        _download(origin, target, file_hash, hash_algorithm)
    if not unpacks:
        return str(target)
    if not _unpack(target, contents, "tar" if untar else archive_format):
        warnings.warn(
            f"get_file: expected an archive of format {archive_format}, found none in {target}.", stacklevel=2
        )
    return str(contents)


def _name(fname: str | os.PathLike[str] | None, origin: str) -> str:
    name = os.fspath(fname) if fname else os.path.basename(urllib.parse.urlsplit(origin).path)
    if not name:
        raise ValueError(f"get_file: expected fname, since origin ends without a name, received origin={origin!r}.")
    if os.sep in name:
        raise ValueError(f"get_file: expected fname without folders (they go into cache_dir), received {name!r}.")
    return name


def _writable(cache_dir: str | os.PathLike[str] | None) -> Path:
    """Return the cache, or one among the temporary files where it cannot be written."""
    chosen = Path(cache_dir or os.environ.get("KERAS_HOME") or "~/.keras").expanduser()
    with contextlib.suppress(OSError):
        chosen.mkdir(parents=True, exist_ok=True)
    return chosen if os.access(chosen, os.W_OK) else Path(tempfile.gettempdir()) / ".keras"


def _places(folder: Path, name: str, named: bool) -> tuple[Path, Path]:
    """Return where an archive goes and where its contents."""
    if named and "." in name:
        return folder / name, folder / f"{name[: name.find('.')]}_extracted"
    return folder / f"{name}_archive", folder / name


def _is_intact(path: Path, file_hash: str | None, algorithm: str) -> bool:
    if file_hash is None or _hash(path, file_hash, algorithm) == file_hash.lower():
        return True
    print(f"{path} has another {algorithm} hash than {file_hash}: it is downloaded again.")
    return False


def _hash(path: Path, file_hash: str, algorithm: str) -> str:
    is_sha256 = algorithm == "sha256" or (algorithm == "auto" and len(file_hash) == 64)
    hasher = hashlib.sha256() if is_sha256 else hashlib.md5(usedforsecurity=False)
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            hasher.update(block)
    return hasher.hexdigest()


def _download(origin: str, target: Path, file_hash: str | None, algorithm: str) -> None:
    print(f"Downloading data from {origin}")
    part = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with part.open("wb") as file:
            _copy(origin, file)
        if file_hash is not None and _hash(part, file_hash, algorithm) != file_hash.lower():
            raise ValueError(f"get_file: expected a file with the {algorithm} hash {file_hash} at {origin}.")
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def _copy(origin: str, file: Any) -> None:
    from bardana.utils.progbar import Progbar

    try:
        with urllib.request.urlopen(origin) as response:
            size = int(response.headers.get("Content-Length") or 0) or None
            bar = Progbar(size)
            done = 0
            while block := response.read(_BLOCK):
                file.write(block)
                done += len(block)
                bar.update(done, finalize=done == size)
    except urllib.error.HTTPError as error:
        raise OSError(f"URL fetch failure on {origin}: {error.code} -- {error.msg}") from error
    except urllib.error.URLError as error:
        raise OSError(f"URL fetch failure on {origin}: {error.reason}") from error


def _unpack(archive: Path, contents: Path, archive_format: str | list[str] | None) -> bool:
    """Unpack an archive of one of the formats; entries that would leave the folder are refused by the standard library.

    Returns:
        Whether it was one.
    """
    formats = ["tar", "zip"] if archive_format == "auto" else archive_format or []
    for kind in [formats] if isinstance(formats, str) else formats:
        if kind not in ("tar", "zip"):
            raise ValueError(f"get_file: expected archive_format 'auto', 'tar', 'zip' or None, received {kind!r}.")
        if kind == "tar" and tarfile.is_tarfile(archive):
            if not hasattr(tarfile, "data_filter"):
                raise RuntimeError("get_file: expected Python 3.10.12, 3.11.4 or newer, to unpack a tar file safely.")
            with tarfile.open(archive) as tar:
                tar.extractall(contents, filter="data")
            return True
        if kind == "zip" and zipfile.is_zipfile(archive):
            with zipfile.ZipFile(archive) as packed:
                packed.extractall(contents)
            return True
    return False
