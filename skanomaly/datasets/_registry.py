"""The files that are fetched: where they come from, stand, and how they are checked."""

import tomllib
from importlib.resources import files

from skanomaly.datasets._store import DataFile, read_cifar, read_idx, read_npz
from skanomaly.datasets._table_store import (
    TableFile,
    read_bank,
    read_pair_file,
    reader_of_uci,
)

SOURCES = tomllib.loads((files(__package__) / "sources.toml").read_text("utf-8"))
ADBENCH, IMAGES, BANK = (SOURCES[k] for k in ("adbench", "images", "bank_marketing"))
CATEGORICAL, PAIRS = SOURCES["categorical"], SOURCES["pairs"]

CIFAR10_SUBSET = "images/cifar10_subset.npz"


def adbench_file(name):
    """Return the file of a name in ``ADBENCH["checksums"]``."""
    url, known = f"{ADBENCH['origin']}{name}.npz", ADBENCH["checksums"][name] or None
    return DataFile(f"adbench/{name}.npz", (url,), read_npz, known)


def image_file(name):
    """Return the file of a name in `IMAGES`."""
    source = IMAGES[name]
    urls = tuple(source["origin"] + file for file in source["files"])
    convert = read_cifar if name == "cifar10" else read_idx
    return DataFile(f"images/{name}.npz", urls, convert, source.get("checksum"))


def categorical_file(name):
    """Return the file of a name in ``CATEGORICAL["tables"]``."""
    table = CATEGORICAL["tables"][name]
    urls, convert = (
        (CATEGORICAL["origin"] + table["file"],),
        reader_of_uci(table["columns"]),
    )
    return TableFile(f"categorical/{name}.csv", urls, convert, table["checksum"])


def bank_file():
    """Return the file of "bank-additional-full"."""
    path, url = "categorical/bank_marketing.csv", BANK["origin"] + BANK["file"]
    return TableFile(path, (url,), read_bank, BANK["checksum"])


def pair_files(name):
    """Return the dirty and the clean file of a name in ``PAIRS["checksums"]``."""
    known = dict(zip(("dirty", "clean"), PAIRS["checksums"][name], strict=True))
    urls = {part: f"{PAIRS['origin']}{name}/{part}.csv" for part in known}
    return [
        TableFile(f"repair/{name}/{part}.csv", (url,), read_pair_file, known[part])
        for part, url in urls.items()
    ]
