import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from skanomaly.metrics import pairwise_total_variation, total_variation

DISTANCES = [total_variation, pairwise_total_variation]
small_tables = st.integers(1, 12).flatmap(
    lambda n: hnp.arrays(np.int64, (n, 3), elements=st.integers(0, 2))
)


def by_hand(A, B):
    """Total variation by its definition, with dictionaries."""
    rows = {tuple(row) for row in [*A.tolist(), *B.tolist()]}
    share = lambda row, X: X.tolist().count(list(row)) / len(X)  # noqa: E731
    return sum(abs(share(row, A) - share(row, B)) for row in rows) / 2


@settings(max_examples=40)
@given(A=small_tables, B=small_tables)
def test_total_variation_is_what_the_formula_says(A, B):
    assert total_variation(A, B) == pytest.approx(by_hand(A, B))
    pairs = [by_hand(A[:, [i, j]], B[:, [i, j]]) for i, j in ((0, 1), (0, 2), (1, 2))]
    assert pairwise_total_variation(A, B) == pytest.approx(np.mean(pairs))


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("n_values", [[2, 9, 4], [9, 2, 4], [4, 9, 2]])
def test_columns_may_have_different_numbers_of_values(n_values, seed):
    """With a wrong radix, pairs of values that differ are taken for each other."""
    A, B = np.random.default_rng(seed).integers(n_values, size=(2, 50, 3))
    pairs = [by_hand(A[:, [i, j]], B[:, [i, j]]) for i, j in ((0, 1), (0, 2), (1, 2))]
    assert total_variation(A, B) == pytest.approx(by_hand(A, B))
    assert pairwise_total_variation(A, B) == pytest.approx(np.mean(pairs))


@pytest.mark.parametrize("distance", DISTANCES)
@settings(max_examples=40)
@given(A=small_tables, B=small_tables, seed=st.integers(0, 99))
def test_equal_symmetric_and_free_of_order(distance, A, B, seed):
    shuffled = np.random.default_rng(seed).permutation(A)
    assert distance(A, shuffled) == 0
    assert distance(A, B) == distance(B, A) == distance(shuffled, B)
    assert distance(A, np.repeat(A, 3, axis=0)) == 0
    assert 0 <= distance(A, B) <= 1
    assert distance(A, A + 3) == 1


@pytest.mark.parametrize("distance", DISTANCES)
def test_types_may_differ_and_missing_values_are_equal(distance):
    A = pd.DataFrame(
        {
            "object": pd.Series(["a", None, "b"], dtype=object),
            "category": pd.Categorical(["x", "y", None]),
            "int": [1, 2, 3],
            "float": [0.5, np.nan, 0.0],
        }
    )
    B = A.astype(object)
    B["object"] = ["a", np.nan, "b"]
    B["category"] = pd.Categorical(["x", "y", None], categories=["z", "y", "x"])
    B["int"] = [1.0, 2.0, 3.0]
    B["float"] = pd.array([0.5, None, -0.0], dtype="Float64")
    assert distance(A, B) == 0
    assert distance(A, B.assign(int=["1", "2", "3"])) > 0
    assert distance(A.to_numpy(), B) == 0


def test_many_columns_of_many_values_do_not_overflow():
    A = np.arange(200_000).reshape(2000, 100)
    assert total_variation(A, A[::-1]) == 0
    assert total_variation(A[:1000], A[1000:]) == 1
    assert total_variation(A, A[:1000]) == 0.5


def test_pairs_tell_shuffled_columns_from_the_joint_rows():
    rng = np.random.default_rng(0)
    A = np.repeat(rng.integers(3, size=(300, 1)), 2, axis=1)
    B = np.column_stack([A[:, 0], rng.permutation(A[:, 1])])
    assert pairwise_total_variation(A, B) > 0.5


@pytest.mark.parametrize("distance", DISTANCES)
def test_tables_that_do_not_fit_are_refused(distance):
    A = pd.DataFrame({"a": [1, 2], "b": [3, 4]})
    with pytest.raises(ValueError, match="B has 1 columns, A has 2"):
        distance(A, A[["a"]])
    with pytest.raises(ValueError, match="B has a column 'b' where A has 'a'"):
        distance(A, A[["b", "a"]])
    with pytest.raises(ValueError, match=r"B has shape \(2,\)"):
        distance(A, [1, 2])
    with pytest.raises(ValueError, match=r"A has shape \(0, 2\)"):
        distance(A[:0], A)


def test_one_column_has_no_pairs():
    with pytest.raises(ValueError, match="two or more"):
        pairwise_total_variation([[1], [2]], [[1], [2]])


@pytest.mark.parametrize("distance", DISTANCES)
def test_rows_with_missing_values_are_not_taken_for_others(distance):
    A = np.array([["a", "x"], ["b", "x"]], dtype=object)
    B = np.array([["c", None], ["c", None]], dtype=object)
    assert distance(A, B) == 1
