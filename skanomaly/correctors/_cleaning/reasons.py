"""Say of single cells why they look wrong, with the rows that speak against them."""

from itertools import combinations
from typing import NamedTuple

import numpy as np

from skanomaly.correctors._cleaning.suspects import TIMES, is_one_slip
from skanomaly.correctors._table.codec import MISSING
from skanomaly.correctors._table.sentences import MISSING_CELL, quoted

__all__ = ["DETERMINED", "GARBAGE", "RARE", "TYPO", "CellReasons", "tell_votes"]

# A value that so few rows, or so small a share of them, show beside another one is not
# said to fit it.
MIN_ROWS, MIN_SHARE = 2, 0.25
# A value contradicts another one of its row that has a third in so many of its rows.
CONTRADICTS = 0.5
TYPO, GARBAGE, UNSEEN = "typing error", "no value of this column", "value never seen"
DETERMINED, RARE = "contradicts other columns", "unlikely in its row"
EXCHANGED, SOURCES = "exchanged cells", "sources disagree"


class _Support(NamedTuple):
    """The other column that speaks most for a value; arrays of shape (m,)."""

    column: np.ndarray  # -1 for none
    value: np.ndarray  # what stands there
    n_new: np.ndarray  # its rows that hold the new value
    n_old: np.ndarray  # its rows that hold the old one
    n_rows: np.ndarray


class _Company(NamedTuple):
    """The other column that is most otherwise in rows with a cell's value; (m,)."""

    beside: np.ndarray  # -1 for none
    here: np.ndarray  # what stands there
    usual: np.ndarray  # what stands there in most rows with the value of the cell
    n_usual: np.ndarray  # how many these are
    n_own: np.ndarray  # all rows with the value of the cell


class _Case(NamedTuple):
    """A combination of values that is told in one way."""

    empty: int
    old: int
    new: int
    column: int
    value: int
    n_new: int
    n_old: int
    n_rows: int
    beside: int
    here: int
    usual: int
    n_usual: int
    n_own: int


class CellReasons:
    """Counts of a table, and sentences that quote them.

    Parameters
    ----------
    columns : sequence of CategoricalColumn or BinnedColumn
    contexts : bool array of shape (d,)
        Columns that may be named as evidence.
    """

    def __init__(self, columns, contexts):
        self.columns = columns
        binned = np.array([column.kind == "numeric" for column in columns])
        self.contexts = contexts & ~binned

    def fit(self, codes, n_rows):
        """Count in `codes`, a table of so many rows or a part of one."""
        sizes = [len(column.values) for column in self.columns]
        smallest = np.min_scalar_type(-max([1, *sizes]))
        self.codes = codes.astype(smallest)
        self.is_part = len(codes) < n_rows
        return self

    def write(self, codes, best, empty, said, names, kind_of):
        """Return reasons and kinds of the cells `said`, "" elsewhere.

        Parameters
        ----------
        codes, best : int arrays of shape (n, d)
            Values, and the best other ones, -1 for none.
        empty, said : bool arrays of shape (n, d)
            Cells without a value, and those that are asked for.
        names : list of d str
        kind_of : callable
            Gives the kind for a column and a code.
        """
        reasons, kinds = (np.full(codes.shape, "", dtype=object) for _ in range(2))
        for j in np.flatnonzero(said.any(axis=0)):
            at = np.flatnonzero(said[:, j])
            support = self._support(codes[at], best[at, j], j)
            company = self._company(codes[at], j, support.column < 0)
            key = np.column_stack(
                [empty[at, j], codes[at, j], best[at, j], *support, *company]
            )
            distinct, which = np.unique(key, axis=0, return_inverse=True)
            cases = (_Case(*row) for row in distinct.tolist())
            told = [self._tell(j, case, names, kind_of) for case in cases]
            kinds[at, j], reasons[at, j] = np.array(told, dtype=object)[which.ravel()].T
        self._tell_swaps(codes, best, said, names, reasons, kinds)
        return reasons, kinds

    def _support(self, codes, new, j):
        """Which other column of each row speaks most for its new value."""
        n = len(codes)
        out = _Support(np.full(n, -1), *(np.full(n, -1) for _ in range(4)))
        score = np.zeros(n)
        usual = self._counts(self.codes[:, j], len(self.columns[j].values))
        usual = usual / max(1, usual.sum())
        for c in np.flatnonzero(self.contexts):
            if c == j:
                continue
            value = codes[:, c]
            n_new, n_old, n_rows = self._together(c, value, j, new, codes[:, j])
            share = n_new / (n_rows + 1) - usual[new]
            enough = (n_new >= MIN_ROWS) & (n_new >= MIN_SHARE * n_rows)
            better = (share > score) & enough & (value >= 0) & (new >= 0)
            score[better] = share[better]
            found = (np.full(n, c), value, n_new, n_old, n_rows)
            for part, mine in zip(out, found, strict=True):
                part[better] = mine[better]
        return out

    def _company(self, codes, j, asked):
        """Which other cell of each row `asked` for is the least usual one beside it."""
        out = _Company(*(np.full(len(codes), -1) for _ in _Company._fields))
        at = np.flatnonzero(asked & (codes[:, j] >= 0))
        old, score = codes[at, j], np.zeros(len(at))
        for c in np.flatnonzero(self.contexts & bool(len(at))):
            if c == j:
                continue
            here, usual = codes[at, c], self._most(j, old, c)
            n_usual, n_here, n_own = self._together(j, old, c, usual, here)
            every = self._counts(self.codes[:, c], len(self.columns[c].values))
            more = (n_usual - n_here) / (n_own + 1) - every[usual] / max(1, every.sum())
            enough = n_usual >= np.maximum(MIN_ROWS, CONTRADICTS * n_own)
            better = (more > score) & enough & (here >= 0)
            score[better] = more[better]
            found = (np.full(len(at), c), here, usual, n_usual, n_own)
            for part, mine in zip(out, found, strict=True):
                part[at[better]] = mine[better]
        return out

    def _most(self, j, values, c):
        """What most rows with each value of column j have in column c, -1 for none."""
        size = len(self.columns[c].values)
        rows = np.isin(self.codes[:, j], values) & (self.codes[:, c] >= 0)
        left, right = (self.codes[rows, k].astype(np.int64) for k in (j, c))
        pairs, n = np.unique(left * size + right, return_counts=True)
        most = np.full(len(self.columns[j].values), -1)
        order = np.argsort(n, kind="stable")  # the last of each value is its majority
        most[pairs[order] // size] = pairs[order] % size
        return most[values]

    def _together(self, c, values, j, new, old):
        """How many rows hold each value and the new, the old, or any other one."""
        size = len(self.columns[j].values)
        rows = np.isin(self.codes[:, c], values) & (self.codes[:, j] >= 0)
        left, right = (self.codes[rows, k].astype(np.int64) for k in (c, j))
        pairs, n = np.unique(left * size + right, return_counts=True)
        pairs, n = np.append(pairs, -1), np.append(n, 0)  # the last one for no pair

        def count(others):
            wanted = values.astype(np.int64) * size + others
            at = np.searchsorted(pairs[:-1], wanted)
            found = (pairs[at] == wanted) & (values >= 0) & (others >= 0)
            return np.where(found, n[at], 0)

        single = self._counts(left, len(self.columns[c].values))
        return count(new), count(old), np.where(values >= 0, single[values], 0)

    @staticmethod
    def _counts(codes, size):
        return np.bincount(codes[codes >= 0], minlength=size + 1)

    def _tell(self, j, case, names, kind_of):
        """Kind and sentence for one combination of values."""
        fits, beside = self._fits(j, case, names), self._beside(case, names)
        if case.empty:
            return MISSING_CELL, f"{names[j]} is missing; {fits}"
        if case.old == MISSING:
            return UNSEEN, f"{names[j]} holds a value that fit never saw; {fits}"
        cell, kind = f"{names[j]} {self._word(j, case.old)}", kind_of(j, case.old)
        kind = TYPO if self._is_slip(j, case.old, case.new) else kind
        if kind in (TYPO, GARBAGE):
            return kind, f"{cell} occurs {self._times(j, case.old)}; {fits}"
        if beside is None and case.beside >= 0:
            return kind, f"{cell} {self._comes_with(case, names)}"
        if beside is None:
            return kind, f"{cell} hardly fits the rest of its row; {fits}"
        new, rows = self._word(j, case.new), self._of(case.n_new, case.n_rows)
        # What holds in a few of the rows contradicts nothing.
        if kind == DETERMINED and case.n_new >= CONTRADICTS * case.n_rows:
            return kind, f"{cell} contradicts {beside}, which has {new} in {rows}"
        share = self._of(case.n_old, case.n_rows).removesuffix(" rows")
        return kind, f"{cell} comes with {beside} in {share}, {new} in {rows}"

    def _fits(self, j, case, names):
        """What the rest of the row says of the new value."""
        beside = self._beside(case, names)
        if case.new == MISSING:
            return "the rest of the row fits another value"
        if beside is None:
            return f"the rest of the row fits {self._word(j, case.new)}"
        rows = self._of(case.n_new, case.n_rows)
        return f"{self._word(j, case.new)} fits {beside}, as in {rows}"

    def _comes_with(self, case, names):
        """What usually stands beside the old value, and what does here."""
        c, rows = case.beside, self._of(case.n_usual, case.n_own)
        usual, here = self._word(c, case.usual), self._word(c, case.here)
        return f"comes with {names[c]} {usual} in {rows}, and here with {here}"

    def _beside(self, case, names):
        """Name and value of the column that speaks most for the new value."""
        if case.column < 0:
            return None
        return f"{names[case.column]} {self._word(case.column, case.value)}"

    def _is_slip(self, j, old, new):
        """Whether a value is one slip away from one that is far more frequent."""
        texts = self.columns[j].texts
        if texts is None or new == MISSING:
            return False
        n_old, n_new = ((self.codes[:, j] == code).sum() for code in (old, new))
        frequent = n_new >= TIMES * n_old
        return frequent and is_one_slip(str(texts[old]), str(texts[new])) is not None

    def _of(self, n, n_rows):
        """So many of the rows; a share where only a part of a table was counted."""
        if self.is_part:
            return f"{n / max(1, n_rows):.1%} of the rows"
        return f"{n:,} of {n_rows:,} rows"

    def _times(self, j, code):
        n = int((self.codes[:, j] == code).sum())
        if self.is_part:
            return "hardly ever" if n < MIN_ROWS else f"in {n / len(self.codes):.1%}"
        few = {0: "only where it was corrected", 1: "once", 2: "twice"}
        return few.get(n, f"{n:,} times")

    def _word(self, j, code):
        return quoted(self.columns[j].values[code])

    def _tell_swaps(self, codes, best, said, names, reasons, kinds):
        """Two cells that are to be each other's value were exchanged."""
        with_text = [j for j, c in enumerate(self.columns) if c.texts is not None]
        for a, b in combinations([j for j in with_text if said[:, j].any()], 2):
            rows = said[:, a] & said[:, b] & (codes[:, [a, b]] >= 0).all(axis=1)
            rows = np.flatnonzero(rows & (best[:, [a, b]] >= 0).all(axis=1))
            old, new = (
                [self.columns[j].texts[part[rows, j]] for j in (a, b)]
                for part in (codes, best)
            )
            swapped = (old[0] == new[1]) & (old[1] == new[0])
            for i in rows[swapped]:
                kinds[i, [a, b]] = EXCHANGED
                reasons[i, [a, b]] = (
                    f"{names[a]} {self._word(a, codes[i, a])} and {names[b]} "
                    f"{self._word(b, codes[i, b])} are exchanged: each is a usual "
                    "value of the other column"
                )


def tell_votes(votes, codes, best, said, names, columns, notes):
    """Quote the reports of sources where they decided; overwrites other reasons."""
    groups = votes.groups(codes)

    def cell(j, code):
        return f"{names[j]} {quoted(columns[j].values[code])}"

    for j, truth in votes.truths.items():
        at = np.flatnonzero(said[:, j] & truth.knows(groups))
        counts = [truth.count(groups[at], part[at, j]) for part in (best, codes)]
        for i, n_new, n_old in zip(at, *counts, strict=True):
            about = ", ".join(cell(k, codes[i, k]) for k in votes.design.keys)
            n_rows = truth.n_reports[groups[i]]
            if codes[i, j] >= 0:
                told = f"{cell(j, codes[i, j])} is what {n_old} of {n_rows} rows say"
                told += f" of {about}; {n_new} say "
            else:
                told = (
                    f"{names[j]} is missing; {n_new} of {n_rows} rows of {about} say "
                )
            new = best[i, j]
            told += "another value" if new < 0 else quoted(columns[j].values[new])
            notes.kind[i, j], notes.reason[i, j] = SOURCES, told
