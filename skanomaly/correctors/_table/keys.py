"""Keys that follow a row wherever it goes, and the random numbers they stand for."""

import numpy as np

from skanomaly.correctors._table.codec import MISSING
from skanomaly.utils._seeds import spawn_seeds

__all__ = ["content_keys", "keys_of_rows", "position_keys", "row_uniform"]


def keys_of_rows(codes, seed=0):
    """One 64-bit key a row, equal for equal rows and otherwise as good as random."""
    words = np.array(spawn_seeds(seed, 2 * codes.shape[1]), dtype=np.uint64)
    odd, shift = 2 * words[: codes.shape[1]] + 1, words[codes.shape[1] :]
    keys = np.zeros(len(codes), dtype=np.uint64)
    for j in range(codes.shape[1]):
        keys = _mix(keys ^ (codes[:, j].astype(np.uint64) * odd[j] + shift[j]))
    return keys


def content_keys(codes, unknown, labels=None):
    """Keys of rows by what is known in them and by their labels.

    Equal rows without labels are told apart by counting them: the draws of equal rows
    must differ, or they would all be filled alike.
    """
    keys = keys_of_rows(np.where(unknown, MISSING, codes))
    return _mix(keys + _mix(_count_equal(keys) if labels is None else labels))


def _count_equal(keys):
    """How many equal keys stand before each."""
    order = np.argsort(keys, kind="stable")
    place = np.arange(len(keys))
    first = np.append(True, keys[order][1:] != keys[order][:-1])[: len(keys)]
    count = np.empty(len(keys), dtype=np.uint64)
    count[order] = place - np.maximum.accumulate(np.where(first, place, 0))
    return count


def position_keys(n_rows):
    """Keys of rows by their position: equal rows get numbers of their own."""
    return _mix(np.arange(1, n_rows + 1, dtype=np.uint64))


def row_uniform(keys, seed, shape):
    """Uniform numbers in (0, 1), shape (n, *shape): a hash of key, seed and place.

    Parameters
    ----------
    keys : uint64 array of shape (n,)
    seed : int or tuple of int
        Other seeds give other numbers.
    shape : tuple of int
        Of the numbers of a row.
    """
    n_numbers = int(np.prod(shape))
    word = np.random.SeedSequence(seed).generate_state(1, np.uint64)
    places = _mix(np.arange(1, n_numbers + 1, dtype=np.uint64) + word)
    words = _mix(keys[:, None] + places)
    numbers = ((words >> np.uint64(11)) + 0.5) * 2.0**-53
    return numbers.reshape(len(keys), *shape)


def _mix(keys):
    """Spread every bit over the whole word (the finalizer of splitmix64)."""
    keys = (keys ^ (keys >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    keys = (keys ^ (keys >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return keys ^ (keys >> np.uint64(31))
