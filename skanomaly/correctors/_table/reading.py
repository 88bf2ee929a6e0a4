"""What the cells of a column are: numbers, dates, booleans or text, in any dtype.

A column is read once for each of its distinct values. What a value is, is its *key*:
equal keys are the same value, whatever the type and the spelling ("12.0", 12, 12.0).
"""

from dataclasses import dataclass

import numpy as np

from skanomaly.correctors._table.censored import bound_forms
from skanomaly.correctors._table.date_layouts import Notation
from skanomaly.correctors._table.decimals import usual_decimals
from skanomaly.correctors._table.distinct import Distinct, distinct_cells
from skanomaly.correctors._table.markers import Markers, own_markers, possible_markers
from skanomaly.correctors._table.values import (
    BOOLEAN,
    COMPLEX,
    DATE,
    DURATION,
    NUMBER,
    TEXT,
    ZONED,
    families_of,
    is_code,
    is_read,
    key_text,
    keys_of,
    numbers_of,
)

__all__ = ["Reader", "Reading"]

# A column of text is one of numbers if so many of its cells are; one that is not may be
# a typing error in any column of some length.
MOST = 0.95
ENOUGH_ROWS = 10
# More cells than this that cannot be read, and more than half of all, are another kind.
FEW_CELLS = 2

_PLURAL = {
    NUMBER: "numbers", BOOLEAN: "booleans", TEXT: "text", DATE: "dates",
    ZONED: "dates with a time zone", DURATION: "durations", COMPLEX: "complex numbers",
}  # fmt: skip
_ADVICE = {
    NUMBER: "pd.to_numeric",
    DATE: "pd.to_datetime and .dt.tz_localize(None)",
    ZONED: ".dt.tz_localize",
    DURATION: "pd.to_timedelta",
    BOOLEAN: 'astype("boolean")',
    TEXT: "astype(str)",
}


@dataclass(frozen=True)
class Reading:
    """A column as it was read: distinct values, what they are, and who holds them.

    `keys` are None for missing values and for what cannot be read as the column's kind
    (`unreadable`).
    """

    distinct: Distinct
    keys: np.ndarray
    missing: np.ndarray
    unreadable: np.ndarray


@dataclass(frozen=True)
class Reader:
    """How to read one column, as `fit` found it.

    Parameters
    ----------
    name : str
        What messages call the column.
    kind : str
        "number", "date", "date with zone", "duration", "boolean" or "text".
    markers : Markers
        What stands for a missing value.
    families : frozenset of str
        Kinds of the values that `fit` saw, by their types.
    decimals : int or None
        Fewest decimals of numbers that are texts; None where `fit` saw no such texts.
    bounds : frozenset of tuple
        Forms of numbers of which only a bound is known, such as "<0.5".
    notation : Notation or None
        How texts that are dates are written; None for ISO dates.
    """

    name: str
    kind: str
    markers: Markers
    families: frozenset
    decimals: int | None = None
    bounds: frozenset = frozenset()
    notation: Notation | None = None

    @classmethod
    def fit(cls, name, cells, *, missing_values="auto", numeric=None, distinct=None):
        """Find out what a pandas series holds; `numeric` insists on numbers."""
        distinct = distinct_cells(name, cells) if distinct is None else distinct
        possible = possible_markers(missing_values)
        rest = ~possible.marks(distinct.values)
        values, counts = distinct.values[rest], distinct.counts[rest]
        families = frozenset(families_of(values))
        if COMPLEX in families:
            raise TypeError(
                f"Column {name} holds complex numbers, which have no order."
            )
        kind = _kind(values, counts, share=0.5 if numeric else MOST)
        if kind == TEXT and (notation := _notation(values, counts)):
            return cls(name, DATE, possible, families, notation=notation)
        if kind == TEXT:
            own = own_markers(missing_values)
            possible = Markers.of_text(possible, own, distinct.values, distinct.counts)
        if kind != NUMBER:
            return cls(name, kind, possible, families)
        written = usual_decimals(values, counts), bound_forms(values, counts)
        return cls(name, kind, possible, families, *written)

    def read(self, cells, distinct=None, is_part=False):
        """Read a column, of `fit` or another one; see `Reading`.

        `distinct` are the distinct values of the cells, where these are known already.
        `is_part` says that these are some cells of a column that was read as a whole:
        most of them may be odd.

        Raises
        ------
        TypeError
            If it is of another kind than the one of `fit`.
        ValueError
            If it holds infinity.
        """
        distinct = distinct_cells(self.name, cells) if distinct is None else distinct
        missing = self.markers.marks(distinct.values)
        keys = np.full(len(missing), None, dtype=object)
        keys[~missing] = self.keys_of(distinct.values[~missing])
        if self.kind == NUMBER and self.markers.numbers:  # as text they are markers too
            missing |= np.array([key in self.markers.numbers for key in keys])
            keys[missing] = None
        unreadable = ~is_read(keys) & ~missing
        reading = Reading(distinct, keys, missing, unreadable)
        if not is_part:
            self._require_kind(reading)
        if self.kind == NUMBER and np.isinf(numbers_of(NUMBER, keys)).any():
            raise ValueError(
                f"Column {self.name} holds infinity; replace it, or make it missing."
            )
        return reading

    def keys_of(self, values):
        """Keys of values, texts in the notation of the column among them."""
        if self.notation is not None:
            values = self.notation.iso(values)
        return keys_of(self.kind, values)

    def text(self, key):
        """Plain text of a key, as the column writes it."""
        text = key_text(self.kind, key)
        return text if self.notation is None else self.notation.write(text)

    def require_known(self, reading, known):
        """Refuse numbers, dates or booleans where `fit` saw text and none of these.

        `known` says which of the distinct values `fit` saw.
        """
        families, counts = families_of(reading.distinct.values), reading.distinct.counts
        total = counts[~reading.missing].sum()
        for family in set(families) - self.families:
            here = (families == family) & ~reading.missing
            if not known[here].any() and 2 * counts[here].sum() > total:
                self._refuse(family)

    def _require_kind(self, reading):
        """Raise if most cells cannot be read: one odd cell is one cell's error."""
        values, counts = reading.distinct.values, reading.distinct.counts
        odd, total = reading.unreadable, counts[~reading.missing].sum()
        if 2 * counts[odd].sum() <= total:
            return
        typed = odd & (families_of(values) != TEXT)
        if 2 * counts[typed].sum() > total:
            self._refuse(_kind(values[typed], counts[typed], MOST))
        if counts[odd].sum() > FEW_CELLS:
            self._refuse(_kind(values[odd], counts[odd], MOST))

    def _refuse(self, kind):
        raise TypeError(
            f"Column {self.name} held {_PLURAL[self.kind]} in fit and holds "
            f"{_PLURAL[kind]} now. Convert it before (for instance with "
            f"{_ADVICE[self.kind]}), or fit again on such a table."
        )


def _notation(values, counts):
    """How nearly all values are written if they are dates, else None."""
    notation = Notation.of(values, counts)
    if notation is None:
        return None
    known = is_read(keys_of(DATE, notation.iso(values)))
    return notation if counts[known].sum() >= MOST * counts.sum() else None


def _kind(values, counts, share):
    """Kind of a column by its distinct values; numbers need a share of its cells."""
    families, total = set(families_of(values)), counts.sum()
    if len(families - {TEXT}) > 1 or not len(values):
        return COMPLEX if families == {COMPLEX} else TEXT
    for kind in (BOOLEAN, DATE, ZONED, DURATION, COMPLEX):
        if families <= {kind, TEXT} and is_read(keys_of(kind, values)).all():
            return kind
    if families <= {NUMBER, TEXT} and not any(map(is_code, values)):
        odd = total - counts[is_read(keys_of(NUMBER, values))].sum()
        if odd <= (1 - share) * total or (odd == 1 and total >= ENOUGH_ROWS):
            return NUMBER
    return TEXT
