"""How strings go wrong: a channel learned from repairs of which it is itself sure."""

import numpy as np
from scipy import sparse

from skanomaly.correctors._cleaning.characters import log_plausibility
from skanomaly.correctors._cleaning.typos import typo_candidates

__all__ = ["StringChannel"]

# Letters that a text may be made of; only the order of magnitude matters.
ALPHABET_SIZE = 60
# What one invented block may weigh beside the blocks that were seen.
BLOCK_PRIOR = 0.5


class StringChannel:
    """p(dirty string | clean string, a typing error) between the values of a column.

    An error is either a set of letter changes, each of which may hit several places
    (all "t" become "x"), or one block taken out and another put in. What is learned by
    EM is shared by all columns: how many changes there are, which letters they put in,
    which blocks recur. It starts from how often each edit leads from a value to one at
    least as frequent: an edit that recurs between many values is systematic.

    Parameters
    ----------
    values : list of d arrays of str, or None
        Values of each column by code; None for a column that is no text.
    n_rows : list of d int arrays
        How many rows hold each value.
    """

    def __init__(self, values, n_rows):
        self.values = values
        self.n_rows = n_rows
        self.pairs = [
            typo_candidates([] if v is None else list(v), count)
            for v, count in zip(values, n_rows, strict=True)
        ]
        self._describe()
        self.update([_equal_shares(pairs.dirty) for pairs in self.pairs])

    def update(self, responsibilities):
        """M-step: `responsibilities` holds, for each column, the mass of each pair."""
        mass = np.concatenate([*responsibilities, np.zeros(0)])
        swapped, blocked = mass[self._is_swap].sum() + 1, mass[~self._is_swap].sum() + 1
        kind = np.where(self._is_swap, swapped, blocked) / (swapped + blocked)
        put_in = mass @ self._letters
        letter = np.log((put_in + 1 / ALPHABET_SIZE) / (put_in.sum() + 1))
        log_p = np.log(kind) + self._log_ways + self._letters @ letter
        log_p += np.where(self._is_swap, self._log_count(mass), self._log_block(mass))
        self._fill(np.exp(log_p))

    def plausibility(self, j, legitimate):
        """Factor in (0, 1] for each value of column `j`, shape (k,).

        How much less a value looks like its column than a more frequent one nearby;
        `legitimate` (k,) is the probability of each value to be no error.
        """
        pairs = self.pairs[j]
        if not len(pairs.dirty):
            return np.ones(len(self.n_rows[j]))
        own = log_plausibility(list(self.values[j]), legitimate)
        rarer = self.n_rows[j][pairs.clean] > self.n_rows[j][pairs.dirty]
        dirty, clean = pairs.dirty[rarer], pairs.clean[rarer]
        nearby = np.full(len(own), -np.inf)
        trusted = np.log(np.maximum(legitimate[clean], 1e-9))
        np.maximum.at(nearby, dirty, own[clean] + trusted)
        gap = np.where(np.isfinite(nearby), own - nearby, 0.0)
        return np.exp(np.clip(gap, -500, 0))

    def _describe(self):
        """Count what each pair of all columns is made of."""
        swaps = [s for pairs in self.pairs for s in pairs.swaps]
        blocks = [b for pairs in self.pairs for b in pairs.block]
        clean = [
            self.values[j][k] for j, pairs in enumerate(self.pairs) for k in pairs.clean
        ]
        self._is_swap = np.array([b is None for b in blocks], dtype=bool)
        self._n_swaps = np.array([len(s) for s in swaps], dtype=np.int64)
        self._letters = _incidence([[new for _, new in s] for s in swaps])
        self._blocks, self._block_prior = _index_blocks(blocks)
        self._log_ways = np.array(
            [
                _log_choices(len(set(value)), len(s)) if s else -np.log(len(value) + 1)
                for value, s in zip(clean, swaps, strict=True)
            ]
        ).reshape(-1)

    def _log_count(self, mass):
        """Log-probability of each pair's number of letter changes."""
        n = np.minimum(self._n_swaps, 4)
        seen = np.bincount(n[self._is_swap], mass[self._is_swap], minlength=5)
        return np.log((seen[n] + 2.0**-n) / (seen.sum() + 1))

    def _log_block(self, mass):
        """Log-probability of each pair's block."""
        seen = np.bincount(self._blocks, mass, minlength=len(self._block_prior))
        chance = (seen + BLOCK_PRIOR * self._block_prior) / (
            seen[1:].sum() + BLOCK_PRIOR
        )
        return np.log(chance[self._blocks])

    def _fill(self, chance):
        """Keep p(dirty | clean) of each column, sparse, and the number of each pair."""
        self.likelihood_, self.pair_number_, start = [], [], 0
        for pairs, n_rows in zip(self.pairs, self.n_rows, strict=True):
            stop = start + len(pairs.dirty)
            shape, where = (len(n_rows), len(n_rows)), (pairs.dirty, pairs.clean)
            number = np.arange(1, stop - start + 1)
            self.likelihood_.append(
                sparse.csr_matrix((chance[start:stop], where), shape)
            )
            self.pair_number_.append(sparse.csr_matrix((number, where), shape))
            start = stop


def _equal_shares(dirty):
    """One unit of mass for each dirty value, spread over its clean neighbours."""
    return 1 / np.bincount(dirty)[dirty] if len(dirty) else np.zeros(0)


def _log_choices(n_letters, n_changes):
    """Log-chance of choosing these letters out of the distinct ones of a string."""
    drawn = np.arange(n_changes)
    return np.sum(np.log(drawn + 1) - np.log(np.maximum(n_letters - drawn, 1)))


def _incidence(lists):
    """Sparse counts, one row for each list and one column for each distinct item."""
    items = sorted({item for row in lists for item in row})
    index = {item: i for i, item in enumerate(items)}
    column = [index[item] for row in lists for item in row]
    row = np.repeat(np.arange(len(lists)), [len(row) for row in lists])
    shape = (len(lists), len(items))
    return sparse.csr_matrix((np.ones(len(column)), (row, column)), shape)


def _index_blocks(blocks):
    """Number of each pair's block, 0 for none, and each block's prior probability."""
    distinct = sorted({block for block in blocks if block is not None})
    index = {block: i for i, block in enumerate(distinct, start=1)}
    prior = [1.0] + [
        max(2.0 ** -(len(out) + len(new)) * float(ALPHABET_SIZE) ** -len(new), 1e-300)
        for out, new in distinct
    ]
    numbers = [0 if block is None else index[block] for block in blocks]
    return np.array(numbers, dtype=np.int64), np.array(prior)
