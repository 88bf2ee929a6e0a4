"""How many new normal rows `predict` calls anomalous, by how the threshold was set.

Each ADBench table is split as in the clean setting of the detectors: fit on a random
half of the normal rows, count on the other half and on all anomalies. A tenth of the
normal rows is wanted everywhere. Every row of thresholds.csv is written when it is
known, so a run that was stopped goes on where it was; `--fresh` starts anew. See
benchmarks/README.md.

    python -m benchmarks.detection.thresholds --quick
    python -m benchmarks.detection.thresholds
"""

import argparse
import time
from datetime import date
from itertools import product

import numpy as np
import pandas as pd

from benchmarks._cells import Rows
from benchmarks.common import (
    add_trial_options,
    clock,
    duration,
    machine,
    one_thread,
    results_folder,
    say,
    to_markdown,
)
from benchmarks.detection.data import DEVELOPMENT, QUICK_SETS, available, by_size, load
from skanomaly.detectors import AutoEncoder
from skanomaly.metrics import anomaly_roc_auc

WANTED = 0.1
MAX_ROWS = 5000
THRESHOLDS = {
    "training rows": "`contamination=0.1`: a tenth of the training rows",
    "auto": '`contamination="auto"`, the default',
    "kept aside": "fit on three quarters of the rows, `calibrate` on the last quarter",
}
COLUMNS = [
    "data", "seed", "threshold", "n_train", "false_alarms", "recall", "auroc",
    "fit_cpu_s",
]  # fmt: skip
INTRODUCTION = (
    "# Thresholds\n\nWritten by `python -m benchmarks.detection.thresholds`. "
    "`AutoEncoder` at its defaults, on ADBench tables: fitted on a random half of the "
    f"normal rows, at most {MAX_ROWS:,}. *FA* is the fraction of other normal rows "
    f"that `predict` calls anomalous (wanted: {WANTED}), *recall* that of the "
    f"anomalies, on at most {MAX_ROWS:,} rows each; means over the seeds. "
    "Recall is bought with false alarms: compare it only where those are alike. The "
    "threshold does not touch the scores; *AUROC* differs only where rows are kept "
    "aside from the training. *fit* is processor seconds on one thread, medians over "
    "seeds and sets; a fit with `contamination=0.1` takes what that before "
    "`calibrate` takes: one network, as many steps."
)


def split(data, seed):
    """Training rows, other normal rows and anomalies, in random order."""
    X, y = load(data)
    order = np.random.default_rng(seed).permutation(len(X))
    normal, anomalous = order[y[order] == 0], order[y[order] == 1]
    half = len(normal) // 2
    parts = normal[:half], normal[half:], anomalous
    return [X[rows[:MAX_ROWS]] for rows in parts]


def fit_all(X, seed, **params):
    """Return for each threshold its detector, its value and the seconds of the fit."""
    auto = AutoEncoder(random_state=seed, **params)
    with clock() as auto_time:
        auto.fit(X)
    on_training_rows = np.percentile(auto.score_samples(X), 100 * WANTED)
    n_aside = len(X) // 4
    plain = AutoEncoder(contamination=WANTED, random_state=seed, **params)
    with clock() as plain_time:
        plain.fit(X[n_aside:])
    plain.calibrate(X[:n_aside])
    return {
        # The scores of a fit with contamination=0.1 are the same: no need for another.
        "training rows": (auto, on_training_rows, np.nan),
        "auto": (auto, auto.offset_, auto_time["cpu"]),
        "kept aside": (plain, plain.offset_, plain_time["cpu"]),
    }


def measure(data, seed, **params):
    """Return one row of the table for each threshold."""
    X_train, X_normal, X_anomalous = split(data, seed)
    X = np.concatenate([X_normal, X_anomalous])
    y = np.repeat([0, 1], [len(X_normal), len(X_anomalous)])
    rows = []
    for name, (detector, offset, seconds) in fit_all(X_train, seed, **params).items():
        scores = detector.score_samples(X)
        called = scores < offset
        facts = len(X_train), called[y == 0].mean(), called[y == 1].mean()
        rows.append((data, seed, name, *facts, anomaly_roc_auc(y, -scores), seconds))
    return [dict(zip(COLUMNS, row, strict=True)) for row in rows]


def run(path, sets, seeds, **params):
    """Measure what the file does not have yet; return all that was asked for."""
    file = Rows(path, COLUMNS[:3], COLUMNS)
    known = set(file.read()[["data", "seed"]].itertuples(index=False, name=None))
    start, todo = time.perf_counter(), list(product(seeds, sets))
    for i, (seed, data) in enumerate(todo):
        if (data, seed) in known:
            continue
        rows = measure(data, seed, **params)
        for row in rows:
            file.append(row)
        alarms = ", ".join(f"{r['threshold']} {r['false_alarms']:.3f}" for r in rows)
        passed = duration(time.perf_counter() - start)
        say(f"[{i + 1}/{len(todo)} {passed}] {data} seed {seed}: {alarms}")
    table = file.read()
    return table[table["data"].isin(sets) & table["seed"].isin(seeds)]


def summary(table):
    """One row for each threshold: means over the sets of the means over the seeds."""
    rows = []
    for name, title in THRESHOLDS.items():
        part = table[table["threshold"] == name].groupby("data")
        alarms = part["false_alarms"].mean()
        rows.append(
            {
                "threshold": title,
                "FA": alarms.mean(),
                "mean of abs(FA - 0.1)": (alarms - WANTED).abs().mean(),
                "lowest FA": alarms.min(),
                "highest FA": alarms.max(),
                "recall": part["recall"].mean().mean(),
                "AUROC": part["auroc"].mean().mean(),
                "fit": part["fit_cpu_s"].median().median(),
            }
        )
    return to_markdown(pd.DataFrame(rows))


def by_set(table, sets):
    """One row for each set."""
    rows = []
    for data in sets:
        part = table[table["data"] == data]
        row = {"set": data, "rows": int(part["n_train"].iloc[0])}
        mean = part.groupby("threshold")[["false_alarms", "recall"]].mean()
        for name, column in {"FA": "false_alarms", "recall": "recall"}.items():
            row |= {f"{name}, {how}": mean.loc[how, column] for how in THRESHOLDS}
        rows.append(row)
    return to_markdown(pd.DataFrame(rows))


def report(table, sets, trial):
    """Return the report as Markdown."""
    held_out = ~table["data"].isin(DEVELOPMENT)
    groups = {
        f"All sets ({len(sets)})": table,
        "Up to 1,000 training rows": table[table["n_train"] <= 1000],
        "Held-out sets": table[held_out],
        "Sets on which the way of *auto* was chosen": table[~held_out],
    }
    parts = [INTRODUCTION, f"{date.today()}. {machine()}."]
    parts += ["**A trial run with little training, not a result.**"] * trial
    parts += [f"## {k}\n\n{summary(part)}" for k, part in groups.items() if len(part)]
    return "\n\n".join([*parts, f"## By set\n\n{by_set(table, sets)}"]) + "\n"


def main():
    """Measure, and write table and report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--datasets", nargs="+", help="default: all on disk")
    parser.add_argument("--seeds", nargs="+", type=int, default=(0, 1, 2))
    parser.add_argument("--fresh", action="store_true", help="forget earlier results")
    add_trial_options(parser, "three sets, one seed")
    args = parser.parse_args()
    one_thread()
    params = {"max_epochs": 20} if args.quick else {}
    seeds = args.seeds[:1] if args.quick else args.seeds
    sets = list(by_size(args.datasets or (QUICK_SETS if args.quick else available())))
    folder = results_folder(args)
    path = folder / "thresholds.csv"
    if args.fresh:
        path.unlink(missing_ok=True)
    text = report(run(path, sets, seeds, **params), sets, args.quick)
    path.with_suffix(".md").write_text(text)
    say(text)


if __name__ == "__main__":
    main()
