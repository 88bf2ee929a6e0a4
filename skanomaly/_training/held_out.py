"""Images that are kept out of the training: their scores set the threshold.

Convolutional networks overfit a few thousand images, and a copy of one costs as much as
the network itself. A tenth of the images costs less, in time and in accuracy.
"""

import numpy as np

from skanomaly.utils._seeds import spawn_seeds

__all__ = ["ENOUGH_FOR_GAP", "choose_held_out"]

# With fewer images, those that are held out would be missed.
MIN_IMAGES = 400
FRACTION = 0.1
# So many scores give the quantile of a tenth with a standard error of .03 to .02.
FEWEST, MOST = 100, 250
# Of fewer scores, a valley that chance makes can look like a gap.
ENOUGH_FOR_GAP = 150


def choose_held_out(candidates, seed):
    """Choose images at random that the network is not to see.

    Parameters
    ----------
    candidates : ndarray of shape (n_samples,), bool
        Images that may be held out.
    seed : int
        Source of the choice.

    Returns
    -------
    ndarray of shape (n_samples,), bool, or None
        Which images are held out; None where there are too few.
    """
    images = np.flatnonzero(candidates)
    if len(images) < MIN_IMAGES:
        return None
    n_held_out = int(np.clip(FRACTION * len(images), FEWEST, MOST))
    (own,) = spawn_seeds([seed, 0], 1)
    is_held_out = np.zeros(len(candidates), dtype=bool)
    is_held_out[np.random.default_rng(own).permutation(images)[:n_held_out]] = True
    return is_held_out
