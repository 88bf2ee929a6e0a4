"""Five tables, each with errors of a few kinds that one or two examples determine."""

import numpy as np
import pandas as pd

__all__ = ["TAUGHT"]

FIRST = ["Ann", "Bob", "Carl", "Dora", "Eve", "Finn", "Gina", "Hugo", "Ida", "Jan"]
LAST = [
    "Miller", "Smith", "Lopez", "Weber", "Rossi", "Novak", "Khan", "Ito", "Berg",
    "Silva",
]  # fmt: skip
MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()


class _Spoiler:
    """A clean table, and its copy in which parts of the columns are written anew."""

    def __init__(self, rng, columns):
        self.rng = rng
        self.clean = pd.DataFrame(columns).astype(object)
        self.dirty = self.clean.copy()

    def spoil(self, column, share, write):
        """Write a share of the cells of a column in another way."""
        n = len(self.clean)
        rows = self.rng.permutation(n)[: int(share * n)]
        old = self.clean[column].iloc[rows]
        self.dirty.iloc[rows, self.clean.columns.get_loc(column)] = [*map(write, old)]
        return rows

    @property
    def tables(self):
        """Dirty and clean table."""
        return self.dirty, self.clean


def library(seed, n=800):
    """Names in another order, "c1987.", shelf marks with a prefix, ISBNs."""
    rng = np.random.default_rng([seed, 1])
    names = [
        f"{LAST[b]}, {FIRST[a]}" for a, b in rng.integers(10, size=(n, 2)).tolist()
    ]
    isbn = [
        f"978-{a % 10}-{100 + a % 900}-{10_000 + b % 90_000}-{b % 10}"
        for a, b in rng.integers(10**6, size=(n, 2)).tolist()
    ]
    shelf = [f"{a}.{b:02d}" for a, b in rng.integers([100, 1], [999, 99], (n, 2))]
    made = _Spoiler(
        rng,
        {
            "book": [f"B{k:05d}" for k in range(n)],
            "author": names,
            "year": [str(year) for year in rng.integers(1950, 2020, n)],
            "shelf": shelf,
            "isbn": isbn,
        },
    )
    made.spoil("author", 0.15, lambda name: " ".join(name.split(", ")[::-1]))
    made.spoil("year", 0.12, lambda year: f"c{year}.")
    made.spoil("isbn", 0.18, lambda isbn: isbn.replace("-", ""))
    made.spoil("shelf", 0.10, lambda mark: f"QA {mark}")
    return made.tables


def lab(seed, n=900):
    """Dates of another country, decimal commas, other ids, and abbreviations."""
    rng = np.random.default_rng([seed, 2])
    days = pd.Timestamp("2021-01-01") + pd.to_timedelta(rng.integers(0, 700, n), "D")
    made = _Spoiler(
        rng,
        {
            "sample": [f"S-{k:04d}" for k in rng.integers(0, 9999, n)],
            "taken": days.strftime("%Y-%m-%d"),
            "result": [f"{x:.1f}" for x in rng.gamma(3, 2, n)],
            "unit": ["mg/l"] * n,
            "status": rng.choice(["passed", "failed", "repeat"], n, p=[0.7, 0.2, 0.1]),
        },
    )
    made.spoil("taken", 0.22, lambda day: ".".join(day.split("-")[::-1]))
    made.spoil("result", 0.17, lambda number: number.replace(".", ","))
    made.spoil("sample", 0.10, lambda name: name.replace("S-", "s"))
    made.spoil("status", 0.07, lambda word: word[0].upper())
    return made.tables


def staff(seed, n=700):
    """Lost zeros, whole names in one column, other phones, lost capitals and mail."""
    rng = np.random.default_rng([seed, 3])
    first, last = (rng.choice(names, n) for names in (FIRST, LAST))
    parts = rng.integers([20, 100, 10, 10], [80, 999, 99, 99], (n, 4)).tolist()
    rooms = zip(
        rng.choice([*"ABC"], n), rng.integers([1, 10], [5, 40], (n, 2)), strict=True
    )
    made = _Spoiler(
        rng,
        {
            "id": [f"{k:06d}" for k in rng.integers(1, 9999, n)],
            "first": first,
            "last": last,
            "mail": [
                f"{a.lower()}.{b.lower()}@firm.org"
                for a, b in zip(first, last, strict=True)
            ],
            "phone": ["+41 " + " ".join(map(str, numbers)) for numbers in parts],
            "room": [f"{letter}{a}.{b}" for letter, (a, b) in rooms],
        },
    )
    made.spoil("id", 0.17, lambda code: str(int(code)))
    rows = made.spoil("last", 0.14, lambda name: "")
    whole = (made.clean["first"] + " " + made.clean["last"]).iloc[rows]
    made.dirty.iloc[rows, 1] = whole.to_numpy()
    made.spoil("phone", 0.16, lambda number: number.replace("+41 ", "0"))
    made.spoil("mail", 0.10, lambda address: "")
    made.spoil("room", 0.09, str.lower)
    return made.tables


def flats(seed, n=1000):
    """Units, a currency, zips before towns, names of months, capitals."""
    rng = np.random.default_rng([seed, 4])
    towns = ["Zurich", "Bern", "Basel", "Geneva", "Lucerne"]
    zips = ["8001", "3011", "4051", "1201", "6003"]
    at = rng.integers(5, size=n)
    month = rng.integers([1990, 1], [2022, 13], (n, 2))
    made = _Spoiler(
        rng,
        {
            "area": [str(k) for k in rng.integers(30, 160, n)],
            "rent": [f"{k}.00" for k in rng.integers(500, 3000, n)],
            "zip": [zips[k] for k in at],
            "town": [towns[k] for k in at],
            "floor": rng.choice(["ground", "first", "second", "third"], n),
            "since": [f"{year}-{m:02d}" for year, m in month],
        },
    )
    made.spoil("area", 0.20, lambda area: f"{area} m2")
    made.spoil("rent", 0.18, lambda rent: f"CHF {float(rent):,.0f}.-")
    made.spoil("town", 0.15, lambda town: f"{zips[towns.index(town)]} {town}")
    made.spoil("since", 0.16, lambda day: f"{MONTHS[int(day[5:]) - 1]} {day[:4]}")
    made.spoil("floor", 0.09, str.upper)
    return made.tables


def sensors(seed, n=1200):
    """Millivolts, "13h05", other separators, signs at the end, names in the cell."""
    rng = np.random.default_rng([seed, 5])
    times = rng.integers([0, 0], [24, 60], (n, 2))
    made = _Spoiler(
        rng,
        {
            "node": [f"node-{k:02d}" for k in rng.integers(1, 40, n)],
            "time": [f"{hour:02d}:{minute:02d}" for hour, minute in times],
            "temp": [f"{x:.1f}" for x in rng.normal(18, 5, n)],
            "volt": [f"{x:.2f}" for x in rng.normal(3.3, 0.1, n)],
            "state": rng.choice(
                ["ok", "low battery", "offline"], n, p=[0.8, 0.15, 0.05]
            ),
        },
    )
    made.spoil("volt", 0.17, lambda volt: f"{round(1000 * float(volt))} mV")
    made.spoil("time", 0.21, lambda time: time.replace(":", "h"))
    made.spoil("node", 0.12, lambda node: node.replace("node-", "NODE_"))
    made.spoil("state", 0.10, lambda state: state.replace(" ", "_") + ";")
    made.spoil("temp", 0.08, lambda temp: f"T={temp}")
    return made.tables


TAUGHT = {
    "library": library, "lab": lab, "staff": staff, "flats": flats, "sensors": sensors,
}  # fmt: skip
