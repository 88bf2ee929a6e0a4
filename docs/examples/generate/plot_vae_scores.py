"""
Two ways to be unlikely
=======================

A variational autoencoder gives a row a score in two parts. The *rate* is high where the
code of a row is far from other codes; the *distortion* where no code describes the row.
Different anomalies are high in different parts.
"""

# %%
# Eight columns that two hidden numbers determine, but for some noise.
import numpy as np

from skanomaly.detectors import VAE

rng = np.random.default_rng(0)
mixing = rng.normal(size=(2, 8))


def make_rows(hidden):
    """Mix the hidden numbers and add noise."""
    return hidden @ mixing + 0.3 * rng.normal(size=(len(hidden), 8))


X_train = make_rows(rng.normal(size=(1500, 2)))
detector = VAE(contamination=0.1, random_state=0).fit(X_train)

# %%
# New normal rows; rows whose hidden numbers are large, but whose columns fit together;
# and rows of usual values that do not fit together, since each column was shuffled.
normal = make_rows(rng.normal(size=(300, 2)))
far = rng.normal(size=(300, 2))
sets = {
    "normal": normal,
    "extreme": make_rows(3.5 * far / np.linalg.norm(far, axis=1, keepdims=True)),
    "do not fit together": rng.permuted(normal, axis=0),
}

# %%
# Both parts are in nats. ``score_type`` can be changed after ``fit``.
import matplotlib.pyplot as plt

parts = {name: {} for name in sets}
for part in ("rate", "distortion", "elbo"):
    detector.set_params(score_type=part)
    for name, rows in sets.items():
        parts[name][part] = detector.anomaly_score(rows)

figure, ax = plt.subplots(figsize=(7, 4.4), layout="constrained")
colors = ["#0072B2", "#E69F00", "#CC79A7"]
for (name, part), color, marker in zip(parts.items(), colors, "o^s", strict=True):
    look = {"marker": marker, "alpha": 0.6, "s": 14, "color": color}
    ax.scatter(part["rate"], part["distortion"], label=name, **look)
ax.set(xlabel="rate [nats]", ylabel="distortion [nats]", yscale="symlog")
ax.legend(loc="upper right")

# %%
# Areas under the ROC curve against the normal rows. The default score, "elbo", is the
# sum of both and sees both kinds.
import pandas as pd

from skanomaly.metrics import anomaly_roc_auc

y = np.r_[np.zeros(300), np.ones(300)]
area = {
    name: {
        part: anomaly_roc_auc(y, np.r_[parts["normal"][part], parts[name][part]])
        for part in ("rate", "distortion", "elbo")
    }
    for name in ("extreme", "do not fit together")
}
pd.DataFrame(area).T.round(2)
