"""The seed decides every bit; global generators and settings are left alone."""

import copy
import os
import random
import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from numpy.testing import assert_array_equal

from tests.contract.estimators import (
    CASES,
    ESTIMATORS,
    LENT_GLOBALLY,
    every_case,
    every_variant,
)


def _global_state():
    """Everything random or global that a fit might disturb, in comparable form."""
    _, keys, *rest = np.random.get_state()  # noqa: NPY002
    return (
        torch.get_rng_state().tolist(),
        keys.tolist(),
        rest,
        random.getstate(),
        dict(os.environ),
        torch.get_num_threads(),
        torch.get_default_dtype(),
        torch.is_grad_enabled(),
        torch.are_deterministic_algorithms_enabled(),
        np.geterr(),
        list(warnings.filters),
    )


@every_case
def test_the_same_seed_gives_the_same_scores_bit_for_bit(name, fitted, blob):
    first = fitted(name)
    torch.manual_seed(123)
    np.random.seed(123)  # noqa: NPY002
    second = CASES[name]().fit(blob)
    assert_array_equal(first.score_samples(blob), second.score_samples(blob))
    assert first.offset_ == second.offset_


@every_case
def test_another_seed_gives_other_scores(name, blob):
    before = _global_state()
    scores = [
        CASES[name](contamination=0.1)
        .set_params(random_state=seed)
        .fit(blob)
        .score_samples(blob)
        for seed in (0, 1, None, None)
    ]
    assert _global_state() == before  # not even without a seed is anything drawn there
    for i in range(4):
        for j in range(i):
            assert not np.allclose(scores[i], scores[j])


@every_case
def test_a_random_state_instance_is_an_integer_first_and_moves_on(name, fitted, blob):
    detector = CASES[name]().set_params(random_state=np.random.RandomState(0))
    first = detector.fit(blob).score_samples(blob)
    second = detector.fit(blob).score_samples(blob)
    # A user's network takes a second draw, to be lent the global generator.
    if name not in LENT_GLOBALLY:
        assert_array_equal(first, fitted(name).score_samples(blob))
    assert not np.allclose(first, second)


@pytest.mark.filterwarnings("ignore:The scores of the training rows have two modes")
@every_case
def test_the_global_generators_and_settings_are_left_alone(name, blob):
    before = _global_state()
    detector = CASES[name]()
    detector.fit(blob)
    detector.score_samples(blob)
    detector.predict(blob)
    if hasattr(detector, "feature_scores"):
        detector.feature_scores(blob)
    copy.deepcopy(detector).fit(blob)
    if not detector.early_stopping:
        detector.partial_fit(blob)
    assert _global_state() == before


@every_case
def test_fits_in_threads_do_not_disturb_each_other(name, blob):
    seeds = [0, 1, 0, 1]

    def scores(seed):
        detector = CASES[name]().set_params(random_state=seed)
        return detector.fit(blob).score_samples(blob)

    before = _global_state()
    with ThreadPoolExecutor(4) as pool:
        in_threads = list(pool.map(scores, seeds))
    assert _global_state() == before
    alone = {seed: scores(seed) for seed in set(seeds)}
    for seed, result in zip(seeds, in_threads, strict=True):
        assert_array_equal(result, alone[seed])


def test_the_number_of_torch_threads_survives_fits_in_threads(blob):
    detectors_ = [ESTIMATORS["AutoEncoder"](random_state=seed) for seed in range(6)]
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        with ThreadPoolExecutor(6) as pool:
            list(pool.map(lambda d: d.fit(blob), detectors_))
        assert torch.get_num_threads() == 2
        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(torch.get_num_threads).result() == 2
    finally:
        torch.set_num_threads(before)


@every_variant
def test_one_detector_scores_in_many_threads(name, fitted, blob):
    detector = fitted(name)
    expected = detector.score_samples(blob)
    with ThreadPoolExecutor(8) as pool:
        for scores in pool.map(lambda _: detector.score_samples(blob), range(40)):
            assert_array_equal(scores, expected)
