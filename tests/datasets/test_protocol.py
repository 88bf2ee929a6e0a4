"""One class against the rest."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from skanomaly.datasets import one_vs_rest


@pytest.fixture
def classes():
    """Rows that carry their own number and class: X of shape (200, 2), y."""
    y = np.random.default_rng(0).integers(0, 4, size=200)
    return np.column_stack([np.arange(200), y]), y


@given(st.integers(0, 3), st.floats(0.1, 0.9), st.integers(0, 100))
@settings(deadline=None, max_examples=30)
def test_random_split_is_clean_and_loses_no_normal_row(c, test_size, seed):
    y = np.arange(80) % 4
    X = np.column_stack([np.arange(80), y])
    X_train, X_test, y_train, y_test = one_vs_rest(
        X, y, c, test_size=test_size, random_state=seed
    )
    assert (X_train[:, 1] == c).all() and (y_train == 0).all()
    assert len(X_train) == len(y_train)
    assert (y_test == (X_test[:, 1] != c)).all()
    assert not set(X_train[:, 0]) & set(X_test[:, 0])
    normal = np.r_[X_train[:, 0], X_test[y_test == 0, 0]]
    assert sorted(normal) == np.flatnonzero(y == c).tolist()
    assert abs(len(X_test) - test_size * 80) <= 1
    assert abs(y_test.mean() - 0.75) < 0.1


def test_a_given_test_part_is_kept_whole_and_in_order(classes):
    X, y = classes
    parts = one_vs_rest(X[:120], y[:120], 2, X_test=X[120:], y_test=y[120:])
    X_train, X_test, y_train, y_test = parts
    assert (X_test == X[120:]).all()
    assert (y_test == (y[120:] != 2)).all()
    assert (X_train == X[:120][y[:120] == 2]).all()
    assert y_train.shape == (len(X_train),) and not y_train.any()
    assert y_test.dtype == y_train.dtype == np.int64


def test_the_training_part_may_hold_the_normal_class_only(classes):
    X, y = classes
    normal = y == 1
    X_train, *_ = one_vs_rest(X[normal], y[normal], 1, X_test=X, y_test=y)
    assert len(X_train) == normal.sum()


def test_the_seed_decides(classes):
    X, y = classes
    first, again, other = (one_vs_rest(X, y, 0, random_state=s)[1] for s in (0, 0, 1))
    assert (first == again).all()
    assert (first != other).any()


def test_types_of_rows_are_kept(classes):
    X, y = classes
    frame = pd.DataFrame(X, columns=["a", "b"], index=np.arange(200) + 1000)
    for make, kind in (
        (lambda rows: frame, pd.DataFrame),
        (csr_array, csr_array),
        (np.ndarray.tolist, np.ndarray),
        (lambda rows: rows.reshape(-1, 1, 2), np.ndarray),
    ):
        for given_parts in (False, True):
            rows = make(X)
            extra = {"X_test": rows, "y_test": y} if given_parts else {}
            X_train, X_test, _, y_test = one_vs_rest(rows, y, 3, **extra)
            assert isinstance(X_train, kind) and isinstance(X_test, kind)
            assert X_test.shape[0] == len(y_test)
    assert one_vs_rest(frame, y, 3, X_test=frame, y_test=y)[0].index[0] >= 1000


def test_classes_may_be_words(classes):
    X, y = classes
    words = np.array(["cat", "dog", "fox", "owl"])[y]
    train = one_vs_rest(X, words, "fox", X_test=X, y_test=words)[0]
    assert (train[:, 1] == 2).all()


def test_wrong_arguments_are_named(classes):
    X, y = classes
    with pytest.raises(ValueError, match=r"normal_class=7 .* in y: 0, 1, 2, 3"):
        one_vs_rest(X, y, 7)
    with pytest.raises(ValueError, match=r"normal_class=0 .* in y_test: 1"):
        one_vs_rest(X, y, 0, X_test=X[y == 1], y_test=y[y == 1])
    with pytest.raises(ValueError, match="y_test holds the normal class only"):
        one_vs_rest(X, y, 1, X_test=X[y == 1], y_test=y[y == 1])
    with pytest.raises(ValueError, match="y holds the normal class only"):
        one_vs_rest(X[y == 1], y[y == 1], 1)
    with pytest.raises(ValueError, match="y_test=None"):
        one_vs_rest(X, y, 1, X_test=X)
    with pytest.raises(ValueError, match="X_test=None"):
        one_vs_rest(X, y, 1, y_test=y)
    with pytest.raises(ValueError, match="inconsistent"):
        one_vs_rest(X, y[:-1], 1)
