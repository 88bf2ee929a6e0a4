"""The files that are fetched: where they come from, and how they are checked."""

import tomllib
from importlib.resources import files

from skanomaly.datasets._face_store import read_faces
from skanomaly.datasets._store import DataFile, read_cifar, read_idx, read_npz
from skanomaly.datasets._table_store import (
    TableFile,
    read_bank,
    read_pair_file,
    reader_of_uci,
)

SOURCES = tomllib.loads((files(__package__) / "sources.toml").read_text("utf-8"))
ADBENCH, IMAGES, PAIRS = SOURCES["adbench"], SOURCES["images"], SOURCES["pairs"]
BANK, CATEGORICAL = SOURCES["bank_marketing"], SOURCES["categorical"]

CIFAR10_SUBSET = "images/cifar10_subset.npz"

IMAGE_READERS = {"cifar10": read_cifar, "face_masks_64": read_faces}


def adbench_file(name):
    """Return the file of a name in ``ADBENCH["checksums"]``."""
    url, known = f"{ADBENCH['origin']}{name}.npz", ADBENCH["checksums"][name] or None
    return DataFile(f"adbench/{name}.npz", (url,), read_npz, known)


def image_file(name):
    """Return the file of a name in `IMAGES`."""
    source = IMAGES[name]
    urls = tuple(source["origin"] + file for file in source["files"])
    convert = IMAGE_READERS.get(name, read_idx)
    return DataFile(f"images/{name}.npz", urls, convert, source.get("checksum"))


def categorical_file(name):
    """Return the file of a name in ``CATEGORICAL["tables"]``."""
    table = CATEGORICAL["tables"][name]
    url = CATEGORICAL["origin"] + table["file"]
    convert = reader_of_uci(table["columns"])
    return TableFile(f"categorical/{name}.csv", (url,), convert, table["checksum"])


def bank_file():
    """Return the file of "bank-additional-full"."""
    path, url = "categorical/bank_marketing.csv", BANK["origin"] + BANK["file"]
    return TableFile(path, (url,), read_bank, BANK["checksum"])


def pair_files(name):
    """Return the dirty and the clean file of a name in ``PAIRS["checksums"]``."""
    paths = [f"{name}/{part}.csv" for part in ("dirty", "clean")]
    return [
        TableFile(f"repair/{path}", (PAIRS["origin"] + path,), read_pair_file, known)
        for path, known in zip(paths, PAIRS["checksums"][name], strict=True)
    ]
