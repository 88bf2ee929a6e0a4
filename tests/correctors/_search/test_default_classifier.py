"""Network or trees: the rows held out decide."""

import numpy as np
import pytest
from skorch import NeuralNet

from skanomaly.correctors._search.boosted_trees import BoostedTrees
from skanomaly.correctors._search.default_classifier import fit_default_classifier


def conjunction(codes):
    return (codes[:, 0] == 2) & (codes[:, 1] == 0) & (codes[:, 2] != 1)


def large_sum(codes):
    return codes.sum(axis=1) > 12


@pytest.mark.parametrize(
    ("rule", "size", "kind"),
    [(conjunction, 3, BoostedTrees), (large_sum, 4, NeuralNet)],
)
def test_each_rule_has_its_classifier(rule, size, kind):
    codes = np.random.default_rng(0).integers(0, size, (20_000, 6))
    y = rule(codes)
    some = np.r_[np.flatnonzero(y)[:40], np.flatnonzero(~y)[:1460]]
    model = fit_default_classifier(codes[some], y[some], (size,) * 6)
    assert isinstance(model, kind)


def test_a_handful_of_labels_is_for_the_network():
    codes = np.random.default_rng(0).integers(0, 3, (1500, 3))
    y = np.arange(1500) < 9
    assert isinstance(fit_default_classifier(codes, y, (3, 3, 3)), NeuralNet)
