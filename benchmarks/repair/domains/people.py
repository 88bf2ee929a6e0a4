"""What is kept about persons: grades, prescriptions, visits, memberships."""

import numpy as np
import pandas as pd

from benchmarks.repair.domains import words
from benchmarks.repair.domains.words import mapped, unevenly

SUBJECTS = ("Mathematics", "English", "German", "French", "History", "Biology",
            "Physics", "Physical Education", "Music")  # fmt: skip
REMARKS = ("", "", "", "", "good progress", "homework missing", "often late",
           "talkative", "very good progress", "absent: ill", "repeated test"
       )  # fmt: skip


def grades(n, rng):
    """School grades: marks follow points but for a teacher's grace; pupils move."""
    pupils = _pupils(n // 12 + 1, rng)
    at = np.repeat(np.arange(len(pupils)), 18)[:n]
    subject = words.as_objects(np.resize(SUBJECTS, n))
    term = np.resize(np.repeat(["2023/24-1", "2023/24-2"], len(SUBJECTS)), n)
    rows = pupils.iloc[at].reset_index(drop=True)
    # A pupil in fifty moves to the parallel class at half-term.
    moves = (term == "2023/24-2") & (at % 50 == 7)
    letter = rows["class"].str[-1].map({"a": "b", "b": "c", "c": "a"})
    rows.loc[moves, "class"] = rows["class"].str[:-1] + letter
    points = np.clip(rng.normal(68, 12, len(pupils))[at] + rng.normal(0, 9, n), 3, 100)
    points = np.round(points)
    is_ill = rng.random(n) < 0.015
    return rows.assign(
        subject=subject, teacher=_teachers(rows["class"], subject, term), term=term,
        points=["" if ill else f"{p:.0f}" for p, ill in zip(points, is_ill,
        strict=True)],
        grade=np.where(is_ill, "n/g", _marks(points + 2 * (rng.random(n) < 0.02))),
        days_absent=rng.negative_binomial(1, 0.25, n),
        remark=unevenly(rng, REMARKS, n, 0.9),
    )  # fmt: skip


def _pupils(k, rng):
    year = np.sort(rng.integers(5, 11, k))
    return pd.DataFrame(
        {
            "pupil": rng.permutation(np.arange(30_000, 30_000 + 3 * k))[:k],
            "name": words.people(rng, k, "{last}, {first}"),
            "born": words.dates("2007-08-01", (10 - year) * 365
                                + rng.integers(0, 380, k), "%d.%m.%Y"),
            "class": [f"{y}{c}" for y, c in zip(year, rng.choice(list("abc"), k),
                                                strict=True)],
        }
    )  # fmt: skip


def _marks(points):
    return words.as_objects(list("FEDCBA"))[np.digitize(points, [40, 50, 60, 75, 88])]


def _teachers(classes, subjects, terms):
    """One teacher for a class and subject; one is on leave in the second term."""
    known = np.random.default_rng(5)
    staff = words.people(known, 40, "{last}")
    chosen: dict = {}
    for key in zip(classes, subjects, strict=True):
        chosen.setdefault(key, staff[known.integers(40)])
    names = mapped(chosen, zip(classes, subjects, strict=True))
    is_substituted = (terms == "2023/24-2") & (names == staff[3])
    return np.where(is_substituted, "Ms. Okafor (sub.)", names)


# brand: ingredient, ATC code, strengths with a price of the small pack
DRUGS = {
    "Ibuflam": ("ibuprofen", "M01AE01", {"400 mg": 4.95, "600 mg": 6.72}),
    "IbuHEXAL": ("ibuprofen", "M01AE01", {"400 mg": 4.89, "600 mg": 6.55}),
    "Dolormin": ("ibuprofen", "M01AE01", {"400 mg": 8.47}),
    "Metformin AL": ("metformin", "A10BA02", {"500 mg": 12.01, "1000 mg": 13.33}),
    "Siofor": ("metformin", "A10BA02", {"500 mg": 12.61, "850 mg": 12.95}),
    "Ramipril-1A": ("ramipril", "C09AA05", {"2.5 mg": 10.9, "5 mg": 11.4, "10 mg": 12}),
    "Ramilich": ("ramipril", "C09AA05", {"5 mg": 11.52}),
    "Ramilich comp": ("ramipril and diuretics", "C09BA05", {"5 mg/25 mg": 14.81}),
    "Simvabeta": ("simvastatin", "C10AA01", {"20 mg": 13.2, "40 mg": 15.4}),
    "Atorvalan": ("atorvastatin", "C10AA05", {"20 mg": 14.97, "40 mg": 17.9}),
    "L-Thyroxin Henning": ("levothyroxine sodium", "H03AA01",
                           {"50 µg": 11.31, "75 µg": 11.75, "100 µg": 12.19}),
    "Humira": ("adalimumab", "L04AB04", {"40 mg/0.4 ml": 1853.04}),
    "Xarelto": ("rivaroxaban", "B01AF01", {"15 mg": 88.31, "20 mg": 88.31}),
    "Eliquis": ("apixaban", "B01AF02", {"2.5 mg": 91.7, "5 mg": 91.7}),
}  # fmt: skip
PACKS = {"N1": 1.0, "N2": 1.55, "N3": 2.4}


def prescriptions(n, rng):
    """Prescriptions: the drug determines much, its price changes in July."""
    patients = _insured(n // 7, rng)
    rows = patients.iloc[rng.integers(len(patients), size=n)].reset_index(drop=True)
    brand, pack = (unevenly(rng, list(k), n, 0.7) for k in (DRUGS, PACKS))
    strength = words.as_objects([rng.choice(list(DRUGS[b][2])) for b in brand])
    day = np.sort(rng.integers(0, 365, n))
    price = np.array([DRUGS[b][2][s] * PACKS[p]
                      for b, s, p in zip(brand, strength, pack, strict=True
                  )])  # fmt: skip
    is_raised = np.isin(brand, ["Ibuflam", "Siofor", "Xarelto"]) & (day >= 182)
    price = np.round(price * np.where(is_raised, 1.04, 1), 2)
    copay = np.clip(np.round(0.1 * price, 2), 5, 10)
    copay = np.where(rows.pop("exempt") == "yes", 0, np.minimum(copay, price))
    doctors = words.people(rng, 45, "Dr. {last}")
    return rows.assign(
        date=words.dates("2023-01-01", day), brand=brand, ingredient=mapped(DRUGS,
        brand, 0),
        atc=mapped(DRUGS, brand, 1), strength=strength, pack=pack,
        price=words.money(price),
        copay=words.money(copay), doctor=_of_patient(rng, rows["patient"], doctors),
        pharmacy=unevenly(rng, ["Adler-Apotheke", "Alte Apotheke", "Alster Apotheke",
                                "Apotheke am Markt", "DocMorris"], n, 0.5),
        dosage=words.holes(rng, unevenly(rng, ["1-0-0", "1-0-1", "0-0-1", "1-1-1",
                                         "bei Bedarf", "1/2-0-0"], n, 0.8), 0.1),
    )  # fmt: skip


def _insured(k, rng):
    fund = unevenly(
        rng, ["TK", "AOK Nord", "AOK Nordost", "Barmer", "DAK", "BKK VBU"], k
    )
    return pd.DataFrame(
        {
            "patient": _insurance_numbers(k, rng),
            "born": 2020 - np.clip(rng.normal(60, 18, k), 1, 98).astype(int),
            "sex": rng.choice(["f", "m", "d"], k, p=[0.54, 0.455, 0.005]),
            "fund": fund,
            "exempt": rng.choice(["yes", "no"], k, p=[0.2, 0.8]),
        }
    )


def _insurance_numbers(k, rng):
    """Insurance numbers: a letter and nine digits."""
    digits = rng.choice(10**9, k, replace=False)
    letters = rng.choice(list("ABCDEFGHKLMNPRSTUVWXY"), k)
    return [f"{a}{d:09d}" for a, d in zip(letters, digits, strict=True)]


def _of_patient(rng, patients, doctors):
    """Most have one doctor; one visit in twenty is to another."""
    usual = {key: rng.choice(doctors) for key in pd.unique(patients)}
    return words.except_for(rng, mapped(usual, patients), doctors, 0.05)
