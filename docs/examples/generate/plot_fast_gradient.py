"""
Adversarial inputs to a detector
================================

With access to a detector one can follow the gradient of its anomaly score and change
every pixel a little, so that the score rises or falls. How does it score such rows?
"""

# %%
# A variational autoencoder for digits; its score is the negative evidence lower
# bound (ELBO) in nats. Training and test images are disjoint.
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from skanomaly.detectors import VAE

X, _ = load_digits(return_X_y=True)
X_train, digits = train_test_split(X / 16, test_size=200, random_state=0)
detector = VAE(max_epochs=60, standardize=False, contamination=0.1, random_state=0)
detector.fit(X_train)

# %%
# ``fast_gradient_perturbation`` moves each pixel by at most ``epsilon``, down the score
# by default, and clips it to [0, 1]. 0.3 is much for these images of 64 pixels, and can
# be seen below. The digits are moved up the score, to look anomalous, and noise down,
# to look normal.
from skanomaly.samplers import fast_gradient_perturbation

options = {"epsilon": 0.3, "clip": (0, 1)}
noise = np.random.default_rng(0).uniform(size=digits.shape)
sets = {
    "digits": digits,
    "digits, up": fast_gradient_perturbation(
        detector, digits, direction="up", **options
    ),
    "noise": noise,
    "noise, down": fast_gradient_perturbation(detector, noise, **options),
}
for name, rows in sets.items():
    flagged = np.mean(detector.predict(rows) == -1)
    score = np.median(detector.anomaly_score(rows))
    print(f"{name:12} median score {score:7.1f}, called anomalous {flagged:.0%}")

# %%
# To a human the digits are still digits, but the detector calls them anomalous. The
# noise has a much lower anomaly score after its single step, though not as low as
# digits. Below each image is its reconstruction: the digits remain digits, the noise
# becomes something like the mean of all digits.
import matplotlib.pyplot as plt

figure, axes = plt.subplots(8, 10, figsize=(7, 6.4), layout="constrained")
for i, (name, rows) in enumerate(sets.items()):
    copies = detector.reconstruct(rows[:10])
    for line, images, what in zip(
        axes[2 * i :], (rows, copies), (name, "reconstructed"), strict=False
    ):
        for ax, image in zip(line, images, strict=False):
            ax.imshow(image.reshape(8, 8), cmap="gray", vmin=0, vmax=1)
            ax.set(xticks=[], yticks=[])
        line[0].set_ylabel(what, rotation=0, ha="right", va="center")
