"""Tables as integers: equal numbers stand for equal values."""

import numpy as np
import pandas as pd


def check_tables(tables, *, same_rows=False):
    """Return tables as frames with equal columns.

    Parameters
    ----------
    tables : dict of str to DataFrame or array-like of shape (n_samples, n_features)
        The tables by the names of their parameters.
    same_rows : bool, default=False
        Whether their rows must correspond, too.

    Returns
    -------
    frames : list of DataFrame
        The tables; arrays get the columns, and perhaps the index, of the first one.
    """
    frames = [_as_frame(name, table) for name, table in tables.items()]
    first, *others = tables
    named = isinstance(tables[first], pd.DataFrame)
    for i, other in enumerate(others, start=1):
        both_named = named and isinstance(tables[other], pd.DataFrame)
        _check_columns(first, frames[0], other, frames[i], both_named)
        frames[i] = frames[i].set_axis(frames[0].columns, axis=1)
        if same_rows:
            _check_rows(first, frames[0], other, frames[i], both_named)
            frames[i] = frames[i].set_axis(frames[0].index, axis=0)
    return frames


def joint_codes(frames):
    """Return the cells of tables as integers, and how many each column needs.

    Equal values of a column, missing ones included, get equal numbers in all tables.
    """
    lengths = np.cumsum([len(frame) for frame in frames])
    columns = [
        _column_codes([frame.iloc[:, j] for frame in frames])
        for j in range(frames[0].shape[1])
    ]
    codes = np.column_stack([codes for codes, _ in columns])
    return np.split(codes, lengths[:-1]), [n for _, n in columns]


def join(columns):
    """Concatenate columns whose types may differ, without changing a value."""
    if any(column.dtype != columns[0].dtype for column in columns):
        columns = [column.astype(object) for column in columns]
    return pd.concat(columns, ignore_index=True)


def _column_codes(columns):
    codes, values = pd.factorize(join(columns))
    return codes + 1, len(values) + 1  # 0 is missing


def _as_frame(name, table):
    table = table if isinstance(table, pd.DataFrame) else np.asarray(table)
    if table.ndim != 2:
        raise ValueError(
            f"{name} has shape {table.shape}: expected a two-dimensional table."
        )
    if 0 in table.shape:
        raise ValueError(
            f"{name} has shape {table.shape}: expected a table with rows and columns."
        )
    return pd.DataFrame(table)


def _check_columns(name, first, other_name, other, both_named):
    if other.shape[1] != first.shape[1]:
        raise ValueError(
            f"{other_name} has {other.shape[1]} columns, {name} has {first.shape[1]}: "
            "expected the same columns."
        )
    pairs = [(a, b) for a, b in zip(first, other, strict=True) if a != b]
    if both_named and pairs:
        raise ValueError(
            f"{other_name} has a column {pairs[0][1]!r} where {name} has "
            f"{pairs[0][0]!r}: expected the same columns in the same order."
        )


def _check_rows(name, first, other_name, other, both_named):
    if len(other) != len(first):
        raise ValueError(
            f"{other_name} has {len(other)} rows, {name} has {len(first)}: row i of "
            "one must be row i of the other."
        )
    if both_named and not other.index.equals(first.index):
        raise ValueError(
            f"{other_name} and {name} differ in their index: row i of one must be row "
            "i of the other."
        )
