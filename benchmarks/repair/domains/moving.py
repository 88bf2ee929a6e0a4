"""What is kept week by week: charts, matches, meters, inspections of vehicles."""

import numpy as np
import pandas as pd

from benchmarks.repair.domains import words
from benchmarks.repair.domains.words import mapped, unevenly

# model: make, fuel, built from
MODELS = {
    "Golf": ("Volkswagen", "petrol", 1995), "e-Golf": ("Volkswagen", "electric", 2014),
    "Polo": ("Volkswagen", "petrol", 1995), "ID.3": ("Volkswagen", "electric", 2020),
    "Transporter T5": ("Volkswagen", "diesel", 2003),
    "Transporter T6": ("Volkswagen", "diesel", 2015),
    "i3": ("BMW", "electric", 2013), "320d": ("BMW", "diesel", 1998),
    "320i": ("BMW", "petrol", 1998), "Clio": ("Renault", "petrol", 1998),
    "ZOE": ("Renault", "electric", 2013), "Kangoo": ("Renault", "diesel", 1998),
    "Sprinter": ("Mercedes-Benz", "diesel", 1996), "A 180": ("Mercedes-Benz", "petrol",
    2005),
    "Octavia": ("Škoda", "petrol", 1997), "Fabia": ("Škoda", "petrol", 2000),
    "Ducato": ("Fiat", "diesel", 1996), "Panda": ("Fiat", "petrol", 1996),
}  # fmt: skip
DEFECTS = ("tyres worn", "brake pads < 2 mm", "headlight left", "rust",
           "exhaust leaks", "headlight right", "CO 0.6 %", "windscreen cracked"
       )  # fmt: skip


def vehicles(n, rng):
    """Inspections of vehicles over years: odometers rise, a model has one make."""
    cars = _cars(n // 2, rng)
    at = np.repeat(np.arange(len(cars)), rng.integers(1, 6, len(cars)))
    turn = pd.Series(at).groupby(at).cumcount().to_numpy()
    # First when it is three years old, then every other year, more or less.
    first = np.maximum(rng.integers(0, 700, len(cars)), (cars["built"] - 2013) * 365)
    day = first.to_numpy()[at] + 728 * turn + rng.integers(-20, 21, len(at))
    at, turn, day = (part[day < 3600][:n] for part in (at, turn, day))
    n, rows = len(at), cars.iloc[at].reset_index(drop=True)
    age = np.maximum(day / 365 + 2016 - rows["built"], 0.1)
    read = (rows.pop("km_a_year") * age).astype(int)
    station = unevenly(
        rng, ["TÜV Mitte", "TÜV Nord", "DEKRA West", "GTÜ", "KÜS"], n, 0.5
    )
    result = rng.choice(["passed", "minor defects", "major defects", "dangerous"], n,
                        p=[0.6, 0.25, 0.145, 0.005])  # fmt: skip
    defects = words.holes(rng, unevenly(rng, DEFECTS, n, 0.5), 1, result == "passed")
    # From its third inspection on a car in forty has new plates, as its owner moved,
    # and an electric one in two the same with an E.
    is_moved = (turn >= 2) & (at % 40 == 0)
    rows.loc[is_moved, "plate"] = _plates(len(cars), rng)[at][is_moved]
    has_e = (turn >= 2) & (at % 2 == 1) & (rows["fuel"] == "electric")
    rows.loc[has_e, "plate"] += "E"
    fee = np.where(rows["weight"] > 2800, 164.5, 139.9)
    fee = np.where(day > 1095, fee + 6.1, fee)
    return rows.assign(
        inspected=words.dates("2016-02-01", day, "%d/%m/%Y"),
        odometer_km=read,
        station=station,
        result=result,
        defects=defects,
        fee=words.money(np.where(rng.random(n) < 0.01, 0, fee)),
    )


def _cars(k, rng):
    model = unevenly(rng, list(MODELS), k, 0.5)
    fuel = mapped(MODELS, model, 1)
    is_other = (fuel == "petrol") & (rng.random(k) < 0.05)
    fuel[is_other] = rng.choice(["LPG", "hybrid"], is_other.sum())
    weight = 1600 + 100 * rng.integers(-2, 5, k)
    weight += np.where(
        np.isin(model, ["Sprinter", "Ducato", "Transporter T5"]), 1500, 0
    )
    return pd.DataFrame(
        {
            "plate": _plates(k, rng),
            "vin": [f"W{rng.choice(list('VDF'))}Z{rng.integers(10**9, 10**10)}"
                    for _ in range(k)],
            "make": mapped(MODELS, model, 0), "model": model, "fuel": fuel,
            "built": [rng.integers(MODELS[m][2], min(MODELS[m][2] + 14,
            2021)) for m in model],
            "weight": weight, "km_a_year": rng.lognormal(9.4, 0.45, k),
        }
    )  # fmt: skip


def _plates(k, rng):
    letters = rng.choice(list("ABCDEFGHJKLMNPRSTUVWXYZ"), (k, 2))
    towns, numbers = rng.choice(["B", "HH", "M", "K"], k), rng.choice(9999, k, False)
    return words.as_objects(
        [
            f"{t}-{a}{b} {d}"
            for t, (a, b), d in zip(towns, letters, numbers, strict=True)
        ]
    )


TARIFFS = {"Basis": (0.3412, 9.9), "Öko": (0.3578, 9.9), "Öko Plus": (0.3699, 12.5),
           "Nacht": (0.2987, 12.5)}  # fmt: skip


def meters(n, rng):
    """Energy of households month by month: readings rise, prices change in July."""
    k, months = n // 18, 18
    home, month = np.repeat(np.arange(k), months), np.tile(np.arange(months), k)
    season = 1 + 0.25 * np.cos(2 * np.pi * month / 12)
    used = np.round(
        rng.lognormal(5.4, 0.5, k)[home] * season * rng.lognormal(0, 0.12, len(home))
    )
    is_away = rng.random(len(home)) < 0.01
    used = np.where(is_away, 0, used).astype(int)
    # One meter in thirty is replaced within the time, and starts at zero.
    is_new = (home % 30 == 11) & (month >= 3 + home % 12)
    number = np.where(is_new, 88_000_000, 71_300_000) + 137 * home
    start = np.where(is_new, 0, rng.integers(2000, 60_000, k)[home])
    reading = pd.Series(used).groupby(number).cumsum() + start
    tariff = _tariffs(rng, k, home, month)
    price = mapped(TARIFFS, tariff, 0).astype(float) + np.where(month >= 6, 0.0155, 0)
    base = mapped(TARIFFS, tariff, 1).astype(float)
    when = pd.period_range("2023-01", periods=months, freq="M").strftime("%Y-%m")
    where = words.addresses(rng, k)
    estimated = rng.random(len(home)) < 0.06
    return pd.DataFrame(
        {
            "contract": [f"V{h + 1040:05d}" for h in home],
            "address": where[home], "postcode": rng.choice([4103, 4105, 4107, 4109],
            k)[home],
            "meter": number, "month": np.asarray(when)[month],
            "reading_kwh": reading, "used_kwh": used,
            "read_by": np.where(estimated, "estimated", "remote"), "tariff": tariff,
            "price_kwh": [f"{p:.4f}" for p in price], "base_fee": base,
            "amount": words.money(np.round(used * price + base, 2)), "currency": "EUR",
        }
    ).astype({"postcode": str}).assign(postcode=lambda t: "0" + t["postcode"
])  # fmt: skip


def _tariffs(rng, k, home, month):
    """A tariff for each household, another one since some month for a few of them."""
    first, later = (unevenly(rng, list(TARIFFS), k, 1.1) for _ in range(2))
    changes = np.where(rng.random(k) < 0.06, rng.integers(2, 17, k), 99)
    return np.where(month >= changes[home], later[home], first[home])


SONG = ("Love", "Night", "Summer", "Heart", "Fire", "Hello", "Alone", "Dance", "Blue",
        "Río", "Stay", "Run", "Gold", "Home", "L'amour", "Déjà Vu", "99")  # fmt: skip
ACTS = ("The Kites", "Kites", "Ana Luz", "Ana Luz feat. DJ Ko", "DJ Ko", "dEUS EX",
        "MØRK", "Anne-Marie Olsen", "McFly Jr.", "P!xel", "Los Ríos", "twenty two",
        "The Weekdays", "Zoë K", "Björn & Söhne", "Cardinals", "The Cardinals",
        "k-os theory", "A.B.C.", "Nora Lind", "Nora Lindt")  # fmt: skip
LABELS = ("Universal", "Sony", "Warner", "Universal Latin", "XL", "self-released")


def charts(n, rng):
    """Songs on a chart of forty, week by week: last week, best place, weeks so far."""
    songs, weeks = _songs(n // 9, rng), n // 40
    born = np.sort(rng.integers(-12, weeks, len(songs)))
    week = np.arange(weeks)[:, None] - born[None]
    appeal = rng.normal(0, 1, len(songs)) + rng.normal(0, 0.15, week.shape)
    appeal = np.where(week < 0, -99, appeal - 0.11 * np.abs(week - 3))
    place = (-appeal).argsort(axis=1).argsort(axis=1) + 1
    rows = pd.DataFrame(
        [(w, p, s) for w in range(weeks) for p, s in
         zip(range(1, 41), np.argsort(place[w])[:40], strict=True)],
        columns=["week", "place", "song"],
    )  # fmt: skip
    of_song = rows.groupby("song")
    last = of_song["place"].shift().where(of_song["week"].diff() == 1)
    found = songs.iloc[rows["song"]].reset_index(drop=True)
    return pd.DataFrame(
        {
            "chart_date": words.dates("2022-01-07", 7 * rows["week"]),
            "place": rows["place"],
            "last_week": ["" if np.isnan(x) else f"{x:.0f}" for x in last],
            "best": of_song["place"].cummin(), "weeks": of_song.cumcount() + 1, **found,
            "streams": np.round(3e7 * rows["place"] ** -0.7
                                * rng.lognormal(0, 0.08, len(rows)), -3).astype(int),
        }
    )  # fmt: skip


def _songs(k, rng):
    artist = unevenly(rng, ACTS, k, 0.5)
    label_of = {name: unevenly(rng, LABELS, 1)[0] for name in ACTS}
    title = [
        " ".join(rng.choice(SONG, rng.integers(1, 4), replace=False)) for _ in range(k)
    ]
    title = [t + (" (Remix)" if rng.random() < 0.05 else "") for t in title]
    return pd.DataFrame(
        {
            "title": title, "artist": artist,
            "label": words.except_for(rng, mapped(label_of, artist), LABELS, 0.06),
            "genre": words.except_for(rng, mapped({a: rng.choice(["pop", "rock",
            "latin",
                "hip-hop", "dance"]) for a in ACTS}, artist), ["pop", "schlager"], 0.1),
        }
    )  # fmt: skip


GROUNDS = {
    "FC Adler 09": "Adlerpark", "SV Adler": "Sportplatz Nord",
    "Union Hafen": "Hafenstadion",
    "Hafen 1900": "Hafenstadion", "TSV Bergen": "Bergstadion",
    "VfB Bergen": "Arena Bergen",
    "Rot-Weiß Lahn": "An der Lahn", "Rot-Weiss Ohm": "Ohmkampfbahn",
    "1. FC Mitte": "Mitte",
    "1. FC Süd": "Südkurve", "SC Königs": "Königsfeld",
    "Sporting Nord": "Nordbank Arena",
    "Eintracht Wald": "Waldstadion", "Real Markt": "Am Markt", "Dynamo Ost": "Ostbad",
    "Fortuna Tal": "Talwiesen", "Arminia See": "Seeblick", "Viktoria": "Viktoriaplatz",
}  # fmt: skip


def matches(n, rng):
    """Football: all play all twice a season; a ground is the home team's, mostly."""
    seasons = [_season(year, rng) for year in range(2010, 2010 + n // 306 + 1)]
    games = pd.concat(seasons, ignore_index=True).head(n)
    strength = {team: rng.normal(0, 0.25) for team in GROUNDS}
    home, away = (
        mapped(strength, games[side]).astype(float) for side in ("home", "away")
    )
    goals = [rng.poisson(np.exp(0.45 + home - away))]
    goals.append(rng.poisson(np.exp(0.15 + away - home)))
    half = [rng.binomial(g, 0.45) for g in goals]
    is_moved = (games["season"] >= "2014/15") & (games["home"] == "SV Adler")
    ground = np.where(is_moved, "Adlerpark", mapped(GROUNDS, games["home"]))
    crowd = np.exp(9 + 0.3 * rng.normal(size=len(games)) + 2 * home).astype(int)
    is_closed = rng.random(len(games)) < 0.01
    return games.assign(
        kickoff=rng.choice(["15:30", "18:30", "20:30", "17:30"], len(games),
                           p=[0.7, 0.15, 0.1, 0.05]),
        home_goals=goals[0], away_goals=goals[1],
        half_time=[f"{a}:{b}" for a, b in zip(*half, strict=True)],
        result=np.where(goals[0] > goals[1], "H", np.where(goals[0] < goals[1], "A",
        "D")),
        ground=words.except_for(rng, ground, ["Nationalstadion"], 0.006),
        attendance=np.where(is_closed, 0, crowd),
        referee=unevenly(rng, words.people(rng, 24), len(games), 0.3),
    )  # fmt: skip


def _season(year, rng):
    """Fixtures by the circle method: 34 days of nine games."""
    teams, games = list(rng.permutation(list(GROUNDS))), []
    for day in range(17):
        pairs = [(teams[j], teams[-1 - j])[:: 1 - 2 * (day % 2)] for j in range(9)]
        games += [(day + 1, a, b) for a, b in pairs] + [
            (day + 18, b, a) for a, b in pairs
        ]
        teams.insert(1, teams.pop())
    table = pd.DataFrame(games, columns=["matchday", "home", "away"])
    table = table.sort_values("matchday", kind="stable", ignore_index=True)
    day = 7 * table["matchday"] + rng.integers(0, 3, len(table))
    table.insert(0, "season", f"{year}/{(year + 1) % 100}")
    table.insert(2, "date", words.dates(f"{year}-08-10", day, "%d.%m.%Y"))
    return table
