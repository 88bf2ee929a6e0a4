"""How much a value looks like the other values of its column, letter by letter."""

import numpy as np

__all__ = ["log_plausibility"]

START, END = "\x02", "\x03"


def log_plausibility(values, weights):
    """Log-probability of each string under bigrams of the other strings, shape (k,).

    `weights` (k,) says how much each string counts; its own bigrams are taken out.
    """
    if not len(values):
        return np.zeros(0)
    owner, left, right, n_letters = _bigrams(values)
    weight = weights[owner]
    pair = left * n_letters + right
    pairs = np.bincount(pair, weight)[pair] - _own(owner, pair, weight)
    starts = np.bincount(left, weight)[left] - _own(owner, left, weight)
    ends = np.bincount(right, weight)[right] - _own(owner, right, weight)
    total = weight.sum() - np.bincount(owner, weight)[owner]
    # Jeffreys' half a count for each letter, then one count for the single letters.
    letter = (np.maximum(ends, 0) + 0.5) / (np.maximum(total, 0) + 0.5 * n_letters)
    bigram = (np.maximum(pairs, 0) + letter) / (np.maximum(starts, 0) + 1)
    return np.bincount(owner, np.log(bigram), minlength=len(values))


def _bigrams(values):
    """Return the string, the two letters of each bigram, and how many letters exist."""
    text = "".join(f"{START}{value}{END}" for value in values)
    _, letters = np.unique(_code_points(text), return_inverse=True)
    owner = np.repeat(np.arange(len(values)), [len(value) + 2 for value in values])
    inside = owner[1:] == owner[:-1]
    n_letters = letters.max() + 2
    return owner[1:][inside], letters[:-1][inside], letters[1:][inside], n_letters


def _code_points(text):
    encoded = text.encode("utf-32-le", "surrogatepass")
    return np.frombuffer(encoded, dtype=np.uint32)


def _own(owner, key, weight):
    """Mass of each bigram's key within its own string."""
    _, inverse = np.unique(owner * (key.max() + 1) + key, return_inverse=True)
    return np.bincount(inverse, weight)[inverse]
