"""Decimal commas in a column of decimal points: "12,5" beside "13.5"."""

import re
from dataclasses import dataclass

import numpy as np

from skanomaly.correctors._formats.column import Step
from skanomaly.correctors._formats.numerals import MIN_NUMBERS, same_scale

__all__ = ["WriteDecimalPoint", "learn_decimal_commas"]

# One number with a comma or a point in it, whatever stands before and behind it.
_ONE = re.compile(r"(\D*?)((?:0|[1-9]\d*))([.,])(\d+)(\D*)", re.ASCII)
_WHOLE = re.compile(r"\D*?\d{1,3}(?:,?\d{3})*(?:\.\d+)?\D*", re.ASCII)
# This part of the numbers with decimals must have a point.
MIN_POINTS = 0.75
MAX_LENGTH = 64


@dataclass(frozen=True)
class WriteDecimalPoint(Step):
    """Write a point for a comma before so many decimals as others have."""

    decimals: tuple[int, ...]

    def __str__(self):
        return "write the decimal comma as a point"

    def rewrite(self, value):
        """Return the number with a point."""
        match = _read(value)
        if match is None or match[3] != "," or len(match[4]) not in self.decimals:
            return value
        return f"{match[1]}{match[2]}.{match[4]}{match[5]}"


def _read(value):
    return _ONE.fullmatch(value) if len(value) <= MAX_LENGTH else None


def learn_decimal_commas(column):
    """Return the step, in a list, where it is clear which commas are decimal ones.

    Three digits after a comma may be thousands; they are left alone.
    """
    if not column.mostly(lambda value: _read(value) is not None):
        return []
    found = [_read(value) for value in column.values]
    point, comma = (
        np.array([m is not None and m[3] == c for m in found]) for c in ".,"
    )
    units = {(m[1], m[5]) for m, ok in zip(found, point, strict=True) if ok}
    decimals = {len(m[4]) for m, ok in zip(found, point, strict=True) if ok} - {3}
    comma &= [
        m is not None and len(m[4]) in decimals and (m[1], m[5]) in units for m in found
    ]
    if not comma.any() or column.share(point) < MIN_POINTS * column.share(
        point | comma
    ):
        return []
    others = [_WHOLE.fullmatch(value) is not None for value in column.values]
    if column.share(point | comma | others) < MIN_NUMBERS:
        return []
    if not same_scale(_numbers(found, comma), _numbers(found, point)):
        return []
    return [WriteDecimalPoint(tuple(sorted(decimals)))]


def _numbers(found, chosen):
    parts = (m for m, ok in zip(found, chosen, strict=True) if ok)
    return np.array([float(f"{m[2]}.{m[4]}") for m in parts])
