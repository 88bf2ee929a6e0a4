"""Judge the numbers and dates of a table by relations and by what is expected."""

import numpy as np

from skanomaly.correctors._numbers.arithmetic import find_arithmetic
from skanomaly.correctors._numbers.columns import MOST_ODD, Column
from skanomaly.correctors._numbers.excuses import Excuses, Levels
from skanomaly.correctors._numbers.expectations import Expectation
from skanomaly.correctors._numbers.fits import Fits, scale
from skanomaly.correctors._numbers.forms import Forms
from skanomaly.correctors._numbers.grids import Grid
from skanomaly.correctors._numbers.judging import Judged, Judging
from skanomaly.correctors._numbers.lookups import find_lookups
from skanomaly.correctors._numbers.orders import find_orders
from skanomaly.correctors._numbers.relations import connected
from skanomaly.correctors._numbers.tails import EXPECTED

__all__ = ["NumberModel"]

CHUNK = 2**15
# Beyond it, products of three numbers would overflow.
MAX_NUMBER = 1e60


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
        found, doubtful = find_arithmetic(
            tame, grids, names, self.seed, self.error_rate, kinds
        )
        for i, relation in enumerate(found):
            # Dates a year off are many, and no rule.
            if kinds[relation.target] != "date":
                found[i] = relation.with_exceptions(tame, self.error_rate)
        self.arithmetic_ = [relation.with_support(x) for relation in found]
        # A date that is said in another way is asked about by the orders.
        self.doubtful_ = [
            relation.with_exceptions(tame, self.error_rate).with_support(x)
            for relation in doubtful
            if kinds[relation.target] != "date"
        ]
        self.excuses_ = self._find_excuses(x, codes)
        self.forms_ = {
            r.columns: Forms.of(r, x, self.breaking([r], x, codes))
            for r in self.arithmetic_
        }
        self.orders_ = self._new_orders(x, kinds, grids, names)
        believed = np.where(self.suspects(x), np.nan, x)
        self.columns_ = [
            Column.of(believed[:, j], name, kind, self.error_rate, far_kinds[j])
            for j, (name, kind) in enumerate(zip(names, kinds, strict=True))
        ]
        for column, n in zip(self.columns_, decimals or [], strict=False):
            column.decimals = n
        for column, values in zip(self.columns_, x.T, strict=True):
            column.remember_odd(values)
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
        levels = [c.levels(values) for c, values in zip(columns, x.T, strict=True)]
        out = np.zeros(x.shape, bool)
        for j, column in enumerate(columns):
            others = np.column_stack([codes, *levels[:j], *levels[j + 1 :]])
            column.kinds = column.find_kinds(x[:, j], codes, others)
            out[:, j] = column.alone(x[:, j]) <= EXPECTED
        return out, [column.kinds for column in columns]

    def _new_orders(self, x, kinds, grids, names):
        """Orders that no sum or product of the same columns says better."""
        orders = find_orders(x, kinds, grids, names, self.error_rate, self.seed)
        known = [set(r.columns) for r in self.arithmetic_]
        return [o for o in orders if not any(set(o.columns) <= k for k in known)]

    def _find_excuses(self, x, codes):
        """What the rows that break a relation have in common, for each."""
        asked = [*self.arithmetic_, *self.doubtful_]
        if not asked:
            return {}
        numbers = [Levels.of(column, np.isfinite(column)) for column in x.T]
        categories = [Levels.of(column, column >= 0) for column in codes.T]
        found = {}
        for group in connected(asked):
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

    def suspects(self, x):
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
        fits = Fits.of(self.columns_, x[rows], codes[rows], self.suspects(x[rows]))
        odd = fits.p_wrong() >= 0.5
        most = MOST_ODD * self.error_rate * len(rows)
        for j in np.flatnonzero(odd.sum(axis=0) > most):
            self.columns_[j].abstain()
            self.columns_[j].expectation = None

    @np.errstate(all="ignore")
    def judge(self, numbers, codes=None):
        """Judge rows, each by itself: those of the table or new ones.

        Only where a column grows, new values are seen beside each other.
        """
        x, codes = _arrays(numbers, codes)
        if not len(x):
            none = np.zeros(x.shape)
            no_text = none.astype(object)
            texts = no_text, no_text
            no = none.astype(bool)
            return Judged(none, none, none, none, none, *texts, no, no)
        columns = [
            column.beside(values, self.error_rate)
            for column, values in zip(self.columns_, x.T, strict=True)
        ]
        parts = [
            Judging(self, x[i : i + CHUNK], codes[i : i + CHUNK], columns).judged()
            for i in range(0, len(x), CHUNK)
        ]
        return Judged(*(np.concatenate(arrays) for arrays in zip(*parts, strict=True)))

    def excused(self, relation, x, codes):
        """Rows that may break a relation; no order has such."""
        return self.excuses_.get(relation.columns, Excuses()).excuse(x, codes)

    def breaking(self, relations, x, codes):
        """Rows that break one of the relations at least, and have no reason to."""
        broken = [r.breaks(x) & ~self.excused(r, x, codes) for r in relations]
        return np.flatnonzero(np.any(broken, axis=0))


def _arrays(numbers, codes):
    x = np.asarray(numbers, dtype=float)
    x = np.clip(np.where(np.isfinite(x), x, np.nan), -MAX_NUMBER, MAX_NUMBER)
    if codes is None:
        codes = np.empty((len(x), 0), np.int64)
    return x, np.asarray(codes, dtype=np.int64)
