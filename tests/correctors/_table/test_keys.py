"""Random numbers that follow a row."""

import numpy as np
import pandas as pd
import pytest

from skanomaly.correctors import DiffusionInpainter
from skanomaly.correctors._table.codec import label_keys
from skanomaly.correctors._table.keys import (
    content_keys,
    position_keys,
    row_uniform,
)

CODES = np.random.default_rng(0).integers(4, size=(300, 6))
NONE = np.zeros(CODES.shape, dtype=bool)


def test_what_is_unknown_does_not_matter_and_what_is_known_does():
    unknown = NONE.copy()
    unknown[:, 2] = True
    labels = np.zeros(len(CODES), dtype=np.uint64)
    other = CODES.copy()
    other[:, 2] = 9
    keys = content_keys(CODES, unknown, labels)
    assert (content_keys(other, unknown, labels) == keys).all()
    other[:, 3] = 9
    assert (content_keys(other, unknown, labels) != keys).all()


def test_equal_rows_are_told_apart_by_label_or_by_count():
    same, known = np.ones((5, 3), dtype=int), np.zeros((5, 3), dtype=bool)
    counted = content_keys(same, known)
    assert len(set(counted)) == 5
    # The first of them is the first, whatever stands before it.
    more = np.concatenate([np.zeros((4, 3), dtype=int), same])
    assert (content_keys(more, np.zeros((9, 3), bool))[4:] == counted).all()
    labels = label_keys(pd.DataFrame({"a": range(5)}, index=list("vwxyz")))
    keys = content_keys(same, known, labels)
    assert (content_keys(same[:2], known[:2], labels[3:]) == keys[3:]).all()


@pytest.mark.parametrize("keys", [position_keys(3000), position_keys(3000) + 1])
def test_numbers_are_even_and_unrelated(keys):
    u = row_uniform(keys, (3, 4), (2, 5)).reshape(len(keys), -1)
    assert ((u > 0) & (u < 1)).all()
    share = np.histogram(u, bins=10, range=(0, 1))[0] / u.size
    assert share == pytest.approx(np.full(10, 0.1), abs=0.006)
    assert np.abs(np.corrcoef(u.T) - np.eye(10)).max() < 0.08
    assert abs(np.corrcoef(u[:-1, 0], u[1:, 0])[0, 1]) < 0.08
    other = row_uniform(keys, (3, 5), (2, 5)).reshape(len(keys), -1)
    assert abs(np.corrcoef(u[:, 0], other[:, 0])[0, 1]) < 0.08


@pytest.mark.parametrize("formulation", ["absorbing", "multinomial", "gaussian"])
def test_draws_do_not_depend_on_other_rows_nor_on_their_order(formulation):
    X = pd.DataFrame(CODES[:60]).astype(str).drop_duplicates()
    mask = {"mask": "missing", "fill": "draw", "n_timesteps": 4, "n_resamplings": 1}
    model = DiffusionInpainter(
        formulation=formulation, n_steps=5, random_state=0, **mask
    ).fit(X)
    X.iloc[:, 1] = None
    whole = model.transform(X)
    for rows in (np.arange(len(X))[::-1], [3], np.arange(5, 20)):
        part = model.transform(X.iloc[rows])
        pd.testing.assert_frame_equal(part, whole.iloc[rows])
        array = model.transform(X.iloc[rows].to_numpy())
        assert array.shape == part.shape
    assert whole.iloc[:, 1].nunique() > 1
