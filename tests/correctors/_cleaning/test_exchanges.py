"""Columns that hold each other's values, by error or by right."""

import numpy as np
import pandas as pd
import pytest

from skanomaly.correctors import NoisyChannelCorrector
from skanomaly.correctors._cleaning.exchanges import exchanged_columns

N_ROWS = 2000
KINDS = ["ab", "cd", "ef", "gh"]


@pytest.fixture
def table():
    """Four columns of two codes each, which go with each other; and one of colours."""
    rng = np.random.default_rng(0)
    first = rng.integers(2, size=N_ROWS)
    codes = np.where(rng.random((4, N_ROWS)) < 0.2, 1 - first, first)
    parts = zip(KINDS, codes, strict=True)
    table = pd.DataFrame({k: np.array(list(k), object)[part] for k, part in parts})
    table["colour"] = rng.choice(["red", "blue"], N_ROWS).astype(object)
    return table


def exchanged(table, pairs, rows):
    """The table with cells of pairs of columns exchanged, each in rows of its own."""
    dirty = table.copy()
    for (left, right), mine in zip(pairs, rows, strict=True):
        dirty.loc[mine, [left, right]] = table.loc[mine, [right, left]].to_numpy()
    return dirty


def found_in(table):
    codes, texts = zip(*(pd.factorize(table[c], sort=True) for c in table), strict=True)
    n_rows = [np.bincount(column) for column in codes]
    found, _ = exchanged_columns(
        list(map(np.array, texts)), n_rows, np.column_stack(codes)
    )
    return {(table.columns[a], table.columns[b]) for a, b in found}


PAIRS = [("ab", "cd"), ("cd", "ef"), ("ef", "gh")]
OWN_ROWS = [range(start, N_ROWS, 80) for start in (0, 13, 26)]


def test_pairs_that_are_exchanged_in_rows_of_their_own_are_found(table):
    assert found_in(exchanged(table, PAIRS, OWN_ROWS)) == set(PAIRS)
    assert found_in(table) == set()


def test_what_is_exchanged_in_the_same_rows_is_meant_so(table):
    pairs = [("ab", "gh"), ("cd", "ef"), ("gh", "ab")]
    assert found_in(exchanged(table, pairs[:2], OWN_ROWS[:1] * 2)) == set()


def test_one_pair_alone_may_be_exchanged_by_right(table):
    assert found_in(exchanged(table, PAIRS[:1], OWN_ROWS[:1])) == set()


def test_values_of_another_column_that_come_alone_are_not_exchanged(table):
    dirty = table.copy()
    for (left, right), rows in zip(PAIRS, OWN_ROWS, strict=True):
        dirty.loc[rows, left] = table.loc[rows, right]
    assert found_in(dirty) == set()


def test_exchanged_cells_go_back(table):
    dirty = exchanged(table, PAIRS, OWN_ROWS)
    repaired = NoisyChannelCorrector(random_state=0).fit_transform(dirty)
    n_wrong = (dirty != table).to_numpy().sum()
    assert ((repaired == table) & (dirty != table)).to_numpy().sum() >= 0.9 * n_wrong
    assert not ((repaired != table) & (dirty == table)).to_numpy().any()


def test_what_is_sent_back_stays():
    rng = np.random.default_rng(0)
    hub, shop = rng.integers(3, size=N_ROWS), 3 + rng.integers(9, size=N_ROWS)
    back = rng.random(N_ROWS) < 0.04
    start, end = np.where(back, shop, hub), np.where(back, hub, shop)
    names = np.array(
        [*("hub A", "hub B", "hub C"), *(f"shop {c}" for c in "pqrstuvwx")]
    )
    towns = np.array(
        "Bern Rome Oslo Lyon Bari Graz Gent Kiel Metz Pisa Riga Ulm".split()
    )
    X = pd.DataFrame(
        {
            "from": names[start].astype(object),
            "from town": towns[start].astype(object),
            "to": names[end].astype(object),
            "to town": towns[end].astype(object),
        }
    )
    assert NoisyChannelCorrector(random_state=0).fit_transform(X).equals(X)
