"""Numbers in columns of text: how many decimals their column writes."""

import re

import numpy as np

from skanomaly.correctors._table.values import NUMBER, key_text

__all__ = ["usual_decimals", "write_number"]

_PLAIN = re.compile(r"\s*[+-]?(?:\d+(?:\.(\d*))?|\.(\d+))\s*", re.ASCII)
# All but this part of a column has at least the decimals that it always writes...
MOST = 0.98
# ... or all but this part, and zeros at the end ("2.50") outnumber the rest.
MOST_PADDED = 0.8
# Larger numbers are written with an exponent.
MAX_PLAIN = 1e15


def usual_decimals(values, counts):
    """Fewest decimals that a column of texts writes; None of a column without texts.

    Parameters
    ----------
    values : array of objects
        Distinct values; what is no text of a plain number does not count.
    counts : int array
        How many cells hold each.
    """
    found = [_PLAIN.fullmatch(v) if isinstance(v, str) else None for v in values]
    is_plain = np.array([match is not None for match in found], dtype=bool)
    if not is_plain.any():
        return None
    decimals = [match[1] or match[2] or "" for match in found if match is not None]
    return _fewest(decimals, np.asarray(counts)[is_plain])


def _fewest(decimals, counts):
    n, padded = np.array([len(d) for d in decimals]), [d[-1:] == "0" for d in decimals]
    for k in range(int(n.max()), 0, -1):
        fewer = counts[n < k].sum()
        zeros = counts[(n == k) & padded].sum()
        most = MOST_PADDED if zeros > fewer else MOST
        # What only one slip has ("32.000") is nothing that the others lack.
        if fewer <= (1 - most) * counts.sum():
            return k
    return 0


def write_number(key, decimals):
    """Text of a number with at least so many decimals; no digit is rounded away."""
    text = key_text(NUMBER, key)
    if not decimals or abs(key) >= MAX_PLAIN:
        return text
    if "e" in text:
        text = np.format_float_positional(key, trim="-")
    whole, _, digits = text.partition(".")
    return f"{whole}.{digits.ljust(decimals, '0')}"
