"""Properties of the channel of typing errors."""

import numpy as np
import pytest

from skanomaly.correctors._cleaning.typos import (
    StringChannel,
    log_plausibility,
    typo_candidates,
)

WORDS = ["boston", "boxton", "bostoner", "chicago", "denver"]
COUNTS = np.array([50, 1, 1, 40, 30])


def pairs_of(values, counts):
    edits = typo_candidates(values, counts)
    return {
        (values[a], values[b]) for a, b in zip(edits.dirty, edits.clean, strict=True)
    }


def test_only_values_that_look_alike_are_paired_and_the_clean_one_is_frequent():
    assert pairs_of(WORDS, COUNTS) >= {("boxton", "boston"), ("bostoner", "boston")}
    assert ("boston", "boxton") not in pairs_of(WORDS, COUNTS)
    assert not any("chicago" in pair for pair in pairs_of(WORDS, COUNTS))


def test_one_letter_changed_everywhere_is_one_edit():
    edits = typo_candidates(["heart attack", "hearx axxack"], np.array([9, 1]))
    assert edits.substitutions == [[("t", "x")]]


def test_a_block_put_in_or_taken_out_is_one_edit():
    edits = typo_candidates(["6:55 a.m.", "6:55 p a.m."], np.array([9, 1]))
    assert edits.block == [("", "p ")]


def test_members_of_lists_and_digits_of_numbers_are_no_typing_errors():
    lists = ["English", "English,French", "French,English"]
    assert not pairs_of(lists, np.array([9, 1, 1]))
    assert not pairs_of(["98%", "99%", "9%", "scip-1", "scip-2"], np.arange(5, 0, -1))
    assert pairs_of(["98%", "9x%"], np.array([9, 1])) == {("9x%", "98%")}


def test_a_number_behind_a_text_is_no_slip_where_texts_are_numbered():
    values = ["anna", "anna5", "bert", "carl7", "dora8"]
    assert not pairs_of(values, np.array([9, 1, 9, 1, 1]))
    # One digit in a column of words is a slip.
    assert pairs_of(values[:3], np.array([9, 1, 9])) == {("anna5", "anna")}


def test_a_letter_typed_beside_a_code_of_one_letter_is_a_slip():
    slips = [f"{letter}{code}" for letter in "cdefghijkl" for code in "ab"]
    values, counts = ["a", "b", *slips], np.array([400, 200, *[1] * len(slips)])
    found = pairs_of(values, counts)
    assert {("ca", "a"), ("cb", "b"), ("lb", "b")} <= found
    assert ("ca", "b") not in found


def test_a_letter_typed_beside_a_digit_is_a_slip_and_another_digit_is_none():
    slips = [f"{letter}{digit}" for letter in "cdefghijkl" for digit in "12"]
    values = ["1", "2", "more", "12", "21", *slips]
    n_rows = np.array([900, 800, 700, 3, 3] + [1] * len(slips))
    found = pairs_of(values, n_rows)
    assert {("c1", "1"), ("l2", "2")} <= found
    assert not {"12", "21"} & {dirty for dirty, clean in found if clean in "12"}


@pytest.mark.parametrize(
    "longer", [["aa", "ab", "ba"], ["a1", "a2", "b1", "b2"], ["ac", "ad", "ae", "bc"]]
)
def test_codes_of_two_letters_are_no_slips_of_those_of_one(longer):
    values, counts = ["a", "b", *longer], np.array([400, 200, *[1] * len(longer)])
    assert not {"a", "b"} & {clean for _, clean in pairs_of(values, counts)}


def test_letters_that_come_again_and_again_beside_a_digit_are_no_slips():
    seats = [f"{letter}{digit}" for letter in "abcdefghijk" for digit in "12"]
    counts = np.array([400, 200, *[1] * len(seats)])
    assert ("a1", "1") in pairs_of(["1", "2", *seats], counts)
    seats_often = np.array([4000, 2000, *[8] * len(seats)])
    assert ("a1", "1") not in pairs_of(["1", "2", *seats], seats_often)


def test_a_column_of_keys_has_no_near_strings():
    assert not pairs_of(["a1", "a2", "a3"], np.ones(3, int))


def test_very_many_values_are_compared_by_halves(monkeypatch):
    monkeypatch.setattr("skanomaly.correctors._cleaning.typos.MAX_ALL_PAIRS", 2)
    found = pairs_of(
        ["alabama", "alabxma", "montana", "oregon"], np.array([9, 1, 9, 9])
    )
    assert found == {("alabxma", "alabama")}


@pytest.fixture
def channel():
    return StringChannel([WORDS, None], [COUNTS, np.array([3, 3])])


def test_columns_without_text_have_no_typing_errors(channel):
    assert channel.likelihood_[1].nnz == 0
    np.testing.assert_array_equal(channel.plausibility(1, np.ones(2)), 1)


def test_chances_of_errors_add_up_to_at_most_one(channel):
    assert (np.asarray(channel.likelihood_[0].sum(axis=0)) <= 1).all()
    assert channel.likelihood_[0].data.min() > 0


def test_a_letter_that_was_seen_to_replace_others_becomes_likely():
    values = ["boston", "boxton", "bozton", "denver", "denvex"]
    channel = StringChannel([values], [np.array([50, 1, 1, 50, 1])])
    pairs = channel.pairs[0]
    by_x = np.array([values[k] in ("boxton", "denvex") for k in pairs.dirty])
    channel.update([np.where(by_x, 10.0, 0.0)])
    likelihood = channel.likelihood_[0]
    assert likelihood[1, 0] > 10 * likelihood[2, 0]


def test_a_block_that_recurs_becomes_likely():
    values = ["abcdef", "abcdef e", "ghijkl", "ghijkl e", "mnopqr", "mnopqr?"]
    likelihood = StringChannel([values], [np.array([9, 1] * 3)]).likelihood_[0]
    assert likelihood[1, 0] > 1.2 * likelihood[5, 4]


def test_a_typing_error_is_less_plausible_than_a_value_of_the_column():
    codes = ["ab-1", "ab-2", "ab-3", "ab-4", "cd-1", "cd-2", "cdx2"]
    log_p = log_plausibility(codes, np.ones(len(codes)))
    assert log_p[-1] < log_p[:-1].min()


def test_plausibility_compares_with_the_more_frequent_neighbour(channel):
    factor = channel.plausibility(0, np.ones(len(WORDS)))
    assert factor[1] < 1
    assert factor[0] == factor[3] == factor[4] == 1


def test_strings_of_any_script_and_empty_strings_are_fine():
    values = ["", "héllo", "hállo", "日本", "日木"]
    channel = StringChannel([values], [np.array([1, 9, 1, 9, 1])])
    assert np.isfinite(channel.likelihood_[0].data).all()


def test_how_plausible_a_string_is_the_other_strings_say():
    values, weights = ["boston", "austin", "berlin", "noon"], np.array([3.0, 2, 1, 2])
    for i, said in enumerate(log_plausibility(values, weights)):
        others = np.where(np.arange(4) == i, 0.0, weights)
        assert said == pytest.approx(log_plausibility(values, others)[i])


def test_an_edit_of_several_slips_is_no_evidence_for_itself():
    values = [np.array(["Tony", "Tommy", "Rome", "Roe", "Bern"])]
    channel = StringChannel(values, [np.array([30, 1, 30, 1, 30])])
    pairs = channel.pairs[0]
    before = channel.likelihood_[0].toarray()
    both = (pairs.dirty == 1) & (pairs.clean == 0)
    channel.update([np.where(both, 1.0, 0.0)])
    after = channel.likelihood_[0].toarray()
    assert after[1, 0] < 10 * before[1, 0] < 1e-4  # n became mm, two slips
    one = (pairs.dirty == 3) & (pairs.clean == 2)
    channel.update([np.where(one, 1.0, 0.0)])
    assert channel.likelihood_[0].toarray()[3, 2] > 0.1


def test_two_neighbours_that_changed_places_are_one_slip():
    words = ["Linz", "Wien", "Lizn", "2013", "2031"]
    counts = np.array([20, 30, 1, 20, 1])
    assert ("2031", "2013") not in pairs_of(words, counts)
    likelihood = StringChannel([np.array(words)], [counts]).likelihood_[0]
    assert likelihood[2, 0] > 10 * likelihood[2, 1]  # Linz, not Wien


def test_a_letter_that_many_values_end_in_is_a_part_of_them():
    plates = [f"B-{c}{d} 4711" for c in "ABCD" for d in "KLM"]
    values = np.array([*plates, *(f"{plate}E" for plate in plates[:6]), "B-AK 4711X"])
    n_rows = np.array([2] * 12 + [1] * 7)
    found = typo_candidates(list(values), n_rows)
    assert values[found.dirty[[b is not None for b in found.block]]].tolist() == [
        "B-AK 4711X"
    ]


def test_of_two_rare_values_neither_is_a_slip_of_the_other():
    values = ["Carla de Vries", "Carla de VVries", "Ben Patel", "Ben Ptel"]
    found = typo_candidates(values, np.array([1, 1, 30, 30]))
    assert set(zip(found.dirty.tolist(), found.clean.tolist(), strict=True)) == {
        (2, 3),
        (3, 2),
    }


def test_a_block_in_the_place_of_another_one_is_another_word():
    values = ["hana@web.de", "hana@gmx.de", "xxxton", "bosxxx", "boston"]
    assert pairs_of(values, np.array([20, 20, 1, 1, 30])) == set()
    assert pairs_of(["atttane", "axxxane"], np.array([9, 1])) == {
        ("axxxane", "atttane")
    }
