"""Dates in several layouts, where the column leaves no doubt about day and month."""

import re
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

import numpy as np

from skanomaly.correctors._formats.column import Step

__all__ = ["Layout", "WriteDates", "learn_dates"]

MIN_DATES = 0.95
# A layout is the column's own if at least this part of the dates has it.
MIN_MAJORITY = 0.6
# Real dates have a day after the 12th in 60 % of the cases; this part of them is asked
# for before the order of day and month is believed.
MIN_PROOF = 0.2

_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
_LONG = (
    "January February March April May June July August September October November "
    "December"
).split()
_NAME = r"(?P<m>[A-Za-z]{3,9})\.?"
_YEAR = r"(?P<y>\d{4}|\d{2})"
_PATTERNS = {
    "ymd": re.compile(
        r"(?P<y>\d{4})(?P<sep>[-/.])(?P<m>\d{1,2})(?P=sep)(?P<d>\d{1,2})"
    ),
    "abc": re.compile(
        rf"(?P<a>\d{{1,2}})(?P<sep>[-/.])(?P<b>\d{{1,2}})(?P=sep){_YEAR}"
    ),
    "dMy": re.compile(
        rf"(?P<d>\d{{1,2}})(?P<sep>[- /]){_NAME}(?P<sep2>,?[- /]){_YEAR}"
    ),
    "Mdy": re.compile(rf"{_NAME}(?P<sep> )(?P<d>\d{{1,2}})(?P<sep2>,? ){_YEAR}"),
}


@dataclass(frozen=True, order=True)
class Layout:
    """How a date is written.

    `order` is "ymd", "mdy", "dmy" (numbers), "abc" (day or month first: unknown), "dMy"
    or "Mdy" (with the month's name); `separators` stand between; `n_year` is 2 or 4;
    `month` is "short", "long" or "" for a number.
    """

    order: str
    separators: tuple[str, str]
    n_year: int
    month: str = ""

    @property
    def example(self):
        """The layout of 31 December 2007."""
        return self.write(date(2007, 12, 31), padded=False)

    def write(self, day, padded):
        """Return a date in this layout."""
        width = 2 if padded else 1
        year = f"{day.year:04d}"[-self.n_year :]
        names = {"": f"{day.month:0{width}d}", "long": _LONG[day.month - 1]}
        names["short"] = _LONG[day.month - 1][:3]
        parts = {"y": year, "m": names[self.month], "d": f"{day.day:0{width}d}"}
        first, second, third = (parts[letter] for letter in self.order.lower())
        return first + self.separators[0] + second + self.separators[1] + third


def read_layout(value):
    """Return the layout, the numbers (y, m, d or y, a, b) and whether it is padded.

    None if the value is no date; padded is None if it has no number below 10.
    """
    for order, pattern in _PATTERNS.items():
        match = pattern.fullmatch(value)
        if match is not None:
            return _read_match(order, match.groupdict())
    return None


def _read_match(order, part):
    month = ""
    first, second = ("a", "b") if order == "abc" else ("m", "d")
    texts = [part["y"], part[first], part[second]]
    if order in ("dMy", "Mdy"):
        month, number = _read_month(part["m"])
        if not number:
            return None
        texts[1] = str(number)
    separators = (part["sep"], part.get("sep2") or part["sep"])
    layout = Layout(order, separators, len(part["y"]), month)
    shown = [t for t in (part.get(first), part.get(second)) if t and t.isdigit()]
    small = [len(t) == 2 for t in shown if int(t) < 10]
    return layout, tuple(map(int, texts)), small[0] if small else None


def _read_month(name):
    """Return "short" or "long" and the number of a month's name, 0 for other words."""
    key = name[:3].lower()
    number = _MONTHS.index(key) + 1 if key in _MONTHS else 0
    if number and name.lower() == _LONG[number - 1].lower() and len(name) > 3:
        return "long", number
    return "short", number if len(name) == 3 else 0


@dataclass(frozen=True)
class WriteDates(Step):
    """Write dates of known layouts in one; `first` says what stands first in "abc".

    `years` are the first and the last year that dates with four digits have: two digits
    are a year between them.
    """

    target: Layout
    padded: bool
    first: tuple[tuple[Layout, str], ...]
    years: tuple[int, int]

    # Less than for other steps: few tables were there to test it on.
    p_right: ClassVar[float] = 0.95

    def __str__(self):
        return f"write dates as in {self.target.example}"

    def rewrite(self, value):
        """Return the date in the target's layout; what cannot be read stays."""
        read = read_layout(value)
        if read is None:
            return value
        day = self._day(*read[:2])
        return value if day is None else self.target.write(day, self.padded)

    def _day(self, layout, numbers):
        year, month, day = numbers
        if layout.order == "abc":
            first = dict(self.first).get(layout)
            if first is None:
                return None
            month, day = (month, day) if first == "mdy" else (day, month)
        return _make_date(self._full_year(year, layout.n_year), month, day)

    def _full_year(self, year, n_digits):
        """Return the only year of the column's range that has these digits, or 0."""
        if n_digits == self.target.n_year or n_digits == 4:
            return year if n_digits == 4 else 2000 + year
        years = [c + year for c in range(1000, 3000, 100)]
        years = [y for y in years if self.years[0] <= y <= self.years[1]]
        return years[0] if len(years) == 1 else 0


def _make_date(year, month, day):
    try:
        return date(year, month, day)
    except ValueError:
        return None


def learn_dates(column):
    """Return the step that writes the dates of a column in the majority's layout."""
    if not column.mostly(lambda value: read_layout(value) is not None):
        return []
    read = [read_layout(value) for value in column.values]
    if column.share([r is not None for r in read]) < MIN_DATES:
        return []
    rows = _rows_of_layouts(read, column.counts)
    first = {layout: _first(layout, read, column.counts) for layout in rows}
    target = max(rows, key=lambda layout: (rows[layout], layout))
    if rows[target] < MIN_MAJORITY * sum(rows.values()) or not _is_safe(
        target, rows, first
    ):
        return []
    return _step(target, first, read, column)


def _step(target, first, read, column):
    """Make the step if it changes something and the column says how to pad."""
    padded = _is_padded(target, read, column.counts)
    years = [r[1][0] for r in read if r is not None and r[0].n_year == 4]
    known = tuple(sorted((layout, f) for layout, f in first.items() if f))
    if target.order == "abc":
        target = Layout(first[target] or "mdy", target.separators, target.n_year)
    span = (min(years, default=1), max(years, default=0))
    step = WriteDates(target, bool(padded), known, span)
    changed = step.apply(column.values) != column.values
    ok = padded is not None and 0 < column.share(changed) <= 1 - MIN_MAJORITY
    return [step] if ok else []


def _rows_of_layouts(read, counts):
    rows: dict = {}
    for r, n in zip(read, counts.tolist(), strict=True):
        if r is not None:
            rows[r[0]] = rows.get(r[0], 0) + n
    return rows


def _first(layout, read, counts):
    """Return "mdy" or "dmy" for a layout of three numbers, "" where there is doubt."""
    if layout.order != "abc":
        return ""
    own = [
        (r[1], n)
        for r, n in zip(read, counts.tolist(), strict=True)
        if r is not None and r[0] == layout
    ]
    total = sum(n for _, n in own)
    dmy = sum(n for (_, a, _), n in own if a > 12)
    mdy = sum(n for (_, _, b), n in own if b > 12)
    if min(dmy, mdy) > 0 or max(dmy, mdy) < MIN_PROOF * total:
        return ""
    return "dmy" if dmy else "mdy"


def _is_safe(target, rows, first):
    """Tell whether no layout leaves doubt and no century would be lost."""
    several = len(rows) > 1
    doubt = any(la.order == "abc" and not first[la] for la in rows)
    lost = target.n_year == 2 and any(la.n_year == 4 for la in rows)
    return not lost and not (several and doubt)


def _is_padded(target, read, counts):
    """Tell whether the target's small numbers have a zero; None without a majority."""
    rows = np.zeros(2)
    for r, n in zip(read, counts.tolist(), strict=True):
        if r is not None and r[0] == target and r[2] is not None:
            rows[int(r[2])] += n
    return (
        None
        if rows.max() < MIN_MAJORITY * max(rows.sum(), 1)
        else bool(rows[1] > rows[0])
    )
