"""Read decisions about single cells, and check that they are about this table."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from skanomaly.correctors._review.texts import ColumnParser, as_text
from skanomaly.correctors._table.codec import cells_of, to_frame
from skanomaly.utils._shown import shown
from skanomaly.utils._spreadsheet import from_spreadsheet

__all__ = [
    "WORDS",
    "Decided",
    "check_decisions",
    "positions",
    "read_decisions",
    "require_labels",
]

ACCEPT, REJECT, EDIT, EMPTY = WORDS = ("accept", "reject", "edit", "empty")
SEPARATORS = ",;\t"
# Words of a person who marks a file by hand.
MISSING_WORD = ("", "nan", "none", "<na>", "undecided")


class Decided(NamedTuple):
    """Decisions in the positions of a table: arrays of shape (m,)."""

    rows: np.ndarray
    columns: np.ndarray
    old: np.ndarray
    new: np.ndarray  # what is to stand there
    decision: np.ndarray


def read_decisions(source):
    """Decisions as a frame, from a frame or the path of a CSV or Parquet file."""
    if isinstance(source, pd.DataFrame):
        return source
    if not isinstance(source, str | Path):
        raise TypeError(
            "decisions must be a DataFrame or the path of a CSV or Parquet file, got "
            f"{type(source).__name__}."
        )
    path = Path(source)
    if not path.is_file():
        raise FileNotFoundError(f"decisions: there is no file {str(path)!r}.")
    if path.suffix.lower() in (".parquet", ".pq"):
        return _read_parquet(path)
    return _read_csv(path)


def _read_csv(path):
    try:
        with path.open(encoding="utf-8-sig") as file:
            head = file.readline()
        if not head.strip():
            raise ValueError(f"decisions: {str(path)!r} is empty.")
        frame = pd.read_csv(
            path,
            sep=max(SEPARATORS, key=head.count),
            dtype=object,
            keep_default_na=False,
            encoding="utf-8-sig",
        )
    except UnicodeDecodeError:
        raise ValueError(
            f"decisions: {str(path)!r} is no UTF-8 text; save it as CSV in UTF-8."
        ) from None
    except pd.errors.ParserError as error:
        raise ValueError(f"decisions: {str(path)!r} is no CSV file: {error}") from None
    frame.columns = [from_spreadsheet(name) for name in frame.columns]
    return frame.map(from_spreadsheet)


def _read_parquet(path):
    with path.open("rb") as file:
        if file.read(4) != b"PAR1":
            raise ValueError(f"decisions: {str(path)!r} is no Parquet file.")
    try:
        return pd.read_parquet(path)
    except ImportError:
        pass
    try:
        import polars as pl
    except ImportError:
        raise ImportError(
            f"decisions: reading {str(path)!r} needs pyarrow (pip install pyarrow) or "
            "polars; CSV needs neither."
        ) from None
    return pd.DataFrame({s.name: s.to_list() for s in pl.read_parquet(path)})


def require_labels(frame):
    """Rows are named by their index labels, which must tell them apart."""
    if not frame.index.is_unique:
        twice = frame.index[frame.index.duplicated()][0]
        raise ValueError(
            f"The index label {shown(twice)} of X comes more than once, so a decision "
            "could not say which row it means: call X.reset_index(drop=True) first."
        )
    if not frame.columns.is_unique:
        twice = frame.columns[frame.columns.duplicated()][0]
        raise ValueError(f"X has more than one column named {shown(twice)}.")


def check_decisions(decisions, X, undecided):
    """Return what is `Decided` about the table X.

    Raises
    ------
    ValueError
        Where the decisions do not fit X, contradict each other or cannot be written;
        the message names the first such cell.
    """
    frame = to_frame(X)
    require_labels(frame)
    decisions = _decided(decisions, undecided)
    rows = positions(decisions["row"], frame.index, "row")
    columns = positions(decisions["column"], frame.columns, "column")
    _require_single(decisions, rows, columns)
    old = cells_of(X, rows, columns)
    parsers = {j: ColumnParser(frame.iloc[:, j]) for j in np.unique(columns)}
    _require_same_table(decisions, columns, old, parsers)
    new = _new_cells(decisions, columns, old, parsers)
    words = decisions["decision"].to_numpy(dtype=object)
    return Decided(rows, columns, old, new, words)


def _decided(decisions, undecided):
    """Only what is decided, with the decisions in their plain words."""
    _require_columns(decisions, ("row", "column", "old", "decision"))
    texts = [as_text(word) for word in decisions["decision"]]
    words = np.array([(t or "").strip().lower() for t in texts], dtype=object)
    words[np.isin(words, MISSING_WORD)] = ""
    wrong = ~np.isin(words, ("", *WORDS))
    if wrong.any():
        raise ValueError(
            f"decisions: {texts[int(np.argmax(wrong))]!r} is no decision; write "
            "'accept', 'reject', 'edit' or 'empty', or nothing."
        )
    if undecided == "accept" and "new" in decisions:
        there = np.array([as_text(new) is not None for new in decisions["new"]])
        words[(words == "") & there] = ACCEPT
    for word, column in ((ACCEPT, "new"), (EDIT, "value")):
        if (words == word).any():
            _require_columns(decisions, (column,))
    kept = decisions.assign(decision=words)[words != ""]
    return kept.reset_index(drop=True)


def _require_columns(decisions, names):
    for name in names:
        if name not in decisions.columns:
            raise ValueError(
                f"decisions lack the column {name!r}; they have "
                f"{[str(c) for c in decisions.columns]}."
            )


def positions(labels, index, what, argument="decisions"):
    """Position of each label; one that is not there by itself may be so as text."""
    _require_plain(labels, index, what)
    found = index.get_indexer(pd.Index(labels.astype(object)))
    left = np.flatnonzero(found < 0)
    if len(left):
        texts = pd.Series(range(len(index)), index=[as_text(v) for v in index])
        texts = texts[~texts.index.duplicated(keep=False)]
        wanted = [as_text(labels.iloc[i]) for i in left]
        found[left] = texts.reindex(wanted).fillna(-1).to_numpy(np.int64)
    if (found < 0).any():
        first = labels.iloc[int(np.argmax(found < 0))]
        raise ValueError(
            f"{argument} name the {what} {shown(first)}, which X does not have: they "
            "were made for another table."
        )
    return found


def _require_plain(labels, index, what):
    """Among labels of several types, 1 and "1", a text could mean either."""
    if not index.inferred_type.startswith("mixed"):
        return
    texts = pd.Series([as_text(label) for label in index])
    twice = set(texts[texts.duplicated()])
    unclear = [label for label in labels if isinstance(label, str) and label in twice]
    if unclear:
        raise ValueError(
            f"The {what} {shown(unclear[0])} could be two of X, whose labels are of "
            "several types and equal as texts: rename one of them."
        )


def _require_single(decisions, rows, columns):
    cells = pd.DataFrame({"row": rows, "column": columns})
    twice = cells.duplicated(keep=False).to_numpy()
    if not twice.any():
        return
    first = int(np.argmax(twice))
    same = (rows == rows[first]) & (columns == columns[first])
    words = sorted(set(decisions["decision"][same]))
    raise ValueError(
        f"decisions name {_cell(decisions, first)} {int(same.sum())} times "
        f"({', '.join(words)}): keep one of them."
    )


def _cell(decisions, i):
    """One cell, as messages name it."""
    row, column = decisions["row"].iloc[i], decisions["column"].iloc[i]
    return f"row {shown(row)}, column {shown(column)}"


def _require_same_table(decisions, columns, cells, parsers):
    given = decisions["old"].tolist()
    differs = [
        i
        for i, (old, cell) in enumerate(zip(given, cells, strict=True))
        if not _is_same(old, cell, parsers[columns[i]])
    ]
    if differs:
        i = differs[0]
        raise ValueError(
            f"decisions were made for another table: {_cell(decisions, i)} holds "
            f"{shown(cells[i])} in X, and held {shown(given[i])} when it was decided "
            f"about ({len(differs)} of {len(given)} cells differ)."
        )


def _is_same(given, cell, parser):
    """Whether a cell holds what it is said to hold, in whatever dtype or spelling."""
    texts = as_text(given) or "", as_text(cell) or ""
    if texts[0] == texts[1]:
        return True
    try:
        return as_text(parser.parse(given)) == as_text(cell)
    except (ValueError, TypeError, KeyError, OverflowError):
        return False


def _new_cells(decisions, columns, old, parsers):
    """What is to stand in each cell, as its column holds it."""
    new = old.copy()
    words = decisions["decision"].to_numpy(dtype=object)
    for i in np.flatnonzero(words != REJECT):
        parser = parsers[columns[i]]
        if words[i] == EMPTY:
            new[i] = parser.empty
        else:
            new[i] = _parsed(_given(decisions, i, words[i]), decisions, i, parser)
    return new


def _given(decisions, i, word):
    """The value that a decision writes; a forgotten one must not empty the cell."""
    given = decisions["new" if word == ACCEPT else "value"].iloc[i]
    if word == ACCEPT and as_text(given) is None:
        raise ValueError(
            f"decisions accept {_cell(decisions, i)}, which was flagged and has no new "
            "value: write 'edit' and a value, or 'reject'."
        )
    if word == EDIT and not as_text(given):
        raise ValueError(
            f"decisions edit {_cell(decisions, i)}, but 'value' is empty there: write "
            "the right value into it, or the decision 'empty' if the cell should hold "
            "nothing."
        )
    return given


def _parsed(given, decisions, i, parser):
    try:
        return parser.parse(given)
    except (ValueError, TypeError, KeyError, OverflowError):
        raise ValueError(
            f"decisions give {_cell(decisions, i)} the value {shown(given)}, which its "
            f"dtype {parser.dtype} cannot hold."
        ) from None
