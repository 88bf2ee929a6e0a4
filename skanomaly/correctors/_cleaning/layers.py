"""Formats, cells and numbers of a table, judged one after the other and joined."""

from dataclasses import replace

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits
from tqdm.auto import tqdm

from skanomaly.correctors._cleaning.cleaner import CellCleaner, keep_most
from skanomaly.correctors._cleaning.marker_slips import P_SLIP, MarkerSlips
from skanomaly.correctors._cleaning.named_ranges import P_ONE_OF_TWO, NamedRanges
from skanomaly.correctors._cleaning.numbered_things import NumberedThings
from skanomaly.correctors._examples.settling import (
    join_edits,
    join_p_error,
    lock_known,
    settle_known,
)
from skanomaly.correctors._numbers.judging import VOUCHED
from skanomaly.correctors._numbers.layer import NumberLayer
from skanomaly.correctors._table.codec import MISSING, cells_of
from skanomaly.correctors._table.records import Repair, Written
from skanomaly.correctors._table.sentences import quoted

__all__ = ["CellLayers"]

# Rows of which everything is held at once.
CHUNK_ROWS = 20_000
# Cells that cannot be read were wrong in all tables that were tried.
P_UNREADABLE = 0.99
# What is left where most rows of the same thing hold the doubted value.
CLEARED = 0.49


class CellLayers:
    """What a careful person does with a table that has no labels.

    What is written in another way than the rest of its column is written like it; cells
    are judged by the rest of their row; numbers and dates by what is possible in their
    column, and by the relations between columns. Only a relation or a format writes a
    number, other numbers that look wrong are flagged.

    Parameters
    ----------
    detector : ErrorDetector
        Not fitted.
    codec : TableCodec
    formats : TableFormats
        Fitted; rows come to this class in its way of writing.
    used : bool array of shape (d,)
        Columns that are looked at.
    numbers : bool
        Whether numbers and dates are judged.
    """

    def __init__(self, detector, codec, formats, used, numbers):
        self.detector, self.formats, self.codec = detector, formats, codec
        self.used, used_numbers = used, used & numbers
        rate, seed = detector.error_rate, detector.seed
        self.numbers = NumberLayer(codec, used_numbers, rate, seed)

    def fit(self, frame, codes, known=None, seen=None):
        """Learn from a table; `known` and `seen` as in `ErrorDetector`."""
        with threadpool_limits(1):  # on small arrays threads only wait for each other
            self.numbers.fit(frame, codes)
            judged = self.numbers.judge(frame, codes)
            right = _without_odd(codes, judged)
            seen = None if seen is None else np.where(seen == codes, right, seen)
            self.detector.fit(right, known, seen)
            self.markers = MarkerSlips(self.codec, self.detector.judged)
            self.markers.fit(frame, codes)
            self.things = NumberedThings(self.codec).fit(frame, right, self.detector)
            self._find_ranges(frame, right)
        return self

    def _find_ranges(self, frame, codes):
        names = self.detector.judged & ~self.codec.is_measured
        evidence = self.detector.modelled.copy()
        evidence[self.numbers.columns] = True
        codes = np.where(evidence, codes, MISSING)
        rate, seed = self.detector.error_rate, self.detector.seed
        self.ranges = NamedRanges(self.numbers, names, rate, seed).fit(frame, codes)

    def repair(self, rows, *, alpha, fill, max_edits):
        """Decide about `Rows`: a `Repair` with notes on its cells."""
        options = {"alpha": alpha, "fill": fill, "max_edits": max_edits}
        parts = tqdm(
            rows.parts(CHUNK_ROWS),
            total=-(-len(rows) // CHUNK_ROWS),
            desc="table",
            unit="part",
            disable=not self.detector.verbose,
        )
        return Repair.joined(self._repair(part, **options) for part in parts)

    def _repair(self, rows, *, alpha, fill, max_edits):
        rows = lock_known(rows)
        judged = self._judge_numbers(rows)
        evidence = _without_odd(rows.codes, judged)
        cleaner = CellCleaner(self.detector, alpha, None, fill)
        believed = replace(rows, codes=evidence)
        repair = cleaner.repair(believed, rows.unseen)
        _withdraw(repair, evidence, self._lead(believed, repair.codes))
        repair.codes = np.where(evidence == rows.codes, repair.codes, rows.codes)
        self.markers.repair(repair, rows, alpha)
        # What the rest of the row says for sure ends a mere doubt.
        settled = (judged.alike & repair.changed(rows.codes)).any(axis=1)
        judged.p_error[judged.alike & settled[:, None]] = 0.0
        _believe(repair, rows, judged.vouched)
        self._flag_unreadable(repair, rows)
        self._join_numbers(repair, rows, judged, alpha, fill is True)
        self.ranges.flag(repair, rows, _sure(judged, rows))
        join_edits(repair, rows, alpha)
        settle_known(repair, rows)
        _keep_surest(repair, rows, max_edits)
        changed = repair.changed(rows.codes).any(axis=1)
        left = repair.notes.flagged.any(axis=1) & ~changed
        repair.status[:] = np.where(left, "abstained", "untouched")
        repair.reason[:] = np.where(left, "unsure of the value", "")
        repair.status[changed] = "repaired"
        return repair

    def p_error(self, rows):
        """Probability that each cell is wrong; NaN for missing cells."""
        return np.concatenate([self._p_error(p) for p in rows.parts(CHUNK_ROWS)])

    def _p_error(self, rows):
        judged = self._judge_numbers(rows)
        evidence = _without_odd(rows.codes, judged)
        found = self.detector.posterior(evidence)
        likely = np.where(found.p_error >= 0.5, found.best, evidence)
        lead = self._lead(replace(rows, codes=evidence), likely)
        p = np.where(lead < 0, np.minimum(found.p_error, CLEARED), found.p_error)
        p[evidence < 0] = 0.0
        p[judged.vouched] *= VOUCHED
        p = np.maximum(p, judged.p_error)
        p[self.markers.cells(rows.codes)[0]] = P_SLIP
        p = np.where(self._unreadable(rows), P_UNREADABLE, p)
        doubted, _ = self.ranges.doubted(rows, p >= 0.5, _sure(judged, rows))
        p[doubted] = P_ONE_OF_TWO
        return join_p_error(np.where(rows.empty, np.nan, p), rows)

    def _lead(self, rows, new):
        """How many rows more speak for new codes than against them, see `things`."""
        return self.things.lead(rows, new, self.detector)

    def relations(self, names):
        """What holds between columns, as a list of str."""
        return self.numbers.relations + self.ranges.texts(names)

    def report(self, names, roles):
        """How each column is read and judged: a DataFrame, one row a column."""
        steps = [
            self.formats.steps(j) if self.formats else [] for j in range(len(names))
        ]
        return pd.DataFrame(
            {
                "column": names,
                "reading": self.codec.readings,
                "role": roles,
                "status": [
                    "ignored" if role == "ignore" else self._status(j)
                    for j, role in enumerate(roles)
                ],
                "formats": ["; ".join(each) for each in steps],
            }
        )

    def _status(self, j):
        """How a column is judged, and that its cells have units that differ."""
        status = self.numbers.status.get(j, self.detector.status(j))
        units = self.formats.units(j) if self.formats else ()
        named = f"; units differ and are not converted: {', '.join(units)}"
        return status + (named if units else "")

    def _unreadable(self, rows):
        """Cells that are no numbers, or no dates, in a column of these."""
        return self.codec.unreadable(
            rows.frame, (rows.codes < 0) & self.used & ~rows.empty
        )

    def _flag_unreadable(self, repair, rows):
        unreadable = self._unreadable(rows) & (repair.codes < 0)
        repair.p_error[unreadable] = P_UNREADABLE
        repair.notes.flagged |= unreadable
        repair.notes.kind[unreadable] = "cannot be read"
        cells, columns = np.nonzero(unreadable)
        values = cells_of(rows.frame, cells, columns)
        names, readings = rows.frame.columns, self.codec.readings
        for i, j, value in zip(cells, columns, values, strict=True):
            repair.notes.reason[i, j] = (
                f"{names[j]} {quoted(value)} is no {readings[j]}, as the rest of its "
                "column is"
            )

    def _judge_numbers(self, rows):
        with threadpool_limits(1):
            judged = self.numbers.judge(rows.frame, rows.codes)
        if rows.known is not None:
            judged.p_error[rows.known] = judged.p_new[rows.known] = 0.0
        return judged

    def _join_numbers(self, repair, rows, judged, alpha, fill):
        notes, known = repair.notes, rows.codes >= 0
        odd = known & (judged.p_error >= 0.5)
        is_sure = judged.p_new >= 1 - alpha
        judges = known | self._unreadable(rows) | (fill & rows.empty)
        sure = judges & is_sure & np.isfinite(judged.new) & ~rows.role_locked
        flagged = (odd | (known & is_sure)) & ~sure
        better = judged.p_error > np.nan_to_num(repair.p_error)
        repair.p_error[better & known] = judged.p_error[better & known]
        for name, mine in (("low", judged.low), ("high", judged.high)):
            said = odd | sure
            getattr(notes, name)[said] = mine[said]
        notes.reason[odd | sure] = judged.reasons[odd | sure]
        notes.kind[odd | sure] = judged.kinds[odd | sure]
        notes.flagged = (notes.flagged | flagged) & ~sure
        cells, columns = np.nonzero(sure)
        repair.codes[sure] = rows.codes[sure]
        values = self.numbers.values(judged.new[sure], columns, rows.frame)
        repair.written = repair.written + Written(cells, columns, values)
        repair.p_new[sure] = judged.p_new[sure]
        self._suggest_numbers(notes, rows, judged)

    def _suggest_numbers(self, notes, rows, judged):
        likely = notes.flagged & np.isfinite(judged.new)
        columns = np.nonzero(likely)[1]
        values = self.numbers.values(judged.new[likely], columns, rows.frame)
        notes.suggestion[likely] = values


def _withdraw(repair, codes, lead):
    """Leave what more rows of the same thing speak against than for."""
    cells = lead < 0
    repair.codes[cells] = codes[cells]
    repair.p_new[cells] = 0.0
    repair.p_error[cells] = np.minimum(repair.p_error[cells], CLEARED)


def _believe(repair, rows, vouched):
    """Keep cells that an exact relation confirms, rare as they may be in their row."""
    repair.p_error[vouched] *= VOUCHED
    repair.codes[vouched] = rows.codes[vouched]
    notes = repair.notes
    notes.flagged[vouched] = False
    notes.reason[vouched] = notes.kind[vouched] = ""


def _sure(judged, rows):
    """Cells that an exact relation or a person confirms."""
    return judged.vouched if rows.known is None else judged.vouched | rows.known


def _without_odd(codes, judged):
    """Codes without the numbers that look wrong: they say nothing about their row.

    Those stay that may as well follow a rule of their own.
    """
    return np.where((judged.p_error >= 0.5) & ~judged.alike, MISSING, codes)


def _keep_surest(repair, rows, max_edits):
    """Leave only the surest edits of each row."""
    if max_edits is None:
        return
    changed = repair.changed(rows.codes)
    kept = keep_most(changed, ~rows.empty, np.nan_to_num(repair.p_new), max_edits)
    gone = changed & ~kept
    repair.codes[gone] = rows.codes[gone]
    written = repair.written
    repair.written = written.where(~gone[written.rows, written.columns])
    repair.notes.flagged |= gone
