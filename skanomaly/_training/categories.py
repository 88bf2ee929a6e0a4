"""Categories of a column as codes: frequent levels one each, all others one in common.

The codes depend on the values and on how often they occur, not on the dtype of the
column or the order of its levels.
"""

import numpy as np
import pandas as pd

__all__ = ["Categories", "distinct_values"]

# Levels with an input of their own; rarer ones share one. A level that is as frequent
# as one that is left out is left out too, so that no order of equals decides.
MAX_LEVELS = 64

# A level that occurs less often shares the input of unseen ones: nothing can be learned
# from it alone.
MIN_ROWS = 2

# The next three were chosen by ROC AUC on bank, adult and mushroom, clean and
# contaminated, mean over the six: AutoEncoder .806, VAE .785, DeepSVDD .793. With
# loudness and weight 1, which is the usual standardized one-hot table spread over the
# column, .787, .774, .789; inputs of 0 and 1 as they are .799, .784, .791.

# No level is taken for rarer than this. One cell of a level that was never seen would
# otherwise outweigh all other columns together.
MIN_SHARE = 1e-2

# How far a rare level is louder than a frequent one, from 0 (a distance between levels
# does not depend on their frequencies) to 1 (all inputs have the same variance).
LOUDNESS = 0.25

# Variance of all inputs of a column together; that of a column of numbers is 1.
WEIGHT = 0.5


class Categories:
    """Levels of one column, the most frequent first.

    Parameters
    ----------
    name : str
        The column in messages.
    values : Series
        Its cells in the training rows.

    Attributes
    ----------
    levels : list
        Values with a code of their own, their position here. The next code is that of
        all others.
    rare : object
        The most frequent value of the others; the last level if there are none.
    shares : ndarray of shape (n_codes,)
        Fraction of the known training cells with each code.
    """

    def __init__(self, name, values):
        self.name = name
        counts, value_of = _counted(name, values)
        ranked = sorted(counts, key=lambda key: (-counts[key], key))
        own = ranked[: _n_own([counts[key] for key in ranked])]
        self.code_of = {key: code for code, key in enumerate(own)}
        self.levels = [value_of[key] for key in own]
        self.rare = value_of[ranked[min(len(own), len(ranked) - 1)]] if ranked else None
        self.kinds = {kind for kind, _ in counts}
        by_code = np.array([counts[key] for key in own], dtype=float)
        n_known = max(1, sum(counts.values()))
        self.shares = np.append(by_code / n_known, 1.0 - by_code.sum() / n_known)

    @property
    def n_codes(self):
        """Number of codes, that of rare and unseen levels included."""
        return len(self.levels) + 1

    def codes(self, values):
        """Codes of cells as numbers; NaN where a cell is missing."""
        index, distinct = distinct_values(self.name, values)
        keys = [_key(value) for value in distinct]
        self._check_kinds(keys)
        codes = [self.code_of.get(key, len(self.levels)) for key in keys]
        return np.array([*codes, np.nan])[index]  # the index of a missing cell is -1

    def decode(self, codes):
        """Values of codes, an array of objects."""
        values = np.empty(self.n_codes, dtype=object)
        values[:] = [*self.levels, self.rare]
        return values[codes.astype(int)]

    def scales(self):
        """What the input of each code is divided by, shape (n_codes,).

        The variances of the divided inputs add up to `WEIGHT`.
        """
        shares = self.shares.clip(MIN_SHARE, 1.0 - MIN_SHARE)
        variances = shares * (1.0 - shares)
        loud = variances**LOUDNESS
        return np.sqrt(loud * (variances / loud).sum() / WEIGHT)

    def _check_kinds(self, keys):
        found = {kind for kind, _ in keys}
        if found and self.kinds and not found & self.kinds:
            raise TypeError(
                f"{self.name} held {_listed(self.kinds)} in fit, but holds "
                f"{_listed(found)} now: no category would be known. Convert it to what "
                "it was."
            )


def distinct_values(name, values):
    """Position of each cell among the distinct ones (-1 if missing), and these."""
    try:
        index, distinct = pd.factorize(values, use_na_sentinel=True)
    except TypeError as error:
        raise TypeError(
            f"{name} holds cells that are no categories ({error}): convert them to "
            "text or numbers first."
        ) from None
    return index, list(distinct)


def _counted(name, values):
    """How often each key occurs, and one value for each."""
    index, distinct = distinct_values(name, values)
    n_cells = np.bincount(index[index >= 0], minlength=len(distinct))
    counts: dict = {}
    value_of: dict = {}
    for value, n in zip(distinct, n_cells.tolist(), strict=True):
        if n:
            key = _key(value)
            counts[key] = counts.get(key, 0) + n
            value_of.setdefault(key, value)
    return counts, value_of


def _n_own(counts):
    """How many of the counts, in falling order, get a code of their own."""
    least = MIN_ROWS
    if len(counts) > MAX_LEVELS:
        least = max(least, counts[MAX_LEVELS] + 1)
    return sum(n >= least for n in counts)


def _key(value):
    """Kind and value, equal for equal values of all dtypes, and in one order."""
    if isinstance(value, str):
        return "text", str(value)
    if isinstance(value, bool | np.bool_ | int | float | np.number):
        if float(value).is_integer():
            return "numbers", int(value)
        # As a float32 holds it, for a column that was one.
        return "numbers", float(np.float32(value))
    return "objects", str(value)


def _listed(kinds):
    return " and ".join(sorted(kinds))
