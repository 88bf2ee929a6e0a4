"""
The density that a flow has learned
===================================

A normalizing flow gives every row its exact log density. In two dimensions the density
can be plotted, together with rows sampled from the flow.
"""

# %%
# Two half moons. A flow bends one cloud into the shape of the rows, so it cannot tear
# it in two: a thin bridge between the moons remains. ``"nsf"`` is the neural spline
# flow.
from sklearn.datasets import make_moons

from skanomaly.detectors import NormalizingFlow

X, _ = make_moons(1000, noise=0.06, random_state=0)
flow = NormalizingFlow(
    "nsf", noise=0.05, lr=5e-3, max_epochs=60, contamination=0.05, random_state=0
).fit(X)

# %%
# ``score_samples`` is the log density in nats; ``decision_function`` is 0 at the
# threshold of ``predict``, the dashed line, here around nineteen of twenty training
# rows. The density integrates to 1 over the plane.
import matplotlib.pyplot as plt
import numpy as np

x, y = np.meshgrid(np.linspace(-2, 3, 250), np.linspace(-1.5, 2, 175))
grid = np.column_stack([x.ravel(), y.ravel()])
log_density = flow.score_samples(grid).reshape(x.shape)
made = flow.sample(1000, random_state=0)
cell = (x[0, 1] - x[0, 0]) * (y[1, 0] - y[0, 0])
print(f"sum of the density over the map: {np.exp(log_density).sum() * cell:.3f}")

# %%
figure, axes = plt.subplots(1, 2, figsize=(9, 3.6), sharey=True, layout="constrained")
image = axes[0].pcolormesh(x, y, np.maximum(log_density, -15), cmap="Blues")
axes[0].contour(x, y, log_density, levels=[flow.offset_], colors="tab:red")
axes[0].set_title("Log density and threshold")
figure.colorbar(image, ax=axes[0], label="nats (cut at -15)")
axes[1].plot(*X.T, ".", markersize=3, color="0.7", label="training rows")
axes[1].plot(*made.T, ".", markersize=3, color="tab:blue", label="samples of the flow")
axes[1].set_title("sample(1000)")
axes[1].legend(loc="upper right")

# %%
# In the other direction, the flow maps rows to standard normal latents, whose distance
# from the centre has a known distribution. Rows that are not like the training rows
# have other distances, most of them larger ones.
from skanomaly.displays import LatentRadiusDisplay

new, _ = make_moons(1000, noise=0.06, random_state=1)
uniform = np.random.default_rng(0).uniform([-2, -1.5], [3, 2], size=(1000, 2))
LatentRadiusDisplay.from_estimator(flow, {"new moons": new, "uniform": uniform})
