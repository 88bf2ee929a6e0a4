"""
Alarms of which few are false
=============================

A threshold on scores says nothing about how many alarms are false. A p-value does: it
is the fraction of normal rows that score at least as high. From the p-values of many
rows, the procedure of Benjamini and Hochberg chooses alarms of which, on average, at
most the fraction that you ask for is false.
"""

# %%
# Train on half of the benign tumours. New rows are the other half, and malignant ones.
import numpy as np
from sklearn.datasets import load_breast_cancer

from skanomaly.detectors import NeighborsDetector

X, benign = load_breast_cancer(return_X_y=True)
order = np.random.default_rng(0).permutation(len(X))
X, benign = X[order], benign[order] == 1
X_train, X_normal = np.array_split(X[benign], 2)
X_new = np.concatenate([X_normal, X[~benign][:60]])
is_anomaly = np.arange(len(X_new)) >= len(X_normal)

detector = NeighborsDetector().fit(X_train)

# %%
# ``predict`` calls a tenth of the normal rows anomalous, whatever the other rows are.
alarms = detector.predict(X_new) == -1
print(f"{alarms.sum()} alarms, {np.mean(~is_anomaly[alarms]):.0%} of them false")

# %%
# ``p_values`` compares each row with the training rows, of which each was scored as if
# it had been left out. p-values of normal rows are spread evenly over 0 to 1, those of
# anomalies are small.
import matplotlib.pyplot as plt

p_values = detector.p_values(X_new)
bins = np.linspace(0, 1, 21)
plt.hist([p_values[~is_anomaly], p_values[is_anomaly]], bins, stacked=True)
plt.legend(["normal", "anomalous"])
plt.xlabel("p-value")
plt.ylabel("rows")
plt.show()

# %%
# scipy turns p-values into alarms: of those with an adjusted p-value of at most 0.1,
# at most a tenth is false on average. In a single sample it may be more.
from scipy.stats import false_discovery_control

alarms = false_discovery_control(p_values) <= 0.1
print(f"{alarms.sum()} alarms, {np.mean(~is_anomaly[alarms]):.0%} of them false")

# %%
# With labels the same is a metric, and a scorer for model selection.
from skanomaly.metrics import discovery_power, false_discovery_proportion

for alpha in (0.05, 0.1, 0.2):
    false = false_discovery_proportion(is_anomaly, p_values, alpha=alpha)
    power = discovery_power(is_anomaly, p_values, alpha=alpha)
    print(f"alpha={alpha}: {false:.2f} of the alarms false, {power:.2f} found")

# %%
# Detectors of scikit-learn have no p-values, and a Pipeline passes none on.
# ``CalibratedDetector`` gives them to any detector, by rows that were left out of its
# training.
from sklearn.ensemble import IsolationForest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PowerTransformer

from skanomaly.detectors import CalibratedDetector

pipe = make_pipeline(PowerTransformer(), IsolationForest(random_state=0))
p_values = CalibratedDetector(pipe).fit(X_train).p_values(X_new)
print(f"found: {discovery_power(is_anomaly, p_values, alpha=0.2):.2f}")
