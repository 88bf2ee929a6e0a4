"""Tables of other domains, and what goes wrong in them; T15 measures repairs on them.

They were written before anything was measured on them: what is kept there is what real
tables have. Keys determine some columns and others mostly, with exceptions that are
right; numbers have heavy tails and round values; names that are nearly alike are two.
A generator takes a number of rows and a random generator, and returns about as many.
"""

from collections.abc import Callable
from typing import NamedTuple

from benchmarks.repair.domains import (
    moving,
    offices,
    people,
    persons,
    public,
    services,
    trade,
)
from benchmarks.repair.domains.errors import Plan, spoil

__all__ = ["DOMAINS", "Domain", "spoil"]


class Domain(NamedTuple):
    """A generator, its number of rows, and a plan of errors."""

    make: Callable
    n_rows: int
    plan: Plan


WORD = ("typo", "case", "blanks", "foreign", "missing")
TEXT = ("typo", "cut", "blanks")
CODE = ("typo", "foreign", "missing")
NUMBER = ("x10", "x100", "sign", "missing")
PRICE = ("x10", "comma", "sign", "foreign")
DATE = ("shift", "1970", "day-month")

DOMAINS = {
    "restaurant inspections": Domain(public.inspections, 2000, Plan(
        {"name": ("typo", "case", "blanks", "cut"), "type": WORD, "risk": CODE,
         "address": TEXT, "city": ("typo", "case"), "zip": ("typo", "foreign"),
         "inspected": DATE, "result": ("typo", "case", "missing")},
        swaps=(("city", "state"),), repeated=("risk", "type"))),
    "elections": Domain(public.elections, 1500, Plan(
        {"town": ("typo", "foreign", "case"), "district": WORD, "kind": CODE,
         "registered": ("x10", "typo"), "ballots": ("typo", "missing"),
         "Labour": ("typo", "x10"), "Greens": ("sign", "typo"), "winner": WORD},
        swaps=(("Labour", "Conservative"),), repeated=("district", "town"))),
    "species": Domain(public.species, 2000, Plan(
        {"species": ("typo", "case", "foreign", "cut"), "common_name": ("typo",
        "blanks"),
         "family": ("typo", "foreign"), "class": WORD, "count": ("x10", "x100", "sign"),
         "site": ("typo", "encoding", "foreign"), "lat": ("x10", "comma", "missing"),
         "observer": ("typo", "encoding", "case"), "date": DATE},
        swaps=(("lat", "lon"), ("order", "family")), repeated=("class", "order"))),
    "grades": Domain(people.grades, 2000, Plan(
        {"name": ("typo", "encoding", "blanks"), "born": DATE, "class": CODE,
         "subject": WORD, "teacher": ("typo", "case", "foreign"),
         "points": ("x10", "missing", "typo"), "grade": ("foreign", "case")},
        swaps=(("subject", "teacher"),), repeated=("term", "class"))),
    "prescriptions": Domain(people.prescriptions, 2400, Plan(
        {"born": ("typo", "x10"), "fund": CODE, "date": DATE, "brand": WORD,
         "ingredient": ("typo", "cut", "foreign"), "atc": ("typo", "case", "foreign"),
         "strength": ("typo", "encoding", "foreign", "blanks"), "price": PRICE,
         "copay": ("x10", "missing", "foreign"), "doctor": ("typo", "case")},
        swaps=(("brand", "ingredient"),), repeated=("atc", "ingredient"))),
    "hotel bookings": Domain(trade.bookings, 1800, Plan(
        {"guest": ("typo", "case", "encoding"), "country": WORD, "arrival": DATE,
         "departure": DATE, "nights": ("x10", "foreign"), "room": WORD, "rate": PRICE,
         "total": ("x10", "comma", "missing"), "currency": ("typo", "case", "foreign"),
         "channel": ("typo", "case", "cut"), "status": CODE},
        swaps=(("arrival", "departure"),), repeated=("currency", "country"))),
    "stock moves": Domain(trade.stock_moves, 2000, Plan(
        {"sku": ("typo", "foreign"), "article": TEXT, "unit": WORD, "shelf": CODE,
         "cost": PRICE, "when": ("shift", "1970"), "kind": ("case", "foreign"),
         "quantity": ("x10", "sign"), "balance": ("x10", "typo", "missing")},
        swaps=(("unit", "shelf"),), repeated=("unit", "article"))),
    "insurance claims": Domain(trade.claims, 1800, Plan(
        {"product": WORD, "insured": ("typo", "encoding", "blanks"), "region": WORD,
         "currency": ("typo", "foreign", "case"), "deductible": ("x10", "foreign"),
         "cause": ("typo", "cut"), "loss_date": DATE, "reported": ("shift", "1970"),
         "status": CODE, "paid": ("x10", "x100", "sign", "comma")},
        swaps=(("loss_date", "reported"),), repeated=("currency", "region"))),
    "vehicles": Domain(moving.vehicles, 2000, Plan(
        {"plate": ("typo", "case", "blanks"), "make": WORD, "model": ("typo", "case"),
         "fuel": WORD, "built": ("typo", "foreign"), "weight": ("x10", "missing"),
         "inspected": DATE, "odometer_km": ("x10", "typo"), "station": ("encoding",
         "typo"),
         "result": WORD, "fee": PRICE},
        swaps=(("make", "model"),), repeated=("fuel", "model"))),
    "energy meters": Domain(moving.meters, 2000, Plan(
        {"address": TEXT, "postcode": ("zeros", "foreign", "typo"), "meter": ("typo",),
         "month": ("shift", "1970"), "reading_kwh": ("x10", "typo", "missing"),
         "used_kwh": ("x10", "sign"), "tariff": ("typo", "encoding", "foreign"),
         "price_kwh": PRICE, "base_fee": ("comma", "foreign"), "amount": NUMBER,
         "currency": ("typo", "case")},
        swaps=(("reading_kwh", "used_kwh"),), repeated=("tariff", "postcode"))),
    "charts": Domain(moving.charts, 1600, Plan(
        {"place": ("typo", "foreign"), "last_week": CODE, "title": ("typo", "case"),
         "artist": ("typo", "case", "encoding", "cut"), "label": WORD, "genre": WORD,
         "streams": ("x10", "x100"), "chart_date": DATE},
        swaps=(("title", "artist"),), repeated=("label", "artist"))),
    "football matches": Domain(moving.matches, 1800, Plan(
        {"season": ("typo", "foreign"), "date": DATE, "home": ("typo", "case",
        "blanks"),
         "home_goals": ("x10", "foreign"), "half_time": ("typo", "foreign"),
         "result": ("foreign", "missing", "case"), "attendance": ("x10", "sign"),
         "ground": ("typo", "encoding", "cut", "foreign"), "referee": ("typo",)},
        swaps=(("home", "away"),), repeated=("ground", "home"))),
    "building permits": Domain(offices.permits, 1600, Plan(
        {"permit": ("typo", "case"), "type": WORD, "work": TEXT, "address": TEXT,
         "zone": CODE, "district": WORD, "inspector": ("typo", "blanks", "foreign"),
         "contractor": ("typo", "case", "cut"), "cost": ("x10", "x100", "typo"),
         "fee": ("typo", "missing"), "applied": DATE, "issued": ("shift", "1970"),
         "status": ("typo", "case")},
        swaps=(("zone", "district"),), repeated=("district", "zone"))),
    "tax parcels": Domain(offices.parcels, 1500, Plan(
        {"owner": ("typo", "case", "cut"), "town": WORD, "zip": ("zeros", "foreign"),
         "use_code": CODE, "use": ("typo", "case", "foreign"), "acres": ("x100",
         "comma"),
         "land": ("x10", "missing"), "total": ("x10", "typo"), "rate": ("x10",
         "foreign"),
         "tax": ("x10", "comma", "sign"), "built": ("typo", "x10"), "sold": DATE},
        swaps=(("land", "building"),), repeated=("zip", "town"))),
    "customs": Domain(offices.customs, 1500, Plan(
        {"accepted": DATE, "office": ("typo", "case"), "declarant": ("typo",
        "encoding"),
         "hs_code": ("zeros", "foreign", "typo"), "goods": TEXT, "origin": CODE,
         "origin_name": ("typo", "foreign", "encoding"), "net_kg": ("x10", "comma"),
         "value": PRICE, "currency": ("foreign", "case"), "duty_pct": ("foreign",
         "x10"),
         "preference": CODE, "duty": ("x10", "missing")},
        swaps=(("net_kg", "gross_kg"),), repeated=("currency", "origin"))),
    "museum": Domain(offices.museum, 1600, Plan(
        {"title": ("typo", "case"), "artist": ("typo", "encoding", "blanks", "foreign"),
         "artist_dates": ("typo", "encoding", "missing"), "culture": WORD, "kind": WORD,
         "medium": TEXT, "size": ("typo", "comma", "cut"), "acquired": ("typo", "x10"),
         "room": ("typo", "foreign", "case"), "public": ("case", "missing")},
        swaps=(("kind", "medium"),), repeated=("culture", "artist"))),
    "trial visits": Domain(persons.trial_visits, 1500, Plan(
        {"site": CODE, "country": ("foreign", "case"), "city": ("typo", "encoding"),
         "sex": ("foreign", "missing", "case"), "birth_year": ("typo", "foreign"),
         "arm": ("foreign",), "visit": WORD, "study_day": ("sign", "x10"), "date": DATE,
         "weight_kg": ("x10", "comma", "missing"), "systolic": ("x10", "typo")},
        swaps=(("systolic", "diastolic"),), repeated=("arm", "site"))),
    "lab orders": Domain(persons.lab_orders, 2000, Plan(
        {"sex": CODE, "age": ("x10", "typo"), "loinc": ("typo", "foreign"),
        "test": TEXT,
         "result": ("x10", "comma", "missing", "sign"), "unit": ("typo", "case",
         "foreign"),
         "low": ("x10", "comma"), "high": ("foreign", "missing"), "flag": ("foreign",
         "case"),
         "lab": ("typo", "encoding", "foreign")},
        swaps=(("low", "high"), ("loinc", "test")), repeated=("unit", "test"))),
    "courses": Domain(persons.courses, 1600, Plan(
        {"subject": CODE, "department": WORD, "number": ("typo", "blanks"),
         "title": ("typo", "cut", "case"), "level": WORD, "credits": ("foreign",
         "typo"),
         "instructor": ("typo", "cut"), "term": ("typo", "foreign"),
         "section": ("zeros",),
         "capacity": ("x10", "missing"), "enrolled": ("x10", "typo"), "mode": WORD},
        swaps=(("capacity", "enrolled"),), repeated=("credits", "subject"))),
    "gym memberships": Domain(persons.memberships, 1500, Plan(
        {"member": ("zeros", "typo"), "first_name": ("typo", "case"),
         "last_name": ("typo", "encoding", "blanks"), "email": ("typo", "case",
         "blanks"),
         "phone": ("zeros", "typo"), "born": DATE, "joined": DATE, "plan": WORD,
         "fee": PRICE, "club": ("typo", "foreign"), "club_zip": CODE, "status": WORD,
         "visits": ("x10", "sign")},
        swaps=(("first_name", "last_name"), ("joined", "left")), repeated=("fee",
        "plan"))),
    "ledger": Domain(services.ledger, 1800, Plan(
        {"date": DATE, "account": ("typo", "foreign"), "account_name": WORD,
         "partner": ("typo", "case", "encoding"), "currency": ("foreign", "case",
         "typo"),
         "amount": ("x10", "x100", "sign", "comma"), "rate": ("x10", "comma",
         "foreign"),
         "amount_eur": ("x10", "missing"), "text": ("typo", "cut"), "vat": ("foreign",),
         "ledger": ("typo", "case")},
        swaps=(("amount", "amount_eur"),), repeated=("currency", "partner"))),
    "call log": Domain(services.calls, 1600, Plan(
        {"started": ("shift", "1970"), "queue": WORD, "agent": ("typo", "encoding"),
         "team": ("typo", "foreign", "encoding"), "site": WORD, "language": CODE,
         "talk_s": ("x10", "sign"), "total_s": ("x10", "typo", "missing"),
         "outcome": ("typo", "case", "cut"), "reason": TEXT, "rating": ("x10",
         "foreign")},
        swaps=(("wait_s", "talk_s"),), repeated=("site", "team"))),
    "job ads": Domain(trade.job_ads, 1600, Plan(
        {"title": ("typo", "cut", "encoding"), "company": ("typo", "case", "blanks"),
         "sector": WORD, "town": ("typo", "foreign"), "remote": CODE, "hours": TEXT,
         "pay_from": ("x10", "foreign"), "pay_to": ("x100", "missing"), "per": CODE,
         "posted": DATE, "closes": ("shift", "1970"), "portal": ("typo", "case")},
        swaps=(("pay_from", "pay_to"),), repeated=("town", "company"))),
    "timetable": Domain(services.timetable, 1500, Plan(
        {"route": ("typo", "case", "foreign"), "headsign": TEXT, "days": WORD,
         "seq": ("foreign", "x10"), "stop": ("typo", "case", "foreign"),
         "stop_id": ("zeros", "typo"), "zone": CODE, "lat": ("x10", "comma"),
         "arrival": ("typo", "missing"), "platform": ("foreign",),
         "operator": ("typo", "case")},
        swaps=(("lat", "lon"), ("stop", "headsign")), repeated=("zone", "stop"))),
    "air quality": Domain(services.air, 1500, Plan(
        {"station": ("typo", "case", "foreign"), "name": ("typo", "encoding"),
         "type": WORD, "height_m": ("x10", "foreign"), "month": ("shift", "1970"),
         "no2": ("x10", "sign", "comma"), "pm10": ("x10", "x100", "missing"),
         "unit": ("encoding", "typo", "case"), "valid_pct": ("x10", "comma"),
         "method": ("typo", "foreign"), "checked": ("case", "typo")},
        swaps=(("pm10", "pm2_5"), ("name", "type")), repeated=("type", "name"))),
}  # fmt: skip
