"""
What the numbers of the code mean
=================================

An autoencoder copies an image from a few numbers, its code. Change one of them and look
at the copy: the picture shows what that number stands for.
"""

# %%
# Rows are flattened images; ``image_shape`` (channels, height, width) tells the
# detector so, and makes its network convolutional.
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
# It was trained on zeros. A zero is copied well; a four is not, and the difference
# shows where.
import numpy as np

from skanomaly.displays import LatentTraversalDisplay, ReconstructionDisplay

rows = np.r_[zeros[:3], X[digit == 4][:3]]
ReconstructionDisplay.from_estimator(detector, rows)

# %%
# Each row of the picture multiplies one number of the code of the same zero by several
# factors; 1 leaves the zero as it is copied.
LatentTraversalDisplay.from_estimator(detector, zeros[:1])
