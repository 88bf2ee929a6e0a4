"""Pairs of a column's values that look alike, and the edits between them."""

from typing import NamedTuple

import numpy as np

__all__ = ["Edits", "typo_candidates"]

# At least this part of a string must stay as it is.
MIN_SHARED = 0.5
# Above this many values only those that share their first or last half are compared.
MAX_ALL_PAIRS = 2000
MAX_BLOCK = 200
MAX_LENGTH = 256


class Edits(NamedTuple):
    """Edits that turn a clean value into a dirty one; one entry for each pair.

    A pair of equal length differs by letters (`swaps`: the set of distinct changes,
    a letter replaced at several places being one change); any other pair by one block
    of letters (`block`: what is taken out, what is put in).
    """

    dirty: np.ndarray
    clean: np.ndarray
    swaps: list
    block: list


def typo_candidates(values, n_rows):
    """Pairs (dirty, clean) where the clean value is at least as frequent.

    A column in which no value repeats has none: nothing there could be learned.
    """
    edits: tuple = ([], [], [], [])
    if len(values) and np.max(n_rows) > 1:
        forward, backward, lengths = _letters(values)
        for k, others in _partners(values, n_rows):
            _add_swaps(edits, values, k, others, forward, lengths)
            _add_blocks(edits, values, k, others, forward, backward, lengths)
    dirty, clean, swaps, block = edits
    return Edits(
        np.array(dirty, dtype=np.int64), np.array(clean, dtype=np.int64), swaps, block
    )


def _letters(values):
    """Letters from the left and from the right, zero-padded, and the lengths."""
    lengths = np.array([len(value) for value in values])
    forward = np.zeros((len(values), min(lengths.max(), MAX_LENGTH)), dtype=np.int32)
    backward = np.zeros_like(forward)
    for k, value in enumerate(values):
        points = np.array([ord(letter) for letter in value], dtype=np.int32)
        cut = min(len(points), forward.shape[1])
        forward[k, :cut] = points[:cut]
        backward[k, :cut] = points[::-1][:cut]
    return forward, backward, lengths


def _partners(values, n_rows):
    """Yield each value and the values at least as frequent to compare it with."""
    if len(values) <= MAX_ALL_PAIRS:
        for k in range(len(values)):
            others = np.flatnonzero(n_rows >= n_rows[k])
            yield k, others[others != k]
        return
    blocks = _half_blocks(values, n_rows)
    for k, value in enumerate(values):
        first, last = _halves(value)
        others = np.union1d(blocks[first], blocks[last])
        yield k, others[(n_rows[others] >= n_rows[k]) & (others != k)]


def _half_blocks(values, n_rows):
    """Return the most frequent values for each first half and each last half."""
    blocks: dict = {}
    for k in np.argsort(-n_rows, kind="stable"):
        for half in _halves(values[k]):
            block = blocks.setdefault(half, [])
            if len(block) < MAX_BLOCK:
                block.append(k)
    return {half: np.array(block) for half, block in blocks.items()}


def _halves(value):
    middle = len(value) // 2
    return ("first", value[:middle]), ("last", value[len(value) - middle :])


def _add_swaps(edits, values, k, others, letters, lengths):
    """Add values of the same length that keep at least half of their letters."""
    if lengths[k] < 2 or lengths[k] > letters.shape[1]:
        return
    same = others[lengths[others] == lengths[k]]
    n_changed = (letters[same] != letters[k]).sum(axis=1)
    for clean in same[n_changed <= (1 - MIN_SHARED) * lengths[k]]:
        pairs = zip(values[clean], values[k], strict=True)
        _add(edits, k, clean, sorted({(a, b) for a, b in pairs if a != b}), None)


def _add_blocks(edits, values, k, others, forward, backward, lengths):
    """Add values of another length that share a beginning and an end."""
    if lengths[k] < 2:
        return
    others = others[lengths[others] != lengths[k]]
    shorter = np.minimum(lengths[others], lengths[k])
    first = np.minimum(_n_shared(forward, k, others), shorter)
    last = np.minimum(_n_shared(backward, k, others), shorter - first)
    near = first + last >= np.maximum((1 - MIN_SHARED) * shorter, 2)
    for clean, a, z in zip(others[near], first[near], last[near], strict=True):
        taken = values[clean][a : lengths[clean] - z]
        _add(edits, k, clean, [], (taken, values[k][a : lengths[k] - z]))


def _add(edits, *entry):
    for side, item in zip(edits, entry, strict=True):
        side.append(item)


def _n_shared(letters, k, others):
    """Return how many letters agree before the first difference."""
    differs = letters[others] != letters[k]
    return np.where(differs.any(axis=1), differs.argmax(axis=1), letters.shape[1])
