"""Columns of text as what they hold: numbers, dates or categories, for a detector."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

__all__ = ["TableFeatures"]

# A column is of numbers, or dates, if so many of its cells are.
MOSTLY = 0.95
# Text is of categories if most cells have one of its frequent values.
MAX_LEVELS, MIN_SHARE, COVERED = 50, 0.005, 0.5
MISSING = ("n/a", "na", "nan", "null", "none", "-", "?", "unknown", "missing")
CODE = r"0\d+"  # digits with a leading zero: a postal code, no number
DATE = r"\d{4}-\d\d-\d\d"


@dataclass
class Column:
    """How the cells of one column are read."""

    name: str
    kind: str  # "number", "date", "category", or why it is left out
    usual: Any = None  # median, or most frequent value

    @property
    def is_used(self):
        """Whether the detector sees the column."""
        return self.kind in ("number", "date", "category")

    def read(self, cells):
        """Return numbers or values, missing where a cell has none."""
        if self.kind == "category":
            return cells.astype(object).where(_has_value(cells), None)
        return _numbers(cells) if self.kind == "number" else _days(cells)


class TableFeatures:
    """Learn from a table what each column holds.

    Numbers stay numbers, dates become days; text with a few frequent values is of
    categories, which detectors take as they are.

    Parameters
    ----------
    X : DataFrame
        Rows to learn from; cells may be text.
    ignored : list of str
        Columns that are left out.
    """

    def __init__(self, X, ignored):
        self.columns = [_column(X[name], name in ignored) for name in X.columns]
        self.used = [column for column in self.columns if column.is_used]

    @property
    def left_out(self):
        """Columns that are not used, and why."""
        return {c.name: c.kind for c in self.columns if not c.is_used}

    def features(self, X):
        """Return a DataFrame of the columns that are used."""
        read = {column.name: column.read(X[column.name]) for column in self.used}
        return pd.DataFrame(read, index=X.index)

    def without(self, features, column):
        """Features with a usual value in place of those of a column."""
        return features.assign(**{column.name: column.usual})


def _column(cells, is_ignored):
    name = cells.name
    if is_ignored:
        return Column(name, "ignored")
    known = cells[_has_value(cells)]
    if not len(known):
        return Column(name, "left out: no value")
    if _counts_rows(known):
        return Column(name, "left out: it numbers the rows")
    for kind, read in [("number", _numbers), ("date", _days)]:
        numbers = read(known)
        finite = numbers[np.isfinite(numbers)]
        if len(finite) >= MOSTLY * len(known):
            return Column(name, kind, usual=float(np.median(finite)))
    counts = known.astype(object).value_counts()
    frequent = counts[counts >= MIN_SHARE * len(known)][:MAX_LEVELS]
    if frequent.sum() < COVERED * len(known):
        return Column(name, f"left out: text with {len(counts):,} values")
    return Column(name, "category", usual=frequent.index[0])


def _has_value(cells):
    """Whether cells have a value; "N/A" and the like are none."""
    if not pd.api.types.is_object_dtype(cells) and not pd.api.types.is_string_dtype(
        cells
    ):
        return cells.notna()
    text = cells.astype(object).fillna("").astype(str)
    return cells.notna() & ~text.str.strip().str.lower().isin(MISSING)


def _numbers(cells):
    """Numbers, NaN for other cells; codes such as "00123" are none."""
    if pd.api.types.is_bool_dtype(cells) or pd.api.types.is_numeric_dtype(cells):
        return cells.to_numpy(float, na_value=np.nan)
    if pd.api.types.is_datetime64_any_dtype(cells):
        return np.full(len(cells), np.nan)
    numbers = pd.to_numeric(cells, errors="coerce").to_numpy(float, na_value=np.nan)
    codes = cells.astype(object).fillna("").astype(str).str.fullmatch(CODE)
    return np.where(codes, np.nan, numbers)


def _days(cells):
    """Dates as days since 1970, NaN for other cells; a year alone is no date."""
    if not pd.api.types.is_datetime64_any_dtype(cells):
        text = cells.astype(object).fillna("").astype(str)
        text = text.where(text.str.match(DATE))
        cells = pd.to_datetime(text, errors="coerce", format="ISO8601", utc=True)
    seconds = cells.dt.as_unit("s").astype("int64").to_numpy(float)
    return np.where(cells.notna(), seconds / 86_400, np.nan)


def _counts_rows(known):
    """Whether a column counts 1, 2, 3 ..., which says nothing of a row."""
    numbers = _numbers(known)
    distance = numbers - known.index.to_numpy()
    return len(known) > 2 and bool(
        np.isfinite(distance).all() and np.ptp(distance) == 0
    )
