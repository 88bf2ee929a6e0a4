"""Constants: far values that come again where hardly any others are.

Of ages, every whole number up to 100 is there, and then only 187 and 230, each several
times. These are no tail of the others: a tail would be thin, and not repeat itself.
"""

import numpy as np

from skanomaly.correctors._numbers.tails import BULK_GAP, TAIL_SHARE

__all__ = ["find_constants", "is_dense", "is_short"]

# In a dense column so many different values, and this part of all that are possible,
# lie between these quantiles.
MIN_DENSE, DENSE = 30, 0.9
BULK = 0.03, 0.97
# It has no favourites, such as round prices: hardly a value comes that many times as
# often as those beside it, and by that many standard deviations.
BESIDE, OFTEN, DEVIATIONS = 3, 2.5, 3.0
MAX_FAVOURITES = 0.02
# A bulk is short if the distance of its end from the upper quartile is that many times
# the distance of this from the median; of a normal sample it is 1.8, of waits 3.
SHORT = 2.0
# So many of the far values, and this part of them, have come before.
MIN_AGAIN, AGAIN = 3, 0.5


def is_dense(values, grid):
    """Whether nearly all that is possible in the bulk is there, and evenly."""
    if grid.step == 0:
        return False
    distinct, counts = np.unique(values, return_counts=True)
    low, high = np.quantile(values, BULK)
    inside = (distinct >= low) & (distinct <= high) & grid.holds(distinct)
    n_possible = (high - low) / grid.step + 1
    if inside.sum() < max(MIN_DENSE, DENSE * n_possible):
        return False
    return _favourites(counts[inside]) <= MAX_FAVOURITES


def _favourites(counts):
    """Share of the values that are much more frequent than those beside them."""
    middle = counts[BESIDE:-BESIDE]
    around = np.convolve(counts, np.ones(2 * BESIDE + 1), "valid")
    usual = (around - middle) / (2 * BESIDE)
    return np.mean(middle > OFTEN * usual + DEVIATIONS * np.sqrt(usual))


def is_short(values):
    """Whether the bulk thins out upwards about as fast as that of a normal sample."""
    middle, high, top = np.quantile(values, [0.5, 0.75, BULK[1]])
    return top - high <= SHORT * (high - middle)


def find_constants(values, scale, most, slips):
    """Return the constants of a dense column.

    Parameters
    ----------
    values : float array
        The column without missing values.
    scale : Scale
    most : float
        Share of the column that they may have: more have a meaning.
    slips : Slips
        Of this column; what is made from the others is known better.
    """
    distinct, counts = np.unique(values, return_counts=True)
    scaled, n_most = scale.forward(distinct), most * len(values)
    low, high = np.quantile(scale.forward(values), [TAIL_SHARE, 1 - TAIL_SHARE])
    least = BULK_GAP * (high - low)
    mirrored = -scaled[::-1], counts[::-1], -low, least, n_most, slips.mirrored()
    n_upper = _n_beyond(scaled, counts, high, least, n_most, slips)
    n_lower, at = _n_beyond(*mirrored), np.arange(len(distinct))
    beyond = (at < n_lower) | (at >= len(distinct) - n_upper)
    # Zero says that there is nothing of it.
    return distinct[beyond & (counts > 1) & (distinct != 0)]


def _n_beyond(scaled, counts, high, least, most, slips):
    """How many different values lie beyond a wide gap and mostly come again."""
    rows = counts[::-1].cumsum()[::-1]
    again = rows - np.arange(len(counts), 0, -1)
    gaps = np.diff(scaled, prepend=-np.inf)
    begins = (scaled > high) & (gaps > least) & (rows <= most)
    begins &= (again >= MIN_AGAIN) & (again >= AGAIN * rows)
    first = int(begins.argmax())
    if not begins.any() or slips.factor_of(int(rows[first])):
        return 0
    return len(counts) - first
