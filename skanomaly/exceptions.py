"""Errors of skanomaly that scikit-learn has no name for."""

__all__ = ["TrainingDivergedError"]


class TrainingDivergedError(FloatingPointError):
    """Training left the finite numbers: the loss or a score became NaN or infinite.

    Raised by ``fit`` and ``partial_fit`` of the deep detectors. The state of an
    earlier fit is kept. The usual cures are a lower ``lr``, ``standardize=True``, or
    removing absurd values from the training rows.
    """
