"""Part "tables": does a discriminator of generated outliers beat the flow itself?"""

import numpy as np
from sklearn.frozen import FrozenEstimator
from sklearn.metrics import average_precision_score, roc_auc_score

from skanomaly.datasets import fetch_adbench
from skanomaly.detectors import NormalizingFlow, OutlierDiscriminator
from skanomaly.samplers import FlowSampler, UniformSampler

MAX_ROWS = 10_000
N_STEPS = {True: 100, False: 2000}
BATCH_SIZE = 128
# Rows are drawn from it: less noise than to detect, and a lower rate.
FLOW = {"noise": 0.3, "lr": 5e-3}
AGAINST = {
    "Gumbel 2.5": lambda flow: FlowSampler(2.5, flow=flow),
    "normal 1.5": lambda flow: FlowSampler(1.5, kind="normal", flow=flow),
    "normal 2.5": lambda flow: FlowSampler(2.5, kind="normal", flow=flow),
    "uniform": lambda flow: UniformSampler(),
}


def run(data, seed, *, quick=False):
    """Train a flow on half of the normal rows, and discriminators of its outliers.

    The rest is for testing. The flow is a "coupling", whose rows are quick to draw, and
    the one and the same for all.
    """
    X, y = fetch_adbench(data, return_X_y=True, download_if_missing=False)
    rng = np.random.default_rng(seed)
    rows = rng.permutation(len(X))[:MAX_ROWS]
    normal = rows[y[rows] == 0]
    train, test = X[normal[::2]], np.setdiff1d(rows, normal[::2])
    course = {
        "max_epochs": max(1, round(N_STEPS[quick] * BATCH_SIZE / len(train))),
        "contamination": 0.1,
        "random_state": seed,
    }
    flow = NormalizingFlow("coupling", **FLOW, **course).fit(train)
    detectors = {"flow": flow}
    for name, make in AGAINST.items():
        sampler = make(FrozenEstimator(flow))
        detectors[name] = OutlierDiscriminator(sampler, **course).fit(train)
    figures = {("chance", data, "ap"): y[test].mean(), ("chance", data, "auroc"): 0.5}
    for name, detector in detectors.items():
        scores = detector.anomaly_score(X[test])
        figures[name, data, "auroc"] = roc_auc_score(y[test], scores)
        figures[name, data, "ap"] = average_precision_score(y[test], scores)
    return figures
