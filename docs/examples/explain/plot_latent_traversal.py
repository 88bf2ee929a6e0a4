"""
What the latent coordinates mean
================================

An autoencoder reconstructs an image from a few numbers, its latent code. Changing one
coordinate and decoding the result shows what this coordinate represents.
"""

# %%
# Rows are flattened images of the shape ``image_shape`` (channels, height, width),
# which also selects a convolutional network.
from sklearn.datasets import load_digits

from skanomaly.detectors import AutoEncoder

X, digit = load_digits(return_X_y=True)
X = X / 16
zeros = X[digit == 0]
detector = AutoEncoder(
    image_shape=(1, 8, 8),
    latent_dim=4,
    max_epochs=100,
    batch_size=32,
    random_state=0,
).fit(zeros)

# %%
# It was trained on zeros. A zero is reconstructed well; a four is not, and the error
# shows where.
import numpy as np

from skanomaly.displays import LatentTraversalDisplay, ReconstructionDisplay

rows = np.r_[zeros[:3], X[digit == 4][:3]]
ReconstructionDisplay.from_estimator(detector, rows)

# %%
# Each row of the plot multiplies one latent coordinate of the same zero by several
# factors; 1 is the plain reconstruction. What a coordinate stands for is to be seen,
# and does not always have a name.
LatentTraversalDisplay.from_estimator(detector, zeros[:1])
