"""Tables of any kind as integer codes, and back, cell by cell.

A table may be a pandas or polars data frame, an array of objects, strings or numbers,
or nested lists. Inside skanomaly it is an int64 array of codes with `MISSING` (-1) for
cells without a known value. Only cells that change are ever written back, so all other
cells keep their exact value and type.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.sparse import issparse
from sklearn.utils import check_array

__all__ = ["MISSING", "TableCodec", "cells_of", "label_keys", "to_frame", "write_cells"]

MISSING = -1  # the code of a cell without a value, and of a value never seen in `fit`


@dataclass(frozen=True)
class CategoricalColumn:
    """A column whose distinct values are its categories.

    `values` are sorted by their string form, as in the original method ("10" < "2").
    """

    name: str
    values: np.ndarray
    kind: str = "categorical"

    def encode(self, cells):
        """Codes of the cells, and which of them hold a value that `fit` never saw."""
        codes = pd.Index(self.values).get_indexer(pd.Index(_plain(cells)))
        return codes.astype(np.int64), (codes == MISSING) & ~_is_missing(cells)


@dataclass(frozen=True)
class BinnedColumn:
    """A numeric column cut into bins of about equally many rows.

    `values` holds a real value of each bin, its lower median: what a changed cell gets.
    """

    name: str
    values: np.ndarray
    edges: np.ndarray
    kind: str = "numeric"

    def encode(self, cells):
        """Codes of the cells; a number is never unseen, it falls into the end bins."""
        numbers = as_numbers(cells)
        if np.isinf(numbers).any():
            raise ValueError(
                f"Column {self.name} holds infinity; replace it, or make it missing."
            )
        missing = np.isnan(numbers)
        codes = np.searchsorted(self.edges, numbers, side="right")
        return np.where(missing, MISSING, codes), np.zeros(len(codes), bool)


def make_column(name, cells, *, numeric, n_bins):
    """Learn the categories or the bins of one column.

    Parameters
    ----------
    name : str
        What messages call the column.
    cells : pandas.Series
        Its cells.
    numeric : bool or None
        Whether to bin; None decides by the type: floats and dates are binned, integers
        when they have more than `n_bins` distinct values.
    n_bins : int
        Most bins of a numeric column.

    Returns
    -------
    CategoricalColumn or BinnedColumn
        The learned column.
    """
    seen = cells[~_is_missing(cells)]
    if not len(seen):
        raise ValueError(
            f"Column {name} has no value in any training row: drop it, or fit on rows "
            "that have one."
        )
    if numeric is None:
        numeric = _looks_numeric(seen, n_bins)
    return _binned(name, seen, n_bins) if numeric else _categorical(name, seen)


def as_numbers(cells):
    """Cells as float64, missing ones as NaN; dates become nanoseconds."""
    if pd.api.types.is_datetime64_any_dtype(cells.dtype) or _is_timedelta(cells.dtype):
        numbers = cells.astype("int64").to_numpy(float, copy=True)
        numbers[_is_missing(cells)] = np.nan
        return numbers
    try:
        return pd.to_numeric(cells).to_numpy(dtype=float, na_value=np.nan)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"Column {cells.name!r} is numeric, but holds a cell that is no number: "
            f"{error}"
        ) from None


def _categorical(name, seen):
    try:
        values = list(pd.unique(_plain(seen)))
    except TypeError:
        raise TypeError(
            f"Column {name} holds cells that cannot be compared (lists or dicts); "
            "strings, numbers, booleans and dates are supported."
        ) from None
    array = np.empty(len(values), dtype=object)
    array[:] = sorted(values, key=str)
    return CategoricalColumn(name, array)


def _binned(name, seen, n_bins):
    numbers = as_numbers(seen)
    if not np.isfinite(numbers).all():
        raise ValueError(
            f"Column {name} holds infinity; replace it, or make it missing."
        )
    order = np.argsort(numbers, kind="stable")
    numbers, cells = numbers[order], _plain(seen)[order]
    edges = _edges(numbers, n_bins)
    bins = np.searchsorted(edges, numbers, side="right")
    first, count = np.unique(bins, return_index=True, return_counts=True)[1:]
    return BinnedColumn(name, cells[first + (count - 1) // 2], edges)


def _edges(numbers, n_bins):
    """Cuts between bins: every distinct number its own bin while there are few."""
    distinct = np.unique(numbers)
    if len(distinct) > n_bins:
        inner = np.linspace(0, 1, n_bins + 1)[1:-1]
        distinct = np.unique(np.quantile(numbers, inner, method="lower"))
        distinct = np.unique(np.r_[numbers[0], distinct])
    return distinct[1:]  # a bin begins at its edge


def _looks_numeric(seen, n_bins):
    kind = seen.infer_objects().dtype if seen.dtype == object else seen.dtype
    if isinstance(kind, pd.CategoricalDtype) or pd.api.types.is_bool_dtype(kind):
        return False
    if pd.api.types.is_integer_dtype(kind):
        return seen.nunique() > n_bins
    return (
        pd.api.types.is_float_dtype(kind)
        or pd.api.types.is_datetime64_any_dtype(kind)
        or _is_timedelta(kind)
    )


def _is_timedelta(dtype):
    return pd.api.types.is_timedelta64_dtype(dtype)


def _is_missing(cells):
    return pd.isna(cells).to_numpy(dtype=bool)


def _plain(cells):
    """Cells as an array of Python objects, whatever the extension type."""
    return cells.astype(object).to_numpy(dtype=object)


@dataclass(frozen=True)
class TableCodec:
    """The learned columns of a table."""

    columns: tuple

    @classmethod
    def fit(cls, frame, *, numeric, n_bins):
        """Learn the columns of a pandas frame; `numeric` has one bool or None each."""
        names = [repr(str(name)) for name in frame.columns]
        return cls(
            tuple(
                make_column(name, frame.iloc[:, j], numeric=numeric[j], n_bins=n_bins)
                for j, name in enumerate(names)
            )
        )

    @property
    def n_categories(self):
        """Number of categories of each column: the structure (K_1, ..., K_d)."""
        return tuple(len(column.values) for column in self.columns)

    @property
    def is_numeric(self):
        """Which columns are binned numbers."""
        return np.array([column.kind == "numeric" for column in self.columns])

    def encode(self, frame):
        """Codes of shape (n, d), and which cells hold a value never seen in `fit`."""
        parts = [c.encode(frame.iloc[:, j]) for j, c in enumerate(self.columns)]
        codes = np.stack([codes for codes, _ in parts], axis=1)
        return codes, np.stack([unseen for _, unseen in parts], axis=1)

    def values(self, codes, column_index):
        """Values of a column for an array of codes; None for `MISSING`."""
        column = self.columns[column_index]
        padded = np.full(len(column.values) + 1, None, dtype=object)
        padded[:-1] = column.values  # -1 points at the last one, None
        return padded[np.asarray(codes)]

    def cells(self, codes, columns):
        """Values of single cells, (m,), from their codes and their columns' numbers."""
        values = np.empty(len(codes), dtype=object)
        for j in np.unique(columns):
            values[columns == j] = self.values(codes[columns == j], j)
        return values

    def decode(self, codes, frame, before):
        """Copy of `frame` with the cells rewritten whose code differs from `before`."""
        rows, columns = np.nonzero(codes != before)
        return write_cells(
            frame, rows, columns, self.cells(codes[rows, columns], columns)
        )


def to_frame(X):
    """Return the table as a pandas frame; cells stay the objects that they are.

    Raises
    ------
    TypeError, ValueError
        For sparse input, masked arrays, complex numbers and anything that is not
        two-dimensional, in scikit-learn's words.
    """
    if isinstance(X, pd.DataFrame):
        _require_cells(X)
        return X
    if _is_polars(X):
        _require_cells(X)
        columns = {name: _polars_cells(X[name]) for name in X.columns}
        return pd.DataFrame(columns)
    array = to_array(X)
    return pd.DataFrame(array).infer_objects()


def to_array(X):
    """Return nested lists and arrays as a checked array, of objects where mixed."""
    if issparse(X):
        check_array(X)  # raises scikit-learn's own message
    if isinstance(X, np.ma.MaskedArray):
        raise TypeError(
            "X is a masked array, whose mask would be ignored; pass X.filled(np.nan)."
        )
    if isinstance(X, list | tuple):
        X = _from_lists(X)
    return check_array(X, dtype=None, ensure_all_finite=False)


def label_keys(table):
    """One number for each index label of a pandas frame, None for other tables."""
    if not isinstance(table, pd.DataFrame):
        return None
    return pd.util.hash_pandas_object(table.index, index=False).to_numpy(np.uint64)


def cells_of(X, rows, columns):
    """Cells of a table as an array of objects, exactly as they are."""
    cells = np.empty(len(rows), dtype=object)
    for j in np.unique(columns):
        here = columns == j
        cells[here] = _column_cells(X, int(j))[rows[here]]
    return cells


def write_cells(X, rows, columns, values):
    """Copy of a table with single cells replaced; every column keeps its type."""
    if isinstance(X, pd.DataFrame):
        out = X.copy()
        for j in np.unique(columns):
            here = columns == j
            out.isetitem(j, _replaced(X.iloc[:, j], rows[here], values[here]))
        return out
    if _is_polars(X):
        return _write_polars(X, rows, columns, values)
    out = np.array(to_array(X), copy=True)
    if out.dtype.kind in "US" and len(values):  # longer strings would be cut off
        out = out.astype(np.result_type(out.dtype, values.astype(out.dtype.kind).dtype))
    out[rows, columns] = values
    return out


def _replaced(series, rows, values):
    """One column with some cells replaced, of the same dtype."""
    cells = series.array.copy()
    try:
        cells[rows] = list(values) if len(values) > 1 else values[0]
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"Column {str(series.name)!r} of X has dtype {series.dtype}, which cannot "
            f"hold the repaired value {values[0]!r}: give X the dtype that it had in "
            f"fit. ({error})"
        ) from None
    return pd.Series(cells, index=series.index, name=series.name, dtype=series.dtype)


def _write_polars(X, rows, columns, values):
    import polars as pl

    changed = []
    for j in np.unique(columns):
        series = X.to_series(int(j))
        cells = _polars_cells(series)
        cells[rows[columns == j]] = values[columns == j]
        changed.append(pl.Series(series.name, list(cells), dtype=series.dtype))
    return X.with_columns(changed) if changed else X.clone()


def _column_cells(X, j):
    if isinstance(X, pd.DataFrame):
        return X.iloc[:, j].astype(object).to_numpy(dtype=object)
    if _is_polars(X):
        return _polars_cells(X.to_series(j))
    return to_array(X)[:, j].astype(object)


def _polars_cells(series):
    cells = np.empty(len(series), dtype=object)
    cells[:] = series.to_list()
    return cells


def _is_polars(X):
    return type(X).__module__.partition(".")[0] == "polars" and hasattr(X, "to_series")


def _from_lists(X):
    """Rows as an array; strings beside numbers must not all become strings."""
    array = np.asarray(X, dtype=object)
    kinds = {type(cell) for cell in array.ravel()}
    return array if any(issubclass(k, str | bytes) for k in kinds) else np.asarray(X)


def _require_cells(X):
    for count, what, axis in [(X.shape[0], "sample", 0), (X.shape[1], "feature", 1)]:
        if count < 1:
            raise ValueError(
                f"Found array with 0 {what}(s) (shape={X.shape}) while a minimum of 1 "
                f"is required: the table is empty along axis {axis}."
            )
