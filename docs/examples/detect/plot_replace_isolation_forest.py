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
