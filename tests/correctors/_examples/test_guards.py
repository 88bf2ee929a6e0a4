"""Guards: the cells that a program is for."""

from skanomaly.correctors._examples.guards import learn_guard


def test_a_pattern_is_enough_where_it_parts_right_from_wrong():
    guard = learn_guard(["1/2/03"], ["2003-01-02"], anywhere=False)
    assert guard.holds("9/11/12")
    assert not guard.holds("2004-05-06")
    assert guard.tests == ()


def test_a_test_parts_what_has_the_same_pattern():
    right, wrong = ["1/2/03", "1/5/12", "3/4/15"], ["1/1/75", "2/1/98"]
    guard = learn_guard(right, wrong, anywhere=False)
    assert all(map(guard.holds, right))
    assert not any(map(guard.holds, [*wrong, "4/1/66"]))
    assert guard.holds("7/8/09")
    assert "token 5 <= 45" in str(guard)


def test_words_part_too():
    guard = learn_guard(["st john 1", "st mark 2"], ["dr john 1"], anywhere=False)
    assert guard.holds("st luke 9")
    assert not guard.holds("mt john 9")


def test_what_may_be_anywhere_needs_no_pattern():
    guard = learn_guard(["12 oz"], [], anywhere=True)
    assert guard.patterns is None
    assert guard.holds("a 12 oz")


def test_missing_cells_have_a_pattern_of_their_own():
    guard = learn_guard([None], ["", "x"], anywhere=False)
    assert guard.holds(None)
    assert not guard.holds("")
