"""Data sets for anomaly detection and repair, and ways to derive such data."""

from typing import TYPE_CHECKING

from skanomaly.utils._lazy import import_on_use

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
    "make_orders",
    "make_sum_limit",
    "one_vs_rest",
]

if TYPE_CHECKING:
    from skanomaly.datasets._cell_errors import inject_cell_errors
    from skanomaly.datasets._faces import fetch_face_masks
    from skanomaly.datasets._fetch import fetch_adbench
    from skanomaly.datasets._images import (
        fetch_cifar10,
        fetch_fashion_mnist,
        fetch_mnist,
    )
    from skanomaly.datasets._orders import make_orders
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
else:
    _MODULES = {
        "fetch_adbench": "._fetch",
        "fetch_bank_marketing": "._tables",
        "fetch_categorical": "._tables",
        "fetch_cifar10": "._images",
        "fetch_face_masks": "._faces",
        "fetch_fashion_mnist": "._images",
        "fetch_mnist": "._images",
        "fetch_repair_pair": "._tables",
        "inject_cell_errors": "._cell_errors",
        "make_gaussian_blobs": "._rules",
        "make_no_repeats": "._rules",
        "make_orders": "._orders",
        "make_sum_limit": "._rules",
        "one_vs_rest": "._protocol",
    }
    __getattr__ = import_on_use(__name__, _MODULES)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
