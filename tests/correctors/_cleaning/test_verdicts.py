"""What votes and whole rows say of single cells."""

from types import SimpleNamespace

import numpy as np
import pytest

from skanomaly.correctors._cleaning.beliefs import CellPosterior
from skanomaly.correctors._cleaning.typos import StringChannel
from skanomaly.correctors._cleaning.verdicts import Verdicts, _fit_their_row

TOWNS = ["Bern", "Bernn", "Stadium"]


def posterior(p, n=3):
    parts = dict.fromkeys(CellPosterior._fields, np.zeros((n, 1)))
    parts |= {"p_error": np.full((n, 1), p), "p_new": np.full((n, 1), p)}
    return CellPosterior(**parts | {"best": np.full((n, 1), -1)})


@pytest.mark.parametrize(("is_amount", "voted"), [(False, [1]), (True, [])])
def test_votes_stand_in_for_slips_and_for_no_word_of_its_own(is_amount, voted):
    codes, known = np.array([[0], [1], [2]]), np.array([[0], [-1], [-1]])
    verdicts = Verdicts(None, None, [None])
    verdicts.trust = SimpleNamespace(
        dependencies=SimpleNamespace(votes=np.zeros_like),
        in_votes=np.array([0.98]),
        share=np.array([1.0]),
        amounts=np.array([is_amount]),
    )
    strings = StringChannel([TOWNS], [np.array([90, 1, 5])])
    result = verdicts._in_place_of_slips(strings, codes, known, posterior(0.3))
    assert np.flatnonzero(result.p_new[:, 0] == 0.98).tolist() == voted
    assert (result.best[voted, 0] == 0).all()
    assert (result.p_new[np.delete(np.arange(3), voted)] == 0.3).all()


def test_a_cell_fits_its_row_only_if_it_does_with_all_cells_as_evidence():
    raw, seen = (
        SimpleNamespace(surprise=np.array(s)) for s in ([0, 0, 2.0], [0, 5.0, 0])
    )
    assert _fit_their_row(raw, seen).tolist() == [True, False, False]
    assert _fit_their_row(raw, None).tolist() == [True, True, False]
