"""Judge cells row by row, whatever stands beside a row and wherever it comes from."""

import numpy as np

from skanomaly.correctors._error_posterior import CellPosterior
from skanomaly.correctors._folds import keys_of_rows

__all__ = ["CellJudge", "texts_of"]


class CellJudge:
    """An `ErrorPosterior` that knows its training rows again.

    The counts of a training row hold the row itself, which must not vouch for itself.
    So a row with the content of a training row is judged as that one, with its own
    count taken out, also when it comes back alone or in another order.

    Parameters
    ----------
    posterior : ErrorPosterior
        Fitted.
    codes : ndarray of int, shape (n, d)
        What it was fitted on.
    """

    def __init__(self, posterior, codes):
        self.posterior = posterior
        self.keys, first = np.unique(keys_of_rows(codes), return_index=True)
        known = posterior.posterior(codes, training=True)
        self.known = CellPosterior(*(part[first] for part in known))

    def judge(self, codes):
        """Return the `CellPosterior` of rows."""
        keys = keys_of_rows(codes)
        at = np.searchsorted(self.keys, keys).clip(0, len(self.keys) - 1)
        seen = self.keys[at] == keys
        result = CellPosterior(*(part[at].copy() for part in self.known))
        if not seen.all():
            new = self.posterior.posterior(codes[~seen])
            for part, values in zip(result, new, strict=True):
                part[~seen] = values
        return result


def texts_of(columns):
    """Texts of the values of each column; None for a column that is no text."""
    return [_texts(column.values) for column in columns]


def _texts(values):
    if not all(isinstance(value, str) for value in values):
        return None
    return np.array(values, dtype=str)
