"""Kinds of errors, each put into a twentieth of the cells that can have it.

Each takes a clean table and a random generator, and returns the table with errors.
"""

import numpy as np
import pandas as pd

from benchmarks.repair.users import MARKERS
from skanomaly.datasets import inject_cell_errors

RATE = 0.05


def text_columns(table):
    """Names of the columns of text."""
    return [c for c in table if pd.api.types.is_string_dtype(table[c])]


def number_columns(table):
    """Names of the columns of numbers."""
    return [c for c in table if pd.api.types.is_numeric_dtype(table[c])]


def date_columns(table):
    """Names of the columns of dates."""
    return [c for c in table if pd.api.types.is_datetime64_any_dtype(table[c])]


def _injected(kind):
    def put(table, rng):
        seed, columns = int(rng.integers(2**31)), text_columns(table)
        return inject_cell_errors(
            table, RATE, kind=kind, columns=columns, random_state=seed
        )[0]

    return put


def swap(table, rng):
    """Exchange two neighbouring text cells of a row."""
    result, columns = table.copy(), text_columns(table)
    at = [table.columns.get_loc(c) for c in columns]
    cells = result.to_numpy(dtype=object)
    n_pairs = round(RATE * len(table) * len(columns) / 2)
    rows = rng.integers(len(table), size=3 * n_pairs)
    first = rng.integers(len(columns) - 1, size=3 * n_pairs)
    done = set()
    for row, j in zip(rows, first, strict=True):
        a, b = at[j], at[j + 1]
        taken = (row, a) in done or (row, b) in done
        if taken or cells[row, a] == cells[row, b] or len(done) >= 2 * n_pairs:
            continue
        cells[row, [a, b]] = cells[row, [b, a]]
        done |= {(row, a), (row, b)}
    for c, j in zip(columns, at, strict=True):
        result[c] = cells[:, j]
    return result


def _written(columns_of, new_of):
    """Kind that replaces cells of some columns by a function of their values."""

    def put(table, rng):
        result = table.copy()
        for c in columns_of(table):
            old = table[c].to_numpy()
            new = new_of(old, rng)
            can = np.flatnonzero(new != old)
            chosen = rng.permutation(can)[: round(RATE * len(can))]
            values = old.copy()
            values[chosen] = new[chosen]
            result[c] = values
        return result

    return put


def _other_case(old, rng):
    return np.array([text.swapcase() for text in old], dtype=object)


def _blank(old, rng):
    ways = np.array([" {}", "{} ", "  {}"])[rng.integers(3, size=len(old))]
    return np.array(
        [way.format(text) for way, text in zip(ways, old, strict=True)], dtype=object
    )


def _marker(old, rng):
    return rng.choice(np.array(MARKERS, dtype=object), len(old))


def _shifted(old, rng):
    years = rng.choice([-10, -5, -1, 1, 5, 10], len(old))
    return old + (365 * years).astype("timedelta64[D]")


TEXT_KINDS = {
    "substitution": _injected("swap"),
    "typo": _injected("typo"),
    "swap": swap,
    "missing marker": _written(text_columns, _marker),
    "case": _written(text_columns, _other_case),
    "blank": _written(text_columns, _blank),
}
NUMBER_KINDS = {
    "x10": _written(number_columns, lambda old, rng: old * 10),
    "sign": _written(number_columns, lambda old, rng: -old),
    "unit": _written(number_columns, lambda old, rng: old * 1000),
}
DATE_KINDS = {"date shift": _written(date_columns, _shifted)}
KINDS = {**TEXT_KINDS, **NUMBER_KINDS, **DATE_KINDS}
