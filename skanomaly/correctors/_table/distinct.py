"""The distinct values of a column: everything is read once for each of them."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from skanomaly.correctors._table.frames import MISSING

__all__ = ["Distinct", "distinct_cells"]


@dataclass(frozen=True)
class Distinct:
    """Distinct values of a column, an array of objects, and the cells that hold them.

    `codes` are positions in `values`, -1 for a missing cell; `True`, `1` and `1.0` are
    three values.
    """

    values: np.ndarray
    codes: np.ndarray

    @property
    def counts(self):
        """How many cells hold each value."""
        return np.bincount(self.codes[self.codes >= 0], minlength=len(self.values))

    def spread(self, of_values, if_missing):
        """One entry a cell from one entry a value."""
        padded = np.append(of_values, np.array([if_missing], dtype=of_values.dtype))
        return padded[self.codes]


def distinct_cells(name, cells):
    """Distinct values of a pandas series; `name` is for messages."""
    dtype = cells.dtype
    if isinstance(dtype, pd.SparseDtype):
        cells = cells.sparse.to_dense()
    try:
        if isinstance(dtype, pd.CategoricalDtype):
            return _of_categories(cells)
        if cells.dtype == object:
            return _of_objects(cells.to_numpy())
        return _of_array(_shortest(cells.array))
    except TypeError:
        raise TypeError(
            f"Column {name} holds cells that cannot be compared (lists or dicts); "
            "strings, numbers, booleans and dates are supported."
        ) from None


def _of_array(cells):
    is_array = isinstance(cells, np.ndarray)
    codes, values = pd.factorize(cells if is_array else pd.Series(cells))
    return Distinct(_as_objects(values), codes.astype(np.int64))


def _of_categories(cells):
    """Only the categories that some cell holds."""
    codes = cells.cat.codes.to_numpy(np.int64)
    used, codes_of_used = np.unique(codes, return_inverse=True)
    shift = int(len(used) > 0 and used[0] == MISSING)
    values = _as_objects(_shortest(cells.cat.categories[used[shift:]]))
    return Distinct(values, codes_of_used.astype(np.int64) - shift)


def _of_objects(cells):
    """Cells of each type for themselves: pandas takes True, 1 and 1.0 for equal."""
    codes = np.full(len(cells), MISSING)
    values: list = []
    types, type_of = np.unique(_type_ids(cells).astype(np.int64), return_inverse=True)
    for k in range(len(types)):
        here = np.flatnonzero(type_of == k)
        part = _of_array(cells[here])
        codes[here] = np.where(part.codes < 0, MISSING, part.codes + len(values))
        values.extend(part.values)
    return _by_first_place(values, codes)


def _by_first_place(values, codes):
    """Values in the order of their first cell, which no order of types changes."""
    seen, first = np.unique(codes[codes >= 0], return_index=True)
    place = np.full(len(values) + 1, MISSING)
    place[seen[np.argsort(first, kind="stable")]] = np.arange(len(seen))
    ordered = np.empty(len(seen), dtype=object)
    for value, at in zip(values, place[:-1], strict=True):
        ordered[at] = value
    return Distinct(ordered, place[codes])


def _shortest(cells):
    """Floats of 16 and 32 bits by their shortest decimals: 0.1 is 0.1 in any width."""
    dtype = getattr(cells.dtype, "numpy_dtype", cells.dtype)
    if dtype not in (np.float16, np.float32):
        return cells
    narrow = pd.Series(cells).to_numpy(dtype=dtype, na_value=np.nan)
    codes, values = pd.factorize(narrow)
    wide = np.append(values.astype("U32").astype(np.float64), np.nan)
    return wide[codes]


def _as_objects(values):
    if isinstance(values, np.ndarray) and values.dtype == object:
        return values
    array = np.empty(len(values), dtype=object)
    array[:] = list(pd.Index(values).astype(object))
    return array


_type_ids = np.frompyfunc(lambda cell: id(type(cell)), 1, 1)
