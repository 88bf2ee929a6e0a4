"""Sentences about single cells, and the counts that they quote."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from skanomaly.correctors import AnomalyCorrector, NoisyChannelCorrector
from skanomaly.correctors._cleaning.reasons import DETERMINED, CellReasons, _Case
from tests.contract.check_corrector import towns


@pytest.fixture(scope="module")
def table():
    X = pd.DataFrame(
        {
            "city": np.tile(["Bern", "Rome", "Oslo"], 200),
            "land": np.tile(["CH", "IT", "NO"], 200),
            "money": np.tile(["CHF", "EUR", "NOK"], 200),
        },
        dtype=object,
    )
    X.loc[[1, 7, 34, 70], "city"] = ["Rmoe", "Roma", "Rme", "Rom"]
    for row in (3, 5, 10, 15):
        X.loc[row, ["city", "land"]] = X.loc[row, ["land", "city"]].to_numpy()
    return X


@pytest.fixture(scope="module")
def report(table):
    corrector = NoisyChannelCorrector(random_state=0).fit(table)
    corrector.transform(table)
    return corrector.report_.set_index(["row", "column"])


def test_a_typing_error_says_how_often_it_comes_and_what_the_value_fits(table, report):
    cell = report.loc[(1, "city")]
    assert cell["kind"] == "typing error"
    n_rows = (table["land"] == "IT").sum()
    n = ((table["city"] == "Rome") & (table["land"] == "IT")).sum()
    assert cell["reason"] == (
        f"city 'Rmoe' occurs once; 'Rome' fits land 'IT', as in {n} of {n_rows} rows"
    )


def test_exchanged_cells_are_said_to_be_so(table, report):
    city, land = table.loc[3, ["city", "land"]]
    for column in ("city", "land"):
        cell = report.loc[(3, column)]
        assert cell["kind"] == "exchanged cells"
        assert cell["reason"] == (
            f"city '{city}' and land '{land}' are exchanged: each is a usual value of "
            "the other column"
        )


def test_every_reason_names_the_column_and_the_value(report):
    for (_, column), cell in report.iterrows():
        assert column in cell["reason"] and repr(cell["old"]) in cell["reason"]
        assert cell["kind"] != ""


def test_a_value_that_contradicts_others_quotes_them():
    X, _ = towns(600, share=0.01)
    corrector = NoisyChannelCorrector(random_state=0).fit(X)
    corrector.transform(X)
    said = corrector.report_.set_index("kind")["reason"]
    assert set(said.index) <= {
        "contradicts other columns", "unlikely in its row",
    }  # fmt: skip
    assert said.str.fullmatch(
        r"\w+ '\w+' (contradicts \w+ '\w+', which has '\w+' in \d+ of \d+ rows"
        r"|comes with \w+ '\w+' in \d+ of \d+, '\w+' in \d+ of \d+ rows"
        r"|comes with \w+ '\w+' in \d+ of \d+ rows, and here with '\w+'"
        r"|hardly fits the rest of its row; .*)"
    ).all()
    assert said.str.contains(" rows").mean() > 0.8


def test_a_value_that_nothing_names_tells_what_it_usually_comes_with():
    rng = np.random.default_rng(6)
    at = rng.integers(60, size=2400)
    genre = np.array(["crime", "travel", "poetry", "law"])[at % 4]
    X = pd.DataFrame(
        {"shelf": [f"S{k + 100}" for k in at], "genre": genre}, dtype=object
    )
    X["reader"] = rng.choice(["adult", "child", "senior"], len(X))
    X["days"] = rng.integers(1, 60, len(X))
    rows = rng.choice(len(X), 30, replace=False)
    X.loc[rows, "genre"] = X.loc[rows[::-1], "genre"].to_numpy()
    wrong = X.index[X["genre"] != genre]
    corrector = NoisyChannelCorrector(random_state=0).fit(X)
    corrector.transform(X)
    cells = corrector.report_.set_index(["row", "column"])
    told = [i for i in wrong if (i, "shelf") in cells.index]
    assert len(told) > 5
    for i in told:
        same = X.loc[X["shelf"] == X.loc[i, "shelf"], "genre"]
        assert cells.loc[(i, "shelf"), "reason"] == (
            f"shelf '{X.loc[i, 'shelf']}' comes with genre '{genre[i]}' in "
            f"{(same == genre[i]).sum()} of {len(same)} rows, and here with "
            f"'{X.loc[i, 'genre']}'"
        )


def test_filled_cells_say_what_the_value_fits(table):
    X = table.copy()
    X.loc[100, "city"] = None
    corrector = NoisyChannelCorrector(fill=True, random_state=0).fit(X)
    corrector.transform(X)
    cell = corrector.report_.set_index(["row", "column"]).loc[(100, "city")]
    assert cell["kind"] == "missing cell"
    assert cell["reason"].startswith(f"city is missing; '{cell['new']}' fits ")


def test_values_that_fit_never_saw_are_said_to_be_new(table):
    corrector = AnomalyCorrector(handle_unknown="repair", random_state=0).fit(table)
    new = table.iloc[50:60].copy()
    new.iloc[0, 0] = "Atlantis"
    corrector.transform(new)
    cell = corrector.report_.iloc[0]
    assert cell["kind"] == "value never seen"
    assert "city" in cell["reason"] and "never saw" in cell["reason"]


def test_reports_of_sources_are_counted():
    rng = np.random.default_rng(0)
    n_entities, n_sources = 60, 8
    entity = np.repeat(np.arange(n_entities), n_sources)
    source = np.tile(np.arange(n_sources), n_entities)
    truth = rng.integers(0, 40, (n_entities, 2))
    wrong = rng.random((len(entity), 2)) < np.where(source == 0, 0.5, 0.02)[:, None]
    said = np.where(wrong, rng.integers(40, 80, wrong.shape), truth[entity])
    X = pd.DataFrame(
        {
            "flight": [f"F{e:03}" for e in entity],
            "site": [f"s{s}" for s in source],
            "gate": [f"g{v}" for v in said[:, 0]],
            "seat": [f"t{v}" for v in said[:, 1]],
        }
    )
    corrector = AnomalyCorrector(keys=["flight"], random_state=0).fit(X)
    corrector.transform(X)
    report = corrector.report_
    voted = report[report["kind"] == "sources disagree"]
    assert len(voted) > 20
    cell = voted.iloc[0]
    row = X.loc[cell["row"]]
    same = X[X["flight"] == row["flight"]][cell["column"]]
    n_old, n_new = (same == cell["old"]).sum(), (same == cell["new"]).sum()
    assert cell["reason"] == (
        f"{cell['column']} '{cell['old']}' is what {n_old} of 8 rows say of flight "
        f"'{row['flight']}'; {n_new} say '{cell['new']}'"
    )


def test_shares_are_given_where_only_a_part_was_counted(table):
    corrector = AnomalyCorrector(random_state=0).fit(table)
    corrector._layers.detector.reasons.is_part = True
    corrector.transform(table)
    said = corrector.report_["reason"]
    assert not said.str.contains(r"\d of \d").any()
    assert said.str.contains(r"% of the rows").any()


@pytest.mark.parametrize(
    ("n_new", "said"),
    [
        (40, "grade 'E' contradicts active 'yes', which has 'B' in 40 of 60 rows"),
        (20, "grade 'E' comes with active 'yes' in 2 of 60, 'B' in 20 of 60 rows"),
    ],
)
def test_what_holds_in_few_rows_contradicts_nothing(n_new, said):
    columns = [
        SimpleNamespace(values=values, texts=np.array(values), kind="categorical")
        for values in (["yes", "no"], ["B", "E"])
    ]
    reasons = CellReasons(columns, np.ones(2, bool)).fit(np.zeros((60, 2), int), 60)
    case = _Case(False, 1, 0, 0, 0, n_new, 2, 60, *[-1] * 5)
    kind, text = reasons._tell(1, case, ["active", "grade"], lambda *_: DETERMINED)
    assert (kind, text) == (DETERMINED, said)


def test_what_nearly_all_rows_have_is_no_company_of_a_value():
    # Of 40 rows of a shelf 38 are crime, and 39 in the language of 95 % of all rows.
    shelf, genre, language = np.zeros((3, 400), int)
    shelf[40:], genre[40:] = 1, np.arange(360) % 4
    genre[:2], language[0], language[60:80] = 3, 1, 1
    columns = [
        SimpleNamespace(values=list(range(n)), texts=None, kind="categorical")
        for n in (2, 4, 2)
    ]
    codes = np.column_stack([shelf, genre, language])
    reasons = CellReasons(columns, np.ones(3, bool)).fit(codes, 400)
    company = reasons._company(codes[[0, 50]], 0, np.array([True, False]))
    assert [part.tolist() for part in company] == [
        [1, -1], [3, -1], [0, -1], [38, -1], [40, -1],
    ]  # fmt: skip
