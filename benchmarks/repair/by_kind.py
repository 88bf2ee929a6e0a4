"""T11: one kind of error at a time, in known tables, beside one-liners."""

from functools import cache

import numpy as np
import pandas as pd

from benchmarks.common import to_markdown
from benchmarks.repair.clean_tables import typed_table
from benchmarks.repair.common import Track, sample_rows, timed
from benchmarks.repair.kinds import DATE_KINDS, KINDS, NUMBER_KINDS, TEXT_KINDS
from benchmarks.repair.methods import CORRECTORS, cell_corrector
from benchmarks.repair.one_liners import FOR_NUMBERS, FOR_TEXT, ONE_LINERS
from benchmarks.repair.scoring import counts, judge, ranking, same_cells
from benchmarks.repair.users import MARKERS, orders

N_ROWS = 3000
DATED = "orders"
OURS = CORRECTORS[0]
SETS = {
    **{f"{name}: {kind}": (name, kind)
       for kind in TEXT_KINDS for name in ("mushroom", "adult", "nursery", "bank")},
    **{f"{name}: {kind}": (name, kind)
       for kind in NUMBER_KINDS for name in ("adult", "bank")},
    **{f"{DATED}: {kind}": (DATED, kind) for kind in DATE_KINDS},
}  # fmt: skip
TEXT_SETS = tuple(name for name, (_, kind) in SETS.items() if kind in TEXT_KINDS)
NUMBER_SETS = tuple(name for name in SETS if name not in TEXT_SETS)


@cache
def table_with_errors(data, seed, n_rows):
    """Return a table with one kind of error, and the same without."""
    name, kind = SETS[data]
    table = orders(seed).clean if name == DATED else typed_table(name)
    clean = sample_rows(table, n_rows, seed)
    clean = clean.loc[:, clean.nunique() > 1]
    return KINDS[kind](clean, np.random.default_rng(seed)), clean


def repair_kind(data, method, seed, quick):
    """Repair one kind of error: F1, broken cells, and how well cells are ranked."""
    dirty, clean = table_with_errors(data, seed, 500 if quick else N_ROWS)
    wrong = ~same_cells(dirty, clean)
    is_filling = SETS[data][1] == "missing marker"
    # Markers that the clean table has, too, are nothing that could be filled rightly.
    counted = ~clean.isin(MARKERS).to_numpy() if is_filling else True
    if method in ONE_LINERS:
        (repaired, score), seconds = timed(ONE_LINERS[method], dirty, seed)
        figures = {} if repaired is None else counts(dirty, repaired, clean, counted)
        figures["seconds"] = seconds
    else:
        fill = {"fill": True} if is_filling else {}
        corrector = cell_corrector(method, seed, **fill)
        repaired, score, figures = judge(corrector, dirty, clean)
        figures |= counts(dirty, repaired, clean, counted)
    if is_filling:  # what is missing is no question
        return figures
    return figures | {"AP": ranking(score, wrong), "AP by chance": wrong.mean()}


def beside_one_liners(rows):
    """One row a table and kind: ours, and the best of the others in F1 and in AP."""
    rows = rows[rows["text"].isna() & rows["method"].isin(T11.methods)]
    means = rows.groupby(["data", "method", "metric"])["value"]
    means = means.mean().unstack()
    table = [
        _compared(data, means.loc[data])
        for data in SETS
        if (data, OURS) in means.index and len(means.loc[data]) > 1
    ]
    return to_markdown(pd.DataFrame(table)) if table else ""


def _compared(data, found):
    ours, others = found.loc[OURS], found.drop(index=OURS)
    row = {"table and kind": data, "wrong": f"{ours['wrong']:.0f}"}
    for metric in ("F1", "AP"):
        column = others[metric] if metric in others else pd.Series(dtype=float)
        best = column.idxmax() if column.notna().any() else None
        row[metric] = ours.get(metric, np.nan)
        row[f"best other {metric}"] = column.max()
        row[f"by ({metric})"] = best or "-"
    row |= {"P": ours["P"], "broken": f"{ours['broken']:.0f}"}
    row |= {"noticed": ours["noticed"], "false alarms": f"{ours['false alarms']:.0f}"}
    row["best other's broken"] = "-"
    if row["by (F1)"] != "-":
        row["best other's broken"] = f"{others.loc[row['by (F1)'], 'broken']:.0f}"
    kept = not row["best other F1"] > row["F1"]
    return row | {"lost by": "-" if kept else f"{row['best other F1'] - row['F1']:.3f}"}


T11 = Track(
    "T11", "Errors by kind",
    f"{N_ROWS:,} rows of tables with all their columns; one kind of error at a time, "
    "in 5 % of the cells of the columns that can have it. *substitution*: another "
    "value of the column (tempered marginal); *swap*: two neighbouring texts of a row; "
    "*missing marker*: one of \"\", N/A, -, ?, unknown, to be filled (`fill=True`); "
    "*unit*: a thousand times; *date shift*: one, five or ten years. F1, P as in T3. "
    "*noticed*: wrong cells that are changed or have an `error_proba` of at least .5; "
    "*false alarms*: right cells of that sort. AP is that of `error_proba` over all "
    "cells; by chance it is the share of wrong cells. One-liners change what they are "
    "sure of by .9 (boosting also by .95); two, for numbers, only detect. "
    "Target: above the best one-liner in F1.",
    tuple(SETS), (OURS, *ONE_LINERS), repair_kind,
    quick_data=("adult: typo", "adult: x10", "orders: date shift"),
    only={**dict.fromkeys(FOR_TEXT, TEXT_SETS),
          **dict.fromkeys(FOR_NUMBERS, NUMBER_SETS)},
    once=("boosting by column, .9", "boosting by column, .95", "kNN vote"),
    is_flat=None, summary=beside_one_liners,
)  # fmt: skip
TRACKS = (T11,)
