"""The centre of a hypersphere."""

import numpy as np

from skanomaly.detectors._hypersphere import pushed_from_zero


def test_coordinates_near_zero_are_moved_away_on_their_own_side():
    before = [-2.0, -0.1, -0.05, 0.0, 1e-9, 0.3]
    after = [-2.0, -0.1, -0.1, 0.1, 0.1, 0.3]
    np.testing.assert_array_equal(pushed_from_zero(np.array(before)), after)
