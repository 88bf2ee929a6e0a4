"""Data sets for anomaly detection, and ways to make such data of others."""

from skanomaly.datasets._fetch import fetch_adbench
from skanomaly.datasets._images import fetch_cifar10, fetch_fashion_mnist, fetch_mnist
from skanomaly.datasets._protocol import one_vs_rest

__all__ = [
    "fetch_adbench",
    "fetch_cifar10",
    "fetch_fashion_mnist",
    "fetch_mnist",
    "one_vs_rest",
]
