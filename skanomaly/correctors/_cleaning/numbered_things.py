"""Things that a running number names: hosts, customers, licences.

Numbers of many values are cut into bins, and what rows of a bin have in common is said
of several things at once. Where the rows of a thing are alike, the only row of another
one looks wrong among them.
"""

import numpy as np

from skanomaly.correctors._cleaning.reasons import DETERMINED, RARE
from skanomaly.correctors._cleaning.witnesses import NO_MATTER, Witnesses

__all__ = ["NumberedThings"]

# A number names things if it comes in so many rows on average.
OFTEN = 2


class NumberedThings:
    """Rows with the same whole number, as witnesses where only whole rows vote.

    Parameters
    ----------
    codec : TableCodec
    """

    def __init__(self, codec):
        self.columns = codec.columns

    def fit(self, frame, codes, detector):
        """Count which values rows with the same number have.

        Parameters
        ----------
        frame : DataFrame
        codes : int array of shape (n, d)
            Its codes.
        detector : ErrorDetector
            Fitted on it.
        """
        asked = detector.judged
        self.values = self._find_numbers(frame) if asked.any() else {}
        sizes = [len(column.values) for column in self.columns]
        sizes += [len(values) for values in self.values.values()]
        is_number = np.arange(len(sizes)) >= len(self.columns)
        asked = np.append(asked, np.zeros(len(self.values), bool))
        self.witnesses = Witnesses(sizes).fit(
            self._with_numbers(frame, codes), asked & bool(self.values), is_number
        )
        return self

    def lead(self, rows, new, detector):
        """How many rows more of the same thing speak for a change than against it.

        The least of all numbers that name things. Int array of shape (n, d) for `Rows`
        and their new codes; NO_MATTER where nothing is changed, or more than whole rows
        speak for it.
        """
        codes, lead = rows.codes, np.full(new.shape, NO_MATTER)
        asked = np.zeros(new.shape[1], bool)
        asked[list(self.witnesses.counts)] = True
        cells = (new != codes) & (new >= 0) & (codes >= 0) & asked
        at = np.flatnonzero(cells.any(axis=1))
        if not len(at):
            return lead
        cells[at] = self._by_whole_rows(codes[at], cells[at], detector.model_)
        wide = self._with_numbers(rows.frame.iloc[at], codes[at])
        for j, several in self.witnesses.counts.items():
            here = cells[at, j]
            for counts in several:
                more = _n_more(counts, wide[here], new[at[here], j], codes[at[here], j])
                lead[at[here], j] = np.minimum(lead[at[here], j], more)
        return lead

    def _by_whole_rows(self, codes, cells, model):
        """Cells that are no slips, and that no single column votes on."""
        alone = cells & (model.verdicts_.trust.dependencies.votes(codes) < 0)
        for i, j in np.argwhere(alone):
            alone[i, j] = model.kind(j, codes[i, j]) in (DETERMINED, RARE)
        return alone

    def _find_numbers(self, frame):
        """Distinct numbers of the columns that may name things."""
        found = {}
        for c, column in enumerate(self.columns):
            if column.kind == "numeric" and column.reading == "number":
                numbers = column.numbers(frame.iloc[:, c])
                values, count = np.unique(
                    numbers[_is_whole(numbers)], return_counts=True
                )
                if len(values) > 1 and count.mean() >= OFTEN:
                    found[c] = values
        return found

    def _with_numbers(self, frame, codes):
        """Codes with a column for each number, -1 for one that is not known."""
        parts = [codes]
        for c, values in self.values.items():
            numbers = self.columns[c].numbers(frame.iloc[:, c])
            at = np.searchsorted(values, numbers).clip(0, len(values) - 1)
            parts.append(np.where(values[at] == numbers, at, -1)[:, None])
        return np.hstack(parts)


def _n_more(counts, wide, new, old):
    """How many rows more have new values than old ones, where any is known."""
    source = wide[:, counts.column]
    n_new, n_old = counts.of(source, new), counts.of(source, old)
    return np.where(n_new + n_old > 0, n_new - n_old, NO_MATTER)


def _is_whole(numbers):
    """Whether numbers are there, and whole."""
    return numbers == np.floor(numbers)
