"""Files of all estimators, read by a process that has never seen them."""

import os
import subprocess
import sys

import joblib
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal

import skanomaly
from skanomaly import classifiers, samplers
from skanomaly._saving import trusted
from skanomaly._saving.names import named_class, named_reference
from skanomaly.correctors import AnomalyCorrector
from skanomaly.correctors._examples.saving import _classes
from skanomaly.detectors import NormalizingFlow
from tests.contract.check_corrector import CORRECTORS, VARIANTS, city_table
from tests.contract.estimators import EVERY, saved_and_loaded, slow_but
from tests.correctors._numbers.shop import NAMES, dirty_orders

pytestmark = pytest.mark.filterwarnings("ignore:.*labelled anomalies look normal")

FLOW = NormalizingFlow("coupling", hidden_units=(8,), max_epochs=2)
OTHERS = {
    "ArchetypalAnalysis": samplers.ArchetypalAnalysis(3, random_state=0),
    "ArchetypalFlowSampler": samplers.ArchetypalFlowSampler(
        3, flow=FLOW, random_state=0
    ),
    "FlowSampler": samplers.FlowSampler(flow=FLOW, random_state=0),
    "FlowSampler-conditional": samplers.FlowSampler(
        flow=FLOW, conditional=True, random_state=0
    ),
    "OutlierExposureClassifier": classifiers.OutlierExposureClassifier(
        sampler=samplers.UniformSampler(),
        hidden_units=(8,),
        max_epochs=2,
        random_state=0,
    ),
    "RowSampler": samplers.RowSampler(),
    "UniformSampler": samplers.UniformSampler(),
}
LABELLED = ("FlowSampler-conditional", "OutlierExposureClassifier")

READING = """
import sys, joblib, numpy as np, pandas as pd, skanomaly
made = joblib.load(sys.argv[1])
for name, (X, method, expected, after) in made.items():
    estimator = skanomaly.load(f"{sys.argv[1]}-{name}", strict=True)
    np.testing.assert_array_equal(getattr(estimator, method)(X), expected, name)
    if after is not None:
        again = estimator.partial_fit(X)
        np.testing.assert_array_equal(getattr(again, method)(X), after, name)
"""


def _read_by_another_process(estimators, tmp_path):
    """Save estimators; another process loads them, and gets the same of them."""
    said = {}
    for name, (estimator, X, method) in estimators.items():
        skanomaly.save(estimator, tmp_path / f"file-{name}")
        expected, after = getattr(estimator, method)(X), None
        if hasattr(estimator, "partial_fit") and not estimator.early_stopping:
            after = getattr(estimator.partial_fit(X), method)(X)
        said[name] = (X, method, expected, after)
    joblib.dump(said, tmp_path / "file")
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-c", READING, str(tmp_path / "file")]
    subprocess.run(command, check=True, env=environment)


# One of a kind; all others in the slow run.
FEW = ("AutoEncoder", "NoisyChannelCorrector", "WGANEnsemble")
DETECTORS = [name for name in EVERY if "user" not in name]
REPAIRERS = {**CORRECTORS, **VARIANTS}


@pytest.mark.parametrize(
    "names", slow_but([FEW, [*DETECTORS, *REPAIRERS]], quick=[FEW]), ids=["few", "all"]
)
@pytest.mark.parametrize(
    "labelled", slow_but([False, True], quick=[False]), ids=["", "labelled"]
)
def test_a_fresh_process_goes_on_where_this_one_stopped(
    names, labelled, fitted, blob, tmp_path
):
    X, y = city_table()
    estimators = {}
    for name in names:
        if name in REPAIRERS:
            corrector = REPAIRERS[name]().fit(X, y if labelled else None)
            corrector.transform(X)
            estimators[name] = (corrector, X, "transform")
        elif not labelled:
            estimators[name] = (fitted(name), blob, "decision_function")
    _read_by_another_process(estimators, tmp_path)


@pytest.mark.parametrize("name", CORRECTORS)
def test_reports_and_undo_come_back(name):
    X, _ = city_table()
    corrector = CORRECTORS[name]().fit(X)
    repaired = corrector.transform(X)
    back = saved_and_loaded(corrector)
    for report in ("report_", "row_report_"):
        pd.testing.assert_frame_equal(getattr(back, report), getattr(corrector, report))
    pd.testing.assert_frame_equal(back.inverse_transform(repaired), X)


def _shop():
    """Orders with numbers, dates, ways of writing, and a missing cell."""
    x, _, codes, _ = dirty_orders(800)
    X = pd.DataFrame(x, columns=NAMES)
    X["product"] = np.array(["socks", "shirt", "shoes", "watch"])[codes[:, 0]]
    X["ordered"] = pd.to_datetime(X["ordered"], unit="D")
    X["weight"] = [f"{q % 7:.0f}{' kg' if q % 8 else ' kg.'}" for q in range(len(X))]
    X["name"] = np.resize(["Miller, Ann", "Bob Lopez", "Weber, Carl"], len(X))
    X.loc[5, "product"] = None
    return X


@pytest.mark.slow
def test_what_was_learned_of_numbers_and_ways_of_writing_comes_back():
    X = _shop()
    right = X.loc[[1, 4]].assign(name="Lopez, Bob")
    corrector = AnomalyCorrector(random_state=0).fit(X, corrections=right)
    repaired = corrector.transform(X)
    assert {p.column for p in corrector.programs_} >= {"name", "weight"}
    assert len(corrector.relations_)
    back = saved_and_loaded(corrector)
    pd.testing.assert_frame_equal(back.inverse_transform(repaired), X)
    pd.testing.assert_frame_equal(back.transform(X), repaired, check_exact=True)
    pd.testing.assert_frame_equal(back.report_, corrector.report_, check_exact=True)
    assert [str(p) for p in back.programs_] == [str(p) for p in corrector.programs_]


@pytest.mark.parametrize("name", OTHERS)
def test_classifiers_and_samplers_do_as_before(name, blob):
    estimator = OTHERS[name]
    y = (blob[:, 0] > 0).astype(int) if name in LABELLED else None
    estimator.fit(blob, y)
    back = saved_and_loaded(estimator)
    method = "transform" if hasattr(back, "transform") else "predict_proba"
    if hasattr(back, "sample"):
        drawn = [one.sample(5, random_state=1) for one in (back, estimator)]
        assert_array_equal(*drawn)
    else:
        assert_array_equal(
            getattr(back, method)(blob), getattr(estimator, method)(blob)
        )


def test_all_that_programs_consist_of_is_trusted():
    bases = {"NumberStep", "Program"}
    parts = [c for name, c in _classes().items() if name not in bases]
    assert {f"{c.__module__}.{c.__qualname__}" for c in parts} <= trusted.OBJECTS


def test_every_public_estimator_is_trusted_and_every_name_is_there():
    for name in trusted.OBJECTS:
        assert isinstance(named_class(name), type)
    for name in trusted.FUNCTIONS:
        assert callable(named_reference(name))
    public = {
        f"{c.__module__}.{c.__qualname__}"
        for package in ("detectors", "correctors", "classifiers", "samplers")
        for c in vars(getattr(skanomaly, package)).values()
        if isinstance(c, type) and hasattr(c, "get_params")
    }
    assert public <= set(trusted.OBJECTS)
