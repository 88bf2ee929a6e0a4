"""Judge the numbers and dates of a table by relations and by what is expected."""

from dataclasses import dataclass

import numpy as np

from skanomaly.correctors._numbers.arithmetic import find_arithmetic
from skanomaly.correctors._numbers.blame import TRUST, blame_arithmetic, blame_orders
from skanomaly.correctors._numbers.columns import MOST_ODD, Column
from skanomaly.correctors._numbers.excuses import Excuses, Levels
from skanomaly.correctors._numbers.expectations import Expectation
from skanomaly.correctors._numbers.fits import Fits, scale
from skanomaly.correctors._numbers.forms import Forms
from skanomaly.correctors._numbers.grids import Grid
from skanomaly.correctors._numbers.listed import Listed
from skanomaly.correctors._numbers.lookups import find_lookups
from skanomaly.correctors._numbers.orders import find_orders
from skanomaly.correctors._numbers.reasons import Reasons
from skanomaly.correctors._numbers.tails import EXPECTED

__all__ = ["Judged", "NumberModel"]

CHUNK = 2**15
# Beyond it, products of three numbers would overflow.
MAX_NUMBER = 1e60
# What a relation that holds leaves of a cell's probability to be wrong: a second cell
# would have to be wrong just so that they fit.
VOUCHED = 0.03
# Steps of the last digit that no rounding makes up for.
FAR_STEPS = 3
# What breaks a relation in a form that many rows have is a rule of its own or an error,
# and what the relation says is right at most so often.
P_RULE, P_NEW_RULE = 0.6, 0.5
# Only what is repaired this surely clears the other cells of its row.
SURE = 0.9


@dataclass(frozen=True, eq=False)
class Judged:
    """What is thought of each cell of some rows; all arrays have their shape (n, m).

    Attributes
    ----------
    p_error : float array
        Probability that the number is wrong, 0 where it is missing.
    new : float array
        The number that a relation determines, NaN where nothing is proposed. Missing
        cells have one, too.
    p_new : float array
        Probability that `new` is right to its last digit, 0 where there is none.
    low, high : float arrays
        What would be expected there; NaN in columns that are not judged.
    reasons : object array of str
        Why the number is taken to be wrong, or what says the missing one, or "".
    kinds : object array of str
        The relation that it breaks, or how it is odd.
    vouched : bool array
        Cells of a relation that holds, and would not with another number there.
    """

    p_error: np.ndarray
    new: np.ndarray
    p_new: np.ndarray
    low: np.ndarray
    high: np.ndarray
    reasons: np.ndarray
    kinds: np.ndarray
    vouched: np.ndarray


class NumberModel:
    """Relations between the columns of numbers, and the outliers of each column.

    A number is wrong if it breaks a relation that holds in nearly all rows and is the
    cell that explains this best, or if it is far from everything in its column, or far
    from what the rest of its row makes likely. Only relations propose values.

    Parameters
    ----------
    error_rate : float, default=0.03
        Greatest share of a column that may be wrong. A column in which more looks odd
        has odd values by nature, and is not judged.
    seed : int, default=0
        Draws the rows that are looked at.

    Attributes
    ----------
    relations_ : list of Relation and Order
        What holds between columns; `str` says it with the number of rows.
    lookups_ : list of Lookup
        Which columns are determined by one other; the same.
    status_ : list of str
        How each column is judged.
    """

    def __init__(self, error_rate=0.03, seed=0):
        self.error_rate = error_rate
        self.seed = seed

    @np.errstate(all="ignore")
    def fit(
        self, numbers, kinds, names, codes=None, sizes=(), code_names=(), decimals=None
    ):
        """Find the relations, then what is expected where they hold.

        Parameters
        ----------
        numbers : float array of shape (n, m)
            NaN is missing. Dates are days or seconds.
        kinds : sequence of m str
            "number" or "date".
        names : sequence of m str
            Names of these columns.
        codes : int array of shape (n, d), default=None
            Categories of the other columns, -1 is missing.
        sizes : sequence of d ints
            Number of categories of each.
        code_names : sequence of d str
            Names of these columns.
        decimals : sequence of m ints, default=None
            How many decimals the cells of a column of texts have at least.
        """
        x, codes = _arrays(numbers, codes)
        self.code_names_ = list(code_names)
        grids = [Grid.of(x[:, j], kind) for j, kind in enumerate(kinds)]
        # Relations are found on the right rows: without what is wild by itself.
        wild, far_kinds = self._wild(x, codes, names, kinds)
        tame = np.where(wild, np.nan, x)
        found = find_arithmetic(tame, grids, names, self.seed)
        for i, relation in enumerate(found):
            # Dates a year off are many, and no rule.
            if kinds[relation.target] != "date":
                found[i] = relation.with_exceptions(tame)
        self.arithmetic_ = [relation.with_support(x) for relation in found]
        self.excuses_ = self._find_excuses(x, codes)
        self.forms_ = {
            r.columns: Forms.of(r, x, self._breaking([r], x, codes))
            for r in self.arithmetic_
        }
        self.orders_ = self._new_orders(x, kinds, grids, names)
        believed = np.where(self._suspects(x), np.nan, x)
        self.columns_ = [
            Column.of(believed[:, j], name, kind, self.error_rate, far_kinds[j])
            for j, (name, kind) in enumerate(zip(names, kinds, strict=True))
        ]
        for column, n in zip(self.columns_, decimals or [], strict=False):
            column.decimals = n
        self.lookups_ = find_lookups(x, codes, names, code_names, self.seed)
        self._learn_expectations(believed, codes, tuple(sizes))
        self._abstain_where_too_much_is_odd(x, codes)
        return self

    def _wild(self, x, codes, names, kinds):
        """Cells that are far from all others of their column, and kinds of far ones."""
        columns = [
            Column.of(x[:, j], name, kind, self.error_rate)
            for j, (name, kind) in enumerate(zip(names, kinds, strict=True))
        ]
        out = np.zeros(x.shape, bool)
        for j, column in enumerate(columns):
            column.kinds = column.find_kinds(x[:, j], codes)
            out[:, j] = column.alone(x[:, j]) <= EXPECTED
        return out, [column.kinds for column in columns]

    def _new_orders(self, x, kinds, grids, names):
        """Orders that no sum or product of the same columns says better."""
        orders = find_orders(x, kinds, grids, names, self.error_rate, self.seed)
        known = [set(r.columns) for r in self.arithmetic_]
        return [o for o in orders if not any(set(o.columns) <= k for k in known)]

    def _find_excuses(self, x, codes):
        """What the rows that break a relation have in common, for each."""
        if not self.arithmetic_:
            return {}
        numbers = [Levels.of(column, np.isfinite(column)) for column in x.T]
        categories = [Levels.of(column, column >= 0) for column in codes.T]
        found = {}
        for group in _connected(self.arithmetic_):
            others = set(range(x.shape[1])).difference(*(r.columns for r in group))
            for relation in group:
                found[relation.columns] = Excuses.of(
                    relation, x, others, numbers, categories
                )
        return found

    @property
    def relations_(self):
        """What holds between columns."""
        return [*self.arithmetic_, *self.orders_]

    @property
    def status_(self):
        """How each column is judged."""
        return [column.status for column in self.columns_]

    def _suspects(self, x):
        """Cells of relations that do not hold in their row."""
        out = np.zeros(x.shape, bool)
        for relation in self.relations_:
            out[:, list(relation.columns)] |= relation.breaks(x)[:, None]
        return out

    def _learn_expectations(self, believed, codes, sizes):
        """Learn columns from others, with no part of what is wild by itself."""
        scaled = scale(self.columns_, believed)
        for j, column in enumerate(self.columns_):
            wild = column.alone(believed[:, j]) <= EXPECTED
            scaled[wild, j] = np.nan
        for j, column in enumerate(self.columns_):
            if column.has_expectation:
                partners = [r.columns for r in self.relations_ if j in r.columns]
                column.expectation = Expectation.learn(
                    scaled[:, j], scaled, codes, sizes, sorted({j}.union(*partners)),
                    error_rate=self.error_rate, seed=[self.seed, j],
                )  # fmt: skip

    def _abstain_where_too_much_is_odd(self, x, codes):
        """Let no column be judged by an expectation that many values do not meet."""
        rows = np.random.default_rng([self.seed, 3]).permutation(len(x))[:4000]
        fits = Fits.of(self.columns_, x[rows], codes[rows], self._suspects(x[rows]))
        odd = fits.p_wrong() >= 0.5
        most = MOST_ODD * self.error_rate * len(rows)
        for j in np.flatnonzero(odd.sum(axis=0) > most):
            self.columns_[j].abstain()
            self.columns_[j].expectation = None

    @np.errstate(all="ignore")
    def judge(self, numbers, codes=None):
        """Judge rows, each by itself: those of the table or new ones."""
        x, codes = _arrays(numbers, codes)
        if not len(x):
            none = np.zeros(x.shape)
            no_text = none.astype(object)
            texts = no_text, no_text
            return Judged(none, none, none, none, none, *texts, none.astype(bool))
        parts = [
            self._judge(x[i : i + CHUNK], codes[i : i + CHUNK])
            for i in range(0, len(x), CHUNK)
        ]
        return Judged(*(np.concatenate(arrays) for arrays in zip(*parts, strict=True)))

    def _judge(self, x, codes):
        fits = Fits.of(self.columns_, x, codes, self._suspects(x))
        p = fits.p_wrong()
        p = self._vouch(fits, p)
        new, p_new = np.full(x.shape, np.nan), np.zeros(x.shape)
        texts = Reasons(fits, self.code_names_)
        out = p, new, p_new, texts
        self._blame(fits, codes, self.orders_, blame_orders, *out)
        self._excuse(x, codes, p)
        self._blame(fits, codes, self.arithmetic_, blame_arithmetic, *out)
        self._look_up(x, codes, p, new, p_new, texts)
        self._clear(x, p, np.where(p_new >= SURE, new, x))
        self._solve_missing(x, codes, new, p_new, texts)
        low, high = fits.bounds()
        vouched = self._vouched(x, codes) & (p < 0.5)
        return p, new, p_new, low, high, *texts.write(p, low, high), vouched

    def _excuse(self, x, codes, p):
        """Doubt no target of a broken relation where another column gives a reason."""
        for relation in self.arithmetic_:
            rows = relation.breaks(x) & self._excused(relation, x, codes)
            p[rows, relation.target] *= VOUCHED

    def _excused(self, relation, x, codes):
        """Rows that may break a relation; no order has such."""
        return self.excuses_.get(relation.columns, Excuses()).excuse(x, codes)

    def _vouched(self, x, codes):
        """Cells of relations that hold with this number, and not with one near it.

        So are those of rows that break one for a reason.
        """
        out = np.zeros(x.shape, bool)
        for relation in self.arithmetic_:
            holds = relation.holds(x)
            excused = relation.breaks(x) & self._excused(relation, x, codes)
            for j in relation.columns:
                other = x.copy()
                other[:, j] += FAR_STEPS * self.columns_[j].grid.step
                out[:, j] |= excused | (holds & relation.breaks(other))
        return out

    def _look_up(self, x, codes, p, new, p_new, texts):
        """Correct slips of what a list says."""
        for lookup in self.lookups_:
            j = lookup.target
            p_slip = lookup.slips(x, codes)
            for relation in self.arithmetic_:
                if j in relation.columns:
                    p_slip[relation.holds(x)] = 0
            rows = np.flatnonzero(p_slip > p_new[:, j])
            p[rows, j] = np.maximum(p[rows, j], p_slip[rows])
            new[rows, j], p_new[rows, j] = lookup.of(x[rows], codes[rows]), p_slip[rows]
            texts.add_slips(rows, j, new[rows, j], lookup.name)

    def _clear(self, x, p, repaired):
        """Doubt no cell of a relation that holds when other cells are repaired."""
        for relation in self.arithmetic_:
            rows = relation.breaks(x) & relation.holds(repaired)
            for j in relation.columns:
                here = rows & (repaired[:, j] == x[:, j])
                p[here, j] = np.minimum(p[here, j], VOUCHED)

    def _solve_missing(self, x, codes, new, p_new, texts):
        """Propose what a relation says of the only cell that it lacks.

        What sums of the digits that stand there say, no rounded product says better.
        """
        exact = np.zeros(x.shape, bool)
        for relation in sorted(self.arithmetic_, key=lambda r: r.rounds):
            lacks = np.isnan(x[:, list(relation.columns)])
            usual = ~self._excused(relation, x, codes)
            lacks &= (usual & (lacks.sum(axis=1) == 1))[:, None]
            p = TRUST * relation.support / max(relation.rows, 1)
            for j, here in zip(relation.columns, lacks.T, strict=True):
                p_j = p * relation.exactness_of(j)
                rows = np.flatnonzero(here & (p_new[:, j] < p_j) & ~exact[:, j])
                value = self._solved(relation, x[rows], j)
                rows, value = rows[np.isfinite(value)], value[np.isfinite(value)]
                new[rows, j], p_new[rows, j] = value, p_j
                exact[rows, j] = not relation.rounds
                texts.add_solved(rows, j, value, relation)

    def _solved(self, relation, x, j):
        """Solve for missing cells; NaN where a relation or an order is broken."""
        x[:, j] = 1.0  # what stands there does not matter, if it is a number
        x[:, j] = relation.solve(x, j)
        fits = relation.holds(x)
        fits &= ~np.any([r.breaks(x) for r in self.relations_], axis=0)
        return np.where(fits, x[:, j], np.nan)

    def _vouch(self, fits, p):
        """Believe odd cells that fit a relation which their usual value would break."""
        for j in range(p.shape[1]):
            rows = np.flatnonzero(p[:, j] >= 0.5)
            usual = fits.x[rows].copy()
            column = self.columns_[j]
            guess = fits.predicted[rows, j]
            guess = np.where(np.isfinite(guess), guess, column.middle)
            usual[:, j] = column.grid.round(column.scale.back(guess))
            for relation in self.arithmetic_:
                if j in relation.columns and len(rows):
                    holds = relation.holds(fits.x[rows]) & relation.breaks(usual)
                    p[rows[holds], j] *= VOUCHED
        return p

    def _doubt_forms(self, blame, group, x, p):
        """Write nothing in rows that break a relation in the same way as others do.

        A cell that is odd by itself is wrong all the same.
        """
        forms = [(r, self.forms_[r.columns]) for r in group]
        rows = np.any([r.breaks(x) & f.follow(r, x) for r, f in forms], axis=0)
        cells = rows[:, None] & (p < 0.5)
        for relation, form in forms:
            # That all of these are odd says nothing: no other number is negative.
            cells[form.give_back(relation, x), relation.target] = True
        blame.p[cells] = np.minimum(blame.p[cells], P_RULE)
        blame.p_new[cells] = np.minimum(blame.p_new[cells], P_NEW_RULE)

    def _breaking(self, relations, x, codes):
        """Rows that break one of the relations at least, and have no reason to."""
        broken = [r.breaks(x) & ~self._excused(r, x, codes) for r in relations]
        return np.flatnonzero(np.any(broken, axis=0))

    def _blame(self, fits, codes, relations, weigh, p, new, p_new, texts):
        """Blame a cell of each broken relation, and take what is solved for it."""
        for group in _connected(relations):
            rows = self._breaking(group, fits.x, codes)
            if not len(rows):
                continue
            listed = Listed.of(self.lookups_, fits.x[rows], codes[rows], group)
            blame = weigh(fits.take(rows), group, listed)
            if weigh is blame_arithmetic:
                self._doubt_forms(blame, group, fits.x[rows], p[rows])
            # Where no single cell explains the row, what is odd by itself stays odd.
            wrong = np.maximum(blame.p, blame.other[:, None] * p[rows])
            p[rows] = np.where(blame.member, wrong, p[rows])
            new[rows] = np.where(blame.member, blame.new, new[rows])
            p_new[rows] = np.where(blame.member, blame.p_new, p_new[rows])
            texts.add_blame(rows, blame, group)


def _arrays(numbers, codes):
    x = np.asarray(numbers, dtype=float)
    x = np.clip(np.where(np.isfinite(x), x, np.nan), -MAX_NUMBER, MAX_NUMBER)
    if codes is None:
        codes = np.empty((len(x), 0), np.int64)
    return x, np.asarray(codes, dtype=np.int64)


def _connected(relations):
    """Groups of relations that share columns."""
    groups: list[list] = []
    for relation in relations:
        mine = [
            g for g in groups if any(set(r.columns) & set(relation.columns) for r in g)
        ]
        groups = [g for g in groups if g not in mine]
        groups.append([r for g in mine for r in g] + [relation])
    return groups
