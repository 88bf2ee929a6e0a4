"""Judge cells row by row, whatever stands beside a row and wherever it comes from."""

import numpy as np

from skanomaly.correctors._cleaning.error_posterior import CellPosterior, ErrorPosterior
from skanomaly.correctors._cleaning.source_votes import SourceVotes
from skanomaly.correctors._table.columns import MISSING
from skanomaly.correctors._table.keys import keys_of_rows

__all__ = ["ErrorDetector"]

# Counts of so many rows say what there is to say, and their cost stays bounded.
MAX_ROWS = 10_000
# A column with more values names things rather than describing them: hardly a value
# comes often enough to say what belongs there.
MAX_VALUES = 1_000
CHUNK = 4096


class ErrorDetector:
    """An `ErrorPosterior` that knows its training rows again.

    The counts of a training row hold the row itself, which must not vouch for itself.
    So a row with the content of a training row is judged as that one, with its own
    count taken out, also when it comes back alone or in another order. Columns with
    more than 1,000 values are not judged, nor counted as evidence for others; only the
    network sees them. Where several sources describe the same things, their votes about
    a thing take the place of all this (`SourceVotes`).

    Parameters
    ----------
    columns : sequence of CategoricalColumn or BinnedColumn
        The columns of the table.
    model : FoldedModel
        Tells the conditionals of rows that it did not learn from.
    error_rate : float
        Share of wrong cells that is expected beforehand.
    seed : int
    keys : "auto", None or list of int, default=None
        Columns that name what a row is about; "auto" finds them, None has no votes.
    """

    def __init__(self, columns, model, error_rate, seed, keys=None):
        self.columns, self.model, self.keyed_by = columns, model, keys
        self.error_rate, self.seed = error_rate, seed
        self.sizes = tuple(len(column.values) for column in columns)
        self.judged = np.array([size <= MAX_VALUES for size in self.sizes])

    def fit(self, codes):
        """Learn from a table; at most 10,000 of its rows, chosen by their content.

        Votes are counted on all of them.
        """
        self.votes = self._votes(codes)
        keys = keys_of_rows(codes, self.seed)
        chosen = np.sort(np.argsort(keys, kind="stable")[:MAX_ROWS])
        codes, keys = codes[chosen], keys[chosen]
        sizes = [k if j else 1 for k, j in zip(self.sizes, self.judged, strict=True)]
        self.posterior = ErrorPosterior(error_rate=self.error_rate, seed=self.seed).fit(
            self._narrow(codes),
            sizes,
            values=[_texts(c.values) for c in self.columns],
            conditionals=self._conditionals(codes),
        )
        self.keys, first = np.unique(keys, return_index=True)
        known = self.posterior.posterior(codes, training=True)
        self.known = CellPosterior(*(part[first] for part in known))
        return self

    def judge(self, codes):
        """Return the `CellPosterior` of rows."""
        keys = keys_of_rows(codes, self.seed)
        at = np.searchsorted(self.keys, keys).clip(0, len(self.keys) - 1)
        result = CellPosterior(*(part[at].copy() for part in self.known))
        new = np.flatnonzero(self.keys[at] != keys)
        for start in range(0, len(new), CHUNK):
            rows = new[start : start + CHUNK]
            judged = self.posterior.posterior(
                self._narrow(codes[rows]), conditionals=self._conditionals(codes[rows])
            )
            for part, values in zip(result, judged, strict=True):
                part[rows] = values
        result = self._without_wide(result)
        return result if self.votes is None else self.votes.overrule(result, codes)

    def _votes(self, codes):
        if self.keyed_by is None:
            return None
        keys = None if isinstance(self.keyed_by, str) else self.keyed_by
        nominal = [j for j, c in enumerate(self.columns) if c.kind == "categorical"]
        votes = SourceVotes(self.sizes, nominal).fit(codes, keys)
        return None if votes.design is None else votes

    def _narrow(self, codes):
        """Codes in which columns that are not judged hold one value."""
        return np.where(self.judged, codes, 0)

    def _conditionals(self, codes):
        """Log-conditionals by the network, which sees the wide columns too."""
        logs = self.model.log_conditionals(codes, asked=self.judged)
        one = np.zeros((len(codes), 1), dtype=np.float32)
        judged = zip(logs, self.judged, strict=True)
        return [[p.astype(np.float32) if j else one for p, j in judged]]

    def _without_wide(self, found):
        found.p_error[:, ~self.judged] = 0.0
        found.p_new[:, ~self.judged] = 0.0
        found.candidates[:, ~self.judged] = MISSING
        found.best[:, ~self.judged] = MISSING
        return found


def _texts(values):
    """Texts of the values of a column; None for a column that is no text."""
    if len(values) > MAX_VALUES or not all(isinstance(v, str) for v in values):
        return None
    return np.array(values, dtype=str)
