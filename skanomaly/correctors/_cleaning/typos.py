"""Typing errors: pairs of similar strings, and a channel learned from them."""

from collections import Counter
from functools import lru_cache
from itertools import compress
from typing import NamedTuple

import numpy as np
from scipy import sparse

from skanomaly.correctors._cleaning.letters import are_letters
from skanomaly.correctors._cleaning.slips import usual_slips

__all__ = ["StringChannel"]

# At least this part of a string must stay as it is.
MIN_SHARED = 0.5
# Above this many values only those that share their first or last half are compared.
MAX_ALL_PAIRS = 2000
MAX_BLOCK = 200
MAX_LENGTH = 256
# A longer block is a word or a member of a list, and no typing error.
MAX_BLOCK_LENGTH = 2
# Where so many rows have a digit, texts are numbered. Errors come in fewer.
NUMBERED = 0.1
# Of values of fewer rows than these one is a slip only of a more frequent one.
RARE = 10
# A letter that so many pairs of values differ by at the same end, and this part of all
# that differ by one letter there, is no slip.
MIN_ENDINGS, MOST_ENDINGS, MIN_STEM = 5, 0.5, 3
# Characters that a text may be made of; only the order of magnitude matters.
ALPHABET_SIZE = 60
# What one invented block may weigh beside the blocks that were seen.
BLOCK_PRIOR = 0.5
START, END = "\x02", "\x03"
# The block that stands for two neighbours that changed places, whichever they are: it
# is one slip, and all of them are one habit.
EXCHANGE = ("", "\x04")


class StringChannel:
    """p(dirty string | clean string, a typing error) between the values of a column.

    An error is either a set of character changes, each of which may hit several places
    (all "t" become "x"), or one block that replaces another, or two neighbours that
    changed places. What is learned by EM is
    shared by all columns: how many changes there are, which characters they insert,
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
        self._sort()
        self.update([_equal_shares(pairs.dirty) for pairs in self.pairs])

    def update(self, responsibilities):
        """M-step: `responsibilities` holds, for each column, the mass of each pair."""
        mass = np.concatenate([*responsibilities, np.zeros(0)])
        chars, of_chars = self._by_character, mass[self._by_character].sum() + 1
        of_blocks = mass[~chars].sum() + 1
        kind = np.where(chars, of_chars, of_blocks) / (of_chars + of_blocks)
        inserted = mass @ self._characters
        character = np.log((inserted + 1 / ALPHABET_SIZE) / (inserted.sum() + 1))
        log_p = np.log(kind) + self._log_ways + self._characters @ character
        log_p += np.where(chars, self._log_count(mass), self._log_block(mass))
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
        substitutions = [s for pairs in self.pairs for s in pairs.substitutions]
        blocks = [b for pairs in self.pairs for b in pairs.block]
        clean = [
            self.values[j][k] for j, pairs in enumerate(self.pairs) for k in pairs.clean
        ]
        self._by_character = np.array([b is None for b in blocks], dtype=bool)
        self._n_changes = np.array([len(s) for s in substitutions], dtype=np.int64)
        self._characters = _incidence([[new for _, new in s] for s in substitutions])
        self._blocks, self._block_prior = _index_blocks(blocks)
        self._takes_more = np.array(
            [block is not None and len("".join(block)) > 1 for block in blocks], bool
        )
        self._log_ways = np.array(
            [
                _log_choices(len(set(value)), len(s)) if s else -np.log(len(value) + 1)
                for value, s in zip(clean, substitutions, strict=True)
            ]
        ).reshape(-1)

    def _sort(self):
        """Number the pairs of each column from 1 on, in a sparse table."""
        self.pair_number_ = []
        for pairs, n_rows in zip(self.pairs, self.n_rows, strict=True):
            number = np.arange(1, len(pairs.dirty) + 1)
            shape, where = (len(n_rows), len(n_rows)), (pairs.dirty, pairs.clean)
            self.pair_number_.append(sparse.csr_matrix((number, where), shape))

    def _log_count(self, mass):
        """Log-probability of each pair's number of character changes."""
        n = np.minimum(self._n_changes, 4)
        seen = np.bincount(n[self._by_character], mass[self._by_character], minlength=5)
        return np.log((seen[n] + 2.0**-n) / (seen.sum() + 1))

    def _log_block(self, mass):
        """Log-probability of each pair's block."""
        seen = np.bincount(self._blocks, mass, minlength=len(self._block_prior))
        # What takes more than one slip is learned from other pairs: a rare name would
        # become the evidence that it is an error.
        own = np.where(self._takes_more, mass, 0.0)
        others = np.maximum(seen[self._blocks] - own, 0)
        every = np.maximum(seen[1:].sum() - own, 0)
        prior = BLOCK_PRIOR * self._block_prior[self._blocks]
        return np.log((others + prior) / (every + BLOCK_PRIOR))

    def _fill(self, chance):
        """Keep p(dirty | clean) of each column, sparse."""
        self.likelihood_, start = [], 0
        for number in self.pair_number_:
            likelihood = number.astype(np.float64)
            likelihood.data = chance[start + number.data - 1]
            self.likelihood_.append(likelihood)
            start += number.nnz


def _equal_shares(dirty):
    """One unit of mass for each dirty value, spread over its clean neighbours."""
    return 1 / np.bincount(dirty)[dirty] if len(dirty) else np.zeros(0)


@lru_cache(2**14)  # of few numbers, for many pairs
def _log_choices(n_characters, n_changes):
    """Log-chance of choosing these characters out of the distinct ones of a string."""
    drawn = np.arange(n_changes)
    return np.sum(np.log(drawn + 1) - np.log(np.maximum(n_characters - drawn, 1)))


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


class Edits(NamedTuple):
    """Edits that turn a clean value into a dirty one; one entry for each pair.

    A pair of equal length differs by characters (`substitutions`: the set of distinct
    changes, a character replaced at several places being one change); any other pair by
    one block of characters (`block`: what is deleted, what is inserted).
    """

    dirty: np.ndarray
    clean: np.ndarray
    substitutions: list
    block: list


def typo_candidates(values, n_rows):
    """Pairs (dirty, clean) where the clean value is more frequent, or as frequent.

    A column in which no value repeats has none: nothing there could be learned.
    """
    edits: tuple = ([], [], [], [])
    if len(values) and np.max(n_rows) > 1:
        forward, backward, lengths = _characters(values)
        letters = are_letters(values, n_rows)
        for k, others in _partners(values, n_rows):
            _add_substitutions(edits, values, k, others, forward, lengths)
            _add_blocks(edits, values, k, others, forward, backward, lengths, letters)
        _add_single_letters(edits, values, n_rows)
        if _are_numbered(values, n_rows):
            edits = _without_numbers(edits)
        edits = _without_endings(edits, values)
    dirty, clean, substitutions, block = edits
    return Edits(
        np.array(dirty, dtype=np.int64),
        np.array(clean, dtype=np.int64),
        substitutions,
        block,
    )


def _characters(values):
    """Characters from the left and from the right, zero-padded, and the lengths."""
    lengths = np.array([len(value) for value in values])
    forward = np.zeros((len(values), min(lengths.max(), MAX_LENGTH)), dtype=np.int32)
    backward = np.zeros_like(forward)
    for k, value in enumerate(values):
        points = np.array([ord(character) for character in value], dtype=np.int32)
        cut = min(len(points), forward.shape[1])
        forward[k, :cut] = points[:cut]
        backward[k, :cut] = points[::-1][:cut]
    return forward, backward, lengths


def _partners(values, n_rows):
    """Yield each value and those that it may be a slip of."""
    if len(values) <= MAX_ALL_PAIRS:
        for k in range(len(values)):
            others = np.flatnonzero(n_rows >= _least_rows(n_rows[k]))
            yield k, others[others != k]
        return
    blocks = _half_blocks(values, n_rows)
    for k, value in enumerate(values):
        first, last = _halves(value)
        others = np.union1d(blocks[first], blocks[last])
        yield k, others[(n_rows[others] >= _least_rows(n_rows[k])) & (others != k)]


def _least_rows(n_rows):
    """How many rows a clean value has at least beside a dirty one of so many.

    Of a right value and a slip of it that are both rare, nobody could tell which is
    which if they were as rare.
    """
    return max(n_rows, min(n_rows + 1, RARE))


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


def _add_substitutions(edits, values, k, others, characters, lengths):
    """Add values of the same length that keep at least half of their characters."""
    if lengths[k] < 2 or lengths[k] > characters.shape[1]:
        return
    same = others[lengths[others] == lengths[k]]
    n_changed = (characters[same] != characters[k]).sum(axis=1)
    for clean in same[n_changed <= (1 - MIN_SHARED) * lengths[k]]:
        pairs = zip(values[clean], values[k], strict=True)
        changes = sorted({(a, b) for a, b in pairs if a != b})
        if _is_exchange(values[clean], values[k]):
            _add(edits, k, clean, [], EXCHANGE)
        elif _is_other_word(values[clean], values[k]):
            continue
        elif not _is_number("".join(a + b for a, b in changes), values[clean]):
            _add(edits, k, clean, changes, None)


def _add_blocks(edits, values, k, others, forward, backward, lengths, letters):
    """Add values of another length that share a beginning and an end."""
    if lengths[k] < 2:
        return
    longer = np.abs(lengths[others] - lengths[k])
    others = others[(longer > 0) & (longer <= MAX_BLOCK_LENGTH)]
    shorter = np.minimum(lengths[others], lengths[k])
    first = np.minimum(_n_shared(forward, k, others), shorter)
    last = np.minimum(_n_shared(backward, k, others), shorter - first)
    least = np.where(letters[others] & (lengths[k] == 2), 1, 2)
    near = first + last >= np.maximum((1 - MIN_SHARED) * shorter, least)
    for clean, a, z in zip(others[near], first[near], last[near], strict=True):
        taken = values[clean][a : lengths[clean] - z]
        put = values[k][a : lengths[k] - z]
        short = max(len(taken), len(put)) <= MAX_BLOCK_LENGTH
        if short and not _is_number(taken + put, values[clean]):
            _add(edits, k, clean, [], (taken, put))


def _add_single_letters(edits, values, n_rows):
    """Add what is left of words of two letters."""
    for k, clean in usual_slips(values, n_rows):
        if len(values[k]) == 1:
            _add(edits, k, clean, [], (values[clean].replace(values[k], "", 1), ""))


def _are_numbered(values, n_rows):
    """Whether texts of a column may end in a number, which is no slip then."""
    has = [any(character.isdigit() for character in value) for value in values]
    return n_rows[has].sum() >= NUMBERED * n_rows.sum()


def _without_numbers(edits):
    """Leave out blocks of digits: anna.berg5 is not anna.berg."""
    kept = [b is None or not "".join(b).isdigit() for b in edits[3]]
    return tuple(list(compress(items, kept)) for items in edits)


def _without_endings(edits, values):
    """Leave out a letter that many values have more than others at the same end.

    The plates of electric cars end in an E: what comes again is a part of the code.
    """
    found = [
        _ending(values[k], values[m]) if block is not None else None
        for k, m, block in zip(edits[0], edits[1], edits[3], strict=True)
    ]
    count = Counter(ending for ending in found if ending is not None)
    at_end = Counter(side for side, _ in count.elements())
    parts = {
        (side, letter)
        for (side, letter), n in count.items()
        if n >= MIN_ENDINGS and n >= MOST_ENDINGS * at_end[side]
    }
    kept = [ending not in parts for ending in found]
    return tuple(list(compress(items, kept)) for items in edits)


def _ending(a, b):
    """Side and letter by which one of two texts is longer; None if that is not it."""
    short, long = sorted((a, b), key=len)
    if len(long) != len(short) + 1 or len(short) < MIN_STEM:
        return None
    for side, letter, rest in (
        ("last", long[-1], long[:-1]),
        ("first", long[0], long[1:]),
    ):
        if rest == short and letter.isalnum():
            return side, letter
    return None


def _is_exchange(clean, dirty):
    """Whether two characters side by side, not both digits, changed places."""
    places = [i for i, (a, b) in enumerate(zip(clean, dirty, strict=True)) if a != b]
    if len(places) != 2 or places[1] != places[0] + 1:
        return False
    old, new = (text[places[0] : places[0] + 2] for text in (clean, dirty))
    return old == new[::-1] and not old.isdigit()


def _is_other_word(clean, dirty):
    """Whether a block of characters, each by its own, is replaced: gmx and web."""
    places = [i for i, (a, b) in enumerate(zip(clean, dirty, strict=True)) if a != b]
    n_changes = len({(clean[i], dirty[i]) for i in places})
    together = places[-1] - places[0] == len(places) - 1
    return together and n_changes > MAX_BLOCK_LENGTH


def _is_number(text, clean):
    """Whether only digits were changed, which makes another number, and no error."""
    return text.isdigit() and any(character.isdigit() for character in clean)


def _add(edits, *entry):
    for side, item in zip(edits, entry, strict=True):
        side.append(item)


def _n_shared(characters, k, others):
    """Return how many characters agree before the first difference."""
    differs = characters[others] != characters[k]
    return np.where(differs.any(axis=1), differs.argmax(axis=1), characters.shape[1])


def log_plausibility(values, weights):
    """Log-probability of each string under bigrams of the other strings, shape (k,).

    `weights` (k,) says how much each string counts; its own bigrams are taken out.
    """
    if not len(values):
        return np.zeros(0)
    owner, left, right, n_characters = _bigrams(values)
    weight = weights[owner]
    pair = left * n_characters + right
    pairs = np.bincount(pair, weight)[pair] - _own(owner, pair, weight)
    starts = np.bincount(left, weight)[left] - _own(owner, left, weight)
    ends = np.bincount(right, weight)[right] - _own(owner, right, weight)
    total = weight.sum() - np.bincount(owner, weight)[owner]
    # Jeffreys' half a count for each character, then one count for the unigrams.
    character = (np.maximum(ends, 0) + 0.5) / (
        np.maximum(total, 0) + 0.5 * n_characters
    )
    bigram = (np.maximum(pairs, 0) + character) / (np.maximum(starts, 0) + 1)
    return np.bincount(owner, np.log(bigram), minlength=len(values))


def _bigrams(values):
    """Return the string and both characters of each bigram, and how many there are."""
    text = "".join(f"{START}{value}{END}" for value in values)
    _, characters = np.unique(_code_points(text), return_inverse=True)
    owner = np.repeat(np.arange(len(values)), [len(value) + 2 for value in values])
    inside = owner[1:] == owner[:-1]
    n_characters = characters.max() + 2
    return (
        owner[1:][inside],
        characters[:-1][inside],
        characters[1:][inside],
        n_characters,
    )


def _code_points(text):
    encoded = text.encode("utf-32-le", "surrogatepass")
    return np.frombuffer(encoded, dtype=np.uint32)


def _own(owner, key, weight):
    """Mass of each bigram's key within its own string."""
    _, inverse = np.unique(owner * (key.max() + 1) + key, return_inverse=True)
    return np.bincount(inverse, weight)[inverse]
