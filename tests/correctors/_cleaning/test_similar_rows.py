"""Properties of what similar rows say about a cell."""

import numpy as np
import pytest

from skanomaly.correctors._cleaning.beliefs import as_observed
from skanomaly.correctors._cleaning.similar_rows import SimilarRows

SIZES = (4,) * 6


def kinds(seed=0, n=300):
    """Rows of twelve kinds, which no single column tells, and the number of each."""
    rng = np.random.default_rng(seed)
    prototypes = np.random.default_rng(9).integers(0, 4, (12, len(SIZES)))
    kind = rng.integers(0, 12, n)
    return prototypes[kind], prototypes


def frequencies(codes):
    return [
        np.log(np.bincount(column, minlength=4) + 1) - np.log(len(codes) + 4)
        for column in codes.T
    ]


@pytest.fixture(scope="module")
def fitted():
    codes, _ = kinds()
    priors = frequencies(codes)
    logs = {j: np.tile(p, (len(codes), 1)) for j, p in enumerate(priors)}
    # Another model that explains half of each column, so that all columns count.
    for j, log_p in logs.items():
        log_p[np.arange(len(codes)), codes[:, j]] *= 0.5
    model = SimilarRows(SIZES, priors, seed=0)
    return codes, priors, model.fit(as_observed(codes), np.arange(len(codes)), logs)


def test_a_cell_is_expected_to_be_as_in_the_rows_of_its_kind(fitted):
    _, priors, model = fitted
    codes, _ = kinds(seed=1, n=50)
    for j in range(len(SIZES)):
        wrong = codes.copy()
        wrong[:, j] = (codes[:, j] + 1) % 4
        log_p = model.log_p(j, model.nearness(wrong), wrong[:, j])
        assert (log_p.argmax(axis=1) == codes[:, j]).mean() > 0.75
        pooled = model.pooled(j, np.tile(priors[j], (50, 1)), log_p)
        np.testing.assert_allclose(np.exp(pooled).sum(axis=1), 1)


def test_a_cell_is_no_evidence_for_itself(fitted):
    codes, _, model = fitted
    other = codes[:20].copy()
    other[:, 0] = (other[:, 0] + 1) % 4
    said = [
        model.log_p(0, model.nearness(rows), rows[:, 0]) for rows in (codes[:20], other)
    ]
    np.testing.assert_allclose(*said, atol=1e-5)


def test_a_row_of_the_table_is_not_compared_with_itself(fitted):
    codes, _, model = fitted
    rows = np.arange(40)
    nearness = model.nearness(codes[rows], rows)
    np.testing.assert_array_equal(nearness[rows, np.searchsorted(model.rows, rows)], 0)
    assert (nearness.max(axis=1) > 0).all()


def test_where_rows_say_nothing_the_other_model_is_left_alone():
    codes = np.random.default_rng(0).integers(0, 4, (300, len(SIZES)))
    priors = frequencies(codes)
    logs = {j: np.tile(p, (300, 1)) for j, p in enumerate(priors)}
    model = SimilarRows(SIZES, priors, seed=0)
    model.fit(as_observed(codes), np.arange(300), logs)
    similar = model.log_p(0, model.nearness(codes), codes[:, 0])
    assert not model.pool
    np.testing.assert_array_equal(model.pooled(0, logs[0], similar), logs[0])
