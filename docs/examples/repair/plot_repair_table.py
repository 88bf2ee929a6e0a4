"""
Repair a table without labels
=============================

Wrong cells that look like right ones: each holds a value that is right in many other
rows. Nothing is labelled. The dependence between columns is learned from the table
itself, and a cell that contradicts the rest of its row is changed or flagged, with a
probability and a record. The errors of a real table are of more kinds, see
:ref:`sphx_glr_auto_examples_repair_plot_repair_shop.py`.
"""

# %%
# Synthetic orders of a shop, so that the truth is known. There are functional
# dependencies: the city determines country and currency, the product determines
# category and price. The payment depends on the kind of customer.
import numpy as np
import pandas as pd

CITIES = {
    "Bern": ("Switzerland", "CHF"),
    "Basel": ("Switzerland", "CHF"),
    "Berlin": ("Germany", "EUR"),
    "Hamburg": ("Germany", "EUR"),
    "Leipzig": ("Germany", "EUR"),
    "London": ("Britain", "GBP"),
    "Leeds": ("Britain", "GBP"),
    "Rome": ("Italy", "EUR"),
    "Turin": ("Italy", "EUR"),
}
PRODUCTS = {
    "desk": ("furniture", 349.0),
    "chair": ("furniture", 129.5),
    "shelf": ("furniture", 89.9),
    "lamp": ("lighting", 45.0),
    "bulb": ("lighting", 6.95),
    "kettle": ("kitchen", 38.5),
    "toaster": ("kitchen", 52.0),
    "mug": ("kitchen", 9.9),
}

rng = np.random.default_rng(0)
n_orders = 1500
city = rng.choice(list(CITIES), size=n_orders)
product = rng.choice(list(PRODUCTS), size=n_orders)
is_company = rng.random(n_orders) < 0.3
X_clean = pd.DataFrame(
    {
        "city": city,
        "country": [CITIES[c][0] for c in city],
        "currency": [CITIES[c][1] for c in city],
        "product": product,
        "category": [PRODUCTS[p][0] for p in product],
        "price": [PRODUCTS[p][1] for p in product],
        "customer": np.where(is_company, "company", "private"),
        "payment": np.where(
            is_company,
            rng.choice(["invoice", "transfer"], size=n_orders),
            rng.choice(["card", "cash"], size=n_orders),
        ),
    }
)

# %%
# Inject errors: three in a hundred cells get another value of their column. No wrong
# value is unusual in itself: each is right in more than a hundred other rows.
from skanomaly.datasets import inject_cell_errors

X, is_wrong = inject_cell_errors(X_clean, rate=0.03, random_state=0)
n_rows = is_wrong.any(axis=1).sum()
print(f"wrong cells: {is_wrong.sum()}, in {n_rows} of {len(X)} rows")

# %%
# The corrector learns from the dirty table. No row is evidence for itself: its own
# count is taken out before it is judged.
from skanomaly.correctors import AnomalyCorrector

corrector = AnomalyCorrector(random_state=0)
X_repaired = corrector.fit(X).transform(X)
report = corrector.report_
report[["row", "column", "old", "new", "p_new", "status", "reason"]].head()

# %%
# With the truth known, the repair can be evaluated.
from skanomaly.metrics import repair_scores

scores = repair_scores(X, X_repaired, X_clean)
print(f"changed cells: {scores.n_changed}, of which now right: {scores.precision:.1%}")
print(f"wrong cells repaired: {scores.recall:.1%}")
print(f"right cells spoiled: {scores.clean_broken}")

# %%
# Why not all of the wrong cells? By column: an order that says "private" and "invoice"
# may be wrong in either, and the price, a number, is written by a relation only. A city
# that contradicts country and currency is wrong, but which city of that country is
# right, nothing in the row says.
by_column = pd.DataFrame(
    {
        "wrong": is_wrong.sum(axis=0),
        "repaired": (is_wrong & (X_repaired == X_clean)).sum(),
    },
    index=X.columns,
)
by_column

# %%
# The changes of the first rows: old value, new value, and probability.
from skanomaly.displays import RepairDisplay

changes = report[report["status"] == "repaired"]
RepairDisplay.from_predictions(changes, X=X)

# %%
# ``alpha`` is the largest risk of a change, 0.2 by default. It is used where cells are
# changed only, so nothing needs to be learned again. ``repair`` returns the table and
# its reports together, and leaves ``report_`` alone.
for alpha in (0.05, 0.2, 0.5):
    repair = corrector.set_params(alpha=alpha).repair(X)
    scores = repair_scores(X, repair.table, X_clean)
    print(f"alpha={alpha}: {scores.n_changed} changed, {scores.precision:.1%} right")

# %%
# Are the probabilities calibrated? On the diagonal, 80 % of the changes with
# probability 0.8 are right; above it, more than predicted, and below it, fewer. These
# are the changes at the largest of the three risks.
changes = repair.report[repair.report["status"] == "repaired"]
RepairDisplay.from_predictions(changes, X_clean=X_clean, kind="calibration")

# %%
# What looks wrong but has no value that is sure enough is flagged, and stays.
# ``propose`` lists candidates for such rows, for a person to choose from.
corrector.set_params(alpha=0.2)
flagged = report["row"][report["status"] == "flagged"].unique()
corrector.propose(X.loc[flagged[:3]], n_candidates=2)

# %%
# How wrong each cell looks, changed or not, is a ranking of all cells. For the price it
# is no better than guessing: numbers are judged by their range and by relations, and
# here each wrong price is the right one of another product.
from sklearn.metrics import average_precision_score

p_error = corrector.error_proba(X)
for j, column in enumerate(X):
    precision = average_precision_score(is_wrong[:, j], p_error[:, j])
    print(f"{column:9} average precision {precision:.2f} (chance 0.03)")

# %%
# The last ``transform`` can be undone.
print("the same table again:", corrector.inverse_transform(X_repaired).equals(X))
