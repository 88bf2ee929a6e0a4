"""
A shop's orders, repaired
=========================

A table as it is exported from a shop: typing errors, prices with and without "EUR",
two ways to write a date, wrong totals, impossible ages. Nothing is labelled and no rule
is given. The corrector writes what the table itself determines, and flags the rest.
"""

# %%
# The orders are made here, so that the truth is known. City, zip code and country
# determine each other, and the total is quantity times price. All columns are text, as
# in a file, except for those that pandas would read as numbers.
import numpy as np
import pandas as pd

CITIES = {
    "Bern": ("3011", "Switzerland"),
    "Basel": ("4051", "Switzerland"),
    "Berlin": ("10115", "Germany"),
    "Hamburg": ("20095", "Germany"),
    "Leeds": ("LS1", "Britain"),
    "Milan": ("20121", "Italy"),
    "Turin": ("10121", "Italy"),
}
PRICES = {"desk": 349, "chair": 129, "lamp": 45, "kettle": 38, "mug": 10}

rng = np.random.default_rng(0)
n_orders = 2000
city = rng.choice(list(CITIES), size=n_orders)
product = rng.choice(list(PRICES), size=n_orders)
listed = np.array([PRICES[p] for p in product])
price = np.round(listed * rng.normal(1, 0.04, size=n_orders), 2)
quantity = rng.integers(1, 6, size=n_orders)
ordered = pd.Timestamp("2025-01-01") + pd.to_timedelta(
    rng.integers(0, 330, size=n_orders), unit="D"
)
delivered = ordered + pd.to_timedelta(rng.integers(1, 9, size=n_orders), unit="D")
X_clean = pd.DataFrame(
    {
        "city": city,
        "zip": [CITIES[c][0] for c in city],
        "country": [CITIES[c][1] for c in city],
        "age": rng.integers(18, 80, size=n_orders),
        "product": product,
        "quantity": quantity,
        "price": [f"{p:.2f}" for p in price],
        "total": np.round(price * quantity, 2),
        "ordered": ordered.strftime("%Y-%m-%d"),
        "delivered": delivered.strftime("%Y-%m-%d"),
    },
    index=pd.RangeIndex(70_001, 70_001 + n_orders, name="order"),
)

# %%
# Errors of several kinds, each in a few rows. ``kind`` remembers which is where.
SWISS = ("3011", "4051")
X, kind = X_clean.copy(), {}
rows = iter(rng.permutation(X.index))


def put(column, error, what, n):
    """Replace the cells of a column in n rows that have no other error."""
    for _ in range(n):
        row = int(next(rows))
        X.loc[row, column] = error(X_clean.loc[row, column])
        kind[row, column] = what


def exchange(first, second, n):
    """Write each of two cells into the column of the other."""
    for _ in range(n):
        row = int(next(rows))
        X.loc[row, [first, second]] = X_clean.loc[row, [second, first]].to_numpy()
        kind[row, first] = kind[row, second] = "exchanged cells"


put("city", lambda city: city[0] + city[2:], "typing error", 12)
put("country", str.lower, "lower case", 8)
put("zip", lambda code: "10121" if code in SWISS else "3011", "wrong zip", 12)
exchange("city", "country", 6)
put("price", lambda price: f"{price} EUR", "unit", 15)
put("ordered", lambda day: pd.Timestamp(day).strftime("%d.%m.%Y"), "way of dates", 15)
put("total", lambda total: round(total * 10, 2), "ten times the total", 10)
put("quantity", lambda quantity: 500, "quantity of 500", 5)
put("age", lambda age: int(rng.choice([-1, 0, 199])), "impossible age", 8)
put("delivered", lambda day: "2015" + day[4:], "ten years early", 6)
put("product", lambda product: rng.choice(["", "n/a", "?"]), "marker", 6)

print(f"wrong cells: {len(kind)}, in {len(X)} rows")
X.loc[[row for row, _ in kind]].head(3)

# %%
# Two lines repair the table. It comes back with the same index, columns and dtypes.
from skanomaly.correctors import AnomalyCorrector

corrector = AnomalyCorrector(random_state=0)
X_repaired = corrector.fit(X).transform(X)

# %%
# What was learned about each column: how it was read, whether its cells are judged, and
# the steps that give them one way of writing.
corrector.column_report_

# %%
# Relations between columns were found as well. Only these, and the steps of formats,
# ever write a number or a date.
print("\n".join(corrector.relations_))

# %%
# ``report_`` has one row for each cell that was changed or is flagged: the old and the
# new value, and the probability that the new one is right. Here is one cell for each
# kind of error.
report = corrector.report_
cells = zip(report["row"], report["column"], strict=True)
report["error"] = [kind.get(cell, "none") for cell in cells]
examples = report.groupby("error").head(1).set_index("error")
examples[["row", "column", "old", "new", "p_new", "status"]]

# %%
# It also says why, with the rows that speak for it.
examples[["reason"]].style

# %%
# The changes of some rows, as a picture.
from skanomaly.displays import RepairDisplay

repaired = report["status"] == "repaired"
RepairDisplay.from_predictions(report[repaired], X=X)

# %%
# The truth is known here, so all can be counted. Wrong cells that nothing in the table
# determines are flagged and stay: nobody knows the age of a customer of 199 years.
from skanomaly.metrics import repair_scores

scores = repair_scores(X, X_repaired, X_clean)
print(f"changed cells: {scores.n_changed}, of which now right: {scores.n_fixed}")
print(f"right cells changed: {scores.clean_broken}")
pd.crosstab(report["error"], report["status"])

# %%
# Flagged cells are for a person. For a number or a date the report says what is usual
# in such a row (``low`` to ``high``).
pd.set_option("display.max_colwidth", None)
flagged = report[report["status"] == "flagged"]
flagged.groupby("error")[["row", "column", "old", "low", "high", "reason"]].head(2)

# %%
# Texts that stand for a missing value ("", "n/a", "?") were read as such, and no value
# was invented for them. Filling is asked for: the price says what the product was, if
# that is sure enough. ``repair`` returns the table together with its reports and leaves
# ``report_`` alone.
filled = corrector.set_params(fill=True).repair(X)
was_missing = [row for (row, _), what in kind.items() if what == "marker"]
pd.DataFrame(
    {
        "before": X.loc[was_missing, "product"],
        "after": filled.table.loc[was_missing, "product"],
        "truth": X_clean.loc[was_missing, "product"],
    }
)

# %%
# Parameters that decide about changes are used in ``transform`` and ``repair`` and need
# no other fit. With a smaller risk fewer cells are written and more are flagged.
for alpha in (0.2, 0.04, 0.01):
    status = corrector.set_params(alpha=alpha, fill="auto").repair(X).report["status"]
    n_changed, n_flagged = (status == "repaired").sum(), (status == "flagged").sum()
    print(f"alpha={alpha}: {n_changed} changed, {n_flagged} flagged")

# %%
# Columns may have roles. Nothing is changed in "flag" columns, and "ignore" columns are
# not looked at, not even as evidence.
careful = AnomalyCorrector(roles={"quantity": "flag", "age": "ignore"}, random_state=0)
careful.fit(X)
by_column = careful.repair(X).report.groupby("column")["status"].value_counts()
by_column.unstack(fill_value=0)

# %%
# The last ``transform`` can be undone.
print("the same table again:", corrector.inverse_transform(X_repaired).equals(X))
