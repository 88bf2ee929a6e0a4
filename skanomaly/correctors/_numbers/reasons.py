"""Say in plain English why a number or a date is taken to be wrong."""

import numpy as np

from skanomaly.correctors._numbers.relations import Order
from skanomaly.correctors._numbers.tails import EXPECTED

__all__ = ["MOST_DAYS", "NO_NUMBER", "SECONDS_A_DAY", "Reasons", "write"]

# Dates beyond this many are counted in seconds, not in days.
MOST_DAYS = 1e6
SECONDS_A_DAY = 86400
MAX_SECONDS = 1e12
# Factors are named from here on.
MIN_FACTOR = 1.5
# Said where it may be a rule of its own, or one error made again.
ALIKE = "; other rows miss it in the same way"
# What a cell without a number is called.
NO_NUMBER = "has no number"
IMPOSSIBLE, UNUSUAL = "beyond all other values", "unusual in its row"
# Slips of the pen that are named, and how.
SLIPS = {-1.0: "wrong sign"} | {
    10.0**k: f"{10 ** abs(k):,} times too {'large' if k > 0 else 'small'}"
    for k in (1, 2, 3, -1, -2, -3)
}


def write(column, value):
    """Write a value as its column writes it."""
    if column.kind == "date" and abs(value) < MAX_SECONDS:
        unit = 1 if abs(value) > MOST_DAYS else SECONDS_A_DAY
        moment = np.datetime64(0, "s") + np.timedelta64(int(value * unit), "s")
        return str(moment).replace("T", " ").removesuffix(" 00:00:00")
    decimals = 0 if column.grid.step >= 1 else column.grid.decimals
    decimals = max(decimals, column.decimals)
    if column.grid.step == 0 or abs(value) > 1e15:
        return f"{value + 0.0:.6g}"  # 0 is no -0
    if not column.grid.holds(np.array([value]))[0]:
        return f"{value:.10g}"
    return f"{round(float(value), decimals) + 0.0:.{decimals}f}"


class Reasons:
    """Reasons for the flagged cells of some rows, written for these only."""

    def __init__(self, fits, code_names):
        self.fits, self.code_names = fits, code_names
        self.by = {}
        self.said = {}
        self.alike: set[int] = set()

    def add_solved(self, rows, j, values, relation):
        """Say of cells without a number what a relation makes of their rows."""
        column, formula = self.fits.columns[j], relation.formula
        for i, value in zip(rows.tolist(), values, strict=True):
            says = f"{formula} says {write(column, value)}"
            text = f"{column.name} {NO_NUMBER}; {says}"
            self.said[i, j] = text, formula

    def add_slips(self, rows, j, listed, name):
        """Say of cells that are looked up by another column what they are slips of."""
        column = self.fits.columns[j]
        for i, value in zip(rows.tolist(), listed, strict=True):
            cell = _named(column, self.fits.x[i, j])
            text = f"{cell} is a slip of {write(column, value)}: {name}"
            self.said[i, j] = text, name

    def add_blame(self, rows, blame, relations):
        """Remember which relation is behind the blame of each cell."""
        for i, j in np.argwhere(blame.p >= 0.5):
            relation = relations[blame.by[i, j]]
            self.by[int(rows[i]), int(j)] = relation, blame.new[i, j], blame.p[i, j]

    def add_alike(self, rows):
        """Remember rows that break a relation in the same way as others do."""
        self.alike.update(rows.tolist())

    def write(self, p, low, high):
        """Reasons and kinds of cells that are flagged or were spoken of, else ""."""
        out, kinds = np.full(p.shape, "", object), np.full(p.shape, "", object)
        for at, told in self.said.items():
            out[at], kinds[at] = told
        for i, j in np.argwhere((p >= 0.5) & (out == "")):
            if (int(i), int(j)) in self.by:
                out[i, j] = self._of_relation(int(i), int(j))
                kinds[i, j] = self.by[int(i), int(j)][0].formula
            else:
                out[i, j] = self._of_outlier(i, j, low[i, j], high[i, j])
                alone = self.fits.alone[i, j] <= EXPECTED
                kinds[i, j] = IMPOSSIBLE if alone else UNUSUAL
        return out, kinds

    def _of_relation(self, i, j):
        relation, value, p = self.by[i, j]
        columns, x = self.fits.columns, self.fits.x[i]
        if isinstance(relation, Order):
            return _reason_for_order(relation, columns, x, j, p > 0.6)
        alike = ALIKE if i in self.alike else ""
        return _reason_for_relation(relation, columns, x, j, value) + alike

    def _of_outlier(self, i, j, low, high):
        column, fits = self.fits.columns[j], self.fits
        value = fits.x[i, j]
        if fits.alone[i, j] <= EXPECTED:
            low, high = column.grid.round(column.scale.back(np.array(column.bounds())))
            return _reason_alone(column, value, low, high)
        predicted = float(column.scale.back(fits.predicted[i, j]))
        main = column.expectation.features.main_category
        of = "such a row" if main is None else f"this {self.code_names[main]}"
        return _reason_given(column, value, low, high, predicted, of)


def _reason_alone(column, value, low, high):
    """Why a value is odd in its column: it is beyond all others."""
    below, above = ("before", "after") if column.kind == "date" else ("below", "above")
    side = below if value < low else above
    name, between = _named(column, value), _between(column, low, high)
    if len(column.kinds):
        ranges = [(low, high), *column.grid.round(column.kinds)]
        between = "; ".join(_between(column, *ends).strip("()") for ends in ranges)
        return f"{name} is far from every other value ({between})"
    return f"{name} is {side} every other value {between}"


def _reason_given(column, value, low, high, predicted, of):
    """Why a value is odd in its row: it is far from what such rows have."""
    name, between = _named(column, value), _between(column, low, high)
    factor = value / predicted if predicted > 0 and value > 0 else 1.0
    if column.kind != "date" and max(factor, 1 / factor) >= MIN_FACTOR:
        return f"{name} is {factor:.3g} times what is usual for {of} {between}"
    side = "below" if value < predicted else "above"
    return f"{name} is far {side} what is usual for {of} {between}"


def _named(column, value):
    return f"{column.name} {write(column, value)}"


def _between(column, low, high):
    return f"({write(column, low)} to {write(column, high)})"


def _reason_for_relation(relation, columns, x, j, value):
    """Why a cell of a broken sum or product is taken to be wrong."""
    name = _named(columns[j], x[j])
    if np.isnan(value):
        return f"{name} does not fit: {relation.formula}, and one of them is wrong"
    slip = _slip(x[j], value)
    if j == relation.target:
        is_not = f"{name} is not {relation.right_side} = {write(columns[j], value)}"
        return is_not + slip
    return f"{name} should be {write(columns[j], value)}: {relation.formula}{slip}"


def _slip(wrong, right):
    """What turned the right number into the wrong one, if it is a usual slip."""
    for factor, name in SLIPS.items():
        if right and abs(wrong - right * factor) <= 1e-6 * abs(right * factor):
            return f" ({name})"
    return ""


def _reason_for_order(order, columns, x, j, is_clear):
    """Why a cell of a broken order is taken to be wrong."""
    other = order.second if j == order.first else order.first
    below, above = ("below", "above")
    if columns[j].kind == "date":
        below, above = ("before", "after")
    side = below if x[j] < x[other] else above
    # The right order, but too far apart.
    far = "" if x[order.second] < x[order.first] else "far "
    name, beside = _named(columns[j], x[j]), _named(columns[other], x[other])
    doubt = "" if is_clear else ", and one of them is wrong"
    return f"{name} is {far}{side} {beside}{doubt}"
