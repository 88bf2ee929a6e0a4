"""Errors and warnings of skanomaly that scikit-learn has no name for."""

__all__ = [
    "LoadError",
    "TrainingDivergedError",
    "UntrustedTypesError",
    "VersionWarning",
]


class TrainingDivergedError(FloatingPointError):
    """Training left the finite numbers: the loss or a score became NaN or infinite.

    Raised by ``fit`` and ``partial_fit`` of the deep detectors. The state of an
    earlier fit is kept. The usual cures are a lower ``lr``, ``standardize=True``, or
    removing absurd values from the training rows.
    """


class LoadError(ValueError):
    """A file cannot be loaded: it is damaged, foreign, too new, or not trusted.

    Raised by :func:`skanomaly.load`. Nothing that the file holds was executed.
    """


class UntrustedTypesError(LoadError):
    """A file names classes or functions that are not trusted.

    Raised by :func:`skanomaly.load`. If you know them and trust whoever wrote the file,
    name them in its argument `trusted`.
    """


class VersionWarning(UserWarning):
    """An estimator was saved with other versions than those that load it."""
