import copy
import gc
import pickle
import weakref

import numpy as np
import pytest
import torch
from numpy.testing import assert_array_equal
from torch import nn

from skanomaly._training import double
from skanomaly._training.double import lent_copy
from skanomaly.detectors import AutoEncoder


class OfUser(nn.Linear):
    pass


class Refused(Exception):
    pass


def lent(module):
    with lent_copy(module) as kept:
        return kept


def _detector():
    X = np.random.default_rng(0).normal(size=(40, 3))
    detector = AutoEncoder(max_epochs=1, contamination=0.1, random_state=0).fit(X)
    return detector, X


def test_a_copy_is_kept_in_float64_and_evaluation_mode():
    module = nn.Linear(2, 1).train()
    first = lent(module)
    assert first is lent(module) is not module
    assert first.weight.dtype == torch.float64
    assert not first.training
    assert module.training


@pytest.mark.parametrize("inference", [False, True])
def test_a_copy_is_kept_whatever_the_caller_does_with_gradients(inference):
    module = nn.Linear(2, 1)
    with torch.inference_mode(inference):
        first = lent(module)
    assert not first.weight.is_inference()
    assert lent(module) is first


@torch.no_grad()
def _in_place(module):
    module.weight.add_(1.0)


def _other_numbers(module):
    module.weight.data = module.weight.data + 1.0


def _other_weight(module):
    module.weight = nn.Parameter(module.weight.detach() + 1.0)


def _other_precision(module):
    module.half()


def _through_data(module):
    module.weight.data.zero_()


def _through_numpy(module):
    module.weight.detach().numpy()[0, 0] += 1.0


@pytest.mark.parametrize(
    "change",
    [
        _in_place,
        _other_numbers,
        _other_weight,
        _other_precision,
        _through_data,
        _through_numpy,
    ],
)
def test_a_copy_follows_its_module(change):
    module = nn.Linear(2, 1)
    lent(module)
    change(module)
    assert torch.equal(lent(module).weight, module.weight.double())


def test_a_copy_follows_the_settings_of_its_module():
    module = nn.Sequential(nn.LeakyReLU(0.1))
    x = torch.tensor([-1.0], dtype=torch.float64)
    assert lent(module)(x) == -0.1
    module[0].negative_slope = 0.2
    assert lent(module)(x) == -0.2


def test_two_at_once_have_a_copy_each():
    module = nn.Linear(2, 1)
    with lent_copy(module) as first, lent_copy(module) as second:
        assert first is not second


def test_a_copy_is_dropped_after_an_error():
    module = nn.Linear(2, 1)
    first = lent(module)
    with pytest.raises(Refused), lent_copy(module):
        raise Refused
    assert lent(module) is not first


def test_large_networks_and_those_of_users_are_copied_each_time(monkeypatch):
    of_user = nn.Sequential(OfUser(2, 1))
    assert lent(of_user) is not lent(of_user)
    module = nn.Linear(2, 1)
    monkeypatch.setattr(double, "MAX_NUMBERS", 2)
    assert lent(module) is not lent(module)


def test_a_copy_goes_with_its_module():
    module = nn.Linear(2, 1)
    kept = weakref.ref(lent(module))
    assert kept() is not None
    del module
    gc.collect()
    assert kept() is None


def test_neither_a_pickle_nor_a_copy_has_the_copy():
    detector, X = _detector()
    before = len(pickle.dumps(detector))
    detector.predict(X)
    assert len(pickle.dumps(detector)) < before + 100  # addresses of tensors vary
    twin = copy.deepcopy(detector)
    assert lent(twin.net_.module_) is not lent(detector.net_.module_)


@pytest.mark.parametrize("learn", ["fit", "partial_fit"])
def test_no_score_is_of_an_earlier_fit(learn):
    detector, X = _detector()
    never_scored = copy.deepcopy(detector)
    before = detector.score_samples(X)
    for learner in (detector, never_scored):
        getattr(learner, learn)(X**3)
    assert_array_equal(detector.score_samples(X), never_scored.score_samples(X))
    assert (detector.score_samples(X) != before).any()
