"""Numbers written in several ways: separators, noise of floats, ".0" at the end."""

import re
from dataclasses import dataclass

import numpy as np

from skanomaly.correctors._formats.column import Step
from skanomaly.correctors._formats.numerals import (
    read_numeral,
    read_numerals,
    same_scale,
)

__all__ = [
    "DropPointZero",
    "GroupThousands",
    "RoundNoise",
    "is_float_form",
    "learn_numbers",
]

# Separators are put in only where this part of the large numbers has them.
MIN_GROUPED = 0.75
# The noise of a float: five equal digits, then at most three others, at the end.
NOISE = re.compile(r"\.\d*?(?:0{5,}\d{1,3}|9{5,}\d{0,3})")
# A number with fewer decimals than this is taken as it is.
MIN_DECIMALS = 8
# This part of the noisy cells must be numbers that others write without noise: a column
# that was computed throughout is written in one way.
MIN_KNOWN = 0.5
# Numbers of several units are written each as suits its unit.
MIN_ONE_UNIT = 0.99


@dataclass(frozen=True)
class NumberStep(Step):
    """A step that changes the digits of a number and leaves its unit alone."""

    def rewrite(self, value):
        """Return the cell with other digits; what is no number stays."""
        cell = read_numeral(value)
        return value if cell is None else self._replace(value, cell)

    def _replace(self, value, cell):
        digits = self.digits(cell.digits)
        return value if digits == cell.digits else cell._replace(digits=digits).write()

    def digits(self, digits):
        """Return the new digits; subclasses write it."""
        raise NotImplementedError


@dataclass(frozen=True)
class GroupThousands(NumberStep):
    """Put separators between thousands, or take them out."""

    group: bool

    def __str__(self):
        return f"{'write' if self.group else 'remove'} thousands separators"

    def digits(self, digits):
        """Return the digits with or without commas."""
        whole, point, decimals = digits.replace(",", "").partition(".")
        if self.group and whole:
            whole = f"{int(whole):,}"
        return whole + point + decimals


@dataclass(frozen=True)
class RoundNoise(NumberStep):
    """Write the short number that a float stands for (0.30000000000000004: 0.3)."""

    n_decimals: int

    def __str__(self):
        return "remove the noise of floats"

    def digits(self, digits):
        """Return the rounded digits, if the others are noise."""
        if "," in digits or not is_noisy(digits):
            return digits
        short = f"{float(digits):.{self.n_decimals}f}".rstrip("0")
        short += "0" if short.endswith(".") else ""
        close = abs(float(short) - float(digits)) <= 10.0 ** -(_n_decimals(digits) - 3)
        return short if close else digits


@dataclass(frozen=True)
class DropPointZero(NumberStep):
    """Write whole numbers without ".0"."""

    def __str__(self):
        return "drop '.0' at the end"

    def digits(self, digits):
        """Return the digits without ".0"."""
        return digits.removesuffix(".0")


def learn_numbers(column):
    """Return the steps that write the numbers of a column in one way."""
    steps: list[Step] = []
    for learn in (_learn_thousands, _learn_noise, _learn_point_zero):
        cells = read_numerals(column)
        step = learn(cells, column) if _is_one_kind(cells, column) else None
        if step is not None:
            steps.append(step)
            column = column.after(step)
    return steps


def _is_one_kind(cells, column):
    """Tell whether the numbers have one unit or none: "74.0K" beside "740" have not."""
    if cells is None:
        return False
    units = np.array(
        ["" if cell is None else cell.unit for cell in cells], dtype=object
    )
    number = np.array([cell is not None for cell in cells])
    rows = [column.share(number & (units == unit)) for unit in set(units[number])]
    return max(rows) >= MIN_ONE_UNIT * sum(rows)


def _learn_thousands(cells, column):
    """Commas or none, whichever most of the numbers from 1,000 have."""
    large = np.array([c is not None and abs(c.number) >= 1000 for c in cells])
    commas = np.array([c is not None and "," in c.digits for c in cells])
    grouped, plain = large & commas, large & ~commas
    n_grouped, n_plain = column.counts[grouped].sum(), column.counts[plain].sum()
    if not n_grouped or not n_plain:
        return None
    if not _are_alike(grouped, plain, cells, column):
        return None
    if n_plain >= n_grouped:
        return GroupThousands(False)
    enough = n_grouped >= MIN_GROUPED * (n_grouped + n_plain)
    return GroupThousands(True) if enough else None


def _are_alike(one, other, cells, column):
    """Tell whether two parts of the numbers are of the same size."""
    number = np.array([np.nan if c is None else c.number for c in cells])
    several = [np.repeat(number[k], column.counts[k]) for k in (one, other)]
    return same_scale(*sorted(several, key=len))


def is_noisy(digits):
    """Tell whether the digits end as those of a float that was computed."""
    return _n_decimals(digits) >= MIN_DECIMALS and NOISE.search(digits) is not None


def _n_decimals(digits):
    return len(digits.partition(".")[2])


def _learn_noise(cells, column):
    """Round where noise is the exception and the rest shows the decimals to keep."""
    noisy = np.array([c is not None and is_noisy(c.digits) for c in cells])
    if not noisy.any() or column.share(noisy) > 0.5:
        return None
    usual = np.array([c is not None for c in cells]) & ~noisy
    decimals = [_n_decimals(c.digits) for c, ok in zip(cells, usual, strict=True) if ok]
    kept = int(np.quantile(np.repeat(decimals, column.counts[usual]), 0.99))
    step = RoundNoise(kept)
    short = [step.digits(c.digits) for c in cells if c is not None]
    number = np.full(len(cells), np.nan)
    number[usual | noisy] = [float(digits.replace(",", "")) for digits in short]
    known = np.isin(number[noisy], number[usual])
    rows = column.counts[noisy]
    enough = rows[known].sum() >= MIN_KNOWN * rows.sum()
    return step if enough and 0 < kept < MIN_DECIMALS else None


def _learn_point_zero(cells, column):
    """Drop ".0" where most whole numbers do without."""
    digits = np.array(["" if c is None else c.digits for c in cells], dtype=object)
    with_zero = np.array([d.endswith(".0") for d in digits])
    whole = np.array([d != "" and "." not in d for d in digits])
    rows = column.counts[with_zero].sum()
    if not rows or _is_padded(digits) or column.counts[whole].sum() < rows:
        return None
    # Where only numbers of another size are whole, these are the strange ones.
    return DropPointZero() if _are_alike(with_zero, whole, cells, column) else None


def is_float_form(cells):
    """Tell whether all numbers are written as a float is: "12.0", "19.2"."""
    digits = [cell.digits for cell in cells if cell is not None]
    return all("." in d for d in digits) and not _is_padded(digits)


def _is_padded(digits):
    """Tell whether decimals are kept for a reason: "2.50", version "1.10"."""
    return any(re.search(r"\.\d+0$", d) for d in digits)
