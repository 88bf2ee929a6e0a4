"""Equal rows share a fold; different rows spread evenly."""

import numpy as np

from skanomaly.correctors._diffusion.models import folds_by_content
from skanomaly.correctors._table.keys import keys_of_rows

CODES = np.stack(np.meshgrid(*[np.arange(-1, 9)] * 4), axis=-1).reshape(-1, 4)


def test_different_rows_have_different_keys():
    assert len(np.unique(keys_of_rows(CODES))) == len(CODES)


def test_the_fold_of_a_row_does_not_depend_on_the_others():
    folds = folds_by_content(CODES, 3)
    assert (folds_by_content(CODES[::-7], 3) == folds[::-7]).all()


def test_folds_are_even_and_change_with_the_seed():
    folds = folds_by_content(CODES, 2)
    assert abs(folds.mean() - 0.5) < 0.02
    other = folds_by_content(CODES, 2, seed=1)
    assert abs((folds == other).mean() - 0.5) < 0.02
    # and they are independent of every single column
    for j in range(4):
        for value in range(-1, 9):
            assert abs(folds[CODES[:, j] == value].mean() - 0.5) < 0.06
