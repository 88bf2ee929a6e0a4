"""Rows that are accepted, and that their form does not matter."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal

from tests.contract.estimators import (
    ALL,
    ESTIMATORS,
    EVERY,
    META,
    cases,
    every_detector,
    every_estimator,
    every_setting,
    every_variant,
    slow_but,
)
from tests.contract.rows import frame, rows, taken, with_cell, with_column

GOOD_ROWS = {
    "two rows": rows(2),
    "fewer rows than a batch": rows(5),
    "one column": rows()[:, :1],
    "a last batch of one row": rows(257),
    "constant columns": np.hstack([rows(), np.full((60, 2), [0.1, 1e9])]),
    "a cell of 1e30": with_cell(1e30),
    "a cell of 1e150": with_cell(1e150),
    "tiny numbers": rows() * 1e-100,
    "large offsets": rows() + 1e12,
    "integers": rows().astype(int),
    "float32 cells of 1e38": with_cell(3e38, "f4"),
    "duplicated rows": np.repeat(rows(30), 2, axis=0),
    # Forms, which the base makes one of.
    "lists": rows().tolist(),
    "tuples": tuple(map(tuple, rows())),
    "torch tensor": torch.tensor(rows()),
    "object numbers": rows().astype(object),
    "booleans": rows() > 0,
    "nullable Int64 without NA": with_column("c", pd.array([1, 2] * 30, dtype="Int64")),
    "columns with numbers for names": pd.DataFrame(rows()),
}
NUMBERS = list(GOOD_ROWS)[: list(GOOD_ROWS).index("lists")]


# Two rows are at one distance from each other.
@pytest.mark.filterwarnings("ignore:All training scores are equal")
@pytest.mark.parametrize("case", slow_but(GOOD_ROWS, quick=NUMBERS))
@every_detector
def test_good_rows_give_finite_scores(name, case):
    X = GOOD_ROWS[case]
    if name in META and len(X) < 4:
        pytest.skip("its copies would be fitted to a single row")
    detector = EVERY[name]()
    detector.set_params(**taken(detector, batch_size=256))
    scores = detector.fit(X).score_samples(X)
    assert scores.shape == (len(X),)
    assert np.isfinite(scores).all()
    assert set(np.unique(detector.predict(X))) <= {-1, 1}


@every_setting
def test_frames_score_as_arrays_do(name, fitted, blob):
    detector = fitted(name)
    expected = detector.score_samples(blob)
    for X in (pd.DataFrame(blob, columns=list("abcd")), pl.DataFrame(blob)):
        detector.fit(X)
        assert list(detector.feature_names_in_) == list(X.columns)
        assert_array_equal(detector.score_samples(X), expected)
        assert type(detector.score_samples(X)) is np.ndarray


@every_detector
def test_an_array_after_a_frame_is_a_warning_and_so_is_the_reverse(name, fitted):
    detector = fitted(name, "frame")
    with pytest.warns(UserWarning, match="does not have valid feature names"):
        scores = detector.score_samples(rows())
    assert_array_equal(scores, detector.score_samples(frame()))
    detector = fitted(name, "rows")
    with pytest.warns(UserWarning, match="has feature names, but"):
        detector.score_samples(frame())


def _read_only(X):
    X = X.copy()
    X.setflags(write=False)
    return X


FORMS = {
    "list": lambda X: X.tolist(),
    "torch tensor": torch.tensor,
    "torch float32": lambda X: torch.tensor(X, dtype=torch.float32),
    "object numbers": lambda X: X.astype(object),
    "float16": lambda X: X.astype(np.float16),
    "float32": lambda X: X.astype(np.float32),
    "big-endian": lambda X: X.astype(">f8"),
    "longdouble": lambda X: X.astype(np.longdouble),
    "int8": lambda X: X.astype(np.int8),
    "int32": lambda X: X.astype(np.int32),
    "int64": lambda X: X.astype(np.int64),
    "uint8": lambda X: X.astype(np.uint8),
    "uint16": lambda X: X.astype(np.uint16),
    "uint64": lambda X: X.astype(np.uint64),
    "Fortran order": np.asfortranarray,
    "read-only": _read_only,
    "read-only float32": lambda X: _read_only(X.astype(np.float32)),
    "negative strides": lambda X: np.ascontiguousarray(X[::-1, ::-1])[::-1, ::-1],
    "every other row": lambda X: np.repeat(X, 2, axis=0)[::2],
    "nullable Int64": lambda X: pd.DataFrame(X).astype("Int64").to_numpy(),
    "frame of Int64": lambda X: pd.DataFrame(X, columns=list("abcd")).astype("Int64"),
    "frame of mixed types": lambda X: pd.DataFrame(
        {
            "a": X[:, 0].astype(int),
            "b": X[:, 1],
            "c": X[:, 2].astype("f4"),
            "d": X[:, 3],
        }
    ),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", cases([n for n in ALL if n.startswith("AutoEncoder")]))
def test_the_form_of_the_rows_does_not_matter(name, form):
    X = np.random.default_rng(0).integers(0, 100, size=(50, 4)).astype(float)
    detector = ALL[name](contamination=0.1).fit(X)
    expected = detector.score_samples(X)
    given = FORMS[form](X)
    if not hasattr(given, "columns"):
        assert_allclose(detector.score_samples(given), expected, rtol=1e-6)
    detector.fit(given)
    assert_allclose(detector.score_samples(given), expected, rtol=1e-4)


@every_variant
def test_booleans_are_zeros_and_ones(name):
    X = np.random.default_rng(0).random((50, 4)) > 0.5
    detector = ALL[name](contamination=0.1)
    expected = detector.fit(X.astype(float)).score_samples(X.astype(float))
    assert_allclose(detector.fit(X).score_samples(X), expected, rtol=1e-6)


@pytest.mark.parametrize("standardize", [True, False])
@every_estimator
def test_large_integers_score_as_the_same_numbers_in_float64(name, standardize):
    X = np.random.default_rng(0).integers(2**40, 2**41, size=(50, 4))
    train = np.random.default_rng(1).normal(size=(50, 4)) * (
        2**40 if standardize else 1
    )
    detector = ESTIMATORS[name](standardize=standardize, contamination=0.1).fit(train)
    assert_array_equal(
        detector.score_samples(X), detector.score_samples(X.astype(float))
    )
