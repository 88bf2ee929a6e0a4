"""Names of ranges of a number: age groups, price bands, grades by points.

Where nearly every row has the name of the range that its number lies in, a row that has
another one has a wrong name or a wrong number, and nothing tells which of the two.
"""

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from scipy.stats import binom

from skanomaly.correctors._cleaning.foretelling import ValueCounts, reasons_for
from skanomaly.correctors._cleaning.in_common import have_much_in_common
from skanomaly.correctors._table.codec import cells_of
from skanomaly.correctors._table.sentences import quoted

__all__ = ["P_ONE_OF_TWO", "NamedRanges", "find_ranges"]

# So many rows with a number and a name, and so many of a name that has a range; names
# of fewer rows are together so small a part.
MIN_ROWS, MIN_NAMED, MAX_OTHERS = 200, 10, 0.05
# Nobody reads more names than these off a number. Of more rows some are looked at.
MAX_NAMES, MAX_ROWS = 40, 20_000
# Ranges save nearly all that the most frequent name for all rows would get wrong.
SAVED = 0.9
# The end of a range is not sharp if more of the rows beyond it lie so near than chance
# makes in so many tables: a wrong row lies anywhere.
NEAR, NOT_SHARP = 0.1, 0.15
# More ranges are not listed in full.
MAX_TOLD = 6
# One of two cells is wrong.
P_ONE_OF_TWO = 0.5


@dataclass(frozen=True, eq=False)
class Ranges:
    """Ranges of column `number` that values of column `name` name, in order.

    The numbers of range i lie above `below[i]` and below `above[i]`, which are numbers
    of its neighbours. `starts` has the least number of all ranges but the first,
    `middle` the median of each. `place` is the range of each code, -1 for one without
    any. `reasons` are (column, code) of rows that follow another rule. Of `rows` rows
    with both, `support` are in their range; `ends` has the least and the greatest
    number of each.
    """

    number: int
    name: int
    place: np.ndarray
    below: np.ndarray
    above: np.ndarray
    middle: np.ndarray
    starts: np.ndarray
    reasons: tuple[tuple[int, int], ...] = ()
    support: int = 0
    rows: int = 0
    ends: tuple[tuple[float, float], ...] = ()

    @property
    def columns(self):
        """Both columns."""
        return [self.number, self.name]

    def places(self, codes):
        """The range that each row names, -1 for none."""
        return np.append(self.place, -1)[codes[:, self.name]]  # -1 is the last one

    @property
    def codes(self):
        """The codes that have a range, in order."""
        return np.argsort(self.place)[-len(self.middle) :]

    def named_by(self, x):
        """Codes of the ranges that numbers lie in."""
        return self.codes[np.searchsorted(self.starts, x, side="right")]

    def breaks(self, x, codes):
        """Whether rows hold a number from the range of another name."""
        place = self.places(codes)
        out = (x <= self.below[place]) | (x >= self.above[place])
        out &= (place >= 0) & np.isfinite(x)
        for column, code in self.reasons:
            out &= codes[:, column] != code
        return out

    def beyond(self, x, codes):
        """How far numbers lie beyond their range: 0 next to it, 1 at the last number.

        As a part of all numbers on that side of it.
        """
        numbers, place = np.sort(x[np.isfinite(x)]), self.places(codes)
        low, at_low = (np.searchsorted(numbers, v, "right") for v in (self.below, x))
        high, at_high = (np.searchsorted(numbers, v) for v in (self.above, x))
        under = (low[place] - at_low) / np.maximum(low[place], 1)
        over = (at_high - high[place]) / np.maximum(len(numbers) - high[place], 1)
        return np.where(x <= self.below[place], under, over)


class NamedRanges:
    """The named ranges of a table, and the rows that contradict them.

    Parameters
    ----------
    numbers : NumberLayer
        Fitted, of the columns of quantities that are looked at.
    names : bool array of shape (d,)
        Columns of categories that are looked at.
    error_rate : float
        Greatest share of rows that may be wrong.
    seed : int
        Draws the rows that are looked at.
    """

    def __init__(self, numbers, names, error_rate, seed):
        self.numbers, self.names = numbers, np.flatnonzero(names)
        self.codec, self.error_rate, self.seed = numbers.codec, error_rate, seed

    def fit(self, frame, codes):
        """Find the ranges that have names; codes of -1 are left out, numbers too."""
        rows = np.random.default_rng([self.seed, 7]).permutation(len(codes))
        rows = np.sort(rows[:MAX_ROWS])
        frame, codes = frame.iloc[rows], codes[rows]
        self.found, counts = [], ValueCounts(codes, self.codec.n_categories)
        for j in self.numbers.columns:
            x = np.where(codes[:, j] < 0, np.nan, self.numbers.numbers(frame, j))
            for k in self.names:
                ranges = find_ranges(x, codes, j, k, counts, self.error_rate)
                if ranges is not None:
                    self.found.append(_with_ends(ranges, x, codes))
        return self

    def doubted(self, rows, suspected, vouched):
        """Cells of rows that break a range and hold nothing else that explains it.

        Of the two the one is wrong that breaks more ranges, or holds in fewer others.

        Parameters
        ----------
        rows : Rows
        suspected : bool array of shape (n, d)
            Cells that look wrong for another reason.
        vouched : bool array of shape (n, d)
            Cells that an exact relation confirms.

        Returns
        -------
        cells : bool array of shape (n, d)
        broken : list of bool arrays of shape (n,)
            Rows that break each of the ranges.
        """
        said = [self._judged(ranges, rows) for ranges in self.found]
        against = np.where(vouched, -len(said), 0)
        for ranges, (breaks, holds) in zip(self.found, said, strict=True):
            against[:, ranges.columns] += (breaks.astype(int) - holds)[:, None]
        cells, broken = np.zeros(suspected.shape, bool), []
        for ranges, (breaks, _) in zip(self.found, said, strict=True):
            both = ranges.columns
            breaks = breaks & ~suspected[:, both].any(axis=1)
            most = against[:, both].max(axis=1, keepdims=True)
            cells[:, both] |= breaks[:, None] & (against[:, both] == most)
            broken.append(breaks)
        return cells & ~vouched, broken

    def _judged(self, ranges, rows):
        """Rows that break a range, and those that hold in it."""
        x = self.numbers.numbers(rows.frame, ranges.number)
        breaks = ranges.breaks(x, rows.codes)
        known = np.isfinite(x) & (ranges.places(rows.codes) >= 0)
        return breaks, known & ~breaks

    def flag(self, repair, rows, vouched):
        """Flag the cells of contradictions, and say why."""
        notes = repair.notes
        suspected = notes.flagged | repair.changed(rows.codes)
        cells, broken = self.doubted(rows, suspected, vouched)
        repair.p_error[cells] = np.fmax(repair.p_error[cells], P_ONE_OF_TWO)
        notes.flagged |= cells
        for ranges, breaks in zip(self.found, broken, strict=True):
            self._explain(notes, ranges, rows, np.flatnonzero(breaks), cells)

    def texts(self, names):
        """What was found, in words."""
        return [self._text(ranges, names) for ranges in self.found]

    def _text(self, ranges, names):
        values = self.codec.values(ranges.codes, ranges.name)
        said = [
            f"{quoted(value)} {self._between(ranges, i)}"
            for i, value in enumerate(values)
        ]
        if len(said) > MAX_TOLD:
            said[MAX_TOLD - 2 : -1] = ["..."]
        listed = ", ".join(said)
        of = f"{ranges.support:,} of {ranges.rows:,} rows"
        return f"{names[ranges.name]} by {names[ranges.number]}: {listed}; {of}"

    def _between(self, ranges, place):
        low, high = (self.numbers.text(ranges.number, x) for x in ranges.ends[place])
        return f"{low} to {high}"

    def _explain(self, notes, ranges, rows, at, cells):
        """Give the reason to the cells of the rows `at` that are flagged."""
        j, k = ranges.number, ranges.name
        column, by = rows.frame.columns[k], rows.frame.columns[j]
        places = ranges.places(rows.codes)
        numbers = self.numbers.numbers(rows.frame, j)
        names = cells_of(rows.frame, at, np.full(len(at), k))
        for i, name in zip(at, names, strict=True):
            here = [c for c in (j, k) if cells[i, c]]
            doubt = "; one of them is wrong" if len(here) > 1 else ""
            notes.reason[i, here] = (
                f"{column} {quoted(name)} comes with {by} "
                f"{self._between(ranges, places[i])}, not with "
                f"{self.numbers.text(j, numbers[i])}{doubt}"
            )
            notes.kind[i, here] = f"{column} by {by}"
        said = self.codec.values(ranges.named_by(numbers[at]), k)
        notes.suggestion[at, k] = np.where(cells[at, k], said, notes.suggestion[at, k])


def find_ranges(x, codes, number, name, table, error_rate):
    """Return the `Ranges` of numbers that a column names, None if it names none.

    Parameters
    ----------
    x : float array of shape (n,)
        Numbers of column `number`; NaN is missing.
    codes : int array of shape (n, d)
        -1 is missing.
    number, name : int
        Two columns.
    table : ValueCounts
        Of the codes.
    error_rate : float
        Greatest share of rows that may be wrong.
    """
    known = np.flatnonzero(np.isfinite(x) & (codes[:, name] >= 0))
    known = known[np.argsort(x[known], kind="stable")]
    v, y = x[known], codes[known, name]
    n = np.bincount(y, minlength=table.n_values[name])
    named = np.flatnonzero(n >= MIN_NAMED)
    if not _may_have_ranges(y, n, len(named), error_rate):
        return None
    middle = np.array([np.median(v[y == one]) for one in named])
    named, middle = named[np.argsort(middle)], np.sort(middle)
    parted = [_parted(v, y, *two) for two in pairwise(named)]
    below, above = np.array([(-np.inf, -np.inf), *parted, (np.inf, np.inf)]).T
    place = np.full(len(n), -1)
    place[named] = np.arange(len(named))
    ranges = Ranges(number, name, place, below[:-1], above[1:], middle, above[1:-1])
    if not all((np.diff(ends) > 0).all() for ends in (ranges.below, ranges.above)):
        return None
    wrong = ranges.breaks(x, codes)
    most = min(error_rate * len(v), (1 - SAVED) * (len(v) - n.max()))
    if wrong.sum() > most:
        return None
    return _without_exceptions(_blunt(ranges, x, codes), x, codes, table)


def _may_have_ranges(y, n, n_named, error_rate):
    """Whether names in the order of their numbers change as rarely as they must.

    A wrong row makes two changes at most.
    """
    if len(y) < MIN_ROWS or not 1 < n_named <= MAX_NAMES:
        return False
    others = n[n < MIN_NAMED].sum()
    if others > MAX_OTHERS * len(y):
        return False
    n_changes = np.count_nonzero(y[1:] != y[:-1])
    return n_changes < n_named + 2 * (others + error_rate * len(y))


def _parted(v, y, first, second):
    """The greatest number of one name and the least of the next, but for wrong rows.

    Numbers come in order. They are parted where the fewest rows of the two are wrong.
    """
    both = (y == first) | (y == second)
    v, is_second = v[both], y[both] == second
    # Equal numbers stay together.
    starts = np.flatnonzero(np.append(True, v[1:] != v[:-1]))
    n_second = np.append(0, np.cumsum(is_second))[starts]
    cut = starts[np.argmin(2 * n_second - starts)]
    low, high = v[:cut][~is_second[:cut]], v[cut:][is_second[cut:]]
    return (low[-1], high[0]) if len(low) and len(high) else (np.nan, np.nan)


def _blunt(ranges, x, codes):
    """Let ranges reach to the middle of their neighbours where no end is sharp."""
    beyond = ranges.beyond(x, codes)[ranges.breaks(x, codes)]
    n_near = (beyond < NEAR).sum()
    if binom.sf(n_near - 1, len(beyond), NEAR) >= NOT_SHARP:
        return ranges
    below = np.append(-np.inf, ranges.middle[:-1])
    return replace(ranges, below=below, above=np.append(ranges.middle[1:], np.inf))


def _without_exceptions(ranges, x, codes, table):
    """Excuse rows that have a reason; None where the others have much in common."""
    wrong, both = ranges.breaks(x, codes), ranges.columns
    ranges = replace(ranges, reasons=tuple(reasons_for(wrong, table, but_for=both)))
    others = codes.copy()
    others[:, both] = -1
    is_rule = have_much_in_common(ranges.breaks(x, codes), others)
    return None if is_rule else ranges


def _with_ends(ranges, x, codes):
    """Count the rows, and keep the ends of each range."""
    place = ranges.places(codes)
    known = (place >= 0) & np.isfinite(x)
    right = known & ~ranges.breaks(x, codes)
    ends = tuple(
        (float(x[here].min()), float(x[here].max()))
        for here in (right & (place == i) for i in range(len(ranges.middle)))
    )
    return replace(ranges, support=int(right.sum()), rows=int(known.sum()), ends=ends)
