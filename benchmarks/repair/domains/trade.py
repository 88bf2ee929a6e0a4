"""What firms keep: bookings, claims, moves of stock, advertisements of jobs."""

import numpy as np
import pandas as pd

from benchmarks.repair.domains import words
from benchmarks.repair.domains.words import mapped, unevenly

ROOMS = {"single": (79, 1), "double": (119, 2), "double, sea view": (149, 2),
         "twin": (115, 2), "junior suite": (210, 3), "Suite \"Elisabeth\"": (390, 4
     )}  # fmt: skip
CHANNELS = ("Booking.com", "phone", "website", "Expedia", "walk-in", "HRS", "agency")
GUESTS_FROM = ("DE", "AT", "CH", "NL", "GB", "FR", "IT", "US", "PL", "CZ", "JP", "ES")


def bookings(n, rng):
    """Hotel bookings: nights are days between, totals have discounts and no-shows."""
    day = np.sort(rng.integers(0, 700, n))
    nights = np.minimum(1 + rng.geometric(0.4, n), 21)
    room, country = unevenly(rng, list(ROOMS), n), unevenly(rng, GUESTS_FROM, n)
    is_summer = (day % 365 > 150) & (day % 365 < 245)
    rate = np.round(mapped(ROOMS, room, 0).astype(float) * np.where(is_summer, 1.25, 1))
    # Swiss guests mostly pay in francs, a few others do.
    francs = np.where(country == "CH", rng.random(n) < 0.8, rng.random(n) < 0.01)
    status = rng.choice(["stayed", "cancelled", "no-show", "invoiced"], n,
                        p=[0.83, 0.12, 0.03, 0.02])  # fmt: skip
    discount = rng.choice([0, 0, 0, 5, 10, 15], n)
    total = np.round(rate * nights * (1 - discount / 100), 2)
    total[status == "cancelled"] = 0
    total[status == "no-show"] = rate[status == "no-show"]
    guests = np.minimum(rng.integers(1, 5, n), mapped(ROOMS, room, 1).astype(int))
    return pd.DataFrame(
        {
            "booking": words.numbered("R-{:06d}", 20_417 + np.arange(n)),
            "guest": words.people(rng, n, "{last}, {first}"),
            "country": words.holes(rng, country, 0.02),
            "arrival": words.dates("2022-01-02", day, "%d.%m.%Y"),
            "departure": words.dates("2022-01-02", day + nights, "%d.%m.%Y"),
            "nights": nights, "guests": guests, "room": room, "rate": rate,
            "discount_pct": discount, "total": words.money(total),
            "currency": np.where(francs, "CHF", "EUR"),
            "channel": unevenly(rng, CHANNELS, n, 1.2), "status": status,
            "wishes": unevenly(rng, ["", "", "", "late arrival", "baby cot", "dog",
                                     "quiet room, please", "Allergiker"], n, 1),
        }
    )  # fmt: skip


METRIC = ("M4", "M5", "M6", "M8", "M8x20", "M8x30", "M10", "M12")
THINGS = {
    "hex bolt": METRIC, "hex nut": METRIC, "washer": METRIC, "washer, large": METRIC,
    "wood screw": ("4x40", "4x45", "5x50", "5x60"), "cable tie": ("100 mm", "200 mm"),
    "ball bearing": ("6203", "6203-2RS", "6204", "6204-2RS"),
    "V-belt": ("XPZ 800", "XPZ 850", "XPA 800"), "O-ring": ("10x2", "10x2.5", "12x2"),
    "hose clamp": ("8-12", "12-20", "16-27"), "paint, white": ("250 ml", "1 l", "5 l"),
    "paint, grey": ("250 ml", "1 l", "5 l"), "gloves": ("S", "M", "L", "XL"),
}  # fmt: skip
ARTICLES = [f"{thing}, {size}{coat}" for thing, sizes in THINGS.items() for size in
sizes
            for coat in (("", ", zinc") if sizes is METRIC else ("",))]  # fmt: skip


def stock_moves(n, rng):
    """Moves of a store in time order: the balance is what was there and what moved."""
    articles = _articles(90, rng)
    rows = articles.iloc[unevenly(rng, np.arange(90), n, 0.6).astype(int)]
    rows = rows.reset_index(drop=True)
    kind = rng.choice(["OUT", "IN", "ADJ"], n, p=[0.68, 0.29, 0.03])
    dozens = np.maximum(1, np.round(rng.lognormal(1.2, 0.9, n))).astype(int)
    moved = np.where(kind == "IN", 50 * dozens, np.where(kind == "OUT", -dozens * 5, 0))
    moved = np.where(kind == "ADJ", rng.integers(-4, 4, n), moved)
    minute = np.sort(rng.integers(0, 180 * 600, n))
    when = words.days("2024-01-02 07:00", minute // 600)
    when += pd.to_timedelta(minute % 600, unit="min")
    is_moved = (minute > 90 * 600) & (rows["shelf"].str[0] == "C")
    balance = pd.Series(moved).groupby(rows["sku"]).cumsum() + rows.pop("opening")
    return rows.assign(
        shelf=np.where(is_moved, "E" + rows["shelf"].str[1:], rows["shelf"]),
        when=when.strftime("%Y-%m-%d %H:%M"), kind=kind, quantity=moved,
        balance=balance,
        order=words.holes(rng, [f"{'PO' if k == 'IN' else 'SO'}{o}" for k, o in
                                zip(kind, rng.integers(7000, 9999, n), strict=True)],
                          1, where=kind == "ADJ"),
        user=unevenly(rng, ["kmeyer", "kmeier", "j.li", "sven", "scanner-2"], n, 0.7),
        note=words.holes(rng, unevenly(rng, ["recount", "damaged", "found behind E7"],
        n),
                         1, where=kind != "ADJ"),
    )  # fmt: skip


def _articles(k, rng):
    names = pd.Series(rng.choice(ARTICLES, k, replace=False))
    is_liquid = names.str.startswith("paint")
    unit = np.where(
        is_liquid, "can", np.where(names.str.startswith("V-"), "pcs", "box")
    )
    return pd.DataFrame(
        {
            "sku": [f"{rng.integers(40, 44)}.{rng.integers(100, 130)}.{j:02d}"
                    for j in range(k)],
            "article": names, "unit": words.except_for(rng, unit, ["pcs", "pack"],
            0.06),
            "shelf": [f"{rng.choice(list('ABCD'))}{rng.integers(1, 30):02d}"
                      for _ in range(k)],
            "cost": [f"{x:.3f}" for x in rng.lognormal(0, 1.2, k)],
            "opening": 50 * rng.integers(10, 60, k),
        }
    )  # fmt: skip


CAUSES = {
    "motor": ("collision", "glass", "theft", "hail", "game (deer)", "vandalism"),
    "household": ("burglary", "tap water", "fire", "storm", "lightning"),
    "liability": ("bodily injury", "property damage", "dog bite"),
    "travel": ("cancellation", "illness abroad", "lost luggage"),
}
TYPICAL = {"motor": 1900, "household": 1300, "liability": 2500, "travel": 480}


def claims(n, rng):
    """Insurance claims: round reserves, few very large ones, closed ones have none."""
    policies = _policies(n // 2, rng)
    rows = policies.iloc[rng.integers(len(policies), size=n)].reset_index(drop=True)
    product = rows["product"].to_numpy()
    loss = np.sort(rng.integers(0, 1095, n))
    size = mapped(TYPICAL, product).astype(float) * rng.lognormal(0, 1.3, n)
    status = rng.choice(["closed", "open", "rejected", "reopened"], n,
                        p=[0.72, 0.16, 0.1, 0.02])  # fmt: skip
    paid = np.round(np.maximum(size - rows["deductible"], 0), 2)
    paid = np.where(status == "rejected", 0, paid)
    paid = np.where(
        status == "open", np.round(paid * rng.choice([0, 0, 0.5], n), 2), paid
    )
    reserve = np.where(np.isin(status, ["open", "reopened"]), _round_up(size), 0)
    reported = loss + np.minimum(rng.geometric(0.15, n), 400)
    return pd.DataFrame(
        {
            "claim": words.numbered("C{:07d}", 4_100_300 + np.arange(n) * 7),
            **{name: rows[name] for name in ("policy", "product", "insured", "region",
                                             "currency", "deductible")},
            "cause": [CAUSES[p][min(rng.geometric(0.45), len(CAUSES[p])) - 1]
                      for p in product],
            "loss_date": words.dates("2021-01-01", loss),
            "reported": words.dates("2021-01-01", reported),
            "status": status, "reserve": reserve, "paid": words.money(paid),
            "handler": words.holes(rng, unevenly(rng, words.people(rng, 14), n, 0.4),
            0.3,
                                   where=status == "closed"),
        }
    )  # fmt: skip


def _policies(k, rng):
    product = unevenly(rng, list(CAUSES), k, 0.8)
    region = unevenly(rng, ["Nord", "Süd", "West", "Ost", "Ausland"], k, 0.6)
    currency = np.where(region == "Ausland", rng.choice(["CHF", "EUR"], k), "EUR")
    usual = mapped(
        {"motor": 300, "household": 150, "liability": 0, "travel": 100}, product
    )
    return pd.DataFrame(
        {
            "policy": [f"{p[:2].upper()}-{x}" for p, x in zip(
                product, rng.choice(np.arange(10_000, 99_999), k, replace=False),
                strict=True)],
            "product": product, "insured": words.people(rng, k, "{first} {last}"),
            "region": region, "currency": words.except_for(rng, currency, ["GBP"],
            0.004),
            "deductible": words.except_for(rng, usual, [0, 500, 1000],
            0.15).astype(int),
        }
    )  # fmt: skip


def _round_up(amounts):
    step = np.where(amounts < 1000, 100, np.where(amounts < 10_000, 500, 5000))
    return (np.ceil(amounts / step) * step).astype(int)


FIRMS = {"Kern Logistik": ("logistics", "Hamm"), "KERN Logistics BV": ("logistics",
"Venlo"),
         "St. Josef Klinikum": ("health", "Trier"), "St.-Josefs-Klinik": ("health",
         "Worms"),
         "eVolt": ("energy", "Berlin"), "Bäckerei Kamps": ("retail", "Trier"),
         "iSoft": ("IT", "Berlin"),
         "ISOFT Consulting": ("IT", "Bonn"), "Stadt Hamm": ("public", "Hamm"),
         "DataBär": ("IT", "Berlin"),
         "Stadtwerke Hamm": ("energy", "Hamm"), "McLean Personal": ("staffing", "Bonn"
     )}  # fmt: skip
# sector: titles with their monthly pay
JOBS = {
    "logistics": {"Lagerhelfer": 2400, "Fahrer Klasse B": 2450, "Fahrer Klasse C": 2900,
                  "Lagerleiter": 3900},
    "health": {"Pflegefachkraft (m/w/d)": 3400, "Nurse (m/f/x)": 3500,
    "Elektriker": 3300},
    "energy": {"Elektriker": 3300, "Elektroniker": 3400, "Data Engineer": 5500},
    "retail": {"Verkäufer:in": 2350, "Fahrer Klasse B": 2400},
    "IT": {"Software Engineer": 5200, "Senior Software Engineer": 6700,
           "Data Scientist": 5600, "Data Engineer": 5700},
    "public": {"Elektriker": 3200, "Erzieher:in": 3350, "Software Engineer": 4700},
}  # fmt: skip
JOBS["staffing"] = JOBS["logistics"] | JOBS["health"] | {"Verkäufer:in": 2300}
SKILLS = ("SQL", "Python", "Excel", "SAP", "C", "C++", "C#", "English B2", "Deutsch C1",
          "forklift licence", "driving licence", "first aid", "Kubernetes")  # fmt: skip


def job_ads(n, rng):
    """Job advertisements: the firm has a sector and a town, pay is by month or hour."""
    firm = unevenly(rng, list(FIRMS), n, 0.5)
    sector = mapped(FIRMS, firm, 0)
    title = words.as_objects([rng.choice(list(JOBS[s])) for s in sector])
    usual = np.array([JOBS[s][t] for s, t in zip(sector, title, strict=True)])
    low = np.round(usual * rng.normal(1, 0.06, n), -2)
    high = low + rng.choice([300, 500, 800, 1200], n)
    hourly = rng.random(n) < np.where(low < 2700, 0.5, 0.02)
    low, high = (np.where(hourly, np.round(x / 165 * 2) / 2, x) for x in (low, high))
    has_pay = rng.random(n) < 0.7
    town = words.except_for(
        rng, mapped(FIRMS, firm, 1), ["Berlin", "remote", "Bonn"], 0.12
    )
    day = np.sort(rng.integers(0, 400, n))
    open_for = rng.choice([30, 30, 30, 60, 14], n)
    return pd.DataFrame(
        {
            "ad": words.numbered("{}", rng.choice(10**6, n, replace=False) + 10**7),
            "title": title, "company": firm, "sector": sector, "town": town,
            "remote": np.where(town == "remote", "yes", rng.choice(["no", "partly"],
            n)),
            "hours": rng.choice(["full time", "part time", "full/part time",
            "mini job"], n,
                                p=[0.66, 0.2, 0.13, 0.01]),
            "pay_from": words.holes(rng, [f"{x:g}" for x in low], 1, ~has_pay),
            "pay_to": words.holes(rng, [f"{x:g}" for x in high], 1, ~has_pay),
            "per": words.holes(rng, np.where(hourly, "hour", "month"), 1, ~has_pay),
            "skills": [", ".join(sorted(rng.choice(SKILLS, rng.integers(0, 4),
            replace=False)))
                       for _ in range(n)],
            "posted": words.dates("2023-02-01", day),
            "closes": words.dates("2023-02-01",
                                                                           day +
                                                                           open_for),
            "portal": unevenly(rng, ["StepStone", "Indeed", "LinkedIn", "own site"], n),
        }
    )  # fmt: skip
