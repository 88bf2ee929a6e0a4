"""Scorers in scikit-learn's model selection, with labels and without."""

import copy
import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn import config_context
from sklearn.base import BaseEstimator, OutlierMixin, clone
from sklearn.covariance import EllipticEnvelope
from sklearn.ensemble import IsolationForest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    GridSearchCV,
    StratifiedKFold,
    cross_val_score,
    cross_validate,
)
from sklearn.neighbors import KernelDensity, LocalOutlierFactor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import OneClassSVM

from skanomaly.metrics import (
    anomaly_average_precision,
    anomaly_roc_auc,
    anomaly_scorer,
    fpr_at_tpr,
)
from skanomaly.metrics._pseudo_anomalies import pseudo_anomalies, uniform_rows

LABELLED = ("roc_auc", "average_precision", "fpr_at_tpr")
LABEL_FREE = ("synthetic_roc_auc", "excess_mass", "mass_volume")
KINDS = ("mixed", "permute", "uniform", "expand")
DETECTORS = [
    IsolationForest(n_estimators=20, random_state=0),
    LocalOutlierFactor(novelty=True),
    OneClassSVM(),
    EllipticEnvelope(random_state=0),
    KernelDensity(),
]
FOLDS = StratifiedKFold(3, shuffle=True, random_state=0)


class Distance(OutlierMixin, BaseEstimator):
    """Scores by the distance from a point, in scikit-learn's direction."""

    def __init__(self, center=0.0, sign=1):
        self.center = center
        self.sign = sign

    def fit(self, X, y=None):
        self.n_features_in_ = np.shape(X)[1]
        return self

    def decision_function(self, X):
        X = np.asarray(X, dtype=float).reshape(len(X), -1)
        return -self.sign * np.linalg.norm(X - self.center, axis=1)

    def predict(self, X):
        return np.where(self.decision_function(X) < -2, -1, 1)


class Samples(Distance):
    """The same with `score_samples`, and a decision function that must not be used."""

    def score_samples(self, X):
        return super().decision_function(X)

    def decision_function(self, X):
        raise AssertionError("score_samples comes first")


@pytest.fixture(scope="module")
def blob():
    """Rows around zero with anomalies far away: X, y with 1 = anomaly."""
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(150, 2)), np.arange(150) % 10 == 0
    X[y] += 6 * np.sign(X[y])
    return X, y.astype(int)


@pytest.mark.parametrize("detector", DETECTORS, ids=lambda d: type(d).__name__)
@pytest.mark.parametrize("metric", ["roc_auc", "average_precision"])
def test_the_sign_is_right_for_every_detector_and_pipeline(blob, detector, metric):
    X, y = blob
    score = anomaly_scorer(metric)
    pipeline = make_pipeline(StandardScaler(), clone(detector))
    train = X[y == 0]
    assert score(clone(detector).fit(train), X, y) > 0.95
    assert score(pipeline.fit(train), X, y) > 0.95


@pytest.mark.parametrize("detector", [Distance(), Samples()])
def test_labelled_scorers_are_the_metrics(blob, detector):
    X, y = blob
    distance = np.linalg.norm(X, axis=1)
    detector = detector.fit(X)
    expected = {
        "roc_auc": anomaly_roc_auc(y, distance),
        "average_precision": anomaly_average_precision(y, distance),
        "fpr_at_tpr": -fpr_at_tpr(y, distance),
    }
    for metric, value in expected.items():
        assert anomaly_scorer(metric)(detector, X, y) == value
        signs = np.where(y == 1, -1, 1)
        assert anomaly_scorer(metric, anomaly_label=-1)(detector, X, signs) == value
    half = anomaly_scorer("fpr_at_tpr", tpr=0.5)
    assert half(detector, X, y) == -fpr_at_tpr(y, distance, tpr=0.5)


@pytest.mark.parametrize("metric", LABELLED + LABEL_FREE)
def test_greater_is_better(blob, metric):
    X, y = blob
    good = Distance(0.0).fit(X)
    bad = Distance(0.0, sign=-1).fit(X)
    score = anomaly_scorer(metric)
    assert score(good, X, y) > score(bad, X, y)


@pytest.mark.parametrize("metric", (*LABELLED, "synthetic_roc_auc"))
def test_grid_search_finds_the_right_centre(blob, metric):
    X, y = blob
    grid = {"center": [-4.0, 0.0, 3.0]}
    search = GridSearchCV(Distance(), grid, scoring=anomaly_scorer(metric), cv=FOLDS)
    assert search.fit(X, y).best_params_ == {"center": 0.0}


@pytest.mark.parametrize("metric", LABEL_FREE)
def test_search_without_labels(blob, metric):
    X = blob[0][blob[1] == 0]
    grid = {"center": [-4.0, 0.0, 3.0]}
    search = GridSearchCV(Distance(), grid, scoring=anomaly_scorer(metric), cv=3)
    assert search.fit(X).best_params_ == {"center": 0.0}


@pytest.mark.parametrize("routing", [False, True])
def test_a_dict_of_scorers(blob, routing):
    X, y = blob
    scoring = {m: anomaly_scorer(m) for m in LABELLED + LABEL_FREE}
    scoring["accuracy"] = "accuracy"
    with config_context(enable_metadata_routing=routing):
        results = cross_validate(Distance(), X, y, scoring=scoring, cv=FOLDS)
        search = GridSearchCV(
            Distance(), {"center": [0.0, 3.0]}, scoring=scoring, refit="roc_auc", cv=3
        )
        search.fit(X, y)
    for metric in LABELLED + LABEL_FREE:
        assert np.isfinite(results[f"test_{metric}"]).all()
    assert search.best_params_ == {"center": 0.0}
    assert isinstance(search.score(X, y), float)


def test_error_score_covers_folds_without_anomalies(blob):
    X, y = blob
    y = np.sort(y)
    scoring = anomaly_scorer()
    with pytest.warns(UserWarning, match="no anomalies"):
        scores = cross_val_score(
            Distance(), X, y, scoring=scoring, cv=3, error_score=np.nan
        )
    assert np.isnan(scores[:2]).all()
    with pytest.raises(ValueError, match="StratifiedKFold"):
        cross_val_score(Distance(), X, y, scoring=scoring, cv=3, error_score="raise")
    with pytest.warns(UserWarning, match="no anomalies"):
        cross_validate(Distance(), X, y, scoring={"a": scoring, "b": "accuracy"}, cv=3)


@pytest.mark.parametrize(
    "scorer",
    [
        anomaly_scorer(),
        anomaly_scorer("fpr_at_tpr", anomaly_label=-1, tpr=0.9),
        anomaly_scorer("synthetic_roc_auc", kind="permute", n_draws=50),
    ],
)
def test_scorers_are_plain_data(blob, scorer):
    assert pickle.loads(pickle.dumps(scorer)) == scorer
    assert copy.deepcopy(scorer) == scorer
    assert clone(scorer) == scorer
    assert eval(repr(scorer)) == scorer
    assert hash(scorer) == hash(copy.deepcopy(scorer))
    search = clone(GridSearchCV(Distance(), {"center": [0.0]}, scoring=scorer))
    assert search.get_params()["scoring"] == scorer
    assert repr(scorer) in repr(search)


def test_labels_are_needed_by_labelled_metrics_only(blob):
    X, y = blob
    detector = Distance().fit(X)
    for metric in LABELLED:
        with pytest.raises(ValueError, match=r"y=None.*synthetic_roc_auc"):
            anomaly_scorer(metric)(detector, X)
    for metric in LABEL_FREE:
        score = anomaly_scorer(metric)
        assert score(detector, X) == score(detector, X, y) == score(detector, X, y * 0)


@pytest.mark.parametrize(
    ("arguments", "options", "error", "says"),
    [
        (("auc",), {}, ValueError, "'roc_auc'.*'mass_volume'"),
        (("roc_auc",), {"tpr": 0.9}, TypeError, "tpr=0.9 is no option"),
        (("excess_mass",), {"kind": "mixed"}, TypeError, "min_mass, n_draws"),
        (("fpr_at_tpr",), {"tpr": 95}, ValueError, r"tpr=95: .*\(0, 1\]"),
        (("mass_volume",), {"min_mass": 1.0}, ValueError, r"min_mass=1.0: .*\(0, 1\)"),
        (("mass_volume",), {"n_draws": 0}, ValueError, "n_draws=0"),
        (("mass_volume",), {"n_draws": 1e3}, ValueError, "n_draws=1000.0: give an int"),
        (("excess_mass",), {"random_state": None}, ValueError, "random_state=None"),
        (("synthetic_roc_auc",), {"kind": "worm"}, ValueError, "kind='worm'.*'mixed'"),
    ],
)
def test_wrong_arguments_are_named(arguments, options, error, says):
    with pytest.raises(error, match=says):
        anomaly_scorer(*arguments, **options)


def test_estimators_of_another_direction_are_refused(blob):
    X, y = blob

    class LikePyOD(Distance):
        decision_scores_ = None

    for estimator in (
        LogisticRegression().fit(X, y),
        LikePyOD().fit(X),
        make_pipeline(StandardScaler(), LikePyOD()).fit(X),
        LocalOutlierFactor().fit(X),
    ):
        with pytest.raises(TypeError, match="PyODDetector"):
            anomaly_scorer()(estimator, X, y)


# Made-up rows ------------------------------------------------------------------------


def test_the_global_generator_is_left_alone_and_the_seed_decides(blob):
    X, _ = blob
    detector = Distance(1.0).fit(X)
    for metric in LABEL_FREE:
        before = np.random.get_state()[1].copy()  # noqa: NPY002
        first, again, other = (
            anomaly_scorer(metric, n_draws=100, random_state=seed)(detector, X)
            for seed in (0, 0, 1)
        )
        assert first == again != other
        assert (np.random.get_state()[1] == before).all()  # noqa: NPY002


@pytest.mark.parametrize("kind", KINDS)
def test_rows_are_not_touched_and_the_number_is_as_asked(blob, kind):
    X = blob[0].copy()
    made = pseudo_anomalies(X, kind, 101, random_state=0)
    assert made.shape == (101, 2)
    assert (X == blob[0]).all()


def test_permuting_keeps_values_and_breaks_dependence():
    x = np.random.default_rng(0).normal(size=1000)
    X = np.column_stack([x, -x, 2 * x])
    made = pseudo_anomalies(X, "permute", 5000, random_state=0)
    for j in range(3):
        assert np.isin(made[:, j], X[:, j]).all()
    assert np.abs(np.corrcoef(made.T) - np.eye(3)).max() < 0.06


def test_expanding_keeps_dependence_and_widens():
    x = np.random.default_rng(0).normal(size=1000)
    X = np.column_stack([x, -x])
    made = pseudo_anomalies(X, "expand", 5000, random_state=0)
    assert np.allclose(made[:, 0], -made[:, 1])
    # var(x + (x' - x'') / 2) = 1.5 var(x)
    assert made[:, 0].var() == pytest.approx(1.5 * x.var(), rel=0.1)


def test_the_box_is_that_of_the_rows(blob):
    X, _ = blob
    box = uniform_rows(X, 5000, random_state=0)
    low, high = X.min(axis=0), X.max(axis=0)
    assert (box >= low).all() and (box <= high).all()
    assert np.allclose(box.mean(axis=0), (low + high) / 2, atol=0.03 * np.ptp(X))
    wide = pseudo_anomalies(X, "uniform", 5000, random_state=0)
    assert (wide < low).any() and (wide > high).any()


def test_the_wide_box_is_a_tenth_wider_on_each_side_wherever_the_rows_are():
    X = np.random.default_rng(0).uniform(size=(50, 2)) * [1.0, 20.0] + [1000.0, -7.0]
    made = pseudo_anomalies(X, "uniform", 20_000, random_state=0)
    size = np.ptp(X, axis=0)
    rim_below = (X.min(axis=0) - made.min(axis=0)) / size
    rim_above = (made.max(axis=0) - X.max(axis=0)) / size
    assert np.allclose([rim_below, rim_above], 0.1, atol=0.002)


def test_dependence_is_seen_by_permuted_rows_alone():
    x = np.random.default_rng(0).normal(size=300)
    X = np.column_stack([x, x + 0.05 * np.random.default_rng(1).normal(size=300)])

    class Gap(Distance):
        def decision_function(self, X):
            return -np.abs(X[:, 0] - X[:, 1])

    score = anomaly_scorer("synthetic_roc_auc", kind="permute")
    assert score(Gap(), X) > 0.9
    assert score(Distance(), X) < 0.6


@pytest.mark.parametrize("metric", LABEL_FREE)
def test_frames_keep_their_names_so_that_no_warning_is_raised(blob, metric):
    X = pd.DataFrame(blob[0], columns=["a", "b"], index=np.arange(150) + 7)
    detector = make_pipeline(StandardScaler(), OneClassSVM()).fit(X)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        in_frame = anomaly_scorer(metric)(detector, X)
        plain = make_pipeline(StandardScaler(), OneClassSVM()).fit(blob[0])
        assert in_frame == pytest.approx(anomaly_scorer(metric)(plain, blob[0]))


def test_columns_of_words_can_be_permuted():
    rng = np.random.default_rng(0)
    words = rng.choice(["red", "green"], size=200)
    X = pd.DataFrame(
        {"a": words, "b": pd.Categorical(words), "c": rng.normal(size=200)}
    )
    made = pseudo_anomalies(X, "permute", 300, random_state=0)
    assert list(made.dtypes) == list(X.dtypes)
    assert 0.3 < (made["a"] == made["b"].astype(object)).mean() < 0.7

    detector = make_pipeline(OneHotEncoder(sparse_output=False), KernelDensity())
    detector.fit(X[["a", "b"]])
    score = anomaly_scorer("synthetic_roc_auc", kind="permute")
    assert score(detector, X[["a", "b"]]) > 0.7
    for metric in LABEL_FREE:
        with pytest.raises(ValueError, match=r"not numbers.*kind='permute'"):
            anomaly_scorer(metric)(detector, X[["a", "b"]])


@pytest.mark.parametrize("metric", LABEL_FREE)
@pytest.mark.parametrize("kind", ["float32", "images", "list", "missing"])
def test_other_forms_of_rows(blob, metric, kind):
    X = blob[0]
    seen = []

    class Recorder(Distance):
        def decision_function(self, X):
            seen.append(np.asarray(X))
            return super().decision_function(np.nan_to_num(X))

    X_missing = np.where(np.arange(300).reshape(150, 2) == 5, np.nan, X)
    forms = {
        "float32": X.astype(np.float32),
        "images": X.reshape(150, 1, 1, 2),
        "list": X.tolist(),
        "missing": X_missing,
    }
    assert np.isfinite(anomaly_scorer(metric)(Recorder(), forms[kind]))
    made, rows = seen if metric == "synthetic_roc_auc" else seen[::-1]
    assert made.dtype == rows.dtype
    assert made.shape[1:] == rows.shape[1:]


def test_polars_frames_stay_polars_frames(blob):
    polars = pytest.importorskip("polars")
    X = polars.DataFrame({"a": blob[0][:, 0], "b": blob[0][:, 1]})
    for kind in KINDS:
        made = pseudo_anomalies(X, kind, 30, random_state=0)
        assert isinstance(made, polars.DataFrame)
        assert made.columns == ["a", "b"] and len(made) == 30


def test_sparse_rows_are_refused(blob):
    from scipy.sparse import csr_array

    for metric in LABEL_FREE:
        with pytest.raises(TypeError, match="sparse"):
            anomaly_scorer(metric)(Distance(), csr_array(blob[0]))
