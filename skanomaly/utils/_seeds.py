"""Seeds and numpy's generators, without torch."""

from collections.abc import Sequence
from numbers import Integral

import numpy as np
from sklearn.utils import check_random_state

from skanomaly.utils._typing import RandomStateLike

__all__ = ["draw_seed", "random_generator", "spawn_seeds"]


def draw_seed(random_state: RandomStateLike) -> int:
    """Turn a `random_state` into one integer; None leaves numpy's generator alone."""
    if random_state is None:
        return int(np.random.default_rng().integers(np.iinfo(np.int32).max))
    return int(check_random_state(random_state).randint(np.iinfo(np.int32).max))


def random_generator(random_state: RandomStateLike) -> np.random.RandomState:
    """Return numpy's `RandomState`; None makes one, and leaves the global one alone."""
    if random_state is None:
        random_state = draw_seed(None)
    return check_random_state(random_state)


def spawn_seeds(seed: int | Sequence[int], n_seeds: int) -> list[int]:
    """Independent integer seeds, one for each purpose, from an integer or several."""
    if not isinstance(seed, int | Integral):
        # Zeros at the end do not count: [s, 0] would give the seeds of s.
        seed = [*seed, len(seed)]
    words = np.random.SeedSequence(seed).generate_state(n_seeds, np.uint32)
    return [int(word) for word in words]
