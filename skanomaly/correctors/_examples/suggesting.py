"""Which rows to correct next: those that show most of what nobody has corrected yet."""

import numpy as np
import pandas as pd

from skanomaly.correctors._examples.texts import text_columns
from skanomaly.correctors._examples.tokens import pattern

__all__ = ["suggest"]

# An unsure cell counts as so many others of its pattern; the least sure cell of a row
# for as much as a pattern that this part of the rows has.
PER_DOUBT, PER_CELL = 4.0, 0.02


def suggest(frame, known, doubt, n):
    """Return the positions of rows, one chosen after the other.

    Parameters
    ----------
    frame : DataFrame
    known : bool array of shape (n_rows,)
        Rows that are not asked for again.
    doubt : float array of shape (n_rows, n_columns)
        How unsure it is whether each cell is right, in [0, 1].
    n : int
    """
    patterns = _patterns(frame)
    seen = [np.bincount(codes[known], minlength=k) for _, codes, k in patterns]
    shares = [
        np.bincount(codes, 1 + PER_DOUBT * doubt[:, j], minlength=k) / len(frame)
        for j, codes, k in patterns
    ]
    chosen: list[int] = []
    left = ~known
    for _ in range(min(n, int(left.sum()))):
        worth = PER_CELL * doubt.max(axis=1, initial=0.0)
        for (_, codes, _k), share, n_seen in zip(patterns, shares, seen, strict=True):
            worth += (share / 2.0**n_seen)[codes]
        best = int(np.argmax(np.where(left, worth, -np.inf)))
        chosen.append(best)
        left[best] = False
        for (_, codes, _k), n_seen in zip(patterns, seen, strict=True):
            n_seen[codes[best]] += 1
    return np.array(chosen, dtype=np.int64)


def _patterns(frame):
    """Return columns with the number of each row's pattern, and how many there are."""
    found = []
    for j, column in text_columns(frame).items():
        codes, _ = pd.factorize(
            np.array([str(pattern(text)) for text in column.texts], dtype=object)
        )
        found.append((j, codes[column.codes], int(codes.max()) + 1))
    return found
