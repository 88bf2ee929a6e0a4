"""Deep SAD: the loss of the paper, and what labels mean."""

import numpy as np
import pandas as pd
import pytest
import torch
from numpy.testing import assert_array_equal
from sklearn.base import clone
from sklearn.metrics import roc_auc_score

from skanomaly.detectors import DeepSAD, DeepSVDD
from skanomaly.detectors._deep_sad import check_labels

FAST = {
    "hidden_units": (16,), "latent_dim": 8, "max_epochs": 5, "lr": 1e-3,
    "contamination": 0.1, "random_state": 0,
}  # fmt: skip


@pytest.fixture(scope="module")
def table():
    """Rows of which a twentieth are anomalies, and no further out than the others."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 4)) * [4.0, 1.0, 1.0, 1.0]
    X[:15] = anomalies(15, rng)
    return X, np.arange(300) < 15


def anomalies(n, rng):
    return [0.0, 2.0, 0.0, 0.0] + 0.3 * rng.normal(size=(n, 4))


def known(is_anomaly, n):
    return np.where(np.cumsum(is_anomaly) <= n, -is_anomaly.astype(int), 0)


def test_the_loss_is_that_of_the_paper(table):
    X, _ = table
    model = DeepSAD(eta=3.0, **FAST).fit(X).net_.module_.model
    x = torch.randn(6, 4, generator=torch.Generator().manual_seed(0))
    label = torch.tensor([-1, -1, 0, 0, 1, 1])
    distance = (model.encoder(x) - model.center).square().sum(dim=1)
    expected = torch.cat(
        [3.0 / (distance[:2] + 1e-6), distance[2:4], 3.0 * (distance[4:] + 1e-6)]
    )
    torch.testing.assert_close(model.encoder_loss(x, context=label), expected)
    torch.testing.assert_close(model.score(x), distance)


def test_labels_of_a_table_weigh_five_times_as_much_as_all_rows(table):
    X, is_anomaly = table

    def weight(y, **params):
        return DeepSAD(**FAST, **params).fit(X, y).net_.module_.model.eta

    assert weight(known(is_anomaly, 3)) == 5 * 300 / 3
    assert weight(known(is_anomaly, 3), eta=2.0) == 2.0
    assert weight(None) == 1.0  # of no row
    assert weight(known(is_anomaly, 3), image_shape=(1, 2, 2)) == 1.0  # as in the paper


def test_without_labels_it_is_deep_svdd(table):
    X, _ = table
    scores = DeepSVDD(weight_decay=1e-6, **FAST).fit(X).score_samples(X)
    for y in (None, np.zeros(len(X))):
        assert_array_equal(DeepSAD(**FAST).fit(X, y).score_samples(X), scores)


def test_the_centre_leaves_out_labelled_anomalies(table):
    X, is_anomaly = table
    X = X + 50.0 * is_anomaly[:, None]  # they would pull it
    # Without hidden layers, whose units measure from other rows where these differ.
    settings = {**FAST, "standardize": False, "hidden_units": ()}
    labelled = DeepSAD(**settings).fit(X, known(is_anomaly, 15)).center_
    without = DeepSAD(**settings).fit(X[15:]).center_
    np.testing.assert_allclose(labelled, without, rtol=1e-5)
    assert not np.allclose(labelled, DeepSAD(**settings).fit(X).center_)


def test_a_few_labels_find_anomalies_that_are_not_far_out(table):
    X, is_anomaly = table
    settings = {**FAST, "max_epochs": 100}

    def auroc(y):
        scores = DeepSAD(**settings).fit(X, y).anomaly_score(X)
        return roc_auc_score(is_anomaly[5:], scores[5:])  # those without a label

    assert auroc(None) < 0.6
    assert auroc(known(is_anomaly, 5)) > 0.9


def test_normal_labels_pull_rows_to_the_centre(table):
    X, _ = table
    y = np.where(np.arange(len(X)) < 150, 0, 1)
    y[0] = -1
    detector = DeepSAD(**{**FAST, "max_epochs": 60, "eta": 20.0}).fit(X, y)
    scores = detector.anomaly_score(X)
    assert scores[150:].mean() < 0.9 * scores[15:150].mean()


MEANINGS = {
    "-1, 0, 1": ([-1, 0, 1, 1], [-1, 0, 1, 1]),
    "0, 1": ([1, 0, 0, 0], [-1, 0, 0, 0]),
    "booleans": ([True, False, False, False], [-1, 0, 0, 0]),
    "-1, 0": ([-1, 0, 0, 0], [-1, 0, 0, 0]),
    "-1, 1": ([-1, 1, 1, 1], [-1, 1, 1, 1]),
    "1 alone": ([1, 1, 1, 1], [1, 1, 1, 1]),
    "NaN": ([-1, np.nan, 1, np.nan], [-1, 0, 1, 0]),
    "nullable": (pd.array([-1, None, 1, 0], dtype="Int64"), [-1, 0, 1, 0]),
    "a series": (pd.Series([-1, 0, 1, 0], index=list("abcd")), [-1, 0, 1, 0]),
}


@pytest.mark.parametrize("case", MEANINGS)
def test_labels_mean_what_is_documented(case):
    given, expected = MEANINGS[case]
    assert check_labels(given, 4).tolist() == expected


def test_labels_that_are_no_such_are_named(table):
    X, _ = table
    with pytest.warns(UserWarning, match=r"1 other labels.*such as 7: .*not known"):
        assert check_labels([-1, 7, 1], 3).tolist() == [-1, 0, 1]
    with pytest.warns(UserWarning, match=r"75% of the rows.*write -1"):
        assert check_labels([0, 1, 1, 1], 4).tolist() == [0, -1, -1, -1]
    with pytest.raises(ValueError, match=r"no numbers.*Write -1"):
        check_labels(["anomaly", "normal"], 2)
    detector = DeepSAD(**FAST).fit(X)
    for y, pattern in [
        (np.full(300, -1), "every row as an anomaly"),
        (np.zeros(299), "inconsistent numbers of samples"),
    ]:
        with pytest.raises(ValueError, match=pattern):
            detector.fit(X, y)
    assert hasattr(detector, "net_")


def test_parameters_that_are_set_for_deep_svdd_are_none():
    assert {"objective", "nu", "warmup"}.isdisjoint(DeepSAD().get_params())
    with pytest.raises(TypeError, match="nu"):
        DeepSAD(nu=0.1)
    with pytest.raises(ValueError, match="eta"):
        DeepSAD(eta=0).fit(np.eye(4))
    assert clone(DeepSAD(eta=2.0)).eta == 2.0


def test_the_threshold_leaves_out_labelled_anomalies(table):
    X, is_anomaly = table
    y = known(is_anomaly, 15)
    detector = DeepSAD(**FAST).fit(X, y)
    assert (detector.predict(X[15:]) == -1).mean() == pytest.approx(0.1, abs=0.002)
    assert len(detector.training_scores_) == 300
    assert_array_equal(DeepSAD(**FAST).fit_predict(X, y), detector.predict(X))


def test_auto_and_p_values_come_from_copies_that_know_the_anomalies(table):
    X, is_anomaly = table
    settings = {**FAST, "contamination": "auto", "max_epochs": 100}
    detector = DeepSAD(**settings).fit(X, known(is_anomaly, 15))
    assert len(detector.calibration_scores_) == 285
    assert_array_equal(detector.training_scores_[15:], detector.calibration_scores_)
    new = anomalies(50, np.random.default_rng(1))
    assert np.median(detector.p_values(new)) < 0.05


def test_labels_count_in_pretraining_holdout_and_chunks(table):
    X, is_anomaly = table
    y = known(is_anomaly, 5)
    for params in (
        {"pretrain_epochs": 2},
        {"pretrain_epochs": 2, "early_stopping": True},
        {"standardize": False, "batch_size": 32},
    ):
        plain, labelled = (
            DeepSAD(**{**FAST, **params}).fit(X, labels).score_samples(X)
            for labels in (None, y)
        )
        assert not np.allclose(plain, labelled)
    chunks = DeepSAD(**FAST)
    for rows in (slice(0, 150), slice(150, 300)):
        chunks.partial_fit(X[rows], y[rows])
    again = DeepSAD(**FAST).partial_fit(X[:150]).partial_fit(X[150:])
    assert not np.allclose(chunks.score_samples(X), again.score_samples(X))
