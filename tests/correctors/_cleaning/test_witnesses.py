"""A change needs more rows of the same thing than speak against it."""

import numpy as np
import pandas as pd
import pytest

from skanomaly.correctors import NoisyChannelCorrector
from skanomaly.correctors._cleaning.witnesses import Witnesses


def films(copies, n_films=50):
    """Film and genre, every film in so many rows."""
    film = np.repeat(np.arange(n_films), copies)
    return np.column_stack([film, film % 4])


@pytest.mark.parametrize("copies", [2, 3, 20])
def test_the_rows_of_the_same_thing_are_counted(copies):
    codes = films(copies)
    new = codes.copy()
    codes[0, 1] = 3
    witnesses = Witnesses((50, 4)).fit(codes, np.array([False, True]))
    lead = witnesses.lead(codes, new, codes != new, counted=True)
    assert lead[0, 1] == copies - 2
    assert (lead.ravel()[2:] > copies).all()  # nothing was asked there


def test_what_all_rows_of_a_finer_thing_hold_is_no_error_of_one_row():
    maker, car = np.arange(600) // 60, np.arange(600) // 3
    codes = np.column_stack([maker, car, maker % 4])
    new = codes.copy()
    codes[[6, 7, 8, 300], 2] = [3, 3, 3, 2]  # one car, and one row of another
    witnesses = Witnesses((10, 200, 4)).fit(codes, np.array([False, False, True]))
    lead = witnesses.lead(codes, new, codes != new, counted=True)
    assert (lead[6:9, 2] == -1).all()
    assert lead[300, 2] > 50


def test_a_column_that_names_no_thing_says_nothing():
    rng = np.random.default_rng(0)
    codes = np.column_stack([rng.integers(3, size=400), rng.integers(4, size=400)])
    witnesses = Witnesses((3, 4)).fit(codes, np.ones(2, bool))
    lead = witnesses.lead(codes, (codes + 1) % 3, np.ones(codes.shape, bool), True)
    assert (lead > 400).all()


@pytest.mark.slow
def test_of_two_rows_that_disagree_neither_is_changed_and_both_are_flagged():
    rng = np.random.default_rng(0)
    genres = np.array(["drama", "comedy", "thriller", "western"], dtype=object)
    film = np.repeat(np.arange(250), 2)
    of_film = genres[rng.integers(4, size=250)]
    X = pd.DataFrame(
        {
            "film": [f"m{k}" for k in film],
            "site": np.array(["one", "two"] * 250, dtype=object),
            "title": [f"t{k}" for k in film],
            "genre": of_film[film],
        }
    )
    rows = rng.choice(250, 8, replace=False) * 2
    for i in rows:
        X.loc[i, "genre"] = next(g for g in genres if g != X.loc[i, "genre"])
    corrector = NoisyChannelCorrector(random_state=0).fit(X)
    assert corrector.transform(X).equals(X)
    flagged = corrector.report_.query("status == 'flagged' and column == 'genre'")
    assert set(flagged["row"]) == {*rows, *rows + 1}
    assert (flagged["p_error"] == 0.5).all()
