"""Dates in several layouts, where the column leaves no doubt about day and month."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from skanomaly.correctors._formats.column import Step
from skanomaly.correctors._table.date_layouts import Layout, make_date, read_layout

__all__ = ["Layout", "WriteDates", "learn_dates"]

MIN_DATES = 0.95
# A layout is the column's own if at least this part of the dates has it.
MIN_MAJORITY = 0.6
# Real dates have a day after the 12th in 60 % of the cases; this part of them is asked
# for before the order of day and month is believed.
MIN_PROOF = 0.2


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
        return make_date(self._full_year(year, layout.n_year), month, day)

    def _full_year(self, year, n_digits):
        """Return the only year of the column's range that has these digits, or 0."""
        if n_digits == self.target.n_year or n_digits == 4:
            return year if n_digits == 4 else 2000 + year
        years = [c + year for c in range(1000, 3000, 100)]
        years = [y for y in years if self.years[0] <= y <= self.years[1]]
        return years[0] if len(years) == 1 else 0


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
