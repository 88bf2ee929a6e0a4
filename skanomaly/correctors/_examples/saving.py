"""Programs as plain JSON values and back; only classes of the list below are made."""

from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

from skanomaly.correctors._examples import guards, pieces, rewriting
from skanomaly.correctors._examples.columns import LearnedProgram
from skanomaly.correctors._formats import (
    affixes,
    blanks,
    dates,
    digits,
    names,
    neighbours,
    numbers,
    program,
    spelling,
    times,
)
from skanomaly.correctors._formats.column import Step
from skanomaly.correctors._table.markers import Markers
from skanomaly.correctors._table.reading import Reader

__all__ = ["allow", "decode", "encode"]

_MODULES = (
    guards, pieces, rewriting, affixes, blanks, dates, digits, names, neighbours,
    numbers, program, spelling, times,
)  # fmt: skip


def _classes():
    """Return the classes that programs consist of, by name."""
    found: dict[str, Any] = {
        cls.__name__: cls for cls in (LearnedProgram, Markers, Reader)
    }
    for module in _MODULES:
        for name, value in vars(module).items():
            own = getattr(value, "__module__", "") == module.__name__
            if (
                own
                and isinstance(value, type)
                and is_dataclass(value)
                and value is not Step
            ):
                found[name] = value
    return found


def encode(value):
    """Return a value as dicts, lists, texts and numbers."""
    if is_dataclass(value):
        content = {f.name: encode(getattr(value, f.name)) for f in fields(value)}
        return {"is": type(value).__name__, **content}
    if isinstance(value, tuple):
        return {"is": "tuple", "of": [encode(each) for each in value]}
    if isinstance(value, frozenset):
        return {"is": "set", "of": sorted((encode(each) for each in value), key=str)}
    if isinstance(value, dict):
        return {"is": "dict", "of": [[encode(k), encode(v)] for k, v in value.items()]}
    if isinstance(value, list):
        return [encode(each) for each in value]
    return value.item() if isinstance(value, np.generic) else value


def decode(value):
    """Return the value that `encode` was given."""
    if isinstance(value, list):
        return [decode(each) for each in value]
    if not isinstance(value, dict):
        return value
    kind = value["is"]
    if kind == "dict":
        return {decode(k): decode(v) for k, v in value["of"]}
    if kind in ("tuple", "set"):
        return (tuple if kind == "tuple" else frozenset)(map(decode, value["of"]))
    content = {name: decode(each) for name, each in value.items() if name != "is"}
    return CLASSES[kind](**content)


CLASSES = _classes()


def allow(cls):
    """Let a class be part of what is saved."""
    CLASSES[cls.__name__] = cls
    return cls
