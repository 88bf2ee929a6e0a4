"""
Replace an IsolationForest in a script
======================================

A script that works with scikit-learn's ``IsolationForest`` works with a detector of
this library: the same methods, the same signs, the same labels. One line changes.
"""

# %%
# The script, with a table of cell nuclei in which one row in ten is a malignant tumour.
# Nobody said which.
import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import IsolationForest

X, benign = load_breast_cancer(return_X_y=True, as_frame=True)
rng = np.random.default_rng(0)
malignant = rng.choice(X.index[benign == 0], size=40, replace=False)
X = X.loc[np.r_[X.index[benign == 1], malignant]]
is_anomaly = (benign[X.index] == 0).to_numpy()

old = IsolationForest(contamination=0.1, random_state=0).fit(X)
print(f"rows called anomalous: {(old.predict(X) == -1).sum()} of {len(X)}")

# %%
# The line that changes. ``contamination`` has the same meaning: this fraction of the
# training rows gets -1.
from skanomaly.detectors import NeighborsDetector

new = NeighborsDetector(contamination=0.1).fit(X)
print(f"rows called anomalous: {(new.predict(X) == -1).sum()} of {len(X)}")

# %%
# Both have ``score_samples`` (higher is more normal) and ``decision_function`` (below 0
# is anomalous), so everything behind them stays. Their scores have different units:
# compare ranks, not values. Labels are known here, and the forest ranks a little better
# on this table. No detector is the best on all: try both on yours.
import matplotlib.pyplot as plt

from skanomaly.displays import ScoreDistributionDisplay

figure, axes = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
for detector, ax in zip((old, new), axes, strict=True):
    ScoreDistributionDisplay.from_estimator(detector, X, is_anomaly, ax=ax)

# %%
# What the new line brings besides: why a row is odd, column by column, and how rare
# such a score is among the training rows. Here for the row with the highest score.
odd = X.iloc[[np.argmin(new.score_samples(X))]]
parts = new.feature_scores(odd).T.squeeze().sort_values(ascending=False)
print(parts.head(4).round(1).to_string())
print(f"sum of all {len(parts)}: {parts.sum():.1f}")
print(f"p-value: {new.p_values(odd).item():.3f}")

# %%
# A ``Pipeline`` and a ``GridSearchCV`` stay as they are, too. Two things are to be
# known. The scorer is :func:`~skanomaly.metrics.anomaly_scorer`, because scores are
# higher for normal rows. And the search only ranks, so ``contamination`` is a number:
# the default trains copies of a network for a threshold that nobody asks for here.
# Those who search have labels; here 1 marks a malignant tumour.
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PowerTransformer

from skanomaly.metrics import anomaly_scorer

pipe = make_pipeline(PowerTransformer(), NeighborsDetector(contamination=0.1))
search = GridSearchCV(
    pipe,
    {
        "powertransformer": [PowerTransformer(), "passthrough"],
        "neighborsdetector__n_neighbors": [5, 20],
    },
    scoring=anomaly_scorer("roc_auc"),
    cv=StratifiedKFold(5, shuffle=True, random_state=0),
).fit(X, is_anomaly)

import pandas as pd

columns = ["param_powertransformer", "param_neighborsdetector__n_neighbors"]
table = pd.DataFrame(search.cv_results_)[[*columns, "mean_test_score"]].round(3)
table.columns = ["before the detector", "n_neighbors", "ROC AUC"]
table["before the detector"] = table["before the detector"].astype(str)
table

# %%
# On this table the power transform makes the ranking worse: a search shows what a habit
# costs. To search for an ``IsolationForest`` in the same way, write its parameters with
# ``isolationforest__`` before their names.

# %%
# A pipeline passes on what scikit-learn's detectors have, and nothing more: p-values
# are those of a :class:`~skanomaly.detectors.CalibratedDetector` around it, which fits
# copies of the whole pipeline and keeps their scores. New rows are compared with these
# scores to see whether they have drifted.
from skanomaly.detectors import CalibratedDetector
from skanomaly.metrics import score_drift_test

normal = X[~is_anomaly]
model = CalibratedDetector(search.best_estimator_).fit(normal[::2])
new_rows = normal[1::2]
print("p-values of three new rows:", model.p_values(new_rows[:3]).round(2))
for name, rows in {
    "as before": new_rows,
    "all cells 10 % larger": new_rows * 1.1,
}.items():
    drift = score_drift_test(model.calibration_scores_, model.score_samples(rows))
    print(f"{name}: p-value {drift.pvalue:.2g}")

# %%
# It is saved without a pickle, and served as an ONNX graph, which needs neither
# scikit-learn nor torch where it runs.
import tempfile
from pathlib import Path

import onnxruntime

import skanomaly
from skanomaly.onnx import to_onnx

folder = Path(tempfile.mkdtemp())
skanomaly.save(model, folder / "detector.skops")
loaded = skanomaly.load(folder / "detector.skops")
to_onnx(loaded, folder / "detector.onnx")
session = onnxruntime.InferenceSession(folder / "detector.onnx")
(label,) = session.run(["label"], {"X": new_rows.to_numpy()})
print("the same labels:", (label == model.predict(new_rows)).all())
