"""A copy, through whatever it went, scores and trains as the original does."""

import copy
import io
import os
import pickle
import subprocess
import sys

import joblib
import pytest
from numpy.testing import assert_array_equal

from tests.contract.estimators import (
    ALL,
    CASES,
    ESTIMATORS,
    every_resumable,
    every_setting,
    saved_and_loaded,
)


def _through_pickle(detector):
    return pickle.loads(pickle.dumps(detector))


def _through_joblib(detector):
    file = io.BytesIO()
    joblib.dump(detector, file)
    file.seek(0)
    return joblib.load(file)


COPIES = {
    "pickle": _through_pickle,
    "joblib": _through_joblib,
    "deepcopy": copy.deepcopy,
    "save": saved_and_loaded,
}


@every_setting
def test_a_copy_scores_and_trains_as_the_original_does(name, fitted, blob):
    detector = fitted(name)
    copies = {through: copied(detector) for through, copied in COPIES.items()}
    _check_equal(copies, detector.decision_function(blob), blob)
    if hasattr(detector, "partial_fit") and not detector.early_stopping:
        for each in (detector, *copies.values()):
            each.partial_fit(blob)
        _check_equal(copies, detector.decision_function(blob), blob)


def _check_equal(copies, expected, X):
    for through, copied in copies.items():
        assert_array_equal(copied.decision_function(X), expected, err_msg=through)


@pytest.mark.parametrize(
    "names", [[*ESTIMATORS], pytest.param([*ALL], marks=pytest.mark.slow)]
)
def test_pickles_are_read_by_a_fresh_process(names, fitted, tmp_path, blob):
    made = {name: fitted(name) for name in names}
    expected = {name: d.score_samples(blob) for name, d in made.items()}
    joblib.dump((made, expected, blob), tmp_path / "detectors")
    code = (
        "import sys, joblib\n"
        "made, expected, X = joblib.load(sys.argv[1])\n"
        "for name, d in made.items():\n"
        "    assert (d.score_samples(X) == expected[name]).all(), name\n"
    )
    subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "detectors")],
        check=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )


@pytest.mark.parametrize("through", ["pickle", "save"])
@every_resumable
def test_resumed_training_is_training_without_a_break(name, through, blob):
    straight, broken = CASES[name](), CASES[name]()
    for start in (0, 70, 140):
        straight.partial_fit(blob[start : start + 70])
        broken = COPIES[through](broken).partial_fit(blob[start : start + 70])
    assert_array_equal(straight.decision_function(blob), broken.decision_function(blob))
