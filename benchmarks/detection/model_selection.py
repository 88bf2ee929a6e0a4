"""How well criteria without labels choose hyper-parameters, against the true ROC AUC.

Each detector is fitted on half of the rows; the other half is scored by every criterion
of `anomaly_scorer` that needs no labels and by the true ROC AUC. In the training
"contaminated", the detector and the criteria meet the anomalies as they are in the
data; in "clean", they meet normal rows only. Reported per family of detectors and for
all families together:

- spearman: rank correlation over the grid between criterion and true ROC AUC;
- regret: ROC AUC of the best setting in the grid less that of the chosen one;
- random: the same for a setting chosen at random (the mean over the grid);
- default: the same for scikit-learn's default setting.

It takes about three minutes of one processor. See benchmarks/README.md.

    python -m benchmarks.detection.model_selection --quick
    python -m benchmarks.detection.model_selection
"""

import argparse
import time
import warnings
from itertools import product

import numpy as np
import pandas as pd
from scipy.stats import spearmanr
from sklearn.ensemble import IsolationForest
from sklearn.model_selection import train_test_split
from sklearn.neighbors import LocalOutlierFactor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import OneClassSVM

from benchmarks.common import (
    add_trial_options,
    one_thread,
    results_folder,
    say,
    to_markdown,
)
from benchmarks.detection.data import load
from skanomaly.metrics import anomaly_scorer

SEEDS = (0, 1, 2)
MAX_ROWS = 1500
N_DRAWS = 2000  # made-up rows for each criterion; the default is 10000
DATA_SETS = (
    "breastw",
    "cardio",
    "fault",
    "mammography",
    "pendigits",
    "Pima",
    "vertebral",
    "wine",
)
CRITERIA = {
    **{
        f"synthetic_roc_auc, {kind}": anomaly_scorer(
            "synthetic_roc_auc", kind=kind, n_draws=N_DRAWS
        )
        for kind in ("mixed", "permute", "uniform", "expand")
    },
    "excess_mass": anomaly_scorer("excess_mass", n_draws=N_DRAWS),
    "mass_volume": anomaly_scorer("mass_volume", n_draws=N_DRAWS),
}
TRUE = anomaly_scorer("roc_auc")


def forests(n_columns, seed):
    """Yield (is scikit-learn's default, detector)."""
    for max_samples in (16, 64, 256):
        for max_features in (0.4, 1.0):
            yield (
                (max_samples, max_features) == (256, 1.0),
                IsolationForest(
                    n_estimators=50,
                    max_samples=max_samples,
                    max_features=max_features,
                    random_state=seed,
                ),
            )


def svms(n_columns, seed):
    """Yield (is scikit-learn's default, detector); gamma="scale" is 1 / n_columns."""
    for factor in (0.01, 0.1, 1.0, 10.0):
        for nu in (0.1, 0.5):
            model = OneClassSVM(gamma=factor / n_columns, nu=nu)
            yield (factor, nu) == (1.0, 0.5), make_pipeline(StandardScaler(), model)


def neighbours(n_columns, seed):
    """Yield (is scikit-learn's default, detector)."""
    for n_neighbors in (2, 5, 10, 20, 40, 60):
        model = LocalOutlierFactor(n_neighbors=n_neighbors, novelty=True)
        yield n_neighbors == 20, make_pipeline(StandardScaler(), model)


FAMILIES = {
    "IsolationForest": forests,
    "OneClassSVM": svms,
    "LocalOutlierFactor": neighbours,
}


def halves(name, seed):
    """Return X_train, X_test, y_train, y_test, stratified."""
    X, y = load(name)
    if len(X) > MAX_ROWS:
        X, _, y, _ = train_test_split(
            X, y, train_size=MAX_ROWS, stratify=y, random_state=seed
        )
    return train_test_split(X, y, test_size=0.5, stratify=y, random_state=seed)


def evaluate_grid(name, seed, training):
    """Return one record for each detector: its true ROC AUC and every criterion."""
    X_train, X_test, y_train, y_test = halves(name, seed)
    X_seen = X_test
    if training == "clean":
        X_train, X_seen = X_train[y_train == 0], X_test[y_test == 0]
    records = []
    for family, grid in FAMILIES.items():
        for is_default, detector in grid(X_train.shape[1], seed):
            with warnings.catch_warnings():
                # LOF on repeated rows, and volumes that cannot be resolved: the
                # table shows what comes of both.
                warnings.simplefilter("ignore", UserWarning)
                detector.fit(X_train)
                values = {k: score(detector, X_seen) for k, score in CRITERIA.items()}
            true = TRUE(detector, X_test, y_test)
            records.append(
                {"family": family, "default": is_default, "true": true, **values}
            )
    return pd.DataFrame(records)


def judge(grid, criterion):
    """Return what `criterion` is worth as a guide through `grid`."""
    value, true = grid[criterion].to_numpy(), grid["true"].to_numpy()
    chosen = np.isclose(value, value.max(), rtol=1e-12)
    is_constant = np.ptp(value) <= 1e-12 * abs(value.max())
    return {
        # A criterion that cannot tell the settings apart ranks nothing.
        "spearman": 0.0 if is_constant else spearmanr(value, true).statistic,
        "regret": true.max() - true[chosen].mean(),
        "random": true.max() - true.mean(),
        "default": true.max() - grid.loc[grid["default"], "true"].mean(),
        "best": true.max(),
    }


def run(sets, seeds):
    """Return the table of all data sets, seeds, trainings, families and criteria."""
    rows = []
    for name, seed, training in product(sets, seeds, ("contaminated", "clean")):
        keys = {"data": name, "seed": seed, "training": training}
        everything = evaluate_grid(name, seed, training)
        grids = {**dict(list(everything.groupby("family"))), "all": everything}
        for (family, grid), criterion in product(grids.items(), CRITERIA):
            keys |= {"family": family, "criterion": criterion}
            rows.append(keys | judge(grid, criterion))
    return pd.DataFrame(rows)


def report(table, seconds):
    """Return the summary, as Markdown."""
    judged = ["spearman", "regret", "random", "default"]
    sets, n_seeds = table["data"].unique(), table["seed"].nunique()
    families = table.groupby(["training", "family", "criterion"])[judged].mean()
    single = table[table["family"] != "all"]
    overall = single.groupby(["training", "criterion"])[judged].mean()
    by_data = single.groupby(["training", "criterion", "data"])[judged].mean()
    for other in ("random", "default"):
        better = by_data["regret"] < by_data[other]
        counts = better.groupby(["training", "criterion"]).sum()
        overall[f"better than {other}"] = counts.map(f"{{}} of {len(sets)}".format)
    return f"""# Choosing hyper-parameters without labels

Written by `python -m benchmarks.detection.model_selection` ({seconds:.0f} s of one
processor). Means over {n_seeds} seeds and the data sets of ADBench below; at most
{MAX_ROWS} rows of each, {N_DRAWS} made-up rows:
{", ".join(sets)}.
The columns are explained at the top of `benchmarks/detection/model_selection.py`. The
grids have 6 (IsolationForest), 8 (OneClassSVM) and 6 settings (LocalOutlierFactor).
Lower regret is better, and a criterion is of use where its regret is below "random"
and "default".

Mean over the three families, each tuned on its own; "better than" counts data sets:

{to_markdown(overall.reset_index())}

Each family, and one choice among the settings of all families ("all", where "default"
is the mean over their defaults):

{to_markdown(families.reset_index())}

Rank correlation with the true ROC AUC, mean over the three families:

{to_markdown(by_data["spearman"].unstack("data").reset_index())}
"""


def main():
    """Run, print and write the results."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_trial_options(parser, "two sets, one seed")
    args = parser.parse_args()
    one_thread()
    sets, seeds = (DATA_SETS[-2:], SEEDS[:1]) if args.quick else (DATA_SETS, SEEDS)
    folder = results_folder(args)
    start = time.process_time()
    table = run(sets, seeds)
    text = report(table, time.process_time() - start)
    folder.mkdir(parents=True, exist_ok=True)
    table.round(4).to_csv(folder / "model_selection.csv", index=False)
    (folder / "model_selection.md").write_text(text)
    say(text)


if __name__ == "__main__":
    main()
