"""
What a generator cannot make
============================

AnoGAN learns to generate images like its training images. To score an image, it
searches for the most similar one that it can generate. The difference, the residual,
shows *where* an image is anomalous.

Here it learns handwritten zeros. It then scores held-out zeros, the same zeros with a
scratch, and other digits.
"""

# %%
# All pixels have one scale, which the detector learns by itself if ``image_shape`` says
# that rows are images. Fully connected networks are enough for 64 pixels, so the zeros
# are given as plain rows here; ``image_shape=(1, 8, 8)`` would select convolutional
# ones.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits

from skanomaly.detectors import AnoGAN

X, digit = load_digits(return_X_y=True)
zeros, others = X[digit == 0], X[digit != 0]
train, test = zeros[:140], zeros[140:]

detector = AnoGAN(standardize=False, max_epochs=1000, contamination=0.1, random_state=0)
detector.fit(train / 8 - 1)

# %%
# Three held-out zeros, the same with a scratch of a few bright pixels, and three other
# digits.

scratched = test[:3].copy().reshape(-1, 8, 8)
scratched[:, [2, 3, 4, 5], [2, 3, 4, 5]] = 16
scratched = scratched.reshape(-1, 64)
queries = np.vstack([test[:3], scratched, others[[3, 200, 900]]]) / 8 - 1

nearest = detector.reconstruct(queries)
residual = detector.residual(queries)
scores = detector.anomaly_score(queries)

figure, axes = plt.subplots(3, 9, figsize=(9, 3.6), layout="constrained")
for row, images, title, limits in (
    (axes[0], queries, "query", {"cmap": "gray_r", "vmin": -1, "vmax": 1}),
    (axes[1], nearest, "generated", {"cmap": "gray_r", "vmin": -1, "vmax": 1}),
    (axes[2], residual, "residual", {"cmap": "Reds", "vmin": 0, "vmax": 2}),
):
    for axis, image in zip(row, images, strict=True):
        axis.imshow(image.reshape(8, 8), **limits)
        axis.set(xticks=[], yticks=[])
    row[0].set_ylabel(title)
for axis, score in zip(axes[0], scores, strict=True):
    axis.set_title(f"{score:.2f}", fontsize=9)
figure.suptitle("Anomaly scores of zeros, scratched zeros and other digits")
plt.show()

# %%
# What is generated looks like a zero, more or less, for every query: the generator has
# learned nothing else. So the residual of a zero is small, that of a scratched zero
# shows the scratch, and that of any other digit is large.

labels = np.r_[np.zeros(len(test)), np.ones(len(others))]
rows = np.vstack([test, others])

from skanomaly.metrics import anomaly_roc_auc

auroc = anomaly_roc_auc(labels, detector.anomaly_score(rows / 8 - 1))
print(f"AUROC of zeros against other digits: {auroc:.3f}")
