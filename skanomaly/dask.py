"""Detectors and correctors on Dask's DataFrames and Arrays, partition by partition.

The engine is Dask's; what is here is what a user would write with `map_partitions`, and
what is easily forgotten then. Dask is imported when a function is called.
"""

from __future__ import annotations

import copy
import pickle
from importlib import import_module
from math import prod
from typing import Any

import numpy as np
import pandas as pd
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

from skanomaly.utils._checks import check_count
from skanomaly.utils._compat import validate_data
from skanomaly.utils._docstrings import with_texts
from skanomaly.utils._scores import anomaly_score_of, p_values_of
from skanomaly.utils._seeds import draw_seed
from skanomaly.utils._typing import Detector, Estimator, RandomStateLike, Transformer

__all__ = [
    "anomaly_score",
    "decision_function",
    "p_values",
    "partial_fit",
    "predict",
    "sample_rows",
    "score_samples",
    "transform",
]

_DETECTOR_AND_ROWS = """\
estimator : estimator
    A fitted detector, see :func:`score_samples`.
X : dask DataFrame or dask Array of shape (n_samples, n_features)
    Rows to score, with the columns of `fit`."""


def score_samples(estimator: Detector, X: Any) -> Any:
    """Score rows lazily, by partition: higher is more normal.

    Parameters
    ----------
    estimator : estimator
        A fitted detector, ours or scikit-learn's, or a Pipeline that ends in one. It
        is taken as it is now: what becomes of it later changes nothing.
    X : dask DataFrame or dask Array of shape (n_samples, n_features)
        Rows to score, with the columns of `fit`. An Array has one block of columns.

    Returns
    -------
    dask Series or dask Array of shape (n_samples,)
        What ``estimator.score_samples`` returns for all rows at once, of the same bits
        for our detectors. A Series has the index and the divisions of `X`, and the
        name of this function.

    See Also
    --------
    anomaly_score : The same with the other sign.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> import dask.dataframe as dd
    >>> import skanomaly.dask
    >>> from skanomaly.detectors import NeighborsDetector
    >>> frame = pd.DataFrame({"a": np.arange(20.0), "b": np.arange(20.0) ** 2})
    >>> detector = NeighborsDetector().fit(frame)
    >>> scores = skanomaly.dask.score_samples(
    ...     detector, dd.from_pandas(frame, npartitions=3)
    ... )
    >>> bool((scores.compute() == detector.score_samples(frame)).all())
    True
    """
    return _by_partition("score_samples", estimator, X)


@with_texts(detector_and_rows=_DETECTOR_AND_ROWS)
def anomaly_score(estimator: Detector, X: Any) -> Any:
    """Score rows lazily, by partition: higher is more anomalous.

    Parameters
    ----------
    {detector_and_rows}

    Returns
    -------
    dask Series or dask Array of shape (n_samples,)
        Anomaly scores, the negative of :func:`score_samples`.
    """
    return _by_partition("anomaly_score", estimator, X)


@with_texts(detector_and_rows=_DETECTOR_AND_ROWS)
def decision_function(estimator: Detector, X: Any) -> Any:
    """Signed distance to the threshold, by partition: negative is anomalous.

    Parameters
    ----------
    {detector_and_rows}

    Returns
    -------
    dask Series or dask Array of shape (n_samples,)
        Distances.
    """
    return _by_partition("decision_function", estimator, X)


@with_texts(detector_and_rows=_DETECTOR_AND_ROWS)
def predict(estimator: Detector, X: Any) -> Any:
    """Label rows lazily, by partition.

    Parameters
    ----------
    {detector_and_rows}

    Returns
    -------
    dask Series or dask Array of shape (n_samples,)
        +1 for normal rows, -1 for anomalous ones, as int64.
    """
    return _by_partition("predict", estimator, X)


def p_values(estimator: Detector, X: Any) -> Any:
    """Conformal p-values of rows, by partition.

    Parameters
    ----------
    estimator : estimator
        A fitted detector that has `p_values`, or a Pipeline that ends in one.
    X : dask DataFrame or dask Array of shape (n_samples, n_features)
        Rows that were not used for training, with the columns of `fit`.

    Returns
    -------
    dask Series or dask Array of shape (n_samples,)
        The p-values, small for anomalies. To control false discoveries among all rows,
        ``scipy.stats.false_discovery_control`` needs them together, 8 bytes a row.
    """
    return _by_partition("p_values", estimator, X)


def transform(corrector: Transformer, X: Any) -> Any:
    """Repair a table lazily, by partition.

    Parameters
    ----------
    corrector : estimator
        A fitted corrector. It is taken as it is now, and keeps no report.
    X : dask DataFrame or dask Array of shape (n_samples, n_features)
        Rows to repair, with the columns of `fit`.

    Returns
    -------
    dask DataFrame or dask Array of shape (n_samples, n_features)
        The repaired rows, of the columns, dtypes, index and divisions of `X`. What
        becomes of a row does not depend on the rows beside it, and so not on the
        partitions. Only where `DiffusionInpainter` draws values for equal rows of an
        Array, which have no index labels, does their place in the block count.

    Notes
    -----
    There are no reports; the user guide shows how ``corrector.repair`` gives them.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> import dask.dataframe as dd
    >>> import skanomaly.dask
    >>> from skanomaly.correctors import NoisyChannelCorrector
    >>> frame = pd.DataFrame(
    ...     {
    ...         "city": np.tile(["Bern", "Rome", "Oslo"], 100),
    ...         "land": np.tile(["CH", "IT", "NO"], 100),
    ...     }
    ... )
    >>> frame.loc[[1, 7, 34, 70], "city"] = ["Rmoe", "Roma", "Rme", "Rom"]
    >>> corrector = NoisyChannelCorrector(random_state=0).fit(frame)
    >>> X = dd.from_pandas(frame, npartitions=3)
    >>> repaired = skanomaly.dask.transform(corrector, X)
    >>> sorted(repaired["city"].unique().compute())
    ['Bern', 'Oslo', 'Rome']
    """
    dask = _dask()
    _check_rows(X, "corrector.transform(X)")
    if not hasattr(corrector, "repair"):
        raise TypeError(
            f"corrector={corrector!r} is no corrector of skanomaly. For another "
            "transformer use X.map_partitions(transformer.transform)."
        )
    _check_fitted(corrector, X)
    fitted = _shipped(dask, corrector)
    if _is_frame(X):
        return X.map_partitions(_repaired, fitted, meta=X._meta)
    return X.map_blocks(_repaired, fitted, dtype=X.dtype, meta=X._meta)


def partial_fit(
    estimator: Estimator,
    X: Any,
    *,
    shuffle_blocks: bool = True,
    random_state: RandomStateLike = None,
) -> Any:
    """Train a detector on one partition after the other, for one pass.

    Each partition is one call of ``estimator.partial_fit``, made by a worker; rows stay
    where they are and the detector travels. Partitions are read one at a time, so that
    a worker holds one of them, however many there are. Another pass is another call.

    Parameters
    ----------
    estimator : estimator
        A detector with `partial_fit`. It stays as it is; if it is fitted, its copy goes
        on from there.
    X : dask DataFrame or dask Array of shape (n_samples, n_features)
        Training rows. The first partition fixes the standardization, the last one
        `offset_`, and a network knows the latest rows best: where rows are sorted,
        shuffle them between partitions (``X.shuffle(...)``) and not only the order of
        the partitions.
    shuffle_blocks : bool, default=True
        Whether to take the partitions in random order.
    random_state : int, RandomState instance or None, default=None
        Seed of that order. The detector has its own.

    Returns
    -------
    estimator
        A fitted copy. Its threshold is that of the last partition: `calibrate` it by
        rows that were left out, such as those of :func:`sample_rows` from other data.

    See Also
    --------
    sample_rows : Rows for a `fit` in memory, which is enough for most detectors.

    Examples
    --------
    >>> import numpy as np
    >>> import dask.array as da
    >>> import skanomaly.dask
    >>> from skanomaly.detectors import AutoEncoder
    >>> X = da.random.default_rng(0).normal(size=(3000, 4), chunks=(1000, 4))
    >>> detector = AutoEncoder(random_state=0)
    >>> detector = skanomaly.dask.partial_fit(detector, X, random_state=0)
    >>> len(detector.net_.history)
    3
    """
    dask = _dask()
    _check_rows(X, "estimator.partial_fit(X)")
    if isinstance(estimator, type):
        name = estimator.__name__
        raise TypeError(f"estimator={name} is a class: pass an object, {name}().")
    if not hasattr(estimator, "partial_fit"):
        raise TypeError(
            f"estimator={estimator!r} has no partial_fit. Fit it on a sample: "
            "estimator.fit(skanomaly.dask.sample_rows(X, 100_000))."
        )
    parts = _parts(X)
    if shuffle_blocks:
        order = np.random.default_rng(draw_seed(random_state)).permutation(len(parts))
        parts = [parts[i] for i in order]
    # One graph for all would let Dask read ahead, and fill the memory of the workers.
    for part in parts:
        (estimator,) = dask.compute(dask.delayed(_trained)(estimator, part))
    _check_trained(estimator)
    return estimator


def sample_rows(X: Any, n_rows: int, *, random_state: RandomStateLike = None) -> Any:
    """Draw rows at random, without replacement, to fit or calibrate in memory.

    Rows are drawn by their position in the whole table: with an integer as
    `random_state` they are the same in every run, and however `X` is cut into
    partitions. The partitions are read twice, first to count their rows; of an Array
    with known chunks only once. Only what is drawn moves.

    Parameters
    ----------
    X : dask DataFrame or dask Array of shape (n_samples, n_features)
        The rows.
    n_rows : int
        How many to draw; all rows, if there are no more.
    random_state : int, RandomState instance or None, default=None
        Seed of the draw.

    Returns
    -------
    DataFrame or ndarray of shape (n_rows, n_features)
        The drawn rows, in memory and in the order of `X`.

    Examples
    --------
    >>> import numpy as np
    >>> import dask.array as da
    >>> import skanomaly.dask
    >>> X = da.arange(1000, chunks=100).reshape(-1, 1)
    >>> skanomaly.dask.sample_rows(X, 3, random_state=0).ravel()
    array([104, 367, 382])
    """
    dask = _dask()
    _check_rows(X, "X.sample(n_rows) of pandas")
    n_rows = check_count("n_rows", n_rows)
    lengths = _lengths(dask, X)
    total = int(lengths.sum())
    rng = np.random.default_rng(draw_seed(random_state))
    drawn = np.sort(rng.choice(total, min(n_rows, total), replace=False, shuffle=False))
    starts = np.cumsum(lengths) - lengths
    drawn_of = np.split(drawn, np.searchsorted(drawn, starts[1:]))
    rows = [
        dask.delayed(_rows_at)(part, here - start)
        for part, here, start in zip(_parts(X), drawn_of, starts, strict=True)
        if len(here)
    ]
    if not rows:
        raise ValueError("X has no rows to draw from: all its partitions are empty.")
    found = dask.compute(*rows)
    return pd.concat(found) if _is_frame(X) else np.concatenate(found)


def _by_partition(method, estimator, X):
    """Dask Series or Array of the results of a method of a detector."""
    dask = _dask()
    _check_rows(X, f"estimator.{method}(X)")
    _check_has(estimator, method)
    _check_fitted(estimator, X)
    dtype = np.int64 if method == "predict" else np.float64
    fitted = _shipped(dask, estimator)
    if _is_frame(X):
        meta = pd.Series(dtype=dtype, name=method, index=X._meta.index)
        return X.map_partitions(_applied, fitted, method, dtype, meta=meta)
    return X.map_blocks(
        _applied, fitted, method, dtype,
        dtype=dtype, meta=np.empty(0, dtype), drop_axis=list(range(1, X.ndim)),
    )  # fmt: skip


def _shipped(dask, estimator):
    """Estimator as it is now, as a task whose result each worker gets once.

    Not by `Client.scatter`: what is scattered is lost with the worker that holds it,
    while a task is repeated.
    """
    data = import_module("cloudpickle").dumps(estimator)  # also what __main__ defines
    return dask.delayed(pickle.loads, pure=True)(data)


_FUNCTIONS = {"anomaly_score": anomaly_score_of, "p_values": p_values_of}


def _applied(part, estimator, method, dtype):
    """Results of one partition, which may be empty."""
    if len(part) == 0:  # as filters leave it; estimators refuse it
        values = np.empty(0, dtype)
    elif method in _FUNCTIONS:
        values = _FUNCTIONS[method](estimator, part)
    else:
        values = getattr(estimator, method)(part)
    values = np.asarray(values, dtype=dtype)
    if isinstance(part, pd.DataFrame):
        return pd.Series(values, index=part.index, name=method)
    return values


def _repaired(part, corrector):
    # `transform` would keep reports, and mix those of several threads.
    return corrector.repair(part).table if len(part) else part


def _trained(estimator, part):
    # A copy: without processes the estimator is the user's own, and a task may be
    # repeated.
    return copy.deepcopy(estimator).partial_fit(part) if len(part) else estimator


def _check_trained(estimator):
    try:
        check_is_fitted(estimator)
    except NotFittedError as error:
        text = "X has no rows to train on: all its partitions are empty."
        raise ValueError(text) from error


def _rows_at(part, positions):
    return part.iloc[positions] if hasattr(part, "iloc") else part[positions]


def _parts(X):
    """One object of Dask for each partition."""
    if _is_frame(X):
        return [X.partitions[i] for i in range(X.npartitions)]
    return [X.blocks[i] for i in range(X.numblocks[0])]


def _lengths(dask, X):
    """Rows of each partition."""
    if not _is_frame(X) and not np.isnan(X.chunks[0]).any():
        return np.array(X.chunks[0], np.int64)
    # Of a frame the index is enough: columns need not be read.
    parts = _parts(X.index.to_frame() if _is_frame(X) else X)
    return np.array(dask.compute(*[dask.delayed(len)(part) for part in parts]))


def _dask():
    try:
        import_module("dask.dataframe")
        return import_module("dask")
    except ImportError as error:
        raise ImportError(
            "skanomaly.dask needs Dask. Install it with `pip install skanomaly[dask]`."
        ) from error


def _is_frame(X):
    return hasattr(X, "map_partitions")


def _check_rows(X, in_memory):
    """Refuse what is no table of Dask."""
    frame = import_module("dask.dataframe").DataFrame
    array = import_module("dask.array").Array
    if not isinstance(X, frame | array):
        raise TypeError(
            f"X must be a DataFrame or an Array of Dask, got {type(X).__name__}. For a "
            f"table in memory use {in_memory}; dask.dataframe.from_pandas(X, "
            "npartitions=...) and dask.array.from_array(X, chunks=...) cut one into "
            "parts."
        )
    if isinstance(X, frame):
        return
    if X.ndim < 2:
        raise ValueError(f"X has the shape {X.shape}: rows and columns are needed.")
    if any(n > 1 for n in X.numblocks[1:]):
        raise ValueError(
            f"X is cut into blocks along its columns, too (numblocks={X.numblocks}). "
            "A row must be in one block: X.rechunk({1: -1})."
        )


def _check_has(estimator, method):
    """Refuse what does not have the method, before anything is read."""
    if method == "anomaly_score":
        method = "score_samples"
    last = estimator
    if method == "p_values" and hasattr(estimator, "steps"):
        last = estimator.steps[-1][1]
    if not hasattr(last, method):
        raise TypeError(f"estimator={estimator!r} has no {method}.")


def _check_fitted(estimator, X):
    """Refuse an estimator that is not fitted, and columns of another table."""
    check_is_fitted(estimator)
    rows = X._meta if _is_frame(X) else np.empty((0, prod(X.shape[1:])))
    validate_data(estimator, rows, reset=False, skip_check_array=True)
