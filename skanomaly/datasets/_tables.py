"""Categorical tables, downloaded once and then read from disk."""

from __future__ import annotations

from os import PathLike
from typing import Any, Literal

from sklearn.utils import Bunch

from skanomaly.datasets import _registry as registry
from skanomaly.datasets._docstrings import documented
from skanomaly.datasets._table_store import as_numbers, load_table, normalize

COLUMNS = ("nominal", "all")


@documented
def fetch_bank_marketing(
    *,
    columns: Literal["nominal", "all"] = "nominal",
    data_home: str | PathLike[str] | None = None,
    download_if_missing: bool = True,
    return_X_y: bool = False,
) -> Any:
    """Load bank marketing: 41188 calls, of which 4640 sold a deposit.

    Parameters
    ----------
    columns : {"nominal", "all"}, default="nominal"
        Which columns: the ten nominal ones, or all twenty.
    {cache_parameters}
    {return_X_y}

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        With attributes:

        - `data` : DataFrame of shape (41188, 10) or (41188, 20). Nominal columns are
          strings, the others numbers.
        - `target` : Series of shape (41188,), int64, 1 = yes.
        - `frame` : DataFrame of data and target.
        - `feature_names` : list of str.
        - `target_names` : list of str, "no" and "yes".
        - `DESCR` : str, with source and licence.

    See Also
    --------
    fetch_categorical : Other categorical tables.

    Notes
    -----
    The file is ``categorical/bank_marketing.csv`` in the data home. The cells of a
    download are compared by SHA-256 with those of a known copy.

    With "yes" as the anomaly, the nominal columns are a hard task: most anomalies
    look like normal rows, and many patterns have both labels.

    References
    ----------
    S. Moro, P. Cortez and P. Rita, "A data-driven approach to predict the success of
    bank telemarketing", Decision Support Systems 62, 2014,
    doi:10.1016/j.dss.2014.03.001.

    Examples
    --------
    >>> from skanomaly.datasets import fetch_bank_marketing
    >>> X, y = fetch_bank_marketing(return_X_y=True)  # doctest: +SKIP
    >>> X.shape, int(y.sum())  # doctest: +SKIP
    ((41188, 10), 4640)
    """
    _check_choice("columns", columns, COLUMNS)
    frame = load_table(registry.bank_file(), data_home, download_if_missing)
    target = (frame.pop("y") == "yes").astype("int64").rename("target")
    numeric = [name for name in frame if name not in registry.BANK["nominal"]]
    frame = _chosen(frame, numeric, columns)
    return _bunch(
        frame, target, return_X_y, ["no", "yes"], registry.BANK["description"]
    )


@documented
def fetch_categorical(
    name: Literal["adult", "mushroom", "nursery"],
    *,
    columns: Literal["nominal", "all"] = "nominal",
    data_home: str | PathLike[str] | None = None,
    download_if_missing: bool = True,
    return_X_y: bool = False,
) -> Any:
    """Load a well-known categorical table.

    Parameters
    ----------
    name : {"adult", "mushroom", "nursery"}
        Which one: 32561 people of a census, 8124 mushrooms, or 12960 applications
        for nursery schools.
    columns : {"nominal", "all"}, default="nominal"
        Which columns: the nominal ones, or the numeric ones too, which only "adult"
        has.
    {cache_parameters}
    {return_X_y}

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        With attributes:

        - `data` : DataFrame of shape (n_samples, n_features). Nominal columns are
          strings ("?" where the answer is missing), the others int64.
        - `target` : Series of shape (n_samples,), str, the class.
        - `frame` : DataFrame of data and target.
        - `feature_names` : list of str.
        - `target_names` : list of str, the classes in alphabetical order.
        - `DESCR` : str, with the source.

    See Also
    --------
    inject_cell_errors : Injects errors into known cells of a table.
    fetch_repair_pair : Tables with real errors.

    Notes
    -----
    The file is ``categorical/<name>.csv`` in the data home. The cells of a download are
    compared by SHA-256 with those of a known copy. Columns of mushroom have the names
    of its documentation; the file has none.

    References
    ----------
    M. Kelly, R. Longjohn and K. Nottingham, "The UCI machine learning repository",
    https://archive.ics.uci.edu.

    Examples
    --------
    >>> from skanomaly.datasets import fetch_categorical
    >>> fetch_categorical("adult").data.shape  # doctest: +SKIP
    (32561, 8)
    """
    _check_choice("name", name, registry.CATEGORICAL["tables"])
    _check_choice("columns", columns, COLUMNS)
    table = registry.CATEGORICAL["tables"][name]
    file = registry.categorical_file(name)
    frame = load_table(file, data_home, download_if_missing)
    frame = frame.set_axis(table["columns"], axis=1)
    target = frame.pop(table["target"])
    description = registry.CATEGORICAL["description"].format(
        name=name, n_rows=len(frame), **table
    )
    frame = _chosen(frame, table["numeric"], columns)
    return _bunch(frame, target, return_X_y, sorted(set(target)), description)


@documented
def fetch_repair_pair(
    name: Literal["hospital", "flights", "beers", "rayyan"],
    *,
    data_home: str | PathLike[str] | None = None,
    download_if_missing: bool = True,
) -> Bunch:
    """Load a table with real errors, and the same table without them.

    Parameters
    ----------
    name : {"hospital", "flights", "beers", "rayyan"}
        Which one. In hospital, characters were replaced in 509 cells of 1000 rows;
        flights has 4920 conflicts between sources, half of them empty cells; the errors
        of beers (4362) and rayyan (948) are mostly of format, and the true value often
        does not occur in its column.
    {cache_parameters}

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        With attributes:

        - `dirty` : DataFrame of shape (n_samples, n_features), all strings.
        - `clean` : DataFrame of the same shape, index and columns.
        - `error_mask` : ndarray of bool of shape (n_samples, n_features), True = wrong.
        - `feature_names` : list of str, those of the clean file.
        - `DESCR` : str, with the source.

    See Also
    --------
    inject_cell_errors : Injects errors into any table.
    skanomaly.metrics.repair_scores : Compares a repair with the clean table.

    Notes
    -----
    The files are ``repair/<name>/dirty.csv`` and ``clean.csv`` in the data home. The
    cells of a download are compared by SHA-256 with those of a known copy.

    Values are those that Raha compares: strings with HTML entities resolved, blanks
    collapsed and stripped. An empty cell is the empty string. Columns are matched by
    position, because headers are spelled differently in the two files. The first column
    of each table identifies its rows.

    References
    ----------
    M. Mahdavi et al., "Raha: a configuration-free error detection system", SIGMOD 2019,
    doi:10.1145/3299869.3324956.

    Examples
    --------
    >>> from skanomaly.datasets import fetch_repair_pair
    >>> hospital = fetch_repair_pair("hospital")  # doctest: +SKIP
    >>> int(hospital.error_mask.sum())  # doctest: +SKIP
    509
    """
    _check_choice("name", name, registry.PAIRS["checksums"])
    dirty, clean = (
        normalize(load_table(file, data_home, download_if_missing))
        for file in registry.pair_files(name)
    )
    if dirty.shape != clean.shape:
        raise OSError(
            f"repair/{name}: dirty.csv has shape {dirty.shape}, clean.csv "
            f"{clean.shape}. Delete the damaged one to have it downloaded again."
        )
    dirty.columns = clean.columns
    wrong = (dirty != clean).to_numpy(dtype=bool)
    counts = {"n_rows": len(clean), "n_columns": clean.shape[1]}
    counts |= {"n_errors": int(wrong.sum()), "share": wrong.mean()}
    return Bunch(
        dirty=dirty,
        clean=clean,
        error_mask=wrong,
        feature_names=list(clean.columns),
        DESCR=registry.PAIRS["description"].format(name=name, **counts),
    )


def _check_choice(parameter, value, choices):
    if not isinstance(value, str) or value not in choices:
        raise ValueError(f"{parameter}={value!r}: give one of {', '.join(choices)}.")


def _chosen(frame, numeric, columns):
    """Return the nominal columns of a frame of strings, or all with numbers."""
    if columns == "nominal" or not numeric:
        return frame.drop(columns=numeric)
    return frame.assign(**as_numbers(frame[numeric]))


def _bunch(data, target, return_X_y, target_names, description):
    if return_X_y:
        return data, target
    return Bunch(
        data=data,
        target=target,
        frame=data.assign(**{target.name: target}),
        feature_names=list(data.columns),
        target_names=target_names,
        DESCR=description,
    )
