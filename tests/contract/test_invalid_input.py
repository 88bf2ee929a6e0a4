"""Rows that are refused, with a message that names the column and says what to do."""

import datetime
import inspect

import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.sparse as sp
from sklearn.exceptions import NotFittedError

from skanomaly.base import BaseDetector
from tests.contract.estimators import (
    ESTIMATORS,
    EVERY,
    every_detector,
    every_estimator,
    every_tabular,
)
from tests.contract.rows import (
    INF,
    NAN,
    assert_unchanged,
    frame,
    rows,
    state,
    with_cell,
    with_column,
)


def dates():
    return np.arange("2020-01-01", "2020-08-28", dtype="datetime64[D]").reshape(60, 4)


def polars_with(series):
    return pl.DataFrame(rows(), schema=list("abcd")).with_columns(series.alias("b"))


# id: (rows, exception, pattern of its message or None)
BAD_ROWS = {
    "NaN": (with_cell(NAN), ValueError, r"contains NaN.*row \d+, column \d\."),
    "NaN float32": (with_cell(NAN, "f4"), ValueError, "contains NaN"),
    "NaN in a frame": (with_column("b", NAN), ValueError, "contains NaN.*column 'b'"),
    "NaN in a list": (with_cell(NAN).tolist(), ValueError, "contains NaN"),
    "NaN among objects": (with_cell(NAN, object), ValueError, "NaN"),
    "None among objects": (with_cell(None, object), ValueError, "NaN"),
    "infinity": (with_cell(INF), ValueError, r"infinity.*row \d+, column \d\."),
    "infinity in a frame": (with_column("b", INF), ValueError, "infinity"),
    "minus infinity": (with_cell(-INF), ValueError, "infinity"),
    "words": (np.full((60, 4), "red"), ValueError, "not numeric.*[Ee]ncode"),
    "numeric strings": (rows().astype(str), ValueError, "not numeric"),
    "bytes": (np.full((60, 4), b"1.5"), ValueError, "not numeric"),
    "words among objects": (with_cell("red", object), ValueError, "'red'|not numeric"),
    "numeric strings among objects": (
        rows().astype(str).astype(object), ValueError, "not numeric"
    ),
    "list of numeric strings": (
        rows().astype(str).tolist(), ValueError, "not numeric"
    ),
    "column of words": (
        with_column("c", ["red", "blue"] * 30), ValueError, "column 'c'.*not numeric"
    ),
    "column of numeric strings": (
        with_column("c", ["1.5", "2"] * 30), ValueError, "column 'c'.*not numeric"
    ),
    "object column of numeric strings": (
        with_column("c", pd.Series(["1.5", "2"] * 30, dtype=object)),
        ValueError,
        "column 'c'.*not numeric",
    ),
    "category column": (
        with_column("c", pd.Categorical(["red", "blue"] * 30)),
        ValueError,
        "column 'c'.*not numeric",
    ),
    "category column of numbers": (
        with_column("c", pd.Categorical([1, 2] * 30)), ValueError, "'c'.*not numeric"
    ),
    "polars strings": (
        polars_with(pl.Series(["1", "2"] * 30)), ValueError, "'b'.*not numeric"
    ),
    "polars categories": (
        polars_with(pl.Series(["1", "2"] * 30, dtype=pl.Categorical)),
        ValueError,
        "'b'.*not numeric",
    ),
    "polars enum": (
        polars_with(pl.Series(["1", "2"] * 30, dtype=pl.Enum(["1", "2"]))),
        ValueError,
        "'b'.*not numeric",
    ),
    "polars dates": (
        polars_with(pl.Series(dates()[:, 0])), TypeError, "'b'.*convert"
    ),
    "polars null": (
        polars_with(pl.Series([None] + [1.0] * 59)), ValueError, "contains NaN"
    ),
    "dates": (dates(), TypeError, "datetime64.*convert"),
    "durations": (dates() - dates()[0, 0], TypeError, "timedelta64.*convert"),
    "column of dates": (
        with_column("c", dates()[:, 0]), TypeError, "column 'c'.*datetime64"
    ),
    "column of dates with zone": (
        with_column("c", pd.date_range("2020", periods=60, tz="UTC")),
        TypeError,
        "column 'c'.*datetime64",
    ),
    "column of periods": (
        with_column("c", pd.period_range("2020", periods=60, freq="D")),
        TypeError,
        "column 'c'.*period",
    ),
    "dates among objects": (dates().astype(object), TypeError, "date"),
    "datetime64 among objects": (
        with_cell(np.datetime64("2020-01-01"), object), TypeError, "date"
    ),
    "list of dates": (
        [[datetime.datetime(2020, 1, 1)] * 4] * 60, TypeError, "date"
    ),
    "list of lists of datetime64": (
        [list(row) for row in dates()], TypeError, "date"
    ),
    "masked array": (
        np.ma.masked_greater(rows(), 1.0), TypeError, "[Mm]asked arrays are not"
    ),
    "masked array without a mask": (np.ma.array(rows()), TypeError, "[Mm]asked"),
    "complex": (rows() + 1j, ValueError, "[Cc]omplex"),
    "one dimension": (rows()[0], ValueError, "Expected 2D"),
    "a series": (frame()["a"], ValueError, "Expected (a )?2"),
    "three dimensions": (rows().reshape(15, 4, 4), ValueError, "dim 3"),
    "a number": (3.0, ValueError, "Expected 2D"),
    "None": (None, ValueError, None),
    "text": ("rows", ValueError, None),
    "ragged": ([[1.0, 2.0], [3.0]] * 30, ValueError, None),
    "sparse": (sp.csr_matrix(rows()), TypeError, "Sparse data was passed"),
    "sparse array": (sp.coo_array(rows()), TypeError, "Sparse data was passed"),
    "no rows": (rows(0), ValueError, "0 sample"),
    "no columns": (rows()[:, :0], ValueError, "0 feature"),
    "nullable Int64 with NA": (
        with_column("c", pd.array([None] + [1] * 59, dtype="Int64")),
        ValueError,
        "NaN",
    ),
    "nullable boolean with NA": (
        with_column("c", pd.array([None] + [True] * 59, dtype="boolean")),
        ValueError,
        "NaN",
    ),
    "integers beyond float64": (
        with_cell(10**400, object), ValueError, "too large|infinity"
    ),
    "dictionary cells": (with_cell({}, object), TypeError, "dict"),
}  # fmt: skip


class DistanceToMean(BaseDetector):
    """The smallest detector there is: all that it checks, its base does."""

    def _fit(self, X):
        self.mean_ = np.asarray(X, dtype=float).mean(axis=0)

    def _score(self, X):
        return np.abs(X - self.mean_).sum(axis=1)


@pytest.mark.parametrize("case", BAD_ROWS)
def test_bad_rows_are_refused_and_leave_the_detector_alone(case):
    X, error, pattern = BAD_ROWS[case]
    fresh = DistanceToMean()
    attributes = dict(vars(fresh))
    with pytest.raises(error, match=pattern):
        fresh.fit(X)
    assert vars(fresh) == attributes

    good = frame() if hasattr(X, "columns") else rows()
    detector = DistanceToMean().fit(good)
    before = state(detector, good)
    for method in ("score_samples", "calibrate", "fit"):
        with pytest.raises(error, match=pattern):
            getattr(detector, method)(X)
    assert_unchanged(detector, before, good)


def _taking_rows(detector):
    """Public methods that need rows and nothing else: all of them must check them."""
    for name, method in inspect.getmembers(detector, inspect.ismethod):
        if not name.startswith("_") and name != "inverse_transform":
            parameters = inspect.signature(method).parameters.values()
            needed = [p for p in parameters if p.default is p.empty]
            if [p.name for p in needed if p.kind is not p.VAR_KEYWORD] == ["X"]:
                yield name


def test_the_methods_that_take_rows_are_found():
    names = set(_taking_rows(ESTIMATORS["VAE"]()))
    assert {"fit", "partial_fit", "calibrate", "score_samples", "encode"} <= names


MAKE_ANEW = ("fit", "fit_predict", "fit_transform")
SMOKE = ("infinity in a frame", "column of dates", "masked array", "complex")


@pytest.mark.filterwarnings("ignore:X does not have valid feature names")
@every_detector
def test_every_method_of_every_class_refuses_bad_rows(name, fitted):
    fresh, detector = EVERY[name](), fitted(name, "frame")
    before = state(detector, frame())
    for X, error, pattern in map(BAD_ROWS.get, SMOKE):
        with pytest.raises(error, match=pattern):
            fresh.fit(X)
        for method in _taking_rows(detector):
            with pytest.raises(error, match=pattern):
                getattr(detector, method)(X)
    assert_unchanged(detector, before, frame())
    assert not [a for a in vars(fresh) if a.endswith("_")]


@every_tabular
def test_words_in_a_column_of_numbers_are_refused(name, fitted):
    detector = fitted(name, "frame")
    X, error, pattern = BAD_ROWS["column of words"]
    for method in {*_taking_rows(detector)} - {*MAKE_ANEW}:
        with pytest.raises(error, match=pattern):
            getattr(detector, method)(X)


def _renamed():
    return frame().rename(columns={"b": "x"})


OTHER_COLUMNS = {
    "reordered": (frame()[list("badc")], ValueError, "same order"),
    "renamed": (_renamed(), ValueError, "unseen at fit time(?s:.)*- x"),
    "missing": (frame()[list("abc")], ValueError, "missing(?s:.)*- d"),
    "extra": (with_column("e", 1.0), ValueError, "unseen at fit time(?s:.)*- e"),
    "array of fewer": (rows()[:, :3], ValueError, "3 features.*expecting 4"),
    "array of more": (np.ones((5, 5)), ValueError, "5 features.*expecting 4"),
}


@pytest.mark.filterwarnings("ignore:X does not have valid feature names")
@every_detector
def test_other_columns_than_in_fit_are_refused(name, fitted):
    detector = fitted(name, "frame")
    before = state(detector, frame())
    for X, error, pattern in OTHER_COLUMNS.values():
        for method in {*_taking_rows(detector)} - {*MAKE_ANEW}:
            with pytest.raises(error, match=pattern):
                getattr(detector, method)(X)
    assert_unchanged(detector, before, frame())


@every_estimator
def test_other_columns_cannot_warm_start(name, fitted):
    detector = fitted(name, "frame").set_params(warm_start=True)
    before = state(detector, frame())
    with pytest.raises(ValueError, match=r"features|feature names"):
        detector.fit(frame().iloc[:, :3])
    assert_unchanged(detector, before, frame())


@every_estimator
def test_a_single_row_cannot_be_learned_but_can_be_scored(name, fitted):
    with pytest.raises(ValueError, match=r"1 sample.*minimum of 2"):
        ESTIMATORS[name]().fit(rows(1))
    with pytest.raises(ValueError, match=r"1 sample.*minimum of 2"):
        ESTIMATORS[name]().partial_fit(rows(1))
    assert fitted(name, "rows").score_samples(rows(1)).shape == (1,)


@pytest.mark.parametrize("value", [1e307, -1e307, 1e160])
@every_detector
def test_values_too_large_to_standardize_name_the_column(name, value):
    with pytest.raises(ValueError, match=r"Column 1 of X has values too large"):
        EVERY[name]().fit(with_cell(value))
    with pytest.raises(ValueError, match=r"Column 'b' of X has values too large"):
        EVERY[name]().fit(pd.DataFrame(with_cell(value), columns=list("abcd")))


@every_detector
def test_methods_of_an_unfitted_detector_say_so(name):
    detector = EVERY[name]()
    for method in {*_taking_rows(detector)} - {*MAKE_ANEW, "partial_fit"}:
        with pytest.raises(NotFittedError):
            getattr(detector, method)(rows())
