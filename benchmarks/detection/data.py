"""The ADBench tables: which are here, how large they are, how they are split."""

import numpy as np

from benchmarks.common import DATA
from skanomaly.datasets import fetch_adbench

QUICK_SETS = ("39_vertebral", "45_wine", "43_WDBC")

# The sets at which we looked when the defaults of our detectors were chosen.
DEVELOPMENT = (
    "4_breastw", "6_cardio", "10_cover", "14_glass", "18_Ionosphere", "20_letter",
    "24_mnist", "27_PageBlocks", "29_Pima", "31_satimage-2", "38_thyroid", "43_WDBC",
)  # fmt: skip


def available():
    """Names of the ADBench tables on disk."""
    names = [path.stem for path in (DATA / "adbench").glob("*.npz")]
    if not names:
        raise SystemExit(f"No tables in {DATA / 'adbench'}: set SKANOMALY_DATA.")
    return names


def by_size(names):
    """Return the full names, small tables first, and the number of rows of each."""
    full = {name.partition("_")[2].lower(): name for name in available()}
    shapes = {full.get(name.lower(), name): load(name)[0].shape for name in names}
    in_order = sorted(shapes, key=lambda name: (np.prod(shapes[name]), shapes[name]))
    return {name: shapes[name][0] for name in in_order}


def load(name):
    """Return the rows and their labels, 1 = anomaly."""
    return fetch_adbench(name, return_X_y=True, download_if_missing=False)


def split(X, y, setting, seed, max_train_rows=None):
    """Return X_train, X_test, y_test.

    "clean" fits on a random half of the normal rows and tests on all other rows.
    "contaminated" fits on all rows and tests on the same; if only some may be fitted,
    it tests on the others, so that no row meets itself.
    """
    order = np.random.default_rng(seed).permutation(len(X))
    limit = len(X) if max_train_rows is None else max_train_rows
    if setting == "contaminated" and limit >= len(X):
        return X, X, y
    if setting == "clean":
        normal = order[y[order] == 0]
        n_fit = len(normal) // 2
        train, test = normal[:n_fit][:limit], np.append(normal[n_fit:], np.where(y)[0])
    else:
        train, test = order[:limit], order[limit:]
    return X[train], X[test], y[test]
