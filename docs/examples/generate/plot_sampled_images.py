"""
Grids of generated digits
=========================

A normalizing flow that has learned handwritten digits can sample images at a growing
distance from them. This page shows such images, and the distances of digits, generated
outliers and noise from the centre of the latent space.
"""

# %%
# A flow of scikit-learn's digits, 8 x 8 pixels, conditional on the class of each row.
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from skanomaly.detectors import NormalizingFlow
from skanomaly.samplers import FlowSampler

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0, stratify=y)
flow = NormalizingFlow(
    "coupling",
    max_epochs=40,
    noise=0.15,
    lr=5e-3,
    standardize=False,
    contamination=0.1,
)
sampler = FlowSampler(flow=flow, conditional=True, random_state=0)
sampler.fit(X_train / 8.0 - 1.0, y_train)

# %%
# One row of the grid for every ``p``, the multiple of the typical distance from the
# centre. The columns are conditional on the digits 0 to 9, and each follows one
# direction outwards: from a smooth digit to strokes that nobody writes. Not all of them
# can be read, not even near the centre: this flow is small, and trained for 40 epochs.
from skanomaly.displays import SampledImagesDisplay

SampledImagesDisplay.from_estimator(
    sampler,
    p=(0.5, 1.0, 1.5, 2.0, 2.5),
    limits=(-1.0, 1.0),
    sample_params={"kind": "normal", "y": np.arange(10)},
)

# %%
# Distances between the classes. Row k has the latents of all digits given class k. On
# the diagonal is the floor, the distance between two halves of a class: this flow
# separates nearly all digits.
from skanomaly.displays import ClusterDistanceDisplay

ClusterDistanceDisplay.from_estimator(sampler, X_test / 8.0 - 1.0, y_test)

# %%
# Distances from the centre, of held-out digits, of outliers and of noise, by an
# unconditional flow with the same settings. The digits have smaller norms than the
# reference distribution: the flow was trained with noise, and they have none.
from skanomaly.displays import LatentRadiusDisplay

flow.set_params(random_state=0).fit(X_train / 8.0 - 1.0)
outliers = FlowSampler(p=1.5, flow=flow, random_state=0).fit(X_train / 8.0 - 1.0)
noise = np.random.default_rng(0).uniform(-1.0, 1.0, size=(450, 64))
LatentRadiusDisplay.from_estimator(
    flow,
    {
        "test digits": X_test / 8.0 - 1.0,
        "FlowSampler(p=1.5)": outliers.sample(450, random_state=0),
        "uniform noise": noise,
    },
)
