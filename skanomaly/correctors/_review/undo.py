"""Take back what was written into a table, all of it or single cells."""

import numpy as np
import pandas as pd

from skanomaly.correctors._review.decisions import positions, require_labels
from skanomaly.correctors._table.codec import cells_of, to_frame
from skanomaly.utils._shown import shown

__all__ = ["undone"]


def undone(X, undo, cells=None):
    """Rows, columns and old values that undo a change.

    Parameters
    ----------
    X : DataFrame or array-like
        The table that was returned; some of its changes may have been undone before.
    undo : tuple
        Shape of the table, rows, columns, old and new values of what was changed.
    cells : DataFrame, default=None
        With the columns ``row`` and ``column``; None for all.
    """
    shape, rows, columns, old, new = undo
    frame = to_frame(X)
    if frame.shape != shape:
        raise ValueError(NOT_THE_TABLE)
    if cells is not None:
        at = _chosen(cells, frame, rows, columns)
        rows, columns, old, new = (part[at] for part in (rows, columns, old, new))
    now = cells_of(X, rows, columns)
    is_new, is_old = _same(now, new), _same(now, old)
    if not (is_new | is_old).all() or (len(now) and not is_new.any()):
        raise ValueError(NOT_THE_TABLE)
    return rows, columns, old


NOT_THE_TABLE = (
    "X is not the table that the last transform returned: its shape or a repaired cell "
    "differs, so undoing would write into the wrong cells."
)


def _chosen(cells, frame, rows, columns):
    """Positions of single cells among those that were changed."""
    if not isinstance(cells, pd.DataFrame) or not {"row", "column"} <= set(cells):
        raise ValueError(
            "cells must be a DataFrame with the columns 'row' and 'column', such as "
            f"rows of report_, got {type(cells).__name__}."
        )
    require_labels(frame)
    wanted = [
        positions(cells[what], index, what, "cells")
        for what, index in (("row", frame.index), ("column", frame.columns))
    ]
    known = pd.MultiIndex.from_arrays([rows, columns])
    at = known.get_indexer(pd.MultiIndex.from_arrays(wanted))
    if (at < 0).any():
        first = cells.iloc[int(np.argmax(at < 0))]
        raise ValueError(
            f"cells name row {shown(first['row'])}, column {shown(first['column'])}, "
            "which was not changed."
        )
    return at


def _same(cells, expected):
    """Which cells hold the expected values; missing equals missing."""
    missing = pd.isna(cells), pd.isna(expected)
    same = missing[0] & missing[1]
    known = np.flatnonzero(~(missing[0] | missing[1]))
    same[known] = cells[known] == expected[known]
    return same
