"""Rows that break a stated rule, where nothing else judges rows."""

import numpy as np

from skanomaly.correctors._search.log_odds import LogOddsModel
from skanomaly.correctors._search.search import search_repairs
from skanomaly.correctors._table.sentences import BROKEN

__all__ = ["BROKEN", "repair_broken_rows"]


class NoClassifier(LogOddsModel):
    """Finds every row normal, so that only the rules are left."""

    def _logits(self, codes):
        return np.full(len(codes), -1.0)


def repair_broken_rows(repair, rows, n_categories, *, max_edits, log_likelihood):
    """Change the rows that break a rule in the fewest cells, the likeliest ones.

    Parameters
    ----------
    repair : Repair
        Is altered in these rows, whatever it said about them.
    rows : Rows
    n_categories : sequence of int
    max_edits : int or None
    log_likelihood : callable

    Returns
    -------
    ndarray of bool, shape (n,)
        The rows that break a rule.
    """
    broken = ~rows.allowed(rows.codes, np.arange(len(rows)))
    at = np.flatnonzero(broken)
    if len(at):
        part = rows.take(at)
        result = search_repairs(
            NoClassifier(n_categories),
            part.codes,
            locked=part.locked,
            max_edits=max_edits,
            allowed=part.allowed,
            log_likelihood=log_likelihood,
        )
        _write(repair, at, result)
    return broken


def _write(repair, at, result):
    failed = result.status == "failed"
    repair.codes[at] = result.codes
    written = repair.written  # formats and numbers were for other rows
    repair.written = written.where(~np.isin(written.rows, at))
    repair.status[at] = result.status
    repair.reason[at] = np.where(failed, f"{BROKEN}, no repair found", BROKEN)
    repair.p_new[at] = np.nan  # was that of other values
    if repair.notes is not None:
        repair.notes.flagged[at] = False
        repair.notes.reason[at] = repair.notes.kind[at] = ""
    repair.certified[at] = result.certified
