"""What every corrector promises, as named checks, see `corrector_checks`.

Also the table of all public correctors with settings that make their tests fast, and
the small tables that their tests share. A new corrector needs one entry in
`CORRECTORS`; `test_correctors.py` fails until it is there.
"""

import copy
import pickle
import random
from functools import partial, wraps

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
    NoisyChannelCorrector,
)
from skanomaly.correctors._review.texts import as_text
from tests.contract.estimators import saved_and_loaded

_SMALL = {"hidden_units": (16,), "n_steps": 60}
# One in twelve cells of the small tables is wrong; missing ones are filled.
_DIRTY = {"error_rate": 0.2, "fill": True}

# One entry for every name in `skanomaly.correctors.__all__`.
CORRECTORS = {
    "InverseGradientRepair": partial(
        InverseGradientRepair, hidden_units=(8,), max_epochs=80, random_state=0
    ),
    "DiffusionInpainter": partial(DiffusionInpainter, **_SMALL, random_state=0),
    "NoisyChannelCorrector": partial(NoisyChannelCorrector, **_DIRTY, random_state=0),
    "AnomalyCorrector": partial(
        AnomalyCorrector,
        max_epochs=80,
        inpainter=DiffusionInpainter(**_SMALL),
        **_DIRTY,
        random_state=0,
    ),
}

_REPAIR = CORRECTORS["InverseGradientRepair"]
_INPAINT = CORRECTORS["DiffusionInpainter"]
_DRAWS = {"n_timesteps": 3, "n_resamplings": 2, "n_draws": 2}
_GAUSSIAN = {**_DRAWS, "formulation": "gaussian"}
_WALKS = {"search": GradientSearch(step=0.1, n_restarts=2, n_iter=30)}

# Settings that take other paths through the code; the first of a class is not slow.
VARIANTS = {
    "InverseGradientRepair-gradient": partial(_REPAIR, **_WALKS),
    "InverseGradientRepair-beam": partial(_REPAIR, search=BeamSearch(width=3)),
    "InverseGradientRepair-published": partial(_REPAIR, **_WALKS, variant="published"),
    "DiffusionInpainter-multinomial": partial(
        _INPAINT, **_DRAWS, formulation="multinomial"
    ),
    "DiffusionInpainter-draw": partial(_INPAINT, fill="draw"),
    "DiffusionInpainter-gaussian": partial(_INPAINT, **_GAUSSIAN),
    "DiffusionInpainter-published": partial(_INPAINT, **_GAUSSIAN, variant="published"),
}
SMOKE = ("InverseGradientRepair-gradient", "DiffusionInpainter-multinomial")

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


class Subject:
    """A corrector under test: unfitted copies, and one fitted to each table.

    Parameters
    ----------
    corrector : BaseCorrector
        Unfitted, with settings that make it fast, and an int as `random_state`.
    labels : bool, default=True
        Whether to fit it with labels.
    tables : dict, default=TABLES
        Tables and their labels, by name; "mixed" among them.
    """

    def __init__(self, corrector, labels=True, tables=TABLES):
        self.corrector, self.labels, self.tables = corrector, labels, tables
        self._applied = {}

    def new(self, **params):
        """Return an unfitted copy with other parameters."""
        return clone(self.corrector).set_params(**params)

    def table(self, name="mixed", columns=None):
        """Return a table, or some of its columns, and its labels."""
        X, y = self.tables[name]
        return X if columns is None else X[columns], y if self.labels else None

    def applied(self, name="mixed"):
        """Return a corrector that has transformed its table, the table, the result."""
        X, y = self.table(name)
        if name not in self._applied:
            corrector, before = self.new(), copy.deepcopy(X)
            out = corrector.fit(X, y).transform(X)
            assert not differences(before, X).any(), "X was modified"
            self._applied[name] = corrector, out
        corrector, out = copy.deepcopy(self._applied[name])
        return corrector, X, out


def corrector_checks(corrector, *, labels=True, tables=TABLES):
    """Yield what every corrector promises: named functions without parameters.

    Parameters
    ----------
    corrector, labels, tables
        As in `Subject`.

    Yields
    ------
    check : functools.partial
        Raises where the promise is broken; ``check.func.__name__`` names it.
    """
    subject = Subject(corrector, labels, tables)
    for check in CHECKS:
        yield partial(check, subject)


def check_corrector(corrector, **options):
    """Run all checks: for authors of correctors of their own."""
    for check in corrector_checks(corrector, **options):
        check()


def on_every_table(check):
    """Run a check of (corrector, X, out) on every table, and say which it fails on."""

    @wraps(check)
    def run(subject):
        for name in subject.tables:
            try:
                check(*subject.applied(name))
            except AssertionError as error:
                raise AssertionError(f"{name}: {error}") from error

    return run


def check_something_changes(subject):
    """The mixed table has something to repair, or nothing would be tested."""
    _, X, out = subject.applied()
    assert differences(X, out).any()


@on_every_table
def check_type_columns_and_index_stay(corrector, X, out):
    """The result is of the type of X, and so is what is undone."""
    _check_type(X, out)
    _check_type(X, corrector.inverse_transform(out))


@on_every_table
def check_unchanged_cells_are_the_same(corrector, X, out):
    """Objects are the very same, numbers the same bits."""
    changed = differences(X, out)
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


@on_every_table
def check_report_lists_every_change(corrector, X, out):
    """One row for each changed cell, with what stood there and stands there now."""
    report, changed = corrector.report_, differences(X, out)
    assert report["status"].isin(["repaired", "flagged", "failed"]).all()
    flagged = report[report["status"] != "repaired"]
    assert flagged["new"].isna().all()
    report = report[report["status"] == "repaired"]
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
    for name in ("p_new", "p_error", "p_anomaly_before", "p_anomaly_after"):
        assert report[name].dropna().between(0, 1).all()


@on_every_table
def check_every_change_has_a_reason(corrector, X, out):
    """A sentence that names the column, and what changes like it have in common."""
    report = corrector.report_
    assert report["kind"].ne("").all()
    for column, reason in zip(report["column"], report["reason"], strict=True):
        assert str(column) in reason, (
            f"the reason of a change of {column} is {reason!r}"
        )


@on_every_table
def check_accepted_changes_are_those_of_transform(corrector, X, out):
    """Decisions give the repaired table, as objects and as texts, and can be undone."""
    report = corrector.report_
    decisions = report.assign(
        decision=np.where(report["status"] == "repaired", "accept", "reject")
    )
    for given in (decisions, decisions.map(as_text)):
        if len(given):
            table, log = corrector.apply(X, given)
            assert not differences(table, out).any()
            assert len(log) == len(report)
            assert not differences(corrector.inverse_transform(table), X).any()


@on_every_table
def check_row_report_says_what_became_of_each_row(corrector, X, out):
    """Status, reason, and counts of edits and fillings."""
    report, changed = corrector.row_report_, differences(X, out)
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
    unsaid = report["status"].isin(["abstained", "failed"]) & report["reason"].eq("")
    assert not unsaid.any(), "rows left alone for no reason"


@on_every_table
def check_inverse_transform_undoes(corrector, X, out):
    """Every repaired cell gets its old value back."""
    assert not differences(X, corrector.inverse_transform(out)).any()


@on_every_table
def check_proposals_are_ranked(corrector, X, out):
    """Candidates are distinct, and the better ones come first."""
    table = corrector.propose(X, n_candidates=3)
    assert table["rank"].isin(range(3)).all()
    assert not table.duplicated(["row", "rank", "column"]).any()
    # Cheaper candidates come first, whatever their share.
    table["size"] = table.groupby(["row", "rank"])["column"].transform("size")
    share = table.drop_duplicates(["row", "rank"]).groupby(["row", "size"])
    assert (share["p_candidate"].diff().dropna() <= 1e-9).all(), "not best first"
    assert table["p_candidate"].between(0, 1 + 1e-9).all()


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


# Columns of the mixed table that are enough where their types do not matter.
FEW = ["city", "land", "money", "height", "rank"]


def check_locked_columns_never_change(subject):
    """Immutable columns never change."""
    X, y = subject.table(columns=FEW)
    locked = ["land", "height", "rank"]
    out = subject.new(immutable=locked).fit(X, y).transform(X)
    assert not differences(X[locked], out[locked]).any()


def town_is_no_kyiv(table):
    """Accept rows that are not in Ukraine."""
    return (table["land"] != "UA") & (table["money"] != 3)


def check_constraints_hold_on_every_changed_row(subject):
    """Constraints hold on every changed row."""
    X, y = subject.table(columns=FEW)
    out = subject.new(constraints=[town_is_no_kyiv]).fit(X, y).transform(X)
    changed = differences(X, out).any(axis=1)
    assert town_is_no_kyiv(out[changed]).all()


def check_max_edits(subject):
    """No row changes in more cells than allowed; filled ones do not count."""
    X, y = subject.table(columns=FEW)
    X = X.assign(money=(X["money"] + np.arange(len(X)) % 3).to_numpy() % 4)
    out = subject.new(max_edits=1).fit(X, y).transform(X)
    edits = (differences(X, out) & ~pd.isna(cells(X))).sum(axis=1)
    assert edits.max() <= 1


def _global_state():
    kind, keys, *rest = np.random.get_state()  # noqa: NPY002
    return torch.get_rng_state().tolist(), kind, keys.tolist(), rest, random.getstate()


def check_seeds_repeat_and_global_generators_stay(subject):
    """The same seed gives the same table; global generators are left alone."""
    X, y = subject.table(columns=FEW)
    before = _global_state()
    corrector, other = subject.new(), subject.new()
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


def check_rows_do_not_feel_their_neighbours(subject):
    """What becomes of a row does not depend on the rows beside it."""
    corrector, X, whole = subject.applied()
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


def check_copies_do_the_same_and_clones_are_unfitted(subject):
    """Copies of a fitted corrector do what it does; a clone is unfitted."""
    corrector, X, out = subject.applied()
    pickled = pickle.loads(pickle.dumps(corrector))
    for again in (pickled, copy.deepcopy(corrector), saved_and_loaded(corrector)):
        pd.testing.assert_frame_equal(again.inverse_transform(out), X)
        pd.testing.assert_frame_equal(again.transform(X), out, check_exact=True)
        pd.testing.assert_frame_equal(again.report_, corrector.report_)
    assert str(clone(corrector)) == str(corrector)
    _check_unfitted(clone(corrector), X)


def check_an_unfitted_one_says_so(subject):
    """Everything that needs a fit says so."""
    _check_unfitted(subject.new(), subject.table()[0])


def _check_unfitted(corrector, X):
    for method in (corrector.transform, corrector.propose, corrector.inverse_transform):
        with pytest.raises(NotFittedError):
            method(X)
    for name in ("report_", "row_report_"):
        assert not hasattr(corrector, name)


def check_set_output_and_feature_names(subject):
    """Output is of the type that the user asks for, with the names of the columns."""
    X, y = subject.table(columns=["city", "land", "money"])
    plain, corrector = X.fillna({"land": "CH"}), subject.new()
    expected = corrector.fit(plain, y).transform(plain)
    assert corrector.get_feature_names_out().tolist() == ["city", "land", "money"]
    # Strings would make polars ask for pyarrow.
    codes = np.stack([pd.factorize(plain[name])[0] for name in plain], axis=1)
    out = corrector.fit(codes, y).set_output(transform="polars").transform(codes)
    assert isinstance(out, pl.DataFrame)
    assert out.columns == ["x0", "x1", "x2"]
    corrector = subject.new().set_output(transform="pandas")
    out = corrector.fit(plain.to_numpy(object), y).transform(plain.to_numpy(object))
    assert out.columns.tolist() == ["x0", "x1", "x2"]
    assert not differences(out, expected).any()


def check_pipelines_and_searches(subject):
    """It works before a classifier, and its parameters can be searched."""
    table, labels = city_table(60)
    encoder = OneHotEncoder(handle_unknown="ignore")
    corrector = subject.new(handle_unknown="keep")
    pipe = make_pipeline(corrector, encoder, LogisticRegression())
    assert pipe.fit(table, labels).predict(table).shape == (60,)
    grid = {f"{pipe.steps[0][0]}__max_edits": [1, None]}
    search = GridSearchCV(pipe, grid, cv=2, error_score="raise", refit=False)
    search.fit(table, labels)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


def check_a_failed_fit_keeps_the_earlier_one(subject):
    """A fit that fails keeps the earlier one whole, its reports too."""
    corrector, X, out = subject.applied()
    report = corrector.report_
    with pytest.raises(ValueError, match="'land' holds infinity"):
        corrector.fit(X[["city", "land"]].assign(land=np.inf), subject.table()[1])
    assert corrector.report_ is report
    pd.testing.assert_frame_equal(corrector.inverse_transform(out), X)
    pd.testing.assert_frame_equal(corrector.transform(X), out, check_exact=True)


CHECKS = (
    check_something_changes,
    check_type_columns_and_index_stay,
    check_unchanged_cells_are_the_same,
    check_report_lists_every_change,
    check_every_change_has_a_reason,
    check_accepted_changes_are_those_of_transform,
    check_row_report_says_what_became_of_each_row,
    check_inverse_transform_undoes,
    check_proposals_are_ranked,
    check_locked_columns_never_change,
    check_constraints_hold_on_every_changed_row,
    check_max_edits,
    check_seeds_repeat_and_global_generators_stay,
    check_rows_do_not_feel_their_neighbours,
    check_copies_do_the_same_and_clones_are_unfitted,
    check_an_unfitted_one_says_so,
    check_set_output_and_feature_names,
    check_pipelines_and_searches,
    check_a_failed_fit_keeps_the_earlier_one,
)
