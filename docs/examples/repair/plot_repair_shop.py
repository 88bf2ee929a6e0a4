"""
A shop's orders, repaired
=========================

A table as it is exported from a shop: typing errors, prices with and without "EUR",
two ways to write a date, wrong totals, impossible weights. Nothing is labelled and no
rule is given. The corrector writes what the table itself determines, and flags the
rest.
"""

# %%
# :func:`~skanomaly.datasets.make_orders` makes the orders and puts errors of eight
# kinds into them, each into a column of its own. The truth comes with them. City, zip
# code and country determine each other, and the total is quantity times price. ``kind``
# remembers which error is where.
import numpy as np
import pandas as pd

from skanomaly.datasets import make_orders

KINDS = {
    "city": "typing error",
    "zip": "wrong zip",
    "country": "lower case",
    "price": "unit",
    "quantity": "quantity of 500",
    "total": "ten times the total",
    "ordered": "way of dates",
    "carrier": "marker",
}

orders = make_orders(2000, random_state=0)
X_clean = orders.clean.assign(price=orders.clean["price"].map("{:.2f}".format))
X, kind = orders.frame.copy(), {}
for column, what in KINDS.items():
    is_wrong = X[column] != X_clean[column]
    kind |= {(row, column): what for row in X.index[is_wrong]}

# %%
# More errors, each in a few rows that have no other one.
rng = np.random.default_rng(0)
wrong_rows = [row for row, _ in kind]
rows = iter(rng.permutation(X.index.difference(wrong_rows)))


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


exchange("city", "country", 6)
put("weight", lambda weight: rng.choice([-1.0, 5000.0]), "impossible weight", 8)
put("delivered", lambda day: "2015" + day[4:], "ten years early", 6)
put("item", lambda item: rng.choice(["", "n/a", "?"]), "marker", 6)

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
# kind of error; markers of missing cells are not among them.
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
# determines are flagged and stay: nobody knows the weight of an order of -1 kg.
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
# was invented for them. Filling is asked for: the price says what the item was, if
# that is sure enough. ``repair`` returns the table together with its reports and leaves
# ``report_`` alone.
filled = corrector.set_params(fill=True).repair(X)
was_missing = [row for row, column in kind if column == "item"]
pd.DataFrame(
    {
        "before": X.loc[was_missing, "item"],
        "after": filled.table.loc[was_missing, "item"],
        "truth": X_clean.loc[was_missing, "item"],
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
careful = AnomalyCorrector(
    roles={"quantity": "flag", "weight": "ignore"}, random_state=0
)
careful.fit(X)
by_column = careful.repair(X).report.groupby("column")["status"].value_counts()
by_column.unstack(fill_value=0)

# %%
# The last ``transform`` can be undone.
print("the same table again:", corrector.inverse_transform(X_repaired).equals(X))
