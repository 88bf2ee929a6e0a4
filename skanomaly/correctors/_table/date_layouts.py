"""Ways of writing a date, and which of them a column of dates has.

ISO dates need none. Of "03/04/2024" only the column tells what stands first: dates have
a day after the 12th in 60 % of the cases.
"""

import re
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

__all__ = ["Layout", "Notation", "make_date", "read_layout"]

# A column is written in one layout if so large a part of its cells is.
MIN_DATES = 0.95
# Of the cells that tell day and month apart, which are at least so many, so many agree.
MIN_PROOF, AGREE = 0.2, 0.95
# Fewer cells say nothing; about so many are looked at first.
MIN_CELLS, SOME = 10, 100

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


def make_date(year, month, day):
    try:
        return date(year, month, day)
    except ValueError:
        return None


_TIME = re.compile(r"[ T]\d{1,2}:\d{2}(?::\d{2})?\Z")


@dataclass(frozen=True)
class Notation:
    """How a column of texts writes its dates; a time may follow.

    `layout` has a known order; `padded` says whether a day below 10 has a zero.
    """

    layout: Layout
    padded: bool

    @classmethod
    def of(cls, values, counts):
        """Find the notation of distinct texts, None where they have none in common."""
        if not _may_be_dates(values):
            return None
        read = [_read(value) for value in values]
        rows: dict = {}
        for r, n in zip(read, counts.tolist(), strict=True):
            if r is not None and r[0].n_year == 4:
                rows[r[0]] = rows.get(r[0], 0) + n
        if counts.sum() < MIN_CELLS or not rows:
            return None
        layout = max(rows, key=lambda each: rows[each])
        own = [(*r[1:], n) for r, n in zip(read, counts, strict=True) if _is(r, layout)]
        if sum(n for *_, n in own) < MIN_DATES * counts.sum():
            return None
        order, padded = _order(layout, own), _is_padded(own)
        whole = Layout(order, layout.separators, layout.n_year, layout.month)
        return cls(whole, padded) if order else None

    def iso(self, values):
        """Texts in this notation as ISO dates; all other values as they are."""
        out = values.copy()
        for at, value in enumerate(values):
            if isinstance(value, str):
                out[at] = self._iso(value)
        return out

    def write(self, text):
        """Return an ISO date, with a time or without, in this notation."""
        day, *time = text.split(" ", 1)
        return " ".join(
            [self.layout.write(date.fromisoformat(day), self.padded), *time]
        )

    def _iso(self, text):
        part, order = _date_part(text), self.layout.order
        read = read_layout(part)
        own = "abc" if order in ("dmy", "mdy") else order
        if read is None or (read[0].order, read[0].n_year) != (own, 4):
            return text
        year, *rest = read[1]
        day = make_date(year, *(rest[::-1] if order == "dmy" else rest))
        return f"{day}{text.strip()[len(part) :]}" if day else text


def _may_be_dates(values):
    """Whether most of a few are: columns of text have many values."""
    some = values[:: max(1, len(values) // SOME)]
    return 2 * sum(_read(value) is not None for value in some) > len(some)


def _read(value):
    """Return what `read_layout` says of a text, with a time or without; else None."""
    return read_layout(_date_part(value)) if isinstance(value, str) else None


def _is(read, layout):
    """Whether a text has a layout; of May nobody knows whether it is short for May."""
    return read is not None and replace(read[0], month=layout.month) == layout


def _date_part(text):
    """Return what stands before the time of day."""
    text = text.strip()
    match = _TIME.search(text)
    return text[: match.start()] if match else text


def _order(layout, own):
    """Return what stands where, of three numbers as most of those that tell it have."""
    if layout.order != "abc":
        return layout.order
    n = np.array([n for *_, n in own])
    first, second = np.array([numbers[1:] for numbers, *_ in own]).T
    dmy, mdy = n[first > 12].sum(), n[second > 12].sum()
    told = dmy + mdy
    if told < MIN_PROOF * n.sum() or max(dmy, mdy) < AGREE * told:
        return ""
    return "dmy" if dmy > mdy else "mdy"


def _is_padded(own):
    """Whether most days and months below 10 have a zero."""
    short = sum(n for _, padded, n in own if padded is False)
    return bool(2 * short <= sum(n for _, padded, n in own if padded is not None))
