"""Columns of codes of one letter or digit, and another letter typed beside a code."""

import numpy as np

__all__ = ["are_letters"]

# Codes come in so many rows each, and fill most of a column, and known values so much.
MIN_ROWS, MOST, MIN_COVERED = 10, 0.5, 0.8
# Slips of them bring in so many different letters that are no codes.
MIN_FOREIGN = 10
# Letters beside a digit are slips if they are no more than that, and so large a part of
# those that so many hits of any key would bring.
MAX_MISTYPED, SPREAD, N_LETTERS = 0.05, 0.7, 26


def are_letters(values, n_rows):
    """Values that are codes of one letter or digit, in a column of such codes.

    A code with another letter is a slip there if these letters vary, and are mostly no
    codes: "AA" and "AB" beside "A" and "B" are codes, too. So are "10" and "12".
    """
    codes = _codes(values, n_rows)
    known = {values[k] for k in np.flatnonzero(codes)}
    more = np.array([len(v) == 2 and not known.isdisjoint(v) for v in values], bool)
    added = {c for k in np.flatnonzero(more) for c in values[k] if c.isalpha()}
    foreign = added - known
    varied = len(foreign) >= max(MIN_FOREIGN, 0.5 * len(added | known))
    if varied and any(code.isdigit() for code in known):
        more &= np.array([not v.isdigit() for v in values])
        varied = _come_from_keys(added, n_rows[more].sum(), n_rows.sum())
    return codes & varied


def _codes(values, n_rows):
    """Frequent values of one character, none where these are no column of codes."""
    known, total = n_rows >= MIN_ROWS, n_rows.sum()
    codes = known & np.array([len(v) == 1 and v.isalnum() for v in values], bool)
    many = n_rows[codes].sum() >= MOST * total
    return codes & (many and n_rows[known].sum() >= MIN_COVERED * total)


def _come_from_keys(letters, n_rows, total):
    """Whether letters are spread as those of a keyboard that was hit by mistake.

    Seats and sizes ("b2") have some of them, again and again.
    """
    expected = N_LETTERS * (1 - np.exp(-n_rows / N_LETTERS))
    found = len({letter.casefold() for letter in letters})
    return n_rows <= MAX_MISTYPED * total and found >= SPREAD * expected
