"""Single cells written into a copy of a table; every column keeps its type.

One cell that its column cannot hold is one failure and no end of the whole table.
"""

import numpy as np
import pandas as pd

from skanomaly.correctors._table.frames import is_polars, polars_cells, to_array
from skanomaly.utils._shown import shown

__all__ = ["try_write_cells", "write_cells"]


def write_cells(X, rows, columns, values):
    """Copy of a table with single cells replaced.

    Raises
    ------
    ValueError
        If a column cannot hold its new value.
    """
    out, failed = try_write_cells(X, rows, columns, values)
    if failed.any():
        at = int(np.argmax(failed))
        raise ValueError(cannot_hold(X, columns[at], values[at]))
    return out


def try_write_cells(X, rows, columns, values):
    """Copy of a table with cells replaced, and which of them it cannot hold, (m,).

    These are left as they were.
    """
    failed = np.zeros(len(rows), bool)
    if isinstance(X, pd.DataFrame):
        out, write = X.copy(), _write_pandas
    elif is_polars(X):
        out, write = X.clone(), _write_polars
    else:
        out, write = (
            _wide_enough(np.array(to_array(X), copy=True), values),
            _write_array,
        )
    for j in np.unique(columns):
        here = columns == j
        out, failed[here] = write(out, int(j), rows[here], values[here])
    return out, failed


def cannot_hold(X, j, value):
    """Say that a column cannot hold a value, and why."""
    if isinstance(X, pd.DataFrame):
        name, dtype = X.columns[j], X.dtypes.iloc[j]
    elif is_polars(X):
        name, dtype = X.columns[j], X.dtypes[j]
    else:
        name, dtype = j, to_array(X).dtype
    return (
        f"Column {str(name)!r} of X has dtype {dtype}, which cannot hold the repaired "
        f"value {shown(value)}: give X the dtype that it had in fit."
    )


def _write_pandas(frame, j, rows, values):
    series = frame.iloc[:, j]
    sparse = isinstance(series.dtype, pd.SparseDtype)  # has no item assignment
    cells = (series.sparse.to_dense() if sparse else series).array.copy()
    failed = _assign(cells, rows, values)
    dtype = None if sparse else series.dtype
    new = pd.Series(cells, index=series.index, name=series.name, dtype=dtype)
    frame.isetitem(j, new.astype(series.dtype) if sparse else new)
    return frame, failed


def _write_array(array, j, rows, values):
    failed = _assign(array[:, j], rows, values)
    return array, failed


def _wide_enough(array, values):
    """Array of strings whose width cuts none of the values."""
    if array.dtype.kind not in "US" or not len(values):
        return array
    width = max(len(str(value)) for value in values)
    return array.astype(np.result_type(array.dtype, f"{array.dtype.kind}{width}"))


def _assign(cells, rows, values):
    """Assign in place all values that fit; return which do not."""
    old = cells[rows].copy()
    try:
        cells[rows] = list(values) if len(values) > 1 else values[0]
        failed = ~_same(cells[rows], values)
    except (TypeError, ValueError, OverflowError):
        failed = np.array(
            [not _assign_one(cells, *at) for at in zip(rows, values, strict=True)]
        )
    cells[rows[failed]] = old[failed]
    return failed


def _assign_one(cells, row, value):
    try:
        cells[row] = value
    except (TypeError, ValueError, OverflowError):
        return False
    return bool(_same(cells[[row]], [value])[0])


def _same(written, wanted):
    """Whether cells hold what was written, and not what their type made of it."""
    return np.array(
        [_is_same(a, b) for a, b in zip(list(written), wanted, strict=True)], dtype=bool
    )


def _is_same(written, wanted):
    if written is wanted or (pd.isna(written) and pd.isna(wanted)):
        return True
    if isinstance(written, float | np.floating):  # as near as this width comes
        return np.isfinite(written) and bool(np.isclose(written, wanted, rtol=1e-3))
    return bool(written == wanted)


def _write_polars(frame, j, rows, values):
    import polars as pl

    series = frame.to_series(j)
    failed = ~np.array([_polars_holds(pl, series, value) for value in values])
    cells = polars_cells(series)
    cells[rows[~failed]] = values[~failed]
    new = pl.Series(series.name, list(cells), dtype=series.dtype)
    return frame.with_columns(new), failed


def _polars_holds(pl, series, value):
    try:
        made = pl.Series([value], dtype=series.dtype).to_list()[0]
    except (TypeError, ValueError, OverflowError, pl.exceptions.PolarsError):
        return False
    return _is_same(made, value)
