"""T13: processor time and memory of a default fit and transform.

python -m benchmarks.repair.scale 3000 13 0
"""

import json
import subprocess
import sys

import numpy as np
import pandas as pd
import psutil

from benchmarks._memory import forget_peak, give_back, peak
from benchmarks.common import ROOT, one_thread
from benchmarks.repair.common import Target, Track, timed
from benchmarks.repair.methods import CORRECTORS, cell_corrector

MEGABYTE = 1e6
SIZES = {
    "3,000 x 13": (3000, 13),
    "2,000 x 50": (2000, 50),
    "100,000 x 10": (100_000, 10),
    "1,000,000 x 10": (1_000_000, 10),
}
GROWTH = {
    "growth in rows": {n: (n, 10) for n in (1000, 10_000, 100_000)},
    "growth in columns": {d: (2000, d) for d in (5, 10, 20, 50)},
}


def mixed_table(n_rows, n_columns, seed):
    """Names that depend on each other, numbers, dates; 1 % of the names are wrong."""
    rng = np.random.default_rng(seed)
    makers = (_place, _kind, _amount, _count, _day)
    table, place = {}, rng.integers(60, size=n_rows)
    for j in range(n_columns):
        table[f"c{j}"] = makers[j % len(makers)](place, j, rng)
    return pd.DataFrame(table)


def _place(place, j, rng):
    """Name by place; one of 100 is misspelt."""
    names = np.array([f"town{k}{'abcdefg'[(k + j) % 7]}" for k in range(60)], object)
    cells = names[place]
    wrong = rng.random(len(cells)) < 0.01
    cells[wrong] = [name[:-2] + name[-1] for name in cells[wrong]]
    return cells


def _kind(place, j, rng):
    """One of eight kinds by place, but for one of 100."""
    kinds = np.array([f"kind {k}" for k in range(8)], dtype=object)
    other = rng.random(len(place)) < 0.01
    return kinds[np.where(other, rng.integers(8, size=len(place)), (place + j) % 8)]


def _amount(place, j, rng):
    return np.round(rng.gamma(2, 20 + place, len(place)), 2)


def _count(place, j, rng):
    return rng.integers(1, 12, len(place))


def _day(place, j, rng):
    days = pd.to_timedelta(rng.integers(0, 900, len(place)), unit="D")
    return pd.Timestamp("2022-01-01") + days


def measure(n_rows, n_columns, seed):
    """Seconds of fit and transform in this process, and memory beyond the table."""
    one_thread()
    warm = mixed_table(300, 10, seed)
    cell_corrector(CORRECTORS[0], seed).fit(warm).transform(warm)
    table = mixed_table(n_rows, n_columns, seed)
    give_back()
    loaded = psutil.Process().memory_info().rss
    forget_peak()
    corrector = cell_corrector(CORRECTORS[0], seed)
    _, fit_s = timed(corrector.fit, table)
    fit_peak = peak()
    give_back()
    forget_peak()
    repaired, seconds = timed(corrector.transform, table)
    return {
        "fit s": fit_s,
        "transform s": seconds,
        "fit MB": (fit_peak - loaded) / MEGABYTE,
        "transform MB": (peak() - loaded) / MEGABYTE,
        "table MB": table.memory_usage(deep=True).sum() / MEGABYTE,
        "changed": int((repaired != table).sum().sum()),
    }


def scale(data, method, seed, quick):
    """Fit and transform tables, each size in a process of its own."""
    if data in SIZES:
        return _in_own_process(*SIZES[data], seed)
    sizes = GROWTH[data]
    found = [_in_own_process(*size, seed) for size in sizes.values()]
    n, figures = np.array(list(sizes)), {}
    for name in ("fit s", "transform s"):
        seconds = np.array([facts[name] for facts in found])
        figures |= {f"{name} at {k:,}": s for k, s in zip(n, seconds, strict=True)}
        figures[f"{name}: exponent"] = np.polyfit(np.log(n), np.log(seconds), 1)[0]
        last = np.log(seconds[-1] / seconds[-2]) / np.log(n[-1] / n[-2])
        figures[f"{name}: exponent at the end"] = last
    return figures


def _in_own_process(n_rows, n_columns, seed):
    size = map(str, (n_rows, n_columns, seed))
    command = [sys.executable, "-m", "benchmarks.repair.scale", *size]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    if done.returncode:
        raise RuntimeError(done.stderr[-200:])
    return json.loads(done.stdout.splitlines()[-1])


DEFAULT = CORRECTORS[0]
T13 = Track(
    "T13", "Scale",
    "A made-up table of names that depend on each other, numbers and dates, 1 % of "
    "the names wrong; processor seconds of a default fit and of `transform` of the "
    "same table, and peak memory beyond the loaded table, each size in a process of "
    "its own. *exponent*: slope of log seconds over log rows (10 columns) or columns "
    "(2,000 rows); *at the end* between the two largest. 1,000,000 rows run only with "
    "`--data \"1,000,000 x 10\"`.",
    (*list(SIZES)[:-1], *GROWTH), CORRECTORS[:1], scale,
    quick_data=("3,000 x 13",), asked_for=("1,000,000 x 10",),
    targets=(
        Target("3,000 x 13", DEFAULT, "fit s", "<=", 10),
        Target("2,000 x 50", DEFAULT, "fit s", "<=", 30),
        Target("100,000 x 10", DEFAULT, "fit s", "<=", 30),
        Target("growth in rows", DEFAULT, "fit s: exponent", "<=", 1.05),
        Target("growth in rows", DEFAULT, "transform s: exponent", "<=", 1.05),
        Target("growth in columns", DEFAULT, "fit s: exponent", "<=", 1.05),
    ),
)  # fmt: skip
TRACKS = (T13,)

if __name__ == "__main__":
    print(json.dumps(measure(*map(int, sys.argv[1:]))))
