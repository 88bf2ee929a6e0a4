"""Detect, explain and repair anomalies with scikit-learn estimators on torch networks.

The sub-packages are imported when they are first touched, so that
``import skanomaly`` costs nothing and drags in neither torch nor scikit-learn.
"""

from importlib import import_module

__version__ = "0.1.0.dev0"

__all__ = [
    "classifiers",
    "correctors",
    "dask",
    "datasets",
    "detectors",
    "displays",
    "exceptions",
    "metrics",
    "nets",
    "onnx",
    "pyod",
    "samplers",
    "utils",
    "load",
    "save",
    "trusted_types",
    "__version__",
]

# Functions, and where they are.
_FUNCTIONS = ("load", "save", "trusted_types")

TYPE_CHECKING = False  # type checkers know the name; importing typing takes longer

if TYPE_CHECKING:
    from skanomaly import (
        classifiers,
        correctors,
        dask,
        datasets,
        detectors,
        displays,
        exceptions,
        metrics,
        nets,
        onnx,
        pyod,
        samplers,
        utils,
    )
    from skanomaly._saving.persistence import load, save, trusted_types
else:  # type checkers would take any name for one of the package

    def __getattr__(name):
        """Import a sub-package or a function when it is first named (PEP 562)."""
        if name in _FUNCTIONS:
            return getattr(import_module(f"{__name__}._saving.persistence"), name)
        if name in __all__:
            return import_module(f"{__name__}.{name}")
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
