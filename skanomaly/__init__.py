"""Detect, explain and repair anomalies with scikit-learn estimators on torch networks.

The sub-packages are imported when they are first touched, so that
``import skanomaly`` costs nothing and drags in neither torch nor scikit-learn.
"""

from importlib import import_module

__version__ = "0.1.0.dev0"

__all__ = [
    "classifiers",
    "correctors",
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
    "__version__",
]

TYPE_CHECKING = False  # type checkers know the name; importing typing takes longer

if TYPE_CHECKING:
    from skanomaly import (
        classifiers,
        correctors,
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
else:  # type checkers would take any name for one of the package

    def __getattr__(name):
        """Import a sub-package when it is first named (PEP 562)."""
        if name in __all__:
            return import_module(f"{__name__}.{name}")
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
