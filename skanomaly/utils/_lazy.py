"""Names of a package that are imported when they are first used (PEP 562).

Importing torch takes a second or more of processor time. Who imports a package should
pay for what he uses of it, and not before.
"""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

__all__ = ["import_on_use"]


def import_on_use(package: str, modules: Mapping[str, str]) -> Callable[[str], Any]:
    """Make the `__getattr__` of a package.

    Parameters
    ----------
    package : str
        Its `__name__`.
    modules : dict of str to str
        The module of each name, relative to the package as in an import (``"._vae"``);
        of a name that is itself a module, ``""``.

    Returns
    -------
    callable
        To be bound to `__getattr__` where no type checker looks: it would take any
        name for one of the package.
    """

    def find(name):
        if name not in modules:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        if not modules[name]:
            return import_module(f".{name}", package)
        return getattr(import_module(modules[name], package), name)

    return find
