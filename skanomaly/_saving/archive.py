"""The file: an archive of skops, with a header that says what it is and a checksum.

Members are stored, not compressed: what is in the file cannot be larger than the file.
"""

import hashlib
import io
import json
import re
from contextlib import contextmanager
from pathlib import Path
from zipfile import ZIP_STORED, BadZipFile, ZipFile, is_zipfile

import skops.io

from skanomaly._saving.arrays import check_arrays, check_packed_arrays
from skanomaly._saving.decoding import check_format
from skanomaly._saving.encoding import FORMAT
from skanomaly._saving.schema import check_schema
from skanomaly._saving.versions import versions
from skanomaly.exceptions import LoadError
from skanomaly.utils._files import path_text

__all__ = ["archive_of", "checked_header", "opened"]

HEADER, SCHEMA = "skanomaly.json", "schema.json"
# What skops calls the arrays, and the sparse matrices.
ARRAY, SPARSE = re.compile(r"-?\d+\.npy"), re.compile(r"-?\d+\.npz")
BLOCK = 2**20


def archive_of(estimator):
    """Bytes of the file of an estimator.

    Parameters
    ----------
    estimator : BaseEstimator

    Returns
    -------
    bytes
    """
    written, file = io.BytesIO(_dumped(estimator)), io.BytesIO()
    header = {"format": FORMAT, "versions": versions()}
    with ZipFile(written) as source, ZipFile(file, "w", ZIP_STORED) as archive:
        for name in source.namelist():
            archive.writestr(name, _compact(name, source.read(name)))
        header["sha256"] = _digest(archive, header)
        archive.writestr(HEADER, json.dumps(header, indent=2))
    return file.getvalue()


def _dumped(estimator):
    try:
        return skops.io.dumps(estimator)
    except RecursionError as error:
        raise TypeError(
            f"This {type(estimator).__name__} holds something that refers back to "
            "itself, which skops cannot write. An estimator of scikit-learn does so "
            "after its set_fit_request and the like: make it anew, or use pickle."
        ) from error


def _compact(name, part):
    """The tree of skops without its blanks, which are half of a small file."""
    if name != SCHEMA:
        return part
    return json.dumps(json.loads(part), separators=(",", ":")).encode()


def _digest(archive, header):
    """Checksum of the header and of all members."""
    said = {name: value for name, value in header.items() if name != "sha256"}
    digest = hashlib.sha256(json.dumps(said, sort_keys=True).encode())
    for member in archive.infolist():
        if member.filename == HEADER:
            continue
        digest.update(f"\n{member.filename}\n{member.file_size}\n".encode())
        with archive.open(member) as part:
            while block := part.read(BLOCK):
                digest.update(block)
    return digest.hexdigest()


@contextmanager
def opened(path):
    """Open a regular file for reading; a pipe or a device could go on for ever."""
    path = path_text(path)
    if Path(path).exists() and not Path(path).is_file():
        raise LoadError(f"path={path!r} is no file that can be loaded.")
    with open(path, "rb") as file:
        yield file


def checked_header(file):
    """Check a file as far as can be without making anything of it.

    Parameters
    ----------
    file : binary file
        Open for reading.

    Returns
    -------
    dict
        Its header.
    """
    if not is_zipfile(file):
        raise LoadError("it is cut off, or was not written by skanomaly.save.")
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    try:
        with ZipFile(file) as archive:
            header = _header(archive)
            _check_members(archive, size)
            if header.get("sha256") != _digest(archive, header):
                raise LoadError("it is damaged: its checksum is that of another one.")
            _check_contents(archive)
    except BadZipFile as error:
        raise LoadError(f"it is damaged ({error}).") from error
    file.seek(0)
    return header


def _header(archive):
    """Read the header: of a newer format, that is all that is known of a file."""
    names = archive.namelist()
    if HEADER not in names or SCHEMA not in names or len(set(names)) < len(names):
        raise LoadError("it was not written by skanomaly.save.")
    _check_stored(archive.getinfo(HEADER))
    header = json.loads(archive.read(HEADER))
    if not isinstance(header, dict) or not isinstance(header.get("versions"), dict):
        raise LoadError("it is damaged: its header names no versions.")
    check_format(header.get("format"))
    return header


def _check_members(archive, size):
    """Refuse what would be larger than the file, or is none of our members."""
    for member in archive.infolist():
        name = member.filename
        if not (
            name in (HEADER, SCHEMA) or ARRAY.fullmatch(name) or SPARSE.fullmatch(name)
        ):
            raise LoadError(f"it has a foreign member, {name!r}.")
        _check_stored(member)
    if sum(member.file_size for member in archive.infolist()) > size:
        raise LoadError("its members claim to be larger than the file.")


def _check_stored(member):
    if member.compress_type != ZIP_STORED or member.flag_bits & 1:
        raise LoadError(f"its member {member.filename!r} is compressed, or encrypted.")


def _check_contents(archive):
    for member in archive.infolist():
        if ARRAY.fullmatch(member.filename):
            with archive.open(member) as part:
                check_arrays(part, member.file_size)
        elif SPARSE.fullmatch(member.filename):
            check_packed_arrays(io.BytesIO(archive.read(member)))
    check_schema(json.loads(archive.read(SCHEMA)))
