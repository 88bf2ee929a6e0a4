"""Graphs of detectors compute what the detectors do, in onnxruntime."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skanomaly.onnx import to_onnx
from tests.contract.estimators import EVERY, IMAGE_ESTIMATORS, slow_but

onnxruntime = pytest.importorskip("onnxruntime")

# Three rows are traced: any other number has to do as well.
N_ROWS = (1, 2, 4, 150)

# Each kind of model once; neighbours make their branches in the other two.
QUICK = ("DeepSVDD", "NeighborsDetector", "VAE")
NAMES = [name for name in EVERY if not name.startswith("AnoGAN")]
every_graph = pytest.mark.parametrize("name", slow_but(NAMES, quick=QUICK))


def session_of(estimator, path, **params):
    to_onnx(estimator, path, **params)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(path, options)


def run(session, X):
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(None, {"X": X}), strict=True))


def assert_same(results, detector, X):
    scores = detector.decision_function(X) + detector.offset_
    assert_allclose(results.pop("anomaly_score"), -scores, rtol=1e-5)
    distance, known = results.pop("decision_function"), detector.decision_function(X)
    assert_allclose(distance, known, atol=1e-5 * np.abs(scores).max())
    label = results.pop("label")
    assert label.dtype == np.int64
    # Where convolutions are in float32, a row at the threshold may be on either side.
    clear = np.abs(known) > 1e-6 * np.abs(scores)
    assert_array_equal(label[clear], detector.predict(X)[clear])
    if hasattr(detector, "feature_scores"):
        cells = np.asarray(detector.feature_scores(X))
        assert_allclose(
            results.pop("feature_scores"), cells, atol=1e-5 * np.abs(cells).max()
        )
    assert results == {}


@every_graph
def test_a_graph_scores_any_number_of_rows_as_its_detector(
    name, fitted, blob, tmp_path
):
    detector = fitted(name)
    session = session_of(detector, tmp_path / "graph.onnx")
    far = blob + 10.0 * blob.std(axis=0)
    for n_rows in N_ROWS:
        for X in (blob[:n_rows], far[:n_rows]):
            assert_same(run(session, X), detector, X)
    if name not in IMAGE_ESTIMATORS:
        missing = blob[:20].copy()
        missing[::3, 1] = missing[::4, 2] = missing[5] = np.nan
        assert_same(run(session, missing), detector, missing)


@pytest.mark.parametrize("name", slow_but(NAMES, quick=["DeepSVDD"]))
def test_a_graph_of_float32_rows_scores_them_as_its_detector(
    name, fitted, blob, tmp_path
):
    detector = fitted(name)
    session = session_of(detector, tmp_path / "graph.onnx", dtype="float32")
    X = blob.astype(np.float32)
    assert_same(run(session, X), detector, X)


@pytest.mark.parametrize(
    "name",
    slow_but(
        [n for n in NAMES if n not in IMAGE_ESTIMATORS], quick=["DeepSVDD", "VAE"]
    ),
)
def test_labels_at_the_threshold_are_those_of_predict(name, fitted, blob, tmp_path):
    """Training rows whose score is the threshold, to the last digit."""
    detector = fitted(name)
    detector.set_params(**_rate(detector))
    X = blob[:41]  # of which a quarter of the way to the last is a row
    detector.calibrate(X)
    distance = detector.decision_function(X)
    assert (distance == 0.0).any()
    results = run(session_of(detector, tmp_path / "graph.onnx"), X)
    assert_array_equal(results["label"], detector.predict(X))
    assert_array_equal(results["decision_function"], distance)


def _rate(detector):
    names = detector.get_params()
    return {
        name: 0.25 for name in ("contamination", "false_positive_rate") if name in names
    }


@pytest.mark.slow
@pytest.mark.parametrize("name", ["AutoEncoder", "NeighborsDetector"])
def test_references_that_lack_cells_are_in_the_graph(name, blob, tmp_path):
    X = blob[:60].copy()
    X[::5, 0] = X[::7, 3] = np.nan
    detector = EVERY[name](contamination=0.1).fit(X)
    session = session_of(detector, tmp_path / "graph.onnx")
    for rows in (X, blob[60:100]):
        assert_same(run(session, rows), detector, rows)
