"""Which of the suspicious cells of a row are changed."""

from types import SimpleNamespace

import numpy as np
import pandas as pd

from skanomaly.correctors._cleaning.cleaner import (
    ErrorDetector,
    alternatives,
    keep_most,
)
from skanomaly.correctors._table.codec import TableCodec


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


def test_of_equal_new_rows_one_is_judged_for_all(monkeypatch):
    rng = np.random.default_rng(0)
    place, code = rng.integers(0, 4, 300), [f"no. {k}" for k in range(300)]
    frame = pd.DataFrame({"a": place, "b": place, "code": code}).astype(str)
    codec = TableCodec.fit(frame, numeric=[None] * 3, n_bins=16)
    detector = ErrorDetector(codec.columns, error_rate=0.03, seed=0)
    detector.modelled[2] = detector.judged[2] = detector.by_vote[2] = False
    detector.fit(codec.encode(frame)[0])
    rows = np.tile([[0, 1, -1], [2, 3, -1], [2, 2, -1]], (40, 1))
    rows[:, 2] = 300 + np.arange(120)  # new names, which the model does not see
    alone = [detector.posterior(row[None]) for row in rows[:3]]
    judged, whole = [], detector.model_.posterior
    monkeypatch.setattr(
        detector.model_,
        "posterior",
        lambda codes, **options: judged.append(len(codes)) or whole(codes, **options),
    )
    together = detector.posterior(rows)
    assert sum(judged) == 3
    for k, part in enumerate(together):
        expected = np.concatenate([row[k] for row in alone] * 40)
        np.testing.assert_allclose(part, expected, atol=1e-12)
