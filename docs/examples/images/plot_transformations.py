"""
Which way up?
=============

A network learns to tell by how much an image was turned and shifted. For images like
those that it has seen it is surer than for others. That is the anomaly score, and no
label is needed to learn it.
"""

# %%
# Handwritten sevens, which look different after each turn.
import numpy as np
from sklearn.datasets import load_digits

from skanomaly.datasets import one_vs_rest
from skanomaly.detectors import GeometricTransformations

X, digit = load_digits(return_X_y=True)
X_train, X_test, _, y_test = one_vs_rest(X, digit, 7, random_state=0)
detector = GeometricTransformations(
    image_shape=(1, 8, 8), max_epochs=40, contamination=0.1, random_state=0
).fit(X_train)

# %%
# Its score: the mean over all 72 transformations of minus the log probability of the
# right one. Guessing among 72 would be log 72 = 4.3, being sure would be 0: even of the
# sevens the network is not sure.
from skanomaly.displays import ScoreDistributionDisplay

ScoreDistributionDisplay.from_estimator(detector, X_test, y_test)

# %%
# The sevens with the lowest and the highest scores, and other digits likewise.
import matplotlib.pyplot as plt

scores = detector.anomaly_score(X_test)
figure, axes = plt.subplots(2, 10, figsize=(9, 2.4), layout="constrained")
for line, label, name in zip(axes, (0, 1), ("sevens", "others"), strict=True):
    rows = np.flatnonzero(y_test == label)
    rows = rows[np.argsort(scores[rows])]
    for ax, i in zip(line, np.r_[rows[:5], rows[-5:]], strict=True):
        ax.imshow(X_test[i].reshape(8, 8), cmap="gray_r")
        ax.set(xticks=[], yticks=[], title=f"{scores[i]:.1f}")
    line[0].set_ylabel(name)

# %%
# Some other digits look much like sevens at this size. As a single number, at any
# threshold:
from skanomaly.metrics import anomaly_roc_auc

print(f"ROC AUC: {anomaly_roc_auc(y_test, scores):.3f}")
