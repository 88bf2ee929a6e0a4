"""Properties of metrics of a ranking, and of the two criteria without labels."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import trapezoid
from scipy.stats import norm

from skanomaly.metrics import (
    anomaly_average_precision,
    anomaly_roc_auc,
    excess_mass,
    fpr_at_tpr,
    mass_volume,
)

METRICS = (anomaly_roc_auc, anomaly_average_precision, fpr_at_tpr)

# The worked example of the seed: 5 of 6 pairs are in order.
SCORES = [11383, 256676, 862365, 152435, 848171]
LABELS = [0, 1, 1, 0, 0]


@st.composite
def rankings(draw):
    """Labels of both kinds with scores of many ties."""
    y = draw(st.lists(st.integers(0, 1), min_size=2, max_size=30))
    y[:2] = [0, 1]
    scores = st.integers(-3, 3)
    return np.array(y), np.array([draw(scores) for _ in y], dtype=float)


def test_worked_example():
    assert anomaly_roc_auc(LABELS, SCORES) == pytest.approx(5 / 6)
    assert anomaly_average_precision(LABELS, SCORES) == pytest.approx(5 / 6)
    assert fpr_at_tpr(LABELS, SCORES) == pytest.approx(1 / 3)
    assert fpr_at_tpr(LABELS, SCORES, tpr=0.5) == 0


def test_equal_scores_are_at_chance_level():
    y = np.arange(20) < 3
    scores = np.full(20, 7.0)
    assert anomaly_roc_auc(y, scores) == 0.5
    assert anomaly_average_precision(y, scores) == pytest.approx(3 / 20)
    assert fpr_at_tpr(y, scores) == 1


@given(rankings())
@settings(deadline=None)
def test_roc_auc_counts_pairs_and_half_of_the_ties(ranking):
    y, scores = ranking
    difference = scores[y == 1][:, None] - scores[y == 0]
    pairs = (difference > 0) + 0.5 * (difference == 0)
    assert anomaly_roc_auc(y, scores) == pytest.approx(pairs.mean())


@given(rankings())
@settings(deadline=None)
def test_average_precision_is_the_sum_over_distinct_thresholds(ranking):
    y, scores = ranking
    total, recall = 0.0, 0.0
    for threshold in np.unique(scores)[::-1]:
        flagged = scores >= threshold
        now = y[flagged].sum() / y.sum()
        total += (now - recall) * y[flagged].mean()
        recall = now
    assert anomaly_average_precision(y, scores) == pytest.approx(total)


@given(rankings(), st.sampled_from([0.05, 0.3, 0.5, 0.95, 1.0]))
@settings(deadline=None)
def test_fpr_is_the_least_over_thresholds_that_find_enough(ranking, tpr):
    y, scores = ranking
    flagged = [scores >= threshold for threshold in np.unique(scores)]
    fprs = [f[y == 0].mean() for f in flagged if f[y == 1].mean() >= tpr]
    assert fpr_at_tpr(y, scores, tpr=tpr) == pytest.approx(min(fprs))


def test_a_rate_reached_but_for_rounding_is_reached():
    y = np.r_[np.ones(10), np.zeros(10)].astype(int)
    scores = np.r_[np.arange(10), np.full(10, 2.5)]
    assert 0.1 * 7 > 0.7
    assert fpr_at_tpr(y, scores, tpr=0.1 * 7) == 0


@pytest.mark.parametrize("metric", METRICS)
@given(ranking=rankings())
@settings(deadline=None, max_examples=25)
def test_renaming_the_labels_changes_nothing(metric, ranking):
    y, scores = ranking
    expected = metric(y, scores)
    assert metric(np.where(y == 1, -1, 1), scores, anomaly_label=-1) == expected
    assert metric(1 - y, scores, anomaly_label=0) == expected
    assert metric(y == 1, scores) == expected
    words = np.where(y == 1, "fraud", "fine")
    assert metric(words, scores, anomaly_label="fraud") == expected


@pytest.mark.parametrize("metric", METRICS)
def test_classes_that_are_not_the_anomaly_are_normal(metric):
    y, scores = np.array([0, 1, 2, 1, 2]), np.arange(5.0)
    assert metric(y, scores) == metric(y == 1, scores)


def test_swapping_class_and_sign_keeps_roc_auc_but_not_average_precision():
    y, scores = np.array([0, 0, 0, 0, 1]), np.array([1.0, 2, 3, 5, 4])
    negated = {"anomaly_label": 0}
    assert anomaly_roc_auc(y, scores) == anomaly_roc_auc(y, -scores, **negated)
    ours = anomaly_average_precision(y, scores)
    assert ours != anomaly_average_precision(y, -scores, **negated)


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize(
    ("y", "label", "missing"),
    [
        ([0, 0, 0], 1, "no anomalies"),
        ([1, 1, 1], 1, "no normal rows"),
        ([0, 1, 1], -1, "no anomalies"),
        (["a", "b", "b"], 1, "no anomalies"),
    ],
)
def test_labels_of_one_kind_are_refused(metric, y, label, missing):
    with pytest.raises(ValueError, match=missing) as caught:
        metric(y, [1.0, 2.0, 3.0], anomaly_label=label)
    assert f"anomaly_label={label!r}" in str(caught.value)
    assert all(repr(c) in str(caught.value) for c in set(y))


@pytest.mark.parametrize("metric", METRICS)
def test_labels_of_scikit_learn_read_the_wrong_way_round_give_a_warning(metric):
    with pytest.warns(UserWarning, match="anomaly_label=-1"):
        metric([-1, 1, 1], [3.0, 2.0, 1.0])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        metric([-1, 1, 1], [3.0, 2.0, 1.0], anomaly_label=-1)


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_scores_that_are_not_finite_are_refused_by_name(metric, bad):
    with pytest.raises(ValueError, match="anomaly_score"):
        metric([0, 1], [0.0, bad])


@pytest.mark.parametrize("metric", METRICS)
def test_lengths_must_agree(metric):
    with pytest.raises(ValueError, match="inconsistent"):
        metric([0, 1, 1], [0.0, 1.0])


@pytest.mark.parametrize("tpr", [0, 1.1, -0.5, np.nan, "0.9", None, True])
def test_tpr_must_be_a_fraction(tpr):
    with pytest.raises(ValueError, match="tpr="):
        fpr_at_tpr(LABELS, SCORES, tpr=tpr)


@pytest.mark.parametrize("metric", METRICS)
def test_metrics_return_a_float(metric):
    assert type(metric(LABELS, SCORES)) is float


# Criteria without labels -------------------------------------------------------------


@pytest.fixture(scope="module")
def line():
    """Normal rows on a line, and a box around them: (rows, points)."""
    rng = np.random.default_rng(0)
    return rng.normal(size=2000), rng.uniform(-5, 5, size=20_000)


def by_definition(rows, points, levels):
    """The excess mass at levels, straight from its definition."""
    thresholds = np.r_[-np.inf, np.unique(np.r_[rows, points])]
    mass = (rows[:, None] <= thresholds).mean(axis=0)
    volume = (points[:, None] <= thresholds).mean(axis=0)
    return np.max(mass - np.multiply.outer(levels, volume), axis=1)


@given(
    st.lists(st.integers(0, 9), min_size=3, max_size=12),
    st.lists(st.integers(0, 12), min_size=3, max_size=12),
    st.sampled_from([0.5, 0.9]),
)
@settings(deadline=None, max_examples=60)
def test_excess_mass_is_the_area_under_its_definition(rows, points, min_mass):
    rows, points = np.array(rows, float), np.array(points, float)
    levels = np.linspace(0, len(points), 4001)
    curve = by_definition(rows, points, levels)
    stop = np.argmax(curve <= min_mass) if (curve <= min_mass).any() else len(curve) - 1
    area = trapezoid(curve[: stop + 1], levels[: stop + 1])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        ours = excess_mass(rows, points, min_mass=min_mass)
    assert ours == pytest.approx(area, abs=2 * len(points) / 4000)


@given(
    st.lists(st.integers(0, 9), min_size=3, max_size=12),
    st.lists(st.integers(0, 12), min_size=3, max_size=12),
)
@settings(deadline=None, max_examples=60)
def test_mass_volume_is_the_mean_of_its_definition(rows, points):
    rows, points = np.array(rows, float), np.array(points, float)
    alphas = 0.5 + (np.arange(1000) + 0.5) / 2000
    thresholds = np.unique(rows)
    mass = (rows[:, None] <= thresholds).mean(axis=0)
    volume = (points[:, None] <= thresholds).mean(axis=0)
    expected = [volume[mass >= alpha - 1e-12].min() for alpha in alphas]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        ours = mass_volume(rows, points, min_mass=0.5)
    assert ours == pytest.approx(np.mean(expected), abs=0.01)


def test_mass_volume_of_a_normal_density_is_known(line):
    rows, points = line
    alphas = np.linspace(0.9, 0.9999, 1000)
    lengths = 2 * norm.ppf((1 + alphas) / 2) / 10
    ours = mass_volume(np.abs(rows), np.abs(points))
    assert ours == pytest.approx(lengths.mean(), rel=0.05)


def test_the_density_beats_any_other_score(line):
    rows, points = line
    density = (np.abs(rows), np.abs(points))
    for shift in (-2.0, 0.5, 1.0, 3.0):
        other = (np.abs(rows - shift), np.abs(points - shift))
        assert excess_mass(*density) > excess_mass(*other)
        assert mass_volume(*density) < mass_volume(*other)


@pytest.mark.parametrize("criterion", [excess_mass, mass_volume])
def test_criteria_depend_on_the_order_of_scores_only(criterion, line):
    rows, points = np.abs(line[0]), np.abs(line[1])
    assert criterion(rows, points) == criterion(np.expm1(rows), np.expm1(points))


@pytest.mark.parametrize("criterion", [excess_mass, mass_volume])
def test_volumes_that_cannot_be_measured_give_a_warning(criterion):
    with pytest.warns(UserWarning, match="too many columns"):
        criterion(np.zeros(50), np.ones(100))


@pytest.mark.parametrize("criterion", [excess_mass, mass_volume])
@pytest.mark.parametrize("min_mass", [0, 1, 2, np.nan, "half"])
def test_min_mass_must_be_a_fraction(criterion, min_mass):
    with pytest.raises(ValueError, match="min_mass="):
        criterion([1.0, 2.0], [1.0, 2.0], min_mass=min_mass)


@pytest.mark.parametrize("criterion", [excess_mass, mass_volume])
def test_scores_of_criteria_must_be_finite_and_there(criterion):
    with pytest.raises(ValueError, match="uniform_score"):
        criterion([1.0], [np.nan])
    with pytest.raises(ValueError, match="anomaly_score"):
        criterion([], [1.0])
