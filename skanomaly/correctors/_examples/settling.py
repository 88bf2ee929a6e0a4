"""What is decided about cells, with what programs and a person say of them."""

from dataclasses import replace

import numpy as np

from skanomaly.correctors._table.records import Written

__all__ = ["join_edits", "join_p_error", "lock_known", "settle_known", "write_known"]


def lock_known(rows):
    """Return `Rows` in which no cell may change that a person has judged."""
    return (
        rows if rows.known is None else replace(rows, locked=rows.locked | rows.known)
    )


def join_edits(repair, rows, alpha):
    """Write what formats and programs are sure of, unless the channel knows better."""
    edits = rows.formats
    if edits is None or not len(edits.rows):
        return
    at = edits.rows, edits.columns
    if rows.known is not None:
        repair.notes.flagged &= ~rows.known
    # Otherwise the new value is well written, or the cell looks wrong all the same.
    mine = ~repair.changed(rows.codes)[at] & ~repair.notes.flagged[at]
    # What a move brought into an empty cell, others may judge but not deny.
    sure = mine & (edits.p >= 1 - alpha) & ~rows.role_locked[at]
    repair.p_error[at] = np.fmax(repair.p_error[at], edits.p)
    write = Written(edits.rows, edits.columns, edits.values).where(sure)
    repair.written = repair.written + write
    repair.p_new[write.rows, write.columns] = edits.p[sure]
    # The sentence names the spellings, which only the user's own table has.
    repair.notes.reason[at] = np.where(mine, "", repair.notes.reason[at])
    repair.notes.kind[at] = np.where(mine, edits.reasons, repair.notes.kind[at])
    repair.notes.flagged[at] = np.where(mine, ~sure, repair.notes.flagged[at])
    left = Written(edits.rows, edits.columns, edits.values).where(mine & ~sure)
    repair.notes.suggestion[left.rows, left.columns] = left.values
    repair.status[write.rows], repair.reason[write.rows] = "repaired", ""


def join_p_error(p, rows):
    """Put what programs and a person say into the probabilities of errors, (n, d)."""
    edits = rows.formats
    if rows.known is not None:
        p[rows.known] = 0.0
    if edits is not None:
        at = edits.rows, edits.columns
        p[at] = np.fmax(p[at], edits.p)
    return p


def settle_known(repair, rows):
    """Leave the cells that a person has judged as the person said."""
    if rows.known is None:
        return
    by_hand = np.zeros(rows.known.shape, bool)
    by_hand[rows.formats.rows, rows.formats.columns] = True
    repair.p_error[rows.known] = by_hand[rows.known]
    repair.p_new[rows.known & ~by_hand] = np.nan
    if repair.notes is not None:
        repair.notes.flagged &= ~rows.known


def write_known(repair, rows):
    """Take over the rows that a person corrected, where rows are judged as wholes."""
    if rows.known is None:
        return
    repair.revert(rows.known.any(axis=1), rows.codes, "untouched", "judged by hand")
    edits = rows.formats
    repair.written = repair.written + Written(edits.rows, edits.columns, edits.values)
    repair.p_new[edits.rows, edits.columns] = 1.0
    repair.status[np.unique(edits.rows)] = "repaired"
    settle_known(repair, rows)
