"""What a few labelled anomalies are worth, on ADBench tables.

Half of the rows are for training, half for the test; both have anomalies, of which a
few in the training half are labelled and all others are taken for rows of which nothing
is known. Each cell of few_labels.csv is written when it is known; the same command goes
on. XGBOD needs xgboost, DevNet and XGBOD need PyOD. See benchmarks/README.md.

    python -m benchmarks.detection.few_labels --quick
    python -m benchmarks.detection.few_labels
"""

import argparse
import io
from contextlib import redirect_stdout
from datetime import date
from importlib.util import find_spec
from itertools import product

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.model_selection import train_test_split

from benchmarks._cells import Cells
from benchmarks.common import (
    add_trial_options,
    clock,
    machine,
    one_thread,
    results_folder,
    say,
    to_markdown,
)
from benchmarks.detection.data import by_size, load
from skanomaly.detectors import DeepSAD, DeepSVDD, NeighborsDetector
from skanomaly.metrics import anomaly_average_precision, anomaly_roc_auc

# Those with at least 50 anomalies in half of the rows that are used.
SETS = (
    "4_breastw", "6_cardio", "7_Cardiotocography", "18_Ionosphere", "27_PageBlocks",
    "29_Pima", "30_satellite", "19_landsat",
)  # fmt: skip
MAX_ROWS = 2000
N_LABELS = (1, 5, 10, 20, 50)
KEYS = ["data", "seed", "detector", "n_labels"]
INTRODUCTION = (
    "# A few labels\n\nWritten by `python -m benchmarks.detection.few_labels`. ADBench "
    f"tables, at most {MAX_ROWS:,} rows, half of them for training. Of their anomalies "
    "as many as the column says are labelled; the others are among the rows without "
    "label. Scores of the other half: means over the sets of the means over the "
    "seeds. `DeepSVDD` and `NeighborsDetector` get no labels, classifiers take rows "
    "without label for normal. *fit* is processor seconds on one thread, a median. "
    "XGBOD and DevNet are those of PyOD at their defaults. DevNet of PyOD 3.6.7 "
    "exchanges the arguments of its loss, which is left as it is: its numbers say "
    "nothing of the method."
)


def _without_labels(make):
    def score(seed, X, y, X_test):
        return make(seed).fit(X).anomaly_score(X_test)

    return score


def _deep_sad(**params):
    def score(seed, X, y, X_test):
        detector = DeepSAD(random_state=seed, contamination=0.1, **params)
        return detector.fit(X, -y).anomaly_score(X_test)

    return score


def _boosting(seed, X, y, X_test):
    # Without a minimum of 20 rows a leaf, which a few anomalies never reach.
    model = HistGradientBoostingClassifier(min_samples_leaf=1, random_state=seed)
    return model.fit(X, y).predict_proba(X_test)[:, 1]


def _xgbod(seed, X, y, X_test):
    from pyod.models.xgbod import XGBOD

    return XGBOD(random_state=seed, n_jobs=1).fit(X, y).decision_function(X_test)


def _devnet(seed, X, y, X_test):
    from pyod.models.devnet import DevNet

    model = DevNet(known_outliers=int(y.sum()), random_seed=seed)
    with redirect_stdout(io.StringIO()):
        return model.fit(X, y).decision_function(X_test)


METHODS = {
    "DeepSVDD": _without_labels(
        lambda seed: DeepSVDD(random_state=seed, contamination=0.1)
    ),
    "NeighborsDetector": _without_labels(lambda seed: NeighborsDetector()),
    "DeepSAD": _deep_sad(),
    "DeepSAD, eta=1": _deep_sad(eta=1.0),
    "HistGradientBoosting": _boosting,
    "XGBOD": _xgbod,
    "DevNet": _devnet,
}
UNSUPERVISED = ("DeepSVDD", "NeighborsDetector")
NEEDS = {"XGBOD": ("pyod", "xgboost"), "DevNet": ("pyod",)}


def split(name, seed):
    """Return X_train, X_test, y_train, y_test, in units of the training rows."""
    X, y = load(name)
    if len(X) > MAX_ROWS:
        X, _, y, _ = train_test_split(
            X, y, train_size=MAX_ROWS, stratify=y, random_state=seed
        )
    parts = train_test_split(X, y, test_size=0.5, stratify=y, random_state=seed)
    center, scale = parts[0].mean(axis=0), parts[0].std(axis=0)
    scale[scale == 0] = 1.0
    return [(parts[0] - center) / scale, (parts[1] - center) / scale, *parts[2:]]


def measure(data, seed, name, n_labels):
    """Return the figures of a cell."""
    X, X_test, is_anomaly, y_test = split(data, seed)
    anomalies = np.random.default_rng(seed).permutation(np.flatnonzero(is_anomaly))
    y = np.zeros(len(X), dtype=int)
    y[anomalies[:n_labels]] = 1
    with clock() as fit:
        scores = METHODS[name](seed, X, y, X_test)
    return {
        "auroc": anomaly_roc_auc(y_test, scores),
        "ap": anomaly_average_precision(y_test, scores),
        "prevalence": float(y_test.mean()),
        "fit_cpu_s": fit["cpu"],
    }


def report(table, trial):
    """Return the report as Markdown."""
    wide = table.pivot_table("value", KEYS, "metric").reset_index()
    means = wide.groupby(["detector", "n_labels", "data"]).mean(numeric_only=True)
    parts = [INTRODUCTION, f"{date.today()}. {machine()}."]
    parts += [f"Sets: {', '.join(sorted(wide['data'].unique()))}."]
    parts += ["**A trial run, not a result.**"] * trial
    for title, metric in {"AUROC": "auroc", "Average precision": "ap"}.items():
        curves = means[metric].groupby(["detector", "n_labels"]).mean().unstack()
        # Without labels one number stands for all.
        curves = curves.ffill(axis=1).rename(columns=lambda n: f"{n} labels")
        curves["fit"] = wide.groupby("detector")["fit_cpu_s"].median()
        parts.append(f"## {title}\n\n{to_markdown(curves.reset_index())}")
    return "\n\n".join(parts) + "\n"


def available():
    """Methods whose packages are installed; says which are not."""
    names = []
    for name in METHODS:
        missing = [package for package in NEEDS.get(name, ()) if not find_spec(package)]
        if missing:
            say(f"{name} needs {', '.join(missing)}: going on without it.")
        else:
            names.append(name)
    return names


def main():
    """Measure what is missing, and write table and report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--datasets", nargs="+", default=SETS)
    parser.add_argument("--detectors", nargs="+", choices=METHODS)
    parser.add_argument("--seeds", nargs="+", type=int, default=(0, 1, 2))
    parser.add_argument("--fresh", action="store_true", help="forget earlier results")
    add_trial_options(parser, "two sets, one seed")
    args = parser.parse_args()
    one_thread()
    sets = by_size(args.datasets[:2] if args.quick else args.datasets)
    seeds = args.seeds[:1] if args.quick else args.seeds
    folder = results_folder(args)
    path = folder / "few_labels.csv"
    cells = Cells(path, KEYS, ["metric"])
    wanted = [
        (data, seed, name, n_labels)
        for seed, data in product(seeds, sets)
        for name in args.detectors or available()
        for n_labels in (N_LABELS[:1] if name in UNSUPERVISED else N_LABELS)
    ]
    cells.run(wanted, measure, fresh=args.fresh)
    table = cells.read()
    path.with_suffix(".md").write_text(report(table[table["error"].isna()], args.quick))
    say(path.with_suffix(".md").read_text())


if __name__ == "__main__":
    main()
