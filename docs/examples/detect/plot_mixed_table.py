"""
Find odd orders in a table with text and missing cells
======================================================

A table of orders has numbers, text, truth values and cells that are missing. It goes
into a detector as it is, and the explanation has the columns of the table.
"""

# %%
# What an item weighs, and how it is sent, depends on what it is.
import numpy as np
import pandas as pd

rng = np.random.default_rng(0)
n_orders = 1000
item = rng.choice(["book", "lamp", "sofa"], n_orders, p=[0.6, 0.3, 0.1])
typical = pd.Series({"book": 0.5, "lamp": 3.0, "sofa": 40.0})
weight = typical[item].to_numpy() * rng.lognormal(0, 0.2, n_orders)
orders = pd.DataFrame(
    {
        "item": pd.Categorical(item),
        "weight": np.log(weight),
        "carrier": np.where(
            item == "sofa", "truck", rng.choice(["post", "bike"], n_orders)
        ),
        "gift": rng.random(n_orders) < np.where(item == "sofa", 0.0, 0.3),
    }
)
orders.loc[::20, "weight"] = np.nan  # nobody weighed these
orders.loc[::33, "carrier"] = None
print(orders.head(3))

# %%
# New orders: an ordinary one, a sofa that a bike is to carry, a book of the weight of a
# sofa, and one with a carrier that no order had before.
new = orders.iloc[[1]].reset_index(drop=True)
new = pd.concat([new] * 4, ignore_index=True)
new["item"] = ["book", "sofa", "book", "book"]
new["weight"] = np.log([0.5, 40.0, 40.0, 0.5])
new["carrier"] = ["post", "bike", "post", "drone"]

from skanomaly.detectors import AutoEncoder

detector = AutoEncoder(random_state=0).fit(orders)
print(new.assign(score=detector.anomaly_score(new), label=detector.predict(new)))

# %%
# Which column made an order odd. Contributions are sums over everything that the
# network sees of a column, whatever the number of categories. The scores differ widely,
# so here are their parts in percent.
import matplotlib.pyplot as plt

parts = detector.feature_scores(new)
names = ["ordinary", "sofa by bike", "heavy book", "by drone"]
percent = 100 * parts.div(parts.sum(axis=1), axis=0).set_axis(names)
ax = percent.plot.barh(stacked=True, colormap="cividis", figsize=(7, 3))
ax.invert_yaxis()
ax.legend(loc="upper center", bbox_to_anchor=(0.5, 1.18), ncols=4, frameon=False)
ax.set(xlabel="percent of the anomaly score", xlim=(0, 100))
plt.tight_layout()

# %%
# Contributions are hints, no proofs. The order by drone is found, but its weight gets
# more of the score than the drone: orders whose carrier is not known are nearest to it,
# they are few, and so their weights are a little different.

# %%
# A missing cell adds nothing, and the reconstruction says what would suit it.
unknown = new.iloc[[1]].assign(carrier=None)
print(detector.feature_scores(unknown).round(2))
print(detector.reconstruct(unknown).round(2))
