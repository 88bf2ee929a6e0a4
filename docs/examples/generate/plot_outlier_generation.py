"""
Generate outliers and train on them
===================================

A normalizing flow models the distribution of the training rows. It can also generate
outliers: rows whose latents are farther from the centre than those of training rows. A
classifier trained to be uncertain about them is confident only near its classes.
"""

# %%
# Three normal distributions, one for each class, and a flow.
import matplotlib.pyplot as plt
import numpy as np

from skanomaly.detectors import NormalizingFlow
from skanomaly.samplers import FlowSampler

rng = np.random.default_rng(0)
centers = np.array([[0.0, 2.0], [-(3**0.5), -1.0], [3**0.5, -1.0]])
y = rng.integers(3, size=1200)
X = centers[y] + 0.5 * rng.normal(size=(1200, 2))

flow = NormalizingFlow(
    "coupling", max_epochs=40, noise=0.05, lr=5e-3, contamination=0.1
)
sampler = FlowSampler(flow=flow, random_state=0).fit(X)

# %%
# ``p`` is the multiple of the typical radius of a latent: 1 would give rows like the
# training rows. ``"extremal"`` rows have exactly this distance from the centre of the
# latent space and lie along the edges of the data; those of ``"normal"`` vary, and some
# lie among the training rows.
side = np.linspace(-6.0, 6.0, 80)
grid = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
density = np.exp(sampler.flow_.score_samples(grid)).reshape(80, 80)

figure, axes = plt.subplots(1, 3, figsize=(10, 3.4), sharex=True, sharey=True)
settings = [("extremal", 2.0), ("extremal", 3.0), ("normal", 3.0)]
for axis, (kind, p) in zip(axes, settings, strict=True):
    rows = sampler.sample(400, random_state=0, kind=kind, p=p)
    axis.contourf(side, side, density, levels=12, cmap="Blues")
    axis.plot(*rows.T, ".", color="tab:red", markersize=3)
    axis.set(title=f"{kind}, p = {p:g}", aspect="equal", xlim=(-6, 6), ylim=(-6, 6))
figure.tight_layout()

# %%
# A classifier trained without outliers, and one with outlier exposure. The colour is
# the entropy of their predictions, in nats: 0 is certain, log 3 = 1.1 is uniform.
from scipy.stats import entropy
from sklearn.frozen import FrozenEstimator

from skanomaly.classifiers import OutlierExposureClassifier

frozen = FlowSampler(p=3.0, flow=FrozenEstimator(sampler.flow_))
figure, axes = plt.subplots(
    1, 2, figsize=(8, 3.6), sharex=True, sharey=True, layout="constrained"
)
for axis, beta in zip(axes, (0.0, 1.0), strict=True):
    classifier = OutlierExposureClassifier(
        frozen, beta=beta, max_epochs=60, random_state=0
    ).fit(X, y)
    doubt = entropy(classifier.predict_proba(grid), axis=1).reshape(80, 80)
    image = axis.imshow(
        doubt, extent=(-6, 6, -6, 6), origin="lower", vmin=0.0, vmax=np.log(3.0)
    )
    axis.plot(*X[::4].T, "k.", markersize=1)
    axis.set(title="without outliers" if beta == 0.0 else "trained on outliers")
figure.colorbar(image, ax=axes, label="entropy [nats]")

# %%
# The first is confident nearly everywhere, even far from all rows. The second is
# confident near the rows of a class. Beyond the outliers, at the lower edge, it had no
# training rows at all and can be confident again.
odd = np.array([[5.0, 5.0], [-5.0, 4.0], [0.0, -5.0]])
print(classifier.predict_proba(odd).round(2))
