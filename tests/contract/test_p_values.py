"""p-values of every detector, by rows that it was not trained on."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal

from skanomaly.pyod import PyODDetector
from tests.contract.estimators import EVERY, META, cases, every_detector
from tests.contract.rows import rows

# They have a number for `contamination` in these tests.
WITHOUT_FOLDS = ("AnoGAN", "FastAnoGAN", "OutlierDiscriminator", "WGANEnsemble")


def by_hand(calibration, scores):
    """One plus the number of scores that are no lower, over all of them and one."""
    n_above = (calibration >= scores[:, None]).sum(axis=1)
    return (1 + n_above) / (1 + len(calibration))


@every_detector
def test_p_values_compare_with_the_rows_of_calibrate(name, fitted, blob):
    detector = fitted(name)
    held_out, X = rows(50), rows(200)
    detector.calibrate(held_out)
    expected = by_hand(detector.anomaly_score(held_out), detector.anomaly_score(X))
    assert_array_equal(detector.p_values(X), expected)
    assert 1 / 51 <= expected.min() < expected.max() <= 1
    # A new fit forgets them.
    if name not in WITHOUT_FOLDS:
        assert len(detector.fit(blob).calibration_scores_) == len(blob)


@pytest.mark.parametrize("name", cases(EVERY, but=(*WITHOUT_FOLDS, *META)))
def test_p_values_compare_with_out_of_fold_scores_of_training_rows(name, fitted, blob):
    detector = fitted(name)
    if detector.contamination == 0.1:
        pytest.skip("a variant without folds")
    expected = by_hand(-detector.training_scores_, detector.anomaly_score(blob))
    assert_array_equal(detector.p_values(blob), expected)


@pytest.mark.parametrize("name", ["AutoEncoder", "AnoGAN"])
def test_scores_of_rows_that_were_trained_on_are_no_basis(name, blob):
    detector = EVERY[name](contamination=0.1).fit(blob)
    with pytest.raises(ValueError, match=r'calibrate\(X\).*contamination="auto"'):
        detector.p_values(blob)
    assert (detector.calibrate(rows()).p_values(rows()) > 0).all()
    # Further training makes them outdated.
    with pytest.raises(ValueError, match="calibrate"):
        detector.partial_fit(blob).p_values(blob)


def test_detectors_of_pyod_need_calibration(blob):
    knn = pytest.importorskip("pyod.models.knn").KNN
    detector = PyODDetector(knn()).fit(blob)
    with pytest.raises(ValueError, match="calibrate"):
        detector.p_values(blob)
    assert detector.calibrate(blob).p_values(blob[:3] + 1e6).max() == 1 / 201


def test_p_values_belong_to_one_score(fitted, blob):
    detector = fitted("VAEEnsemble").set_params(statistic="variance")
    with pytest.raises(ValueError, match="offset_ was set for"):
        detector.p_values(blob)


def test_ties_count_against_the_row():
    X = np.repeat(np.arange(5.0), 20)[:, None]
    detector = EVERY["NeighborsDetector"](contamination=0.1).fit(X).calibrate(X)
    p = detector.p_values(X)
    assert p.min() >= 21 / 101  # the row itself, and twenty that equal it
    assert detector.p_values(pd.DataFrame([[99.0]]))[0] == 1 / 101


@pytest.mark.parametrize("name", ["NeighborsDetector", "AutoEncoder"])
def test_p_values_of_new_normal_rows_are_uniform(name):
    rng = np.random.default_rng(0)
    train, new = rng.normal(size=(300, 4)), rng.normal(size=(3000, 4))
    p = EVERY[name]().fit(train).p_values(new)
    for level in (0.05, 0.1, 0.2, 0.5):
        # Five standard errors of the calibration's own chance.
        tolerance = 5 * np.sqrt(level * (1 - level) / 300)
        assert abs((p <= level).mean() - level) < tolerance
