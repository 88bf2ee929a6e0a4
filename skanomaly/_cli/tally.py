"""What differs between two tables, and how much of it there was."""

from collections import Counter

import numpy as np

__all__ = ["Tally", "changes_between"]


class Tally:
    """Counts over the chunks of a table."""

    def __init__(self):
        self.rows = 0  # rows with a change
        self.changed: Counter[str] = Counter()  # cells by column
        self.flagged: Counter[str] = Counter()
        self.failed: Counter[str] = Counter()

    def add(self, changes, report, names):
        """Count the changes of a chunk, and what its report flags."""
        rows, columns, _ = changes
        self.rows += len(np.unique(rows))
        self.changed.update(names[j] for j in columns.tolist())
        status = report["status"] if "status" in report else None
        if status is not None:
            self.flagged.update(report["column"][status == "flagged"])
            self.failed.update(report["column"][status == "failed"])


def changes_between(before, after, names):
    """Return rows (by number), columns (positions in `names`) and values that changed.

    Only these are written, so what a type or a way of reading does to the other cells
    cannot reach the file.
    """
    rows, columns, values = [], [], []
    for j, name in enumerate(names):
        if name in before:
            old, new = _cells(before[name]), _cells(after[name])
            at = np.flatnonzero(_differs(old, new))
            rows.append(at)
            columns.append(np.full(len(at), j))
            values.append(new[at])
    return np.concatenate(rows), np.concatenate(columns), np.concatenate(values)


def _cells(column):
    """Cells as objects, None where there is no value."""
    return column.astype(object).where(column.notna(), None).to_numpy(dtype=object)


def _differs(old, new):
    same_object = np.fromiter(map(id, old), np.int64) == np.fromiter(
        map(id, new), np.int64
    )
    differs = ~same_object
    differs[differs] = (old[differs] != new[differs]).astype(bool)
    return differs
