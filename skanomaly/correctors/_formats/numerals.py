"""A cell that holds a number, perhaps with a unit: taken apart and put together."""

import re
from typing import NamedTuple

import numpy as np

from skanomaly.correctors._formats.units import PREFIX, UNITS, canonical_unit, fold_unit

__all__ = [
    "MIN_NUMBERS",
    "Numeral",
    "is_code",
    "read_numeral",
    "read_numerals",
    "same_scale",
]

# At least this part of the rows must be numbers in a column of numbers.
MIN_NUMBERS = 0.9
MAX_LENGTH = 64
# Of two ways to write the same quantity, the medians may differ by this factor.
MAX_FACTOR = 2.0
# ... and this part of the cells of one lies within the range of the other.
MIN_WITHIN = 0.9

_DIGITS = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?|\.\d+"
_CELL = re.compile(
    rf"\s*([-+\u2212]?)((?:{PREFIX})\.?\s*)?([-+\u2212]?)({_DIGITS})(\s*)(.*?)\s*",
    re.IGNORECASE | re.DOTALL,
)
_WORD = re.compile(r"[^\W\d_]+\.?")


class Numeral(NamedTuple):
    """Parts of a cell: `before` and `after` the number stands how the unit is written.

    `unit` is the unit meant, "" without one; `remark` is what follows the unit.
    """

    sign: str
    before: str
    digits: str
    after: str
    unit: str
    remark: str

    @property
    def number(self):
        """The number as a float."""
        value = float(self.digits.replace(",", ""))
        return value if self.sign in ("", "+") else -value

    @property
    def form(self):
        """How the unit is written: the texts before and after the number."""
        return self.before, self.after

    def write(self):
        """Put the cell together again."""
        remark = f" {self.remark}" if self.remark else ""
        return f"{self.sign}{self.before}{self.digits}{self.after}{remark}"


def read_numeral(value):
    """Take a cell apart; None if it is no number with at most one unit."""
    match = _CELL.fullmatch(value) if len(value) <= MAX_LENGTH else None
    if match is None:
        return None
    sign, before, inner, digits, gap, rest = match.groups(default="")
    if sign and inner:
        return None
    written, unit, remark = _split_unit(rest)
    if written is None or (before and unit and canonical_unit(before) != unit):
        return None
    unit = unit or (canonical_unit(before) if before else "")
    after = gap + written if written else ""
    return Numeral(sign or inner, before, digits, after, unit, remark)


def _split_unit(text):
    """Return how the unit is written, which it is and what follows; None: no unit."""
    if not text:
        return "", "", ""
    tokens = text.split(" ")
    for n in (2, 1):
        written = " ".join(tokens[:n])
        remark = " ".join(tokens[n:]).strip()
        if fold_unit(written) in UNITS and not re.match(r"[\d\W]", remark):
            return written, canonical_unit(written), remark
    if _WORD.fullmatch(text):
        return text, canonical_unit(text), ""
    return None, "", ""


def read_numerals(column):
    """Read all values of a column of numbers; None if it is no such column."""
    if not column.mostly(lambda value: read_numeral(value) is not None):
        return None
    read = [read_numeral(value) for value in column.values]
    if column.share([n is not None for n in read]) < MIN_NUMBERS or is_code(read):
        return None
    return read


def is_code(numerals):
    """Tell whether leading zeros show that the digits are a code, such as "00100"."""
    return any(n is not None and re.match(r"0\d", n.digits) for n in numerals)


def same_scale(few, many):
    """Tell whether a few numbers look like many others: median and range."""
    low, high = np.quantile(many, [0.01, 0.99])
    margin = (MAX_FACTOR - 1) * (high - low) / 4
    within = np.mean((few >= low - margin) & (few <= high + margin)) >= MIN_WITHIN
    medians = np.abs([np.median(few), np.median(many)])
    if len(few) < 5 or medians.min() == 0:
        return bool(within)
    return bool(within and medians.max() <= MAX_FACTOR * medians.min())
