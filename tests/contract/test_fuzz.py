"""Whatever the rows are: finite scores, or an exception that is documented.

``SKANOMALY_FUZZ_EXAMPLES=10000 pytest tests/contract/test_fuzz.py`` looks further.
"""

import os
import warnings

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.exceptions import NotFittedError

from skanomaly.exceptions import TrainingDivergedError
from tests.contract.estimators import ESTIMATORS, IMAGE_ESTIMATORS, every_estimator

N_EXAMPLES = int(os.environ.get("SKANOMALY_FUZZ_EXAMPLES", "60"))
FEW_EXAMPLES = 15

DOCUMENTED = (
    ValueError, TypeError, TrainingDivergedError, NotFittedError, MemoryError,
)  # fmt: skip
# What a detector may compute of rows besides their scores.
OTHERS = ("encode", "feature_scores", "reconstruct", "residual", "transform")
DTYPES = ("float64", "float32", "float16", "int64", "int8", "uint8", "bool", "object")
EXTREMES = (
    0.0, -0.0, 1.0, 1e-300, 5e-324, 1e15, -1e16, 1e30, 3.4e38, 1e100, -1e154, 1e200,
    1e307, 1.7976931348623157e308, -1.7976931348623157e308, 2.0**53 + 1, 2.0**63,
)  # fmt: skip

tame = st.floats(-100, 100, width=16)
wild = st.one_of(
    tame, st.sampled_from(EXTREMES), st.floats(), st.sampled_from([np.nan, np.inf])
)
objects = st.one_of(
    tame, wild, st.integers(), st.booleans(), st.none(), st.text(max_size=3),
    st.integers(10**308, 10**310), st.dates(), st.complex_numbers(),
    st.sampled_from([(), {}, [1.0], b"1", "1.5", "nan", object]),
)  # fmt: skip


@st.composite
def rows(draw, n_features, min_rows=0):
    """An array of one of the dtypes, and whether a detector has to take it."""
    shape = (draw(st.integers(min_rows, 12)), n_features)
    if draw(st.booleans()):
        X = draw(hnp.arrays(np.float64, shape, elements=tame))
        return X, shape[0] > 0 and shape[1] > 0
    dtype = np.dtype(draw(st.sampled_from(DTYPES)))
    if dtype.kind == "O":
        return draw(hnp.arrays(dtype, shape, elements=objects)), False
    if dtype.kind == "f":
        with np.errstate(all="ignore"):
            X = draw(hnp.arrays(np.float64, shape, elements=wild)).astype(dtype)
        return X, False
    return draw(hnp.arrays(dtype, shape)), False


@st.composite
def tasks(draw, name):
    """A detector's settings, rows to fit, rows to score, and whether both must work."""
    params = {
        "standardize": draw(st.booleans()),
        "early_stopping": draw(st.booleans()),
        "validation_fraction": draw(st.sampled_from([0.01, 0.3, 0.5])),
        "batch_size": draw(st.sampled_from([1, 2, 3, 256])),
        "contamination": draw(st.sampled_from([1e-9, 0.1, 0.5])),
        "max_epochs": draw(st.integers(1, 3)),
    }
    n_features = draw(st.integers(0, 12))
    if name in IMAGE_ESTIMATORS:
        shape = draw(st.tuples(*[st.integers(1, limit) for limit in (2, 4, 5)]))
        params["image_shape"], n_features = shape, int(np.prod(shape))
    X, must_fit = draw(rows(n_features, min_rows=draw(st.sampled_from([0, 2]))))
    same = draw(st.integers(0, 9)) > 0
    Y, must_score = draw(rows(n_features if same else draw(st.integers(0, 12))))
    # Batch normalisation wants two rows; what is held out leaves at least half.
    must_fit &= len(X) >= 4 and params["batch_size"] > 1
    # One pixel can be neither shifted nor turned.
    is_pixel = params.get("image_shape", ())[1:] == (1, 1)
    must_fit &= not (is_pixel and name.startswith("Geometric"))
    must_score &= must_fit and Y.shape[1] == n_features
    return params, X, Y, must_fit, must_score


def _check(name, task):
    params, X, Y, must_fit, must_score = task
    detector = {**ESTIMATORS, **IMAGE_ESTIMATORS}[name](**params)
    try:
        detector.fit(X)
    except DOCUMENTED:
        assert not must_fit
        assert not [a for a in vars(detector) if a.endswith("_")]
        return
    assert np.isfinite(detector.offset_)
    try:
        scores = detector.score_samples(Y)
        labels = detector.predict(Y)
        others = {m: getattr(detector, m)(Y) for m in OTHERS if hasattr(detector, m)}
    except DOCUMENTED:
        assert not must_score
        return
    assert scores.shape == (len(Y),)
    assert scores.dtype == np.float64
    for method in {"feature_scores", "reconstruct", "residual"} & others.keys():
        assert others[method].shape == Y.shape
    assert all(np.isfinite(values).all() for values in (scores, *others.values()))
    assert set(labels) <= {-1, 1}


def _fuzz(name, n_examples):
    @settings(
        max_examples=n_examples,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=set(Phase) - {Phase.explain},
    )
    @given(tasks(name))
    def run(task):
        # Any other warning, of an overflow say, is an error and not documented.
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            # scikit-learn looks for infinite cells by adding all of them up.
            warnings.filterwarnings("ignore", ".* encountered in (reduce|cast)")
            warnings.filterwarnings("ignore", "All training scores are equal")
            warnings.filterwarnings(
                "ignore", "validation_fraction=.* of .* rows is less"
            )
            _check(name, task)

    run()


@every_estimator
def test_any_rows_give_finite_scores_or_a_documented_exception(name):
    _fuzz(name, FEW_EXAMPLES)


@pytest.mark.slow
@pytest.mark.parametrize("name", [*ESTIMATORS, *IMAGE_ESTIMATORS])
def test_many_more_rows_give_finite_scores_or_a_documented_exception(name):
    _fuzz(name, N_EXAMPLES)
