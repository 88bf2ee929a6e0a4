"""Values that look as if they were never right."""

import numpy as np
import pytest

from skanomaly.correctors._cleaning.suspects import is_one_slip, suspected_values
from skanomaly.correctors._cleaning.typos import typo_candidates


@pytest.mark.parametrize(
    ("dirty", "clean", "slip"),
    [
        ("Rmoe", "Rome", True), ("Rom", "Rome", True), ("Romme", "Rome", True),
        ("Rone", "Rome", True), ("Home", "Rome", True), ("Roma Nord", "Rome", False),
        ("Omer", "Rome", False), ("12346", "12345", False), ("1234", "12345", False),
        ("12x45", "12345", True), ("Rome7", "Rome", True), ("ab", "abc", False),
    ],
)  # fmt: skip
def test_one_slip_is_one_character_or_two_exchanged(dirty, clean, slip):
    assert (is_one_slip(dirty, clean) is not None) == slip


def suspects(columns):
    """Texts that are suspected in each of some columns of equal length."""
    texts, codes = zip(
        *(np.unique(c, return_inverse=True) for c in columns), strict=True
    )
    codes = np.column_stack(codes)
    n_rows = [np.bincount(c) for c in codes.T]
    pairs = [typo_candidates(list(t), n) for t, n in zip(texts, n_rows, strict=True)]
    found, *_ = suspected_values(texts, n_rows, pairs, codes)
    return [set(t[f].tolist()) for t, f in zip(texts, found, strict=True)]


def column(*values_and_counts, seed=0):
    values = np.repeat(values_and_counts[::2], values_and_counts[1::2])
    return np.random.default_rng(seed).permutation(values.astype(object))


def test_slips_of_frequent_values_are_suspected():
    assert suspects([column("Rome", 60, "Oslo", 60, "Rmoe", 1, "Osl", 2)]) == [
        {"Rmoe", "Osl"}
    ]


def test_codes_whose_values_are_alike_are_not():
    codes = [f"ax-{c}" for c in "bcdefgh"]
    counted = [x for code in codes for x in (code, 15)]
    assert suspects([column(*counted, "ax-i", 1)]) == [set()]


def test_one_edit_that_recurs_in_most_values_belongs_to_a_code():
    names = [f"al_{word}" for word in ("hip", "knee", "lung", "heart", "brain")]
    counted = [x for name in names for x in (name, 20, name.replace("al", "ak"), 1)]
    assert suspects([column(*counted)]) == [set()]


def test_many_different_rare_values_beside_frequent_ones_are_garbage():
    rare = [x for c in "qwxz79kj" for x in (c, 1)]
    assert suspects([column("A", 200, "H", 150, *rare)]) == [set("qwxz79kj")]
    # Rare words in a column of very unequal frequencies are none.
    zipf = [
        x for k, c in enumerate("abcdefghijkl") for x in (c, 400 // (k + 1) ** 2 + 1)
    ]
    assert suspects([column(*zipf)]) == [set()]
    # Two rare values are rare words.
    assert suspects([column("no", 200, "unknown", 90, "yes", 2)]) == [set()]


def test_rare_values_with_a_reason_are_right():
    rare = [f"r{k}" for k in range(8)]
    values = np.array(["A"] * 200 + ["H"] * 200 + rare * 2, dtype=object)
    land = np.array(["x"] * 400 + ["y"] * 16, dtype=object)
    assert suspects([values, land])[0] == set()
    shuffled = np.random.default_rng(0).permutation(land)
    assert suspects([values, shuffled])[0] == set(rare)


@pytest.mark.parametrize(
    ("numbers", "suspected"),
    [
        (["99", 1], {"99"}),
        (["99", 5], set()),  # a song may have that name
        (["99", 5, "1979", 1], {"1979"}),
        (["99", 3, "7", 3, "12", 1], {"99", "7", "12"}),  # but hardly three
    ],
)
def test_numbers_among_words_are_suspected(numbers, suspected):
    assert suspects([column("Rome", 90, "Oslo", 90, *numbers)]) == [suspected]


def test_values_of_another_column_are_suspected():
    city = column(
        "Rome", 50, "Oslo", 50, "Bern", 50, "Italy", 2, "Norway", 2, "Suisse", 1
    )
    land = column("Italy", 50, "Norway", 50, "Suisse", 55, seed=1)
    assert suspects([city, land]) == [{"Italy", "Norway", "Suisse"}, set()]


WORDS = ["Adm-clerical", "Craft-repair", "Machine-op", "Handlers-cleaners"]
SLIPS = [
    "Adm-clerial", "Crft-repair", "Macine-op", "Adm-clericl", "Machineop",
    "Handlers-cleners", "Craft-repai",
]  # fmt: skip


RARE_WORDS = [
    "Miner", "Armed-Forces", "Priv-house-serv", "Priest", "Judge", "Midwife"
]  # fmt: skip


@pytest.mark.parametrize(
    ("n_others", "n_rows", "certain"),
    [(0, 2, set(SLIPS)), (6, 2, set()), (6, 5, set(SLIPS))],
)
def test_rarest_values_that_are_mostly_slips_are_no_words(n_others, n_rows, certain):
    counted = [x for word in WORDS for x in (word, 300)]
    counted += [x for word in SLIPS for x in (word, 2)]
    counted += [x for word in RARE_WORDS[:n_others] for x in (word, n_rows)]
    texts, codes = np.unique(column(*counted), return_inverse=True)
    n_rows = np.bincount(codes)
    pairs = typo_candidates(list(texts), n_rows)
    _, _, never, _ = suspected_values([texts], [n_rows], [pairs], codes[:, None])
    assert set(texts[never[0]].tolist()) == certain


def test_a_slip_that_recurs_does_not_make_its_word_one_of_two_alike():
    assert suspects([column("White", 2400, "Whitee", 13, "Black", 300)]) == [{"Whitee"}]
    assert suspects([column("Female", 500, "Femal", 400, "Mael", 1, "Male", 60)]) == [
        set()
    ]


def test_a_word_that_is_too_frequent_for_one_and_the_same_slip_is_none():
    assert suspects([column("may", 1300, "mar", 39, "jun", 300)]) == [set()]


def test_a_word_of_many_rows_is_no_garbage_beside_many_slips():
    zones = [x for zone in "ABCDE" for x in (zone, 400)]
    counts = 7, 7, 6, 6, 5, 5, 4, 4, 3, 2
    slips = [x for k, n in zip("abcdexyz12", counts, strict=True) for x in (2 * k, n)]
    (found,) = suspects([column(*zones, *slips, "F", 17)])
    assert found == set(slips[::2])


@pytest.mark.parametrize(
    ("at", "is_suspected"), [(slice(400, 407), False), (slice(0, 1400, 200), True)]
)
def test_what_stands_in_rows_that_follow_each_other_is_no_garbage(at, is_suspected):
    rooms = column(*[x for room in ("A1", "A2", "B2", "C1") for x in (room, 350)])
    rooms[at] = "A3"
    slips = ["1", "AA2", "2B", "1A", "BB2", "f2", "j2", "z2", "CC1"]
    rooms[np.arange(5, 1400, 77)] = np.repeat(slips, [3, 3, 2, 2, 2, 2, 2, 2, 1])
    assert ("A3" in suspects([rooms])[0]) == is_suspected
