"""The three forms of corrections: entries of cells, reviews, and whole rows."""

import numpy as np
import pandas as pd

from skanomaly.correctors._examples.cell_values import (
    as_column_holds,
    is_missing,
    same_text,
)
from skanomaly.correctors._table.frames import cells_of
from skanomaly.utils._shown import shown

__all__ = ["places_of", "read_decisions", "read_entries", "read_whole_rows"]

DECISIONS = ("accept", "reject", "edit", "empty")


def read_whole_rows(given, frame):
    """Read corrected rows: every cell of them is known."""
    given = given.set_axis(list(map(str, given.columns)), axis=1)
    given = given[list(map(str, frame.columns))]
    positions = _row_positions(given.index, frame.index)
    _require_once(positions, given.index, "row")
    values: dict = {}
    for j in range(frame.shape[1]):
        new = as_column_holds(frame.iloc[:, j], given.iloc[:, j].astype(object))
        values |= {(int(i), j): v for i, v in zip(positions, new, strict=True)}
    return positions, np.ones((len(positions), frame.shape[1]), bool), values


def read_entries(given, frame):
    """Read entries of single cells: the rows that they name are known as wholes."""
    rows = _row_positions(given["row"], frame.index)
    names_cell = ~given["column"].map(is_missing).to_numpy(dtype=bool)
    cells = given[names_cell]
    values = _values(cells, rows[names_cell], cells["value"], frame)
    positions = np.unique(rows)
    return positions, np.ones((len(positions), frame.shape[1]), bool), values


def read_decisions(given, frame):
    """Read a review: only the cells that are decided are known."""
    decision = given["decision"].map(
        lambda d: "" if is_missing(d) else str(d).strip().lower()
    )
    _require_decisions(decision)
    given, decision = given[decision != ""], decision[decision != ""]
    chosen = given.get("new", pd.Series(None, given.index, dtype=object)).astype(object)
    # Nothing was proposed for a flagged cell: there is nothing to accept.
    idle = (decision == "accept") & chosen.map(is_missing)
    given, decision, chosen = given[~idle], decision[~idle], chosen[~idle]
    if not len(given):
        return np.zeros(0, dtype=np.int64), np.zeros((0, frame.shape[1]), bool), {}
    rows = _row_positions(given["row"], frame.index)
    columns = _columns(given["column"], frame)
    now = cells_of(frame, rows, columns)
    if "old" in given:
        _require_same_table(given, now, chosen)
    _require_values(given[decision == "edit"])
    if "value" in given:
        chosen = chosen.where(decision != "edit", given["value"].astype(object))
    chosen = chosen.where(decision != "empty", None)
    chosen = chosen.where(
        decision != "reject", pd.Series(now, given.index, dtype=object)
    )
    values = _values(given, rows, chosen, frame)
    positions, at = np.unique(rows, return_inverse=True)
    known = np.zeros((len(positions), frame.shape[1]), bool)
    known[at, columns] = True
    return positions, known, values


def _require_decisions(decision):
    wrong = decision[~decision.isin(["", *DECISIONS])]
    if len(wrong):
        raise ValueError(
            f"corrections have the decision {wrong.iloc[0]!r}; write one of "
            f"{DECISIONS}, or nothing where none is made."
        )


def _require_values(edits):
    """Refuse an edit whose value was forgotten."""
    no_value = pd.Series(None, edits.index, dtype=object)
    lacking = edits.get("value", no_value).map(is_missing).to_numpy(dtype=bool)
    if lacking.any():
        entry = edits.iloc[int(np.argmax(lacking))]
        raise ValueError(
            f"corrections edit {_cell(entry)}, but 'value' is empty there: write "
            "the right value into it, or the decision 'empty' if the cell should hold "
            "nothing."
        )


def _require_same_table(given, now, chosen):
    """Refuse decisions about cells that hold something else than they say."""
    for k, (old, cell) in enumerate(zip(given["old"], now, strict=True)):
        if not same_text(old, cell) and not same_text(chosen.iloc[k], cell):
            raise ValueError(
                f"corrections say that {_cell(given.iloc[k])} holds {shown(old)}, but "
                f"X has {shown(cell)} there: they were made for another table."
            )


def _values(given, rows, new, frame):
    """Return the values of named cells, by position of the row and column."""
    columns = _columns(given["column"], frame)
    values: dict = {}
    new = list(new)
    for j in np.unique(columns):
        at = np.flatnonzero(columns == j)
        held = as_column_holds(
            frame.iloc[:, j], pd.Series([new[k] for k in at], dtype=object)
        )
        for k, value in zip(at, held, strict=True):
            _put(values, (int(rows[k]), int(j)), value, given.iloc[k])
    return values


def _put(values, cell, value, entry):
    if cell in values:
        what = "twice" if same_text(values[cell], value) else "with different values"
        raise ValueError(
            f"corrections name {_cell(entry)} {what}: keep one of the entries."
        )
    values[cell] = value


def _cell(entry):
    return f"row {shown(entry['row'])}, column {shown(entry['column'])}"


def _columns(names, frame):
    """Return the position of each named column."""
    own = {str(name): j for j, name in enumerate(frame.columns)}
    unknown = [name for name in names if str(name) not in own]
    if unknown:
        raise ValueError(
            f"corrections name the column {shown(unknown[0])}, which X does not have: "
            f"{list(own)}."
        )
    return np.array([own[str(name)] for name in names], dtype=np.int64)


def places_of(labels, index):
    """Return where each label stands in an index, -1 where it does not stand once."""
    once = np.flatnonzero(~index.duplicated(keep=False))
    at = index[once].get_indexer(labels)
    return np.where(at < 0, -1, once[at]) if len(once) else at


def _row_positions(labels, index):
    """Return where each label stands in the index; a file may have made it a text."""
    labels = pd.Index(labels)
    found = places_of(labels, index)
    if (found < 0).any():
        by_text = places_of(labels.map(str), index.map(str))
        found = np.where(found < 0, by_text, found)
    if (found < 0).any():
        _refuse_label(labels[int(np.argmax(found < 0))], index)
    return found


def _refuse_label(label, index):
    if label in index:
        raise ValueError(
            f"corrections name row {shown(label)}, but several rows of X have this "
            "label: reset_index() makes labels unique."
        )
    raise ValueError(
        f"corrections name row {shown(label)}, which is no index label of X (the first "
        f"is {shown(index[0])})."
    )


def _require_once(positions, labels, what):
    _, first, counts = np.unique(positions, return_index=True, return_counts=True)
    if (counts > 1).any():
        label = labels[first[np.argmax(counts > 1)]]
        raise ValueError(
            f"corrections have {what} {shown(label)} twice: keep one of them."
        )
