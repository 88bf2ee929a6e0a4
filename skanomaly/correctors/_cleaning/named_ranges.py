"""Names of ranges of a number: age groups, price bands, grades by points.

Where nearly every row has the name of the range that its number lies in, a row that has
another one has a wrong name or a wrong number, and nothing tells which of the two.
"""

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from scipy.stats import binom

from skanomaly.correctors._cleaning.foretelling import (
    SIGNIFICANT,
    ValueCounts,
    reasons_for,
)
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
# So small a part of the numbers on one side of a range lies near to it. Its end is not
# sharp if more rows that contradict it lie there than chance makes in so many tables.
NEAR, NOT_SHARP = 0.1, 0.15
# More ranges are not listed in full.
MAX_TOLD = 6
# One of two cells is wrong, mostly.
P_ONE_OF_TWO = 0.5


@dataclass(frozen=True, eq=False)
class Ranges:
    """Ranges of column `number` that values of column `name` name, in order.

    The numbers of range i lie above `below[i]` and below `above[i]`, which are numbers
    of its neighbours. `starts` has the least number of all ranges but the first,
    `middle` the median of each. `place` is the range of each code, -1 for one without
    any. Rows with one of `reasons`, (column, code), or one of the numbers `excepted`
    follow another rule. Of `rows` rows with both, `support` are in their range; `ends`
    has the least and the greatest number of each.
    """

    number: int
    name: int
    place: np.ndarray
    below: np.ndarray
    above: np.ndarray
    middle: np.ndarray
    starts: np.ndarray
    reasons: tuple[tuple[int, int], ...] = ()
    excepted: tuple[float, ...] = ()
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

    def holding(self, x):
        """The range that each number lies in."""
        return np.searchsorted(self.starts, x, side="right")

    def breaks(self, x, codes):
        """Whether rows hold a number from the range of another name."""
        place = self.places(codes)
        out = (x <= self.below[place]) | (x >= self.above[place])
        out &= (place >= 0) & np.isfinite(x) & ~np.isin(x, self.excepted)
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
        self.is_sample = len(rows) < len(codes)
        frame, codes = frame.iloc[rows], codes[rows]
        self.found, counts = [], ValueCounts(codes, self.codec.n_categories)
        for j in self.numbers.columns:
            x = np.where(codes[:, j] < 0, np.nan, self.numbers.numbers(frame, j))
            for k in self.names:
                ranges = find_ranges(x, codes, j, k, counts, self.error_rate)
                if ranges is not None:
                    self.found.append(ranges)
        return self

    def doubted(self, rows, suspected, sure):
        """Cells of rows that break a range and hold nothing else that explains it.

        Of the two the one is wrong that breaks more ranges, or holds in fewer others.

        Parameters
        ----------
        rows : Rows
        suspected : bool array of shape (n, d)
            Cells that look wrong for another reason.
        sure : bool array of shape (n, d)
            Cells that are right, as an exact relation or a person says.

        Returns
        -------
        cells : bool array of shape (n, d)
        broken : list of bool arrays of shape (n,)
            Rows that break each of the ranges.
        """
        said = [self._judged(ranges, rows, suspected) for ranges in self.found]
        against = np.where(sure, -len(said), 0)
        for ranges, (breaks, holds) in zip(self.found, said, strict=True):
            against[:, ranges.columns] += (breaks.astype(int) - holds)[:, None]
        cells = np.zeros(suspected.shape, bool)
        for ranges, (breaks, _) in zip(self.found, said, strict=True):
            mine = against[:, ranges.columns]
            most = mine == mine.max(axis=1, keepdims=True)
            cells[:, ranges.columns] |= breaks[:, None] & most
        return cells & ~sure, [breaks for breaks, _ in said]

    def _judged(self, ranges, rows, suspected):
        """Rows that break a range, and those that hold in it, by what is believed."""
        x = self.numbers.numbers(rows.frame, ranges.number)
        breaks = ranges.breaks(x, rows.codes)
        known = np.isfinite(x) & (ranges.places(rows.codes) >= 0)
        known &= ~suspected[:, ranges.columns].any(axis=1)
        return breaks & known, known & ~breaks

    def flag(self, repair, rows, sure):
        """Flag the cells of contradictions, and say why.

        A cell that is written in another way is left to what knows how it is written.
        """
        notes = repair.notes
        suspected = notes.flagged | repair.changed(rows.codes)
        cells, broken = self.doubted(rows, suspected, sure)
        if rows.formats is not None:
            cells[rows.formats.rows, rows.formats.columns] = False
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
        sample = " looked at" if self.is_sample else ""
        of = f"{ranges.support:,} of {ranges.rows:,} rows{sample}"
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
        low, high = np.array(ranges.ends)[places[at]].T
        notes.low[at, j] = np.where(cells[at, j], low, notes.low[at, j])
        notes.high[at, j] = np.where(cells[at, j], high, notes.high[at, j])
        said = self.codec.values(ranges.codes[ranges.holding(numbers[at])], k)
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
    n = np.bincount(codes[known, name], minlength=table.n_values[name])
    named = np.flatnonzero(n >= MIN_NAMED)
    others = n[n < MIN_NAMED].sum()
    if len(known) < MIN_ROWS or not 1 < len(named) <= MAX_NAMES:
        return None
    known = known[np.argsort(x[known], kind="stable")]
    v, y = x[known], codes[known, name]
    # A wrong row makes two changes of the name at most.
    n_changes = np.count_nonzero(y[1:] != y[:-1])
    most_changes = len(named) + 2 * (others + error_rate * len(y))
    if others > MAX_OTHERS * len(y) or n_changes >= most_changes:
        return None
    ranges = _ranges_of(v, y, number, name, named, len(n))
    most = min(error_rate * len(v), (1 - SAVED) * (len(v) - n.max()))
    if ranges is None or ranges.breaks(x, codes).sum() > most:
        return None
    ranges = _with_ends(ranges, x, codes)
    return _without_exceptions(_blunt(ranges, x, codes), x, codes, table)


def _ranges_of(v, y, number, name, named, n_names):
    """Part sorted numbers by their names; None if they are in no order."""
    middle = np.array([np.median(v[y == one]) for one in named])
    named, middle = named[np.argsort(middle)], np.sort(middle)
    parted = [_parted(v, y, *two) for two in pairwise(named)]
    below, above = np.array([(-np.inf, -np.inf), *parted, (np.inf, np.inf)]).T
    place = np.full(n_names, -1)
    place[named] = np.arange(len(named))
    ranges = Ranges(number, name, place, below[:-1], above[1:], middle, above[1:-1])
    if all((np.diff(ends) > 0).all() for ends in (ranges.below, ranges.above)):
        return ranges
    return None


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
    """Let ranges reach into their neighbours where their ends are not sharp.

    To the middle of these where too many rows lie just beyond their range, and to their
    end where too many lie in the next one, as those of repeaters of a class do.
    """
    wrong = ranges.breaks(x, codes)
    beyond, n = ranges.beyond(x, codes)[wrong], wrong.sum()
    place, in_range = ranges.places(codes)[wrong], ranges.holding(x[wrong])
    size = np.bincount(ranges.holding(x[np.isfinite(x)]), minlength=len(ranges.middle))
    beside = np.append(0, size[:-1]) + np.append(size[1:], 0)
    chance = (beside[place] / np.maximum(size.sum() - size[place], 1)).sum() / max(n, 1)
    n_beside = (np.abs(place - in_range) == 1).sum()
    if binom.sf(n_beside - 1, n, min(chance, 1)) < SIGNIFICANT:
        below = np.append(-np.inf, ranges.below[:-1])
        return replace(ranges, below=below, above=np.append(ranges.above[1:], np.inf))
    if binom.sf((beyond < NEAR).sum() - 1, n, NEAR) >= NOT_SHARP:
        return ranges
    below = np.append(-np.inf, ranges.middle[:-1])
    return replace(ranges, below=below, above=np.append(ranges.middle[1:], np.inf))


def _without_exceptions(ranges, x, codes, table):
    """Excuse rows that have a reason; None where the others have much in common."""
    both = ranges.columns
    reasons = reasons_for(ranges.breaks(x, codes), table, but_for=both)
    ranges = replace(ranges, reasons=tuple(reasons))
    ranges = _without_own_rules(ranges, x, codes)
    others = codes.copy()
    others[:, both] = -1
    is_rule = have_much_in_common(ranges.breaks(x, codes), others)
    return None if is_rule else ranges


def _without_own_rules(ranges, x, codes):
    """Excuse a name, and a number, that most rows have which contradict each other.

    Errors are of all names. Flats of one room that are large are lofts, and who was
    disqualified has the worst grade, whatever the points.
    """
    wrong = ranges.breaks(x, codes)
    y, known = codes[:, ranges.name], np.isfinite(x) & (ranges.places(codes) >= 0)
    size = np.bincount(y[known], minlength=len(ranges.place)) / max(known.sum(), 1)
    # Of a wrong name, of a wrong number.
    by_name = np.maximum((1 - size) / (len(ranges.middle) - 1), size)
    count = np.bincount(y[wrong], minlength=len(size))
    chance = binom.sf(count - 1, wrong.sum(), np.minimum(by_name, 1)) * len(size)
    names = np.flatnonzero((count > 0) & (chance < SIGNIFICANT))
    values, count = np.unique(x[wrong], return_counts=True)
    share = np.array([(x == value).sum() for value in values]) / max(known.sum(), 1)
    is_own = binom.sf(count - 1, wrong.sum(), share) * len(values) < SIGNIFICANT
    return replace(
        ranges,
        reasons=(*ranges.reasons, *((ranges.name, int(name)) for name in names)),
        excepted=tuple(values[is_own & (count > 1)].tolist()),
    )


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
