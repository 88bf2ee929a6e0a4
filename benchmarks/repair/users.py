"""Small tables with the errors that users have, made here, all with known truth.

Every function takes a seed and returns a `Case`. They say what is right in one line.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

# city, its misspelling, zip, country, currency
PLACES = (
    ("Vienna", "Viena", "1010", "Austria", "EUR"),
    ("Graz", "Gras", "8010", "Austria", "EUR"),
    ("Prague", "Pragu", "11000", "Czechia", "CZK"),
    ("Brno", "Bnro", "60200", "Czechia", "CZK"),
    ("Warsaw", "Wasraw", "00-001", "Poland", "PLN"),
    ("Gdansk", "Gdanks", "80-001", "Poland", "PLN"),
    ("Madrid", "Madird", "28001", "Spain", "EUR"),
    ("Seville", "Sevile", "41001", "Spain", "EUR"),
    ("Oslo", "Olso", "0150", "Norway", "NOK"),
    ("Bergen", "Berge", "5003", "Norway", "NOK"),
    ("Stockholm", "Stokholm", "11120", "Sweden", "SEK"),
    ("Malmo", "Mallmo", "21115", "Sweden", "SEK"),
)
PRICES = {"lamp": 40, "chair": 90, "desk": 220, "mug": 8, "clock": 30, "shelf": 130}
MARKERS = ("", "N/A", "-", "?", "unknown")


@dataclass(frozen=True, eq=False)
class Case:
    """A dirty table, the same without errors, what `fit` gets if that is another.

    `kinds` is a frame of the planted cells with row, column and kind.
    """

    dirty: pd.DataFrame
    clean: pd.DataFrame
    train: pd.DataFrame | None = None
    kinds: pd.DataFrame | None = None


def clean_table(frame):
    """Case of a table in which nothing is wrong."""
    return Case(frame, frame)


class Planting:
    """A copy of a table into which errors are planted, each row at most once."""

    def __init__(self, clean, rng):
        self.clean, self.dirty = clean, clean.copy()
        self._rows, self._cells = iter(rng.permutation(len(clean))), []

    def put(self, kind, n_rows, column, wrong):
        """Plant `wrong(row)`, a function of the right row, in so many rows."""
        for _ in range(n_rows):
            self.put_in(int(next(self._rows)), kind, column, wrong)

    def put_in(self, row, kind, column, wrong):
        """Plant one error."""
        self.dirty.loc[row, column] = wrong(self.clean.loc[row])
        self._cells.append((row, column, kind))

    def next_row(self):
        """Row that has no error yet."""
        return int(next(self._rows))

    def case(self):
        """Return what came of it."""
        kinds = pd.DataFrame(self._cells, columns=["row", "column", "kind"])
        return Case(self.dirty, self.clean, kinds=kinds)


# What the rest of its row determines, and so should be repaired; others be flagged.
DETERMINED = ("typo", "zip", "swap", "currency", "case", "total")


def orders(seed, n=3000):
    """Orders of a shop: DETERMINED kinds are repaired, the others flagged."""
    rng = np.random.default_rng(seed)
    planting = Planting(_right_orders(n, rng), rng)
    misspelt = {place[0]: place[1] for place in PLACES}
    zips = [place[2] for place in PLACES]
    day = pd.Timedelta(days=1)

    def other_zip(row):
        return rng.choice([code for code in zips if code != row["zip"]])

    planting.put("typo", 20, "city", lambda row: misspelt[row["city"]])
    planting.put("zip", 20, "zip", other_zip)
    for _ in range(15):
        row = planting.next_row()
        planting.put_in(row, "swap", "city", lambda right: right["country"])
        planting.put_in(row, "swap", "country", lambda right: right["city"])
    planting.put("currency", 10, "currency", lambda row: "GBP")
    planting.put("case", 10, "country", lambda row: row["country"].upper())
    planting.put("total", 10, "total", lambda row: 0.0)
    planting.put("age", 10, "age", lambda row: int(rng.choice([180, -1, 0, 888])))
    planting.put("sign", 10, "unit_price", lambda row: -row["unit_price"])
    planting.put("x10", 15, "unit_price", lambda row: round(10 * row["unit_price"], 2))
    planting.put("quantity", 10, "quantity", lambda row: 250)
    planting.put("dates", 10, "shipped", lambda row: row["ordered"] - 40 * day)
    planting.put("1970", 5, "ordered", lambda row: pd.Timestamp("1970-01-01"))
    return planting.case()


def _right_orders(n, rng):
    place = np.array(PLACES, dtype=object)[rng.integers(len(PLACES), size=n)]
    article = rng.choice(list(PRICES), n)
    quantity = rng.integers(1, 6, n)
    usual = np.array([PRICES[name] for name in article])
    price = np.round(usual * rng.normal(1, 0.05, n), 2)
    ordered = _days("2023-03-01", rng.integers(0, 300, n))
    return pd.DataFrame(
        {
            "number": np.arange(n) + 500_000,
            "customer": rng.choice(["Ida", "Jan", "Kim", "Lea", "Max", "Nora"], n),
            "age": rng.integers(18, 85, n),
            **dict(zip(("city", "zip", "country", "currency"),
                       place[:, [0, 2, 3, 4]].T, strict=True)),
            "article": article,
            "quantity": quantity,
            "unit_price": price,
            "total": np.round(price * quantity, 2),
            "ordered": ordered,
            "shipped": ordered + pd.to_timedelta(rng.integers(1, 10, n), unit="D"),
        }
    )  # fmt: skip


def _days(start, days):
    return pd.Timestamp(start) + pd.to_timedelta(days, unit="D")


def misspelt_cities(seed, n=3000):
    """Four columns that determine each other, 20 misspelt cities: all are repaired."""
    rng = np.random.default_rng(seed)
    right = _right_orders(n, rng)[["city", "zip", "country", "currency"]]
    planting = Planting(right, rng)
    misspelt = {place[0]: place[1] for place in PLACES}
    planting.put("typo", 20, "city", lambda row: misspelt[row["city"]])
    return planting.case()


def date_units(seed, n=300):
    """Fitted on dates in nanoseconds, given them in seconds: nothing is changed."""
    code = np.random.default_rng(seed).integers(0, 9, n)
    letters = np.array(list("KLMNOPQRS"))
    X = pd.DataFrame(
        {
            "due": _days("2021-05-01", 20 * code).astype("datetime64[ns]"),
            "code": letters[code],
            "team": letters[(code + 4) % 9],
        }
    )
    same = X.astype({"due": "datetime64[s]"})
    return Case(same, same, train=X)


def float_widths(seed, n=300):
    """Fitted on float64, given the same numbers as float32: nothing is changed."""
    code = np.random.default_rng(seed).integers(0, 9, n)
    letters = np.array(list("KLMNOPQRS"))
    X = pd.DataFrame({"fee": (code + 1) / 7.0, "code": letters[code]})
    same = X.astype({"fee": "float32"})
    return Case(same, same, train=X)


def lists(seed, n=2000):
    """Clean, with lists of languages in a column."""
    rng = np.random.default_rng(seed)
    names = np.array(
        ["Dutch", "Danish", "Finnish", "Greek", "Korean", "Latin", "Polish", "Thai"]
    )
    p = np.r_[0.55, np.full(7, 0.45 / 7)]
    n_more = (rng.random(n) < 0.35).astype(int) + (rng.random(n) < 0.1)
    spoken = [
        ",".join(rng.choice(names, 1 + more, replace=False, p=p)) for more in n_more
    ]
    return clean_table(
        pd.DataFrame(
            {
                "spoken": spoken,
                "genre": rng.choice(["crime", "nature", "sport", "music"], n),
                "rated": rng.choice(["all", "12", "16"], n),
                "channel": rng.choice(["one", "two", "three"], n),
            }
        )
    )


def numbers_as_text(seed, n=2000):
    """Clean, with numbers that are text, some of them rare."""
    rng = np.random.default_rng(seed)
    usual = rng.random(n) < 0.5
    hours = np.where(usual, 38, np.clip(rng.normal(36, 10, n), 2, 80)).astype(int)
    return clean_table(
        pd.DataFrame(
            {
                "hours": hours.astype(str),
                "since": rng.integers(1960, 2024, n).astype(str),
                "shift": rng.choice(["day", "night"], n),
                "job": rng.choice(["nurse", "cook", "driver", "guard"], n),
            }
        )
    )


def short_codes(seed, n=1500, exceptions=0.0):
    """Eight columns of one-letter codes of a hidden class, 5 % with a typing error.

    Nearly all can be repaired. With exceptions, rare truths, the risk is to be kept.
    """
    rng = np.random.default_rng(seed)
    letters = np.array(list("BDGM"), dtype=object)
    group = rng.integers(6, size=n)
    right = np.column_stack([letters[rng.permutation(6)[group] % 4] for _ in range(8)])
    is_free = rng.random(right.shape) < exceptions
    right = np.where(is_free, rng.choice(letters, right.shape), right)
    wrong = right.copy()
    for at in np.argwhere(rng.random(right.shape) < 0.05):
        more = rng.choice(list("vyz357"))
        wrong[tuple(at)] = rng.choice([more, wrong[tuple(at)] + more, more + "-"])
    frames = [pd.DataFrame(cells).add_prefix("code") for cells in (wrong, right)]
    return Case(*frames)


def codes_with_exceptions(seed):
    """Short codes, 3 % of whose cells are legitimate exceptions."""
    return short_codes(seed, exceptions=0.03)


def one_repeated_error(seed, n=2400):
    """Level of a degree, wrong in 5 % of one group by the same legitimate value."""
    rng = np.random.default_rng(seed)
    levels = {"apprentice": "3", "journeyman": "5", "master": "6", "helper": "1"}
    degree = rng.choice(list(levels), n, p=[0.2, 0.5, 0.1, 0.2])
    right = pd.DataFrame(
        {
            "degree": degree,
            "level": [levels[name] for name in degree],
            "trade": rng.choice(["wood", "stone", "steel", "glass", "cloth"], n),
            "site": rng.choice(["port", "hill", "mill"], n),
        }
    )
    planting = Planting(right, rng)
    group = np.flatnonzero(degree == "journeyman")
    for row in rng.choice(group, len(group) // 20, replace=False):
        planting.put_in(int(row), "repeated", "level", lambda right: "6")
    return planting.case()


def rare_truths(seed, n=10_000, exceptions=0.1):
    """Ten columns of a hidden class, 10 % exceptions, 3 % wrong: the risk is kept."""
    rng = np.random.default_rng(seed)
    group = rng.integers(20, size=n)
    right = rng.integers(10, size=(20, 10))[group]
    is_free = rng.random(right.shape) < exceptions
    right = np.where(is_free, rng.integers(10, size=right.shape), right)
    is_wrong = rng.random(right.shape) < 0.03
    wrong = np.where(is_wrong, rng.integers(10, size=right.shape), right)
    return Case(*(pd.DataFrame(cells).add_prefix("c").map("k{}".format)
                  for cells in (wrong, right)))  # fmt: skip


def few_distinct_rows(seed, n=40_000, random_columns=0):
    """The same without exceptions: 20 distinct right rows, many copies of each."""
    case = rare_truths(seed, n, exceptions=0.0)
    rng = np.random.default_rng(seed + 1)
    noise = {f"noise{k}": rng.random(n) for k in range(random_columns)}
    return Case(case.dirty.assign(**noise), case.clean.assign(**noise))


def few_distinct_rows_and_noise(seed):
    """With four columns of random numbers, which are to change nothing."""
    return few_distinct_rows(seed, random_columns=4)


def same_units(seed, n=1000):
    """Ways of writing one thing are unified; "ml" beside "cl" is left alone."""
    rng = np.random.default_rng(seed)
    weight, fee = rng.choice([5, 10, 20, 25], n), rng.integers(300, 9000, n)
    town = rng.choice(["Gent", "Turku", "Porto", "Basel"], n)
    amounts = zip(rng.choice([250, 750], n), rng.choice(["ml", "cl"], n), strict=True)
    right = pd.DataFrame(
        {
            "weight": weight.astype(str),
            "fee": fee.astype(str),
            "town": town,
            "bottle": [f"{amount} {unit}" for amount, unit in amounts],
        }
    )
    ways = np.array(["{}", "{} kg", "{}.0 kg.", "{} kilogram"])
    chosen = rng.choice(ways, n, p=[0.5, 0.2, 0.2, 0.1])
    wrong = right.assign(
        weight=[way.format(value) for way, value in zip(chosen, weight, strict=True)],
        fee=np.where(rng.random(n) < 0.2, [f"${v:,}" for v in fee], right["fee"]),
        town=np.where(rng.random(n) < 0.05, [f" {v} " for v in town], right["town"]),
    )
    return Case(wrong, right)


def blanks(seed, n=1500):
    """Missing cells in five ways of writing, of columns that determine each other."""
    rng = np.random.default_rng(seed)
    right = _right_orders(n, rng)[["city", "zip", "country", "currency"]]
    dirty = right.copy()
    for name in right:
        rows = rng.choice(n, n // 25, replace=False)
        dirty.loc[rows, name] = rng.choice(MARKERS, len(rows))
    return Case(dirty, right)


def labelled_jobs(seed, n=400):
    """Rows, which of them are anomalies: the rule is job "d" above an age of 50."""
    rng = np.random.default_rng(seed)
    X = pd.DataFrame(
        {"age": rng.integers(18, 80, n), "job": rng.choice(list("abcd"), n)}
    )
    return X, ((X["job"] == "d") & (X["age"] > 50)).to_numpy()


# Clean tables of other domains.


def weather(seed, n=3000):
    """Clean: stations, seasons, a temperature that goes by them, a rare storm."""
    rng = np.random.default_rng(seed)
    station = rng.integers(40, size=n)
    height = rng.integers(0, 2500, 40)
    day = rng.integers(0, 730, n)
    season = 10 * np.sin(2 * np.pi * (day - 100) / 365)
    low = np.round(12 + season - height[station] / 150 + rng.normal(0, 3, n), 1)
    return clean_table(
        pd.DataFrame(
            {
                "station": [f"ST{k:03d}" for k in station],
                "height": height[station],
                "date": _days("2022-01-01", day),
                "low": low,
                "high": np.round(low + rng.gamma(4, 2, n), 1),
                "rain": np.round(rng.gamma(0.4, 5, n), 1),
                "wind": rng.choice(["N", "NE", "E", "SE", "S", "SW", "W", "NW"], n),
                "sky": rng.choice(["clear", "cloudy", "fog", "storm"], n,
                                  p=[0.5, 0.4, 0.09, 0.01]),
            }
        )
    )  # fmt: skip


def patients(seed, n=2500):
    """Clean: hospital visits with free names, codes, a ratio and rare diagnoses."""
    rng = np.random.default_rng(seed)
    wards = {"I21": "cardiology", "J18": "pneumology", "S72": "surgery",
             "O80": "obstetrics", "G40": "neurology"}  # fmt: skip
    first = ["Ada", "Bela", "Cato", "Dina", "Emil", "Fay", "Gus", "Hal", "Ira", "Joy"]
    last = ["Abel", "Bohr", "Cohn", "Dahl", "Erne", "Falk", "Gold", "Haas", "Imhof"]
    code = rng.choice(list(wards), n, p=[0.4, 0.3, 0.2, 0.08, 0.02])
    height = np.clip(rng.normal(170, 10, n), 140, 205).round()
    weight = np.clip(rng.normal(75, 15, n), 40, 180).round(1)
    came = _days("2020-01-01", rng.integers(0, 1000, n))
    return clean_table(
        pd.DataFrame(
            {
                "name": [f"{rng.choice(last)}, {rng.choice(first)}" for _ in range(n)],
                "code": code,
                "ward": [wards[c] for c in code],
                "height": height,
                "weight": weight,
                "bmi": np.round(weight / (height / 100) ** 2, 1),
                "came": came,
                "left": came + pd.to_timedelta(rng.geometric(0.2, n), unit="D"),
                "note": rng.choice(["", "", "", "call family", "diet", "allergy"], n),
            }
        )
    )


def library(seed, n=2000):
    """Clean: books with titles that are nearly alike, years as text, shelf marks."""
    rng = np.random.default_rng(seed)
    fields = ["algebra", "botany", "chemistry", "drawing", "ethics", "fishing"]
    field = rng.integers(6, size=n)
    volume = rng.integers(1, 13, n)
    year = rng.integers(1890, 2020, n)
    return clean_table(
        pd.DataFrame(
            {
                "title": [
                    f"Handbook of {fields[k]}, vol. {v}"
                    for k, v in zip(field, volume, strict=True)
                ],
                "mark": [
                    f"{'QRSTUV'[k]}{v:02d}.{y % 100:02d}"
                    for k, v, y in zip(field, volume, year, strict=True)
                ],
                "year": year.astype(str),
                "pages": rng.integers(60, 900, n),
                "lent": rng.choice(["yes", "no"], n, p=[0.03, 0.97]),
                "tongue": rng.choice(["en", "de", "fr", "la"], n,
                                     p=[0.6, 0.25, 0.145, 0.005]),
            }
        )
    )  # fmt: skip


def rare_flags(seed, n=2000):
    """Clean: flags that are rarely set, of which nothing in the table tells more."""
    rng = np.random.default_rng(seed)
    return clean_table(
        pd.DataFrame(
            {
                "vip": rng.choice(["yes", "no"], n, p=[0.02, 0.98]),
                "is_returned": rng.random(n) < 0.01,
                "status": rng.choice(["open", "closed", "disputed"], n,
                                     p=[0.3, 0.665, 0.035]),
                "team": rng.choice(list("uvwxyz"), n),
                "shift": rng.choice(["early", "late", "night"], n),
                "amount": np.round(rng.gamma(2, 80, n), 2),
            }
        )
    )  # fmt: skip


def right_orders(seed):
    """Clean: the orders before errors are planted."""
    return clean_table(orders(seed).clean)


CASES = {
    "orders": orders,
    "misspelt cities": misspelt_cities,
    "date units": date_units,
    "float widths": float_widths,
    "lists": lists,
    "numbers as text": numbers_as_text,
    "short codes": short_codes,
    "short codes, exceptions": codes_with_exceptions,
    "one repeated error": one_repeated_error,
    "rare truths": rare_truths,
    "few distinct rows": few_distinct_rows,
    "few distinct rows, random columns": few_distinct_rows_and_noise,
    "same units": same_units,
    "blanks": blanks,
}
CLEAN = {
    "lists": lists,
    "numbers as text": numbers_as_text,
    "weather": weather,
    "patients": patients,
    "library": library,
    "rare flags": rare_flags,
    "right orders": right_orders,
}
