"""
Tutorial: from a messy table to a detector in use
=================================================

A shop exports its orders. The table has typing errors, two ways to write a price, wrong
totals, missing cells, and nothing in it is labelled. At the end of this page the table
is repaired, a detector says which new orders are odd and why, few of its alarms are
false, and a test says when it should be trained anew.

It takes about ten minutes to read. Each step stands alone: the table of contents leads
to it. All that is computed here runs in a minute on two cores. The page can be
downloaded at its end, as a script or as a notebook. The notebook runs wherever
skanomaly is installed, also on a hosted service; it does not run in JupyterLite,
because torch has no build for the browser.
"""

# %%
# The table
# ---------
# :func:`~skanomaly.datasets.make_orders` makes the orders, and we write them to a file,
# because that is where tables come from. Files are read **as text**: zip codes keep
# their zeros, and numbers and dates in text are found all the same.
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from skanomaly.datasets import make_orders

folder = Path(tempfile.mkdtemp())
made = make_orders(1500, random_state=0)
made.frame.to_csv(folder / "orders.csv")


def read(path):
    """Read a file as text, the number of the order as the index."""
    return pd.read_csv(path, dtype=str, keep_default_na=False, index_col="order")


orders = read(folder / "orders.csv")
orders.head()

# %%
# Repair
# ------
# Two lines. The corrector finds out what each column holds, how it is written, which
# columns determine each other, and which cells contradict the rest of their row. It
# writes what the table itself determines, and only *flags* what looks wrong but has no
# sure value.
from skanomaly.correctors import AnomalyCorrector

corrector = AnomalyCorrector(random_state=0).fit(orders)
repaired = corrector.transform(orders)

report = corrector.report_
print(report.groupby(["status", "column"]).size().unstack(fill_value=0).T)

# %%
# ``report_`` has a row for each cell, and says why. One of each kind:
pd.set_option("display.max_colwidth", None)
one_each = report.groupby("column", sort=False).head(1)
one_each[["row", "column", "old", "new", "status", "reason"]].style.hide(axis="index")

# %%
# Review
# ------
# Nobody should have to trust that. ``review`` writes a page, one file that needs no
# network, on which a person accepts, rejects or edits each change, or a whole group at
# once. This is the page; try it.
import html

decisions = corrector.review(orders, folder / "review.html")


class Page:
    """Shows a page within this one."""

    def __init__(self, path):
        self.text = html.escape(path.read_text(encoding="utf-8"))

    def _repr_html_(self):
        style = "width: 100%; height: 36rem; border: 1px solid #8888"
        return f'<iframe style="{style}" srcdoc="{self.text}"></iframe>'


Page(folder / "review.html")

# %%
# The page hands out a CSV file, and ``corrector.apply(orders, "decisions.csv")`` makes
# what it says. A program can decide as well: here every proposed change is accepted,
# and the flagged cells stay as they are. What is not decided is not changed, and
# ``inverse_transform`` undoes all of it.
decisions.loc[report["status"].to_numpy() == "repaired", "decision"] = "accept"
clean, log = corrector.apply(orders, decisions)
print(f"{len(log)} decisions; {(clean != orders).to_numpy().sum()} cells changed")

# %%
# The truth is known here, so it can be counted how many wrong cells are right now.
from skanomaly.metrics import repair_scores

price = made.clean["price"].map("{:.2f}".format)
made.clean.assign(price=price).to_csv(folder / "truth.csv")
truth = read(folder / "truth.csv")
scores = repair_scores(orders, clean, truth)
print(
    f"{scores.n_errors} wrong cells, {scores.n_changed} changed, "
    f"{scores.n_fixed} of them right now, {scores.clean_broken} right cells broken"
)

# %%
# A table for a detector
# ----------------------
# A detector takes text, truth values and missing cells as they are. Three things are
# for you to do. *Numbers become numbers.* *A marker such as "n/a" becomes a missing
# cell.* And *dates become what matters about them*: here how many days the delivery
# took, because no detector can know whether you care for the weekday, the season or
# the time in between.


def features(table):
    """What may make an order odd, one row an order."""
    taken = table[["item", "carrier"]].replace({"n/a": None})
    numbers = table[["quantity", "price", "weight"]].apply(pd.to_numeric)
    # Prices and weights differ by factors, so their logarithms are compared.
    numbers[["price", "weight"]] = np.log(numbers[["price", "weight"]])
    ordered, delivered = (
        pd.to_datetime(table[name], format="%Y-%m-%d")
        for name in ("ordered", "delivered")
    )
    days = (delivered - ordered).dt.days.rename("days")
    return pd.concat([taken, table["gift"].astype(str), numbers, days], axis=1)


X = features(clean)
X.head()

# %%
# Fit
# ---
# :class:`~skanomaly.detectors.AutoEncoder` is the detector to start with where a table
# has text and reasons are wanted; :doc:`/which_one` names others. Nothing is labelled.
# ``fit`` also trains copies of the network without a part of the rows: their scores are
# those of rows that a network has not seen, and threshold and p-values come from them.
from skanomaly.detectors import AutoEncoder

detector = AutoEncoder(random_state=0).fit(X)

# %%
# New orders
# ----------
# Next month 400 orders come in. Forty of them are odd, which nobody knows: a desk sent
# by bike, a book of the weight of a desk, a delivery that took five weeks. By default
# ``predict`` calls about a tenth of *normal* rows anomalous (here a little more), so
# many alarms are false.
new = make_orders(400, error_rate=0.0, odd_rate=0.1, random_state=1)
X_new, is_odd = features(new.clean), new.is_odd.to_numpy()


def count(alarms):
    """Say how many alarms there are, and how many of them are odd orders."""
    print(
        f"{alarms.sum()} alarms, {is_odd[alarms].sum()} of the {is_odd.sum()} odd ones"
    )


count(detector.predict(X_new) == -1)

# %%
# How many alarms are false
# -------------------------
# A p-value is the fraction of normal rows that are at least as odd. With the procedure
# of Benjamini and Hochberg you say which fraction of the alarms may be false *on
# average*, here one in ten, and get a threshold that keeps it. In one sample more or
# fewer may be false. The promise holds if new normal rows are like the training rows.
from scipy.stats import false_discovery_control

p_values = detector.p_values(X_new)
alarms = false_discovery_control(p_values) <= 0.1
count(alarms)

# %%
import matplotlib.pyplot as plt

figure, ax = plt.subplots(figsize=(7, 3), layout="constrained")
bins = np.linspace(0, 1, 21)
ax.hist([p_values[~is_odd], p_values[is_odd]], bins, stacked=True)
ax.legend(["normal", "odd"])
ax.set(xlabel="p-value", ylabel="new orders")
plt.show()

# %%
# Why this one
# ------------
# ``feature_scores`` says how much each column adds to the score, by columns of the
# table. Here are two alarms for each column that says most.
parts = detector.feature_scores(X_new[alarms])
share = parts.div(parts.sum(axis=1), axis=0)
shown = share.groupby(share.idxmax(axis=1)).head(2)

figure, ax = plt.subplots(figsize=(7, 3.4), layout="constrained")
shown.plot.barh(stacked=True, ax=ax, colormap="viridis")
ax.invert_yaxis()
ax.set(xlabel="share of the anomaly score", ylabel="order")
ax.legend(loc="center left", bbox_to_anchor=(1, 0.5))
plt.show()

# %%
# ``reconstruct`` says what was expected instead: the row as it came, and as the network
# would have it.
heavy = X_new.loc[[share["weight"].idxmax()]]
pd.concat([heavy, detector.reconstruct(heavy)], keys=["came", "expected"]).round(2)

# %%
# Save and load
# -------------
# A pickle can run any code when it is loaded. ``save`` writes parameters and arrays
# only, with the versions that made them, and ``load`` runs no code.
import skanomaly

skanomaly.save(detector, folder / "detector.skops")
loaded = skanomaly.load(folder / "detector.skops")
is_equal = loaded.score_samples(X_new) == detector.score_samples(X_new)
print("the same scores:", is_equal.all())

# %%
# Serve without torch
# -------------------
# As an ONNX graph a detector is scored without torch, scikit-learn or Python. Here it
# is one of the columns of numbers.
import onnxruntime

from skanomaly.onnx import to_onnx

NUMBERS = ["quantity", "price", "weight", "days"]
of_numbers = AutoEncoder(random_state=0).fit(X[NUMBERS])
to_onnx(of_numbers, folder / "detector.onnx")
session = onnxruntime.InferenceSession(folder / "detector.onnx")
rows = X_new[NUMBERS].to_numpy(dtype=float)
(score,) = session.run(["anomaly_score"], {"X": rows})
difference = score - of_numbers.anomaly_score(X_new[NUMBERS])
print("largest difference:", abs(difference).max())

# %%
# Watch for drift
# ---------------
# Half a year later parcels are a third heavier, because the packaging has changed. No
# order is odd, but the detector does not know the new packaging: alarms and p-values
# are no longer what they promise. A test of the scores says so, without labels.
from skanomaly.metrics import score_drift_test

late = make_orders(400, error_rate=0.0, random_state=2).clean
heavier = late.assign(weight=late["weight"] * 4 / 3)
for name, table in {"as before": late, "heavier": heavier}.items():
    drift = score_drift_test(
        detector.calibration_scores_, detector.score_samples(features(table))
    )
    print(f"{name}: statistic {drift.statistic:.2f}, p-value {drift.pvalue:.2g}")

# %%
# Then train anew, on rows that a person has looked at, or go on with ``partial_fit``.
#
# Where to go from here
# ---------------------
# - :doc:`/which_one` for your own table;
# - :doc:`/user_guide/clean_a_table` and :doc:`/user_guide/conventions`, on review and
#   on thresholds;
# - :doc:`/user_guide/command_line`, the same for files, without a program.
