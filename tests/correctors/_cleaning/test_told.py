"""What a person found wrong is seen with its right value."""

import numpy as np

from skanomaly.correctors._cleaning.beliefs import as_observed
from skanomaly.correctors._cleaning.error_posterior import ErrorPosterior
from skanomaly.correctors._cleaning.told import Told

CODES = np.array([[0, 1], [2, 0], [1, -1]])
TRUTH = np.array([[-1, -1], [1, -1], [-1, 0]])


def test_the_right_value_is_believed_and_is_evidence():
    told = Told(CODES, TRUTH)
    assert np.argwhere(told.wrong).tolist() == [[1, 0]]  # what was empty was not wrong
    assert told.share.tolist() == [1 / 3, 0]
    belief = told.believe(as_observed(CODES))
    assert belief.targets[1, 0] == belief.evidence[1, 0] == 1
    assert belief.weights[1, 0] == 1


def test_only_conditionals_of_known_cells_become_sure():
    log_p = np.log(np.full((3, 3), 1 / 3))
    sharp = np.exp(Told(CODES, TRUTH).sharpen(0, np.arange(3), log_p))
    np.testing.assert_allclose(sharp.sum(axis=1), 1)
    np.testing.assert_allclose(sharp[[0, 2]], 1 / 3)
    assert sharp[1, 1] > 0.99999 and np.exp(log_p[1, 1]) < 0.4


def test_corrected_errors_raise_the_error_rate():
    codes = np.repeat(np.arange(4), 50)[:, None] * [1, 1]
    wrong = codes.copy()
    wrong[::20, 0] = (wrong[::20, 0] + 1) % 4
    truth = np.where(wrong == codes, -1, codes)
    clean = ErrorPosterior().fit(codes, (4, 4)).channels_[0].error_rate
    told = ErrorPosterior().fit(wrong, (4, 4), truth=truth)
    assert told.channels_[0].error_rate > 0.04 > clean
    assert (told.training_.p_error[::20, 0] > 0.5).all()
