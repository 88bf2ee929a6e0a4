"""
Review the changes, and teach by a few examples
===============================================

A machine finds many errors of a table; a person knows what it should look like. Here a
list of a warehouse is repaired without labels, the changes are reviewed on a page, the
decisions are applied, and then five, ten and twenty corrected rows teach the rest.
"""

# %%
# The list is made here, so that the truth is known. A maker has a town and a country;
# other columns have a way of writing that is wanted.
import numpy as np
import pandas as pd

TOWNS = {
    "Bern": "Switzerland",
    "Basel": "Switzerland",
    "Berlin": "Germany",
    "Leeds": "Britain",
    "Milan": "Italy",
    "Turin": "Italy",
}
FIRST = ["Ann", "Bob", "Carl", "Dora", "Eve", "Finn", "Gina", "Hugo"]
LAST = ["Abel", "Braun", "Costa", "Dupont", "Egger", "Fabbri", "Gallo", "Huber"]

rng = np.random.default_rng(0)
n_items = 800
town = rng.choice(list(TOWNS), size=n_items)
day = pd.Timestamp("2021-01-01") + pd.to_timedelta(rng.integers(0, 1400, n_items), "D")
X_clean = pd.DataFrame(
    {
        "item": [f"A{i:05d}" for i in rng.permutation(n_items)],
        "weight": rng.integers(2, 60, size=n_items).astype(str),
        "town": town,
        "country": [TOWNS[t] for t in town],
        "clerk": [f"{rng.choice(FIRST)} {rng.choice(LAST)}" for _ in range(n_items)],
        "entered": day.strftime("%Y-%m-%d"),
    },
    dtype=object,
    index=pd.RangeIndex(1001, 1001 + n_items, name="line"),
)

# %%
# What came in differs from it in several ways. No column says by itself that a date is
# wanted in another form, or that a name should begin with the first one: nearly all of
# its cells are written in the other way.
X = X_clean.copy()
X["entered"] = day.strftime("%d/%m/%Y")
X["clerk"] = X_clean["clerk"].str.replace(r"(\w+) (\w+)", r"\2, \1", regex=True)
X["item"] = "no. " + X_clean["item"]
with_unit = rng.random(n_items) < 0.3
X.loc[with_unit, "weight"] += " kg"
typed = rng.choice(X.index, size=16, replace=False)
X.loc[typed, "town"] = X.loc[typed, "town"].str.replace(r"(.)(.)$", r"\2\1", regex=True)
swapped = rng.choice(X.index.difference(typed), size=6, replace=False)
X.loc[swapped, ["town", "country"]] = X.loc[swapped, ["country", "town"]].to_numpy()
X.head()

# %%
# Without labels
# --------------
# The table itself shows the typing errors, the exchanged cells and the units. It cannot
# show which way of writing dates and names you want, and nothing is changed there.
from skanomaly.correctors import AnomalyCorrector
from skanomaly.metrics import repair_scores

corrector = AnomalyCorrector(random_state=0).fit(X)
X_repaired = corrector.transform(X)


def show_scores(what, table):
    """Count cells against the truth."""
    scores = repair_scores(X, table, X_clean)
    print(
        f"{what}: {scores.n_changed} changed, {scores.n_fixed} of them right now, "
        f"{scores.clean_broken} right cells broken, F1 {scores.f1:.2f}"
    )


show_scores("no labels", X_repaired)

# %%
# ``report_`` says of each change why it was made. Changes of one ``kind`` in a column
# have the same reason.
report = corrector.report_
pd.set_option("display.max_colwidth", None)
one_of_each = report.groupby(["column", "kind"], sort=False).head(1)
one_of_each[["column", "kind", "old", "new", "reason"]].style.hide(axis="index")

# %%
# The page
# --------
# ``review`` writes the changes on a page, a file that needs no network and no server.
# This is the page itself: try it. Accept or reject single changes or a whole group,
# type another value, undo, and press ``?`` for the keys.
import html
import tempfile
from pathlib import Path

folder = Path(tempfile.mkdtemp())
decisions = corrector.review(X, folder / "review.html")


class Page:
    """Shows a page within this one."""

    def __init__(self, path):
        self.text = html.escape(path.read_text(encoding="utf-8"))

    def _repr_html_(self):
        style = "width: 100%; height: 40rem; border: 1px solid #8888"
        return f'<iframe style="{style}" srcdoc="{self.text}"></iframe>'


Page(folder / "review.html")

# %%
# The button "Download decisions" hands out a CSV file, and
# ``corrector.apply(X, "decisions.csv")`` makes the changes. ``review`` also returns the
# decisions as a frame, in which a program can write them: here all typing errors are
# accepted, one weight is rejected, and one gets another value.
decisions.loc[decisions["kind"] == "typing error", "decision"] = "accept"
first, second = decisions.index[decisions["column"] == "weight"][:2]
decisions.loc[first, "decision"] = "reject"
decisions.loc[second, ["decision", "value"]] = ["edit", "16"]
X_decided, log = corrector.apply(X, decisions)
log.head()

# %%
# What is not decided is not changed. Everything, or single cells, can be undone.
X_undone = corrector.inverse_transform(X_decided, cells=log.tail(1))
print("the same but for one cell:", int((X_undone != X_decided).to_numpy().sum()) == 1)
print("as it was:", corrector.inverse_transform(X_decided).equals(X))

# %%
# Examples
# --------
# ``suggest_rows`` names the rows that are worth correcting: they cover what has not
# been seen yet. Here the truth plays the person. Corrected rows are whole rows of the
# table; the log above can be passed as ``corrections`` as well.
import matplotlib.pyplot as plt

taught, known = AnomalyCorrector(random_state=0), []
n_wrong = {
    "as it came": (X != X_clean).sum(),
    "no labels": (X_repaired != X_clean).sum(),
}
for n_rows in (5, 10, 20):
    known += list(taught.suggest_rows(X, n_rows - len(known)))
    table = taught.fit(X, corrections=X_clean.loc[known]).transform(X)
    show_scores(f"{n_rows} corrected rows", table)
    n_wrong[f"{n_rows} rows"] = (table != X_clean).sum()

table = pd.DataFrame(n_wrong).T
ax = table.plot.bar(stacked=True, rot=0, colormap="cividis", figsize=(7, 4))
ax.bar_label(ax.containers[-1], labels=table.sum(axis=1), padding=2)
ax.set_ylim(0, 3000)
ax.set_ylabel("wrong cells that are left")
plt.tight_layout()

# %%
# Each way of writing is learned from its first examples: here the first rows show all.
# What was learned can be read.
for program in taught.programs_:
    print(program)

# %%
# Next month
# ----------
# The programs can be kept as text. They rewrite the next list without a fit; then a
# corrector that is fitted to that list looks for the other errors.
from skanomaly.correctors import RepairPrograms

rules = taught.programs_.to_json()
next_list = pd.DataFrame(
    {
        "item": ["no. A00900", "no. A00901"],
        "weight": ["12 kg", "7"],
        "town": ["Bern", "Leeds"],
        "country": ["Switzerland", "Britain"],
        "clerk": ["Costa, Eve", "Huber, Ann"],
        "entered": ["05/11/2025", "28/11/2025"],
    },
    dtype=object,
)
RepairPrograms.from_json(rules).apply(next_list)
