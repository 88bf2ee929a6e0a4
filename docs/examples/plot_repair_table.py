"""
Repair a table without labels
=============================

A table with some wrong cells, and nobody who says which. What goes with what is learned
from the table itself; where a cell contradicts the rest of its row, it is changed, with
a probability and a record.
"""

# %%
# Orders of a shop, made up, so that the truth is known. The city decides about the
# country and the currency, the product about its category and its price, and companies
# pay otherwise than private customers.
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
# Three in a hundred cells get another value of their column. No wrong value is strange
# in itself: each is right in more than a hundred other rows.
from skanomaly.datasets import inject_cell_errors

X, is_wrong = inject_cell_errors(X_clean, rate=0.03, random_state=0)
n_rows = is_wrong.any(axis=1).sum()
print(f"wrong cells: {is_wrong.sum()}, in {n_rows} of {len(X)} rows")

# %%
# The corrector learns from the table as it is, errors included. Each row is judged by a
# model that has not learned from it.
from skanomaly.correctors import AnomalyCorrector, DiffusionInpainter

corrector = AnomalyCorrector(
    inpainter=DiffusionInpainter(n_steps=600),  # a third of the default, for speed
    random_state=0,
)
X_repaired = corrector.fit(X).transform(X)
corrector.report_[["row", "column", "old", "new", "p_new", "p_error"]].head()

# %%
# With the truth at hand, the repair can be counted.
from skanomaly.metrics import repair_scores

scores = repair_scores(X, X_repaired, X_clean)
print(f"changed cells: {scores.n_changed}, of which now right: {scores.precision:.1%}")
print(f"wrong cells repaired: {scores.recall:.1%}")
print(f"right cells spoiled: {scores.clean_broken}")

# %%
# Why not all of the wrong cells? By column: an order for Berlin that says Hamburg looks
# like any order for Hamburg. Where nothing in the row contradicts, nothing is changed,
# and that is as it should be.
by_column = pd.DataFrame(
    {
        "wrong": is_wrong.sum(axis=0),
        "repaired": (is_wrong & (X_repaired == X_clean)).sum(),
    },
    index=X.columns,
)
by_column

# %%
# The changes of the first rows as a picture: old value, new value, and how sure it is.
from skanomaly.displays import RepairDisplay

RepairDisplay.from_predictions(corrector.report_, X=X, max_rows=12)

# %%
# May the probabilities be trusted? On the diagonal, 80 % of the changes with
# probability 0.8 are right; above it, more than was said.
RepairDisplay.from_predictions(corrector.report_, X_clean=X_clean, kind="calibration")

# %%
# Changes were made whose probability to be right is at least 0.8. `alpha` is the risk
# that a change may have: with 0.5 all are made that are more likely right than wrong.
# That is a matter of `transform`, so nothing needs to be learned again.
bold = corrector.inpainter_.set_params(alpha=0.5)
print(f"changed cells: {(bold.transform(X) != X).to_numpy().sum()}")
bold.set_params(alpha=0.2)

# %%
# What the corrector was not sure about is left alone and marked, for somebody to look
# at. ``propose`` lists what could stand there.
unsure = X[(corrector.row_report_["status"] == "abstained").to_numpy()]
corrector.propose(unsure.head(3), n_candidates=3)

# %%
# Nothing is lost: the last repair can be undone.
print("the same table again:", corrector.inverse_transform(X_repaired).equals(X))
