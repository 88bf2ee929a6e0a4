"""Values that come again are slips where the table has slips, and words where not."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal
from scipy.sparse import csr_matrix

from skanomaly.correctors import NoisyChannelCorrector
from skanomaly.correctors._cleaning.slips import (
    chances_of_slips,
    is_slip_of_number,
    of_other_words,
    usual_slips,
)

PAIRS = np.array([[1, 0], [2, 0], [3, 0]])


def chance(slips, n_rows=(90, 4, 1, 1), pairs=PAIRS):
    """Probability that the second value is a slip, in a table of this column alone."""
    slips = np.isin(np.arange(4), slips)
    foreign, n_rows = np.zeros(4, bool), np.array(n_rows)
    return chances_of_slips([pairs], [slips], [foreign], [n_rows])[0][1]


def test_slips_beside_it_make_a_repeated_value_one_and_words_make_it_a_word():
    alone, beside_slips = chance([1], pairs=PAIRS[:1]), chance([1, 2, 3])
    beside_words = chance([1])
    assert beside_words < alone == 0.5 < beside_slips
    assert beside_slips == pytest.approx(2.5 / 3)


def test_a_value_that_comes_once_is_left_to_the_channel():
    assert chance([1], n_rows=(90, 1, 1, 1)) == 1.0


def names(n_rows, n=900):
    """Martin, and Marin in some rows, of which nothing else tells."""
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"name": rng.choice(["Martin", "Daniel", "Oliver"], n)})
    X["name"] = X["name"].astype(object)
    X["team"] = rng.choice(["red", "blue"], n)
    X.loc[rng.choice(n, n_rows, replace=False), "name"] = "Marin"
    return X


@pytest.mark.slow
@pytest.mark.parametrize("n_rows", [2, 5, 9])
def test_a_name_like_a_frequent_one_is_flagged_and_stays(n_rows):
    X = names(n_rows)
    corrector = NoisyChannelCorrector().fit(X)
    assert_frame_equal(corrector.transform(X), X)
    marin = (X["name"] == "Marin").to_numpy()
    p = corrector.error_proba(X)[:, 0]
    np.testing.assert_allclose(p[marin], 0.5, atol=0.01)
    assert (p[~marin] < 0.5).all()


@pytest.mark.slow
def test_the_same_slip_is_repaired_beside_others():
    X = names(0)
    dirty = X.copy()
    slips = ["Marin", "Marin", "Matrin", "Martinn", "Danil", "Olivre"]
    for slip in slips:
        word = {"M": "Martin", "D": "Daniel", "O": "Oliver"}[slip[0]]
        at = np.flatnonzero((X["name"] == word) & (dirty["name"] == word))[7]
        dirty.loc[at, "name"] = slip
    assert_frame_equal(NoisyChannelCorrector().fit(dirty).transform(dirty), X)


def test_a_slip_is_one_of_the_words_that_it_looks_like():
    likelihood = np.zeros((3, 3))
    likelihood[2, 1] = 0.1  # "Bb5" is a slip of "bb5", and none of "e4"
    slips = np.array([False, False, True])
    channel = SimpleNamespace(slips=slips, likelihood=csr_matrix(likelihood))
    codes, best = np.array([[2], [2], [0], [-1]]), np.array([[0], [1], [1], [0]])
    other = of_other_words([channel], codes, best)
    assert other.ravel().tolist() == [True, False, False, False]


def usual(counts):
    """The usual slips among texts with so many rows each."""
    texts = np.array(list(counts))
    pairs = usual_slips(texts, np.array(list(counts.values())))
    return {texts[dirty] for dirty, _ in pairs}


def test_letters_that_are_left_out_equally_often_are_slips_however_often():
    slips = {"uorn": 12, "Qorn": 9, "Qurn": 15, "Quon": 11, "Quor": 8}
    assert usual({"Quorn": 2500, "Black": 300, **slips}) == set(slips)


@pytest.mark.parametrize(
    "others", [{}, {"Maria": 12, "Mare": 1}, {"Mare": 9}, {"Mare": 1, "arie": 1}]
)
def test_one_letter_that_is_left_out_far_more_often_makes_a_name(others):
    assert "Mari" not in usual({"Marie": 2500, "Mari": 12, **others})


def test_a_number_with_a_digit_less_is_another_number():
    assert usual({"1234": 2500, "234": 12, "134": 12, "124": 12, "123": 12}) == set()


@pytest.mark.parametrize(
    ("text", "number", "has_fixed_length", "is_slip"),
    [
        ("78053", "78035", False, True),
        ("78305", "78035", False, True),
        ("AB-7853", "AB-7835", False, True),
        ("78503", "78035", False, False),  # more than two side by side
        ("78036", "78035", True, False),  # the next number
        ("7835", "78035", True, True),
        ("788035", "78035", True, True),
        ("7835", "78035", False, False),
        ("A7835", "A78035", True, False),
        ("21", "12", True, False),  # too short to be no other one
        ("Nrod", "Nord", True, False),
    ],
)
def test_slips_of_numbers(text, number, has_fixed_length, is_slip):
    assert is_slip_of_number(text, number, has_fixed_length) == is_slip


def test_short_codes_are_slips_where_their_word_has_others():
    codes, more = {"ay": 9, "my": 11, "ma": 8}, "bmay mcay mady mxay mayz maxy".split()
    assert usual({"may": 1000, **codes}) == set()
    assert usual({"may": 1000, **codes, **dict.fromkeys(more, 1)}) == set(codes)
    assert usual({"no": 1000, "n": 20, "o": 20}) == set()
    more = "nob nso vno nto noy onx nok".split()
    counts = {"no": 1000, "n": 20, "o": 20, **dict.fromkeys(more, 1)}
    assert usual(counts) == {"n", "o"}


def test_frequent_slips_of_a_frequent_word_are_repaired():
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"race": rng.choice(["Quorn", "Black"], 3000, p=[0.9, 0.1])})
    X["race"] = X["race"].astype(object)
    X["team"] = rng.choice(["red", "blue"], 3000)
    dirty = X.copy()
    rows = np.flatnonzero(X["race"] == "Quorn")[:60]
    dirty.loc[rows, "race"] = np.repeat(["uorn", "Qorn", "Qurn", "Quon", "Quor"], 12)
    repaired = NoisyChannelCorrector(random_state=0).fit_transform(dirty)
    assert_frame_equal(repaired, X)
