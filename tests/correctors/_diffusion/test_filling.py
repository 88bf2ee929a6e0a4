"""How draws of a diffusion become candidates."""

import numpy as np

from skanomaly.correctors._diffusion.filling import ranked_fillings
from skanomaly.correctors._table.records import Candidates


def test_what_is_written_comes_first_and_not_again_among_the_draws():
    drawn = np.array([[[2, 0], [1, 0]], [[3, 0], [2, 0]]])
    shares = np.array([[0.75, 0.25], [0.5, 0.5]])
    written = np.array([[1, 0], [1, 0]])
    ranked = ranked_fillings(written, Candidates.of(drawn, shares))
    assert ranked.codes[:, 0].tolist() == written.tolist()
    expected = [[0.5, 0.5, np.nan], [1 / 3, 1 / 3, 1 / 3]]
    np.testing.assert_allclose(ranked.p, expected)
