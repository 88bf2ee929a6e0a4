"""
Archetypes of handwritten digits
================================

``ArchetypalAnalysis`` finds extreme points whose mixtures approximate all rows. A row
at a vertex is a pure type; a row far from every mixture is an outlier.
"""

# %%
# Eights of 8 x 8 pixels. How many archetypes do they need? The elbow display shows the
# unexplained variance by the number of archetypes.
from sklearn.datasets import load_digits

from skanomaly.displays import ArchetypeElbowDisplay

X, digit = load_digits(return_X_y=True)
eights = X[digit == 8]
display = ArchetypeElbowDisplay.from_data(
    eights, [1, 2, 3, 4, 5, 6, 8, 10, 12], random_state=0, name="Eights"
)

# %%
# There is no sharp elbow: handwriting has no small number of pure types. Six are enough
# for a look.
import matplotlib.pyplot as plt

from skanomaly.samplers import ArchetypalAnalysis


def show(images, titles, n_columns=6):
    n_rows = -(-len(images) // n_columns)
    _, axes = plt.subplots(
        n_rows,
        n_columns,
        figsize=(1.2 * n_columns, 1.5 * n_rows),
        layout="constrained",
        squeeze=False,
    )
    for ax in axes.flat:
        ax.set_axis_off()
    for ax, image, title in zip(axes.flat, images, titles, strict=False):
        ax.imshow(image.reshape(8, 8), cmap="gray_r", vmin=0, vmax=16)
        ax.set_title(title, fontsize="small")


analysis = ArchetypalAnalysis(n_archetypes=6, random_state=0).fit(eights)
show(analysis.archetypes_, [f"archetype {k}" for k in range(6)])

# %%
# The line from one archetype to another passes through eights that nobody wrote.
import numpy as np

weights = np.zeros((6, 6))
weights[:, 1] = np.linspace(0, 1, 6)
weights[:, 0] = 1 - weights[:, 1]
show(analysis.inverse_transform(weights), [f"{w:.0%}" for w in weights[:, 1]])

# %%
# Rows outside of the convex hull of the archetypes are far from their best mixture.
# Here are the six eights with the largest distance, and below them their mixtures.
mixed = analysis.inverse_transform(analysis.transform(eights))
distance = np.linalg.norm(eights - mixed, axis=1)
worst = np.argsort(-distance)[:6]
show(
    np.vstack([eights[worst], mixed[worst]]),
    [f"off by {d:.0f}" for d in distance[worst]] + ["its mixture"] * 6,
)
