"""Words that stand in the wrong column."""

import pickle

import pandas as pd

from skanomaly.correctors._formats.neighbours import learn_moves

PLACES = [("Madison", "WI"), ("San Diego", "CA"), ("Reno", "NV"), ("New York", "NY")]


def table(*wrong):
    rows = [*PLACES * 40, *wrong]
    return pd.DataFrame(rows, columns=["city", "state"], dtype=object)


WRONG = [("Madison WI", None), ("San Diego, CA", None), ("Reno (NV)", None)] * 2


def test_the_end_is_moved_into_the_empty_neighbour():
    frame = table(*WRONG, ("Denton CA", None))
    (move,) = learn_moves(frame)
    rows, cities, states = move.apply(frame)
    assert rows.tolist() == list(range(160, 167))
    assert cities[:3].tolist() == ["Madison", "San Diego", "Reno"]
    assert (cities[6], states[6]) == ("Denton", "CA")


def test_cells_beside_a_value_stay_and_so_do_unknown_words():
    frame = table(*WRONG, ("Madison WI", "WI"), ("Madison XX", None), (None, None))
    (move,) = learn_moves(frame)
    assert move.apply(frame)[0].max() == 165


def test_ends_that_are_usual_are_no_error():
    usual = [("Salt Lake City", "City"), ("Kansas City", "City")] * 5
    assert learn_moves(table(*WRONG, *[("Reno NV", "NV")] * 5, *usual)) == []


def test_one_value_alone_proves_nothing():
    assert learn_moves(table(*[("Washington DC", None)] * 9, *[("X", "DC")] * 3)) == []


def test_a_move_is_the_same_after_pickling():
    (move,) = learn_moves(table(*WRONG))
    assert pickle.loads(pickle.dumps(move)) == move
