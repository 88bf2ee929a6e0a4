"""
What guessing would reach
=========================

An average precision of 0.5 is excellent for one table and guessing for another. The
same scores, with fewer and fewer anomalies among the test rows.
"""

# %%
# Train on half of the benign tumours. The other half, and the malignant ones, are for
# testing.
import numpy as np
from sklearn.datasets import load_breast_cancer

from skanomaly.detectors import NeighborsDetector

X, benign = load_breast_cancer(return_X_y=True)
normal, anomalous = X[benign == 1], X[benign == 0]
detector = NeighborsDetector().fit(normal[::2])
of_normal = detector.anomaly_score(normal[1::2])
of_anomalous = detector.anomaly_score(anomalous)

# %%
# Scores stay as they are, and 200, 100, 50, 20 and 10 of the anomalies are drawn twenty
# times. The area under the ROC curve does not move but for the draw. The average
# precision does, because its chance level, the *prevalence* of anomalies, does.
import pandas as pd

from skanomaly.metrics import anomaly_average_precision, anomaly_roc_auc

rng = np.random.default_rng(0)
rows = {}
for n in (200, 100, 50, 20, 10):
    y = np.r_[np.zeros(len(of_normal)), np.ones(n)]
    draws = [np.r_[of_normal, rng.choice(of_anomalous, n)] for _ in range(20)]
    rows[f"{y.mean():.2f}"] = {
        "ROC AUC": np.mean([anomaly_roc_auc(y, s) for s in draws]),
        "average precision": np.mean([anomaly_average_precision(y, s) for s in draws]),
        "chance level of it": y.mean(),
    }
table = pd.DataFrame(rows).T.rename_axis("prevalence")
table.round(2)

# %%
import matplotlib.pyplot as plt

colors = ["#0072B2", "#E69F00", "0.75"]
ax = table.plot.bar(rot=0, ylim=(0, 1), color=colors, figsize=(7, 4))
ax.legend(loc="upper center", bbox_to_anchor=(0.5, 1.13), ncols=3, frameon=False)
plt.tight_layout()

# %%
# The sign matters more than any choice of the metric. Scores of scikit-learn's
# detectors, and of ours, are higher for *normal* rows; where 1 marks anomalies, a
# metric wants the opposite.
from sklearn.metrics import roc_auc_score

y = np.r_[np.zeros(len(of_normal)), np.ones(len(of_anomalous))]
X_test = np.r_[normal[1::2], anomalous]
for method in (detector.score_samples, detector.anomaly_score):
    print(f"ROC AUC of {method.__name__}: {roc_auc_score(y, method(X_test)):.2f}")
