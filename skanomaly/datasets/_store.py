"""Where data files are stored, and how they are downloaded."""

import gzip
import hashlib
import os
import shutil
import struct
import tarfile
import tempfile
import time
import tokenize
import zipfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

PARTS = ("train", "test")
# What numpy and zipfile raise of damaged files: as many things as there are bytes.
READ_ERRORS = (
    OSError, ValueError, LookupError, EOFError, MemoryError, NotImplementedError,
    OverflowError, SyntaxError, TypeError, tokenize.TokenError, zipfile.BadZipFile,
    zlib.error, struct.error,
)  # fmt: skip
# No network, no writable folder, no such file, unexpected values or format.
DOWNLOAD_ERRORS = (*READ_ERRORS, tarfile.TarError)
# A download that is older has been given up, or killed.
STALE_SECONDS = 24 * 3600


@dataclass(frozen=True)
class DataFile:
    """A file of arrays, and its public origin.

    Parameters
    ----------
    path : str
        Path below the data home.
    urls : tuple of str
        What to download.
    convert : callable
        Makes a dict of arrays from the paths of the downloaded files.
    checksum : str or None
        :func:`checksum` of the arrays; None if there was no copy to compute it from:
        then that of the download is kept beside the file.
    """

    path: str
    urls: tuple[str, ...]
    convert: Callable[[Sequence[Path]], Any]
    checksum: str | None = None

    def save(self, path, content):
        """Write what `convert` made."""
        np.savez_compressed(path, **content)

    def digest(self, content):
        """Return the checksum of what `convert` made."""
        return checksum(content)


def get_data_home(data_home=None):
    """Return the folder of data files: argument, `SKANOMALY_DATA`, home folder."""
    if data_home is None:
        data_home = os.environ.get("SKANOMALY_DATA") or "~/skanomaly_data"
    return Path(data_home).expanduser()


def load(file, keys, data_home=None, download_if_missing=True):
    """Return the arrays of a :class:`DataFile`, downloaded if necessary."""
    path = locate(file, data_home, download_if_missing)
    arrays = read(path, keys)
    check_copy(file, path, arrays)
    return arrays


def locate(file, data_home=None, download_if_missing=True):
    """Return the path of a :class:`DataFile`, downloaded if necessary."""
    path = get_data_home(data_home) / file.path
    if not path.exists():
        if not download_if_missing:
            raise _missing(file, path, "download_if_missing=False")
        _download(file, path)
    return path


def read(path, keys):
    """Return all arrays of an npz file with at least `keys`; pickles are not opened."""
    try:
        with np.load(path, allow_pickle=False) as arrays:
            content = {key: arrays[key] for key in arrays.files}
        for key in keys:
            content[key]  # a KeyError names the one that is missing
        return content
    except (FileNotFoundError, PermissionError):
        raise
    except READ_ERRORS as error:
        reason = f"not an npz file of the arrays {', '.join(keys)} without pickles"
        raise damaged(path, f"{reason}: {error}") from error


def damaged(path, reason):
    """Return the error of a file in the data home that cannot be used."""
    return OSError(
        f"{path} is damaged, or {reason}. Delete it to have it downloaded again."
    )


def check_copy(file, path, content):
    """Compare what was read from the data home with what is known of the file."""
    known = file.checksum or _noted(path)
    try:
        found = file.digest(content)
    except (TypeError, ValueError) as error:
        raise damaged(path, f"its values are no numbers: {error}") from error
    if known not in (None, found):
        raise damaged(
            path,
            f"not the file known as {file.path}: the SHA-256 of its values is {found}, "
            f"not {known}",
        )


def _note(path):
    """File beside a download whose checksum nobody has published."""
    return path.with_name(f"{path.name}.sha256")


def _noted(path):
    """Checksum of the download, if one was kept."""
    try:
        return _note(path).read_text("ascii").strip() or None
    except OSError:
        return None


def checksum(arrays):
    """Return the SHA-256 of the values of a dict of arrays, whatever their types.

    It is taken of the values, not of the file, because a zip file also contains dates
    and depends on the compressor.
    """
    digest = hashlib.sha256()
    for name in sorted(arrays):
        values = arrays[name]
        digest.update(f"{name}{values.shape}".encode())
        for rows in np.array_split(values, 1 + values.size // 2**20):
            # Adding zero turns -0.0 into 0.0: equal values, equal bytes.
            digest.update((rows.astype("<f8") + 0.0).tobytes())
    return digest.hexdigest()


def read_npz(paths):
    """Return X and y of ADBench."""
    arrays = read(paths[0], ("X", "y"))
    X, y = arrays["X"], arrays["y"].ravel()
    if len(X) != len(y):
        raise ValueError(f"X has {len(X)} rows, but y has {len(y)} labels")
    return {"X": X, "y": y}


def read_idx(paths):
    """Return the four gzipped idx files of MNIST: train, then test; X, then y."""
    arrays = {}
    names = [f"{kind}_{part}" for part in PARTS for kind in "Xy"]
    for name, path in zip(names, paths, strict=True):
        content = gzip.decompress(path.read_bytes())
        # Two zeros, 8 for uint8, the number of axes; then the axes as big-endian ints.
        n_axes = content[3]
        shape = np.frombuffer(content, ">i4", n_axes, offset=4)
        arrays[name] = np.frombuffer(content, "u1", offset=4 + 4 * n_axes)
        arrays[name] = arrays[name].reshape(shape)
    return arrays


def read_cifar(paths):
    """Return the binary version of CIFAR-10, which needs no pickle."""
    names = {
        "train": [f"data_batch_{i}.bin" for i in range(1, 6)],
        "test": ["test_batch.bin"],
    }
    arrays = {}
    with tarfile.open(paths[0]) as archive:
        for part in PARTS:
            content = b"".join(_member(archive, name) for name in names[part])
            records = np.frombuffer(content, "u1").reshape(-1, 1 + 3 * 32 * 32)
            images = records[:, 1:].reshape(-1, 3, 32, 32)
            arrays[f"X_{part}"] = images.transpose(0, 2, 3, 1)
            arrays[f"y_{part}"] = records[:, 0]
    return arrays


def _member(archive, name):
    content = archive.extractfile(f"cifar-10-batches-bin/{name}")
    if content is None:
        raise ValueError(f"{name} is a folder in the archive, not a file")
    return content.read()


def _download(file, path):
    """Download, convert, check; `path` appears complete or not at all."""
    fetch = _import_pooch(file).HTTPDownloader()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _remove_leftovers(path)
        with tempfile.TemporaryDirectory(
            dir=path.parent, prefix=_prefix(path), ignore_cleanup_errors=True
        ) as folder:
            downloaded = [Path(folder) / str(i) for i in range(len(file.urls))]
            for url, target in zip(file.urls, downloaded, strict=True):
                # Not pooch.retrieve: the origins publish no SHA-256 of the files, so
                # the values are checked below.
                fetch(url, str(target), None)
            content = file.convert(downloaded)
            _check_values(file, content)
            ready = Path(folder) / f"ready{path.suffix}"
            file.save(ready, content)
            if file.checksum is None:
                note = Path(folder) / "note"
                note.write_text(file.digest(content), "ascii")
                os.replace(note, _note(path))
            os.replace(ready, path)
    except DOWNLOAD_ERRORS as error:
        reason = f"downloading {', '.join(file.urls)} failed: {error}"
        raise _missing(file, path, reason) from error


def _prefix(path):
    """How the names of folders begin in which a file is prepared."""
    return f".{path.name}."


def _remove_leftovers(path):
    """Remove what killed downloads left; one that runs is younger."""
    for folder in path.parent.glob(f"{_prefix(path)}*"):
        if time.time() - folder.stat().st_mtime > STALE_SECONDS:
            shutil.rmtree(folder, ignore_errors=True)


def _import_pooch(file):
    try:
        import pooch
    except ImportError as error:
        raise ImportError(
            f"pooch is needed to download {file.path}: pip install skanomaly[data]"
        ) from error
    return pooch


def _check_values(file, content):
    if file.checksum not in (None, found := file.digest(content)):
        raise ValueError(
            f"the values differ from those known as {file.path} (SHA-256 {found}, "
            f"expected {file.checksum})"
        )


def _missing(file, path, reason):
    """Return the error that says what is missing where, and how to place it."""
    home = path.parents[file.path.count("/")]
    return OSError(
        f"{file.path} is not in the data home {home}, and {reason}. Place "
        f"the file at {path} by hand, or point data_home or the environment variable "
        f"SKANOMALY_DATA at a folder that holds {file.path}. It comes from "
        f"{', '.join(file.urls)}."
    )
