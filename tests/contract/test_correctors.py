"""What holds for every corrector, whatever its method."""

import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from skanomaly import correctors
from skanomaly.correctors import (
    AnomalyCorrector,
    BeamSearch,
    DiffusionInpainter,
    GradientSearch,
)
from tests.contract.check_corrector import (
    CORRECTORS,
    SMOKE,
    STATUSES,
    TABLES,
    VARIANTS,
    check_corrector,
    city_table,
    corrector_checks,
    differences,
    every_corrector,
)
from tests.contract.mode_corrector import ModeCorrector

# A few steps of training teach little, and what the labels of scikit-learn's checks say
# is nothing to be learned.
pytestmark = pytest.mark.filterwarnings("ignore:.*labelled anomalies look normal")

# scikit-learn checks the contract, not what was learned. What finds wrong cells, the
# larger part of a fit, is checked in the `AnomalyCorrector`.
QUICK = {
    "InverseGradientRepair": {"max_epochs": 2},
    "DiffusionInpainter": {"n_steps": 4},
    "AnomalyCorrector": {"max_epochs": 2, "inpainter__n_steps": 4},
}


def test_every_public_corrector_is_tested():
    helpers = ("BeamSearch", "GradientSearch", "RepairPrograms")
    public = [name for name in correctors.__all__ if name not in helpers]
    assert sorted(CORRECTORS) == sorted(public)
    assert all(make.func.__name__ == name for name, make in CORRECTORS.items())


@pytest.mark.filterwarnings("ignore:[A-Za-z]* ignores y")
@parametrize_with_checks(
    [make().set_params(**QUICK.get(name, {})) for name, make in CORRECTORS.items()]
)
def test_scikit_learn_contract(estimator, check):
    check(estimator)


def _promises():
    """All checks of all correctors and variants, with names and marks."""
    for name, make in CORRECTORS.items():
        for labels in (True, False):
            yield name, make(), labels, TABLES, ()
    for name, make in VARIANTS.items():
        labels = "published" not in name  # that classifier learns too slowly
        marks = () if name in SMOKE else pytest.mark.slow
        yield name, make(), labels, ("mixed",), marks
    yield "ModeCorrector", ModeCorrector(random_state=0), True, TABLES, ()


def _checks():
    for name, corrector, labels, tables, marks in _promises():
        tables = {table: TABLES[table] for table in tables}
        for check in corrector_checks(corrector, labels=labels, tables=tables):
            said = "labels" if labels else "no-labels"
            name_of_check = f"{name}-{said}-{check.func.__name__}"
            yield pytest.param(check, id=name_of_check, marks=marks)


@pytest.mark.parametrize("check", _checks())
def test_promises(check):
    check()


def test_authors_of_correctors_can_run_all_checks():
    class Broken(ModeCorrector):
        def _repair(self, rows):
            repair = super()._repair(rows)
            repair.status[:] = "untouched"
            return repair

    check_corrector(ModeCorrector(random_state=0), labels=False)
    with pytest.raises(AssertionError):
        check_corrector(Broken(random_state=0))


# Bad and extreme input


@pytest.fixture(scope="module")
def towns():
    """Wrong cells for those that find them, missing ones for those that fill them."""
    X, y = city_table()
    X.loc[X.index[1::15], "land"] = None
    return X, y


@pytest.fixture(scope="module")
def fitted(towns):
    return {name: make().fit(*towns) for name, make in CORRECTORS.items()}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda X: X.drop(columns="land"), "missing"),
        (lambda X: X.assign(more=1), "unseen at fit time"),
        (lambda X: X[["land", "city", "money"]], "same order"),
        (lambda X: X[:0], "0 sample"),
        (lambda X: X.set_axis(["city", "land", "land"], axis=1), "named 'land'"),
        (lambda X: X.assign(city="Riga"), "Column 'city' holds 'Riga'"),
    ],
)
@every_corrector
def test_a_table_that_does_not_fit_is_refused(name, change, message, fitted, towns):
    with pytest.raises(ValueError, match=message):
        fitted[name].transform(change(towns[0]))


@pytest.mark.parametrize("handle_unknown", ["keep", "repair"])
@every_corrector
def test_a_new_value_is_kept_or_replaced(name, handle_unknown, towns):
    corrector = CORRECTORS[name](handle_unknown=handle_unknown).fit(*towns)
    new = towns[0][:40].assign(city="Riga")
    out = corrector.transform(new)
    if handle_unknown == "keep":
        assert (out["city"] == "Riga").all()
    else:
        assert out["city"].isin([*towns[0]["city"].unique(), "Riga"]).all()
    assert not differences(corrector.inverse_transform(out), new).any()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda X, y: (X[:0], y[:0]), "0 sample"),
        (lambda X, y: (X[[]], y), "0 feature"),
        (lambda X, y: (X[:1], None), "1|2"),
        (lambda X, y: (X, y[:-1]), "inconsistent numbers of samples"),
        (lambda X, y: (X, np.stack([y, y], axis=1)), "1d array"),
        (lambda X, y: (X, np.ones_like(y)), "All 150 rows are labelled"),
        (lambda X, y: (X.assign(size=np.where(y, np.inf, 1.5)), y), "'size'.*infin"),
        (lambda X, y: (X.set_axis(["a", "a", "b"], axis=1), y), "named 'a'"),
    ],
)
@every_corrector
def test_fit_refuses_what_it_cannot_learn_from(name, change, message, towns):
    with pytest.raises(ValueError, match=message):
        CORRECTORS[name]().fit(*change(*towns))


@every_corrector
def test_a_label_that_is_missing_is_an_error(name, towns):
    X, y = towns
    with pytest.raises(ValueError, match="y holds missing values"):
        CORRECTORS[name]().fit(X, np.where(y == 1, np.nan, y))


@every_corrector
def test_infinity_is_refused_in_transform_as_in_fit(name, towns):
    X, y = towns
    X = X.assign(size=np.linspace(0, 1, len(X)))
    corrector = CORRECTORS[name](immutable=["size"]).fit(X, y)
    with pytest.raises(ValueError, match="'size' holds infinity"):
        corrector.transform(X.assign(size=np.inf))


@every_corrector
def test_all_labels_may_be_normal(name, towns):
    X, _ = towns
    corrector = CORRECTORS[name]().fit(X, np.zeros(len(X)))
    assert corrector.transform(X).shape == X.shape
    assert set(corrector.row_report_["status"]) <= STATUSES


@every_corrector
def test_a_column_of_one_value_never_changes(name, towns):
    X, y = towns
    X = X.assign(planet="Earth")
    out = CORRECTORS[name]().fit(X, y).transform(X)
    assert (out["planet"] == "Earth").all()


@pytest.mark.parametrize("y", [np.tile([0, 1], 10), np.zeros(20)])
@every_corrector
def test_a_table_of_equal_rows_stays(name, y):
    X = pd.DataFrame({"a": ["x"] * 20, "b": [1] * 20})
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="All training scores are equal")
        corrector = CORRECTORS[name]().fit(X, y)
    assert corrector.transform(X).equals(X)
    assert corrector.propose(X).empty


@every_corrector
def test_one_row_can_be_repaired(name, fitted, towns):
    X = towns[0]
    whole = fitted[name].transform(X)
    i = int(np.argmax(differences(X, whole).any(axis=1)))
    one = fitted[name].transform(X.iloc[[i]])
    assert differences(X.iloc[[i]], one).any()
    assert not differences(one, whole.iloc[[i]]).any()


@every_corrector
def test_a_row_without_any_value_is_no_error(name, fitted, towns):
    X = pd.DataFrame([[None] * 3], columns=towns[0].columns)
    out = fitted[name].transform(X)
    assert out.shape == X.shape
    assert set(fitted[name].row_report_["status"]) <= STATUSES


@every_corrector
def test_everything_immutable_is_an_error(name, towns):
    with pytest.raises(ValueError, match="Every column is immutable"):
        CORRECTORS[name](immutable=["city", "land", "money"]).fit(*towns)


def _never(table):
    return np.zeros(len(table), bool)


@every_corrector
def test_rows_that_no_constraint_allows_fail_and_stay(name, towns):
    X, y = towns
    free = CORRECTORS[name]().fit(X, y)
    free.transform(X)
    wanted = free.row_report_["status"] == "repaired"
    assert wanted.any()
    corrector = CORRECTORS[name](constraints=[_never]).fit(X, y)
    assert not differences(X, corrector.transform(X)).any()
    assert (corrector.row_report_.loc[wanted, "status"] == "failed").all()
    assert corrector.propose(X).empty


def _broken(table):
    raise KeyError("no such column")


@pytest.mark.parametrize(
    ("rule", "error", "message"),
    [
        (_broken, KeyError, "no such column"),
        (lambda table: np.ones(1000, bool), ValueError, "one boolean for each of"),
        (lambda table: table != "x", ValueError, "one boolean for each of"),
        (lambda table: np.ones(len(table)), ValueError, "got float64"),
    ],
)
@every_corrector
def test_a_constraint_that_does_not_answer_is_an_error(
    name, rule, error, message, towns
):
    corrector = CORRECTORS[name](constraints=[rule]).fit(*towns)
    with pytest.raises(error, match=message):
        corrector.transform(towns[0])


@every_corrector
def test_a_constraint_must_be_callable(name, towns):
    with pytest.raises(TypeError, match="constraints must be callables, got 'x > 1'"):
        CORRECTORS[name](constraints=["x > 1"]).fit(*towns)


@every_corrector
def test_a_misspelt_parameter_is_an_error(name):
    message = rf"{name} got .* parameter 'max_edit'\. Did you mean 'max_edits'\?"
    with pytest.raises(TypeError, match=message):
        CORRECTORS[name](max_edit=1)
    with pytest.raises(TypeError, match=rf"{name} got .* parameter 'depth'\.$"):
        CORRECTORS[name](depth=1)


WRONG = {
    "all": [
        {"immutable": "land"}, {"immutable": ["sea"]}, {"max_edits": 0}, {"n_bins": 1},
        {"handle_unknown": "drop"}, {"random_state": "x"}, {"constraints": 3},
        {"categorical_features": ["sea"]}, {"missing_values": "none"},
    ],
    "InverseGradientRepair": [
        {"search": "random"}, {"variant": "x"}, {"threshold": 0.0}, {"threshold": 1},
        {"costs": [1, 2]}, {"costs": [1, 1, 0]}, {"costs": {"sea": 2}},
        {"costs": {"land": -1}}, {"inpainter": 3}, {"hidden_units": 8},
        {"max_epochs": 0}, {"inpainter": AnomalyCorrector()},
        {"inpainter": DiffusionInpainter(formulation="gaussian")},
    ],
    "DiffusionInpainter": [
        {"formulation": "x"}, {"mask": "auto"}, {"error_rate": 0},
        {"n_folds": 0}, {"fill": "x"}, {"n_draws": 0}, {"variant": "x"},
        {"n_timesteps": 1}, {"n_resamplings": 0}, {"hidden_units": 8}, {"n_steps": 0},
        {"device": 3},
    ],
    "NoisyChannelCorrector": [
        {"alpha": 0}, {"alpha": 1.0}, {"error_rate": 1}, {"keys": "x"},
        {"keys": ["sea"]}, {"keys": []}, {"fill": "x"}, {"inpainter": "x"},
    ],
    "AnomalyCorrector": [
        {"alpha": 0}, {"alpha": 1}, {"threshold": 0}, {"search": "x"},
        {"max_epochs": 0}, {"inpainter": "x"}, {"error_rate": 0}, {"fill": "x"},
        {"roles": "x"}, {"roles": {"land": "x"}}, {"roles": {"sea": "flag"}},
        {"formats": "x"}, {"numbers": 2},
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "params"),
    [(name, p) for name in CORRECTORS for p in WRONG["all"] + WRONG.get(name, [])],
)
def test_a_wrong_value_is_an_error_that_names_the_parameter(name, params, towns):
    with pytest.raises(ValueError, match=next(iter(params))):
        CORRECTORS[name](**params).fit(*towns)


@pytest.mark.parametrize(
    "search",
    [
        BeamSearch(width=0), GradientSearch(step=0), GradientSearch(n_restarts=0),
        GradientSearch(n_iter=0), GradientSearch(noise=2),
    ],
)  # fmt: skip
@pytest.mark.parametrize("name", ["InverseGradientRepair", "AnomalyCorrector"])
def test_a_wrong_value_of_a_search_is_an_error_that_names_both(name, search, towns):
    (changed,) = (k for k, v in search.get_params().items() if v in (0, 2))
    with pytest.raises(ValueError, match=f"{changed}.*{type(search).__name__}"):
        CORRECTORS[name](search=search).fit(*towns)
