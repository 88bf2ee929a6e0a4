"""Forms in which a relation is broken again and again: rules of their own, or errors.

Three totals of 0, or three that are nine tenths of what the parts make, may be gifts
and discounts of which the table does not tell. Nobody can see it from the numbers.
"""

from dataclasses import dataclass

import numpy as np
from scipy.stats import binom

__all__ = ["Forms"]

# So many rows, and this share of those that break the relation, have one form.
MIN_ROWS, MIN_SHARE = 3, 0.15
# A number of the target is a form if so many rows that have it break the relation.
NEARLY_ALL = 0.8
# Ratios are first compared to so many decimals; so many forms of a kind are tried.
DECIMALS, MOST = 3, 50
# Errors make a number smaller as often as larger, but for those of the decimal point.
# A discount or a charge changes it by no more than this.
SIDES = ((0.3, 1.0), (1.0, 3.0))
ONE_SIDED = 0.01
TINY = 1e-6


@dataclass(frozen=True, eq=False)
class Forms:
    """Numbers of the target, and ratios and differences to what its parts make.

    `negative` says that targets are what the parts make with a minus, which no part has
    in such rows: money given back, where signs are not lost all over the table. `side`
    is a range of ratios, below one or above it, if nearly all rows are on that side:
    discounts or charges of which each is another.
    """

    values: tuple[float, ...] = ()
    ratios: tuple[float, ...] = ()
    offsets: tuple[float, ...] = ()
    negative: bool = False
    side: tuple[float, float] | None = None

    @classmethod
    def of(cls, relation, x, rows):
        """Find the forms of some of the rows that break a relation."""
        broken = x[rows]
        target, made = broken[:, relation.target], relation.make(broken)
        least = max(MIN_ROWS, MIN_SHARE * len(target))
        away = np.round(target - made, relation.grids[0].decimals)
        negative = _are_negated(relation, broken).sum() >= MIN_ROWS
        return cls(
            _own_values(relation, x, target, least),
            _own_ratios(target, made, least),
            tuple(_repeated(away, least).tolist()),
            bool(negative and not (broken[:, list(relation.parts)] < 0).any()),
            _one_side(relation, target, made),
        )

    def follow(self, relation, x):
        """Whether rows have one of the forms."""
        return np.isin(x[:, relation.target], self.values) | self.miss(relation, x)

    def miss(self, relation, x):
        """Whether rows miss the relation by one of the ratios or differences."""
        target, made = x[:, relation.target], relation.make(x)
        others = [r * made for r in self.ratios] + [o + made for o in self.offsets]
        out, tolerance = np.zeros(len(x), bool), relation.tolerance(x)
        for other in others:
            out |= np.abs(target - other) <= tolerance
        return out

    def fall_aside(self, relation, x):
        """Whether the target of rows is on the side where the others' are."""
        if self.side is None:
            return np.zeros(len(x), bool)
        (low, high), target, made = self.side, x[:, relation.target], relation.make(x)
        aside = (target > low * made) & (target < high * made)
        return aside & ~_have_digits_exchanged(relation, target, made)

    def give_back(self, relation, x):
        """Whether the target of rows is negative as it is in others."""
        return _are_negated(relation, x) & self.negative


def _are_negated(relation, x):
    """Whether targets are what the parts make with a minus."""
    target, made = x[:, relation.target], relation.make(x)
    return (target < 0) & (np.abs(target + made) <= relation.tolerance(x))


def _own_values(relation, x, target, least):
    """Numbers that the target hardly has in rows which fulfil the relation.

    A few equal numbers are chance among many errors; a few zeros are not.
    """
    everywhere = x[np.isfinite(relation.make(x)), relation.target]
    return tuple(
        float(v)
        for v in _repeated(target, MIN_ROWS)
        if (target == v).sum() >= (least if v else MIN_ROWS)
        and (target == v).sum() >= NEARLY_ALL * (everywhere == v).sum()
    )


def _own_ratios(target, made, least):
    """Ratios that come so often; a decimal point in the wrong place is no rule."""
    with np.errstate(all="ignore"):
        ratios = np.where(target != 0, target / made, np.nan)
    ratios = _repeated(np.round(ratios, DECIMALS), least)
    shift = np.log10(np.maximum(np.abs(ratios), 1e-4))
    return tuple(ratios[np.abs(shift - np.round(shift)) > 1e-3].tolist())


def _one_side(relation, target, made):
    """Range of ratios on the side where by chance so many would hardly be, or None."""
    with np.errstate(all="ignore"):
        ratios = target / made
    ratios = ratios[~_have_digits_exchanged(relation, target, made)]
    counts = [int(((ratios > low) & (ratios < high)).sum()) for low, high in SIDES]
    k = int(np.argmax(counts))
    chance = binom.sf(counts[k] - 1, sum(counts), 0.5) * len(SIDES)
    return SIDES[k] if chance < ONE_SIDED else None


def _have_digits_exchanged(relation, target, made):
    """Whether numbers may differ by two digits that changed places: then by nines."""
    nines = np.abs(target - made) / (9 * 10.0 ** -relation.grids[0].decimals)
    return np.abs(nines - np.round(nines)) < TINY


def _repeated(values, least):
    """Return the numbers that come so often, the most frequent first."""
    distinct, counts = np.unique(values[np.isfinite(values)], return_counts=True)
    first = np.argsort(-counts, kind="stable")[:MOST]
    return distinct[first][counts[first] >= least]
