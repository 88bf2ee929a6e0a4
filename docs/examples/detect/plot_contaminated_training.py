"""
Anomalies among the training rows
=================================

Most tables are not clean: some of the rows that a detector learns from are what it
should find. How much does that cost? The ranking of new rows, by the share of anomalies
among the training rows.
"""

# %%
# Benign tumours are normal. The test rows are the same in all runs: a quarter of the
# benign ones, and sixty malignant ones. Other malignant rows go into the training.
import numpy as np
from sklearn.datasets import load_breast_cancer

X, benign = load_breast_cancer(return_X_y=True)
order = np.random.default_rng(0).permutation(len(X))
X, benign = X[order], benign[order] == 1
X_normal, X_new = np.split(X[benign], [260])
X_anomalous, X_found = np.split(X[~benign], [140])
X_test = np.r_[X_new, X_found[:60]]
y_test = np.r_[np.zeros(len(X_new)), np.ones(60)]


def training_rows(share):
    """260 rows, of which this share is anomalous."""
    n = round(260 * share)
    return np.r_[X_normal[: 260 - n], X_anomalous[:n]]


# %%
# Nearest neighbours alone, ``NeighborsDetector`` with its second distance, and an
# isolation forest. A float for ``contamination`` sets the threshold only; it does not
# change the ranking.
import pandas as pd
from sklearn.ensemble import IsolationForest

from skanomaly.detectors import NeighborsDetector
from skanomaly.metrics import anomaly_roc_auc

detectors = {
    "nearest neighbours": NeighborsDetector(subset_size=0),
    "NeighborsDetector": NeighborsDetector(),
    "IsolationForest": IsolationForest(random_state=0),
}
shares = [0, 0.02, 0.05, 0.1, 0.2, 0.3]
area = pd.DataFrame(index=pd.Index(shares, name="anomalies in training"))
for name, detector in detectors.items():
    scores = [-detector.fit(training_rows(s)).score_samples(X_test) for s in shares]
    area[name] = [anomaly_roc_auc(y_test, score) for score in scores]
area.round(3)

# %%
# The more anomalies a detector has learned from, the fewer of the new ones it finds.
# Anomalies that lie close together are each other's neighbours; the second distance of
# ``NeighborsDetector`` is for them. One table and one draw of its rows rank no
# detectors: :doc:`/measured` has figures of 24 tables.
import matplotlib.pyplot as plt

ax = area.plot(style=["o-", "s--", "^:"], xlim=(0, 0.31), figsize=(7, 4))
ax.set_ylabel("area under the ROC curve")
ax.set_xlabel("share of anomalies among the training rows")
ax.axhline(0.5, color="black", linestyle="--", linewidth=1)
ax.annotate("chance", (0.3, 0.5), (0, 4), textcoords="offset points", ha="right")
plt.tight_layout()

# %%
# The threshold suffers as well. A tenth of the *training* rows is called anomalous; the
# rest of the anomalies among them moves the threshold up, and new ones stay below it.
for share in shares:
    detector = NeighborsDetector(contamination=0.1).fit(training_rows(share))
    called = detector.predict(X_test) == -1
    print(
        f"{share:.0%} anomalies in training: {called[y_test == 1].mean():.0%} of the "
        f"anomalies found, {called[y_test == 0].mean():.0%} of the normal rows called"
    )
