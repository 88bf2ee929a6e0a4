"""T12: tables in which nothing is known to be wrong; they are to stay as they are."""

from functools import partial

import numpy as np
import pandas as pd
from sklearn import datasets as toy_sets

from benchmarks.common import DATA
from benchmarks.repair.common import Target, Track, sample_rows, timed
from benchmarks.repair.methods import CORRECTORS, cell_corrector
from benchmarks.repair.scoring import noticed, same_cells
from benchmarks.repair.users import CLEAN

PAIRS = ("hospital", "flights", "beers", "rayyan")
CATEGORICAL = ("adult", "mushroom", "nursery", "bank")
ADBENCH = (
    "4_breastw", "5_campaign", "6_cardio", "7_Cardiotocography", "10_cover",
    "12_fault", "14_glass", "15_Hepatitis", "18_Ionosphere", "19_landsat",
    "20_letter", "23_mammography", "27_PageBlocks", "28_pendigits", "29_Pima",
    "30_satellite", "32_shuttle", "38_thyroid", "39_vertebral", "43_WDBC", "45_wine",
)  # fmt: skip
MAX_NUMERIC = 3000
MAX_ROWS = 1000  # of --quick


def typed_table(name):
    """Return a known table with its numbers, as `pandas.read_csv` types it."""
    file = "bank_marketing" if name == "bank" else name
    path = DATA / "categorical" / f"{file}.csv"
    return pd.read_csv(path, keep_default_na=False, skipinitialspace=True)


def _pair(name, **options):
    return pd.read_csv(DATA / "repair" / name / "clean.csv", **options)


def _normal_rows(name):
    """Rows of ADBench that are no anomalies: numbers only."""
    with np.load(DATA / "adbench" / f"{name}.npz") as found:
        X = found["X"][found["y"] == 0]
    return sample_rows(pd.DataFrame(X).add_prefix("x"), MAX_NUMERIC, seed=0)


def _toy_set(name):
    return getattr(toy_sets, f"load_{name}")(as_frame=True).frame


AS_TEXT = {"dtype": str, "keep_default_na": False}
TABLES = {
    **{f"{name}, text": partial(_pair, name, **AS_TEXT) for name in PAIRS},
    **{f"{name}, typed": partial(_pair, name) for name in PAIRS},
    **{name: partial(typed_table, name) for name in CATEGORICAL},
    **{name: partial(_toy_set, name) for name in ("wine", "breast_cancer", "diabetes")},
    **{name: (lambda make=make: make(0).clean) for name, make in CLEAN.items()},
    **{name: partial(_normal_rows, name) for name in ADBENCH},
}


def leave_clean(data, method, seed, quick):
    """Fit on a clean table and repair it: how many cells change, or look wrong?"""
    table = TABLES[data]()
    if quick:
        table = sample_rows(table, MAX_ROWS, seed)
    corrector = cell_corrector(method, seed)
    repaired, seconds = timed(lambda: corrector.fit(table).transform(table))
    changed = ~same_cells(table, repaired)
    return {
        "rows": len(table),
        "columns": table.shape[1],
        "changed": int(changed.sum()),
        "changed %": 100 * changed.mean(),
        "columns with changes": int(changed.any(axis=0).sum()),
        "called wrong %": 100 * noticed(corrector, table).mean(),
        "seconds": seconds,
    }


T12 = Track(
    "T12", "Clean tables",
    "Fitted on a table that is right (as far as anyone knows), and repaired at the "
    "defaults. *changed*: cells; *called wrong*: share of the cells with `error_proba` "
    "of at least .5. The clean files of the pairs come twice, all text and as pandas "
    "types them. ADBench: normal rows, 3,000 at most. Some of these tables do have "
    "errors: clean files that somebody overlooked something in, census data.",
    tuple(TABLES), CORRECTORS[:1], leave_clean, seeds=(0,),
    quick_data=("hospital, text", "nursery", "wine", "numbers as text", "rare flags"),
    targets=tuple(Target(name, CORRECTORS[0], "changed %", "<=", 0.01)
                  for name in TABLES),
    is_flat=True,
)  # fmt: skip
TRACKS = (T12,)
