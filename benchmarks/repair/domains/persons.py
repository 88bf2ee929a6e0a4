"""More of what is kept about persons: study visits, tests, courses, memberships."""

import numpy as np
import pandas as pd

from benchmarks.repair.domains import words
from benchmarks.repair.domains.words import mapped, unevenly

VISITS = {"Screening": -14, "Baseline": 0, "Week 2": 14, "Week 4": 28, "Week 8": 56,
          "Week 12": 84, "Follow-up": 112}  # fmt: skip
SITES = {"101": ("AT", "Wien"), "102": ("AT", "Graz"), "201": ("DE", "Köln"),
         "202": ("DE", "Kiel"), "301": ("IT", "Bolzano/Bozen"), "302": ("IT", "Torino"
     )}  # fmt: skip
EVENTS = ("", "", "", "", "", "headache", "nausea", "headache, mild", "rash",
          "AE: fall at home", "COVID-19", "none reported")  # fmt: skip


def trial_visits(n, rng):
    """Visits of a study: facts of a subject stay, planned days are nearly kept."""
    subjects = _subjects(n // 6, rng)
    at = np.repeat(np.arange(len(subjects)), len(VISITS))
    planned = np.tile(list(VISITS.values()), len(subjects))
    last = np.where(
        rng.random(len(subjects)) < 0.15, rng.integers(10, 84, len(subjects)), 999
    )
    at, planned = (part[planned <= last[at]][:n] for part in (at, planned))
    n, rows = len(at), subjects.iloc[at].reset_index(drop=True)
    day = planned + np.where(planned == 0, 0, rng.integers(-2, 4, n))
    name = {planned_day: visit for visit, planned_day in VISITS.items()}
    weight = rows.pop("kg") * (1 - 0.0004 * np.maximum(day, 0)) + rng.normal(0, 0.6, n)
    upper = np.round(rows.pop("mmhg") - 0.08 * np.maximum(day, 0) * (rows["arm"] == "B")
                     + rng.normal(0, 7, n)).astype(int)  # fmt: skip
    is_not_done = rng.random(n) < 0.02
    return rows.assign(
        visit=[name[d] for d in planned], planned_day=planned, study_day=day,
        date=pd.DatetimeIndex(pd.Timestamp("2022-03-01") + pd.to_timedelta(
            rng.integers(0, 300, len(subjects))[at] + day,
            unit="D")).strftime("%d-%b-%Y"),
        weight_kg=words.holes(rng, [f"{w:.1f}" for w in weight], 1, is_not_done),
        systolic=words.holes(rng, upper.astype(str), 1, is_not_done),
        diastolic=words.holes(rng, np.round(0.62 * upper + rng.normal(0, 4, n))
                              .astype(int).astype(str), 1, is_not_done),
        pulse=np.round(rng.normal(72, 9, n)).astype(int),
        event=unevenly(rng, EVENTS, n, 0.5), done=np.where(is_not_done, "N", "Y"),
    )  # fmt: skip


def _subjects(k, rng):
    site = unevenly(rng, list(SITES), k, 0.5)
    number = pd.Series(site).groupby(site).cumcount() + 1
    return pd.DataFrame(
        {
            "subject": [f"{s}-{j:03d}" for s, j in zip(site, number, strict=True)],
            "site": site, "country": mapped(SITES, site, 0), "city": mapped(SITES, site,
            1),
            "sex": rng.choice(["F", "M"], k), "birth_year": rng.integers(1940, 2003, k),
            "arm": rng.choice(["A", "B"], k), "kg": rng.normal(80, 13, k),
            "mmhg": rng.normal(146, 12, k),
        }
    ).sort_values("subject", ignore_index=True)  # fmt: skip


# LOINC code: name, unit, unit of the one laboratory that reports otherwise and its
# factor, decimals, low and high for women, for men
TESTS = {
    "718-7": ("Hemoglobin", "g/dL", "g/L", 10, 1, (12.0, 15.5), (13.5, 17.5)),
    "4548-4": ("Hemoglobin A1c", "%", "%", 1, 1, (4.0, 5.6), (4.0, 5.6)),
    "2345-7": ("Glucose", "mg/dL", "mmol/L", 0.0555, 0, (70, 99), (70, 99)),
    "2160-0": ("Creatinine", "mg/dL", "µmol/L", 88.4, 2, (0.5, 1.1), (0.7, 1.3)),
    "2951-2": ("Sodium", "mmol/L", "mmol/L", 1, 0, (136, 145), (136, 145)),
    "2823-3": ("Potassium", "mmol/L", "mmol/L", 1, 1, (3.5, 5.1), (3.5, 5.1)),
    "2093-3": ("Cholesterol", "mg/dL", "mmol/L", 0.02586, 0, (120, 200), (120, 200)),
    "2085-9": ("HDL Cholesterol", "mg/dL", "mmol/L", 0.02586, 0, (50, 90), (40, 90)),
    "13457-7": ("LDL Cholesterol", "mg/dL", "mmol/L", 0.02586, 0, (50, 130), (50, 130)),
    "3016-3": ("TSH", "mIU/L", "mIU/L", 1, 2, (0.4, 4.0), (0.4, 4.0)),
    "1988-5": ("CRP", "mg/L", "mg/L", 1, 1, (0, 5.0), (0, 5.0)),
}  # fmt: skip


def lab_orders(n, rng):
    """Laboratory results: one laboratory uses other units, flags follow the limits."""
    order, code = (
        np.sort(rng.integers(0, n // 4, n)),
        unevenly(rng, list(TESTS), n, 0.4),
    )
    labs = ["Central", "North", "St. Anna", "Büro Dr. Weiß"]
    sex, lab = rng.choice(["F", "M"], n)[order], unevenly(rng, labs, n, 1.1)[order]
    is_other = (lab == "St. Anna") & (mapped(TESTS, code, 3).astype(float) != 1)
    factor = np.where(is_other, mapped(TESTS, code, 3).astype(float), 1)
    digits = np.where(is_other & (factor < 1), 1, mapped(TESTS, code, 4).astype(int))
    digits = np.where(is_other & (factor > 1), 0, digits)
    limits = np.array([TESTS[c][5 if s == "F" else 6] for c, s in
                       zip(code, sex, strict=True)]) * factor[:, None]  # fmt: skip
    low, high = (_rounded(side, digits) for side in limits.T)
    width = limits[:, 1] - limits[:, 0]
    result = _rounded(
        np.abs(limits.mean(1) + width * 0.32 * rng.standard_t(5, n)), digits
    )
    number = result.astype(float)
    flag = np.where(
        number < low.astype(float), "L", np.where(number > high.astype(float), "H", "")
    )
    far = np.abs(number - limits.mean(1)) > 1.5 * width
    return pd.DataFrame(
        {
            "order": [f"L{240_000 + j}" for j in order],
            "patient": rng.permutation(n)[order] + 50_000,
            "sex": sex, "age": rng.integers(18, 95, n)[order],
            "loinc": code, "test": mapped(TESTS, code, 0), "result": result,
            "unit": np.where(is_other, mapped(TESTS, code, 2), mapped(TESTS, code, 1)),
            "low": low, "high": high, "flag": np.where(far & (flag != ""), flag + flag,
            flag),
            "lab": lab,
            "ordered_by": unevenly(rng, words.people(rng, 30, "{last}"), n, 0.5)[order],
            "comment": words.holes(rng, unevenly(rng, ["hemolytic", "fasting",
            "repeat"], n), 0.95),
        }
    ).drop_duplicates(["order", "loinc"], ignore_index=True)  # fmt: skip


def _rounded(numbers, digits):
    return words.as_objects(
        [f"{x:.{d}f}" for x, d in zip(numbers, digits, strict=True)]
    )


DEPARTMENTS = {"MATH": "Mathematics", "STAT": "Statistics", "CS": "Computer Science",
               "CSE": "Computer Science & Eng.", "HIST": "History",
               "FREN": "Romance Languages",
               "SPAN": "Romance Languages", "BIOL": "Biology", "MUS": "Music"
           }  # fmt: skip
COURSES = ("Introduction to {}", "Topics in {}", "{} I", "{} II", "{} III",
"Seminar: {}",
           "Honors {}", "{} Lab", "{} for Non-Majors", "Independent Study")  # fmt: skip


def courses(n, rng):
    """Sections of courses, term by term: title and credits are a course's, mostly."""
    known = _courses(130, rng)
    rows = known.iloc[rng.integers(len(known), size=n)].reset_index(drop=True)
    terms = ("FA21", "SP22", "FA22", "SP23", "FA23", "SP24")
    term = np.sort(rng.integers(len(terms), size=n))
    building = {code: f"{rng.choice(['Hall', 'Lab'])} {letter}" for code, letter in
                zip(DEPARTMENTS, "ABBBCDDEF", strict=True)}  # fmt: skip
    size = rng.choice([15, 20, 24, 30, 30, 40, 60, 120], n)
    # From 2023 on, one department gives four credits where it gave three.
    is_later = (term >= 4) & (rows["subject"] == "HIST") & (rows["credits"] == "3")
    start = rng.choice([8, 9, 10, 11, 13, 14, 16], n)
    return rows.assign(
        credits=np.where(is_later, "4", rows["credits"]),
        term=words.as_objects(terms)[term],
        section=_sections(rows["number"], term),
        instructor=words.holes(rng, words.except_for(rng, rows["instructor"],
                               words.people(rng, 12, "{last}, {first}"), 0.2), 0.03),
        days=unevenly(rng, ["MWF", "TR", "MW", "T", "R", "MTWRF"], n),
        time=[f"{s:02d}:{m} - {s + 1:02d}:{e}" for s, m, e in zip(
            start, rng.choice(["00", "30"], n), rng.choice(["15", "20", "50"], n),
            strict=True)],
        room=[f"{building[s]} {r}" for s, r in
              zip(rows["subject"], rng.integers(101, 130, n), strict=True)],
        capacity=size, enrolled=rng.binomial(size, rng.beta(5, 1.5, n)),
        mode=rng.choice(["in person", "online", "hybrid"], n, p=[0.84, 0.12, 0.04]),
    )  # fmt: skip


def _sections(course, term):
    """Sections of a course in a term, from 01 on."""
    count = (
        pd.Series(1, index=range(len(term)))
        .groupby([course.to_numpy(), term])
        .cumcount()
    )
    return words.numbered("{:02d}", count + 1)


def _courses(k, rng):
    subject = unevenly(rng, list(DEPARTMENTS), k, 0.3)
    field = mapped(DEPARTMENTS, subject)
    title = [rng.choice(COURSES).format(f) for f in field]
    level = rng.choice([100, 200, 300, 400, 500], k)
    lab = np.array([t.endswith("Lab") for t in title])
    return pd.DataFrame(
        {
            "subject": subject, "department": field,
            "number": [f"{s} {a + b}" for s, a, b in
                       zip(subject, level, rng.choice(99, k), strict=True)],
            "title": title,
            "level": np.where(level < 500, "undergraduate", "graduate"),
            "credits": np.where(lab, "1", np.where(np.array(title) ==
            "Independent Study",
                                "1-6", rng.choice(["3", "3", "4"], k))),
            "instructor": words.people(rng, k, "{last}, {first}"),
        }
    ).drop_duplicates("number", ignore_index=True)  # fmt: skip


PLANS = {"Basic": 24.9, "Basic Student": 19.9, "Plus": 39.9, "Plus Student": 31.9,
         "Premium": 59.9, "Day Pass": 12.0, "Staff": 0.0}  # fmt: skip
CLUBS = {
    "Altona": "22765",
    "Altstadt": "20095",
    "Barmbek": "22305",
    "Bergedorf": "21029",
}


def memberships(n, rng):
    """Members of gyms: old contracts keep their fee, addresses of mail are by name."""
    plan, club = unevenly(rng, list(PLANS), n, 0.9), unevenly(rng, list(CLUBS), n, 0.6)
    first, last = (rng.choice(names, n) for names in (words.FIRST, words.LAST))
    joined = np.sort(rng.integers(0, 2500, n))
    fee = mapped(PLANS, plan).astype(float)
    fee = np.where((joined < 900) & (fee > 12), fee - 3, fee)
    firm = words.holes(
        rng, unevenly(rng, ["Otto Group", "OTTO", "Uni Hamburg", "HPA"], n), 0.8
    )
    fee = np.where(firm == "Otto Group", np.round(0.8 * fee, 2), fee)
    has_left = rng.random(n) < 0.35
    left = np.minimum(joined + 30 * rng.integers(1, 40, n), 2600)
    mail = rng.choice(["gmail.com", "web.de", "gmx.de", "gmx.net", "t-online.de"], n)
    return pd.DataFrame(
        {
            "member": words.numbered("{:06d}", 1000 + 3 * np.arange(n)),
            "first_name": first, "last_name": last,
            "email": [_mail(a, b, k, m) for a, b, k, m in
                      zip(first, last, rng.integers(0, 99, n), mail, strict=True)],
            "phone": words.holes(rng, words.numbered(
                "0{}", rng.integers(151 * 10**8, 179 * 10**8, n)), 0.15),
            "born": words.dates("1950-01-01", rng.integers(0, 20_000, n), "%d.%m.%Y"),
            "joined": words.dates("2017-01-02", joined, "%d.%m.%Y"), "plan": plan,
            "fee": fee, "club": club, "club_zip": mapped(CLUBS, club), "company": firm,
            "status": np.where(has_left, "left", rng.choice(["active", "paused"], n,
            p=[0.95, 0.05])),
            "left": words.holes(rng, words.dates("2017-01-02", left, "%d.%m.%Y"), 1,
            ~has_left),
            "visits": np.where(plan == "Day Pass", 1, rng.negative_binomial(1, 0.02,
            n)),
        }
    )  # fmt: skip


PLAIN = str.maketrans(
    {
        "ü": "ue",  # codespell:ignore ue
        "ö": "oe",
        "ß": "ss",
        "á": "a",
        "é": "e",
        "ñ": "n",
    }
)


def _mail(first, last, number, host):
    name = f"{first}.{last}".lower().replace(" ", "").replace("'", "")
    name = name.translate(PLAIN)
    return f"{name}{number if number < 40 else ''}@{host}"
