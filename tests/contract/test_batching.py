"""The score of a row does not depend on the rows beside it, nor on memory."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_array_equal

from skanomaly._training.evaluate import MAX_ROWS
from tests.contract.estimators import (
    EVERY,
    every_detector,
    every_estimator,
    every_setting,
    slow_but,
)
from tests.contract.rows import rows, taken


@every_setting
def test_scores_do_not_depend_on_the_batch(name, fitted, blob):
    detector = fitted(name)
    scores = detector.score_samples(blob)
    order = np.random.default_rng(0).permutation(len(blob))
    assert_array_equal(detector.score_samples(blob[order]), scores[order])
    for size in (1, 7, 33):
        n_rows = min(20 * size, len(blob))
        parts = [blob[i : i + size] for i in range(0, n_rows, size)]
        parts_scores = np.concatenate([detector.score_samples(p) for p in parts])
        assert_array_equal(parts_scores, scores[: len(parts_scores)])


@pytest.mark.parametrize("n_rows", slow_but([5001, 100_003], quick=[5001]))
@every_detector
def test_scores_of_several_chunks_do_not_depend_on_the_batch(name, n_rows):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n_rows, 5)) * rng.lognormal(size=(n_rows, 1))
    detector = EVERY[name]()
    detector.set_params(**taken(detector, hidden_units=(15, 7), latent_dim=3))
    detector.fit(X[:500])
    scores = detector.score_samples(X)

    order = rng.permutation(len(X))
    assert_array_equal(detector.score_samples(X[order]), scores[order])
    start = 0
    while start < len(X):
        stop = start + int(rng.integers(1, MAX_ROWS * 2))
        assert_array_equal(detector.score_samples(X[start:stop]), scores[start:stop])
        start = stop
    for i in rng.choice(len(X), 50, replace=False):
        assert detector.score_samples(X[i : i + 1])[0] == scores[i]


@pytest.mark.parametrize("limit", slow_but([1, 5, 16], quick=[5]))
@every_estimator
def test_scoring_that_runs_out_of_memory_goes_on_in_smaller_chunks(
    name, limit, fitted, monkeypatch
):
    detector = fitted(name, "rows")
    expected = detector.score_samples(rows())
    model = type(detector.net_.module_)
    score, sizes = model.score, []

    def starved(self, x):
        if len(x) > limit:
            raise torch.OutOfMemoryError("simulated")
        sizes.append(len(x))
        return score(self, x)

    monkeypatch.setattr(model, "score", starved)
    assert_array_equal(detector.score_samples(rows()), expected)
    assert sum(sizes) == 60


@every_estimator
def test_a_row_that_does_not_fit_the_memory_is_an_error(name, fitted, monkeypatch):
    detector = fitted(name, "rows")

    def starved(self, x):
        raise torch.OutOfMemoryError("simulated")

    monkeypatch.setattr(type(detector.net_.module_), "score", starved)
    with pytest.raises(MemoryError, match="row"):
        detector.score_samples(rows())
