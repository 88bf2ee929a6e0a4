"""Separators, noise of floats, ".0" at the end."""

from skanomaly.correctors._formats.numbers import learn_numbers


def test_separators_follow_the_majority(column, written):
    plain = column(["1250", "2300", "900"] * 20 + ["1,250", "2,100"] * 3)
    assert written(learn_numbers(plain), "12,345.5") == "12345.5"
    grouped = column(["1,250", "2,300", "900"] * 20 + ["1250"] * 3)
    assert written(learn_numbers(grouped), "12345.5") == "12,345.5"


def test_noise_is_rounded_only_where_others_write_the_number_short(column, written):
    short = ["0.071", "0.056", "0.3"] * 20
    steps = learn_numbers(column([*short, "0.055999999999999994", "0.070999999"]))
    assert written(steps, "0.055999999999999994") == "0.056"
    assert written(steps, "0.070999999") == "0.071"
    assert learn_numbers(column([*short, "0.041999999999999996"])) == []


def test_point_zero_goes_where_most_whole_numbers_lack_it(column, written):
    steps = learn_numbers(column(["12", "16"] * 20 + ["12.0", "19.2"] * 3))
    assert [written(steps, v) for v in ("16.0", "19.2", "100")] == ["16", "19.2", "100"]
    assert learn_numbers(column(["12.0", "16.0"] * 20 + ["12"])) == []


def test_numbers_of_several_units_are_left_alone(column):
    assert learn_numbers(column(["740", "512"] * 45 + ["74.0K", "9.5K"] * 5)) == []


def test_point_zero_stays_where_only_numbers_of_another_size_are_whole(column):
    cells = ["1.05", "0.72", "1.0", "0.0", "0.41"] * 8 + ["1040", "720"] * 9
    assert learn_numbers(column(cells)) == []
