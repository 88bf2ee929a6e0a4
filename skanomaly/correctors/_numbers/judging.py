"""What is thought of the numbers of some rows, evidence by evidence."""

from typing import NamedTuple

import numpy as np

from skanomaly.correctors._numbers.blame import TRUST, blame_arithmetic, blame_orders
from skanomaly.correctors._numbers.fits import Fits
from skanomaly.correctors._numbers.listed import Listed
from skanomaly.correctors._numbers.reasons import Reasons
from skanomaly.correctors._numbers.relations import connected
from skanomaly.correctors._numbers.tails import EXPECTED

__all__ = ["VOUCHED", "Judged", "Judging"]

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


class Judged(NamedTuple):
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
    alike : bool array
        Cells that are doubted only because their row breaks a relation as others do.
    """

    p_error: np.ndarray
    new: np.ndarray
    p_new: np.ndarray
    low: np.ndarray
    high: np.ndarray
    reasons: np.ndarray
    kinds: np.ndarray
    vouched: np.ndarray
    alike: np.ndarray


class Judging:
    """Some rows while they are judged.

    Parameters
    ----------
    model : NumberModel
        What was learned of the table.
    x : float array of shape (n, m)
        The numbers, NaN where there is none.
    codes : int array of shape (n, d)
        Categories of the other columns.
    columns : list of Column
        Those of the model, beside the table of these rows.
    """

    def __init__(self, model, x, codes, columns):
        self.model, self.x, self.codes = model, x, codes
        self.fits = Fits.of(columns, x, codes, model.suspects(x))
        self.p = self.fits.p_wrong()
        self.new, self.p_new = np.full(x.shape, np.nan), np.zeros(x.shape)
        self.alike = np.zeros(x.shape, bool)
        self.texts = Reasons(self.fits, model.code_names_)

    def judged(self):
        """Weigh all evidence, in order."""
        self._believe_odd_cells()
        self._blame(self.model.orders_, blame_orders)
        self._excuse()
        self._blame(self.model.arithmetic_, blame_arithmetic)
        self._look_up()
        self._clear()
        self._doubt()
        self._solve_missing()
        low, high = self.fits.bounds()
        reasons, kinds = self.texts.write(self.p, low, high)
        vouched = self._vouched() & (self.p < 0.5)
        return Judged(
            self.p, self.new, self.p_new, low, high, reasons, kinds, vouched, self.alike
        )

    def _believe_odd_cells(self):
        """Believe odd cells that fit a relation which their usual value would break."""
        for j in range(self.p.shape[1]):
            rows = np.flatnonzero(self.p[:, j] >= 0.5)
            usual = self.fits.x[rows].copy()
            column = self.model.columns_[j]
            guess = self.fits.predicted[rows, j]
            guess = np.where(np.isfinite(guess), guess, column.middle)
            usual[:, j] = column.grid.round(column.scale.back(guess))
            for relation in self.model.arithmetic_:
                if j in relation.columns and len(rows):
                    holds = relation.holds(self.fits.x[rows]) & relation.breaks(usual)
                    self.p[rows[holds], j] *= VOUCHED

    def _blame(self, relations, weigh):
        """Blame a cell of each broken relation, and take what is solved for it."""
        x, codes, p = self.x, self.codes, self.p
        for group in connected(relations):
            rows = self.model.breaking(group, x, codes)
            if not len(rows):
                continue
            listed = Listed.of(self.model.lookups_, x[rows], codes[rows], group)
            blame = weigh(self.fits.take(rows), group, listed)
            if weigh is blame_arithmetic:
                self._doubt_forms(blame, group, rows)
            # Where no single cell explains the row, what is odd by itself stays odd.
            wrong = np.maximum(blame.p, blame.other[:, None] * p[rows])
            p[rows] = np.where(blame.member, wrong, p[rows])
            self.new[rows] = np.where(blame.member, blame.new, self.new[rows])
            self.p_new[rows] = np.where(blame.member, blame.p_new, self.p_new[rows])
            self.texts.add_blame(rows, blame, group)

    def _doubt_forms(self, blame, group, rows):
        """Write nothing in rows that break a relation in the same way as others do.

        A cell that is beyond all others of its column is wrong all the same.
        """
        x, p = self.x[rows], self.p[rows]
        forms = [(r, self.model.forms_[r.columns]) for r in group]
        follow = [r.breaks(x) & f.follow(r, x) for r, f in forms]
        same = np.any(follow, axis=0)
        cells = same[:, None] & (p < 0.5)
        for relation, form in forms:
            # That all of these are odd says nothing: no other number is negative.
            cells[form.give_back(relation, x), relation.target] = True
            aside = relation.breaks(x) & form.fall_aside(relation, x)
            cells[aside, relation.target] |= p[aside, relation.target] < 0.5
        self.alike[rows] = cells & blame.member
        blame.p[cells] = np.minimum(blame.p[cells], P_RULE)
        # What is odd beside others may be so by that rule; what is beyond all is not.
        missed = np.any([r.breaks(x) & f.miss(r, x) for r, f in forms], axis=0)
        cells |= missed[:, None] & (self.fits.alone[rows] > EXPECTED)
        blame.p_new[cells] = np.minimum(blame.p_new[cells], P_NEW_RULE)
        # What all of these rows share is how their target is made.
        for i, (relation, mine) in enumerate(zip(group, follow, strict=True)):
            nobody = mine & (blame.p.max(axis=1) < 0.5) & (p.max(axis=1) < 0.5)
            blame.p[nobody, relation.target] = 0.5
            blame.by[nobody, relation.target] = i
        self.texts.add_alike(rows[same])

    def _excuse(self):
        """Doubt no target of a broken relation where another column gives a reason."""
        for relation in self.model.arithmetic_:
            rows = relation.breaks(self.x) & self._excused(relation)
            self.p[rows, relation.target] *= VOUCHED

    def _excused(self, relation):
        """Rows that may break a relation."""
        return self.model.excused(relation, self.x, self.codes)

    def _doubt(self):
        """Flag a cell where a relation fails that may be none, and write nothing."""
        for relation in self.model.doubtful_:
            columns = list(relation.columns)
            rows = self.model.breaking([relation], self.x, self.codes)
            rows = rows[(self.p[np.ix_(rows, columns)] < 0.5).all(axis=1)]
            if not len(rows):
                continue
            group = self.model.lookups_, self.x[rows], self.codes[rows], [relation]
            blame = blame_arithmetic(
                self.fits.take(rows), [relation], Listed.of(*group)
            )
            nobody = blame.p.max(axis=1) < 0.5
            blame.p[nobody, relation.target] = 0.5
            blame.by[nobody, relation.target] = 0
            p = np.minimum(blame.p, P_RULE)
            self.p[rows] = np.where(
                blame.member, np.maximum(p, self.p[rows]), self.p[rows]
            )
            self.alike[rows] |= blame.member & (p >= 0.5)
            self.texts.add_blame(rows, blame, [relation])

    def _look_up(self):
        """Correct slips of what a list says."""
        x, codes, p, new, p_new = self.x, self.codes, self.p, self.new, self.p_new
        for lookup in self.model.lookups_:
            j = lookup.target
            p_slip = lookup.slips(x, codes)
            for relation in self.model.arithmetic_:
                if j in relation.columns:
                    p_slip[relation.holds(x)] = 0
            rows = np.flatnonzero(p_slip > p_new[:, j])
            p[rows, j] = np.maximum(p[rows, j], p_slip[rows])
            new[rows, j], p_new[rows, j] = lookup.of(x[rows], codes[rows]), p_slip[rows]
            self.texts.add_slips(rows, j, new[rows, j], lookup.name)

    def _clear(self):
        """Doubt no cell of a relation that holds when other cells are repaired."""
        x, p = self.x, self.p
        repaired = np.where(self.p_new >= SURE, self.new, x)
        for relation in self.model.arithmetic_:
            rows = relation.breaks(x) & relation.holds(repaired)
            for j in relation.columns:
                here = rows & (repaired[:, j] == x[:, j])
                p[here, j] = np.minimum(p[here, j], VOUCHED)

    def _solve_missing(self):
        """Propose what a relation says of the only cell that it lacks.

        What sums of the digits that stand there say, no rounded product says better.
        """
        x, new, p_new = self.x, self.new, self.p_new
        exact = np.zeros(x.shape, bool)
        for relation in sorted(self.model.arithmetic_, key=lambda r: r.rounds):
            lacks = np.isnan(x[:, list(relation.columns)])
            usual = ~self._excused(relation)
            lacks &= (usual & (lacks.sum(axis=1) == 1))[:, None]
            p = TRUST * relation.support / max(relation.rows, 1)
            for j, here in zip(relation.columns, lacks.T, strict=True):
                p_j = p * relation.exactness_of(j)
                rows = np.flatnonzero(here & (p_new[:, j] < p_j) & ~exact[:, j])
                value = self._solved(relation, x[rows], j)
                rows, value = rows[np.isfinite(value)], value[np.isfinite(value)]
                new[rows, j], p_new[rows, j] = value, p_j
                exact[rows, j] = not relation.rounds
                self.texts.add_solved(rows, j, value, relation)

    def _solved(self, relation, x, j):
        """Solve for missing cells; NaN where a relation or an order is broken."""
        x[:, j] = 1.0  # what stands there does not matter, if it is a number
        x[:, j] = relation.solve(x, j)
        fits = relation.holds(x)
        fits &= ~np.any([r.breaks(x) for r in self.model.relations_], axis=0)
        return np.where(fits, x[:, j], np.nan)

    def _vouched(self):
        """Cells of relations that hold with this number, and not with one near it.

        So are those of rows that break one for a reason.
        """
        x = self.x
        out = np.zeros(x.shape, bool)
        for relation in self.model.arithmetic_:
            holds = relation.holds(x)
            excused = relation.breaks(x) & self._excused(relation)
            for j in relation.columns:
                other = x.copy()
                other[:, j] += FAR_STEPS * self.model.columns_[j].grid.step
                out[:, j] |= excused | (holds & relation.breaks(other))
        return out
