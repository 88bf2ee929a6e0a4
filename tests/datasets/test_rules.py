"""Made-up data whose anomalies follow a known rule."""

import numpy as np
import pandas as pd
import pytest

from skanomaly.datasets import make_gaussian_blobs, make_no_repeats, make_sum_limit

SEEDED = [make_sum_limit, make_no_repeats, make_gaussian_blobs]


@pytest.mark.parametrize(
    ("rows", "n_anomalies", "n_rows"),
    [
        (make_sum_limit("all"), 121, 1024),
        (make_sum_limit("all", n_values=(2, 3, 5, 7, 11), limit=15), 414, 2310),
        (make_no_repeats("all"), 40, 64),
    ],
)
def test_shares_of_anomalies_are_exact_where_all_rows_are_enumerated(
    rows, n_anomalies, n_rows
):
    X, y = rows
    assert len(np.unique(X.astype(str), axis=0)) == len(X) == len(y) == n_rows
    assert y.sum() == n_anomalies and y.dtype == np.int64


def test_a_sum_beyond_the_limit_is_an_anomaly_and_one_at_the_limit_is_not():
    X, y = make_sum_limit("all", n_values=(2, 3, 4), limit=4)
    assert (y == (X.sum(axis=1) >= 5)).all()
    assert 4 in X[y == 0].sum(axis=1)


def test_every_value_of_every_column_is_drawn_alike():
    X, _ = make_sum_limit(50_000, n_values=(2, 3, 5), random_state=0)
    for column, n_values in zip(X.T, (2, 3, 5), strict=True):
        shares = np.bincount(column) / len(X)
        np.testing.assert_allclose(shares, 1 / n_values, atol=0.01)


def test_drawn_rows_are_anomalous_as_often_as_they_should_be():
    assert make_sum_limit(50_000, random_state=0)[1].mean() == pytest.approx(
        121 / 1024, abs=0.01
    )
    assert make_no_repeats(50_000, random_state=0)[1].mean() == pytest.approx(
        40 / 64, abs=0.01
    )


def test_a_letter_that_appears_twice_is_an_anomaly():
    X, y = make_no_repeats("all", n_features=4, values="ABCDE")
    repeats = [len(set(row)) < 4 for row in X]
    assert (y == repeats).all()
    X, y = make_no_repeats("all", n_features=2, values=("red", 7))
    assert X.tolist() == [["red", "red"], ["red", 7], [7, "red"], [7, 7]]
    assert y.tolist() == [1, 0, 0, 1]


def test_blobs_are_where_they_are_said_to_be():
    X, y = make_gaussian_blobs(2000, n_anomalies=3000, random_state=0)
    assert X.shape == (9000, 2) and y.sum() == 3000
    np.testing.assert_allclose(X[y == 1].mean(axis=0), (6, -4), atol=0.1)
    np.testing.assert_allclose(np.cov(X[y == 1].T), 2 * np.eye(2), atol=0.15)
    means = np.array([(-4, -4), (8, 8), (-4, 7)])
    normal = X[y == 0]
    nearest = np.linalg.norm(normal[:, None] - means, axis=2).argmin(axis=1)
    assert np.abs(np.bincount(nearest) - 2000).max() <= 2
    assert (
        np.bincount(make_gaussian_blobs((5, 0, 2), n_anomalies=1)[1]) == (7, 1)
    ).all()
    assert np.ptp(np.flatnonzero(y[:200])) > 150  # shuffled


@pytest.mark.parametrize("make", SEEDED)
def test_the_same_seed_makes_the_same_rows_and_no_global_generator_is_touched(make):
    state = np.random.get_state()[1].copy()  # noqa: NPY002
    X, y = make(20, random_state=1)
    again, y_again = make(20, random_state=1)
    assert (X == again).all() and (y == y_again).all()
    assert not np.array_equal(X, make(20, random_state=2)[0])
    assert not np.array_equal(make(20)[0], make(20)[0])
    assert (np.random.get_state()[1] == state).all()  # noqa: NPY002


@pytest.mark.parametrize("make", SEEDED)
def test_a_frame_holds_what_the_array_holds(make):
    X, y = make(20, random_state=1)
    frame, target = make(20, random_state=1, as_frame=True)
    assert isinstance(frame, pd.DataFrame) and (frame.to_numpy() == X).all()
    assert list(frame.columns) == [f"x_{j}" for j in range(X.shape[1])]
    assert (target == y).all() and (target.index == frame.index).all()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: make_sum_limit(0), "n_samples=0.*at least 1"),
        (lambda: make_sum_limit("every"), "n_samples='every'.*or \"all\""),
        (lambda: make_sum_limit(n_features=0), "n_features=0"),
        (lambda: make_sum_limit(n_values=()), "n_values is empty"),
        (lambda: make_sum_limit(n_values=(2, 0)), "n_values=0"),
        (lambda: make_sum_limit(limit="10"), "limit='10'"),
        (lambda: make_sum_limit("all", n_features=12), "means 1.68e.07 rows"),
        (lambda: make_no_repeats(n_features=5), "n_features=5: at most 4"),
        (lambda: make_no_repeats(values="ABBA"), "values='ABBA'.*different"),
        (lambda: make_gaussian_blobs((1, 2)), r"n_samples=\(1, 2\).*three"),
        (lambda: make_gaussian_blobs(n_anomalies=-1), "n_anomalies=-1"),
        (lambda: make_gaussian_blobs(True), "n_samples=True"),
    ],
)
def test_what_is_wrong_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
