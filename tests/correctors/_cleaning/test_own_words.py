"""Rare words that look like slips, and what their rows show beside them."""

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from skanomaly.correctors import NoisyChannelCorrector
from skanomaly.correctors._cleaning.own_words import (
    has_partner,
    is_copied,
    not_with,
    unforeseen_words,
    unlike_words,
)
from skanomaly.correctors._cleaning.typos import StringChannel


def shop(n_capes, n=1500):
    """Caps, and a few capes with a code of their own."""
    rng = np.random.default_rng(0)
    product = rng.choice(["Cap", "Polo", "Hoodie"], n).astype(object)
    product[rng.choice(n, n_capes, replace=False)] = "Cape"
    code = {"Cap": "C1", "Cape": "C7", "Polo": "P1", "Hoodie": "H1"}
    return pd.DataFrame(
        {
            "product": product,
            "code": [code[each] for each in product],
            "size": rng.choice(list("SML"), n),
        }
    )


@pytest.mark.parametrize("n_capes", [1, 2, 5, 9, 13])
def test_a_word_with_a_code_of_its_own_is_no_slip(n_capes):
    X = shop(n_capes)
    assert_frame_equal(NoisyChannelCorrector().fit(X).transform(X), X)


def test_a_slip_with_the_code_of_its_word_is_one():
    X = shop(0)
    dirty = X.copy()
    dirty.loc[np.flatnonzero(X["product"] == "Cap")[[3, 50, 90]], "product"] = "Cape"
    assert_frame_equal(NoisyChannelCorrector().fit(dirty).transform(dirty), X)


def coded():
    """Word 0 with partners 0 and 1, word 1 in two rows: with partner 2, or with 0."""
    codes = np.zeros((400, 2), int)
    codes[200:, 1] = 1
    codes[:2, 0] = 1
    return codes


def test_a_value_of_its_own_makes_a_word():
    codes = coded()
    suspects = np.array([False, True])
    assert not has_partner(suspects, 0, codes, (2, 3)).any()
    codes[:2, 1] = 2
    assert has_partner(suspects, 0, codes, (2, 3)).tolist() == [False, True]
    codes[:8, 0], codes[:9, 1] = 1, 2  # one of its nine rows has an error
    assert has_partner(suspects, 0, codes, (2, 3)).tolist() == [False, True]
    codes[9:20, 1] = 2  # shared with the other word
    assert not has_partner(suspects, 0, codes, (2, 3)).any()


def test_what_never_comes_with_a_word_does_not_come_with_its_slips():
    codes = coded()
    pair = np.array([1]), np.array([0])
    assert not not_with(*pair, 0, codes, (2, 3)).any()
    codes[:2, 1] = 2
    assert not_with(*pair, 0, codes, (2, 3)).tolist() == [True]
    codes[2, 1] = 2
    assert not not_with(*pair, 0, codes, (2, 3)).any()


@pytest.mark.parametrize(
    "value, is_unlike",
    [
        ("Chile", True),
        ("Nroway", False),
        ("Norwaai", False),
        ("NO", False),
        ("Norway (NO)", False),
        ("Oslo", True),
    ],
)
def test_an_error_is_written_like_its_word_or_stands_elsewhere_by_right(
    value, is_unlike
):
    values = np.array([value, "Norway", "Sweden"])
    n_rows = np.array([2, 500, 400])
    strings = StringChannel([values], [n_rows])
    codes, best = np.array([[0], [1], [2]]), np.array([[1], [2], [-1]])
    for unforeseen in ([True, False, False], [False, False, False]):
        found = unlike_words(strings, [np.array(unforeseen)], codes, best)
        assert found[:, 0].tolist() == [is_unlike and unforeseen[0], False, False]


def test_quantities_are_no_words():
    strings = StringChannel([None], [np.array([2, 500])])
    unforeseen = [np.array([True, False])]
    assert not unlike_words(strings, unforeseen, np.array([[0]]), np.array([[1]])).any()


def test_few_rows_of_a_value_are_unforeseen_where_no_row_is_sure_of_it():
    codes = np.array([0] * 20 + [1] * 3 + [2] * 3 + [-1])[:, None]
    expected = np.array([0] * 20 + [0] * 3 + [2, -1, 0] + [1])[:, None]
    found = unforeseen_words(codes, expected, [np.array([20, 3, 3])])
    assert found[0].tolist() == [False, True, False]


def people(values):
    """Countries of birth that are those of citizenship, but for a few."""
    rng = np.random.default_rng(0)
    citizen = rng.choice(["Norway", "Sweden", "Finland"], 900).astype(object)
    born = citizen.copy()
    born[rng.choice(900, len(values), replace=False)] = values
    job = rng.choice(["cook", "nurse"], 900)
    return pd.DataFrame({"citizen": citizen, "born": born, "job": job})


def test_words_that_no_error_explains_stay():
    X = people(["Chile", "Vietnam", "Chile"])
    corrector = NoisyChannelCorrector(random_state=0)
    assert_frame_equal(corrector.fit_transform(X), X)


def test_what_is_written_like_the_word_that_fits_is_repaired():
    dirty, rng = people([]), np.random.default_rng(1)
    right, rows = dirty.copy(), rng.choice(900, 6, replace=False)
    for n, i in enumerate(rows[:5], start=1):
        dirty.loc[i, "born"] = right.born[i][:n] + right.born[i][n + 1 :]
    assert_frame_equal(
        NoisyChannelCorrector(random_state=0).fit_transform(dirty), right
    )


def test_a_name_that_is_written_in_both_columns_is_a_word():
    texts = [
        np.array(["Corner", "Corner LLC", "Wok", "Wok LLC"]),
        np.array(["Corner LLC", "Wok LLC"]),
    ]
    codes = np.repeat([[0, 0], [2, 1], [3, 1]], [40, 40, 20], axis=0)
    codes[0, 0] = 1
    suspects = np.array([False, True, False, False])
    assert is_copied(suspects, 0, texts, codes).tolist() == [False, True, False, False]
    codes[40:80, 0] = 3  # Wok always has its full name, Corner never
    assert not is_copied(suspects, 0, texts, codes).any()
    codes[40:, 0] = 2  # the columns hardly ever say the same
    assert not is_copied(suspects, 0, texts, codes).any()


@pytest.mark.parametrize("value, is_repaired", [("9999", True), ("Thun", False)])
def test_an_unknown_postcode_is_no_word_of_its_own(value, is_repaired):
    rng = np.random.default_rng(0)
    town = rng.choice(["Bern", "Oslo", "Rome"], 500)
    X = pd.DataFrame({"town": town, "size": rng.choice(list("SML"), 500)})
    X["zip"] = X["town"].map({"Bern": "3011", "Oslo": "0150", "Rome": "00184"})
    dirty = X.copy()
    dirty.loc[np.flatnonzero(town == "Bern")[5], "zip"] = value
    after = NoisyChannelCorrector(random_state=0).fit_transform(dirty)
    assert_frame_equal(after, X if is_repaired else dirty)
