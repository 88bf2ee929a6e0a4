"""Check that arrays in a file are as large as they claim, before they are made."""

import math
from zipfile import ZipFile

from numpy.lib import format as npy

from skanomaly.exceptions import LoadError

__all__ = ["check_arrays", "check_packed_arrays"]

READERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}
# Bytes of a sparse matrix, which scipy compresses.
MAX_UNPACKED = 2**30


def check_arrays(file, size):
    """Refuse an array that is not as large as its part of the file.

    Parameters
    ----------
    file : binary file
        In numpy's format.
    size : int
        Bytes that it has.
    """
    version = npy.read_magic(file)
    if version not in READERS:
        raise LoadError(f"it holds an array in version {version} of numpy's format.")
    shape, _, dtype = READERS[version](file)
    if dtype.hasobject or math.prod(shape) * dtype.itemsize != size - file.tell():
        raise LoadError("it holds an array that is not as large as it claims.")


def check_packed_arrays(file):
    """Refuse a compressed sparse matrix that would be absurdly large.

    Parameters
    ----------
    file : binary file
        As `scipy.sparse.save_npz` writes it.
    """
    with ZipFile(file) as archive:
        if sum(member.file_size for member in archive.infolist()) > MAX_UNPACKED:
            raise LoadError("it holds a sparse matrix that would take a gigabyte.")
        for member in archive.infolist():
            with archive.open(member) as part:
                check_arrays(part, member.file_size)
