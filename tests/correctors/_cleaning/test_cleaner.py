"""Which of the suspicious cells of a row are changed."""

import numpy as np

from skanomaly.correctors._cleaning.cleaner import keep_most


def test_the_surest_edits_are_kept_and_filling_a_missing_cell_is_none():
    cells = np.array([[True, True, True, True], [True, False, False, True]])
    known = np.array([[True, True, True, False], [True, True, True, True]])
    p = np.array([[0.6, 0.9, 0.8, 0.1], [0.7, 0.9, 0.9, 0.6]])
    kept = keep_most(cells, known, p, 1)
    assert kept.tolist() == [[False, True, False, True], [True, False, False, False]]
    assert (keep_most(cells, known, p, 3) == cells).all()
