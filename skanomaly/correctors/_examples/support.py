"""What the other cells of a column say for a program."""

import numpy as np

from skanomaly.correctors._examples.tokens import pattern

__all__ = ["Support"]

# A pattern that this part of the other cells has is one of the column's own, and it
# must be so many times as frequent as the pattern that is given up for it.
MIN_SHARE, TIMES = 0.1, 5.0
# Values are a vocabulary where so many of the cells hold one that comes again.
MIN_REPEATED = 0.9
# A column is written in one way throughout where a program changes so many cells of it.
THROUGHOUT = 0.9
# What fills an empty cell cannot look like it; this is said for it instead.
FILLING = 0.5
# Fewer cells that a program changes are no habit, but slips that look alike.
MANY = 8


class Support:
    """Cells of a column, beside which those are seen that a program would write.

    Parameters
    ----------
    cells : list of (source, old)
        Different cells, see `columns.Example`.
    counts : int array of shape (k,)
        The rows of each.
    known_right : list of str or None
        Values that a person wrote or confirmed.
    """

    def __init__(self, cells, counts, known_right):
        self.cells, self.counts = cells, np.asarray(counts)
        self.known_right = {value for value in known_right if value is not None}

    def of(self, learned):
        """Share of the cells that a program changes to what the others look like.

        It is smaller where there are few of them, or hardly any others.
        """
        new = [learned.write(*cell) for cell in self.cells]
        pairs = [(old, to) for (_, old), to in zip(self.cells, new, strict=True)]
        hit = np.array([old != to for old, to in pairs], dtype=bool)
        share = self.counts[hit].sum() / max(1, self.counts.sum())
        if share >= THROUGHOUT:
            return self._throughout(
                [to for (_, to), h in zip(pairs, hit, strict=True) if h]
            )
        if not hit.any():
            return 0.0
        others = _Others([old for old, _ in pairs], np.where(hit, 0, self.counts))
        if others.is_vocabulary and learned.program.n_letters:
            return 0.0  # many misspelt words are one letter away from another word
        looks = [
            FILLING
            if _fills(*pairs[k])
            else others.speaks_for(*pairs[k], self.known_right)
            for k in np.flatnonzero(hit)
        ]
        rows = self.counts[hit]
        return float(np.dot(rows, looks) / max(rows.sum(), MANY))

    def _throughout(self, written):
        """Half as much, where no other cells are left but those that a person wrote."""
        right = {pattern(value) for value in self.known_right}
        return 0.5 * float(np.mean([pattern(value) in right for value in written]))


def _fills(old, new):
    """Tell whether an empty cell is filled, with which nothing right is lost."""
    return not old and bool(new)


class _Others:
    """The cells that a program leaves alone; `counts` is 0 for all but these."""

    def __init__(self, texts, counts):
        self.rows: dict = {}
        self.values: dict = {}
        for k in np.flatnonzero(counts):
            text, n = texts[k], int(counts[k])
            self.values[text] = self.values.get(text, 0) + n
            self.rows[pattern(text)] = self.rows.get(pattern(text), 0) + n
        self.total = max(1, int(counts.sum()))
        repeated = sum(n for n in self.values.values() if n > 1)
        self.is_vocabulary = repeated >= MIN_REPEATED * self.total

    def speaks_for(self, old, new, known_right):
        """Tell whether a new value looks like these cells, and the old one does not."""
        if (
            self.is_vocabulary
            and self.values.get(new, 0) < 2
            and new not in known_right
        ):
            return False
        mine = self.rows.get(pattern(new), 0)
        theirs = self.rows.get(pattern(old), 0)
        return mine >= max(MIN_SHARE * self.total, TIMES * theirs)
