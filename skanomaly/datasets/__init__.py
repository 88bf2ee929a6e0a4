"""Data sets for anomaly detection and repair, and ways to derive such data."""

from skanomaly.datasets._cell_errors import inject_cell_errors
from skanomaly.datasets._faces import fetch_face_masks
from skanomaly.datasets._fetch import fetch_adbench
from skanomaly.datasets._images import fetch_cifar10, fetch_fashion_mnist, fetch_mnist
from skanomaly.datasets._protocol import one_vs_rest
from skanomaly.datasets._rules import (
    make_gaussian_blobs,
    make_no_repeats,
    make_sum_limit,
)
from skanomaly.datasets._tables import (
    fetch_bank_marketing,
    fetch_categorical,
    fetch_repair_pair,
)

__all__ = [
    "fetch_adbench",
    "fetch_bank_marketing",
    "fetch_categorical",
    "fetch_cifar10",
    "fetch_face_masks",
    "fetch_fashion_mnist",
    "fetch_mnist",
    "fetch_repair_pair",
    "inject_cell_errors",
    "make_gaussian_blobs",
    "make_no_repeats",
    "make_sum_limit",
    "one_vs_rest",
]
