"""Tables of ADBench, downloaded once and then read from disk."""

from __future__ import annotations

from os import PathLike
from typing import Any

import numpy as np
from sklearn.utils import Bunch

from skanomaly.datasets import _registry as registry
from skanomaly.datasets._docstrings import documented
from skanomaly.datasets._store import load


@documented
def fetch_adbench(
    name: str,
    *,
    data_home: str | PathLike[str] | None = None,
    download_if_missing: bool = True,
    return_X_y: bool = False,
    as_frame: bool = False,
) -> Any:
    """Load a tabular data set with labelled anomalies of ADBench.

    Parameters
    ----------
    name : str
        One of the 47 "Classical" sets by its name upstream, with or without the number
        and in any case: "10_cover", "cover", "Cover".
    {cache_parameters}
    {return_X_y}
    {as_frame}

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        With attributes:

        - `data` : ndarray or DataFrame of shape (n_samples, n_features), float64.
        - `target` : ndarray or Series of shape (n_samples,), int64, 1 = anomaly.
        - `frame` : DataFrame of data and target, None unless `as_frame`.
        - `feature_names` : list of str, "x0", "x1", ...: upstream has none.
        - `target_names` : list of str, "normal" and "anomaly".
        - `DESCR` : str, with source and licence.

    See Also
    --------
    one_vs_rest : Makes an anomaly detection task from a data set with classes.

    Notes
    -----
    The file is ``adbench/<name>.npz`` in the data home. Its values are compared
    by SHA-256 with those of a known copy whenever it is read. There was none of 4 sets
    (backdoor, census, fraud, speech): their download is trusted, and its checksum kept
    beside the file. Pickles are not opened.

    References
    ----------
    S. Han, X. Hu, H. Huang, M. Jiang and Y. Zhao, "ADBench: Anomaly detection
    benchmark", NeurIPS 2022, arXiv:2206.09426.

    Examples
    --------
    >>> from skanomaly.datasets import fetch_adbench
    >>> cardio = fetch_adbench("cardio")  # doctest: +SKIP
    >>> cardio.data.shape, int(cardio.target.sum())  # doctest: +SKIP
    ((1831, 21), 176)
    """
    name = _adbench_name(name)
    keys = ("X", "y")
    file = registry.adbench_file(name)
    arrays = load(file, keys, data_home, download_if_missing)
    X, y = (arrays[key] for key in keys)
    X, y = X.astype(np.float64, copy=False), y.astype(np.int64, copy=False)
    counts = {"n_rows": len(X), "n_columns": X.shape[1]}
    counts |= {"n_anomalies": int(y.sum()), "share": y.mean()}
    attributes = {
        "feature_names": [f"x{j}" for j in range(X.shape[1])],
        "target_names": ["normal", "anomaly"],
        "DESCR": registry.ADBENCH["description"].format(name=name, **counts),
    }
    return make_bunch(X, y, return_X_y, as_frame, attributes)


def _adbench_name(name):
    """Return the name upstream: "Cover" and "10_cover" are "10_cover"."""
    known = registry.ADBENCH["checksums"]
    names = {full.lower(): full for full in known}
    short_names = {full.partition("_")[2].lower(): full for full in known}
    try:
        return (names | short_names)[name.lower()]
    except (KeyError, AttributeError):
        raise ValueError(
            f"name={name!r} is no data set of ADBench. Give one of "
            f"{', '.join(known)}; the number may be left out."
        ) from None


def make_bunch(X, y, return_X_y, as_frame, attributes):
    """Return a Bunch, or `(X, y)`, of arrays or of pandas objects."""
    frame = None
    if as_frame:
        import pandas as pd

        X = pd.DataFrame(X, columns=attributes["feature_names"])
        y = pd.Series(y, name="target")
        frame = pd.concat([X, y], axis=1)
    if return_X_y:
        return X, y
    return Bunch(data=X, target=y, frame=frame, **attributes)
