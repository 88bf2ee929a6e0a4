"""Words that stand in the wrong column: "Madison WI" beside an empty state."""

import re
from dataclasses import dataclass, field

import numpy as np

__all__ = ["Move", "learn_moves"]

# Columns at most this far apart are neighbours.
MAX_DISTANCE = 2
MIN_MOVED = 5
# Of the rows with an empty target this part must end with one of its values ...
MIN_FITTING = 0.5
# ... what is left must, in this part of the cases, be a value that the source knows ...
MIN_KNOWN = 0.3
# ... and rows whose target is not empty end so at most this often.
MAX_ELSEWHERE = 0.01
# A value of the target is known if so many rows hold it.
MIN_ROWS = 2
MAX_WORDS = 3
_SPLIT = re.compile(r"(.*?\S)(?:\s*[,;/|]\s*|\s+-\s+|\s+)\(?([^()]*)\)?")


@dataclass(frozen=True)
class Move:
    """Move the last words of a column into another that is empty there.

    `known` are the words that are moved: the target's values.
    """

    source: object
    target: object
    known: frozenset = field(repr=False)

    def __str__(self):
        return f"move the end of '{self.source}' into empty '{self.target}'"

    @property
    def p_right(self):
        """Share of right moves in tests, less what a few tables cannot show."""
        return 0.97

    def split(self, value):
        """Return the rest and the words to move; None if the value does not end so."""
        return _split(value, self.known)

    def apply(self, frame):
        """Find what is to be moved.

        Parameters
        ----------
        frame : pandas.DataFrame of str
            The table, None (or NaN) for missing cells.

        Returns
        -------
        rows : int array of shape (m,)
            Positions of the rows.
        source_cells, target_cells : object arrays of shape (m,)
            What stands in the two columns afterwards.
        """
        source, target = _cells(frame[self.source]), _cells(frame[self.target])
        empty = np.array([value is None for value in target], dtype=bool)
        parts = {v: self.split(v) for v in set(source[empty]) if v is not None}
        rows = [i for i in np.flatnonzero(empty) if parts.get(source[i])]
        moved = np.array([parts[source[i]] for i in rows], dtype=object).reshape(-1, 2)
        return np.array(rows, dtype=np.int64), moved[:, 0], moved[:, 1]


def learn_moves(frame):
    """Find the pairs of neighbours in which words stand in the wrong column.

    Parameters
    ----------
    frame : pandas.DataFrame of str
        The table, None (or NaN) for missing cells.

    Returns
    -------
    moves : list of Move
        At most one for each target; most tables have none.
    """
    columns = [_cells(frame.iloc[:, j]) for j in range(frame.shape[1])]
    moves = []
    for j, target in enumerate(columns):
        empty = np.array([value is None for value in target], dtype=bool)
        known = _known(target[~empty])
        if empty.sum() < MIN_MOVED or not known or empty.mean() > 0.5:
            continue
        for i in _neighbours(j, len(columns)):
            if _is_moved(columns[i], empty, known):
                moves.append(Move(frame.columns[i], frame.columns[j], known))
                break
    return moves


def _cells(column):
    """Cells as an object array, None where one is missing."""
    cells = column.to_numpy(dtype=object, copy=True)
    cells[column.isna().to_numpy()] = None
    return cells


def _known(cells):
    """Values that several rows hold and that contain a letter; numbers prove nothing."""
    values, counts = np.unique(cells.astype(str), return_counts=True)
    return frozenset(
        value
        for value, n in zip(values.tolist(), counts, strict=True)
        if n >= MIN_ROWS and any(map(str.isalpha, value)) and len(value.split()) <= MAX_WORDS
    )


def _neighbours(j, n_columns):
    """Other columns, the nearest first."""
    near = [i for i in range(n_columns) if 0 < abs(i - j) <= MAX_DISTANCE]
    return sorted(near, key=lambda i: (abs(i - j), i))


def _split(value, known):
    """Split off the longest end that is a known value."""
    words = value.split(" ")
    for n in range(min(MAX_WORDS, len(words) - 1), 0, -1):
        match = _SPLIT.fullmatch(" ".join([*words[:-n], " ".join(words[-n:])]))
        end = " ".join(words[-n:]).strip("()")
        if match is not None and end in known:
            rest = " ".join(words[:-n]).rstrip(" ,;/|-")
            return (rest, end) if rest else None
    return None


def _is_moved(source, empty, known):
    """Tell whether the source's cells hold what the empty target lacks."""
    there = np.array([value is not None for value in source], dtype=bool)
    parts = {v: _split(v, known) for v in set(source[there])}
    fits = np.array([bool(parts.get(v)) for v in source], dtype=bool)
    moved, elsewhere = fits & empty, fits & ~empty
    if moved.sum() < max(MIN_MOVED, MIN_FITTING * (empty & there).sum()):
        return False
    if elsewhere.sum() > MAX_ELSEWHERE * (there & ~empty).sum():
        return False
    values = set(source[there & ~empty])
    rests = [parts[v][0] in values for v in source[moved]]
    return np.mean(rests) >= MIN_KNOWN
