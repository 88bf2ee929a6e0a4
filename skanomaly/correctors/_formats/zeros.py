"""Leading zeros that a spreadsheet took for those of a number: "702" for "0702"."""

import re
from collections import Counter
from dataclasses import dataclass, field

from skanomaly.correctors._formats.column import Step

__all__ = ["PadZeros", "learn_leading_zeros"]

# Codes have one length, but for so few rows; zeros that are lost are fewer than kept.
MIN_SAME = 0.9
# Numbers that lost a digit elsewhere would all be known codes by so little chance.
MAX_CHANCE = 0.05
_CODE = re.compile(r"([0-9]+)(\D*)")


@dataclass(frozen=True)
class PadZeros(Step):
    """Write known codes with all digits; `codes` has them by what is left of them."""

    width: int
    codes: dict = field(hash=False)

    def __str__(self):
        return f"write the leading zeros of codes of {self.width} digits"

    def rewrite(self, value):
        """Return the code with its zeros; one that would be unknown stays."""
        return self.codes.get(value, value)


def learn_leading_zeros(column):
    """Return the step if the numbers that are too short are codes without zeros."""
    if not column.mostly(_CODE.fullmatch):
        return []
    rows = _rows_of_widths(column)
    width = max(rows, key=lambda n: rows[n], default=0)
    if not width or rows[width] < MIN_SAME * column.n_rows:
        return []
    with_zero = _chosen(
        column, lambda n, code: n == width and code[0] == "0" and code.strip("0")
    )
    short = _chosen(column, lambda n, code: n < width and code[0] != "0")
    codes = {value.lstrip("0"): value for value in with_zero}
    if not 0 < sum(short.values()) < sum(with_zero.values()):
        return []
    proved = codes.keys() >= short.keys() and _is_no_chance(short, codes)
    return [PadZeros(width, codes)] if proved else []


def _rows_of_widths(column):
    """Rows of each number of digits."""
    rows: Counter = Counter()
    for value, n in zip(column.values, column.counts.tolist(), strict=True):
        rows[_n_digits(value)] += n
    return rows


def _chosen(column, test):
    """Rows of the codes that pass a test of their number of digits, and of them."""
    return {
        value: n
        for value, n in zip(column.values, column.counts.tolist(), strict=True)
        if (n_digits := _n_digits(value)) and test(n_digits, value[:n_digits])
    }


def _n_digits(value):
    """Return how many digits a code begins with, 0 for another value."""
    code = _CODE.fullmatch(value)
    return len(code[1]) if code else 0


def _is_no_chance(short, codes):
    """Tell whether other numbers of these lengths would hardly all be known."""
    n_short, n_known = (
        Counter(_n_digits(value) for value in values) for values in (short, codes)
    )
    chance = 1.0
    for n_digits, n_values in n_short.items():
        possible = 9 * 10 ** (n_digits - 1)
        chance *= min(1.0, n_known[n_digits] / possible) ** n_values
    return chance <= MAX_CHANCE
