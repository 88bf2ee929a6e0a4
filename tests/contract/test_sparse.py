"""Sparse matrices score as the arrays that they stand for, chunk by chunk."""

import numpy as np
import pytest
import scipy.sparse as sp
from numpy.testing import assert_array_equal
from sklearn.compose import make_column_transformer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from skanomaly._training import evaluate
from tests.contract.estimators import ESTIMATORS, TABULAR, every_tabular
from tests.contract.test_mixed_tables import mixed


def thin(n_rows=60):
    X = np.random.default_rng(0).integers(-2, 3, size=(n_rows, 4)).astype(float)
    return np.where(np.random.default_rng(1).random(X.shape) < 0.5, X, 0.0)


@pytest.mark.parametrize("form", [sp.csr_array, sp.csc_matrix, sp.coo_array])
@every_tabular
def test_sparse_rows_score_as_arrays(name, form):
    X = thin()
    detector = TABULAR[name](contamination=0.1).fit(X)
    expected = detector.score_samples(X)
    assert_array_equal(detector.score_samples(form(X)), expected)
    assert_array_equal(detector.fit(form(X)).score_samples(X), expected)


def test_scoring_never_holds_all_rows_as_an_array(monkeypatch):
    X = sp.csr_array(thin(300))
    detector = ESTIMATORS["AutoEncoder"](contamination=0.1).fit(X)
    sizes = []

    def dense(part):
        sizes.append(part.shape[0])
        return part.toarray()

    monkeypatch.setattr(evaluate, "dense", dense)
    monkeypatch.setattr(evaluate, "MAX_ROWS", 100)
    detector.score_samples(X)
    assert sizes == [100, 100, 100]


def test_sparse_output_of_an_encoder_is_taken():
    encoder = make_column_transformer(
        (OneHotEncoder(), ["city", "note"]), sparse_threshold=1.0
    )
    pipeline = make_pipeline(encoder, ESTIMATORS["AutoEncoder"](contamination=0.1))
    assert sp.issparse(encoder.fit_transform(mixed()))
    assert np.isfinite(pipeline.fit(mixed()).score_samples(mixed())).all()


def test_numbers_that_float32_does_not_hold_are_kept():
    X = sp.csr_array(thin() * 0.1)
    detector = ESTIMATORS["AutoEncoder"](contamination=0.1)
    expected = detector.fit(X.toarray()).score_samples(X)
    assert_array_equal(detector.fit(X).score_samples(X), expected)


def test_infinity_is_found_and_categories_are_refused():
    X = sp.lil_array(thin())
    X[3, 1] = np.inf
    with pytest.raises(ValueError, match=r"Column 1 of X holds infinity \(row 3\)"):
        ESTIMATORS["AutoEncoder"]().fit(X)
    detector = ESTIMATORS["AutoEncoder"](categorical_features=[0])
    with pytest.raises(TypeError, match=r"sparse.*DataFrame"):
        detector.fit(sp.csr_array(thin()))
