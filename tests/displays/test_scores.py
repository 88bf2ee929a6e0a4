import sys

import matplotlib
import numpy as np
import pytest
from sklearn.covariance import EllipticEnvelope
from sklearn.ensemble import IsolationForest
from sklearn.linear_model import LogisticRegression, SGDOneClassSVM
from sklearn.metrics import average_precision_score, roc_auc_score
from sklearn.mixture import GaussianMixture
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import LocalOutlierFactor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import OneClassSVM

from skanomaly.detectors import AutoEncoder
from skanomaly.displays import ScoreDistributionDisplay

matplotlib.use("Agg")
import matplotlib.pyplot as plt


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def rows():
    X = np.random.default_rng(0).normal(size=(200, 3))
    y = (np.arange(200) % 10 == 0).astype(int)
    X[y == 1] += 4
    return X, y


DETECTORS = [
    AutoEncoder(hidden_units=(4,), latent_dim=2, max_epochs=5, random_state=0),
    EllipticEnvelope(random_state=0),
    IsolationForest(n_estimators=10, random_state=0),
    LocalOutlierFactor(novelty=True),
    OneClassSVM(),
    SGDOneClassSVM(random_state=0),
]


def wrap(kind, detector, rows):
    if kind == "plain":
        return detector.fit(rows)
    if kind == "pipeline":
        return make_pipeline(StandardScaler(), detector).fit(rows)
    search = GridSearchCV(detector, {}, scoring=lambda e, X, y=None: 0.0, cv=2)
    return search.fit(rows)


@pytest.mark.parametrize("kind", ["plain", "pipeline", "search"])
@pytest.mark.parametrize("detector", DETECTORS, ids=lambda d: type(d).__name__)
def test_the_threshold_separates_what_predict_separates(detector, kind, rows):
    X, y = rows
    estimator = wrap(kind, detector, X)
    display = ScoreDistributionDisplay.from_estimator(estimator, X, y)
    predicted = display.anomaly_score > display.threshold
    # A row right at the threshold may fall on either side by rounding.
    clear = np.abs(display.anomaly_score - display.threshold) > 1e-9
    np.testing.assert_array_equal(predicted[clear], estimator.predict(X)[clear] == -1)
    assert display.threshold_line_.get_xdata()[0] == display.threshold
    assert display.name == type(detector).__name__


@pytest.mark.parametrize("xscale", ["auto", "linear", "symlog"])
@pytest.mark.parametrize("bins", ["auto", 7])
def test_bars_count_the_rows_and_none_straddles_the_threshold(rows, xscale, bins):
    X, y = rows
    detector = IsolationForest(n_estimators=10, random_state=0).fit(X)
    display = ScoreDistributionDisplay.from_estimator(
        detector, X, y, stat="count", xscale=xscale, bins=bins
    )
    score = -detector.score_samples(X)
    for bar, label in zip(display.bars_, (0, 1), strict=True):
        heights, edges, _ = bar.get_data()
        assert np.isclose(edges, display.threshold).any()
        left = edges[:-1] < display.threshold - 1e-9
        of_class = score[y == label]
        assert heights.sum() == len(of_class)
        assert heights[left].sum() == (of_class < display.threshold).sum()


def test_the_shares_of_each_class_add_up_to_one(rows):
    X, y = rows
    display = ScoreDistributionDisplay.from_predictions(y, X[:, 0])
    for bar in display.bars_:
        assert bar.get_data().values.sum() == pytest.approx(1.0)


def test_the_legend_says_how_well_the_classes_are_told_apart(rows):
    X, y = rows
    display = ScoreDistributionDisplay.from_predictions(y, X[:, 0])
    assert display.legend_.get_title().get_text() == (
        f"ROC AUC {roc_auc_score(y, X[:, 0]):.3f}, average precision "
        f"{average_precision_score(y, X[:, 0]):.3f} (prevalence 0.1)"
    )


def test_labels_in_the_convention_of_scikit_learn_draw_the_same(rows):
    X, y = rows
    ours = ScoreDistributionDisplay.from_predictions(y, X[:, 0])
    theirs = ScoreDistributionDisplay.from_predictions(
        1 - 2 * y, X[:, 0], anomaly_label=-1
    )
    np.testing.assert_array_equal(ours.is_anomaly, theirs.is_anomaly)


def test_without_labels_there_is_one_histogram_and_no_metric(rows):
    display = ScoreDistributionDisplay.from_predictions(None, rows[0][:, 0])
    assert len(display.bars_) == 1
    assert display.legend_.get_title().get_text() in ("", "None")


def test_a_density_draws_no_threshold(rows):
    X, _ = rows
    display = ScoreDistributionDisplay.from_estimator(GaussianMixture().fit(X), X)
    assert display.threshold is None
    assert display.threshold_line_ is None


def scores_of(kind):
    rng = np.random.default_rng(0)
    bulk = rng.normal(size=900)
    return {
        "bell": bulk,
        "decades": np.r_[np.exp(bulk), np.exp(bulk + 9)],
        "far and negative": np.r_[bulk - 40, np.exp(bulk + 9)],
        "two values": np.repeat([0.0, 1.0], 50),
        "equal": np.full(50, 3.0),
        "huge": np.r_[np.exp(bulk), 1e30],
        "one row": np.array([2.0]),
    }[kind]


@pytest.mark.parametrize(
    ("kind", "scale"),
    [
        ("bell", "linear"),
        ("decades", "log"),
        ("far and negative", "symlog"),
        ("two values", "linear"),
        ("equal", "linear"),
        ("huge", "log"),
        ("one row", "linear"),
    ],
)
def test_the_scale_suits_the_scores_and_no_row_is_lost(kind, scale):
    score = scores_of(kind)
    display = ScoreDistributionDisplay.from_predictions(
        None, score, threshold=float(np.median(score)), stat="count"
    )
    display.figure_.canvas.draw()
    assert display.ax_.get_xscale() == scale
    assert display.bars_[0].get_data().values.sum() == len(score)


def test_no_single_bar_swallows_scores_that_span_decades():
    score = scores_of("decades")
    display = ScoreDistributionDisplay.from_predictions(None, score)
    assert display.bars_[0].get_data().values.max() < 0.2


def test_a_legend_inside_the_axes_of_the_user_covers_no_bar(rows):
    X, y = rows
    _, ax = plt.subplots()
    display = ScoreDistributionDisplay.from_predictions(y, X[:, 0], ax=ax)
    assert display.ax_ is ax
    display.figure_.canvas.draw()
    bottom = ax.transData.inverted().transform(display.legend_.get_window_extent())
    highest = max(bar.get_data().values.max() for bar in display.bars_)
    assert bottom[0, 1] > highest


def test_a_small_figure_keeps_room_for_the_bars(rows):
    X, y = rows
    with plt.rc_context({"figure.figsize": (3, 2.4)}):
        display = ScoreDistributionDisplay.from_predictions(y, X[:, 0])
        display.figure_.canvas.draw()
    box = display.ax_.get_position()
    assert box.width > 0.6
    assert box.height > 0.4


def test_keywords_go_to_matplotlib_and_plot_draws_again(rows):
    display = ScoreDistributionDisplay.from_predictions(
        None, rows[0][:, 0], name="mine", linewidth=4
    )
    assert display.bars_[0].get_linewidth() == 4
    assert display.ax_.get_title() == "mine"
    assert display.plot(bins=[-1, 0, 1]) is display
    np.testing.assert_array_equal(display.bars_[0].get_data().edges, [-1, 0, 1])


def test_what_cannot_be_drawn_is_refused(rows):
    X, y = rows
    draw = ScoreDistributionDisplay.from_predictions
    with pytest.raises(ValueError, match="y has no anomalies"):
        draw(np.zeros(200), X[:, 0])
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        draw(y[:-1], X[:, 0])
    with pytest.raises(ValueError, match="NaN"):
        draw(None, np.r_[X[:, 0], np.nan])
    with pytest.raises(ValueError, match="xscale='log' needs positive"):
        draw(None, X[:, 0], xscale="log")
    with pytest.raises(ValueError, match="bins='fd'"):
        draw(None, X[:, 0], bins="fd")
    with pytest.raises(ValueError, match="stat='density'"):
        draw(None, X[:, 0], stat="density")
    with pytest.raises(TypeError, match="LogisticRegression"):
        ScoreDistributionDisplay.from_estimator(LogisticRegression().fit(X, y), X, y)


def test_without_matplotlib_the_message_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(ImportError, match=r"pip install skanomaly\[plot\]"):
        ScoreDistributionDisplay.from_predictions(None, [1.0, 2.0])
