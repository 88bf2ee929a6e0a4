"""
Tune a detector with a grid search
==================================

With a few labelled rows, a detector is tuned like any other estimator. The scorer must
take into account that scores are higher for normal rows: scikit-learn's own
``scoring="roc_auc"`` would select the worst candidate.
"""

# %%
# The detector is trained on a part of the benign tumours. The validation set, on which
# its parameters are chosen, and the test set have other rows, with labels.
import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split

data = load_breast_cancer()
X = data.data
y = (data.target_names[data.target] == "malignant").astype(int)
X_train, X_rest, y_train, y_rest = train_test_split(
    X, y, test_size=0.6, stratify=y, random_state=0
)
X_train, y_train = X_train[y_train == 0], y_train[y_train == 0]
X_choose, X_test, y_choose, y_test = train_test_split(
    X_rest, y_rest, test_size=0.5, stratify=y_rest, random_state=0
)

# %%
# ``PredefinedSplit`` gives this split to the grid search: -1 marks rows that are only
# for training, 0 those for validation.
from sklearn.model_selection import GridSearchCV, PredefinedSplit

from skanomaly.detectors import AutoEncoder
from skanomaly.metrics import anomaly_roc_auc, anomaly_scorer

# With a number for ``contamination`` no time is spent on a threshold, which a ranking
# does not need.
split = PredefinedSplit(np.r_[np.full(len(X_train), -1), np.zeros(len(X_choose))])
search = GridSearchCV(
    AutoEncoder(max_epochs=100, batch_size=32, contamination=0.1, random_state=0),
    {"noise": [0, (0.05, 2)], "optimizer__weight_decay": [0, 0.01]},
    scoring=anomaly_scorer("roc_auc"),
    cv=split,
    refit=False,
)
search.fit(np.r_[X_train, X_choose], np.r_[y_train, y_choose])

# %%
# Parameters of the optimizer were tuned along with the detector's own. The candidates
# hardly differ on this table; a validation set of this size cannot tell them apart.
import matplotlib.pyplot as plt

names = [
    f"noise={p['noise']}, weight_decay={p['optimizer__weight_decay']}"
    for p in search.cv_results_["params"]
]
scores = search.cv_results_["mean_test_score"]
plt.figure(figsize=(7, 2.6), layout="constrained")
bars = plt.barh(names, scores)
plt.bar_label(bars, fmt="%.3f", padding=-36, color="white")
plt.axvline(0.5, color="black", linestyle="--", linewidth=1)
plt.xlim(0.4, 1)
plt.xlabel("ROC AUC of the validation rows (0.5 is chance)")
plt.show()

# %%
# The best candidate, trained on the normal rows only and evaluated on the test set.
from sklearn.base import clone

best = clone(search.estimator).set_params(**search.best_params_).fit(X_train)
auc = anomaly_roc_auc(y_test, best.anomaly_score(X_test))
print(f"ROC AUC on the test set: {auc:.3f}")
