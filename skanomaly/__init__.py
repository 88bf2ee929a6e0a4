"""Detect, explain and repair anomalies with scikit-learn estimators on torch networks.

The sub-packages are imported when they are first touched, so that
``import skanomaly`` costs nothing and drags in neither torch nor scikit-learn.
"""

from importlib import import_module

__version__ = "0.1.0.dev0"

_SUBPACKAGES = (
    "classifiers",
    "correctors",
    "datasets",
    "detectors",
    "displays",
    "exceptions",
    "metrics",
    "nets",
    "pyod",
    "samplers",
    "utils",
)

__all__ = [*_SUBPACKAGES, "__version__"]


def __getattr__(name):
    """Import a sub-package when it is first named (PEP 562)."""
    if name in _SUBPACKAGES:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return sorted(__all__)
