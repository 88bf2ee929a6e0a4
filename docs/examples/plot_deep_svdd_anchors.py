"""
Where a one-class network can bend
==================================

Deep SVDD must do without biases, or it could map all rows to its centre. A plain
network without biases has all its kinks at the origin, the mean row of a standardized
table. The network that :class:`~skanomaly.detectors.DeepSVDD` takes for tables measures
rows from points among them instead.
"""

# %%
# Two columns, so that the score can be drawn: a cloud, and a ring around nothing.
import numpy as np

rng = np.random.default_rng(0)
angle = rng.uniform(0, 2 * np.pi, size=1000)
tables = {
    "cloud": rng.normal(size=(1000, 2)),
    "ring": 2 * np.c_[np.cos(angle), np.sin(angle)] + 0.2 * rng.normal(size=(1000, 2)),
}

# %%
# The same detector with a plain network and with its own.
from skanomaly.detectors import DeepSVDD
from skanomaly.nets import MLP

plain = DeepSVDD(
    module=MLP,
    module__hidden_units=(1024,),
    module__activation="leaky_relu",
    module__bias=False,
    contamination=0.1,
    random_state=0,
)
anchored = DeepSVDD(contamination=0.1, random_state=0)

# %%
# Light is normal, and the white contour, the threshold, contains nine tenths of the
# training rows. To the
# plain network the middle of the cloud is anomalous as well: the mean row has the code
# zero, whatever was learned, and the centre is elsewhere.
import matplotlib.pyplot as plt
from sklearn.inspection import DecisionBoundaryDisplay

fig, axes = plt.subplots(2, 2, figsize=(8, 7.6), layout="constrained")
for row, (name, X) in zip(axes, tables.items(), strict=True):
    for ax, (kind, detector) in zip(
        row, {"plain": plain, "anchored": anchored}.items(), strict=True
    ):
        detector.fit(X)
        grid = {"X": X, "ax": ax, "grid_resolution": 120}
        DecisionBoundaryDisplay.from_estimator(
            detector, response_method="decision_function", levels=20, **grid
        )
        DecisionBoundaryDisplay.from_estimator(
            detector, response_method="predict", plot_method="contour",
            levels=[0], colors="white", **grid
        )  # fmt: skip
        ax.scatter(*X[::5].T, s=3, color="black", alpha=0.4)
        ax.set(title=f"{name}, {kind} network", aspect="equal", xticks=[], yticks=[])
plt.show()
