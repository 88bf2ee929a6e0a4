"""What every sampler checks."""

from numbers import Integral

__all__ = ["check_n_samples"]


def check_n_samples(n_samples: object) -> None:
    """Refuse numbers of rows that cannot be."""
    if not isinstance(n_samples, Integral) or n_samples < 1:
        raise ValueError(f"n_samples={n_samples!r} must be an integer above 0.")
