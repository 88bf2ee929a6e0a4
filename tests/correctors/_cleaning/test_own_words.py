"""Rare words that look like slips, and what their rows show beside them."""

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from skanomaly.correctors import NoisyChannelCorrector
from skanomaly.correctors._cleaning.own_words import has_partner, is_copied, not_with


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
    codes[2, 1] = 2  # shared with the other word
    assert not has_partner(suspects, 0, codes, (2, 3)).any()


def test_what_never_comes_with_a_word_does_not_come_with_its_slips():
    codes = coded()
    pair = np.array([1]), np.array([0])
    assert not not_with(*pair, 0, codes, (2, 3)).any()
    codes[:2, 1] = 2
    assert not_with(*pair, 0, codes, (2, 3)).tolist() == [True]
    codes[2, 1] = 2
    assert not not_with(*pair, 0, codes, (2, 3)).any()


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
