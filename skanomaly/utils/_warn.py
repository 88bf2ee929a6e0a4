"""Warnings that point at the user's line, however deep they arise."""

import sys
import warnings
from pathlib import Path

OURS = str(Path(__file__).parents[1])


def warn_user(message, category=UserWarning):
    """Warn about the line that called the library.

    Parameters
    ----------
    message : str
        What to say.
    category : type, default=UserWarning
        Class of the warning.
    """
    level, frame = 2, sys._getframe(1)
    while frame.f_back is not None and _is_inside(frame.f_code.co_filename):
        level, frame = level + 1, frame.f_back
    warnings.warn(message, category, stacklevel=level)


def _is_inside(filename):
    return filename.startswith(OURS) or Path(filename).parent.name == "skorch"
