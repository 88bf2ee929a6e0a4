"""What price lists and the like say in rows that break a relation."""

from dataclasses import dataclass

import numpy as np

__all__ = ["Listed"]

# A right number differs from its list in so many rows at least: lists change.
MIN_OFF = 0.01


@dataclass(frozen=True, eq=False)
class Listed:
    """Listed values of some rows, (n, m), NaN where no list says anything.

    `log_off` says for each column how likely a right number differs from its list.
    """

    values: np.ndarray
    log_off: np.ndarray

    @classmethod
    def of(cls, lookups, x, codes, relations):
        """Look up the columns of relations, but in no column that may be blamed."""
        values, log_off = np.full(x.shape, np.nan), np.zeros(x.shape[1])
        inside = {j for relation in relations for j in relation.columns}
        for lookup in lookups:
            blamed = not lookup.by_code and lookup.source in inside
            if lookup.target in inside and not blamed:
                values[:, lookup.target] = lookup.of(x, codes)
                log_off[lookup.target] = np.log(max(1 - lookup.agree, MIN_OFF))
        return cls(values, log_off)

    def log_fit(self, x):
        """How well all cells fit their lists, 0 or below."""
        return np.where(self._differs(x, self.values), self.log_off, 0.0)

    def log_fit_of(self, j, values, rows):
        """The same for other values in column j of some of the rows."""
        return self._differs(values, self.values[rows, j]) * self.log_off[j]

    def _differs(self, x, listed):
        return np.isfinite(listed) & np.isfinite(x) & ~np.isclose(x, listed, rtol=1e-9)
