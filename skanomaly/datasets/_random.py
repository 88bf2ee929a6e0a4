"""Random numbers for generated data, without torch."""

import numpy as np
from sklearn.utils import check_random_state

from skanomaly.utils._typing import RandomStateLike


def generator(random_state: RandomStateLike) -> np.random.Generator:
    """Return a numpy Generator; None leaves numpy's global generator alone."""
    if random_state is None:
        return np.random.default_rng()
    seed = check_random_state(random_state).randint(np.iinfo(np.int32).max)
    return np.random.default_rng(seed)
