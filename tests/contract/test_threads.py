"""Threads that score an estimator while another one fits it see one fit, not two."""

import copy
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import clone

from skanomaly.classifiers import OutlierExposureClassifier
from skanomaly.correctors import NoisyChannelCorrector
from skanomaly.samplers import FlowSampler, UniformSampler
from tests.contract.estimators import ESTIMATORS, SHALLOW, every_detector
from tests.contract.rows import rows

OTHER_ROWS = rows() ** 3 + 1000
# What a detector says of rows, where it says it.
READS = (
    "score_samples", "anomaly_score", "decision_function", "predict", "p_values",
    "score", "feature_scores", "reconstruct", "encode", "residual", "transform",
    "member_scores",
)  # fmt: skip


def _fit_within(estimator, name, patch, later):
    """Let a fit end in the middle of a read, when that comes to its method `name`.

    `later` is what the fit leads to; `test_a_fit_shows_nothing_before_it_is_done` shows
    that it gets there in one step.
    """
    original, done = getattr(type(estimator), name), []

    def interrupted(self, *args, **kwargs):
        done.append(self)
        estimator.__dict__ = dict(vars(later))
        return original(self, *args, **kwargs)

    patch.setattr(type(estimator), name, interrupted)
    return done


@every_detector
def test_a_result_is_of_one_fit_where_another_ends_meanwhile(name, fitted, monkeypatch):
    detector = fitted(name, "rows")
    if detector.calibration_scores_ is None:
        detector.calibrate(rows())
    later = copy.deepcopy(detector)
    later.fit(OTHER_ROWS)
    for read in READS:
        if not hasattr(detector, read):
            continue
        first = copy.deepcopy(detector)
        wanted = getattr(first, read)(rows())
        with monkeypatch.context() as patch:
            done = _fit_within(first, "_validate", patch, later)
            assert_array_equal(getattr(first, read)(rows()), wanted, err_msg=read)
        assert done, read
        assert first.offset_ == later.offset_ != detector.offset_


@every_detector
def test_a_fit_shows_nothing_before_it_is_done(name, fitted, monkeypatch):
    detector = fitted(name, "rows")
    wanted, seen = detector.decision_function(rows()), []
    before = dict(vars(detector))
    original = type(detector)._set_threshold

    def spied(self, scores):
        seen.append((dict(vars(detector)), detector.decision_function(rows())))
        original(self, scores)
        seen.append((dict(vars(detector)), detector.decision_function(rows())))

    monkeypatch.setattr(type(detector), "_set_threshold", spied)
    detector.fit(OTHER_ROWS)
    assert seen
    for attributes, scores in seen:
        assert attributes.keys() == before.keys()
        assert all(attributes[key] is before[key] for key in before)
        assert_array_equal(scores, wanted)


def test_parameters_and_methods_are_those_of_the_class():
    fit = type(ESTIMATORS["AutoEncoder"]()).fit
    assert fit.__name__ == "fit" and "sample_weight" in fit.__doc__


def test_a_table_is_repaired_by_one_fit(monkeypatch):
    rng = np.random.default_rng(0)
    cities = np.array(["Bern", "Oslo", "Rome"])
    codes = rng.integers(0, 3, 200)
    X = pd.DataFrame({"city": cities[codes], "zip": cities[codes]})
    other = pd.DataFrame({"city": cities[codes], "zip": cities[(codes + 1) % 3]})
    dirty = X.copy()
    dirty.loc[3, "zip"] = "Rome" if codes[3] != 2 else "Oslo"
    corrector = NoisyChannelCorrector(random_state=0).fit(X)
    wanted = corrector.transform(dirty)
    later = NoisyChannelCorrector(random_state=0).fit(other)
    done = _fit_within(corrector, "_rows", monkeypatch, later)
    pd.testing.assert_frame_equal(corrector.transform(dirty), wanted)
    assert done
    with pytest.raises(AttributeError, match="no report yet"):
        _ = corrector.report_  # it was the report of another fit


def test_threads_repair_their_own_tables():
    names = ["Bern", "Oslo", "Rome"] * 40
    X = pd.DataFrame({"town": names, "zip": [1, 2, 3] * 40, "size": list("abc") * 40})
    corrector = NoisyChannelCorrector(random_state=0).fit(X)

    def repair(row):
        dirty = X.copy()
        dirty.loc[row, "zip"] = 1 + (dirty.loc[row, "zip"] % 3)
        return corrector.repair(dirty)

    with ThreadPoolExecutor(4) as pool:
        repaired = list(pool.map(repair, range(40)))
    for row, (table, report, row_report) in enumerate(repaired):
        pd.testing.assert_frame_equal(table, X)
        assert report["row"].tolist() == [row] and len(row_report) == len(X)


def test_classes_are_of_one_fit(monkeypatch):
    X, y = rows(), np.repeat([0, 1], 30)
    classifier = OutlierExposureClassifier(
        sampler=UniformSampler(), hidden_units=(4,), max_epochs=1, random_state=0
    )
    classifier.fit(X, y)
    wanted = classifier.predict(X)
    later = clone(classifier).fit(X, np.repeat(["a", "b", "c"], 20))
    _fit_within(classifier, "_flat", monkeypatch, later)
    assert_array_equal(classifier.predict(X), wanted)


def test_a_sample_is_of_one_fit(monkeypatch):
    sampler = FlowSampler(flow=ESTIMATORS["NormalizingFlow"](), random_state=0).fit(
        rows()
    )
    wanted = sampler.sample(5, random_state=0)
    _fit_within(sampler, "_latents", monkeypatch, clone(sampler).fit(OTHER_ROWS))
    assert_array_equal(sampler.sample(5, random_state=0), wanted)


def test_threads_that_score_while_one_fits():
    """As it was found: one thread fits to two tables in turn, others score."""
    detector = SHALLOW["NeighborsDetector"]().fit(rows())
    allowed = [
        clone(detector).fit(X).decision_function(rows()) for X in (rows(), OTHER_ROWS)
    ]
    stop, wrong, counted = threading.Event(), [], []

    def score():
        while not stop.is_set():
            found = detector.decision_function(rows())
            counted.append(1)
            wrong.append(not any((found == a).all() for a in allowed))

    threads = [threading.Thread(target=score) for _ in range(2)]
    for thread in threads:
        thread.start()
    for i in range(60):
        detector.fit(OTHER_ROWS if i % 2 else rows())
    stop.set()
    for thread in threads:
        thread.join()
    assert len(counted) > 20 and not any(wrong)
