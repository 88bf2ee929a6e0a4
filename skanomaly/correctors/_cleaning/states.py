"""Entities that change in time, as shops do from month to month.

Their rows disagree as reports of several sources do, and all of them may be right.
"""

import numpy as np

__all__ = ["change_in_order"]

# Reports that are equal side by side are states of an entity at several times: so many
# more of them than by chance, of as many as there could be.
SIDE_BY_SIDE = 0.5


def change_in_order(key, source, reports):
    """Whether entities change from one value of `source` to the next, as with months.

    Reports that disagree come in any order; a new state lasts. The order is that of
    the values of `source`, or that of the table.
    """
    orders = np.lexsort((source, key)), np.argsort(key, kind="stable")
    return any(_side_by_side(key[at], reports[at]) > SIDE_BY_SIDE for at in orders)


def _side_by_side(key, reports):
    """How many more equal reports are neighbours than by chance, 1 for all there could.

    Only reports other than the most frequent one of a group count: that is what good
    sources say, wherever they stand. `key` is sorted; reports are of shape (n, m).
    """
    excess, most = 0.0, 0.0
    for column in reports.T:
        known = (key >= 0) & (column >= 0)
        value, n_values = column[known], column.max(initial=0) + 1
        pairs, at, count = np.unique(
            key[known].astype(np.int64) * n_values + value,
            return_inverse=True,
            return_counts=True,
        )
        owner = np.unique(pairs // n_values, return_inverse=True)[1]
        size, top = np.bincount(owner, count), np.zeros(len(count))
        np.maximum.at(top, owner, count)
        other = count < top[owner]
        equal = np.bincount(at[1:][at[1:] == at[:-1]], minlength=len(count))
        by_chance = count * (count - 1) / size[owner]
        excess += (equal - by_chance)[other].sum()
        most += (np.maximum(count - 1, 1) - by_chance)[other].sum()
    return excess / most if most > 0 else 0.0
