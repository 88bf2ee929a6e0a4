"""Some rows of an array, gathered as they are read: images are not held twice."""

import numpy as np

__all__ = ["ChosenRows", "chosen_rows", "part_of"]

# Bytes of rows up to which a copy costs nothing that counts.
MAX_COPY = 2**23


class ChosenRows:
    """Rows of an array by their numbers, as an array of them would be, but not copied.

    Parameters
    ----------
    rows : ndarray of shape (n_samples, n_features)
        The array.
    index : ndarray of shape (n_chosen,), int
        Which of its rows, in order; one can stand there several times.
    """

    def __init__(self, rows, index):
        self.rows, self.index = rows, index
        self.shape, self.dtype = (len(index), *rows.shape[1:]), rows.dtype

    def __len__(self):
        return len(self.index)

    def __getitem__(self, key):
        rows, *columns = key if isinstance(key, tuple) else (key,)
        return self.rows[(self.index[rows], *columns)]

    def __array__(self, dtype=None, copy=None):
        """Copy the rows, for whoever needs all of them at once."""
        return np.asarray(self.rows[self.index], dtype=dtype)


def chosen_rows(rows, counts, chosen):
    """Choose rows of an array, each as often as it counts; None counts each once.

    Parameters
    ----------
    rows : ndarray or ChosenRows of shape (n_samples, n_features)
        The array.
    counts : ndarray of shape (n_samples,), int, or None
        How often each row is learned.
    chosen : ndarray of shape (n_samples,), bool
        Which rows.

    Returns
    -------
    ndarray or ChosenRows
        A copy where the rows are few.
    """
    index = np.flatnonzero(chosen)
    if counts is not None:
        index = np.repeat(index, counts[index])
    if isinstance(rows, ChosenRows):
        return part_of(rows, index)
    return rows[index] if rows.nbytes <= MAX_COPY else ChosenRows(rows, index)


def part_of(rows, key):
    """Rows by a slice or by numbers; chosen rows are not gathered for it."""
    if isinstance(rows, ChosenRows):
        return ChosenRows(rows.rows, rows.index[key])
    return rows[key]
