"""Names that tables are full of, and how to draw them as unevenly as life does."""

import numpy as np
import pandas as pd

FIRST = (
    "Anna", "Ben", "Carla", "David", "Elif", "Felix", "Grace", "Hana", "Ivan", "Jana",
    "Karl", "Laura", "Marek", "Nina", "Oscar", "Paula", "Quentin", "Rosa", "Sven",
    "Tomas", "Uma", "Vera", "Walter", "Xenia", "Yusuf", "Zoe", "Marie-Luise", "José",
    "Jean-Paul", "Anne", "Ana", "Jan", "Jane", "Jon", "John", "Eric", "Erik",
)  # fmt: skip
LAST = (
    "Smith", "Smyth", "Schmidt", "Schmitt", "McDonald", "MacDonald", "O'Brien", "Meyer",
    "Meier", "Maier", "Müller", "Möller", "Nuñez", "Garcia", "Martin", "Martinez",
    "van der Berg", "de Vries", "D'Angelo", "Kowalski", "Kowalska", "Novák", "Nováková",
    "Johnson", "Johnston", "Johansson", "Hansen", "Jansen", "Janssen", "Larsen", "Lee",
    "Li", "Chen", "Cheng", "Nguyen", "Patel", "Khan", "Kahn", "Fischer", "Fisher",
    "Weiß", "Weiss", "Brown", "Browne", "Clark", "Clarke", "Stewart", "Stuart",
)  # fmt: skip
STREETS = (
    "Elm St", "Elm Ct", "Oak St", "Oak Ave", "Main St", "N Main St", "S Main St",
    "Maple Dr", "Maple Ave", "Lake Rd", "Lakeview Rd", "Mill Ln", "Hill Rd", "Park Ave",
    "Park Blvd", "Church St", "Station Rd", "River Rd", "Cedar Ct", "Pine St",
    "Washington Blvd", "Lincoln Ave", "St. Mary's Way", "O'Connell Pl",
)  # fmt: skip


def unevenly(rng, values, n, power=1.0):
    """Draw n values, the k-th one k ** power times as rarely as the first."""
    p = np.arange(1, len(values) + 1) ** -float(power)
    return as_objects(values)[rng.choice(len(values), n, p=p / p.sum())]


def as_objects(values):
    """Return an array of Python objects, one of each value."""
    result = np.empty(len(values), dtype=object)
    result[:] = list(values)
    return result


def people(rng, n, order="{first} {last}"):
    """Return n names; some people have the same one."""
    first, last = (rng.choice(names, n) for names in (FIRST, LAST))
    return as_objects(
        [order.format(first=a, last=b) for a, b in zip(first, last, strict=True)]
    )


def addresses(rng, n):
    """Return n house numbers with streets."""
    street = unevenly(rng, STREETS, n, 0.5)
    return as_objects(
        [f"{k} {s}" for k, s in zip(rng.integers(1, 999, n), street, strict=True)]
    )


def days(start, offsets):
    """Return dates so many days after the start."""
    return pd.Timestamp(start) + pd.to_timedelta(offsets, unit="D")


def dates(start, offsets, layout="%Y-%m-%d"):
    """Return the dates as text."""
    return as_objects(pd.DatetimeIndex(days(start, offsets)).strftime(layout))


def holes(rng, cells, share, where=None):
    """Return the cells with empty ones among them, at random or of the rows `where`."""
    cells = as_objects(list(cells))
    empty = rng.random(len(cells)) < share
    cells[empty if where is None else empty & np.asarray(where)] = ""
    return cells


def money(amounts):
    """Return amounts as text with two decimals, empty where there is none."""
    return as_objects(["" if np.isnan(x) else f"{x:.2f}" for x in amounts])


def numbered(pattern, numbers):
    """Return one text for each number."""
    return as_objects([pattern.format(k) for k in numbers])


def except_for(rng, usual, others, share):
    """Return the usual cells, a share of which another value has for good reason."""
    cells = as_objects(list(usual))
    is_other = rng.random(len(cells)) < share
    cells[is_other] = rng.choice(as_objects(others), is_other.sum())
    return cells


def mapped(mapping, keys, at=None):
    """Return what each key stands for, or the part `at` of it."""
    found = [mapping[key] for key in keys]
    return as_objects(found if at is None else [values[at] for values in found])
