"""Errors put into known cells."""

import numpy as np
import pandas as pd
import pytest

from skanomaly.datasets import inject_cell_errors

N = 400


@pytest.fixture
def table():
    """Columns of every type, missing cells among them, and an odd index."""
    rng = np.random.default_rng(0)
    letters = rng.choice(["a", "b", "c"], size=N, p=[0.81, 0.16, 0.03])
    holes = np.where(np.arange(N) % 10 == 0, None, letters)
    dates = pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(9, size=N), "D")
    return pd.DataFrame(
        {
            "text": letters,
            "object": pd.Series(holes, dtype=object).to_numpy(),
            "category": pd.Categorical(letters, categories=["c", "b", "a", "unused"]),
            "int": rng.integers(4, size=N),
            "nullable": pd.array(np.where(letters == "a", None, 3) , dtype="Int64"),
            "float": np.where(letters == "c", np.nan, rng.normal(size=N)),
            "bool": rng.random(N) < 0.5,
            "date": dates,
            "mixed": pd.Series([1, "1", 2.5, ("t",)] * (N // 4)).to_numpy(),
            "constant": "same",
        },
        index=[f"row {i // 2}" for i in range(N)],
    )  # fmt: skip


def differs(X, other):
    """Cells that differ; missing ones are equal."""
    equal = X.astype(object).eq(other.astype(object)).fillna(False).to_numpy(bool)
    return ~(equal | (X.isna() & other.isna()).to_numpy())


@pytest.mark.parametrize("kind", ["swap", "typo", "missing"])
@pytest.mark.parametrize("rate", [0, 0.05, 1.0])
def test_the_mask_holds_the_cells_that_differ_and_no_others(table, kind, rate):
    before = table.copy()
    X, mask = inject_cell_errors(table, rate, kind=kind, random_state=0)
    np.testing.assert_array_equal(differs(X, table), mask)
    assert (mask.sum() > 0) == (rate > 0)
    pd.testing.assert_frame_equal(table, before)


@pytest.mark.parametrize("kind", ["swap", "typo", "missing"])
def test_types_index_and_columns_stay(table, kind):
    X, mask = inject_cell_errors(table, 0.3, kind=kind, random_state=0)
    assert mask.any()
    assert X.index.equals(table.index) and X.columns.equals(table.columns)
    others = [name for name in table if (kind, name) != ("typo", "category")]
    assert (X.dtypes[others] == table.dtypes[others]).all()
    assert isinstance(X["category"].dtype, pd.CategoricalDtype)


def test_missing_cells_and_constant_columns_stay(table):
    X, mask = inject_cell_errors(table, 1.0, random_state=0)
    assert not mask[table.isna().to_numpy()].any()
    assert not mask[:, table.columns.get_loc("constant")].any()
    assert not mask[:, table.columns.get_loc("nullable")].any()  # one value, and <NA>
    assert (X.isna() == table.isna()).all(axis=None)


def test_the_rate_is_the_share_of_the_cells_that_can_be_wrong(table):
    _, mask = inject_cell_errors(table, 0.1, random_state=0)
    known = table.drop(columns=["constant", "nullable"]).notna().to_numpy().sum()
    assert mask.sum() == round(0.1 * known)


@pytest.mark.parametrize("temperature", [1, 2, np.inf])
def test_values_are_drawn_from_the_tempered_marginal_without_the_true_one(temperature):
    shares = np.array([0.5, 0.3, 0.15, 0.05])
    X = np.repeat(np.arange(4), (40_000 * shares).astype(int))[:, None]
    X_dirty, _ = inject_cell_errors(X, 1.0, temperature=temperature, random_state=0)
    weights = shares ** (1 / temperature)
    for value in range(4):
        expected = np.where(np.arange(4) == value, 0, weights)
        drawn = np.bincount(X_dirty[X == value], minlength=4)
        sigma = np.sqrt(0.25 / drawn.sum())
        np.testing.assert_allclose(
            drawn / drawn.sum(), expected / expected.sum(), atol=4.5 * sigma
        )


def test_every_cell_is_as_likely_to_be_chosen():
    X = np.tile([[0, 1]], (20_000, 1))
    X[::2] = 1 - X[::2]
    _, mask = inject_cell_errors(X, 0.25, random_state=0)
    np.testing.assert_allclose(mask.mean(axis=0), 0.25, atol=0.01)
    np.testing.assert_allclose(mask[::2].mean(), 0.25, atol=0.01)


@pytest.mark.parametrize(
    "X",
    [
        np.tile(np.arange(3, dtype=np.int8), (50, 1)).T,
        np.random.default_rng(0).normal(size=(20, 3)).astype(np.float32),
        np.array([["a", None, 3.5], ["b", "x", 3.5], ["c", "y", 1]], dtype=object),
        np.array([["a", "x"], ["bc", "y"]]),
        np.array([[True, False], [False, True]]),
    ],
)
def test_arrays_keep_their_type(X):
    X_dirty, mask = inject_cell_errors(X, 0.5, random_state=0)
    assert X_dirty.dtype == X.dtype and X_dirty.shape == X.shape
    np.testing.assert_array_equal(X_dirty != X, mask)
    assert mask.any()


def test_lists_are_tables_too():
    X_dirty, mask = inject_cell_errors([[1, 2], [3, 4]], 1.0)
    assert X_dirty.tolist() == [[3, 4], [1, 2]] and mask.all()


def test_a_typo_is_one_letter_away():
    words = np.array([["hospital"], ["x"], [""], ["aaaa"]] * 100)
    X, mask = inject_cell_errors(words, 1.0, kind="typo", random_state=0)
    assert mask.all() and X.dtype.kind == "U"
    lengths = {
        len(word) for (word,), (old,) in zip(X, words, strict=True) if old == "hospital"
    }
    assert lengths == {7, 8, 9}
    for (new,), (old,) in zip(X, words, strict=True):
        shorter, longer = sorted((new, old), key=len)
        if len(new) == len(old):
            assert sum(a != b for a, b in zip(new, old, strict=True)) == 1
        else:
            assert shorter in {longer[:i] + longer[i + 1 :] for i in range(len(longer))}


def test_only_text_gets_typos(table):
    _, mask = inject_cell_errors(table, 1.0, kind="typo", random_state=0)
    text = ["text", "object", "category", "constant"]
    assert list(table.columns[mask.any(axis=0)]) == text


def test_only_the_columns_asked_for_get_errors(table):
    _, mask = inject_cell_errors(table, 0.2, columns=["int", "text"], random_state=0)
    assert set(table.columns[mask.any(axis=0)]) == {"int", "text"}
    assert mask.sum() == round(0.2 * 2 * N)
    _, mask = inject_cell_errors(np.arange(40).reshape(10, 4), 1.0, columns=[2])
    assert mask.any(axis=0).tolist() == [False, False, True, False]


def test_the_same_seed_makes_the_same_errors_and_no_global_generator_is_touched(table):
    state = np.random.get_state()[1].copy()  # noqa: NPY002
    for kind in ("swap", "typo", "missing"):
        X, mask = inject_cell_errors(table, kind=kind, random_state=3)
        again, mask_again = inject_cell_errors(table, kind=kind, random_state=3)
        pd.testing.assert_frame_equal(X, again)
        assert (mask == mask_again).all()
        other = inject_cell_errors(table, kind=kind, random_state=4)[1]
        assert (mask != other).any()
    assert (np.random.get_state()[1] == state).all()  # noqa: NPY002


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rate": 1.5}, "rate=1.5"),
        ({"rate": True}, "rate=True"),
        ({"kind": "swaps"}, "kind='swaps'.*swap, typo, missing"),
        ({"temperature": 0}, "temperature=0"),
        ({"columns": ["none"]}, "'none' is no column of X"),
        ({"columns": ["constant"]}, "two or more values; column 'constant'"),
        ({"columns": "int", "kind": "typo"}, "text; column 'int'"),
        ({"columns": ["int"], "kind": "missing"}, "missing values; column 'int'"),
    ],
)
def test_what_is_wrong_is_named(table, options, message):
    with pytest.raises(ValueError, match=message):
        inject_cell_errors(table, **options)


def test_tables_that_can_carry_no_error_are_refused():
    with pytest.raises(ValueError, match="kind='swap' needs a column"):
        inject_cell_errors(np.ones((3, 2)))
    with pytest.raises(ValueError, match=r"<U1 has no missing value.*astype"):
        inject_cell_errors(np.array([["a"], ["b"]]), kind="missing")
    with pytest.raises(ValueError, match=r"shape \(3,\)"):
        inject_cell_errors(np.arange(3))
