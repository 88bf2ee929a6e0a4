"""False alarms on new faces: chance of a small hold-out, or copies on both its sides?

`fit` holds out a tenth of the images at random, so that a changed copy of a photograph
may be trained on; the faces that are tested on have none. `calibrate` then sets the
threshold by another tenth, whose photographs were kept out of the fit. Every row of
faces_hold_out.csv is written when it is known.

    python -m benchmarks.faces.hold_out --seeds 0
    python -m benchmarks.faces.hold_out
"""

import argparse
import warnings
from datetime import date
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import betabinom
from sklearn.model_selection import GroupShuffleSplit

from benchmarks._cells import Rows
from benchmarks.common import RESULTS, machine, one_thread, say, to_markdown
from benchmarks.faces.data import TRAINED, faces, shrunk
from benchmarks.faces.methods import DETECTORS

SIDE, RATE = 32, 0.1
NAMES = ("dense", "convolutions")
KEYS = ["detector", "seed"]
COLUMNS = [*KEYS, "by_fit", "by_photographs", "n_fit", "n_photographs", "n_new"]
INTRODUCTION = (
    "# Thresholds on faces: chance or copies\n\n"
    "Written by `python -m benchmarks.faces.hold_out`. Faces without a mask, "
    f"{SIDE} x {SIDE}, {100 * TRAINED:.0f} % to learn from and the others as new ones; "
    "no new face is a changed copy of one that is learned from. Of the faces to learn "
    "from, a tenth is kept out of the fit, by photographs: none has a copy in the fit. "
    "`fit` gets the rest and holds out a tenth itself, at random: some have copies. "
    "*FA* is the fraction of new faces that `predict` calls anomalous, mean over the "
    "splits +- its standard error: *by fit* with the threshold of `fit`, *by "
    "photographs* after `calibrate` with the faces that were kept out. *Chance* is "
    "what it would be, and vary by, if held-out and new faces were alike "
    f"(beta-binomial), for {RATE} wanted: the quantile of few scores lies a little "
    "inside."
)


def split(seed):
    """Return faces to fit, faces to calibrate by, new faces, and the shape."""
    X, _, groups, shape = faces()
    X, shape = shrunk(X, shape, SIDE)
    own, new = _by_photographs(np.arange(len(X)), groups, TRAINED, seed)
    fitted, kept = _by_photographs(own, groups, 1.0 - RATE, seed)
    return X[fitted], X[kept], X[new], shape


def _by_photographs(index, groups, size, seed):
    splitter = GroupShuffleSplit(1, train_size=size, random_state=seed)
    ((first, second),) = splitter.split(index, groups=groups[index])
    return index[first], index[second]


def measure(name, seed):
    """Return one row of the table."""
    X, X_kept, X_new, shape = split(seed)
    model = DETECTORS[name].make(seed, shape).set_params(contamination=RATE)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        n_fit = len(model.fit(X).calibration_scores_)
        by_fit = (model.predict(X_new) == -1).mean()
        by_photographs = (model.calibrate(X_kept).predict(X_new) == -1).mean()
    facts = name, seed, by_fit, by_photographs, n_fit, len(X_kept), len(X_new)
    return dict(zip(COLUMNS, facts, strict=True))


def chance(n_held_out, n_new):
    """Distribution of the number of false alarms where all faces are alike."""
    # `numpy.percentile` takes a score between two: as many are expected below it.
    below = RATE * (n_held_out - 1) + 1
    return betabinom(n_new, below, n_held_out + 1 - below)


def summary(table):
    """One row for each detector and way to the threshold."""
    rows = []
    for name, way in product(NAMES, ("fit", "photographs")):
        part = table[table["detector"] == name]
        alarms, n_new = part[f"by_{way}"], part["n_new"].median().astype(int)
        alike = chance(int(part[f"n_{way}"].median()), n_new)
        low, high = alike.ppf([0.025, 0.975]) / n_new
        error = alarms.std() / len(alarms) ** 0.5
        rows.append(
            {
                "detector": name,
                "threshold": f"by {way}",
                "splits": str(len(part)),
                "FA": f"{alarms.mean():.3f} +- {error:.3f}",
                "spread": alarms.std(),
                "lowest": alarms.min(),
                "highest": alarms.max(),
                "chance": alike.mean() / n_new,
                "its spread": alike.std() / n_new,
                "95 % of fits": f"{low:.3f} to {high:.3f}",
            }
        )
    return to_markdown(pd.DataFrame(rows))


def difference(table):
    """What copies on both sides add: mean over the splits, and its standard error."""
    by_split = (table["by_fit"] - table["by_photographs"]).groupby(table["seed"]).mean()
    error = by_split.std() / len(by_split) ** 0.5
    return (
        "FA by fit less FA by photographs, mean of the detectors, paired by split: "
        f"{by_split.mean():.3f} +- {error:.3f}."
    )


def main():
    """Measure what is not known, and write the report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", nargs="+", type=int, default=list(range(8)))
    parser.add_argument("--results", type=Path, default=RESULTS)
    args = parser.parse_args()
    one_thread()
    file = Rows(args.results / "faces_hold_out.csv", KEYS, COLUMNS)
    known = set(file.read()[KEYS].itertuples(index=False, name=None))
    for seed, name in product(args.seeds, NAMES):
        if (name, seed) not in known:
            file.append(row := measure(name, seed))
            say(str(row))
    table = file.read()
    when = f"{date.today()}. {machine()}."
    text = "\n\n".join([INTRODUCTION, when, summary(table), difference(table)])
    (args.results / "faces_hold_out.md").write_text(f"{text}\n")
    say(text)


if __name__ == "__main__":
    main()
