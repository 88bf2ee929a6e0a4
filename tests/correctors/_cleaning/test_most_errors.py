"""How many deviating cells of a column may be errors."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from skanomaly.correctors._cleaning.most_errors import (
    Foretold,
    exceeding,
    most_errors,
)


def most(
    against,
    *,
    exceptions=0.0,
    excused=0.0,
    by_column=True,
    known=True,
    never=0.0,
    told=0.0,
    n=10_000,
):
    shape = np.shape(against)
    known, by_column = (np.broadcast_to(x, shape) for x in (known, by_column))
    shares = (np.broadcast_to(x, shape) for x in (exceptions, excused, never, told))
    exceptions, excused, never, told = shares
    columns = Foretold(known, by_column, np.array(against), exceptions, excused)
    return most_errors(columns, np.full(shape, 0.02), never, told, 0.03, n)


def test_columns_with_as_many_errors_as_others_are_trusted():
    assert_allclose(most([0.01, 0.02, 0.015, 0.005]), 1)


@pytest.mark.parametrize("n_others", [1, 2, 3, 8])
def test_beside_exact_columns_the_expected_share_counts_as_one_more(n_others):
    # Fewer of them where there are more than expected.
    for share, times in (0.025, 2.5), (0.05, 2.0):
        part = times * min(share, 0.03) / (n_others + 1) / share
        found = most([share, *np.zeros(n_others)])[0]
        assert_allclose(found, np.clip(part, 0.5, 1))


def test_what_only_whole_rows_foretell_is_compared_with_the_errors_of_others():
    by_column = np.array([False, True, True])
    few = most([0.01, 0.0, 0.001], by_column=by_column)
    assert few[0] == 0.5
    enough = most([0.01, 0.005, 0.01], by_column=by_column)
    assert enough[0] == 1
    # Exceptions of the others are no errors.
    exceptions = np.array([0.0, 0.03, 0.03])
    assert (
        most([0.01, 0.0, 0.001], exceptions=exceptions, by_column=by_column)[0] == 0.5
    )


def test_of_a_single_column_nothing_is_known():
    known = np.array([True, False, False])
    assert most([0.03, 0.0, 0.0], known=known, by_column=False)[0] == 1


def test_values_that_were_never_right_tell_of_other_errors():
    by_column = np.array([False, True, True])
    dirty = most([0.01, 0.0, 0.0], never=[0.0, 0.008, 0.016], by_column=by_column)
    assert_allclose(dirty[0], 2.5 * (0.25 * 0.024 / 2) / 0.01)


def test_exceptions_in_groups_that_do_not_vote_count():
    part = most([0.001, 0.01], exceptions=[0.06, 0.01])[0]
    assert_allclose(part, 2.0 * (0.01 + 0.03) / 2 / 0.06)


def test_of_fewer_than_five_rows_nothing_is_known():
    assert (most([0.02, 0.0, 0.0, 0.0, 0.0], n=200) == 1).all()
    assert most([0.05, 0.0, 0.0, 0.0, 0.0], n=200)[0] == 0.5


def test_what_a_person_found_wrong_is_no_exception():
    assert_allclose(most([0.05, 0.0, 0.0], told=[0.05, 0.0, 0.0])[0], 1)


def test_where_nothing_is_wrong_for_sure_few_exceptions_are_few():
    exact = np.zeros(6)
    assert most([0.003, *exact])[0] == 0.5
    never = [0.0, 0.001, *exact[1:]]
    assert most([0.003, *exact], never=never)[0] == 1


def test_columns_that_deviate_too_often_to_be_wrong_vouch_for_no_other():
    alone = most([0.02, 0.0, 0.0, 0.0, 0.0])
    assert_allclose(most([0.02, 0.0, 0.0, 0.0, 0.0, 0.12])[:5], alone)


def test_what_is_excused_counts_among_what_a_column_has():
    # A doctor of the day stands in for 1 %, and "vacant" for 3 % more.
    assert_allclose(most([0.01, 0, 0, 0.01])[0], 1)
    assert_allclose(most([0.01, 0, 0, 0.01], excused=[0.03, 0, 0, 0])[0], 0.5)
    # Where exceptions count them already, they do not count twice.
    alone = most([0.01, 0, 0, 0.01], exceptions=[0.02, 0, 0, 0])
    both = most([0.01, 0, 0, 0.01], exceptions=[0.02, 0, 0, 0], excused=[0.01, 0, 0, 0])
    assert_allclose(both, alone)


def test_values_that_deviate_far_more_than_others_exceed():
    votes = np.repeat([0, 1, 2], [1000, 300, 300])
    cells = votes.copy()
    cells[[3, 9, 27, 81, 243]] = 1
    cells[1000:1018] = 0  # 6 % of 300 rows beside .5 % of a thousand
    cells[1300:1302] = 0
    assert exceeding(cells, votes, 3).tolist() == [False, True, False]
    cells[1005:1018] = 1
    assert not exceeding(cells, votes, 3).any()
    # Six of 100 are not surely 2.5 times as many as none of 100.
    cells, votes = np.repeat([1, 0, 1], [6, 94, 100]), np.repeat([0, 1], 100)
    assert not exceeding(cells, votes, 2).any()
    assert not exceeding(np.full(5, -1), np.full(5, -1), 3).any()
