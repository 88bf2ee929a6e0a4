"""Tables with columns of numbers and of categories, as rows of numbers.

A cell of a category becomes its code, a missing cell NaN. What a network sees is made
of them inside the model (`Expansion`), so that whatever a detector does with rows is
done with as many columns as the user has.
"""

import numpy as np
from scipy.sparse import issparse
from sklearn.utils import check_array

from skanomaly._training.categories import WEIGHT, Categories
from skanomaly._training.expansion import Expansion
from skanomaly._training.frames import (
    categorical_columns,
    frame_of,
    has_objects,
    is_frame,
)
from skanomaly.utils._chunks import dense
from skanomaly.utils._compat import validate_data
from skanomaly.utils._inputs import NUMERIC_DTYPES, column_name, refuse_non_numeric

__all__ = ["TableEncoder", "validated_table"]

ADVICE = (
    "pass a DataFrame with categorical_features='from_dtype', whose columns of text "
    "are categories, or encode it first, for instance with "
    "sklearn.preprocessing.OneHotEncoder. In a column that held numbers in fit, only "
    "numbers are taken."
)


class TableEncoder:
    """Which columns of a table are categories, and their codes.

    Parameters
    ----------
    n_columns : int
        Columns of the table.
    categories : dict
        `Categories` by the position of their column.
    """

    def __init__(self, n_columns, categories):
        self.n_columns, self.categories = n_columns, categories

    @property
    def n_inputs(self):
        """Inputs of a network, one a number and one a code."""
        if not self.categories:
            return self.n_columns
        return sum(self._n_codes(j) or 1 for j in range(self.n_columns))

    @property
    def variance(self):
        """Variance of all standardized inputs together."""
        n_categorical = len(self.categories)
        return self.n_columns - n_categorical + WEIGHT * n_categorical

    @property
    def input_weights(self):
        """How much of a column each input is, shape (n_inputs,).

        Those of a column of numbers are 1 in all, those of categories `WEIGHT`, which
        is their variance when they are standardized.
        """
        n_codes = [self._n_codes(j) for j in range(self.n_columns)]
        weights = [WEIGHT / n if n else 1.0 for n in n_codes]
        return np.repeat(weights, np.maximum(1, n_codes))

    def expansion(self):
        """Return the module that turns codes into inputs; None without categories."""
        if not self.categories:
            return None
        return Expansion([self._n_codes(j) for j in range(self.n_columns)])

    def expanded_moments(self, center, scale):
        """Centre and scale of the inputs, from those of the columns."""
        if not self.categories:
            return center, scale
        centers, scales = [], []
        for j in range(self.n_columns):
            column = self.categories.get(j)
            centers.append([center[j]] if column is None else column.shares)
            scales.append([scale[j]] if column is None else column.scales())
        return np.concatenate(centers), np.concatenate(scales)

    def encode(self, frame):
        """Codes and numbers of a frame, float64, NaN where a cell is missing."""
        rows = np.empty(frame.shape)
        for j in range(frame.shape[1]):
            column, values = self.categories.get(j), frame.iloc[:, j]
            rows[:, j] = (
                values.to_numpy(dtype=np.float64, na_value=np.nan)
                if column is None
                else column.codes(values)
            )
        return rows

    def decode(self, rows):
        """Columns of a table from numbers and codes, a list of arrays."""
        return [
            self.categories[j].decode(column) if j in self.categories else column
            for j, column in enumerate(rows.T)
        ]

    def _n_codes(self, j):
        return self.categories[j].n_codes if j in self.categories else 0


def validated_table(estimator, X, *, reset):
    """Validate a table, as numbers; learn its categories if `reset`.

    Parameters
    ----------
    estimator : DeepDetector
        Its `_table` is set if `reset`.
    X : array-like of shape (n_samples, n_features)
        A frame of pandas or polars, or whatever scikit-learn takes for an array.
    reset : bool
        Whether `X` is what the estimator is fitted to.

    Returns
    -------
    ndarray of shape (n_samples, n_features)
        Numbers and codes. A table of numbers alone keeps its type. Without `reset`, a
        sparse matrix stays one.
    """
    if reset:
        categorical = categorical_columns(X, estimator.categorical_features)
    else:
        categorical = estimator._table.categories
    # An array of objects has no columns to leave out.
    columns = frame_of(X) if categorical and not is_frame(X) else X
    refuse_non_numeric(columns, but=categorical, advice=ADVICE)
    if categorical or has_objects(X):
        validate_data(estimator, X, reset=reset, skip_check_array=True)
        frame = frame_of(X)
        if reset:
            estimator._table = _fitted_encoder(frame, categorical)
        rows = estimator._table.encode(frame)
        rows = check_array(rows, **_options(reset), estimator=estimator)
    else:
        options = {**_options(reset), "accept_sparse": "csr"}
        rows = _validated_numbers(estimator, X, **options, reset=reset)
        if reset:
            estimator._table = TableEncoder(rows.shape[1], {})
            rows = _densified(rows)
    _check_cells(estimator, rows, reset=reset)
    return rows


def _densified(rows):
    """Array of a sparse matrix, in float32 if that holds its numbers."""
    if not issparse(rows):
        return rows
    single = rows.astype(np.float32)
    return (single if (single.data == rows.data).all() else rows).toarray()


def _options(reset):
    return {
        "dtype": NUMERIC_DTYPES,
        # What is infinite is found below, by its column.
        "ensure_all_finite": False,
        "ensure_min_samples": 2 if reset else 1,
    }


def _validated_numbers(estimator, X, **options):
    try:
        return validate_data(estimator, X, **options)
    except OverflowError as error:  # integers beyond float64
        raise ValueError(f"X holds a number that is too large: {error}") from None


def _fitted_encoder(frame, categorical):
    categories = {
        j: Categories(f"Column {str(frame.columns[j])!r} of X", frame.iloc[:, j])
        for j in sorted(categorical)
    }
    return TableEncoder(frame.shape[1], categories)


def _check_cells(estimator, rows, *, reset):
    """Refuse infinite cells, and in `fit` columns without a known cell."""
    if rows.dtype.kind != "f":
        return
    infinite = np.isinf(rows.data) if issparse(rows) else np.isinf(rows)
    if infinite.any():
        i, j = np.argwhere(np.isinf(dense(rows)))[0]
        raise ValueError(
            f"Column {column_name(estimator, j)} of X holds infinity (row {i}): "
            "replace it by a number, or by NaN if the cell is unknown."
        )
    if not reset:
        return
    unknown = np.isnan(rows).all(axis=0)
    if unknown.any():
        raise ValueError(
            f"Column {column_name(estimator, int(np.argmax(unknown)))} of X has no "
            "known value, of which nothing can be learned: drop it."
        )
