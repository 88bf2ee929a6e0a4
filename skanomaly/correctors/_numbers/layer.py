"""The numbers and dates of a coded table: judged, and new ones in its own words."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from skanomaly.correctors._numbers.model import NumberModel
from skanomaly.correctors._numbers.reasons import NO_NUMBER, write
from skanomaly.correctors._table.codec import cells_of
from skanomaly.correctors._table.sentences import quoted
from skanomaly.correctors._table.spelling import spelled

__all__ = ["NumberLayer"]

DATES = ("date", "date with zone")


class JudgedCells(NamedTuple):
    """What is thought of all cells of a table, arrays of shape (n, d)."""

    p_error: np.ndarray
    p_new: np.ndarray
    new: np.ndarray  # float, NaN where nothing is proposed; dates in days
    low: np.ndarray
    high: np.ndarray
    reasons: np.ndarray
    kinds: np.ndarray
    vouched: np.ndarray  # cells that an exact relation with others confirms
    alike: np.ndarray  # doubted only because their row breaks one as others do


class NumberLayer:
    """A `NumberModel` of the columns of a codec that hold quantities.

    Parameters
    ----------
    codec : TableCodec
    used : bool array of shape (d,)
        Columns that are looked at.
    error_rate : float
    seed : int
    """

    def __init__(self, codec, used, error_rate, seed):
        self.codec = codec
        measured = codec.measured
        self.columns = np.flatnonzero(codec.is_measured & used)
        self.at = np.searchsorted(measured, self.columns)
        self.others = np.setdiff1d(np.flatnonzero(used), self.columns)
        self.model = NumberModel(error_rate=error_rate, seed=seed)

    def fit(self, frame, codes):
        """Learn relations and what is expected of each column."""
        if not len(self.columns):
            return self
        names = [str(name) for name in frame.columns]
        readings, sizes = self.codec.readings, self.codec.n_categories
        self.model.fit(
            self._numbers(frame),
            ["date" if readings[j] in DATES else "number" for j in self.columns],
            [names[j] for j in self.columns],
            codes=codes[:, self.others],
            sizes=[sizes[j] for j in self.others],
            code_names=[names[j] for j in self.others],
            decimals=[self.codec.columns[j].reader.decimals or 0 for j in self.columns],
        )
        return self

    @property
    def status(self):
        """How each judged column is judged, by its number."""
        if not len(self.columns):
            return {}
        return dict(zip(self.columns.tolist(), self.model.status_, strict=True))

    @property
    def relations(self):
        """What holds between columns, as a list of str."""
        if not len(self.columns):
            return []
        return [str(r) for r in (*self.model.relations_, *self.model.lookups_)]

    def judge(self, frame, codes):
        """Return the `JudgedCells` of rows."""
        shape = codes.shape
        unknown = np.full(shape, np.nan)
        result = JudgedCells(
            p_error=np.zeros(shape),
            p_new=np.zeros(shape),
            new=unknown.copy(),
            low=unknown.copy(),
            high=unknown.copy(),
            reasons=np.full(shape, "", dtype=object),
            kinds=np.full(shape, "", dtype=object),
            vouched=np.zeros(shape, bool),
            alike=np.zeros(shape, bool),
        )
        if len(self.columns):
            numbers = self._numbers(frame)
            judged = self.model.judge(numbers, codes[:, self.others])
            for name in JudgedCells._fields:
                getattr(result, name)[:, self.columns] = getattr(judged, name)
            self._say_what_cannot_be_read(result.reasons, numbers, frame)
        return result

    def _say_what_cannot_be_read(self, reasons, numbers, frame):
        """Name the text of a cell that has one, where a relation says its number."""
        said = np.zeros(reasons.shape, bool)
        said[:, self.columns] = np.isnan(numbers) & (reasons[:, self.columns] != "")
        said = self.codec.unreadable(frame, said)
        cells, columns = np.nonzero(said)
        values = cells_of(frame, cells, columns)
        for i, j, value in zip(cells, columns, values, strict=True):
            what = f"{quoted(value)} cannot be read as a {self.codec.readings[j]}"
            reasons[i, j] = reasons[i, j].replace(NO_NUMBER, what, 1)

    def text(self, j, number):
        """A number of column j as sentences write it."""
        return write(self.model.columns_[np.searchsorted(self.columns, j)], number)

    def numbers(self, frame, j):
        """Cells of column j as float64, dates in days; NaN for cells that are none."""
        return self.codec.columns[j].numbers(frame.iloc[:, j])

    def values(self, numbers, columns, frame):
        """Numbers as the cells of a table have them."""
        values = np.empty(len(numbers), dtype=object)
        for j in np.unique(columns):
            here = columns == j
            values[here] = self._spelled(j, numbers[here], frame.iloc[:, j])
        return values

    def _spelled(self, j, numbers, cells):
        column = self.codec.columns[j]
        values = np.empty(len(numbers), dtype=object)
        if column.reading in DATES:
            days = pd.to_datetime(np.round(numbers * 86_400), unit="s")
            zoned = column.reading == DATES[1]
            values[:] = list(days.tz_localize("UTC") if zoned else days)
        else:
            values[:] = [int(x) if x == np.floor(x) else x for x in numbers.tolist()]
        return spelled(column, values, cells, as_seen=False)

    def _numbers(self, frame):
        return self.codec.numbers(frame)[:, self.at]
