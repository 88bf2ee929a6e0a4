"""Whole tables in which what looks odd is right."""

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from skanomaly.correctors import AnomalyCorrector

DOCTORS = np.array(["Kahn", "Patel", "Browne", "Chen", "Garcia", "Weiss"], dtype=object)


def visits(n=2400):
    """Patients with one sex and one fund, who see another doctor every 25th time."""
    rng = np.random.default_rng(0)
    patient = rng.integers(150, size=n)
    own = rng.integers(len(DOCTORS), size=150)
    doctor = np.where(rng.random(n) < 0.04, rng.integers(6, size=n), own[patient])
    drug = rng.integers(12, size=n)
    return pd.DataFrame(
        {
            "patient": [f"P{k:04}" for k in patient * 37],
            "sex": np.array(["f", "m"], dtype=object)[patient % 2],
            "fund": np.array(["AOK", "Barmer", "TK", "DAK"], dtype=object)[patient % 4],
            "drug": [f"drug {chr(65 + k)}{k}" for k in drug],
            "group": np.array(["pain", "heart", "lung"], dtype=object)[drug % 3],
            "doctor": DOCTORS[doctor],
        }
    )


def test_exceptions_of_one_column_stay():
    table = visits()
    corrector = AnomalyCorrector(random_state=0)
    assert_frame_equal(corrector.fit_transform(table), table)


@pytest.mark.slow
def test_exceptions_of_one_column_stay_beside_errors_in_others():
    right, rng = visits(), np.random.default_rng(1)
    dirty = right.copy()
    for name in ("fund", "group"):
        rows = rng.choice(len(dirty), 20, replace=False)
        dirty.loc[rows, name] = rng.permutation(dirty.loc[rows, name].to_numpy())
    repaired = AnomalyCorrector(random_state=0).fit_transform(dirty)
    assert_frame_equal(repaired[["doctor"]], right[["doctor"]])
    n_wrong, n_left = ((table != right).sum().sum() for table in (dirty, repaired))
    assert n_left < 0.5 * n_wrong


def lessons(n=900):
    """Class and subject tell the teacher, but for a substitute in one of 30 lessons."""
    rng = np.random.default_rng(0)
    group, subject = rng.integers(6, size=n), rng.integers(8, size=n)
    teacher = (group // 2 * 3 + subject * 2) % 12
    ill = rng.random(n) < 1 / 30
    teacher = np.where(ill, rng.integers(12, size=n), teacher)
    return pd.DataFrame(
        {
            "class": np.array(["5a", "5b", "6a", "6b", "7a", "7b"], object)[group],
            "floor": np.array(["ground", "first", "second"], object)[group // 2],
            "subject": np.array(
                ["Art", "Biology", "French", "Latin", "Maths", "Music", "PE", "Drama"],
                object,
            )[subject],
            "teacher": np.array(
                ["Adler", "Brown", "Chen", "Dix", "Eco", "Fuchs", "Gray", "Hahn", "Ito",
                 "Jung", "Kahn", "Lee"], object,
            )[teacher],
        }
    )  # fmt: skip


def test_substitutes_stay_where_only_two_columns_together_tell_the_usual_one():
    table = lessons()
    assert_frame_equal(AnomalyCorrector(random_state=0).fit_transform(table), table)


def bookings(n=1800):
    """Partners are paid in their currency, in few rows in euros, at the rate of one."""
    rng = np.random.default_rng(0)
    names = np.array(["Orion", "Pacific", "Tanaka", "Skoda", "Rossi", "Weber"], object)
    own = np.array(["CHF", "USD", "JPY", "CZK", "EUR", "EUR"], object)
    rates = {"CHF": "0.97", "USD": "1.08", "JPY": "161.5", "CZK": "24.7", "EUR": "1.00"}
    partner = rng.integers(len(names), size=n)
    currency = np.where(rng.random(n) < 0.03, "EUR", own[partner])
    code = rng.integers(5, size=n)
    return pd.DataFrame(
        {
            "partner": names[partner],
            "country": np.array(["CH", "US", "JP", "CZ", "IT", "DE"], object)[partner],
            "currency": currency,
            "rate": [rates[c] for c in currency],
            "account": 4000 + 100 * code,
            "account_name": np.array(
                ["Goods", "Freight", "Rent", "Travel", "Advertising"], object
            )[code],
        }
    )


def test_an_exception_that_another_cell_of_its_row_confirms_stays():
    right, rng = bookings(), np.random.default_rng(1)
    dirty = right.copy()
    rows = rng.choice(len(dirty), 60, replace=False)
    dirty.loc[rows[:30], "account_name"] = "Goods"
    dirty.loc[rows[30:], "country"] = rng.permutation(dirty.loc[rows[30:], "country"])
    repaired = AnomalyCorrector(random_state=0).fit_transform(dirty)
    assert_frame_equal(repaired[["currency"]], right[["currency"]])
    n_wrong, n_left = ((t != right).sum().sum() for t in (dirty, repaired))
    assert n_left < 0.5 * n_wrong


def suppliers(n=900):
    """Parts have one supplier; a few rows of all have one that none has by rule."""
    rng = np.random.default_rng(0)
    part = rng.integers(18, size=n)
    usual = np.array(["Bosch", "Hilti", "Würth"], object)[part % 3]
    return pd.DataFrame(
        {
            "part": [f"T-{40 + k}" for k in part],
            "kind": np.array(["bolt", "nut", "washer"], object)[part % 3],
            "supplier": np.where(rng.random(n) < 0.03, "RS Components", usual),
            "shelf": [f"{'ABCDEF'[k % 6]}{k % 9}" for k in part],
        }
    )


def test_a_second_supplier_of_all_parts_stays():
    table = suppliers()
    assert_frame_equal(AnomalyCorrector(random_state=0).fit_transform(table), table)


def test_numbers_that_are_nobody_s_are_replaced_by_what_other_columns_say():
    rng = np.random.default_rng(0)
    court = rng.integers(8, size=900)
    names = ["Köln", "Bonn", "Essen", "Trier", "Mainz", "Fulda", "Kassel", "Aachen"]
    right = pd.DataFrame(
        {
            "court": [f"Amtsgericht {names[k]}" for k in court],
            "city": [names[k] for k in court],
            "zip": [str(50667 + 1379 * k) for k in court],
        }
    )
    dirty, rows = right.copy(), rng.choice(900, 20, replace=False)
    dirty.loc[rows, "zip"] = [z[:2] + str((int(z[2]) + 1) % 10) + z[3:]
                              for z in right.loc[rows, "zip"]]  # fmt: skip
    repaired = AnomalyCorrector(random_state=0).fit_transform(dirty)
    assert_frame_equal(repaired, right)


def test_new_patients_are_no_errors_and_a_new_way_to_write_a_city_is_one():
    """Where others of a household have come once, one more may come."""
    rng = np.random.default_rng(0)
    home = rng.integers(200, size=2000)
    patient = np.array([f"P{10000 + 37 * k}" for k in home], object)
    once = rng.choice(2000, 150, replace=False)
    patient[once] = [f"Q{20000 + 41 * k}" for k in once]
    city = np.array(["Bern", "Basel", "Zug", "Chur"], object)[home % 4]
    address = [f"{k + 1} Main St" for k in home]
    table = pd.DataFrame({"patient": patient, "address": address, "city": city})
    right = table.iloc[500:700].reset_index(drop=True)
    right.loc[:19, "patient"] = [f"R{30000 + 43 * k}" for k in range(20)]
    new = right.copy()
    new.loc[30:39, "city"] = right["city"][30:40].str.upper() + "!"
    corrector = AnomalyCorrector(handle_unknown="repair", random_state=0).fit(table)
    assert_frame_equal(corrector.transform(new), right)
    assert set(corrector.report_["column"]) == {"city"}


@pytest.mark.parametrize("fill", ["auto", True])
def test_columns_without_any_value_stay_and_hinder_nothing(fill):
    table = suppliers().assign(note=None, fax=np.nan)
    washers = table.index[table["kind"] == "washer"][:5]
    table.loc[washers, "kind"] = "wahser"
    corrector = AnomalyCorrector(fill=fill, random_state=0).fit(table)
    repaired = corrector.transform(table)
    assert (repaired.loc[washers, "kind"] == "washer").all()
    assert_frame_equal(repaired.drop(columns="kind"), table.drop(columns="kind"))
    status = corrector.column_report_.set_index("column")["status"]
    assert (status[["note", "fax"]] == "not judged: no value").all()
    # Nothing is known of them, so that no value is new.
    later = table.assign(note="call back", fax="030 123")
    assert (corrector.transform(later)["note"] == "call back").all()


@pytest.mark.parametrize("n_wrong", [7, 16])
@pytest.mark.parametrize("is_dirty", [False, True])
def test_dollars_in_a_land_of_euros_are_flagged_where_other_cells_are_wrong(
    n_wrong, is_dirty
):
    rng = np.random.default_rng(0)
    land = rng.integers(4, size=2500)
    right = pd.DataFrame(
        {
            "land": np.array(["Austria", "Spain", "Norway", "Poland"], object)[land],
            "currency": np.array(["EUR", "EUR", "NOK", "PLN"], object)[land],
            "channel": rng.choice(["shop", "phone", "mail"], 2500),
        }
    )
    dirty, wrong = right.copy(), rng.choice(2500, n_wrong, replace=False)
    dirty.loc[wrong, "currency"] = "USD"
    if is_dirty:
        slips = ["Asutria", "Austra", "Spian", "Spainn", "Norwya", "Norwy", "Polnad"]
        others = np.setdiff1d(np.arange(2500), wrong)
        at = [others[land[others] == k // 2][k] for k in range(7)]
        dirty.loc[at, "land"] = slips
    corrector = AnomalyCorrector(random_state=0)
    repaired = corrector.fit_transform(dirty)
    assert (repaired.loc[wrong, "currency"] == "USD").all()
    report = corrector.report_
    report = report[report["column"] == "currency"]
    assert sorted(report["row"]) == (sorted(wrong) if is_dirty else [])
    assert (report["status"] == "flagged").all()
