"""Seeds for different purposes differ."""

from itertools import combinations

import pytest

from skanomaly.utils._seeds import spawn_seeds

SOURCES = [7, [7], [7, 0], [7, 0, 0], [7, 1], [0, 7]]


@pytest.mark.parametrize(("first", "second"), combinations(SOURCES, 2))
def test_zeros_at_the_end_count(first, second):
    assert not set(spawn_seeds(first, 3)) & set(spawn_seeds(second, 3))


def test_fewer_seeds_are_the_first_of_more():
    assert spawn_seeds([7, 0], 2) == spawn_seeds([7, 0], 5)[:2]
