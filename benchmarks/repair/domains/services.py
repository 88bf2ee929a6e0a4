"""What services keep: accounts, calls, timetables, stations of air."""

import numpy as np
import pandas as pd

from benchmarks.repair.domains import words
from benchmarks.repair.domains.words import mapped, unevenly

ACCOUNTS = {
    "4400": "Revenue",
    "4401": "Revenue, export",
    "5400": "Goods",
    "6300": "Other costs",
    "6310": "Rent",
    "6600": "Advertising",
    "6805": "Telephone",
    "7300": "Interest",
}
# partner: currency, account
PARTNERS = {
    "Bright Ltd": ("GBP", "4401"), "Bright Ltd.": ("GBP", "5400"), "Orion AG": ("CHF",
    "4401"),
    "Orion GmbH": ("EUR", "4400"), "Nordisk A/S": ("DKK", "4401"),
    "Kaffee-König": ("EUR", "6300"),
    "Immo Süd KG": ("EUR", "6310"), "Immo Sud SARL": ("EUR", "6310"), "adWorks": ("USD",
    "6600"),
    "AdWorks EU": ("EUR", "6600"), "Telefónica": ("EUR", "6805"), "Hausbank": ("EUR",
    "7300"),
    "Pacific Parts Inc": ("USD", "5400"), "Tanaka K.K.": ("JPY", "5400"),
    "Škoda Plzeň": ("CZK", "5400"), "Weber & Sohn": ("EUR", "4400"),
    "Weber & Söhne": ("EUR", "4400"),
}  # fmt: skip
RATES = {"EUR": 1.0, "GBP": 0.8650, "CHF": 0.9720, "DKK": 7.4540, "USD": 1.0820,
"JPY": 152.4,
         "CZK": 23.85}  # fmt: skip


def ledger(n, rng):
    """Entries in several currencies: rates of the day, amounts in euro to the cent."""
    day = np.sort(rng.integers(0, 365, n))
    partner = unevenly(rng, list(PARTNERS), n, 0.5)
    currency, account = (mapped(PARTNERS, partner, j) for j in (0, 1))
    # Partners pay in euro now and then, and one has done so since autumn.
    currency = np.where(rng.random(n) < 0.03, "EUR", currency)
    currency = np.where((partner == "Nordisk A/S") & (day > 270), "EUR", currency)
    account = words.except_for(rng, account, ["6300", "5400"], 0.05)
    amount = np.round(rng.lognormal(6.2, 1.5, n), 2)
    amount = np.where(rng.random(n) < 0.25, np.ceil(amount / 100) * 100, amount)
    amount = np.where(rng.random(n) < 0.03, -amount, amount)
    walk = np.exp(np.cumsum(rng.normal(0, 0.003, (365, len(RATES))), axis=0))
    at = np.array([list(RATES).index(c) for c in currency])
    rate = np.round(
        mapped(RATES, currency).astype(float) * np.where(at == 0, 1, walk[day, at]), 4
    )
    local = np.round(amount * rate, 2)
    text = unevenly(rng, ["invoice", "Rechnung", "credit note", "partial payment",
    "Skonto 2 %",
                          "reversal", ""], n, 1)  # fmt: skip
    return pd.DataFrame(
        {
            "entry": np.arange(n) + 240_001, "date": words.dates("2023-01-01", day,
            "%d.%m.%Y"),
            "account": account, "account_name": mapped(ACCOUNTS, account),
            "partner": partner,
            "document": words.numbered("RE-{:05d}", rng.integers(100, 99_999, n)),
            "currency": currency, "amount": words.money(local), "rate": rate,
            "amount_eur": words.money(np.round(local / rate, 2)), "text": text,
            "vat": np.where(currency != "EUR", "0 %", words.except_for(rng,
            ["19 %"] * n,
                                                                       ["7 %", "0 %"],
                                                                       0.12)),
            "clerk": unevenly(rng, ["hm", "HM2", "ok", "lt"], n), "ledger": "L1",
        }
    )  # fmt: skip


QUEUES = {"billing": ("why so high?", "direct debit", "refund", "paper bill"),
          "technical": ("no internet", "slow line", "router swap", "WLAN password"),
          "sales": ("new contract", "upgrade", "price question"),
          "cancellation": ("moves abroad", "too expensive", "win-back offer accepted"
      )}  # fmt: skip


def calls(n, rng):
    """Log of a call centre: seconds add up, agents have a team, mostly a language."""
    agents = _agents(45, rng)
    minute = np.sort(rng.integers(0, 60 * 12 * 60, n))
    when = pd.Timestamp("2024-04-01 08:00") + pd.to_timedelta(
        minute // 720 * 1440 + minute % 720, unit="min")  # fmt: skip
    queue = unevenly(rng, list(QUEUES), n, 0.7)
    rows = agents.iloc[unevenly(rng, np.arange(45), n, 0.3).astype(int)].reset_index(
        drop=True
    )
    wait, talk, hold = (np.round(rng.gamma(*shape, n)).astype(int)
                        for shape in ((0.8, 90), (1.6, 170), (0.2, 60)))  # fmt: skip
    is_lost = rng.random(n) < 0.07
    talk, hold = np.where(is_lost, 0, talk), np.where(is_lost, 0, hold)
    reason = np.array([rng.choice(QUEUES[q]) for q in queue], dtype=object)
    rows.loc[is_lost, ["agent", "team", "site"]] = ""
    spoken = words.except_for(rng, rows.pop("language"), ["en", "de", "tr"], 0.08)
    return pd.DataFrame(
        {
            "call": words.numbered("{:08x}", rng.choice(2**31, n, replace=False)),
            "started": when.strftime("%Y-%m-%d %H:%M"), "queue": queue, **rows,
            "language": spoken,
            "customer": words.numbered("K{:06d}", rng.integers(0, 40_000, n)),
            "wait_s": wait, "talk_s": talk, "hold_s": hold,
            "total_s": wait + talk + hold,
            "outcome": np.where(is_lost, "abandoned", rng.choice(
                ["solved", "call back", "transferred", "Solved by 2nd level"], n,
                p=[0.7, 0.15, 0.12, 0.03])),
            "reason": words.holes(rng, reason, 1, is_lost),
            "rating": words.holes(rng, rng.choice(list("12345"), n, p=[.1, .06, .1, .24,
            .5]), 0.6),
        }
    )  # fmt: skip


def _agents(k, rng):
    team = unevenly(rng, ["Team Nord", "Team Süd", "Team Ost", "Night"], k, 0.4)
    return pd.DataFrame(
        {
            "agent": [f"{name} ({j})" for j, name in enumerate(words.people(rng, k,
            "{last}"), 1)],
            "team": team, "site": np.where(team == "Team Süd", "Passau", "Rostock"),
            "language": unevenly(rng, ["de", "en", "tr"], k, 1.5),
        }
    )  # fmt: skip


STOPS = ("Central Station", "Town Hall", "Elm St", "Elm Ct", "Market", "Old Market",
"St. Mary's",
         "Hospital", "Hospital East", "University", "Harbour", "Harbour Bridge", "Zoo",
         "Airport T1",
         "Airport T2", "Mill Lane", "Mill Road", "Stadium", "Park & Ride", "Cemetery",
         "Rosenhof",
         "Gare du Nord", "Oak Ave", "Oak Ave / School")  # fmt: skip


def timetable(n, rng):
    """Buses: stops in their order, minutes from stop to stop, a zone for each stop."""
    trips = [_trip(route, way, first, rng) for route in range(7) for way in (0, 1)
             for first in range(300 + 7 * route, 1330, 40 + 5 * route)]  # fmt: skip
    trips = pd.concat(trips, ignore_index=True).head(n)
    zone = dict(zip(STOPS, np.random.default_rng(3).choice(["A", "A", "B", "C"],
    len(STOPS)),
                    strict=True))  # fmt: skip
    where = (
        np.random.default_rng(4).normal((53.55, 9.99), 0.04, (len(STOPS), 2)).round(5)
    )
    stop = trips["stop"].to_numpy()
    number = np.array([STOPS.index(s) for s in stop])
    arrival = trips.pop("minute")
    wait = np.where(np.isin(stop, ["Central Station", "Airport T1"]), 3, 0)
    return trips.assign(
        stop_id=words.numbered("{:04d}", 13 * number + 101),
        zone=mapped(zone, stop), lat=where[number, 0], lon=where[number, 1],
        arrival=_clock(arrival), departure=_clock(arrival + wait),
        platform=words.holes(rng, [str(s % 4 + 1) for s in number], 1, wait == 0),
        wheelchair=np.where(rng.random(len(trips)) < 0.004, "no", "yes"),
        operator="VHN",
    )  # fmt: skip


def _trip(route, way, first, rng):
    line = np.random.default_rng(route).permutation(STOPS)[: 9 + route % 4][
        :: 1 - 2 * way
    ]
    minutes = np.random.default_rng(90 + route).integers(1, 6, len(line))
    minutes[0] = 0
    is_rush = 420 <= first <= 540
    return pd.DataFrame(
        {
            "route": ("4", "4A", "7", "N7", "X12", "12", "31")[route],
            "trip": f"{route + 1}{way}{first:04d}", "headsign": line[-1],
            "days": "Mo-Fr" if first % 3 else "daily", "seq": np.arange(len(line)) + 1,
            "stop": line, "minute": first + np.cumsum(minutes + (is_rush & (minutes >
            3))),
        }
    )  # fmt: skip


def _clock(minutes):
    """After midnight the service day goes on, as hour 24."""
    return words.as_objects([f"{m // 60:02d}:{m % 60:02d}:00" for m in minutes])


STATIONS = {
    "DEBB021": ("Potsdam-Zentrum", "traffic", 31),
    "DEBB048": ("Hasenholz", "rural", 88),
    "DEBE010": ("Wedding", "urban", 50),
    "DEBE032": ("Grunewald", "suburban", 58),
    "DEBE034": ("Neukölln", "urban", 35),
    "DEBE063": ("Neukölln-Silbersteinstr.", "traffic", 40),
    "DEHH008": ("Sternschanze", "urban", 22),
    "DEHH026": ("Stresemannstr.", "traffic", 20),
    "DEHH081": ("Hafen Süd", "industrial", 5),
    "DEMV003": ("Neubrandenburg", "urban", 22),
}
BASE = {"traffic": 38, "urban": 21, "suburban": 13, "rural": 6, "industrial": 27}


def air(n, rng):
    """Air quality by station and month: seasons, outages, a change of method."""
    months = n // len(STATIONS)
    when = pd.period_range("2001-01", periods=months, freq="M")
    code = np.repeat(list(STATIONS), months)
    month = np.tile(np.arange(months), len(STATIONS))
    kind = mapped(STATIONS, code, 1)
    winter = 1 + 0.25 * np.cos(2 * np.pi * month / 12)
    trend = 0.997**month
    no2 = (
        mapped(BASE, kind).astype(float)
        * winter
        * trend
        * rng.lognormal(0, 0.1, len(code))
    )
    pm10 = (
        (12 + 0.3 * mapped(BASE, kind).astype(float))
        * winter
        * rng.lognormal(0, 0.15, len(code))
    )
    ozone = np.maximum(68 - 0.8 * no2 + 22 * -np.cos(2 * np.pi * month / 12), 4)
    share = np.minimum(100, 100 - rng.gamma(0.5, 4, len(code)))
    is_out = (rng.random(len(code)) < 0.01) | ((code == "DEBE034") & (month // 5 == 11))
    measured = {"no2": no2, "pm10": pm10, "pm2_5": 0.62 * pm10 * rng.normal(1, 0.04,
    len(code)),
                "o3": ozone * rng.normal(1, 0.05, len(code))}  # fmt: skip
    cells = {k: [("" if out else f"{x:.1f}") for x, out in zip(v, is_out, strict=True)]
             for k, v in measured.items()}  # fmt: skip
    cells["pm2_5"] = words.holes(rng, cells["pm2_5"], 1, month < 60)
    cells["o3"] = words.holes(rng, cells["o3"], 1, kind == "traffic")
    return pd.DataFrame(
        {
            "station": code, "name": mapped(STATIONS, code, 0), "type": kind,
            "height_m": mapped(STATIONS, code, 2),
            "month": when.strftime("%Y-%m").to_numpy()[month],
            **cells, "unit": "µg/m³",
            "valid_pct": np.where(is_out, 0, np.round(share, 1)),
            "method": np.where(month < 110, "chemilum.", "chemilum. v2"),
            "checked": rng.choice(["yes", "preliminary"], len(code), p=[0.98, 0.02]),
        }
    )  # fmt: skip
