"""A user's program, to be read by mypy and never run: `test_types.py` does.

A line with a mistake ends in the code of the error that mypy must find there, as in
``# E: arg-type``; on all other lines it must find none, even with ``--strict``.
"""

from typing import assert_type

import numpy as np
import pandas as pd  # type: ignore[import-untyped, unused-ignore]
import polars as pl
import torch
from matplotlib import pyplot as plt
from numpy.typing import NDArray
from sklearn.pipeline import make_pipeline  # type: ignore[import-untyped]

import skanomaly
from skanomaly import datasets, displays, metrics, nets, samplers
from skanomaly.base import BaseDetector
from skanomaly.pyod import PyODDetector, to_pyod

X = np.zeros((10, 2))
Scores = NDArray[np.float64]


class Distance(BaseDetector):
    """A detector of the user's own."""

    def _fit(self, X: NDArray[np.float64]) -> None:
        self.center_ = X.mean(axis=0)

    def _score(self, X: NDArray[np.float64]) -> Scores:
        scores: Scores = np.abs(X - self.center_).sum(axis=1)
        return scores


def detectors() -> None:
    detector = Distance(contamination=0.2).fit(X)
    assert_type(detector, Distance)
    assert_type(detector.score_samples(X), Scores)
    assert_type(detector.calibrate([[0.0, 1.0]]).predict(X), NDArray[np.int64])
    assert_type(detector.score(pl.DataFrame({"a": [1.0]})), float)
    assert_type(detector.offset_, float)
    detector.decision_function(pd.DataFrame(X))
    detector.decision_function(torch.zeros(3, 2))
    detector.decision_function([np.zeros(2), np.ones(2)])
    Distance(contamination="0.2")  # E: arg-type
    Distance(contaminations=0.2)  # E: call-arg
    Distance(0.2)  # E: call-arg
    detector.fit(3.0)  # E: arg-type
    detector.fit([1.0, 2.0])  # E: arg-type
    detector.predict(None)  # E: arg-type
    detector.predict()  # E: call-arg
    len(detector.score(X))  # E: arg-type


def pyod() -> None:
    adapter = to_pyod(Distance(), X, contamination=0.1)
    scores = PyODDetector(adapter, random_state=0).fit(X).anomaly_score(X)
    assert_type(scores, Scores)
    to_pyod("knn")  # E: arg-type
    PyODDetector(adapter, random_state="0")  # E: arg-type


def metric_values() -> None:
    assert_type(metrics.anomaly_roc_auc([0, 1], [0.1, 0.9]), float)
    metrics.anomaly_roc_auc(pl.Series([0, 1]), X[:, 0], anomaly_label="bad")
    metrics.repair_report(X, X, is_anomaly=lambda rows: rows.sum(axis=1) > 1)
    metrics.total_variation([["a", 1]], [["b", None]])
    scorer = metrics.anomaly_scorer("fpr_at_tpr", tpr=0.9)
    assert_type(scorer(make_pipeline(Distance()), X, [0, 1]), float)
    metrics.anomaly_roc_auc([0, 1], 0.5)  # E: arg-type
    metrics.fpr_at_tpr([0, 1], [0.1, 0.9], 0.9)  # E: call-arg
    metrics.fpr_at_tpr([0, 1], [0.1, 0.9], tpr="most")  # E: arg-type
    metrics.anomaly_scorer("f1")  # E: arg-type
    metrics.anomaly_scorer("fpr_at_tpr", trp=0.9)  # E: call-arg
    metrics.repair_report(X, X, is_anomaly=True)  # E: arg-type
    metrics.auc([0, 1], [0.1, 0.9])  # E: attr-defined


def data_sets() -> None:
    rows, labels = datasets.make_gaussian_blobs((10, 20, 30), random_state=0)
    datasets.make_sum_limit("all", n_values=(2, 3))
    _, mask = datasets.inject_cell_errors(rows, kind="typo", columns=["city"])
    assert_type(mask, NDArray[np.bool_])
    *_, y_test = datasets.one_vs_rest(rows, labels, 1)
    assert_type(y_test, NDArray[np.int64])
    datasets.fetch_mnist(subset="all", data_home="data").target.sum()
    datasets.make_gaussian_blobs(n_samples="many")  # E: arg-type
    datasets.make_gaussian_blobs(n_sample=10)  # E: call-arg
    datasets.make_sum_limit("every")  # E: arg-type
    datasets.inject_cell_errors(rows, kind="swaps")  # E: arg-type
    datasets.fetch_mnist(subset="valid")  # E: arg-type
    datasets.fetch_categorical("iris")  # E: arg-type


def pictures() -> None:
    _, (left, right) = plt.subplots(1, 2)
    display = displays.ScoreDistributionDisplay.from_estimator(Distance(), X, ax=left)
    assert_type(display.plot(stat="count"), displays.ScoreDistributionDisplay)
    displays.ClusterDistanceDisplay.from_estimator(make_pipeline(Distance()), X, [0])
    displays.ReconstructionDisplay.from_predictions(X, X, X, ax=[left, right])
    displays.ScoreDistributionDisplay.from_estimator("AutoEncoder", X)  # E: arg-type
    displays.ScoreDistributionDisplay.from_estimator(Distance())  # E: call-arg
    displays.ClusterDistanceDisplay.from_estimator(Distance(), X)  # E: call-arg
    display.plot(stat="density")  # E: arg-type
    display.plot(ax="left")  # E: arg-type


def sampling() -> None:
    sampler = samplers.UniformSampler(margin=0.5).fit(X)
    assert_type(sampler.sample(3, random_state=0), Scores)
    analysis = samplers.ArchetypalAnalysis(3).fit(X)
    assert_type(analysis.transform(X), Scores)
    samplers.UniformSampler(margin="wide")  # E: arg-type
    sampler.sample("3")  # E: arg-type
    sampler.sample(random_state=0.5)  # E: arg-type
    samplers.ArchetypalAnalysis(n_archetype=3)  # E: call-arg
    samplers.NormalSampler()  # E: attr-defined


def networks() -> None:
    network = nets.build_network(nets.MLP, 4, 2, hidden_units=(8,))
    assert_type(network, nets.MLP)
    flow = nets.Flow(2, architecture="nsf")
    assert_type(flow.log_prob(torch.zeros(3, 2)), torch.Tensor)
    nets.MLP(4, 2, activation=torch.nn.Softplus)
    nets.MLP(4, "two")  # E: arg-type
    nets.MLP(4, 2, hidden_units=8)  # E: arg-type
    nets.MLP(4, 2, activation="rleu")  # E: arg-type
    nets.Flow(2, architecture="realnvp")  # E: arg-type
    nets.ConvEncoder((1, 28, 28))  # E: call-arg


def names() -> None:
    skanomaly.metrics.usefulness([0, 1], [0, 1])
    print(skanomaly.detector)  # E: attr-defined
