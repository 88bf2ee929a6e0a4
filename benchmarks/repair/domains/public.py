"""What offices and museums keep: inspections, votes, observations."""

import numpy as np
import pandas as pd

from benchmarks.repair.domains import words
from benchmarks.repair.domains.words import mapped, unevenly

# facility type: usual risk class, names
FACILITIES = {
    "Restaurant": ("Risk 1 (High)", ("Taqueria El Sol", "Golden Wok", "Chez Amélie",
                   "Smith & Son Grill", "Smith & Sons Grill", "Pho 24", "Thai Orchid",
                   "Trattoria da Vinci", "Döner Haus", "Pierogi Heaven", "Cafe Luna")),
    "Grocery Store": ("Risk 3 (Low)", ("7-Eleven", "La Bodega", "Fresh Mart",
                      "FreshMart", "City Foods", "Lucky Food & Liquor")),
    "School": ("Risk 1 (High)", ("Lincoln Elementary", "Washington High School",
               "St. Mary's School", "McAuliffe School")),
    "Bakery": ("Risk 2 (Medium)", ("Dunkin Donuts", "Boulangerie Rose", "Sweet Bakery",
               "Sweets Bakery")),
    "Coffee Shop": ("Risk 2 (Medium)", ("STARBUCKS", "Dunkin Donuts", "Cafe Luna")),
    "Daycare": ("Risk 1 (High)", ("Little Stars", "Little Star Daycare")),
    "Mobile Food Dispenser": ("Risk 2 (Medium)", ("Tamale Cart", "iScream")),
    "Hospital": ("Risk 1 (High)", ("Mercy Hospital",)),
}  # fmt: skip
CHAINS = {
    "McDonald's": ("Restaurant", "Risk 2 (Medium)"),
    "SUBWAY": ("Restaurant", "Risk 2 (Medium)"),
    "Dunkin Donuts": ("Coffee Shop", "Risk 2 (Medium)"),
}
VIOLATIONS = (
    "", "", "32. FOOD CONTACT SURFACES NOT CLEAN", "33. UTENSILS NOT CLEAN",
    "38. VENTILATION: repair fan over the stove", "41. PREMISES: remove clutter",
    "2. FACILITIES TO MAINTAIN PROPER TEMPERATURE - 8 C in walk-in cooler",
    "18. NO EVIDENCE OF RODENTS - droppings found behind bar",
)  # fmt: skip


def inspections(n, rng):
    """Inspections of restaurants: a licence has a name, a place, mostly one risk."""
    shops = _restaurants(n // 6, rng)
    visits = shops.iloc[np.sort(rng.integers(len(shops), size=n))].reset_index(
        drop=True
    )
    cause = unevenly(
        rng,
        [
            "Canvass",
            "License",
            "Complaint",
            "Canvass Re-Inspection",
            "Short Form Complaint",
            "Suspected Food Poisoning",
        ],
        n,
        1.3,
    )
    result = rng.choice(
        ["Pass", "Fail", "Pass w/ Conditions", "Out of Business", "No Entry"],
        n,
        p=[0.6, 0.2, 0.15, 0.03, 0.02],
    )
    found = unevenly(rng, VIOLATIONS, n, 0.6)
    found[result == "Out of Business"] = ""
    # A shop that was sold keeps its licence and has another name since.
    is_sold = visits["licence"].isin(shops["licence"].iloc[::60]) & (
        rng.random(n) < 0.4
    )
    visits.loc[is_sold, "name"] += " II"
    return visits.assign(
        inspected=words.dates("2019-01-07", rng.integers(0, 1500, n), "%m/%d/%Y"),
        cause=cause, result=result, violations=found,
    )  # fmt: skip


def _restaurants(k, rng):
    kinds = unevenly(rng, list(FACILITIES), k, 1.2)
    names = words.as_objects([rng.choice(FACILITIES[kind][1]) for kind in kinds])
    risk = mapped(FACILITIES, kinds, 0)
    for at in np.flatnonzero(rng.random(k) < 0.2):
        names[at] = rng.choice(list(CHAINS))
        kinds[at], risk[at] = CHAINS[names[at]]
    levels = ["Risk 1 (High)", "Risk 2 (Medium)", "Risk 3 (Low)"]
    codes = rng.choice(np.arange(60601, 60660), k)
    return pd.DataFrame(
        {
            "licence": rng.choice(np.arange(1_000_000, 2_500_000), k, replace=False),
            "name": names,
            "type": kinds,
            "risk": words.except_for(rng, risk, levels, 0.07),
            "address": words.addresses(rng, k),
            "city": words.except_for(
                rng, ["CHICAGO"] * k, ["EVANSTON", "OAK PARK"], 0.01
            ),
            "state": "IL",
            "zip": codes,
            "ward": codes % 50 + 1,
        }
    )


PARTIES = ("Labour", "Conservative", "Liberal", "Greens", "Farmers", "Independent")


def elections(n, rng):
    """Votes by precinct: sums are exact, a postal precinct has no voters of its own."""
    towns = words.as_objects(["Ashby", "Ashbury", "Brook", "Brookside", "Castleton",
        "Dunmore", "East Dunmore", "Ferndale", "Great Marsh", "Little Marsh"
    ])  # fmt: skip
    town = np.sort(rng.choice(10, n, p=np.arange(10, 0, -1) / 55))
    number = pd.Series(town).groupby(town).cumcount().to_numpy() + 1
    is_postal = number % 25 == 0
    voters = np.where(is_postal, 0, rng.gamma(6, 180, n).astype(int) + 60)
    cast = np.where(is_postal, rng.integers(100, 900, n), rng.binomial(voters, 0.62))
    spoilt = rng.binomial(cast, 0.009)
    lean = rng.dirichlet(np.array([9, 8, 4, 2, 1, 0.4]), 10)
    votes = np.array([rng.multinomial(c - s, rng.dirichlet(60 * lean[t]))
                      for c, s, t in zip(cast, spoilt, town, strict=True)])  # fmt: skip
    # One party does not stand in two of the towns.
    turnout = 100 * cast / np.where(is_postal, np.nan, voters)
    return pd.DataFrame(
        {
            "precinct": [
                f"{t + 1:02d}-{k:03d}" for t, k in zip(town, number, strict=True)
            ],
            "town": towns[town],
            "district": np.where(
                town < 4, "North", np.where(town < 8, "South", "Coast")
            ),
            "kind": np.where(is_postal, "postal", "polling place"),
            "place": _polling_places(rng, n, is_postal),
            "registered": voters,
            "ballots": cast,
            "invalid": spoilt,
            **dict(zip(PARTIES, votes.T, strict=True)),
            "turnout": [f"{x:.1f} %" if x == x else "" for x in turnout],
            "winner": words.as_objects(PARTIES)[votes.argmax(1)],
        }
    )


def _polling_places(rng, n, is_postal):
    kinds = [
        "Primary School",
        "Town Hall",
        "Fire Station",
        "St. Mary's Hall",
        "Library",
    ]
    places = [f"{rng.choice(kinds)}, {street}" for street in words.addresses(rng, n)]
    return np.where(is_postal, "Town Hall", words.as_objects(places))


# scientific name: common, family, order, class, how many are seen at once
SPECIES = {
    "Parus major": ("Great Tit", "Paridae", "Passeriformes", "Aves", 4),
    "Cyanistes caeruleus": ("Blue Tit", "Paridae", "Passeriformes", "Aves", 4),
    "Poecile palustris": ("Marsh Tit", "Paridae", "Passeriformes", "Aves", 2),
    "Poecile montanus": ("Willow Tit", "Paridae", "Passeriformes", "Aves", 2),
    "Corvus corone": ("Carrion Crow", "Corvidae", "Passeriformes", "Aves", 9),
    "Corvus cornix": ("Hooded Crow", "Corvidae", "Passeriformes", "Aves", 6),
    "Corvus corax": ("Raven", "Corvidae", "Passeriformes", "Aves", 2),
    "Cygnus olor": ("Mute Swan", "Anatidae", "Anseriformes", "Aves", 60),
    "Cygnus cygnus": ("Whooper Swan", "Anatidae", "Anseriformes", "Aves", 150),
    "Buteo buteo": ("Common Buzzard", "Accipitridae", "Accipitriformes", "Aves", 1),
    "Buteo lagopus": ("Rough-legged Buzzard", "Accipitridae", "Accipitriformes",
                      "Aves", 1),
    "Sciurus vulgaris": ("Red Squirrel", "Sciuridae", "Rodentia", "Mammalia", 1),
    "Sciurus carolinensis": ("Grey Squirrel", "Sciuridae", "Rodentia", "Mammalia", 2),
    "Erinaceus europaeus": ("Hedgehog", "Erinaceidae", "Eulipotyphla", "Mammalia", 1),
    "Bufo bufo": ("Common Toad", "Bufonidae", "Anura", "Amphibia", 12),
    "Rana temporaria": ("Common Frog", "Ranidae", "Anura", "Amphibia", 8),
    "Vanessa atalanta": ("Red Admiral", "Nymphalidae", "Lepidoptera", "Insecta", 2),
    "Vanessa cardui": ("Painted Lady", "Nymphalidae", "Lepidoptera", "Insecta", 3),
    "Aglais io": ("Peacock", "Nymphalidae", "Lepidoptera", "Insecta", 3),
    "Aglais urticae": ("Small Tortoiseshell", "Nymphalidae", "Lepidoptera",
                       "Insecta", 3),
}  # fmt: skip
# Until the books were rewritten in 2022, some observers' names were the old ones.
OLD_NAMES = {"Cyanistes caeruleus": "Parus caeruleus", "Aglais io": "Inachis io",
             "Poecile palustris": "Parus palustris"}  # fmt: skip
SITES = {
    "Old Mill Pond": (51.2231, 6.7714), "Old Mill Wood": (51.2268, 6.7761),
    "Heron Lake": (51.1902, 6.8123), "Heron Lake (north bank)": (51.1958, 6.8119),
    "Castle Park": (51.2407, 6.7302), "Café am See": (51.1871, 6.8207),
    "Railway Cutting": (51.2650, 6.7008), "private garden": (None, None),
}  # fmt: skip


def species(n, rng):
    """Observations: taxonomy is exact but for old names, counts vary a lot."""
    name = unevenly(rng, list(SPECIES), n, 0.8)
    taxon = words.as_objects([SPECIES[key] for key in name])
    observer = unevenly(rng, words.people(rng, 60), n, 0.9)
    day = np.sort(rng.integers(0, 1400, n))
    is_old = np.isin(name, list(OLD_NAMES)) & (day < 700) & (rng.random(n) < 0.12)
    written = [OLD_NAMES[k] if old else k for k, old in zip(name, is_old, strict=True)]
    site = unevenly(rng, list(SITES), n, 0.6)
    latitude, longitude = (_near(rng, mapped(SITES, site, j)) for j in (0, 1))
    count = np.maximum(1, np.round(rng.lognormal(np.log([t[4] for t in taxon]), 0.8)))
    return pd.DataFrame(
        {
            "id": np.arange(n) * 3 + 118_204,
            "date": words.dates("2020-03-01", day),
            "species": written,
            "common_name": [t[0] for t in taxon],
            **{rank: [t[j] for t in taxon]
               for j, rank in enumerate(("family", "order", "class"), 1)},
            "count": count.astype(int),
            "site": site, "lat": latitude, "lon": longitude,
            "observer": observer,
            "evidence": unevenly(rng, ["seen", "heard", "photo", "found dead"], n, 1.5),
            "remarks": unevenly(rng, ["", "", "", "juv.", "pair", "2 m, 1 f",
            "overhead",
                                      "first of year!", "am Futterhaus"], n, 1.2),
        }
    )  # fmt: skip


def _near(rng, centres):
    """Coordinates of four decimals around a place, empty where it is kept secret."""
    around = [np.nan if c is None else c + rng.normal(0, 0.0008) for c in centres]
    return words.as_objects(["" if np.isnan(x) else f"{x:.4f}" for x in around])
