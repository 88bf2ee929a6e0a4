"""
Compare with the detectors of PyOD
==================================

``PyODDetector`` wraps any PyOD detector as a scikit-learn detector, so that one loop
compares them all.
"""

# %%
# Handwritten digits: eights are normal, all other digits anomalous. Three quarters of
# the eights are for training; the rest, and a quarter of each other digit, for testing.
from sklearn.datasets import load_digits

from skanomaly.datasets import one_vs_rest

X, digit = load_digits(return_X_y=True)
X_train, X_test, _, y_test = one_vs_rest(X, digit, 8, random_state=0)

# %%
# Ours, one of scikit-learn's and two of PyOD's, all with the same methods.
from pyod.models.hbos import HBOS
from pyod.models.knn import KNN
from sklearn.ensemble import IsolationForest

from skanomaly.detectors import AutoEncoder
from skanomaly.pyod import PyODDetector

detectors = {
    "AutoEncoder": AutoEncoder(
        max_epochs=200,
        batch_size=32,
        contamination=0.1,
        random_state=0,
    ),
    "IsolationForest": IsolationForest(random_state=0),
    "HBOS (PyOD)": PyODDetector(HBOS()),
    "KNN (PyOD)": PyODDetector(KNN()),
}

# %%
# Average precision depends on the prevalence of anomalies, which is its chance level
# and is reported with it.
import pandas as pd

from skanomaly.metrics import anomaly_average_precision, anomaly_roc_auc

results = {}
for name, detector in detectors.items():
    scores = -detector.fit(X_train).score_samples(X_test)
    results[name] = {
        "ROC AUC": anomaly_roc_auc(y_test, scores),
        "average precision": anomaly_average_precision(y_test, scores),
    }
results["guessing"] = {"ROC AUC": 0.5, "average precision": y_test.mean()}
results = pd.DataFrame(results).T.round(3)
results

# %%
# One small data set and one seed do not rank detectors; the benchmarks of the project
# use many.
ax = results["ROC AUC"].iloc[::-1].plot.barh()
ax.set_xlabel("area under the ROC curve")
ax.figure.tight_layout()
