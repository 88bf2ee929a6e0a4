"""The demonstration's part on detection: several sets, clean and contaminated training.

Sets are classes of scikit-learn's data: one is normal, the others are anomalies.
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from common import clock, has_pyod, say, to_markdown
from sklearn.datasets import load_breast_cancer, load_digits, load_wine
from sklearn.ensemble import IsolationForest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skanomaly.detectors import AutoEncoder, NeighborsDetector
from skanomaly.metrics import anomaly_roc_auc

SEED = 0
DIGITS = (0, 2, 4, 6, 8)
NOTE = """\
ROC AUC: 1 is perfect, chance is 0.5. *Clean*: trained on half of the normal rows,
tested on the other half and the anomalies. *Contaminated*: a tenth of the training rows
are anomalies, nobody says which, and the same rows are scored. All with their defaults,
one seed. `python -m benchmarks.detection` compares on 24 other sets.
"""
LOOK = """\
Look at the two columns. Trained on normal rows, all are close together. With anomalies
among the training rows PyOD's AutoEncoder and LOF lose most, because a network learns
what it is shown, and anomalies that are near each other look usual. Ours lose little
more than nearest neighbours and the forest, and say which columns are odd, which those
do not: see the next parts. comparison.md has set by set.
"""


def tasks():
    """Normal rows and anomalies, by the name of the set."""
    X, benign = load_breast_cancer(return_X_y=True)
    found = {"tumours": (X[benign == 1], X[benign == 0])}
    X, cultivar = load_wine(return_X_y=True)
    found |= {f"wine {c}": (X[cultivar == c], X[cultivar != c]) for c in range(3)}
    X, digit = load_digits(return_X_y=True)
    return found | {f"digit {d}": (X[digit == d], X[digit != d]) for d in DIGITS}


def detectors():
    """The detectors to compare, by name."""
    # A float: only scores are compared, and need no threshold for new rows.
    compared = {
        "AutoEncoder": AutoEncoder(contamination=0.1, random_state=SEED),
        "NeighborsDetector": NeighborsDetector(contamination=0.1),
        "IsolationForest": scaled(IsolationForest(random_state=SEED)),
    }
    return compared | (pyod_detectors() if has_pyod() else {})


def pyod_detectors():
    """Three of PyOD's detectors as scikit-learn estimators."""
    from pyod.models.auto_encoder import AutoEncoder as PyODAutoEncoder
    from pyod.models.knn import KNN
    from pyod.models.lof import LOF

    from skanomaly.pyod import PyODDetector

    theirs = {
        "PyOD AutoEncoder": PyODAutoEncoder(verbose=0),
        "PyOD KNN": KNN(),
        "PyOD LOF": LOF(),
    }
    return {n: scaled(PyODDetector(d, random_state=SEED)) for n, d in theirs.items()}


def scaled(detector):
    """The detector behind a scaler; ours have one inside."""
    return make_pipeline(StandardScaler(), detector)


def clean(normal, odd):
    """Half of the normal rows to learn from; the rest and the anomalies to score."""
    X_train, rest = np.array_split(shuffled(normal), 2)
    return (
        X_train,
        np.concatenate([rest, odd]),
        np.arange(len(rest) + len(odd)) >= len(rest),
    )


def contaminated(normal, odd):
    """All normal rows and a ninth as many anomalies, to learn from and to score."""
    odd = shuffled(odd)[: len(normal) // 9]
    X = np.concatenate([normal, odd])
    return X, X, np.arange(len(X)) >= len(normal)


def shuffled(X):
    """The rows in another order."""
    return np.random.default_rng(SEED).permutation(X)


def measure():
    """AUROC of every detector (columns) on every set in both settings (rows)."""
    rows, seconds = {}, dict.fromkeys(detectors(), 0.0)
    for name, (normal, odd) in tasks().items():
        for setting, make in (("clean", clean), ("contaminated", contaminated)):
            X_train, X_test, y_test = make(normal, odd)
            scores = rows[setting, name] = {}
            for label, model in detectors().items():
                with clock() as spent:
                    model.fit(X_train)
                    found = -model.score_samples(X_test)
                seconds[label] += spent["wall"]
                scores[label] = anomaly_roc_auc(y_test, found)
    return pd.DataFrame(rows).T, seconds


def compare(folder, save):
    """Measure, write table and picture, and say what is to be seen."""
    for model in detectors().values():  # pays for imports and first calls
        model.fit(np.eye(64)[:, :4])
    table, seconds = measure()
    means = table.groupby(level=0, sort=False).mean()
    say(to_markdown(means.T.reset_index(names="detector")))
    means.index = pd.MultiIndex.from_product([means.index, ["mean of all sets"]])
    written = pd.concat([table, means]).rename_axis(["training rows", "set"])
    text = f"{to_markdown(written.reset_index())}\n\n{NOTE}\n{LOOK}"
    (folder / "comparison.md").write_text(text)
    fits = ", ".join(f"{name} {s:.1f}" for name, s in seconds.items())
    say(f"\nSeconds of {len(table)} fits and scorings: {fits}")
    say("  demo_output/comparison.md")
    save(_picture(table.loc["contaminated"]), "comparison")
    say(LOOK)


def _picture(table):
    """A line for each set, a point for each detector."""
    figure, ax = plt.subplots(figsize=(7, 3.4), layout="constrained")
    for (name, auroc), marker in zip(table.items(), "ooxx++", strict=False):
        ax.scatter(auroc, table.index, marker=marker, label=name)
    ax.invert_yaxis()
    ax.set(xlabel="ROC AUC, anomalies among the training rows")
    ax.grid(axis="y", alpha=0.3)
    ax.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    return figure
