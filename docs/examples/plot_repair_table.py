"""
Repair a table without labels
=============================

A table with some wrong cells, without labels. The dependence between columns is learned
from the table itself; a cell that contradicts the rest of its row is changed, with a
probability and a record.
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
# The corrector is trained on the dirty table. Each row is scored out-of-fold, by a
# model that was not trained on it.
from skanomaly.correctors import AnomalyCorrector, DiffusionInpainter

corrector = AnomalyCorrector(
    inpainter=DiffusionInpainter(n_steps=600),  # a third of the default, for speed
    random_state=0,
)
X_repaired = corrector.fit(X).transform(X)
corrector.report_[["row", "column", "old", "new", "p_new", "p_error"]].head()

# %%
# With the truth known, the repair can be evaluated.
from skanomaly.metrics import repair_scores

scores = repair_scores(X, X_repaired, X_clean)
print(f"changed cells: {scores.n_changed}, of which now right: {scores.precision:.1%}")
print(f"wrong cells repaired: {scores.recall:.1%}")
print(f"right cells spoiled: {scores.clean_broken}")

# %%
# Why not all of the wrong cells? By column: an order for Berlin that says Hamburg looks
# like any order for Hamburg. Where nothing in the row contradicts a value, it is not
# changed, and should not be.
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

RepairDisplay.from_predictions(corrector.report_, X=X, max_rows=12)

# %%
# Are the probabilities calibrated? On the diagonal, 80 % of the changes with
# probability 0.8 are right; above it, more than predicted.
RepairDisplay.from_predictions(corrector.report_, X_clean=X_clean, kind="calibration")

# %%
# Changes were made if their probability of being right is at least 0.8. `alpha` is the
# maximum risk of a change: with 0.5 all are made that are more likely right than wrong.
# It is used in `transform` only, so nothing needs to be trained again.
bold = corrector.inpainter_.set_params(alpha=0.5)
print(f"changed cells: {(bold.transform(X) != X).to_numpy().sum()}")
bold.set_params(alpha=0.2)

# %%
# Where the corrector abstained, rows are unchanged and marked for review. ``propose``
# lists candidates.
unsure = X[(corrector.row_report_["status"] == "abstained").to_numpy()]
corrector.propose(unsure.head(3), n_candidates=3)

# %%
# The last repair can be undone.
print("the same table again:", corrector.inverse_transform(X_repaired).equals(X))
