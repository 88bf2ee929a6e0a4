"""Names of trusted classes and functions in a file."""

import collections
import datetime
import decimal
from functools import cache
from importlib import import_module
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import nn

from skanomaly._saving.trusted import FUNCTIONS, MOVED, OBJECTS

__all__ = ["class_name", "named_class", "named_reference", "reference_name"]

# What parameters and columns refer to; nothing is made of them on loading.
PLAIN: dict[str, Any] = {
    f"{c.__module__}.{c.__qualname__}": c
    for c in (
        bool, int, float, complex, str, bytes, object, list, tuple, dict, set,
        frozenset, type(None), datetime.date, datetime.datetime, datetime.time,
        datetime.timedelta, decimal.Decimal, collections.OrderedDict,
    )
}  # fmt: skip
# They call themselves otherwise in other versions of pandas.
PLAIN |= {
    f"pandas.{name}": getattr(pd, name)
    for name in ("Interval", "Period", "Timedelta", "Timestamp")
}
# Where callbacks of skorch write to by default.
PLAIN |= {"builtins.print": print}
PLAIN_NAMES = {kind: name for name, kind in PLAIN.items()}
# Beside them: the public classes of these, below a base.
PUBLIC: dict[str, tuple[Any, type]] = {
    "numpy": (np, np.generic),
    "torch.nn": (nn, nn.Module),
    "torch.optim": (torch.optim, torch.optim.Optimizer),
}


def class_name(kind):
    """Name of a class whose objects are kept; None for those of others."""
    name = _full_name(kind)
    if name in OBJECTS:
        return name
    return _public_name(kind) if issubclass(kind, nn.Module) else None


def named_class(name):
    """Return the class of that name, if it may be made on loading."""
    name = MOVED.get(name, name)
    if name in OBJECTS:
        return _imported(name)
    module, _, short = name.rpartition(".")
    if module == "torch.nn":
        return _public(module, short)
    raise ValueError(f"{name!r} is none of the classes that are loaded.")


def reference_name(value):
    """Name of a class or a function that is kept by name; None for others."""
    if value in PLAIN_NAMES:
        return PLAIN_NAMES[value]
    name = _full_name(value)
    if name in OBJECTS or name in FUNCTIONS:
        return name
    return _public_name(value) if isinstance(value, type) else None


def named_reference(name):
    """Return the class or function of that name."""
    name = MOVED.get(name, name)
    if name in PLAIN:
        return PLAIN[name]
    if name in OBJECTS or name in FUNCTIONS:
        return _imported(name)
    module, _, short = name.rpartition(".")
    return _public(module, short)


def _full_name(value):
    return f"{value.__module__}.{value.__qualname__}"


def _public_name(kind: type) -> str | None:
    for module, (namespace, base) in PUBLIC.items():
        if issubclass(kind, base) and getattr(namespace, kind.__name__, None) is kind:
            return f"{module}.{kind.__name__}"
    return None


def _public(module, short):
    if module not in PUBLIC or short.startswith("_"):
        raise ValueError(f"{module}.{short} is none of the names that are loaded.")
    namespace, base = PUBLIC[module]
    kind: Any = getattr(namespace, short, None)
    if not isinstance(kind, type) or not issubclass(kind, base):
        raise ValueError(f"{module}.{short} is none of the names that are loaded.")
    return kind


@cache
def _imported(name):
    """Import what is on our list, never what a file says."""
    module, _, short = name.rpartition(".")
    return getattr(import_module(module), short)
