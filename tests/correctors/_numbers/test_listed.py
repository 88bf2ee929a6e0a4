"""What a list says for and against a number."""

import numpy as np

from skanomaly.correctors._numbers.grids import Grid
from skanomaly.correctors._numbers.listed import Listed
from skanomaly.correctors._numbers.lookups import Lookup
from skanomaly.correctors._numbers.relations import Linear

SUM = Linear(2, (0, 1), (1, 1), 0.0, (Grid(1.0, 0),) * 3, ("a", "b", "c"))


def listed(*, by_code=True, source=0, agree=0.9):
    known, values = np.array([0.0, 1.0]), np.array([5.0, 7.0])
    lookup = Lookup(1, source, by_code, known, values, "b by code", agree)
    x = np.array([[1.0, 5.0, 6.0], [1.0, 6.0, 7.0], [1.0, np.nan, 9.0]])
    return Listed.of([lookup], x, np.array([[0], [0], [1]]), [SUM]), x


def test_what_differs_from_its_list_is_as_unlikely_as_the_list_has_exceptions():
    found, x = listed()
    expected = np.zeros((3, 3))
    expected[1, 1] = np.log(0.1)
    np.testing.assert_allclose(found.log_fit(x), expected)
    new = found.log_fit_of(1, np.array([5.0, 9.0]), np.array([0, 2]))
    np.testing.assert_allclose(new, [0, np.log(0.1)])


def test_no_list_is_certain():
    found, x = listed(agree=1.0)
    assert found.log_fit(x)[1, 1] == np.log(0.01)


def test_a_list_by_a_cell_that_may_be_blamed_itself_says_nothing():
    found, x = listed(by_code=False)
    assert not found.log_fit(x).any()
