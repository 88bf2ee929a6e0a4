"""What is filed by the piece: permits, parcels, declarations, works of art."""

# ruff: noqa: RUF001 -- museums write years with dashes

import numpy as np
import pandas as pd

from benchmarks.repair.domains import words
from benchmarks.repair.domains.words import mapped, unevenly

# type of permit: typical cost, descriptions
PERMITS = {
    "Alteration": (18_000, ("kitchen remodel", "bath remodel", "finish basement",
                            "remove non-load-bearing wall",
                            "tenant build-out, 2nd fl.")),
    "Electrical": (2_400, ("200 A service", "EV charger", "rewire", "PV 6.4 kW")),
    "Plumbing": (1_900, ("water heater", "sewer repair", "re-pipe")),
    "Roofing": (9_500, ("tear-off and re-roof", "re-roof, 24 sq.", "repair")),
    "New Building": (310_000, ("single-family dwelling", "ADU", "duplex")),
    "Demolition": (12_000, ("garage", "shed", "house and garage")),
    "Sign": (1_500, ("wall sign", "LED sign", "monument sign")),
}  # fmt: skip
BUILDERS = ("owner", "ACME Roofing LLC", "Acme Roofing & Siding", "J. Ortiz Electric",
            "J & J Plumbing", "JJ Plumbing Inc", "McKenna Bros.",
            "Delgado Construction",
            "Delgado Concrete", "SunPeak Solar", "A-1 Demo", "Lee & Son", "Lee & Sons",
            "de Haan Signs", "BuildCo", "Buildcon")  # fmt: skip
ZONES = {"R-1": "North", "R-2": "North", "C-1": "Central", "C-2": "Central",
         "M-1": "South", "R-3": "South"}  # fmt: skip


def permits(n, rng):
    """Building permits: round costs, a fee by steps of the cost, zones in districts."""
    kind = unevenly(rng, ["Electrical", "Plumbing", "Alteration", "Roofing", "Sign",
                          "New Building", "Demolition"], n, 0.8)  # fmt: skip
    cost = mapped(PERMITS, kind, 0).astype(float) * rng.lognormal(0, 0.7, n)
    step = np.where(cost < 5_000, 50, np.where(cost < 50_000, 500, 5_000))
    cost = np.maximum(step * np.round(cost / step), 100).astype(int)
    fee = np.where(cost <= 2_000, 65, 65 + 0.0125 * (cost - 2_000))
    fee = np.where(rng.random(n) < 0.015, 0, np.round(fee, 2))  # waived by the city
    zone = unevenly(rng, list(ZONES), n, 0.7)
    district = words.except_for(rng, mapped(ZONES, zone), ["Central"], 0.01)
    inspector = {"North": "Ray Stewart", "Central": "T. Nguyen", "South": "Ann O'Hara"}
    applied = np.sort(rng.integers(0, 900, n))
    issued = applied + np.round(rng.gamma(1.5, 12, n)).astype(int)
    status = rng.choice(["finaled", "issued", "expired", "in review", "withdrawn"], n,
                        p=[0.62, 0.22, 0.07, 0.07, 0.02])  # fmt: skip
    is_out = np.isin(status, ["in review", "withdrawn"])
    year = words.days("2021-06-01", applied).year
    return pd.DataFrame(
        {
            "permit": [f"{y}-{kind[:2].upper()}-{j:05d}" for y, kind, j in
                       zip(year, kind, np.arange(n) + 1204, strict=True)],
            "type": kind,
            "work": [rng.choice(PERMITS[k][1]) for k in kind],
            "address": words.addresses(rng, n), "zone": zone, "district": district,
            "inspector": words.except_for(rng, mapped(inspector, district),
                                          ["T. Nguyen", "vacant"], 0.06),
            "contractor": unevenly(rng, BUILDERS, n, 0.8), "cost": cost,
            "fee": [f"${x:,.2f}" for x in fee],
            "applied": words.dates("2021-06-01", applied, "%m/%d/%Y"),
            "issued": words.holes(rng, words.dates("2021-06-01", issued, "%m/%d/%Y"), 1,
                                  is_out),
            "status": status,
        }
    )  # fmt: skip


# town: postcodes, tax rate; Midford and Milford are two towns, and share a postcode.
TOWNS = {"Midford": (("03055", "03057"), 0.0231), "Milford": (("03055",), 0.0248),
         "Amherst": (("03031",), 0.0219), "Mont Vernon": (("03057",), 0.0277),
         "Brookline": (("03033",), 0.0262), "New Ipswich": (("03071",), 0.0244
     )}  # fmt: skip
CLASSES = {"101": "single family", "102": "condominium", "104": "two-family",
           "111": "apartments, 4-8", "130": "vacant land", "322": "retail, store",
           "325": "retail, small", "340": "office", "903": "town, exempt"}  # fmt: skip


def parcels(n, rng):
    """Tax parcels: value is land and building, tax is value by the rate of the town."""
    town = unevenly(rng, list(TOWNS), n, 0.8)
    code = unevenly(rng, list(CLASSES), n, 1.5)
    acres = np.round(rng.lognormal(-0.9, 1.0, n), 2)
    land = (
        np.round(60 + 45 * np.sqrt(acres) * rng.lognormal(0, 0.2, n), 1) * 1000
    ).astype(int)
    building = np.round(rng.lognormal(12, 0.5, n), -2).astype(int)
    building = np.where(code == "130", 0, building)
    rate = mapped(TOWNS, town, 1).astype(float)
    tax = np.round((land + building) * rate, 2)
    # Veterans and the elderly pay less, the town itself nothing.
    relief = np.where(rng.random(n) < 0.05, 500, 0)
    tax = np.where(code == "903", 0, np.maximum(tax - relief, 0))
    owner = words.people(rng, n, "{last}, {first}")
    firm = unevenly(rng, ["MILL ST REALTY LLC", "Mill Street Trust", "Granite Bank",
                          "Smith Family Trust", "Smyth Family Trust"], n)  # fmt: skip
    owner = np.where(rng.random(n) < 0.12, firm, owner)
    lot = np.sort(rng.choice(40_000, n, replace=False))
    return pd.DataFrame(
        {
            "map_lot": [f"{j // 1000:03d}-{j % 1000:03d}-000" for j in lot],
            "owner": np.where(code == "903", np.char.add("Town of ", town.astype(str)),
            owner),
            "location": words.addresses(rng, n), "town": town,
            "zip": [rng.choice(TOWNS[t][0]) for t in town], "state": "NH",
            "use_code": code, "use": mapped(CLASSES, code), "acres": acres,
            "land": land, "building": building, "total": land + building,
            "rate": rate, "tax": words.money(tax),
            "built": words.holes(rng, [str(y) for y in np.round(rng.triangular(
                1780, 1985, 2022, n)).astype(int)], 1, building == 0),
            "sold": words.dates("1990-01-01", rng.integers(0, 12_000, n)),
            "sale_price": np.where(rng.random(n) < 0.3, rng.choice([0, 1, 1, 10, 100],
            n),
                                   np.round((land + building) * rng.lognormal(-0.3, 0.3,
                                   n), -3)
                                   .astype(int)),
        }
    )  # fmt: skip


# HS code: goods, duty in percent, value of a kilogram
GOODS = {
    "09011100": ("coffee, not roasted", 0.0, 3.1),
    "09012100": ("coffee, roasted", 7.5, 7.9),
    "09024000": ("tea, black", 0.0, 2.6), "08030010": ("bananas", 16.0, 0.7),
    "08051020": ("oranges, sweet", 16.0, 0.8), "22042138": ("wine, white, <= 2 l", 13.1,
    4.2),
    "22042178": ("wine, red, <= 2 l", 13.1, 4.4), "61091000": ("T-shirts, cotton", 12.0,
    14.5),
    "61099020": ("T-shirts, wool or man-made", 12.0, 16.0),
    "64039116": ("shoes, leather, men's", 8.0, 31.0),
    "64039118": ("shoes, leather, women's", 8.0, 34.0),
    "84713000": ("laptops", 0.0, 210.0), "85171300": ("smartphones", 0.0, 620.0),
    "87120030": ("bicycles", 14.0, 19.0), "95030041": ("toys, stuffed", 4.7, 8.8),
}  # fmt: skip
ORIGINS = {"CN": "China", "VN": "Vietnam", "BR": "Brazil", "IN": "India",
"CO": "Colombia",
           "CH": "Switzerland", "US": "United States", "ZA": "South Africa",
           "TR": "Türkiye",
           "KE": "Kenya", "CL": "Chile", "TW": "Taiwan", "CR": "Costa Rica"
       }  # fmt: skip
FREE = ("CH", "CO", "CL", "KE", "TR", "CR")  # with an agreement, and the papers for it


def customs(n, rng):
    """Declarations: goods by code, duty by code and origin, net below gross mass."""
    code, origin = (
        unevenly(rng, list(GOODS), n, 0.5),
        unevenly(rng, list(ORIGINS), n, 0.8),
    )
    net = np.round(rng.lognormal(6, 1.4, n), 1)
    price = mapped(GOODS, code, 2).astype(float) * rng.lognormal(0, 0.25, n)
    value = np.round(net * price, 2)
    has_papers = np.isin(origin, FREE) & (rng.random(n) < 0.85)
    duty = np.where(has_papers, 0, mapped(GOODS, code, 1).astype(float))
    office = unevenly(
        rng, ["DE004851", "DE004852", "DE007602", "NL000510", "BE101000"], n
    )
    firm = unevenly(rng, ["Hansa Import GmbH", "Hanse Import GmbH", "TransCargo BV",
    "Kühn & Co",
                          "Kuhn KG", "eTrade SARL", "Café Müller OHG"], n, 0.7
                      )  # fmt: skip
    day = np.sort(rng.integers(0, 365, n))
    return pd.DataFrame(
        {
            "mrn": [f"24{o[:2]}{d:012d}" for o, d in
                    zip(office, rng.choice(10**9, n, replace=False), strict=True)],
            "accepted": words.dates("2024-01-01", day, "%d/%m/%Y"), "office": office,
            "declarant": firm, "hs_code": code, "goods": mapped(GOODS, code, 0),
            "origin": origin, "origin_name": mapped(ORIGINS, origin),
            "procedure": rng.choice(["4000", "4200", "4071", "6123"], n, p=[0.85, 0.1,
            0.04, 0.01]),
            "packages": np.maximum(1, np.round(net / rng.choice([10, 20, 25],
            n))).astype(int),
            "net_kg": net, "gross_kg": np.round(net * rng.uniform(1.03, 1.15, n), 1),
            "value": words.money(value),
            "currency": words.except_for(rng, np.where(origin == "CN", "USD", "EUR"),
                                         ["USD", "EUR", "CHF"], 0.15),
            "preference": np.where(has_papers, "300", "100"), "duty_pct": duty,
            "duty": words.money(np.round(value * duty / 100, 2)),
        }
    )  # fmt: skip


# artist: years, nationality
ARTISTS = {
    "Marie Lavigne": ("1841–1895", "French"), "Marie Lavigne-Roux": ("1870–1931",
    "French"),
    "Hans Holt d. Ä.": ("1465–1524", "German"), "Hans Holt d. J.": ("1498–1543",
    "German"),
    "Pieter van Aalst": ("1602–1658", "Dutch"), "Jan van Aelst": ("1627–after 1683",
    "Dutch"),
    "Utagawa Sadamasa": ("active 1840s", "Japanese"), "unknown": ("", ""),
    "Giovanni Ricci": ("1720–1780", "Italian"), "Käthe Brandt": ("1867–1945", "German"),
    "E. L. Morrow": ("1888–1967", "American"), "Workshop of Giovanni Ricci": ("",
    "Italian"),
    "Niño Ortega": ("born 1911", "Spanish"), "after Pieter van Aalst": ("", "Dutch"),
}  # fmt: skip
MEDIA = {"painting": ("oil on canvas", "oil on panel", "tempera on wood"),
         "print": ("etching", "woodcut", "lithograph", "etching and drypoint"),
         "drawing": ("pencil", "pen and brown ink", "charcoal", "crayon"),
         "sculpture": ("bronze", "limewood", "marble"), "netsuke": ("ivory",
     )}  # fmt: skip
TITLES = ("Landscape", "Seascape", "Portrait of a Man", "Portrait of a Lady",
"Self-Portrait",
          "Untitled", "Stillleben", "Still Life with Lemon", "La Baigneuse",
          "Komposition",
          "St. Jerome", "Madonna and Child", "View of Delft", "Winter", "Study"
      )  # fmt: skip
ROOMS = {"painting": "Gallery 2", "print": "Print Room", "drawing": "Print Room",
         "sculpture": "Court", "netsuke": "Gallery 7"}  # fmt: skip


def museum(n, rng):
    """Works of art: accession numbers hold the year, sizes are text, rooms by kind."""
    kind = unevenly(rng, list(MEDIA), n, 0.7)[rng.permutation(n)]
    artist = unevenly(rng, list(ARTISTS), n, 0.6)
    year = np.sort(np.round(rng.triangular(1950, 1972, 2023, n)).astype(int))
    high, wide, deep = np.round(rng.lognormal(3.4, 0.6, (3, n)), 1)
    is_flat = ~np.isin(kind, ["sculpture", "netsuke"])
    size = [f"{a:g} x {b:g} cm" if flat else f"{a:g} x {b:g} x {c:g} cm"
            for a, b, c, flat in zip(high, wide, deep, is_flat, strict=True
        )]  # fmt: skip
    gift = unevenly(
        rng,
        [
            "Purchase",
            "Gift of Mrs. A. Clarke",
            "Gift of Mr. A. Clark",
            "Bequest of E. L. Morrow",
            "Transfer",
            "Fund of the Friends",
        ],
        n,
    )
    return pd.DataFrame(
        {
            "accession": [f"{y}.{j}" for y, j in zip(
                year, pd.Series(year).groupby(year).cumcount() + 1, strict=True)],
            "title": unevenly(rng, TITLES, n, 0.6), "artist": artist,
            "artist_dates": mapped(ARTISTS, artist, 0), "culture": mapped(ARTISTS,
            artist, 1),
            "kind": kind, "medium": [rng.choice(MEDIA[k]) for k in kind], "size": size,
            "acquired": year, "credit": [f"{g}, {y}" for g, y in zip(gift, year,
            strict=True)],
            "room": words.except_for(rng, mapped(ROOMS, kind), ["store A", "store B",
            "on loan"],
                                     0.35),
            "condition": words.holes(rng, unevenly(rng, ["good", "fair", "poor",
            "restored 1987"],
                                                   n, 1.2), 0.2),
            "public": rng.choice(["yes", "no"], n, p=[0.9, 0.1]),
        }
    )  # fmt: skip
