"""False discovery proportion and power, as functions and as scorers."""

import numpy as np
import pytest
from sklearn.ensemble import IsolationForest
from sklearn.model_selection import cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skanomaly.detectors import CalibratedDetector, NeighborsDetector
from skanomaly.metrics import (
    anomaly_scorer,
    discovery_power,
    false_discovery_proportion,
)

Y = [0, 0, 0, 1, 1]
# At .1 Benjamini and Hochberg reject up to the k-th where p_k <= .02 k.
P = [0.9, 0.5, 0.06, 0.05, 0.01]


@pytest.mark.parametrize(
    ("alpha", "proportion", "power"),
    [(0.04, 0.0, 0.0), (0.05, 0.0, 0.5), (0.1, 1 / 3, 1.0), (1.0, 0.6, 1.0)],
)
def test_rows_are_called_as_benjamini_and_hochberg_do(alpha, proportion, power):
    assert false_discovery_proportion(Y, P, alpha=alpha) == pytest.approx(proportion)
    assert discovery_power(Y, P, alpha=alpha) == power


@pytest.mark.parametrize("metric", [false_discovery_proportion, discovery_power])
def test_wrong_arguments_are_named(metric):
    with pytest.raises(ValueError, match="alpha=0"):
        metric(Y, P, alpha=0)
    with pytest.raises(ValueError, match=r"p_values are from -3 to 2.*not scores"):
        metric(Y, [-3, 0, 0, 0, 2])
    with pytest.raises(ValueError, match="no anomalies"):
        metric([0] * 5, P)


def test_labels_of_scikit_learn_are_taken():
    y = np.where(np.array(Y) == 1, -1, 1)
    assert discovery_power(y, P, anomaly_label=-1) == discovery_power(Y, P)


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(0)
    y = np.arange(600) % 10 == 0
    return rng.normal(size=(600, 3)) + 6.0 * y[:, None], y.astype(int)


@pytest.mark.parametrize(
    "detector",
    [
        NeighborsDetector(contamination=0.1),
        make_pipeline(StandardScaler(), NeighborsDetector(contamination=0.1)),
        CalibratedDetector(IsolationForest(random_state=0), cv=2),
    ],
    ids=["detector", "pipeline", "calibrated"],
)
def test_scorers_ask_for_p_values(detector, rows):
    X, y = rows
    names = ("discovery_power", "false_discovery_proportion")
    scoring = {name: anomaly_scorer(name, alpha=0.2) for name in names}
    normal = detector.fit(X[y == 0])
    assert scoring["discovery_power"](normal, X, y) == 1.0
    assert -0.35 < scoring["false_discovery_proportion"](normal, X, y) <= 0.0
    # Fitted with the anomalies among the rows, p-values are larger.
    result = cross_validate(detector, X, y, cv=3, scoring=scoring)
    assert np.isfinite(result["test_discovery_power"]).all()
    assert result["test_false_discovery_proportion"].min() >= -0.05


def test_a_detector_without_p_values_is_told_where_they_are(rows):
    X, y = rows
    with pytest.raises(TypeError, match="CalibratedDetector"):
        anomaly_scorer("discovery_power")(IsolationForest(n_estimators=5).fit(X), X, y)
