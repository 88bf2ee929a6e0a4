"""Far cells that are slips of the others, and those that are not."""

import numpy as np
import pytest

from skanomaly.correctors._numbers.grids import Grid
from skanomaly.correctors._numbers.slips import Slips

AGES = np.random.default_rng(0).integers(18, 80, 1000).astype(float)


def factor_of(far):
    slips = Slips(Grid.of(AGES), np.concatenate([np.sort(AGES), np.sort(far)]))
    return slips.factor_of(len(far))


@pytest.mark.parametrize("factor", [10.0, 1000.0])
def test_cells_times_ten_are_slips(factor):
    assert factor_of(AGES[:40] * factor) == factor


@pytest.mark.parametrize(
    "far",
    [
        np.full(40, 400.0),  # one value only
        np.arange(400.0, 440.0),  # not spread like the bulk
        AGES[:40] * 10 + 5,  # not on the grid when brought back
        AGES[:5] * 10,  # too few to tell
    ],
)
def test_a_second_kind_of_right_values_is_no_slip(far):
    assert factor_of(far) == 0


def test_slips_of_a_value_that_half_of_the_column_has_are_known():
    hours = np.sort(np.where(np.arange(1000) % 100 < 49, 47.0, AGES))
    far = np.sort(hours[::10] * 10)
    slips = Slips(Grid.of(hours), np.concatenate([hours, far]))
    assert slips.factor_of(len(far)) == 10


def test_a_wrong_sign_is_found_at_the_other_end():
    slips = Slips(Grid.of(AGES), np.sort(np.concatenate([-AGES[:40], AGES])))
    assert slips.mirrored().factor_of(40) == -1
