"""Units of measure and currencies, and which spellings mean the same one."""

import re
from itertools import pairwise

__all__ = ["PREFIX", "UNITS", "canonical_unit", "fold_unit", "named_units"]

# Each line: the unit, then its other spellings; case and dots are ignored. Units whose
# case carries meaning (Mb, MB, mW, MW) are left out on purpose: nothing is known of
# such words. Plurals in "s" need not be named.
_SPELLINGS = """
oz: ounce onz
fl oz: floz fl-oz fluid-ounce fl-ounce
lb: pound lbs
g: gram gm gramme
kg: kilogram kilo kilogramme
mg: milligram
t: ton tonne
ml: milliliter millilitre
cl: centiliter centilitre
l: liter litre ltr
gal: gallon
pt: pint
qt: quart
mm: millimeter millimetre
cm: centimeter centimetre
km: kilometer kilometre
m: meter metre mtr
in: inch inches "
ft: foot feet '
yd: yard
mi: mile
sqft: sq-ft ft2 ft² square-feet square-foot
sqm: sq-m m2 m² square-meter square-metre
s: sec second
min: minute mins
h: hr hour
day: d
week: wk
month: mo mth
year: yr y
°c: c celsius degc deg-c degree-celsius
°f: f fahrenheit degf deg-f degree-fahrenheit
°:
kcal: kilocalorie
kwh: kilowatt-hour
mph: miles-per-hour
km/h: kmh kph kmph
bpm:
mmhg: mm-hg
pc: piece pcs
%: percent pct per-cent prozent
$: usd us$ dollar
€: eur euro
£: gbp pound-sterling
¥: jpy yen
₹: inr rs rupee
₩: krw
₽: rub ruble
cad: c$ ca$
aud: a$ au$
nzd: nz$
hkd: hk$
sgd: s$
cny: rmb yuan
chf: sfr
sek:
nok:
dkk:
pln: zł
czk: kč
brl: r$
mxn:
try: ₺
ils: ₪
uah: ₴
"""
_BEFORE = "us$ ca$ au$ nz$ hk$ c$ a$ s$ r$ $ € £ ¥ ₹ ₩ ₽ ₺ ₪ ₴ usd eur gbp jpy inr "
_BEFORE += "krw cad aud nzd hkd sgd cny rmb chf sek nok dkk pln czk brl mxn rs"
# What may stand before a number: a currency.
PREFIX = "|".join(re.escape(text) for text in _BEFORE.split())


def fold_unit(text):
    """Return a unit's spelling without case, dots, blanks and a plural's "s"."""
    folded = re.sub(r"[\s\-_]+", "-", text.replace(".", "").strip().casefold())
    return folded[:-1] if len(folded) > 3 and folded.endswith("s") else folded


def _read_spellings():
    units = {}
    for line in _SPELLINGS.strip().splitlines():
        unit, others = line.split(":")
        for text in [unit, *others.split()]:
            units[fold_unit(text)] = unit
    return units


UNITS = _read_spellings()


def canonical_unit(text):
    """Return the unit that a spelling means; a word that is no unit means itself.

    The case of a short unknown word may carry meaning ("mW", "MW"), so it is kept.
    """
    folded = fold_unit(text)
    if folded in UNITS and not _is_multiple(text):
        return UNITS[folded]
    return folded if len(text) > 3 else text.strip()


def _is_multiple(text):
    """Tell whether a capital stands for a multiple, such as millions ("5M")."""
    return len(text) == 1 and text.isupper() and text not in "CFL"


def named_units(name):
    """Return the units and words that a column's name holds ("weight_kg", "ounces")."""
    words = re.findall(
        r"[^\W\d_]+|[%$€£°]+\w*", re.sub("(?<=[a-z])(?=[A-Z])", " ", name)
    )
    joined = [f"{a} {b}" for a, b in pairwise(words)]
    return {canonical_unit(word) for word in words + joined}
