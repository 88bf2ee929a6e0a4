"""Which of the suspicious cells of a row are changed."""

from types import SimpleNamespace

import numpy as np

from skanomaly.correctors._cleaning.cleaner import alternatives, keep_most


def test_the_surest_edits_are_kept_and_filling_a_missing_cell_is_none():
    cells = np.array([[True, True, True, True], [True, False, False, True]])
    known = np.array([[True, True, True, False], [True, True, True, True]])
    p = np.array([[0.6, 0.9, 0.8, 0.1], [0.7, 0.9, 0.9, 0.6]])
    kept = keep_most(cells, known, p, 1)
    assert kept.tolist() == [[False, True, False, True], [True, False, False, False]]
    assert (keep_most(cells, known, p, 3) == cells).all()


def test_candidates_change_one_cell_at_a_time_and_share_their_probability():
    posterior = SimpleNamespace(
        best=np.array([[1, 0]]),
        candidates=np.array([[[1, 0], [0, 1]]]),
        p_candidates=np.array([[[0.6, 0.3], [0.5, 0.4]]]),
        p_error=np.array([[0.9, 0.1]]),
    )
    cells = np.array([[True, False]])
    ranked = alternatives(np.array([[2, 3]]), cells, posterior)
    assert ranked.codes[0, :2].tolist() == [[1, 3], [0, 3]]
    np.testing.assert_allclose(ranked.p[0, :2], [2 / 3, 1 / 3])
    assert np.isnan(ranked.p[0, 2:]).all()
