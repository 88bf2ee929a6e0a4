"""Codes without their leading zeros."""

import numpy as np

# Tariff codes: 40 of them begin with a zero, 60 do not.
CODES = [
    *[f"0{k}" for k in range(211, 971, 19)],
    *[str(k) for k in range(1017, 9000, 133)],
]


def test_codes_get_the_zeros_that_a_spreadsheet_took(rewrite):
    cells = [*CODES * 3, "211", "230", "249"]
    assert rewrite(cells, "211", "249", "0230", "1017") == [
        "0211",
        "0249",
        "0230",
        "1017",
    ]


def test_a_code_that_would_be_unknown_stays_and_so_do_the_others(rewrite):
    assert rewrite([*CODES * 3, "211"], "212") == ["212"]
    cells = [*CODES * 3, "211", "101"]  # 1017 without its last digit
    assert rewrite(cells, "211", "101") == ["211", "101"]


def test_letters_may_follow(rewrite):
    times = [f"{h:02d}{m:02d}P" for h in range(1, 12) for m in range(0, 60, 7)]
    assert rewrite([*times * 2, "107P", "949P"], "107P", "949P") == ["0107P", "0949P"]


def test_numbers_of_several_lengths_are_no_codes(rewrite):
    rng = np.random.default_rng(0)
    numbers = [str(k) for k in rng.integers(1, 2000, 300)]
    assert rewrite([*numbers, "0007", "0070"], "7", "70") == ["7", "70"]
    # Where nearly all numbers are codes, a known one tells nothing.
    assert rewrite([f"{k:02d}" for k in range(1, 32)] * 4 + ["7"], "7") == ["7"]


def test_a_column_without_zeros_or_without_short_codes_stays(rewrite):
    assert rewrite(CODES * 3, "211") == ["211"]
    assert rewrite([c for c in CODES if c[0] != "0"] * 3 + ["211"], "211") == ["211"]
