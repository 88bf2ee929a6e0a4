"""What every corrector promises, as one function: `check_corrector`.

Also the table of all public correctors with settings that make their tests fast, and
the small tables that their tests share. A new corrector needs one entry in
`CORRECTORS`; `test_common_correctors.py` fails until it is there.
"""

import copy
import pickle
import random
from functools import partial

import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from skanomaly.correctors import (
    AnomalyCorrector,
    BeamSearch,
    DiffusionInpainter,
    GradientSearch,
    InverseGradientRepair,
)

# A few steps leave every model unsure; a low bar lets it repair all the same.
_SMALL = {"hidden_units": (16,), "n_steps": 60, "alpha": 0.6}

# One entry for every name in `skanomaly.correctors.__all__`.
CORRECTORS = {
    "InverseGradientRepair": partial(
        InverseGradientRepair, hidden_units=(8,), max_epochs=80, random_state=0
    ),
    "DiffusionInpainter": partial(DiffusionInpainter, **_SMALL, random_state=0),
    "AnomalyCorrector": partial(
        AnomalyCorrector,
        max_epochs=80,
        inpainter=DiffusionInpainter(**_SMALL),
        random_state=0,
    ),
}

_REPAIR = CORRECTORS["InverseGradientRepair"]
_INPAINT = CORRECTORS["DiffusionInpainter"]
_DRAWS = {"mask": "missing", "n_timesteps": 3, "n_resamplings": 2, "n_draws": 2}
_GAUSSIAN = {**_DRAWS, "formulation": "gaussian"}
_WALKS = {"search": GradientSearch(step=0.1, n_restarts=2, n_iter=30)}

# Settings that take other paths through the code.
VARIANTS = {
    "InverseGradientRepair-beam": partial(_REPAIR, search=BeamSearch(width=3)),
    "InverseGradientRepair-gradient": partial(_REPAIR, **_WALKS),
    "InverseGradientRepair-published": partial(_REPAIR, **_WALKS, variant="published"),
    "DiffusionInpainter-draw": partial(_INPAINT, mask="missing", fill="draw"),
    "DiffusionInpainter-multinomial": partial(
        _INPAINT, **_DRAWS, formulation="multinomial"
    ),
    "DiffusionInpainter-gaussian": partial(_INPAINT, **_GAUSSIAN),
    "DiffusionInpainter-published": partial(_INPAINT, **_GAUSSIAN, variant="published"),
}

every_corrector = pytest.mark.parametrize("name", CORRECTORS)

STATUSES = {"untouched", "repaired", "abstained", "failed"}

CITIES = np.array(["Bern", "Rome", "Oslo", "Kyiv"], dtype=object)
LANDS = np.array(["CH", "IT", "NO", "UA", "FR"], dtype=object)


def city_table(n_rows=150, n_errors=24, seed=0):
    """Towns with country and currency, some of them wrong; 1 where a row is wrong.

    No right country is "FR", and no right currency 4: easy to learn in a few steps.
    """
    rng = np.random.default_rng(seed)
    town = rng.integers(4, size=n_rows)
    land, money = town.copy(), town.copy()
    wrong = rng.choice(n_rows, n_errors, replace=False)
    land[wrong[::2]], money[wrong[1::2]] = 4, 4
    X = pd.DataFrame(
        {
            "city": pd.Series(CITIES[town], dtype=object),
            "land": pd.Series(LANDS[land], dtype=object),
            "money": money,
        }
    )
    return X, np.isin(np.arange(n_rows), wrong).astype(np.int64)


TOWNS = np.array([*CITIES, "Nice"], dtype=object)
MONEY = np.array(["CHF", "EUR", "NOK", "UAH", "FRF"], dtype=object)


def towns(n_rows=500, share=0.0, seed=0):
    """Town, country and currency; a share of the cells is that of another town.

    Also the mask of those cells. Without a share the same seed gives the right table.
    """
    rng = np.random.default_rng(seed)
    codes = np.repeat(rng.integers(5, size=(n_rows, 1)), 3, axis=1)
    wrong = rng.random(codes.shape) < share
    codes = np.where(wrong, (codes + rng.integers(1, 5, codes.shape)) % 5, codes)
    values = [names[codes[:, j]] for j, names in enumerate((TOWNS, LANDS, MONEY))]
    names = ("city", "land", "money")
    return pd.DataFrame(dict(zip(names, values, strict=True)), dtype=object), wrong


def mixed_table():
    """Columns of every type, with missing cells and an index of its own."""
    X, y = city_table(100)
    rng = np.random.default_rng(1)
    town = X["city"].map(dict(zip(CITIES, range(4), strict=True))).to_numpy()
    X["alpine"] = town == 0
    X["kind"] = pd.Categorical.from_codes(town % 2, ["port", "inland"])
    X["height"] = town * 100.0 + rng.normal(size=len(X))
    X["rank"] = pd.array(town + 7, dtype="Int64")
    X["day"] = pd.Timestamp("2024-01-01") + pd.to_timedelta(town, unit="D")
    X["word"] = pd.array(CITIES[town], dtype="string")
    for j, name in enumerate(("land", "kind", "height", "rank", "day", "word")):
        X.iloc[[3 * j, 60 + j], X.columns.get_loc(name)] = None
    X.index = pd.Index(rng.permutation(len(X)), name="id")
    return X, y


def _tables():
    """Pairs of a table and its labels, one for every kind of table."""
    plain, y = city_table(100)
    objects = plain.to_numpy(dtype=object)
    objects[5, 1] = None
    codes = np.stack([pd.factorize(plain[name])[0] for name in plain], axis=1)
    numbers = codes.astype(np.float64)
    numbers[7, 2] = np.nan
    as_polars = pl.DataFrame({n: plain[n].tolist() for n in plain})
    as_polars[5, "land"] = None
    return {
        "mixed": mixed_table(),
        "objects": (objects, y),
        "integers": (codes, y),
        "floats": (numbers, y),
        "strings": (plain[["city", "land"]].to_numpy(dtype=str), y),
        "lists": (objects.tolist(), y),
        "polars": (as_polars, y),
    }


TABLES = _tables()


def cells(X):
    """Cells of any table as an array of objects."""
    if isinstance(X, pl.DataFrame):
        X = pd.DataFrame(
            {name: pd.Series(X[name].to_list(), dtype=object) for name in X.columns}
        )
    if isinstance(X, pd.DataFrame):
        columns = [
            X.iloc[:, j].astype(object).to_numpy(object) for j in range(X.shape[1])
        ]
        return np.stack(columns, axis=1)
    return np.asarray(X, dtype=object)


def differences(before, after):
    """Mask of the cells that differ; missing equals missing, 1 is not "1"."""
    before, after = cells(before), cells(after)
    missing = pd.isna(before), pd.isna(after)
    known = ~(missing[0] | missing[1])
    changed = missing[0] != missing[1]
    old, new = before[known], after[known]
    changed[known] = (old != new) | (_types(old) != _types(new))
    return changed


_types = np.frompyfunc(type, 1, 1)


def take(X, rows):
    """Rows of any table, by number."""
    if isinstance(X, pd.DataFrame):
        return X.iloc[rows]
    return [X[i] for i in rows] if isinstance(X, list) else X[rows]


def check_corrector(corrector, *, labels=True, tables=TABLES):
    """Check what every corrector promises.

    Parameters
    ----------
    corrector : BaseCorrector
        Unfitted, with settings that make it fast, and an int as `random_state`.
    labels : bool, default=True
        Whether to fit it with labels.
    tables : dict, default=TABLES
        Tables and their labels, by name.
    """
    for name, (X, y) in tables.items():
        _check_table(clone(corrector), X, y if labels else None, name)
    X, y = mixed_table()
    y = y if labels else None
    for check in _CHECKS:
        check(clone(corrector), X, y)
    fitted = clone(corrector).fit(X, y)
    for check in _FITTED_CHECKS:
        check(fitted, X, y)


def _check_table(corrector, X, y, name):
    before = copy.deepcopy(X)
    out = corrector.fit(X, y).transform(X)
    assert not differences(before, X).any(), f"{name}: X was modified"
    _check_type(X, out)
    changed = differences(X, out)
    assert changed.any() or name != "mixed", "nothing changed: nothing was tested"
    _check_untouched_cells(X, out, changed)
    _check_report(corrector, X, out, changed)
    _check_row_report(corrector, X, changed)
    restored = corrector.inverse_transform(out)
    _check_type(X, restored)
    assert not differences(X, restored).any()
    _check_proposals(corrector, X)


def _check_type(X, out):
    if isinstance(X, pd.DataFrame):
        pd.testing.assert_index_equal(out.columns, X.columns, exact="equiv")
        pd.testing.assert_index_equal(out.index, X.index)
        assert out.dtypes.equals(X.dtypes)
    elif isinstance(X, pl.DataFrame):
        assert isinstance(out, pl.DataFrame)
        assert out.schema == X.schema
    else:
        assert isinstance(out, np.ndarray)
        assert out.shape == np.shape(X)
        if isinstance(X, np.ndarray):
            assert out.dtype.kind == X.dtype.kind


def _check_untouched_cells(X, out, changed):
    """Objects are the very same, numbers the same bits."""
    if isinstance(X, np.ndarray) and X.dtype == object:
        assert all(a is b for a, b in zip(X[~changed], out[~changed], strict=True))
    if isinstance(X, pd.DataFrame):
        for j, dtype in enumerate(X.dtypes):
            keep = ~changed[:, j]
            old, new = (t.iloc[:, j].to_numpy()[keep] for t in (X, out))
            if dtype.kind == "O" and isinstance(dtype, np.dtype):
                assert all(a is b for a, b in zip(old, new, strict=True))
            elif dtype.kind in "fiMb" and isinstance(dtype, np.dtype):
                assert old.tobytes() == new.tobytes()


def _check_report(corrector, X, out, changed):
    report = corrector.report_
    index = X.index if isinstance(X, pd.DataFrame) else pd.RangeIndex(len(X))
    columns = pd.Index(getattr(X, "columns", range(changed.shape[1])))
    rows = index.get_indexer(report["row"])
    places = columns.get_indexer(report["column"])
    listed = list(zip(rows.tolist(), places.tolist(), strict=True))
    assert len(set(listed)) == len(listed), "a change is reported twice"
    assert sorted(listed) == [tuple(c) for c in np.argwhere(changed).tolist()]
    for said, table in (("old", X), ("new", out)):
        there = cells(table)[rows, places]
        assert not differences(report[said].to_numpy(object), there).any()
    assert report["status"].eq("repaired").all()


def _check_row_report(corrector, X, changed):
    report = corrector.row_report_
    if isinstance(X, pd.DataFrame):
        pd.testing.assert_index_equal(report.index, X.index)
    assert len(report) == len(X)
    assert set(report["status"]) <= STATUSES
    repaired = report["status"].eq("repaired").to_numpy()
    np.testing.assert_array_equal(changed.any(axis=1), repaired)
    missing = pd.isna(cells(X))
    assert report["n_edits"].tolist() == (changed & ~missing).sum(axis=1).tolist()
    assert report["n_filled"].tolist() == (changed & missing).sum(axis=1).tolist()
    for name in ("p_anomaly_before", "p_anomaly_after"):
        assert report[name].dropna().between(0, 1).all()
    for name in ("p_new", "p_error", "p_anomaly_before", "p_anomaly_after"):
        assert corrector.report_[name].dropna().between(0, 1).all()
    unsaid = report["status"].isin(["abstained", "failed"]) & report["reason"].eq("")
    assert not unsaid.any(), "rows left alone for no reason"


def _check_proposals(corrector, X):
    table = corrector.propose(X, n_candidates=3)
    assert table["rank"].isin(range(3)).all()
    assert not table.duplicated(["row", "rank", "column"]).any()
    # Cheaper candidates come first, whatever their share.
    table["size"] = table.groupby(["row", "rank"])["column"].transform("size")
    share = table.drop_duplicates(["row", "rank"]).groupby(["row", "size"])
    assert (share["p_candidate"].diff().dropna() <= 1e-9).all(), "not best first"
    assert table["p_candidate"].between(0, 1 + 1e-9).all()


def check_locked_columns(corrector, X, y):
    """Immutable columns never change."""
    locked = ["land", "height", "rank"]
    out = corrector.set_params(immutable=locked).fit(X, y).transform(X)
    assert not differences(X[locked], out[locked]).any()


def town_is_no_kyiv(table):
    """Accept rows that are not in Ukraine."""
    return (table["land"] != "UA") & (table["money"] != 3)


def check_constraints(corrector, X, y):
    """Constraints hold on every changed row."""
    out = corrector.set_params(constraints=[town_is_no_kyiv]).fit(X, y).transform(X)
    changed = differences(X, out).any(axis=1)
    assert town_is_no_kyiv(out[changed]).all()


def check_max_edits(corrector, X, y):
    """No row changes in more cells than allowed; filled ones do not count."""
    X = X.assign(money=(X["money"] + np.arange(len(X)) % 3).to_numpy() % 4)
    out = corrector.set_params(max_edits=1).fit(X, y).transform(X)
    edits = (differences(X, out) & ~pd.isna(cells(X))).sum(axis=1)
    assert edits.max() <= 1


def _global_state():
    kind, keys, *rest = np.random.get_state()  # noqa: NPY002
    return torch.get_rng_state().tolist(), kind, keys.tolist(), rest, random.getstate()


def check_seeds(corrector, X, y):
    """The same seed gives the same table; global generators are left alone."""
    other = clone(corrector)
    before = _global_state()
    first = corrector.fit(X, y).transform(X)
    corrector.propose(X)
    assert _global_state() == before
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(7)
        np.random.seed(7)  # noqa: NPY002
        second = other.fit(X, y).transform(X)
    pd.testing.assert_frame_equal(first, second, check_exact=True)
    for name in ("report_", "row_report_"):
        one, two = getattr(corrector, name), getattr(other, name)
        pd.testing.assert_frame_equal(one, two, check_exact=True)


def check_batches(corrector, X, y):
    """What becomes of a row does not depend on the rows beside it."""
    whole = corrector.transform(X)
    said, cells_said = corrector.row_report_, corrector.report_
    order = np.random.default_rng(0).permutation(len(X))
    for rows in (order, order[:7], order[7:8], order[8:]):
        part = corrector.transform(X.iloc[rows])
        pd.testing.assert_frame_equal(part, whole.iloc[rows], check_exact=True)
        report = corrector.row_report_
        pd.testing.assert_frame_equal(report, said.iloc[rows], check_exact=True)
        mine = cells_said[cells_said["row"].isin(part.index)]
        mine, got = (
            t.sort_values(["row", "column"]) for t in (mine, corrector.report_)
        )
        assert not differences(got, mine).any()


def check_copies(corrector, X, y):
    """Copies of a fitted corrector do what it does; a clone is unfitted."""
    out = corrector.transform(X)
    for again in (pickle.loads(pickle.dumps(corrector)), copy.deepcopy(corrector)):
        pd.testing.assert_frame_equal(again.inverse_transform(out), X)
        pd.testing.assert_frame_equal(again.transform(X), out, check_exact=True)
        pd.testing.assert_frame_equal(again.report_, corrector.report_)
    assert str(clone(corrector)) == str(corrector)
    check_unfitted(clone(corrector), X, y)


def check_unfitted(corrector, X, y):
    """Everything that needs a fit says so."""
    for method in (corrector.transform, corrector.propose, corrector.inverse_transform):
        with pytest.raises(NotFittedError):
            method(X)
    for name in ("report_", "row_report_"):
        assert not hasattr(corrector, name)


def check_output(corrector, X, y):
    """Output is of the type that the user asks for, with the names of the columns."""
    plain = X[["city", "land", "money"]].fillna({"land": "CH"})
    expected = corrector.fit(plain, y).transform(plain)
    assert corrector.get_feature_names_out().tolist() == ["city", "land", "money"]
    # Strings would make polars ask for pyarrow.
    numbers, labels = TABLES["integers"]
    corrector.fit(numbers, None if y is None else labels)
    out = corrector.set_output(transform="polars").transform(numbers)
    assert isinstance(out, pl.DataFrame)
    assert out.columns == ["x0", "x1", "x2"]
    corrector = clone(corrector).set_output(transform="pandas")
    out = corrector.fit(plain.to_numpy(object), y).transform(plain.to_numpy(object))
    assert out.columns.tolist() == ["x0", "x1", "x2"]
    assert not differences(out, expected).any()


def check_pipeline(corrector, X, y):
    """It works before a classifier, and its parameters can be searched."""
    table, labels = city_table(100)
    encoder = OneHotEncoder(handle_unknown="ignore")
    corrector.set_params(handle_unknown="keep")
    pipe = make_pipeline(corrector, encoder, LogisticRegression())
    assert pipe.fit(table, labels).predict(table).shape == (100,)
    grid = {f"{pipe.steps[0][0]}__max_edits": [1, None]}
    search = GridSearchCV(pipe, grid, cv=2, error_score="raise").fit(table, labels)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


def check_failed_fit(corrector, X, y):
    """A fit that fails keeps the earlier one whole, its reports too."""
    out = corrector.transform(X)
    report = corrector.report_
    with pytest.raises(ValueError, match="'land' has no value"):
        corrector.fit(X[["city", "land"]].assign(land=None), y)
    assert corrector.report_ is report
    pd.testing.assert_frame_equal(corrector.inverse_transform(out), X)
    pd.testing.assert_frame_equal(corrector.transform(X), out, check_exact=True)


_CHECKS = [
    check_locked_columns, check_constraints, check_max_edits, check_seeds,
    check_unfitted, check_output, check_pipeline,
]  # fmt: skip
_FITTED_CHECKS = [check_copies, check_failed_fit, check_batches]
