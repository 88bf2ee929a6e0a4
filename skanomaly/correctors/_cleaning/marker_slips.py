"""Slips of the text that stands for "no value": "unkvnown" among many "unknown"."""

import numpy as np

from skanomaly.correctors._cleaning.reasons import TYPO
from skanomaly.correctors._cleaning.suspects import (
    ESTABLISHED,
    MIN_GARBAGE,
    TIMES,
    is_one_slip,
)
from skanomaly.correctors._table.codec import MISSING, cells_of
from skanomaly.correctors._table.records import Written
from skanomaly.correctors._table.sentences import quoted

__all__ = ["P_SLIP", "MarkerSlips"]

# Where a marker has many different slips, each is one, but for a rare word like it.
P_SLIP = 0.95


class MarkerSlips:
    """Texts of each column that are one slip from its marker of missing values.

    The rest of a row says what most likely stood there, and that is wrong: nothing did.
    So such a cell becomes no other value. Where the marker has many different slips, it
    is written in their place.

    Parameters
    ----------
    codec : TableCodec
    judged : bool array of shape (d,)
        Columns whose cells may be wrong.
    """

    def __init__(self, codec, judged):
        self.codec, self.judged = codec, judged

    def fit(self, frame, codes):
        """Learn the markers of each column, and the slips of these."""
        self.markers, self.is_sure = {}, {}
        for j in np.flatnonzero(self.judged):
            texts = self.codec.columns[j].texts
            if texts is None or not len(texts):
                continue
            n_rows = np.bincount(codes[codes[:, j] >= 0, j], minlength=len(texts))
            marks = _counted(frame.iloc[:, j].to_numpy(object)[codes[:, j] == MISSING])
            found = np.full(len(texts), None, object)
            sure = np.zeros(len(texts), bool)
            for mark, n in marks.items():
                slips = [_is_slip(text, mark) for text in texts]
                slips &= (n_rows > 0) & (TIMES * n_rows <= n)
                found[slips], sure[slips] = mark, slips.sum() >= MIN_GARBAGE
            if found.astype(bool).any():
                self.markers[int(j)], self.is_sure[int(j)] = found, sure
        return self

    def cells(self, codes):
        """Cells that are slips of a marker, and which of them are so for sure."""
        slips, sure = np.zeros(codes.shape, bool), np.zeros(codes.shape, bool)
        for j, marks in self.markers.items():
            known = codes[:, j] >= 0
            slips[known, j] = marks[codes[known, j]].astype(bool)
            sure[known, j] = self.is_sure[j][codes[known, j]]
        return slips, sure

    def repair(self, repair, rows, alpha):
        """Write markers where they are sure, and nothing else in the other cells."""
        slips, sure = self.cells(rows.codes)
        repair.codes[slips] = rows.codes[slips]
        repair.p_new[slips] = 0.0
        repair.notes.flagged |= slips
        sure &= (alpha >= 1 - P_SLIP) & ~rows.locked
        repair.p_new[sure] = P_SLIP
        repair.p_error[slips] = P_SLIP
        repair.notes.flagged &= ~sure
        self._explain(repair.notes, rows, slips)
        cells, columns = np.nonzero(sure)
        marks = self._marks(rows.codes, cells, columns)
        repair.written = repair.written + Written(cells, columns, marks)

    def _explain(self, notes, rows, slips):
        cells, columns = np.nonzero(slips)
        names, old = rows.frame.columns, cells_of(rows.frame, cells, columns)
        marks = self._marks(rows.codes, cells, columns)
        notes.kind[slips], notes.suggestion[slips] = TYPO, None
        for i, j, text, mark in zip(cells, columns, old, marks, strict=True):
            notes.reason[i, j] = (
                f"{names[j]} {quoted(text)} is one slip from {quoted(mark)}, "
                "which stands for no value"
            )

    def _marks(self, codes, cells, columns):
        marks = np.empty(len(cells), object)
        for i, (row, j) in enumerate(zip(cells, columns, strict=True)):
            marks[i] = self.markers[j][codes[row, j]]
        return marks


def _counted(cells):
    """How often each text stands for no value, if it often does."""
    texts = [cell for cell in cells if isinstance(cell, str) and cell.strip()]
    marks, n = np.unique(np.array(texts, object), return_counts=True)
    return {mark: k for mark, k in zip(marks, n, strict=True) if k >= ESTABLISHED}


def _is_slip(text, mark):
    """Whether one slip makes a text of a marker; of a short one, a letter more."""
    if is_one_slip(text, mark):
        return True
    more = text.replace(mark, "", 1)
    return len(text) == len(mark) + 1 and len(more) == 1 and more.isalpha()
