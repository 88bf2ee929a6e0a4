"""False discovery rate and power of p-values, on the ADBench tables.

Fit on a random half of the normal rows. A test sample has other normal rows, and
anomalies, at most one in ten. p-values come from out-of-fold scores of the training
rows, or from a quarter of them that was kept aside. Each cell of discoveries.csv is
written when it is known; the same command goes on. See benchmarks/README.md.

    python -m benchmarks.detection.discoveries --quick
    python -m benchmarks.detection.discoveries
"""

import argparse
from datetime import date
from itertools import product

import numpy as np
from sklearn.ensemble import IsolationForest

from benchmarks._cells import Cells
from benchmarks.common import (
    add_trial_options,
    machine,
    one_thread,
    results_folder,
    say,
    to_markdown,
)
from benchmarks.detection.data import QUICK_SETS, available, by_size, load
from skanomaly.detectors import (
    AutoEncoder,
    CalibratedDetector,
    DeepSVDD,
    NeighborsDetector,
)
from skanomaly.metrics import (
    anomaly_roc_auc,
    discovery_power,
    false_discovery_proportion,
)

ALPHAS = (0.1, 0.2)
MAX_TRAIN_ROWS, MAX_TEST_ROWS = 2000, 1000
# Normal rows for each anomaly of a test sample, and samples of the same rows.
NORMAL_ROWS, N_SAMPLES = 9, 20

DETECTORS = {
    "IsolationForest": lambda seed: CalibratedDetector(
        IsolationForest(random_state=seed)
    ),
    "NeighborsDetector": lambda seed: NeighborsDetector(),
    "AutoEncoder": lambda seed: AutoEncoder(random_state=seed),
    "DeepSVDD": lambda seed: DeepSVDD(random_state=seed),
}
CALIBRATIONS = ("out of fold", "kept aside")
KEYS = ["data", "seed", "detector", "calibration"]
INTRODUCTION = (
    "# False discoveries\n\nWritten by `python -m benchmarks.detection.discoveries`. "
    f"ADBench tables, fitted on at most {MAX_TRAIN_ROWS:,} normal rows; test samples "
    "of other normal rows with at most a tenth of anomalies. Rows are called "
    "anomalous by Benjamini and Hochberg's procedure on `p_values`. *FDR* is the mean "
    "fraction of normal rows among them (0 where there are none), *power* the fraction "
    "of the anomalies that are found; means over the sets of the means over seeds and "
    f"{N_SAMPLES} samples. *p <= .1* is the fraction of normal rows with such a "
    "p-value. Anomalies that are a tenth of a sample can only be found if p-values as "
    "small as .01 and .02 occur, which takes 99 and 49 calibration rows."
)


def split(name, seed):
    """Training rows, other normal rows and anomalies, in random order."""
    X, y = load(name)
    order = np.random.default_rng(seed).permutation(len(X))
    normal, anomalous = order[y[order] == 0], order[y[order] == 1]
    half = len(normal) // 2
    others = normal[half:][:MAX_TEST_ROWS]
    return X[normal[:half][:MAX_TRAIN_ROWS]], X[others], X[anomalous[:MAX_TEST_ROWS]]


def fitted(name, calibration, X, seed):
    """Fit a detector, and calibrate it."""
    detector = DETECTORS[name](seed)
    if calibration == "out of fold":
        return detector.fit(X)
    n_aside = len(X) // 4
    if isinstance(detector, CalibratedDetector):
        detector.set_params(cv=2)
    elif "contamination" in detector.get_params():
        detector.set_params(contamination=0.1)
    return detector.fit(X[n_aside:]).calibrate(X[:n_aside])


def measure(data, seed, name, calibration):
    """Return the figures of a cell."""
    X_train, X_normal, X_anomalous = split(data, seed)
    detector = fitted(name, calibration, X_train, seed)
    X = np.concatenate([X_normal, X_anomalous])
    y = np.repeat([0, 1], [len(X_normal), len(X_anomalous)])
    p = detector.p_values(X)
    figures = {
        "n_calibration": len(detector.calibration_scores_),
        "auroc": anomaly_roc_auc(y, detector.anomaly_score(X)),
        "p <= .1": float(np.mean(p[y == 0] <= 0.1)),
    }
    samples = list(drawn(y, seed))
    for alpha in ALPHAS:
        for title, metric in METRICS.items():
            values = [metric(y[rows], p[rows], alpha=alpha) for rows in samples]
            figures[f"{title} {alpha}"] = float(np.mean(values))
    return figures


METRICS = {"FDR": false_discovery_proportion, "power": discovery_power}


def drawn(y, seed):
    """Yield the rows of each test sample: all normal ones and some anomalies."""
    rng = np.random.default_rng(seed)
    normal, anomalous = np.flatnonzero(y == 0), np.flatnonzero(y == 1)
    n_anomalies = max(1, min(len(anomalous), len(normal) // NORMAL_ROWS))
    for _ in range(N_SAMPLES):
        chosen = rng.choice(anomalous, n_anomalies, replace=False)
        yield np.concatenate([normal, chosen])


def report(table, trial):
    """Return the report as Markdown."""
    wide = table.pivot_table("value", KEYS, "metric").reset_index()
    means = wide.groupby(["detector", "calibration", "data"]).mean(numeric_only=True)
    groups = {
        f"All sets ({wide['data'].nunique()})": means,
        "At least 99 calibration rows": means[means["n_calibration"] >= 99],
    }
    parts = [INTRODUCTION, f"{date.today()}. {machine()}."]
    parts += ["**A trial run, not a result.**"] * trial
    parts += [f"## {title}\n\n{summary(part)}" for title, part in groups.items()]
    return "\n\n".join(parts) + "\n"


def summary(means):
    """One row for each detector and calibration."""
    columns = ["auroc", "p <= .1"]
    columns += [f"{title} {alpha}" for alpha in ALPHAS for title in METRICS]
    rows = means.groupby(["detector", "calibration"])[columns].mean()
    rows.insert(0, "sets", means.groupby(["detector", "calibration"]).size())
    return to_markdown(rows.reset_index())


def main():
    """Measure what is missing, and write table and report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--datasets", nargs="+", help="default: all on disk")
    parser.add_argument("--detectors", nargs="+", choices=DETECTORS, default=DETECTORS)
    parser.add_argument("--seeds", nargs="+", type=int, default=(0, 1, 2))
    parser.add_argument("--fresh", action="store_true", help="forget earlier results")
    add_trial_options(parser, "three sets, one seed")
    args = parser.parse_args()
    one_thread()
    seeds = args.seeds[:1] if args.quick else args.seeds
    sets = list(by_size(args.datasets or (QUICK_SETS if args.quick else available())))
    path = results_folder(args) / "discoveries.csv"
    cells = Cells(path, KEYS, ["metric"])
    wanted = [
        (data, seed, name, calibration)
        for seed, data in product(seeds, sets)
        for name, calibration in product(args.detectors, CALIBRATIONS)
    ]
    cells.run(wanted, measure, fresh=args.fresh)
    table = cells.read()
    path.with_suffix(".md").write_text(report(table[table["error"].isna()], args.quick))
    say(path.with_suffix(".md").read_text())


if __name__ == "__main__":
    main()
