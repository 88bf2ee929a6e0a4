"""The columns of a table as `fit` learned them: categories, or bins of numbers."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from skanomaly.correctors._table.censored import is_bound
from skanomaly.correctors._table.distinct import distinct_cells
from skanomaly.correctors._table.frames import MISSING
from skanomaly.correctors._table.reading import Reader
from skanomaly.correctors._table.values import (
    BOOLEAN,
    NUMBER,
    TEXT,
    key_text,
    keys_of,
    numbers_of,
    text_key,
)
from skanomaly.utils._shown import shown

__all__ = ["BinnedColumn", "CategoricalColumn", "make_column", "with_categories"]


@dataclass(frozen=True)
class _Column:
    """What both kinds of columns share.

    `values` holds a real value of each category or bin: its most frequent spelling in
    the rows of `fit`. `reader` says how cells are read, and `dtype` is that of `fit`.
    """

    name: str
    values: np.ndarray
    reader: Reader
    dtype: object

    @property
    def reading(self):
        """What the cells are: "number", "date", "boolean", "text", see `Reader`."""
        return self.reader.kind

    def numbers(self, cells):
        """Cells as float64, dates in days; NaN for cells that are none.

        They may be some cells of a column, as for `is_unreadable`.
        """
        reading = self.reader.read(cells, is_part=True)
        numbers = numbers_of(self.reading, reading.keys)
        return reading.distinct.spread(numbers, np.nan)

    def is_unreadable(self, cells):
        """Which cells are something else than the column holds, such as "3x5"."""
        reading = self.reader.read(cells, is_part=True)
        return reading.distinct.spread(reading.unreadable, False)


@dataclass(frozen=True)
class CategoricalColumn(_Column):
    """A column whose distinct values are its categories.

    They are sorted by their text, as in the original method ("10" < "2"), dates by
    time. `keys` gives the code of each key. `is_spelled` says whether the values are
    texts or codes, in which there are typing errors.
    """

    keys: dict
    is_spelled: bool
    kind: str = "categorical"

    @property
    def texts(self):
        """Text of each category, None for quantities, dates and booleans."""
        if not self.is_spelled:
            return None
        kind = self.reading
        texts = [k if isinstance(k, str) else key_text(kind, k) for k in self.keys]
        return np.array(texts)

    def encode(self, cells):
        """Codes of the cells, and which of them hold a value that `fit` never saw.

        Of a column that had no value nothing is known, so that nothing is new in it.
        """
        if not self.keys:
            return np.full(len(cells), MISSING), np.zeros(len(cells), bool)
        reading = self.reader.read(cells)
        codes = np.array(
            [self.keys.get(key, MISSING) for key in _category_keys(reading)],
            dtype=np.int64,
        )
        codes[reading.missing] = MISSING
        unseen = (codes == MISSING) & ~reading.missing
        if self.reading == TEXT:
            self.reader.require_known(reading, ~unseen)
        spread = reading.distinct.spread
        return spread(codes, MISSING), spread(unseen, False)


@dataclass(frozen=True)
class BinnedColumn(_Column):
    """A numeric column cut into bins of about equally many rows.

    `values` holds a real value of each bin, its lower median: what a changed cell gets.
    """

    edges: np.ndarray
    kind: str = "numeric"
    texts = None  # typing errors are not looked for in quantities

    def is_unreadable(self, cells):
        """Which cells are no numbers, such as "3x5".

        A number of which the column often tells a bound only ("<0.5") is none of these.
        """
        reading = self.reader.read(cells, is_part=True)
        bound = is_bound(reading.distinct.values, self.reader.bounds)
        return reading.distinct.spread(reading.unreadable & ~bound, False)

    def encode(self, cells):
        """Codes of the cells, and which are no numbers.

        No number is unseen: it falls into the end bins.
        """
        reading = self.reader.read(cells)
        numbers = numbers_of(self.reading, reading.keys)
        codes = np.searchsorted(self.edges, numbers, side="right").astype(np.int64)
        codes[np.isnan(numbers)] = MISSING
        spread = reading.distinct.spread
        return spread(codes, MISSING), spread(reading.unreadable, False)


def with_categories(column, cells, more):
    """Return a column of categories with those of `more` cells beside its own.

    Where most of its cells could not be read with them, it is left as it is.
    """
    if column.kind != "categorical" or 2 * len(more) > len(cells):
        return column
    reading = column.reader.read(pd.concat([cells, more]))
    wider = _categorical(column.reader, reading, column.dtype)
    return replace(wider, is_spelled=column.is_spelled)


def make_column(
    name, cells, *, numeric, n_bins, missing_values="auto", allow_empty=False
):
    """Learn the categories or the bins of one column.

    Parameters
    ----------
    name : str
        What messages call the column.
    cells : pandas.Series
        Its cells.
    numeric : bool or None
        Whether to bin; None decides by the values: dates and fractions are binned,
        whole numbers when they have more than `n_bins` distinct values and are no
        codes.
    n_bins : int
        Most bins of a numeric column.
    missing_values : "auto", None or list
        As in `CorrectorParams`.
    allow_empty : bool
        Whether a column may have no value at all.

    Returns
    -------
    CategoricalColumn or BinnedColumn
        The learned column.
    """
    distinct = distinct_cells(name, cells)
    reader = Reader.fit(
        name, cells, missing_values=missing_values, numeric=numeric, distinct=distinct
    )
    reading = reader.read(cells, distinct)
    if reading.missing.all():
        if allow_empty:
            return _categorical(reader, reading, cells.dtype)
        raise ValueError(
            f"Column {name} has no value in any training row: drop it, or fit on rows "
            "that have one."
        )
    if numeric and reader.kind == TEXT:
        raise ValueError(_no_number(name, reading))
    if numeric is None:
        numeric = _is_quantity(reader.kind, reading, n_bins)
    if numeric:
        return _binned(reader, reading, n_bins, cells.dtype)
    return _categorical(reader, reading, cells.dtype)


def _categorical(reader, reading, dtype):
    keys, counts = _category_keys(reading), reading.distinct.counts
    best: dict = {}
    for at in np.argsort(-counts, kind="stable"):
        if not reading.missing[at]:
            best.setdefault(keys[at], reading.distinct.values[at])
    order = sorted(best, key=lambda key: _sorted_by(reader.kind, key))
    values = np.empty(len(order), dtype=object)
    values[:] = [best[key] for key in order]
    codes = {key: code for code, key in enumerate(order)}
    spelled = bool(_is_spelled(reader.kind, reading, order))
    return CategoricalColumn(reader.name, values, reader, dtype, codes, spelled)


def _category_keys(reading):
    """Keys; a cell that cannot be read is a category by its text."""
    keys, values = reading.keys.copy(), reading.distinct.values
    floats = [isinstance(key, float) for key in keys]
    keys[floats] = _without_noise(keys[floats].astype(np.float64))
    for at in np.flatnonzero(reading.unreadable):
        keys[at] = text_key(values[at])
    return keys


def _sorted_by(kind, key):
    """Order of the categories, the same for all dtypes."""
    if isinstance(key, str) or kind == TEXT:
        return str(key), 0
    if kind in (NUMBER, BOOLEAN):
        return key_text(kind, key), 0
    return "", key


def _is_spelled(kind, reading, keys):
    if kind == NUMBER:
        return reading.unreadable.any() or _looks_like_codes(reading)
    return all(isinstance(key, str) for key in keys)


def _binned(reader, reading, n_bins, dtype):
    known = np.flatnonzero(~reading.missing & ~reading.unreadable)
    numbers = numbers_of(reader.kind, reading.keys)[known]
    counts = reading.distinct.counts[known]
    # By number; of several spellings of one number the most frequent one first.
    order = np.lexsort((-counts, numbers))
    numbers, counts, known = numbers[order], counts[order], known[order]
    edges = _edges(numbers, counts, n_bins)
    bins = np.searchsorted(edges, numbers, side="right")
    middle = _lower_medians(bins, counts)
    # The first spelling of that number.
    middle = np.searchsorted(numbers, numbers[middle], side="left")
    return BinnedColumn(
        reader.name, reading.distinct.values[known[middle]], reader, dtype, edges
    )


def _lower_medians(bins, counts):
    """Position of the lower median of each bin of sorted numbers with counts."""
    total = np.cumsum(counts)
    cells = np.bincount(bins, weights=counts).astype(np.int64)
    before = np.cumsum(cells) - cells
    return np.searchsorted(total, before + (cells - 1) // 2, side="right")


def _edges(numbers, counts, n_bins):
    """Cuts between bins: every distinct number its own bin while there are few.

    They lie midway between neighbours, so that the noise of floats moves no cell.
    """
    distinct = np.unique(numbers)
    first = distinct[1:]  # with which number a bin begins
    if len(distinct) > n_bins:
        inner = np.linspace(0, 1, n_bins + 1)[1:-1]
        every = np.repeat(numbers, counts)
        first = np.unique(np.quantile(every, inner, method="lower"))
        first = first[first > numbers[0]]
    below = distinct[np.searchsorted(distinct, first) - 1]
    middle = below / 2 + first / 2
    return np.where(middle > below, middle, first)


def _is_quantity(kind, reading, n_bins):
    """Whether a column is one of quantities, by its values and never by its dtype."""
    if kind in (TEXT, BOOLEAN):
        return False
    if kind != NUMBER:
        return True
    numbers = _seen_numbers(reading)[0]
    if (numbers != np.floor(numbers)).any():
        return True
    return len(np.unique(numbers)) > n_bins and not _looks_like_codes(reading)


def _without_noise(numbers):
    """Numbers that are whole but for the noise of floats, as whole numbers."""
    whole = np.rint(numbers)
    noise = NOISE * np.maximum(1, np.abs(whole))
    return np.where(np.abs(numbers - whole) <= noise, whole, numbers)


# Numbers are codes, such as postal codes, if they have equally many digits, and
# few of the numbers that these could make occur, each of them often.
DIGITS = 3
OFTEN = 5
SPARSE = 10
SAME_LENGTH = 0.95
NOISE = 1e-8


def _looks_like_codes(reading):
    numbers, counts = _seen_numbers(reading)
    plain = (numbers == np.floor(numbers)) & (numbers >= 0) & (numbers < 2**53)
    if not plain.all():
        return False
    n_digits = np.floor(np.log10(np.maximum(numbers, 1))).astype(int) + 1
    by_length = np.bincount(n_digits, weights=counts)
    steps = np.diff(np.unique(numbers[n_digits == by_length.argmax()]))
    if by_length.argmax() < DIGITS or by_length.max() < SAME_LENGTH * counts.sum():
        return False
    if not len(steps) or counts.sum() < OFTEN * len(numbers):
        return False
    return steps.sum() > SPARSE * len(steps) * np.gcd.reduce(steps.astype(np.int64))


def _seen_numbers(reading):
    """Distinct numbers of a column and how many cells hold each."""
    known = ~reading.missing & ~reading.unreadable
    numbers = _without_noise(reading.keys[known].astype(np.float64))
    return numbers, reading.distinct.counts[known]


def _no_number(name, reading):
    numbers = keys_of(NUMBER, reading.distinct.values)
    odd = [k is None for k in numbers] & ~reading.missing
    return (
        f"Column {name} is numeric, but holds a cell that is no number: "
        f"{shown(reading.distinct.values[odd][0])}"
    )
