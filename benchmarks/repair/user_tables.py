"""T10: tables as users have them, each with errors of its kind."""

from functools import cache

import numpy as np
from sklearn.tree import DecisionTreeClassifier

from benchmarks.repair.common import Target, Track
from benchmarks.repair.methods import CORRECTORS, cell_corrector
from benchmarks.repair.scoring import judge, same_cells
from benchmarks.repair.users import CASES, DETERMINED, labelled_jobs

DEFAULT = CORRECTORS[0]
FILLING = f"{DEFAULT}, fill=True"
SEARCHING = "InverseGradientRepair"


def repair_users_table(data, method, seed, quick):
    """Fit on the dirty table, repair it, count; promised risks beside actual ones."""
    if method == SEARCHING:
        return _upside_down(seed)
    return _judged(data, method, seed)[-1]


@cache
def _judged(data, method, seed):
    case = CASES[data](seed)
    fill = {"fill": True} if method == FILLING else {}
    corrector = cell_corrector(method.partition(",")[0], seed, **fill)
    repaired, p_error, figures = judge(corrector, case.dirty, case.clean, case.train)
    return case, repaired, p_error, figures


def _upside_down(seed):
    """A fitted classifier that says -1 of anomalies: repaired, or turned into them?"""
    from skanomaly.correctors import InverseGradientRepair

    X, is_anomaly = labelled_jobs(seed)
    one_hot = InverseGradientRepair(random_state=seed).fit(X, is_anomaly).one_hot
    tree = DecisionTreeClassifier(random_state=seed)
    tree.fit(one_hot(X), np.where(is_anomaly, -1, 1))
    repaired = InverseGradientRepair(tree, random_state=seed).fit(X).transform(X)
    changed = (repaired != X).any(axis=1).to_numpy()
    stays = is_anomaly & (tree.predict(one_hot(repaired)) == -1)
    return {
        "wrong": int(is_anomaly.sum()),
        "changed": int(changed.sum()),
        "fixed": int(is_anomaly.sum() - stays.sum()),
        "broken": int((changed & ~is_anomaly).sum()),
    }


def orders_by_kind(data, method, seed, quick):
    """Share of the planted cells of each kind that are fixed, or noticed at least."""
    case, repaired, p_error, _ = _judged(data, DEFAULT, seed)
    done = same_cells(repaired, case.clean)
    if method == NOTICED:
        done = ~same_cells(repaired, case.dirty) | (p_error >= 0.5)
    columns = case.clean.columns.get_indexer(case.kinds["column"])
    share = case.kinds.assign(done=done[case.kinds["row"], columns])
    is_determined = share["kind"].isin(DETERMINED)
    return {
        "determined": share.loc[is_determined, "done"].mean(),
        "others": share.loc[~is_determined, "done"].mean(),
        **share.groupby("kind", sort=False)["done"].mean(),
    }


FIXED, NOTICED = f"{DEFAULT}: fixed", f"{DEFAULT}: noticed"
# Classifier with labels on rows: cells of it mean rows.
UPSIDE_DOWN = "upside-down classifier"
ALL = (*CASES, UPSIDE_DOWN)
CLEAN_CASES = ("date units", "float widths", "lists", "numbers as text")
# What is a question of the channel alone, and quick.
BY_CHANNEL = (
    "orders", "misspelt cities", "lists", "short codes", "short codes, exceptions",
    "one repeated error", "same units", "blanks",
)  # fmt: skip
TARGETS = (
    *(Target(name, DEFAULT, "changed", "<=", 0) for name in CLEAN_CASES),
    *(Target(name, DEFAULT, "broken", "<=", 0)
      for name in ("orders", "misspelt cities", "same units", "blanks")),
    Target("misspelt cities", DEFAULT, "R", ">=", 1.0),
    Target("short codes", DEFAULT, "R", ">=", 0.9),
    Target("short codes", DEFAULT, "P", ">=", 0.95),
    Target("one repeated error", DEFAULT, "R", ">=", 0.9),
    *(Target(name, DEFAULT, "risk actual", "<=", 0.2)
      for name in ("short codes, exceptions", "rare truths")),
    *(Target(name, DEFAULT, "R", ">=", 0.9) for name in CASES if "few" in name),
    Target("same units", DEFAULT, "R", ">=", 0.95),
    Target("blanks", FILLING, "R", ">=", 0.95),
    Target("blanks", DEFAULT, "changed", "<=", 0),
    Target(UPSIDE_DOWN, SEARCHING, "broken", "<=", 0),
)  # fmt: skip
T10 = Track(
    "T10", "Users' tables",
    "Tables made up here (`benchmarks/repair/users.py`), fitted and repaired at the "
    "defaults, without labels. *P* is fixed / changed, *R* fixed / wrong, values "
    "compared exactly; *flagged of the rest*: of the cells that stay wrong, the share "
    "with `error_proba` of at least .5; *noticed*: wrong cells that are changed or so "
    "flagged, *false alarms*: right ones. *risk promised* is the mean of 1 - `p_new` "
    "over the changes, *risk actual* the share of changes that are wrong; the default "
    "promises at most .2. Right: clean tables (lists, numbers as text, the same table "
    "in other types) stay as they are; where rare truths cannot be told from errors "
    "nothing is changed. The last table is one of rows: a fitted classifier whose "
    "classes are -1 and +1, and rows in place of cells.",
    ALL, (*CORRECTORS, FILLING, SEARCHING), repair_users_table,
    quick_data=("misspelt cities", "numbers as text", "blanks", UPSIDE_DOWN),
    only={
        DEFAULT: tuple(CASES), CORRECTORS[1]: BY_CHANNEL,
        FILLING: ("blanks",), SEARCHING: (UPSIDE_DOWN,),
    },
    targets=TARGETS, is_flat=True,
)  # fmt: skip
T10B = Track(
    "T10b", "Orders by kind of error",
    "The first table above. *determined* are those kinds whose right value the rest of "
    f"the row determines ({', '.join(DETERMINED)}). *fixed*: the right value stands "
    "there after the repair; *noticed*: changed, or `error_proba` of at least .5.",
    ("orders",), (FIXED, NOTICED), orders_by_kind,
    targets=(
        Target("orders", FIXED, "determined", ">=", 0.95),
        Target("orders", NOTICED, "others", ">=", 0.9),
    ),
)  # fmt: skip
TRACKS = (T10, T10B)
