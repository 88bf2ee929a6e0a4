"""Work on rows in chunks, so that intermediate arrays stay small. No torch here."""

from scipy.sparse import issparse

__all__ = ["CHUNK_CELLS", "dense", "row_slices", "rows_per_chunk"]

# Cells in a chunk: the activations of a small network then stay in the cache.
CHUNK_CELLS = 2**18


def dense(X):
    """Array of the rows of a sparse matrix; an array as it is."""
    return X.toarray() if issparse(X) else X


def rows_per_chunk(n_cells):
    """Rows whose arrays of `n_cells` numbers each are worked on at once."""
    return max(1, CHUNK_CELLS // max(1, n_cells))


def row_slices(n_rows, n_cells):
    """Slices of rows that keep arrays of `n_cells` numbers a row small."""
    step = rows_per_chunk(n_cells)
    return [slice(i, min(i + step, n_rows)) for i in range(0, n_rows, step)]
