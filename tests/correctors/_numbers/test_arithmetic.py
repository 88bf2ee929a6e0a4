"""Relations that are found, and that must not be."""

import numpy as np
import pytest

from skanomaly.correctors._numbers.arithmetic import find_arithmetic
from skanomaly.correctors._numbers.grids import Grid

RNG = np.random.default_rng(0)
N = 600
A = RNG.integers(1, 50, N).astype(float)
B = np.round(RNG.uniform(1, 90, N), 2)
C = np.round(RNG.lognormal(3, 1, N), 2)
SCORES = RNG.integers(0, 21, (4, N)).astype(float)


def find(**columns):
    x = np.column_stack(list(columns.values()))
    grids = [Grid.of(column) for column in x.T]
    return [r.formula for r in find_arithmetic(x, grids, list(columns), 0)[0]]


@pytest.mark.parametrize(
    ("columns", "formula"),
    [
        ({"a": np.round(B + C, 2), "b": B, "c": C}, "a = b + c"),
        ({"a": np.round(A * B, 2), "b": A, "c": B}, "a = b x c"),
        ({"a": np.round(C / B, 2), "b": C, "c": B}, "a = b / c"),
        ({"a": np.round(B * C / 100, 2), "b": B, "c": C}, "a = 0.01 x b x c"),
        ({"a": np.round(0.19 * C, 2), "b": C}, "a = 0.19 x b"),
        ({"a": B, "b": np.round(1.8 * B + 32, 2)}, "b = 1.8 x a + 32"),
        ({"a": A, "b": A + 7}, "b = a + 7"),
        ({"a": B, "b": C, "c": np.round(100 - B - C, 2)}, "c + a + b = 100"),
    ],
)
def test_a_relation_is_found_among_other_columns(columns, formula):
    assert find(**columns, noise=RNG.normal(size=N)) == [formula]


def test_a_total_of_several_parts_is_found():
    names = {f"s{i}": s for i, s in enumerate(SCORES)}
    (formula,) = find(**names, total=SCORES.sum(axis=0), age=A)
    left, right = formula.split(" = ")
    assert left == "total" and set(right.split(" + ")) == set(names)


@pytest.mark.parametrize(
    "x",
    [
        RNG.normal(size=(N, 8)),
        RNG.integers(0, 4, (N, 8)).astype(float),
        (RNG.random((N, 8)) < 0.03) * RNG.integers(1, 9, (N, 8)),
        np.eye(6)[RNG.integers(0, 6, N)],
    ],
    ids=["continuous", "small integers", "mostly zero", "indicators"],
)
def test_nothing_is_found_where_there_is_nothing(x):
    assert find(**{f"x{i}": column for i, column in enumerate(x.T)}) == []


def test_a_relation_that_fails_in_a_tenth_of_the_rows_is_none():
    broken = np.round(A * B, 2)
    broken[: N // 10] = C[: N // 10]
    assert find(a=broken, b=A, c=B) == []


def test_missing_cells_and_a_few_errors_do_not_hide_a_relation():
    total = np.round(A * B, 2)
    total[:9] *= 10
    total[RNG.random(N) < 0.2] = np.nan
    assert find(a=total, b=A, c=B) == ["a = b x c"]
