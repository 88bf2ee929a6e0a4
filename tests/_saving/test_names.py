"""The names of trusted classes: all of them exist, also those of earlier versions."""

import pytest

from skanomaly._saving.names import named_class, named_reference
from skanomaly._saving.trusted import FUNCTIONS, MOVED, OBJECTS


def test_every_name_on_the_list_is_that_of_a_class_or_function():
    for name in OBJECTS | FUNCTIONS:
        value = named_reference(name)
        assert f"{value.__module__}.{value.__qualname__}" == name


@pytest.mark.parametrize("old", MOVED)
def test_a_class_that_moved_is_found_by_the_name_it_had(old):
    assert old not in OBJECTS
    assert named_class(old) is named_reference(old) is named_class(MOVED[old])
