"""Words that stand in the wrong column: "Madison WI" beside an empty state."""

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
import pandas as pd

__all__ = ["Move", "learn_moves"]

# Columns at most this far apart are neighbours.
MAX_DISTANCE = 2
MIN_MOVED = 5
MIN_DIFFERENT = 3
# Of the rows with an empty target this part must end with one of its values ...
MIN_FITTING = 0.5
# ... what is left must, in this part of the cases, be a value that the source knows ...
MIN_KNOWN = 0.3
# ... and rows whose target is not empty end so at most this often.
MAX_ELSEWHERE = 0.01
# A value of the target is known if so many rows hold it.
MIN_ROWS = 2
MAX_WORDS = 3


@dataclass(frozen=True)
class Move:
    """Move the last words of a column into another that is empty there.

    `known` are the words that are moved: the target's values.
    """

    source: object
    target: object
    known: frozenset = field(repr=False)
    # All moves in tests were right; less what a few tables cannot show.
    p_right: ClassVar[float] = 0.97

    def __str__(self):
        return f"move the end of '{self.source}' into empty '{self.target}'"

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
        (source, values), (target, _) = map(
            _codes, (frame[self.source], frame[self.target])
        )
        parts = [self.split(value) for value in values]
        movable = np.array([part is not None for part in parts], dtype=bool)
        rows = np.flatnonzero((target < 0) & (source >= 0))
        rows = rows[movable[source[rows]]]
        cells = np.full((2, len(values)), None, dtype=object)
        for k in np.flatnonzero(movable):
            cells[:, k] = parts[k]
        return rows, cells[0, source[rows]], cells[1, source[rows]]


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
    columns = [_codes(frame.iloc[:, j]) for j in range(frame.shape[1])]
    moves = []
    for j, (codes, values) in enumerate(columns):
        empty, known = codes < 0, _known(codes, values)
        if empty.sum() < MIN_MOVED or not known or empty.mean() > 0.5:
            continue
        for i in _neighbours(j, len(columns)):
            if _is_moved(columns[i], empty, known):
                moves.append(Move(frame.columns[i], frame.columns[j], known))
                break
    return moves


def _codes(column):
    """Number of each row's value, -1 where it is missing, and the values."""
    codes, values = pd.factorize(column.to_numpy(dtype=object))
    return codes, [str(value) for value in values]


def _known(codes, values):
    """Values that several rows hold and that have a letter: numbers prove nothing."""
    counts = np.bincount(codes[codes >= 0], minlength=len(values))
    return frozenset(
        value
        for value, n in zip(values, counts, strict=True)
        if n >= MIN_ROWS
        and any(map(str.isalpha, value))
        and len(value.split()) <= MAX_WORDS
    )


def _neighbours(j, n_columns):
    """Other columns, the nearest first."""
    near = [i for i in range(n_columns) if 0 < abs(i - j) <= MAX_DISTANCE]
    return sorted(near, key=lambda i: (abs(i - j), i))


def _split(value, known):
    """Split off the longest end that is a known value; None if there is none."""
    words = value.split(" ")
    for n in range(min(MAX_WORDS, len(words) - 1), 0, -1):
        end = " ".join(words[-n:])
        end = end[1:-1] if end[:1] == "(" and end[-1:] == ")" else end
        rest = " ".join(words[:-n]).rstrip(" ,;/|-")
        if end in known and rest:
            return rest, end
    return None


def _is_moved(source, empty, known):
    """Tell whether the source's cells hold what the empty target lacks."""
    codes, values = source
    parts = [_split(value, known) for value in values]
    fits = np.array([part is not None for part in parts] + [False])[codes]
    there, moved = codes >= 0, fits & empty
    if moved.sum() < max(MIN_MOVED, MIN_FITTING * (empty & there).sum()):
        return False
    if (fits & ~empty).sum() > MAX_ELSEWHERE * (there & ~empty).sum():
        return False
    different = np.unique(codes[moved])
    usual = {values[k] for k in np.unique(codes[there & ~empty])}
    rests = np.array([parts[k][0] in usual for k in different])
    return len(rests) >= MIN_DIFFERENT and np.mean(rests) >= MIN_KNOWN
