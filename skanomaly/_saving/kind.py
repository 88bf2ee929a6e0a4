"""How values of a class are kept in a file."""

from collections.abc import Callable
from typing import Any, NamedTuple

__all__ = ["Kind"]


class Kind(NamedTuple):
    """How values of some classes are kept.

    Parameters
    ----------
    tag : str
        Its name in the file.
    classes : tuple of type
        Of the values.
    dump : callable
        Plain parts, a tuple, of a value.
    build : callable
        The value, from its parts.
    """

    tag: str
    classes: tuple[type, ...]
    dump: Callable[[Any], tuple]
    build: Callable[..., Any]
