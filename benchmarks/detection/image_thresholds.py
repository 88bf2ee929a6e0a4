"""How many new normal images `predict` calls anomalous, and what hold-out costs.

From 400 images on, `fit` keeps a tenth of them out of the training and sets the
threshold by their scores. A tenth of new normal images is wanted. Every row of
image_thresholds.csv is written when it is known, so a run that was stopped goes on
where it was. See benchmarks/README.md.

    python -m benchmarks.detection.image_thresholds --quick
    python -m benchmarks.detection.image_thresholds
"""

import argparse
import functools
import time
import warnings
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
from benchmarks.faces.data import task as faces_task
from benchmarks.one_vs_rest.data import FETCHERS
from skanomaly.detectors import (
    VAE,
    AutoEncoder,
    DeepSVDD,
    GeometricTransformations,
)
from skanomaly.metrics import anomaly_roc_auc

N_IMAGES = 2000
# So many that all of N_IMAGES are trained on.
N_WITH_HELD_OUT = 2222
N_TESTED = 500
CLASSES = {
    "mnist": (0, 3, 8), "fashion_mnist": (0, 4, 8), "cifar10": (0, 4), "faces": (0,)
}  # fmt: skip
DETECTORS = {
    "AutoEncoder": AutoEncoder,
    "AutoEncoder, 10 epochs": functools.partial(AutoEncoder, max_epochs=10),
    "VAE": functools.partial(VAE, max_epochs=10),
    "DeepSVDD": functools.partial(
        DeepSVDD, lr=1e-3, batch_size=200, pretrain_epochs=3, max_epochs=6
    ),
    "GeometricTransformations": functools.partial(
        GeometricTransformations, max_epochs=6
    ),
}
# Sets with enough images to train on all of N_IMAGES.
LARGE_SETS = ("mnist", "fashion_mnist")
# Detectors that are fitted twice, without and with a hold-out.
COMPARED = ("AutoEncoder, 10 epochs", "DeepSVDD")
# Defaults train for 4,000 steps, which takes minutes.
LONG, LONG_TASKS = "AutoEncoder", (("mnist", 3), ("fashion_mnist", 4))
COLUMNS = [
    "data", "class", "detector", "given", "held_out", "false_alarms",
    "old_false_alarms", "auroc", "warned", "fit_cpu_s",
]  # fmt: skip
INTRODUCTION = (
    "# Thresholds of images\n\n"
    "Written by `python -m benchmarks.detection.image_thresholds`. Fitted to "
    f"{N_IMAGES:,} images of one class (faces: four fifths of those without a mask, "
    "32 x 32), pixels divided by 255. *FA* is the fraction of new images of the "
    "class that `predict` calls anomalous: wanted is .1, by the scores of the "
    "images that `fit` held out. *FA, training images* is what a tenth of the "
    "images given to `fit` as threshold would call anomalous, as before (nine of "
    f"ten of them were trained on). *AUROC* x 100 is against {N_TESTED:,} images of "
    "other classes or with masks. *AUROC, all trained* is that of a fit to "
    f"{N_WITH_HELD_OUT:,} images, of which all but {N_WITH_HELD_OUT - N_IMAGES} are "
    "trained on: what the hold-out costs is the difference. *warned*: fits that "
    "warned of two modes of the scores. *fit* is processor seconds on one thread. "
    "One seed; *AutoEncoder* has its default of 4,000 steps, the others short "
    "schedules: 10 epochs (`VAE`, `AutoEncoder`), 3 of pretraining and 6 "
    "(`DeepSVDD`, lr 1e-3), 6 (`GeometricTransformations`)."
)


@functools.lru_cache(maxsize=1)
def parts(data):
    """Return training images and classes, test images and classes, and the shape."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # which CIFAR-10 it is, the report says
        train, test = (
            FETCHERS[data](subset=subset, download_if_missing=False)
            for subset in ("train", "test")
        )
    return train.data, train.target, test.data, test.target, train.image_shape


def images(data, normal):
    """Return training images, new normal ones, anomalies, and the shape."""
    if data == "faces":
        X, X_test, y, shape = faces_task(0, side=32)
        return X, X_test[y == 0], X_test[y == 1][:N_TESTED], shape
    X, y, X_test, y_test, shape = parts(data)
    rng = np.random.default_rng(0)
    own = rng.permutation(np.flatnonzero(y == normal))[:N_WITH_HELD_OUT]
    others = rng.permutation(np.flatnonzero(y_test != normal))[:N_TESTED]
    new = np.flatnonzero(y_test == normal)[:N_TESTED]
    chosen = X[own], X_test[new], X_test[others]
    return *(part.astype(np.float32) / 255.0 for part in chosen), shape


def measure(data, normal, detector, given):
    """Return one row of the table."""
    X, X_new, X_anomalous, shape = images(data, normal)
    X = X[:given]
    model = DETECTORS[detector](image_shape=shape, random_state=0)
    with warnings.catch_warnings(record=True) as caught, clock() as seconds:
        warnings.simplefilter("always")
        model.fit(X)
    scores = model.score_samples(np.concatenate([X_new, X_anomalous]))
    y = np.repeat([0, 1], [len(X_new), len(X_anomalous)])
    new, old = scores[y == 0], np.percentile(model.training_scores_, 10)
    facts = data, normal, detector, given, len(model.calibration_scores_)
    rates = (new < model.offset_).mean(), (new < old).mean()
    warned = sum("two modes" in str(warning.message) for warning in caught)
    row = *facts, *rates, 100 * anomaly_roc_auc(y, -scores), warned, seconds["cpu"]
    return dict(zip(COLUMNS, row, strict=True))


def wanted(sets, detectors):
    """List what is to be measured; where there are more images, with them, too."""
    cells = []
    for data, detector in product(sets, detectors):
        if detector == LONG:
            cells += [(d, c, detector, N_IMAGES) for d, c in LONG_TASKS if d == data]
            continue
        compares = data in LARGE_SETS and detector in COMPARED
        given = (N_IMAGES, N_WITH_HELD_OUT) if compares else (N_IMAGES,)
        cells += [(data, c, detector, n) for c in CLASSES[data] for n in given]
    return cells


def run(path, cells):
    """Measure what the file does not have yet; return all that was asked for."""
    file = Rows(path, COLUMNS[:4], COLUMNS)
    known = set(file.read()[COLUMNS[:4]].itertuples(index=False, name=None))
    start = time.perf_counter()
    for i, cell in enumerate(cells, 1):
        if cell not in known:
            row = measure(*cell)
            file.append(row)
            passed = duration(time.perf_counter() - start)
            say(f"[{i}/{len(cells)} {passed}] {cell}: FA {row['false_alarms']:.3f}")
    table = file.read()
    return table[table[COLUMNS[:4]].apply(tuple, axis=1).isin(cells)]


def summary(table):
    """One row for each set and detector: means over the classes."""
    rows = []
    groups = dict(iter(table.groupby(["data", "detector"])))
    for data, detector in product(CLASSES, DETECTORS):
        part = groups.get((data, detector))
        if part is None:
            continue
        own = part[part["given"] == N_IMAGES]
        alarms, whole = own["false_alarms"], part[part["given"] > N_IMAGES]
        rows.append(
            {
                "set": data,
                "detector": detector,
                "classes": str(len(own)),
                "FA": alarms.mean(),
                "lowest": alarms.min(),
                "highest": alarms.max(),
                "FA, training images": own["old_false_alarms"].mean(),
                "AUROC": own["auroc"].mean(),
                "AUROC, all trained": whole["auroc"].mean() if len(whole) else np.nan,
                "warned": str(int(own["warned"].sum())),
                "fit": own["fit_cpu_s"].median(),
            }
        )
    return to_markdown(pd.DataFrame(rows))


def report(table, trial):
    """Return the report as Markdown."""
    own = table[table["given"] == N_IMAGES]
    kept = own["false_alarms"].between(0.05, 0.15)
    both = table.pivot(
        index=["data", "class", "detector"], columns="given", values="auroc"
    ).dropna()
    parts = [INTRODUCTION, f"{date.today()}. {machine()}."]
    parts += ["**A trial run with few images, not a result.**"] * trial
    parts.append(
        f"Within .05 to .15: {kept.sum()} of {len(own)} fits; mean FA "
        f"{own['false_alarms'].mean():.3f}."
    )
    if both.shape[1] == 2:
        cost = both[N_WITH_HELD_OUT] - both[N_IMAGES]
        parts[-1] += (
            f" The hold-out costs {cost.mean():.2f} points of AUROC on average of "
            f"{len(cost)} pairs of fits (median {cost.median():.2f}, "
            f"{cost.min():.2f} to {cost.max():.2f})."
        )
    return "\n\n".join([*parts, summary(table)]) + "\n"


def main():
    """Measure, and write table and report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add = parser.add_argument
    add("--datasets", nargs="+", choices=CLASSES, default=list(CLASSES))
    add("--detectors", nargs="+", choices=DETECTORS, default=list(DETECTORS))
    add("--fresh", action="store_true", help="forget earlier results")
    add_trial_options(parser, "two fits, not a result")
    args = parser.parse_args()
    one_thread()
    cells = wanted(args.datasets, args.detectors)
    if args.quick:
        cells = wanted(["mnist"], ["DeepSVDD"])[:2]
    folder = results_folder(args)
    path = folder / "image_thresholds.csv"
    if args.fresh:
        path.unlink(missing_ok=True)
    text = report(run(path, cells), args.quick)
    path.with_suffix(".md").write_text(text)
    say(text)


if __name__ == "__main__":
    main()
