"""Cells of two columns that changed places."""

import numpy as np
import pandas as pd

from skanomaly.correctors import NoisyChannelCorrector
from skanomaly.correctors._cleaning.swaps import Swaps
from tests.contract.check_corrector import towns


def test_cells_at_home_in_each_others_column_are_found():
    texts = [np.array(["IT", "Oslo", "Rome"]), np.array(["IT", "NO", "Rome"])]
    n_rows = [np.array([1, 50, 50]), np.array([50, 50, 1])]
    codes = np.array([[0, 2], [1, 1], [2, 0]])
    (swap,) = Swaps(texts, n_rows, codes).find(codes, np.ones((3, 2)))
    assert swap.rows.tolist() == [0]
    assert swap.columns == (0, 1)
    assert [v.tolist() for v in swap.values] == [[2], [0]]
    assert Swaps(texts, n_rows, codes).find(
        codes, np.zeros((3, 2))
    )  # both are rare there
    frequent = [np.full(3, 50), np.full(3, 50)]
    assert not Swaps(texts, frequent, codes).find(codes, np.zeros((3, 2)))


def test_swapped_cells_are_put_back():
    right = towns(1000)[0]
    dirty = right.copy()
    rows = np.random.default_rng(0).choice(1000, 25, replace=False)
    dirty.loc[rows, ["city", "land"]] = right.loc[rows, ["land", "city"]].to_numpy()
    out = NoisyChannelCorrector(random_state=0).fit_transform(dirty)
    assert out.equals(right)


def test_one_exchanged_pair_is_put_back_where_only_one_of_them_looks_wrong():
    rng = np.random.default_rng(0)
    k = rng.integers(3, size=600)
    right = pd.DataFrame(
        {
            "city": np.array(["Rome", "Oslo", "Bern"])[k],
            "zip": np.array(["00100", "0150", "3000"])[k],
            "kind": rng.choice(list("abcd"), 600),
        }
    )
    dirty = right.copy()
    dirty.loc[7, ["city", "zip"]] = right.loc[7, ["zip", "city"]].to_numpy()
    out = NoisyChannelCorrector(random_state=0).fit_transform(dirty)
    assert out.equals(right)


def test_columns_of_mostly_rare_values_are_not_apart():
    n_rows = [np.array([50] + [5] * 100), np.array([5] * 100 + [50])]
    texts = [np.array([f"{name}{k}" for k in range(101)]) for name in "ab"]
    texts[0][1], texts[1][0] = texts[1][100], texts[0][0]
    codes, right = np.array([[1, 0]]), np.zeros((1, 2))
    assert not Swaps(texts, n_rows, codes).find(codes, right)
    n_rows[0][2:], n_rows[1][1:100] = 0, 0  # now a few frequent values fill them
    n_rows[0][0] = n_rows[1][100] = 500
    assert Swaps(texts, n_rows, codes).find(codes, right)


def orders(n=600):
    """Sixty parts of about ten rows each, with a description for every two."""
    rng = np.random.default_rng(0)
    part = rng.integers(60, size=n)
    return pd.DataFrame(
        {
            "part": [f"HT-{400 + 7 * k}" for k in part],
            "description": [f"Bolt M{k // 2} zinc" for k in part],
            "shelf": np.array(list("ABCDEF"))[part % 6],
        }
    )


def test_cells_of_small_homes_are_put_back():
    right = orders()
    dirty = right.copy()
    rows = np.arange(20, 160, 20)
    columns = ["part", "description"]
    dirty.loc[rows, columns] = right.loc[rows, columns[::-1]].to_numpy()
    out = NoisyChannelCorrector(random_state=0).fit_transform(dirty)
    assert out.equals(right)


def test_values_at_home_in_both_columns_are_not_exchanged():
    texts = [np.array(["Rome", "Oslo", "Bern"])] * 2
    n_rows = [np.array([2, 8, 8]), np.array([8, 2, 8])]
    codes = np.array([[0, 1]])
    assert not Swaps(texts, n_rows, codes).find(codes, np.zeros((1, 2)))
    n_rows = [np.array([2, 8, 8]), np.array([8, 2, 0])]  # Bern is no longer shared
    assert Swaps(texts, n_rows, codes).find(codes, np.zeros((1, 2)))
