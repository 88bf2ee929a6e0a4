import os
import pickle
import random
import subprocess
import sys

import numpy as np
import pytest
import torch
from sklearn.base import clone, is_outlier_detector
from sklearn.decomposition import PCA
from sklearn.ensemble import IsolationForest
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.neighbors import KernelDensity, LocalOutlierFactor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from skanomaly.detectors import AutoEncoder, CalibratedDetector, NeighborsDetector
from skanomaly.exceptions import TrainingDivergedError
from skanomaly.metrics import anomaly_scorer
from skanomaly.pyod import PyODDetector, to_pyod

pytest.importorskip("pyod", reason="PyOD is not installed: pip install skanomaly[pyod]")

from pyod.models.ae1svm import AE1SVM
from pyod.models.alad import ALAD
from pyod.models.auto_encoder import AutoEncoder as TheirAutoEncoder
from pyod.models.base import BaseDetector as TheirBase
from pyod.models.deep_svdd import DeepSVDD
from pyod.models.ecod import ECOD
from pyod.models.iforest import IForest
from pyod.models.knn import KNN
from pyod.models.lunar import LUNAR
from pyod.models.vae import VAE

ROUNDING = "PyOD scores in float32: a row's last digit depends on the rows beside it."
NEIGHBOURS = (
    "As in PyOD and LocalOutlierFactor, predict counts a training row among its own "
    "neighbours and labels fewer of them than fit_predict; new rows get an honest line."
)

# Checks that a detector may fail, with the reason. IForest passes them all.
EXPECTED_FAILURES = {
    "KNN": {
        "check_outliers_fit_predict": NEIGHBOURS,
        "check_outliers_train": NEIGHBOURS,
    },
    "AutoEncoder": {
        "check_methods_sample_order_invariance": ROUNDING,
        "check_methods_subset_invariance": ROUNDING,
    },
    "DeepSVDD": {
        "check_methods_sample_order_invariance": ROUNDING,
        "check_methods_subset_invariance": ROUNDING,
    },
}


@parametrize_with_checks([PyODDetector(IForest(n_estimators=10))])
def test_scikit_learn_checks(estimator, check):
    check(estimator)


@pytest.mark.slow
@parametrize_with_checks(
    [
        PyODDetector(KNN()),
        PyODDetector(TheirAutoEncoder(epoch_num=1, batch_size=8, verbose=0)),
        PyODDetector(DeepSVDD(n_features=1, epochs=1)),
    ]
)
def test_scikit_learn_checks_with_other_detectors(estimator, check, request):
    failures = EXPECTED_FAILURES.get(type(estimator.detector).__name__, {})
    reason = failures.get(check.func.__name__)
    if reason is not None:
        # Not strict: whether float32 rounding shows depends on the processor.
        request.applymarker(pytest.mark.xfail(reason=reason, strict=False))
    check(estimator)


@pytest.fixture
def rows(rng):
    X = rng.normal(size=(120, 4))
    X[::10] += 5
    return X


@pytest.fixture
def labels():
    return (np.arange(120) % 10 == 0).astype(int)


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture(autouse=True)
def _generators_as_before():
    """PyOD's own constructors, which tests call, seed the global generators."""
    numpy_state = np.random.get_state()  # noqa: NPY002
    python_state, environment = random.getstate(), os.environ.get("PYTHONHASHSEED")
    with torch.random.fork_rng():
        yield
    np.random.set_state(numpy_state)  # noqa: NPY002
    random.setstate(python_state)
    os.environ.pop("PYTHONHASHSEED", None)
    if environment is not None:
        os.environ["PYTHONHASHSEED"] = environment


def global_state():
    return (
        np.random.get_state()[1].tobytes(),  # noqa: NPY002
        random.getstate(),
        torch.get_rng_state().numpy().tobytes(),
        os.environ.get("PYTHONHASHSEED"),
    )


class Stub(TheirBase):
    """A detector whose scores are told, and which tells what it was given."""

    def __init__(self, scores=None, contamination=0.1):
        super().__init__(contamination=contamination)
        self.scores = scores

    def fit(self, X, y=None):
        self.seen_ = X
        self.decision_scores_ = self.decision_function(X)
        self._process_decision_scores()
        return self

    def decision_function(self, X):
        return X[:, 0] if self.scores is None else np.full(len(X), self.scores)


class Supervised(Stub):
    def fit(self, X, y):
        return super().fit(X)


# Functions, because building some of them seeds the global generators.
THEIRS = {
    "KNN": KNN,
    "KNN mean": lambda: KNN(method="mean"),
    "ECOD": ECOD,
    "IForest": lambda: IForest(n_estimators=20, random_state=3),
    "AutoEncoder": lambda: TheirAutoEncoder(epoch_num=1, verbose=0),
    "VAE": lambda: VAE(epoch_num=1, verbose=0),
}


# Theirs as ours


@pytest.mark.parametrize("name", THEIRS)
def test_scores_and_labels_are_pyods_in_scikit_learns_direction(name, rows, rng):
    new = rng.normal(size=(50, 4)) * 3
    theirs, ours = THEIRS[name](), PyODDetector(THEIRS[name]())
    theirs.fit(rows)  # returns None in older versions
    np.testing.assert_array_equal(ours.fit_predict(rows) == -1, theirs.labels_ == 1)
    assert ours.offset_ == -theirs.threshold_
    if name != "VAE":  # whose scores are random in PyOD
        scores = theirs.decision_function(new)
        np.testing.assert_array_equal(ours.score_samples(new), -scores)
        np.testing.assert_array_equal(ours.anomaly_score(new), scores)
        np.testing.assert_array_equal(ours.predict(new) == -1, theirs.predict(new) == 1)


def test_far_rows_score_lower_and_are_minus_one(rows):
    detector = PyODDetector(IForest(), random_state=0).fit(rows)
    near, far = np.zeros((5, 4)), np.full((5, 4), 20.0)
    assert detector.score_samples(far).max() < detector.score_samples(near).min()
    assert set(detector.predict(near)) == {1} and set(detector.predict(far)) == {-1}
    assert is_outlier_detector(detector)


@pytest.mark.parametrize("contamination", [0.05, 0.1, 0.3])
def test_contamination_is_the_share_of_training_rows_labelled(contamination, rows):
    detector = PyODDetector(KNN(), contamination=contamination)
    assert np.mean(detector.fit_predict(rows) == -1) == pytest.approx(
        contamination, abs=1 / len(rows)
    )
    assert detector.detector_.contamination == contamination


def test_neighbour_methods_alarm_on_new_normal_rows_as_often_as_promised(rng):
    X, new = rng.normal(size=(500, 5)), rng.normal(size=(2000, 5))
    detector = PyODDetector(KNN(method="mean"), contamination=0.1).fit(X)
    assert np.mean(detector.predict(new) == -1) < 0.15
    assert len(set(PyODDetector(KNN(n_neighbors=1)).fit(X).predict(new))) == 2


def test_a_contamination_set_inside_is_not_overruled_in_silence(rows):
    with pytest.warns(UserWarning, match=r"contamination=0\.02 of the detector is not"):
        PyODDetector(KNN(contamination=0.02)).fit(rows)
    PyODDetector(KNN(contamination=0.02), contamination=0.02).fit(rows)


def test_fit_leaves_the_users_detector_alone(rows):
    detector = KNN()
    before = dict(vars(detector))
    adapter = PyODDetector(detector, contamination=0.2).fit(rows)
    assert vars(detector) == before
    assert adapter.detector_ is not detector


def test_grid_search_reaches_the_parameters_of_the_detector(rows, labels):
    pipeline = make_pipeline(StandardScaler(), PyODDetector(KNN()))
    grid = {"pyoddetector__detector__n_neighbors": [1, 30]}
    search = GridSearchCV(pipeline, grid, scoring=anomaly_scorer(), cv=3)
    search.fit(rows, labels)
    few, many = search.cv_results_["mean_test_score"]
    assert few < many == search.best_score_
    assert search.best_estimator_[-1].detector_.n_neighbors == 30
    assert search.predict(rows).shape == search.score_samples(rows).shape == (120,)


def test_grid_search_rebuilds_networks_built_in_the_constructor(rows):
    detector = PyODDetector(LUNAR(n_neighbours=5, n_epochs=1))
    detector.set_params(detector__n_neighbours=10).fit(rows)
    assert np.isfinite(detector.score_samples(rows)).all()


def test_grid_search_tries_detectors_against_each_other(rows, labels):
    grid = {"detector": [KNN(), IForest(n_estimators=10)]}
    search = GridSearchCV(PyODDetector(ECOD()), grid, scoring=anomaly_scorer(), cv=3)
    assert type(search.fit(rows, labels).best_params_["detector"]) in (KNN, IForest)


def test_deep_svdd_learns_the_number_of_columns_from_the_rows(rows, labels):
    pipeline = make_pipeline(PCA(), PyODDetector(DeepSVDD(n_features=99, epochs=1)))
    grid = {"pca__n_components": [2, 3]}
    search = GridSearchCV(
        pipeline, grid, scoring=anomaly_scorer(), cv=2, error_score="raise"
    ).fit(rows, labels)
    best = search.best_estimator_
    assert best[-1].detector_.n_features == best[0].n_components
    assert best[-1].detector.n_features == 99


@pytest.mark.slow  # worker processes import everything anew
@pytest.mark.parametrize("random_state", [0, None])
def test_parallel_cross_validation_gives_the_scores_of_a_serial_one(
    random_state, rows, labels
):
    theirs = TheirAutoEncoder(epoch_num=1, verbose=0)  # seeds itself with 42
    detector = PyODDetector(theirs, random_state=random_state)
    serial, parallel = (
        cross_val_score(
            detector, rows, labels, cv=2, n_jobs=n_jobs, scoring=anomaly_scorer()
        )
        for n_jobs in (1, 2)
    )
    np.testing.assert_array_equal(serial, parallel)


@pytest.mark.parametrize(
    "theirs",
    [
        IForest(n_estimators=5, random_state=3),
        TheirAutoEncoder(epoch_num=1, verbose=0),
        DeepSVDD(n_features=4, epochs=1),
        LUNAR(n_epochs=1),
    ],
    ids=lambda theirs: type(theirs).__name__,
)
def test_random_state_decides_the_scores(theirs, rows):
    first, same, other = (
        PyODDetector(theirs, random_state=seed).fit(rows).score_samples(rows)
        for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(first, same)
    assert not np.array_equal(first, other)


def test_random_state_none_takes_that_of_the_detector(rows):
    def scores(theirs):
        return PyODDetector(theirs).fit(rows).score_samples(rows)

    seeded, fresh = IForest(n_estimators=5, random_state=3), IForest(n_estimators=5)
    np.testing.assert_array_equal(scores(seeded), scores(seeded))
    assert not np.array_equal(scores(fresh), scores(fresh))


@pytest.mark.parametrize(
    "theirs",
    [VAE(epoch_num=1, verbose=0), ALAD(epochs=1)],
    ids=lambda theirs: type(theirs).__name__,
)
def test_scores_that_are_random_in_pyod_repeat(theirs, rows):
    detector = PyODDetector(theirs, random_state=0).fit(rows)
    scores = detector.score_samples(rows)
    np.testing.assert_array_equal(scores, detector.score_samples(rows))
    again = clone(detector).fit(rows)
    np.testing.assert_array_equal(scores, again.score_samples(rows))


@pytest.mark.parametrize("hash_seed", [None, "123"])
@pytest.mark.parametrize("random_state", [None, 0])
def test_the_global_generators_are_left_alone(
    random_state, hash_seed, rows, monkeypatch
):
    theirs = VAE(epoch_num=1, verbose=0)  # seeds everything, as any of theirs
    monkeypatch.delenv("PYTHONHASHSEED", raising=False)
    if hash_seed is not None:
        monkeypatch.setenv("PYTHONHASHSEED", hash_seed)
    before = global_state()
    detector = clone(PyODDetector(theirs, random_state=random_state)).fit(rows)
    detector.predict(rows)
    with pytest.raises(ValueError, match="learning rate"):
        detector.set_params(detector__lr=-1.0).fit(rows)
    assert global_state() == before


def test_a_failed_fit_keeps_the_one_before(rows):
    detector = PyODDetector(KNN(n_neighbors=3)).fit(rows)
    scores = detector.score_samples(rows)
    with pytest.raises(ValueError, match="n_neighbors"):
        detector.set_params(detector__n_neighbors=500).fit(rows)
    np.testing.assert_array_equal(detector.score_samples(rows), scores)


@pytest.mark.parametrize("n_samples", [20, 33, 64])
def test_any_number_of_rows_goes_with_the_default_batch_size(n_samples, rows):
    for theirs in (TheirAutoEncoder(epoch_num=1), AE1SVM(epochs=1)):
        detector = PyODDetector(theirs, random_state=0).fit(rows[:n_samples])
        scores = detector.score_samples(rows[:33])
        alone = [detector.score_samples(row[None])[0] for row in rows[:33]]
        np.testing.assert_allclose(scores, alone, rtol=1e-4)


def test_pyod_is_silent_unless_asked(rows, capfd):
    noisy = [
        AE1SVM(epochs=10),
        DeepSVDD(n_features=4, epochs=1, verbose=1),
        TheirAutoEncoder(epoch_num=1, verbose=1),
    ]
    for theirs in noisy:
        PyODDetector(theirs).fit(rows)
        assert capfd.readouterr() == ("", "")
        PyODDetector(theirs, verbose=1).fit(rows)
        assert "".join(capfd.readouterr())


def test_pyod_is_given_float64_and_changes_nothing(rows):
    X = rows.astype(np.float32)
    detector = PyODDetector(Stub()).fit(X)
    assert detector.detector_.seen_.dtype == np.float64
    assert detector.score_samples(X).dtype == np.float64
    np.testing.assert_array_equal(X, rows.astype(np.float32))


@pytest.mark.parametrize("score", [np.nan, np.inf])
def test_scores_are_finite(score, rows):
    detector = PyODDetector(Stub()).fit(rows)
    detector.detector_.scores = score
    assert np.isfinite(detector.score_samples(rows)).all()
    assert np.isfinite(detector.score(rows))
    assert set(detector.predict(rows)) == {-1}
    with np.errstate(invalid="ignore"):
        with pytest.raises(TrainingDivergedError, match="Stub gives training rows"):
            PyODDetector(Stub(scores=score)).fit(rows)


@pytest.mark.parametrize(
    ("detector", "message"),
    [
        (IsolationForest(), "IsolationForest.* is not a detector of PyOD"),
        (KNN, "KNN'> is not a detector of PyOD"),
        (None, "detector=None is not"),
        (Supervised(), "Supervised learns from labels"),
    ],
)
def test_what_is_no_unsupervised_detector_of_pyod_is_refused(detector, message, rows):
    with pytest.raises(TypeError, match=message):
        PyODDetector(detector).fit(rows)


def test_the_missing_extra_is_named(rows, monkeypatch):
    detector = PyODDetector(KNN())
    monkeypatch.setitem(sys.modules, "pyod.models.base", None)
    with pytest.raises(ImportError, match=r"pip install skanomaly\[pyod\]"):
        detector.fit(rows)
    monkeypatch.delitem(vars(sys.modules["skanomaly.pyod"]), "SkanomalyDetector", False)
    with pytest.raises(ImportError, match=r"pip install skanomaly\[pyod\]"):
        to_pyod(IsolationForest())


# Ours as theirs


def our_detector(**params):
    settings = {"max_epochs": 2, "hidden_units": (8,), "latent_dim": 2}
    return AutoEncoder(**settings, random_state=0, **params)


@pytest.fixture
def ours(rows):
    return our_detector().fit(rows)


def test_to_pyod_has_the_attributes_of_pyod(rows):
    ours = our_detector(contamination=0.05)
    theirs = to_pyod(ours).fit(rows, np.zeros(len(rows)))
    assert isinstance(theirs, TheirBase)
    scores = theirs.decision_function(rows)
    np.testing.assert_array_equal(theirs.decision_scores_, scores)
    np.testing.assert_array_equal(scores, ours.fit(rows).anomaly_score(rows))
    np.testing.assert_array_equal(theirs.labels_, scores > theirs.threshold_)
    np.testing.assert_array_equal(theirs.labels_, theirs.predict(rows))
    np.testing.assert_array_equal(theirs.labels_ == 1, ours.predict(rows) == -1)
    assert theirs.labels_.sum() == 6
    assert theirs.threshold_ == pytest.approx(-ours.offset_)


@pytest.mark.parametrize("method", ["linear", "unify"])
def test_probabilities_sum_to_one_and_rise_with_the_score(method, rows):
    theirs = to_pyod(our_detector()).fit(rows)
    probabilities = theirs.predict_proba(rows, method=method)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    order = np.argsort(theirs.decision_scores_)
    assert (np.diff(probabilities[order, 1]) >= 0).all()
    assert probabilities[order[-1], 1] > probabilities[order[0], 1]


def test_confidences_come_from_pyods_base_class(rows):
    theirs = to_pyod(our_detector()).fit(rows)
    labels, confidence = theirs.predict(rows, return_confidence=True)
    np.testing.assert_array_equal(labels, theirs.labels_)
    assert ((confidence >= 0) & (confidence <= 1)).all()


@pytest.mark.parametrize(
    ("contamination", "given", "expected"),
    [(0.2, None, 0.2), ("auto", None, 0.1), (0.2, 0.3, 0.3)],
)
def test_contamination_comes_from_the_detector(contamination, given, expected):
    detector = IsolationForest(contamination=contamination)
    for estimator in (detector, make_pipeline(StandardScaler(), detector)):
        assert to_pyod(estimator, contamination=given).contamination == expected


def test_fit_trains_a_clone(rows):
    ours = our_detector()
    theirs = to_pyod(ours).fit(rows)
    assert not hasattr(ours, "net_") and hasattr(theirs.detector_, "net_")


def test_a_fitted_detector_is_taken_as_it_is(ours, rows):
    theirs = to_pyod(ours)
    assert theirs.detector_ is ours
    np.testing.assert_array_equal(
        theirs.decision_function(rows), ours.anomaly_score(rows)
    )
    np.testing.assert_array_equal(theirs.predict(rows) == 1, ours.predict(rows) == -1)
    assert theirs.threshold_ == -ours.offset_
    for method in (theirs.predict_proba, theirs.predict_confidence):
        with pytest.raises(NotFittedError, match=r"to_pyod\(detector, X_train\)"):
            method(rows)


def test_training_rows_complete_a_fitted_detector(ours, rows):
    known, fitted = to_pyod(ours, rows), to_pyod(our_detector()).fit(rows)
    assert known.detector_ is ours
    np.testing.assert_array_equal(known.decision_scores_, fitted.decision_scores_)
    np.testing.assert_array_equal(known.labels_, fitted.labels_)
    np.testing.assert_array_equal(known.predict_proba(rows), fitted.predict_proba(rows))
    with pytest.raises(NotFittedError):
        to_pyod(our_detector(), rows)


@pytest.mark.parametrize("in_pipeline", [False, True])
def test_the_threshold_of_auto_and_of_calibrate_is_kept(in_pipeline, rows):
    detector = CalibratedDetector(
        NeighborsDetector(contamination=0.1), false_positive_rate=0.02
    )
    if in_pipeline:
        detector = make_pipeline(StandardScaler(), detector)
    fitted = clone(detector).fit(rows)
    threshold = -(fitted[-1] if in_pipeline else fitted).offset_
    assert threshold > np.percentile(-fitted.score_samples(rows), 95)
    for theirs in (to_pyod(fitted), to_pyod(fitted, rows), to_pyod(detector).fit(rows)):
        assert theirs.threshold_ == threshold
        np.testing.assert_array_equal(
            theirs.predict(rows) == 1, fitted.predict(rows) == -1
        )
    assert (theirs.labels_ == (theirs.decision_scores_ > threshold)).all()
    # A number that is asked for is a fraction of the training rows, as in PyOD.
    asked = to_pyod(fitted, rows, contamination=0.25)
    assert asked.labels_.mean() == 0.25
    theirs.set_params(contamination=0.25)
    assert clone(theirs).fit(rows).labels_.mean() == 0.25


def test_calibrated_rows_keep_few_alarms_among_few_training_rows():
    rng = np.random.default_rng(0)
    train, held_out, new = np.split(rng.normal(size=(1080, 5)), [80, 580])
    ours = our_detector(contamination=0.1).fit(train).calibrate(held_out)
    assert to_pyod(ours, train).predict(new).mean() == pytest.approx(0.1, abs=0.04)


def test_auto_is_no_contamination_of_pyod():
    with pytest.raises(ValueError, match=r"contamination='auto'.*Leave it out"):
        to_pyod(our_detector(), contamination="auto")


def test_scikit_learns_detectors_and_pipelines_are_taken_too(rows):
    for detector in (
        make_pipeline(StandardScaler(), IsolationForest(random_state=0)),
        LocalOutlierFactor(novelty=True),
        KernelDensity(),
    ):
        theirs = to_pyod(detector).fit(rows)
        assert theirs.labels_.sum() == 12
        np.testing.assert_array_equal(
            theirs.decision_scores_, -theirs.detector_.score_samples(rows)
        )
    pipeline = make_pipeline(StandardScaler(), IsolationForest(random_state=0)).fit(
        rows
    )
    predicted = to_pyod(pipeline).predict(rows)
    np.testing.assert_array_equal(predicted == 1, pipeline.predict(rows) == -1)


@pytest.mark.parametrize("detector", [AutoEncoder, KNN(), LocalOutlierFactor(), None])
def test_what_cannot_score_is_refused(detector):
    with pytest.raises(TypeError, match="cannot score_samples"):
        to_pyod(detector)


def test_an_unfitted_adapter_says_so(rows):
    for method in ("decision_function", "predict", "predict_proba"):
        with pytest.raises(NotFittedError):
            getattr(to_pyod(our_detector()), method)(rows)


def test_the_adapter_can_be_cloned_and_searched(ours, rows):
    theirs = clone(to_pyod(ours))
    assert not hasattr(theirs, "detector_")
    theirs.set_params(detector__max_epochs=1, contamination=0.25).fit(rows)
    assert theirs.detector_.max_epochs == 1 and theirs.labels_.mean() == 0.25
    assert theirs.get_params()["detector__max_epochs"] == 1
    assert ours.max_epochs == 2


def test_pyods_combinations_take_ours_and_theirs(rows):
    combo = pytest.importorskip(
        "pyod.models.combination",
        reason="pyod.models.combination needs the package combo",
    )
    fitted = [to_pyod(our_detector()).fit(rows), KNN().fit(rows)]
    scores = np.column_stack([d.decision_function(rows) for d in fitted])
    np.testing.assert_allclose(combo.average(scores), scores.mean(axis=1))
    np.testing.assert_allclose(combo.maximization(scores), scores.max(axis=1))


def test_pyods_feature_bagging_takes_ours(rows):
    bagging = pytest.importorskip(
        "pyod.models.feature_bagging",
        reason="pyod.models.feature_bagging needs the package combo",
    )
    ensemble = bagging.FeatureBagging(to_pyod(our_detector()), n_estimators=2)
    assert ensemble.fit(rows).decision_function(rows).shape == (120,)


def test_there_and_back_gives_the_same_scores(ours, rows):
    back = PyODDetector(to_pyod(our_detector())).fit(rows)
    np.testing.assert_array_equal(back.score_samples(rows), ours.score_samples(rows))
    np.testing.assert_array_equal(back.predict(rows), ours.predict(rows))


# Pickles


@pytest.mark.parametrize(
    "detector",
    [
        PyODDetector(TheirAutoEncoder(epoch_num=1, verbose=0)),
        PyODDetector(to_pyod(IsolationForest(random_state=0))),
        to_pyod(IsolationForest(random_state=0)),
    ],
    ids=["theirs as ours", "both", "ours as theirs"],
)
def test_copies_through_pickle_score_alike(detector, rows):
    detector = clone(detector).fit(rows)
    copy = pickle.loads(pickle.dumps(detector))
    np.testing.assert_array_equal(
        copy.decision_function(rows), detector.decision_function(rows)
    )
    np.testing.assert_array_equal(copy.predict(rows), detector.predict(rows))


def test_a_fresh_process_loads_pickles_and_imports_pyod_only_then(rows, tmp_path):
    (tmp_path / "rows.pkl").write_bytes(pickle.dumps(rows))
    theirs = to_pyod(IsolationForest(random_state=0)).fit(rows)
    (tmp_path / "detector.pkl").write_bytes(pickle.dumps(theirs))
    code = """
import pickle, sys, skanomaly.pyod
assert "pyod" not in sys.modules
detector, rows = (pickle.load(open(f"{n}.pkl", "rb")) for n in ("detector", "rows"))
print(repr(float(detector.decision_function(rows).sum())))
"""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) == theirs.decision_function(rows).sum()


def test_calibrate_replaces_the_threshold_of_pyod():
    X = np.random.default_rng(0).normal(size=(300, 3))
    detector = PyODDetector(IForest(), random_state=0).fit(X)
    shifted = X + 2
    assert (detector.calibrate(shifted).predict(shifted) == -1).mean() == pytest.approx(
        0.1, abs=0.01
    )
