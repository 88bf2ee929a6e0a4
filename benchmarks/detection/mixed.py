"""Tables with categories: detectors that take them as they are, beside one-hot tables.

Each detector is fitted to a DataFrame ("native"), and to what a ColumnTransformer makes
of it ("one-hot": StandardScaler for numbers, OneHotEncoder for categories). The rare
class is the anomaly. Every row of mixed.csv is written when it is known, so a run that
was stopped goes on where it was; `--fresh` starts anew. See benchmarks/README.md.

    python -m benchmarks.detection.mixed --quick
    python -m benchmarks.detection.mixed
"""

import argparse
from datetime import date
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.ensemble import IsolationForest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from benchmarks._cells import Cells
from benchmarks.common import (
    QUICK_RESULTS,
    RESULTS,
    clock,
    machine,
    one_thread,
    say,
    to_markdown,
)
from benchmarks.detection.methods import NeighborDistance
from skanomaly import detectors
from skanomaly.datasets import fetch_bank_marketing, fetch_categorical
from skanomaly.metrics import anomaly_average_precision, anomaly_roc_auc

N_TRAIN, N_NORMAL, N_ANOMALOUS = 2000, 1500, 300
# Fraction of the training rows that are anomalies in the contaminated setting.
SHARE = 0.1

OURS = (
    "AutoEncoder", "MultiEncoderAutoEncoder", "NoiseContrastiveAutoEncoder", "VAE",
    "VAEEnsemble", "DeepSVDD", "NormalizingFlow", "GeometricTransformations",
    "FastAnoGAN", "NeighborsDetector",
)  # fmt: skip
OTHERS = {
    "IsolationForest": lambda seed: IsolationForest(random_state=seed),
    "kNN": lambda seed: NeighborDistance(),
}
RARE = {"adult": ">50K", "mushroom": "p"}
SETS, SETTINGS = ("bank", *RARE), ("clean", "contaminated")
KEYS = ["detector", "input", "data", "setting", "seed"]
INTRODUCTION = f"""\
# Tables with categories

Written by `python -m benchmarks.detection.mixed`. The rare class is the anomaly: "yes"
of bank (all 20 columns), income above 50K of adult (14), poisonous of mushroom (22, all
categories). *clean*: fitted to {N_TRAIN:,} normal rows, tested on {N_NORMAL:,} others
and {N_ANOMALOUS} anomalies. *contaminated*: fitted to {N_TRAIN:,} rows of which a tenth
are anomalies, without labels, and tested on the same rows. *native* gets the DataFrame,
*one-hot* what a `ColumnTransformer` of `StandardScaler`, `OneHotEncoder` makes of it.
All have their defaults, but for `contamination=0.1`, which does not touch the scores.
Means over the seeds (rows, weights): AUROC of each set and setting (chance is .5), and
the mean AP of a setting. *CPU s*: median of fit and score, one thread.
"""


def load(name):
    """Return the table and its labels, 1 = anomaly."""
    if name == "bank":
        return fetch_bank_marketing(columns="all", return_X_y=True)
    X, y = fetch_categorical(name, columns="all", return_X_y=True)
    return X, (y == RARE[name]).astype(int)


def split(name, setting, seed):
    """Return X_train, X_test and y_test."""
    X, y = load(name)
    order = np.random.default_rng(seed).permutation(len(X))
    y = y.to_numpy()
    normal, anomalous = order[y[order] == 0], order[y[order] == 1]
    if setting == "clean":
        test = np.append(normal[N_TRAIN:][:N_NORMAL], anomalous[:N_ANOMALOUS])
        return X.iloc[normal[:N_TRAIN]], X.iloc[test], y[test]
    n_anomalous = round(SHARE * N_TRAIN)
    rows = np.append(normal[: N_TRAIN - n_anomalous], anomalous[:n_anomalous])
    return X.iloc[rows], X.iloc[rows], y[rows]


def made(name, kind, seed):
    """Build a detector, behind an encoder if the table is to be one-hot."""
    if name in OTHERS:
        detector = OTHERS[name](seed)
    else:
        detector = getattr(detectors, name)(contamination=0.1)
        if "random_state" in detector.get_params():  # not all draw random numbers
            detector.set_params(random_state=seed)
    if kind == "native":
        return detector
    encoder = make_column_transformer(
        (StandardScaler(), make_column_selector(dtype_include="number")),
        (
            OneHotEncoder(handle_unknown="ignore", sparse_output=False),
            make_column_selector(dtype_exclude="number"),
        ),
    )
    return make_pipeline(encoder, detector)


def measure(name, kind, data, setting, seed):
    """Return the figures of one fit."""
    X_train, X_test, y = split(data, setting, seed)
    detector = made(name, kind, seed)
    with clock() as seconds:
        detector.fit(X_train)
        scores = -detector.score_samples(X_test)
    return {
        "auroc": anomaly_roc_auc(y, scores),
        "ap": anomaly_average_precision(y, scores),
        "prevalence": y.mean(),
        "fit_and_score_cpu_s": seconds["cpu"],
    }


def summary(table):
    """One row for each detector and input: means over the seeds."""
    rows = []
    for key, part in table.groupby(KEYS[:2], sort=True):
        figures = dict(tuple(part.groupby("figure")))
        auroc = figures["auroc"].groupby(["data", "setting"])["value"].mean()
        ap = figures["ap"].groupby("setting")["value"].mean()
        cells = {f"{data} {setting}": v for (data, setting), v in auroc.items()}
        means = {"mean AUROC": auroc.mean(), **{f"AP {s}": v for s, v in ap.items()}}
        seconds = figures["fit_and_score_cpu_s"]["value"].median()
        named = dict(zip(KEYS[:2], key, strict=True))
        n_seeds = part["seed"].nunique()
        rows.append({**named, "seeds": n_seeds, **cells, **means, "CPU s": seconds})
    return to_markdown(pd.DataFrame(rows))


def chance(table):
    """Sentence with the average precision of scores that know nothing."""
    part = table[table["figure"] == "prevalence"]
    means = part.groupby(["data", "setting"])["value"].mean()
    cells = [f"{data} {setting} {v:.3f}" for (data, setting), v in means.items()]
    return f"Chance for AP is the prevalence: {', '.join(cells)}."


def arguments():
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--detectors", nargs="+", default=[*OURS, *OTHERS])
    parser.add_argument("--datasets", nargs="+", choices=SETS, default=SETS)
    parser.add_argument("--seeds", nargs="+", type=int, default=(0, 1, 2))
    parser.add_argument("--fresh", action="store_true", help="forget earlier results")
    parser.add_argument("--quick", action="store_true", help="AutoEncoder, one seed")
    args = parser.parse_args()
    if args.quick:
        args.detectors, args.seeds = ["AutoEncoder", "kNN"], args.seeds[:1]
    return args


def main():
    """Measure, and write the table and its summary."""
    args = arguments()
    one_thread()
    folder: Path = QUICK_RESULTS if args.quick else RESULTS
    kinds = dict.fromkeys(OURS, ("native", "one-hot"))
    wanted = [
        (name, kind, data, setting, seed)
        for seed, name in product(args.seeds, args.detectors)
        for kind in kinds.get(name, ("one-hot",))
        for data, setting in product(args.datasets, SETTINGS)
    ]
    cells = Cells(folder / "mixed.csv", KEYS, ["figure"])
    cells.run(wanted, measure, fresh=args.fresh)
    table = cells.read()
    parts = [
        INTRODUCTION,
        summary(table),
        chance(table),
        f"{date.today()}, {machine()}",
    ]
    (folder / "mixed.md").write_text("\n\n".join(map(str.strip, parts)) + "\n")
    say(summary(table))


if __name__ == "__main__":
    main()
