"""
Repairs with the minimum number of edits
========================================

A row is anomalous if its sum exceeds ten. Which cells should change? Three searches are
compared, and since the rule is known, each repair can be checked.
"""

# %%
# Five columns with values from 0 to 3; one row in eight is anomalous. The correctors do
# not know the rule, only the labels.
from skanomaly.datasets import make_sum_limit

X, y = make_sum_limit(3000, as_frame=True, random_state=0)
X_new, y_new = make_sum_limit("all", as_frame=True)  # every row there is
anomalies = X_new[y_new == 1]
print(f"{len(anomalies)} of {len(X_new)} possible rows are anomalous")

# %%
# "exact" tries every change of one cell, and of two where one is not enough. "gradient"
# is gradient descent on the input of a classifier, a relaxation of the row, with ten
# starts for each row. As published, it stops when the classifier finds the *relaxed*
# row normal and some cell has flipped; corrected, it stops when the row itself is
# normal. The published variant also trains the published classifier, for 500 epochs.
from skanomaly.correctors import InverseGradientRepair

options = {"max_epochs": 100, "random_state": 0}
searches = {
    "exact": InverseGradientRepair(search="exact", **options),
    "gradient, corrected": InverseGradientRepair(search="gradient", **options),
    "gradient, published": InverseGradientRepair(
        search="gradient", variant="published", **options | {"max_epochs": None}
    ),
}


# %%
# The minimum number of edits follows from the rule: set the largest ones to zero, one
# after the other, until the sum is at most ten.
import numpy as np

largest_first = -np.sort(-anomalies.to_numpy(), axis=1)
sums = anomalies.to_numpy().sum(axis=1)[:, None] - largest_first.cumsum(axis=1)
fewest = (sums > 10).sum(axis=1) + 1
print(f"one cell is enough for {(fewest == 1).sum()}, two for {(fewest == 2).sum()}")


# %%
# The outcome for the anomalies, by the rule:
import pandas as pd


def judge(search):
    """Repair the anomalies and count the outcomes."""
    repaired = search.fit(X, y).transform(anomalies)
    normal = (repaired.sum(axis=1) <= 10).to_numpy()
    n_edits = (repaired != anomalies).sum(axis=1).to_numpy()
    smallest = normal & (n_edits == fewest)
    return {
        "normal, minimum edits": smallest.sum(),
        "normal, more edits": (normal & ~smallest).sum(),
        "still anomalous": (~normal).sum(),
    }


table = pd.DataFrame({name: judge(search) for name, search in searches.items()}).T
table

# %%
import matplotlib.pyplot as plt

colors = ["tab:blue", "tab:cyan", "tab:red"]
figure, ax = plt.subplots(figsize=(7, 2.6), layout="constrained")
table.iloc[::-1].plot.barh(stacked=True, color=colors, ax=ax, legend=False)
ax.set_xlabel("anomalous rows")
figure.legend(loc="outside upper center", ncols=3, frameon=False)

# %%
# The exact search also gives a certificate: no repair with fewer edits exists. That is
# a statement about the classifier; it holds for the rule as far as the classifier has
# learned it.
exact = searches["exact"]
report = exact.row_report_
print(f"certified: {report['certified_min_edits'].sum()} of {len(report)}")
report.head(3)

# %%
# There is more than one smallest repair. ``propose`` lists them, in the order of the
# classifier's probability of an anomaly.
row = anomalies.head(1)
print(row.to_string())
exact.propose(row, n_candidates=4)

# %%
# Columns can be immutable, and constraints can be imposed: here the first two columns
# must not change, and the last two may not be equal.
locked = InverseGradientRepair(
    immutable=["x_0", "x_1"],
    constraints=lambda rows: rows["x_3"] != rows["x_4"],
    **options,
).fit(X, y)
fixed = locked.transform(anomalies)
changed = locked.row_report_["status"].to_numpy() == "repaired"
print(locked.row_report_["status"].value_counts().to_string())
kept = ["x_0", "x_1"]
print("first two columns as before:", fixed[kept].equals(anomalies[kept]))
print("rule holds where repaired:", (fixed["x_3"] != fixed["x_4"])[changed].all())
