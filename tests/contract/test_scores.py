"""What scores are: one score in several forms, finite for any finite row."""

import copy

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal

from tests.contract.estimators import (
    ALL,
    EVERY,
    META,
    cases,
    every_case,
    every_detector,
    every_setting,
    every_variant,
    slow_but,
)
from tests.contract.rows import rows, with_cell

# Their scores are log densities of the rows in their own units.
LOG_DENSITIES = ("NormalizingFlow", "VAE")

# Their rows are not standardized.
AS_THEY_ARE = ("AutoEncoder-raw",)


EXPLAINING = [
    case for case in cases(EVERY) if hasattr(EVERY[case.values[0]](), "feature_scores")
]


@pytest.mark.parametrize("name", cases(EVERY, but=META))
def test_the_public_scores_are_one_score(name, blob):
    detector = EVERY[name](contamination=0.2).fit(blob)
    scores = detector.score_samples(blob)
    assert scores.shape == (200,)
    assert scores.dtype == np.float64
    assert_array_equal(detector.anomaly_score(blob), -scores)
    assert_array_equal(detector.decision_function(blob), scores - detector.offset_)
    assert detector.score(blob) == pytest.approx(scores.mean(), rel=1e-12)
    labels = detector.predict(blob)
    assert_array_equal(labels, np.where(scores >= detector.offset_, 1, -1))
    assert (labels == -1).sum() == 40
    assert_array_equal(EVERY[name](contamination=0.2).fit_predict(blob), labels)


@pytest.mark.parametrize("name", EXPLAINING)
def test_scores_of_the_columns_add_up_to_the_score_of_the_row(name, fitted, blob):
    detector = fitted(name)
    cells = detector.feature_scores(blob)
    assert cells.shape == blob.shape
    if name.startswith("VAE"):
        detector.set_params(score_type="distortion")  # the rate belongs to no column
    scores = detector.anomaly_score(blob)
    beside = getattr(detector, "feature_weight", 0.0)  # what a critic sees
    if beside or getattr(detector, "score_type", "reconstruction") == "total":
        assert (cells.sum(axis=1) < scores).all()
    else:
        assert_allclose(cells.sum(axis=1), scores, rtol=1e-6)


@every_setting
def test_an_absurd_row_scores_worse_than_all_others(name, fitted, blob):
    detector = fitted(name)
    absurd = np.array([[1e30, 0, 0, 0], [-1e300, 1e300, 0, 0], [0, 0, 0, 1.7e308]])
    scores = detector.score_samples(absurd)
    assert np.isfinite(scores).all()
    assert np.isfinite(detector.score(absurd))
    assert scores.max() < detector.score_samples(blob).min()


@every_detector
def test_an_absurd_cell_at_scoring_gives_a_finite_bad_score(name, fitted):
    detector = fitted(name, "rows")
    others = np.delete(np.arange(60), 3)
    expected = detector.score_samples(rows())[others]
    for value in (1e15, 1e30, 1e200, 1.79e308, -1.79e308):
        scores = detector.score_samples(with_cell(value))
        assert np.isfinite(scores).all()
        assert scores.argmin() == 3
        assert detector.predict(with_cell(value))[3] == -1
        assert_array_equal(scores[others], expected)


@every_variant
def test_constant_columns_are_harmless_and_watched(name, blob):
    if "image" in name:
        blob = np.hstack([blob, blob[:, ::-1]]) / 100.0
    constant = np.tile([7.0, 0.1, 0.0, -3.3], (len(blob), 1))
    X = np.hstack([blob, constant])
    detector = ALL[name](contamination=0.1)
    if getattr(detector, "image_shape", None) is not None:
        detector.set_params(image_shape=(1, 2, X.shape[1] // 2))
    scores = detector.fit(X).score_samples(X)
    assert np.isfinite(scores).all()
    assert len(np.unique(scores)) > 150

    changed = X.copy()
    changed[:, -1] += 1000.0
    assert (detector.score_samples(changed) < scores).all()


@pytest.mark.parametrize("name", cases(EVERY, but=(*AS_THEY_ARE, *META)))
def test_the_unit_of_a_column_does_not_matter(name, fitted, blob):
    detector = fitted(name)
    scores = detector.score_samples(blob)
    # Pixels share the moments of a channel.
    per_column = getattr(detector, "image_shape", None) is None
    unit = np.array([1e-3, 2.0, 300.0, 0.7]) if per_column else 0.3
    zero = np.array([5.0, -1.0, 0.1, 40.0]) if per_column else 2.0
    detector.set_params(contamination=0.1)
    other = detector.fit(blob * unit + zero).score_samples(blob * unit + zero)
    if name.startswith(LOG_DENSITIES):
        # In nats, of rows in other units.
        scores = scores - np.log(np.broadcast_to(unit, 4)).sum()
    assert_allclose(other, scores, rtol=1e-3)


EQUAL_ROWS = {
    "ones": np.ones((20, 3)),
    "zeros": np.zeros((20, 3)),
    "any": rows(1).repeat(9, 0),
}


@pytest.mark.parametrize("values", slow_but(EQUAL_ROWS, quick=["any"]))
@every_detector
def test_equal_rows_are_a_warning(name, values):
    detector, X = EVERY[name](), EQUAL_ROWS[values]
    with pytest.warns(UserWarning, match="[Aa]ll training scores are equal"):
        detector.fit(X)
    assert (detector.predict(X) == 1).all()


@every_case
def test_scoring_changes_nothing_in_the_detector(name, fitted, blob):
    detector = fitted(name)
    module = detector.net_.module_
    before = dict(vars(detector)), copy.deepcopy(module.state_dict())
    detector.score_samples(blob)
    if hasattr(detector, "feature_scores"):
        detector.feature_scores(blob)
    assert vars(detector) == before[0]
    assert module.state_dict().keys() == before[1].keys()
    for name_, value in before[1].items():
        assert torch.equal(module.state_dict()[name_], value)
        assert module.state_dict()[name_].dtype == value.dtype
    assert not module.training
