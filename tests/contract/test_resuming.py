"""Warm starts and `partial_fit` go on where training ended."""

import copy

import numpy as np
import pytest
import torch
from numpy.testing import assert_array_equal

from tests.contract.estimators import (
    CASES,
    ESTIMATORS,
    TWO_PHASES,
    every_case,
    every_estimator,
    every_one_phase,
    every_resumable,
)
from tests.contract.rows import weights


@every_one_phase
def test_warm_started_fits_are_one_long_fit(name, blob):
    params = {"warm_start": True, "lr_schedule": "constant"}
    warm = CASES[name](**params).set_params(max_epochs=3).fit(blob).fit(blob)
    straight = CASES[name](**params).set_params(max_epochs=6).fit(blob)
    assert_array_equal(warm.score_samples(blob), straight.score_samples(blob))
    assert warm.offset_ == straight.offset_
    assert len(warm.net_.history) == 6


@every_resumable
def test_a_cold_fit_forgets_the_one_before(name, fitted, blob):
    expected = fitted(name).score_samples(blob)
    detector = CASES[name](contamination=0.1).fit(blob * 3.0 + 1.0).fit(blob)
    assert_array_equal(detector.score_samples(blob), expected)


@every_one_phase
def test_partial_fits_of_the_same_rows_are_the_epochs_of_a_fit(name, blob):
    chunked = CASES[name]()
    for _ in range(3):
        assert chunked.partial_fit(blob) is chunked
    straight = CASES[name](lr_schedule="constant", contamination=0.1)
    straight.set_params(max_epochs=3).fit(blob)
    assert_array_equal(chunked.score_samples(blob), straight.score_samples(blob))


@every_case
def test_partial_fit_has_nothing_to_do_with_early_stopping(name, blob):
    with_it = CASES[name]().set_params(early_stopping=True)
    without = CASES[name]().set_params(early_stopping=False)
    for detector in (with_it, without):
        detector.partial_fit(blob).partial_fit(blob)
    assert_array_equal(with_it.score_samples(blob), without.score_samples(blob))


@every_case
def test_partial_fit_goes_on_after_a_fit_with_early_stopping(name, blob):
    detector = CASES[name](contamination=0.1).set_params(early_stopping=True).fit(blob)
    before = detector.score_samples(blob)
    assert not np.array_equal(detector.partial_fit(blob).score_samples(blob), before)


@every_case
def test_a_single_row_is_a_chunk_from_the_second_on(name, blob):
    detector = CASES[name]().set_params(early_stopping=False).partial_fit(blob)
    before, offset = weights(detector), detector.offset_
    detector.partial_fit(blob[:1])
    assert any(not torch.equal(before[n], w) for n, w in weights(detector).items())
    assert detector.offset_ == offset  # one row says nothing about a tenth of all
    assert np.isfinite(detector.score_samples(blob)).all()


@every_resumable
def test_a_small_first_chunk_does_not_make_small_batches_for_ever(name, blob):
    detector = CASES[name](batch_size=64).partial_fit(blob[:5]).partial_fit(blob)
    assert detector.net_.history[-1, "train_batch_count"] == 4


@pytest.mark.parametrize("n_rows", [300, 21])
@every_case
def test_a_warm_start_goes_on_with_any_number_of_rows(name, n_rows, blob):
    detector = CASES[name](warm_start=True, contamination=0.1).set_params(
        early_stopping=True, validation_fraction=0.2
    )
    detector.fit(blob)
    rows = np.vstack([blob, blob])[:n_rows]
    before = weights(copy.deepcopy(detector))
    after = weights(detector.fit(rows))
    assert any(not torch.equal(before[n], after[n]) for n in before)
    held_out = detector.net_.history[-1, "batches", -1, "valid_batch_size"]
    assert held_out == int(0.2 * n_rows)


@every_estimator
def test_a_warm_start_takes_the_parameters_of_training_as_they_are_now(name, blob):
    settings = {"warm_start": True, "lr_schedule": "constant"}
    detector = ESTIMATORS[name](**settings).fit(blob)
    detector.set_params(lr=0.5, batch_size=50, max_epochs=3).fit(blob)
    assert detector.net_.optimizer_.param_groups[0]["lr"] == 0.5
    assert detector.net_.history[-1, "train_batch_count"] == 4
    assert len(detector.net_.history) == (2 + 3) * (1 + name.startswith(TWO_PHASES))
