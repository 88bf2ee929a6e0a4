"""The tidy tables that say what a corrector did."""

import numpy as np
import pandas as pd

from skanomaly.correctors._table.codec import cells_of

__all__ = ["cell_report", "proposal_report", "row_report"]


def cell_report(repair, rows, cells, columns, old, new):
    """One row for each changed cell."""
    return pd.DataFrame(
        {
            "row": rows.frame.index[cells],
            "column": rows.frame.columns[columns],
            "old": old,
            "new": new,
            "p_new": repair.p_new[cells, columns],
            "p_error": repair.p_error[cells, columns],
            "p_anomaly_before": repair.p_before[cells],
            "p_anomaly_after": repair.p_after[cells],
            "n_edits": _n_edits(repair, rows)[cells],
            "status": repair.status[cells],
        }
    )


def row_report(repair, rows):
    """One row for each row of the table."""
    return pd.DataFrame(
        {
            "status": repair.status,
            "reason": repair.reason,
            "n_edits": _n_edits(repair, rows),
            "n_filled": ((repair.codes != rows.codes) & rows.empty).sum(axis=1),
            "p_anomaly_before": repair.p_before,
            "p_anomaly_after": repair.p_after,
            "certified_min_edits": repair.certified,
        },
        index=rows.frame.index,
    )


def proposal_report(candidates, rows, X, codec):
    """One row for each cell that a candidate changes."""
    before = rows.codes[:, None, :]
    there = ~np.isnan(candidates.p)[:, :, None]
    cells, ranks, columns = np.nonzero((candidates.codes != before) & there)
    new = np.empty(len(cells), dtype=object)
    for j in np.unique(columns):
        here = columns == j
        new[here] = codec.values(candidates.codes[cells[here], ranks[here], j], j)
    edits = ((candidates.codes != before) & ~rows.empty[:, None]).sum(axis=2)
    return pd.DataFrame(
        {
            "row": rows.frame.index[cells],
            "rank": ranks,
            "column": rows.frame.columns[columns],
            "old": cells_of(X, cells, columns),
            "new": new,
            "p_candidate": candidates.p[cells, ranks],
            "p_anomaly_after": candidates.p_anomaly[cells, ranks],
            "n_edits": edits[cells, ranks],
        }
    )


def _n_edits(repair, rows):
    """Cells of each row that had a value and have another one now."""
    return ((repair.codes != rows.codes) & ~rows.empty).sum(axis=1)
