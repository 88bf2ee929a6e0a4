"""Properties of the order of cells about which no verdict is spoken."""

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from skanomaly.correctors._cleaning.error_posterior import ErrorPosterior

SIZES = (4,) * 8


def kinds_with_errors(seed, n):
    """Rows of ten kinds, 5 % of the cells replaced, and where these are."""
    prototypes = np.random.default_rng(9).integers(0, 4, (10, len(SIZES)))
    rng = np.random.default_rng(seed)
    clean = prototypes[rng.integers(0, 10, n)]
    own_way = rng.random(clean.shape) < np.linspace(0, 0.4, len(SIZES))
    clean = np.where(own_way, rng.integers(0, 4, clean.shape), clean)
    wrong = rng.random(clean.shape) < 0.05
    return np.where(wrong, (clean + rng.integers(1, 4, n)[:, None]) % 4, clean), wrong


@pytest.fixture(scope="module")
def fitted():
    dirty, _ = kinds_with_errors(0, 500)
    return *kinds_with_errors(1, 300), ErrorPosterior().fit(dirty, SIZES)


def judged_alone(model, codes):
    """Suspicion and verdicts of rows, before the cells are ordered."""
    _, raw, result = model._alone(codes)
    return raw, result


def test_the_order_is_better_than_that_of_the_verdicts(fitted):
    rows, wrong, model = fitted
    _, verdicts = judged_alone(model, rows)
    ordered, decided = (
        average_precision_score(wrong.ravel(), p.ravel())
        for p in (model.posterior(rows).p_error, verdicts.p_error)
    )
    assert ordered > decided + 0.01


def test_an_order_is_no_verdict(fitted):
    dirty, _, model = fitted
    _, verdicts = judged_alone(model, dirty)
    ordered = model.posterior(dirty)
    assert not ((ordered.p_error >= 0.5) & (verdicts.p_error < 0.5)).any()
    kept = ordered.p_error >= 0.5
    assert kept.any()
    np.testing.assert_array_equal(ordered.p_error[kept], verdicts.p_error[kept])
    np.testing.assert_array_equal(ordered.p_new[kept], verdicts.p_new[kept])
    assert (ordered.p_new <= ordered.p_error).all()


def test_a_verdict_that_all_evidence_denies_is_taken_back(fitted):
    dirty, _, model = fitted
    _, verdicts = judged_alone(model, dirty)
    called = np.full(dirty.shape, 0.9)
    verdicts = verdicts._replace(p_error=called)
    nothing = np.zeros(dirty.shape)
    for fits, share in ((nothing > 0, 0.9), (nothing == 0, 1.0)):
        p = model.ranking_._in_order(model, dirty, verdicts, nothing, fits).p_error
        assert (p < 0.5).mean() >= share  # but for cells that are voted against


def test_the_order_does_not_heed_how_far_columns_are_trusted(fitted, monkeypatch):
    # Values in another case are errors in columns where nothing else is one.
    codes, _, model = fitted
    raw, verdicts = judged_alone(model, codes)
    suspicion, fits = raw.suspicion, np.zeros(codes.shape, bool)
    args = model, codes, verdicts, suspicion, fits
    before = model.ranking_._in_order(*args).p_error
    trust = model.verdicts_.trust
    less = trust.alone * np.linspace(0.1, 1, len(SIZES))
    monkeypatch.setattr(trust, "alone", less)
    after = model.ranking_._in_order(*args).p_error
    undecided = verdicts.p_error < 0.5
    np.testing.assert_array_equal(after[undecided], before[undecided])
