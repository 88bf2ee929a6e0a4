"""The demonstration's part on a table with text and missing cells: wrong diagnoses."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from common import say
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import IsolationForest
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline

from skanomaly.detectors import AutoEncoder
from skanomaly.metrics import anomaly_roc_auc

SEED = 0
N_WRONG = 28  # a twentieth of the rows
MISSING = 0.05  # of the measurements
NAMES = np.array(["malignant", "benign"], dtype=object)
LOOK = """\
Look at the last line: an odd *row* may be odd for any reason, but the part of its score
that one column has says whether that cell fits the rest. The score of an isolation
forest has no such parts. wrong_diagnoses.png shows them.
"""


def tumours():
    """Measurements with missing cells, a diagnosis as text, and where it is wrong."""
    X, kind = load_breast_cancer(return_X_y=True, as_frame=True)
    rng = np.random.default_rng(SEED)
    is_wrong = np.zeros(len(X), dtype=bool)
    is_wrong[rng.permutation(len(X))[:N_WRONG]] = True
    X = X.mask(rng.random(X.shape) < MISSING)
    return X.assign(diagnosis=NAMES[np.where(is_wrong, 1 - kind, kind)]), is_wrong


def find_wrong_diagnoses(save):
    """Score rows and the column; `save` takes a figure and a name."""
    X, is_wrong = tumours()
    say(f"{len(X)} rows, {X.shape[1]} columns, {X.isna().sum().sum()} missing cells")
    forest = make_pipeline(SimpleImputer(), IsolationForest(random_state=SEED))
    one_hot = pd.get_dummies(X)
    detector = AutoEncoder(contamination=0.1, random_state=SEED).fit(X)
    part = detector.feature_scores(X)["diagnosis"]
    found = {
        "IsolationForest, one-hot and means, score of the row": -forest.fit(
            one_hot
        ).score_samples(one_hot),
        "AutoEncoder, the table as it is, score of the row": detector.anomaly_score(X),
        "AutoEncoder, part of the column diagnosis": part,
    }
    say(f"{N_WRONG} diagnoses are exchanged; which ones, ROC AUC (chance 0.5):")
    for name, scores in found.items():
        say(f"  {name}: {anomaly_roc_auc(is_wrong, scores):.3f}")
    save(_picture(part, is_wrong), "wrong_diagnoses")
    say(LOOK)


def _picture(part, is_wrong):
    figure, ax = plt.subplots(figsize=(7, 3), layout="constrained")
    bins = np.linspace(0, part.max(), 41)
    shown = {
        "diagnosis is right": part[~is_wrong],
        "diagnosis is wrong": part[is_wrong],
    }
    ax.hist(list(shown.values()), bins, stacked=True, color=["#0072B2", "#E69F00"])
    ax.legend(shown)
    ax.set(xlabel="part of the anomaly score", yscale="symlog")
    ax.set_ylabel("tumours, log scale above 1")
    return figure
