"""One column of a table as integer codes, and back."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

__all__ = ["MISSING", "BinnedColumn", "CategoricalColumn", "make_column"]

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
