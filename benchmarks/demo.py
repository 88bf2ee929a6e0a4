"""A demonstration on data that scikit-learn brings along; `make demo` runs it.

Detectors in Pipelines, a grid search by cross-validation, one table that compares ours
with PyOD's and scikit-learn's in both settings, trained on normal rows and on rows with
anomalies among them, pictures of what a trained autoencoder knows, and a repair of a
damaged table. Table and pictures go to demo_output/.
"""

import time

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from _demo_repair import repair_digits
from common import ROOT, clock, has_pyod, one_thread, rounded, say, to_markdown
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.ensemble import IsolationForest
from sklearn.model_selection import GridSearchCV, StratifiedKFold, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skanomaly.detectors import (
    AutoEncoder,
    MultiEncoderAutoEncoder,
    NeighborsDetector,
    NoiseContrastiveAutoEncoder,
)
from skanomaly.displays import (
    LatentTraversalDisplay,
    ReconstructionDisplay,
    ScoreDistributionDisplay,
    TrainingCurveDisplay,
)
from skanomaly.metrics import (
    anomaly_average_precision,
    anomaly_roc_auc,
    anomaly_scorer,
)

OUTPUT = ROOT / "demo_output"
SEED = 0
NORMAL_DIGIT = 4
N_MALIGNANT = 40  # of the training rows with anomalies among them, a tenth


def tumours():
    """Breast tumours: benign = normal (0), malignant = anomaly (1), two halves."""
    X, benign = load_breast_cancer(return_X_y=True, as_frame=True)
    y = 1 - benign
    return train_test_split(X, y, test_size=0.5, stratify=y, random_state=SEED)


def with_malignant():
    """All benign tumours and a few malignant ones, as nobody has labelled them."""
    X, benign = load_breast_cancer(return_X_y=True, as_frame=True)
    rng = np.random.default_rng(SEED)
    malignant = rng.choice(np.flatnonzero(benign == 0), N_MALIGNANT, replace=False)
    rows = np.sort(np.r_[np.flatnonzero(benign == 1), malignant])
    return X.iloc[rows], 1 - benign.iloc[rows]


def scaled(detector):
    """The detector behind a scaler, the same for all."""
    return make_pipeline(StandardScaler(), detector)


def detectors(**params):
    """Return the detectors to compare, by name."""
    ours = {"standardize": False, "random_state": SEED, **params}
    ours |= {"contamination": 0.1}  # only scores are compared
    compared = {
        "skanomaly NeighborsDetector": NeighborsDetector(),
        "skanomaly AutoEncoder": AutoEncoder(**ours),
        "skanomaly MultiEncoderAutoEncoder": MultiEncoderAutoEncoder(**ours),
        "skanomaly NoiseContrastiveAutoEncoder": NoiseContrastiveAutoEncoder(**ours),
        "scikit-learn IsolationForest": IsolationForest(random_state=SEED),
    }
    if has_pyod():
        compared |= pyod_detectors()
    return {name: scaled(detector) for name, detector in compared.items()}


def pyod_detectors():
    """Three of PyOD's detectors as scikit-learn estimators."""
    from pyod.models.auto_encoder import AutoEncoder as PyODAutoEncoder
    from pyod.models.ecod import ECOD
    from pyod.models.knn import KNN

    from skanomaly.pyod import PyODDetector

    theirs = {
        "PyOD AutoEncoder": PyODAutoEncoder(verbose=0),
        "PyOD KNN": KNN(),
        "PyOD ECOD": ECOD(),
    }
    return {n: PyODDetector(d, random_state=SEED) for n, d in theirs.items()}


def evaluate(name, model, X_train, X_test, y_test):
    """Fit and score; return a row of the table."""
    with clock() as fit:
        model.fit(X_train)
    with clock() as scoring:
        scores = -model.score_samples(X_test)
    row = {
        "detector": name,
        "AUROC": anomaly_roc_auc(y_test, scores),
        "AP": anomaly_average_precision(y_test, scores),
        "prevalence": y_test.mean(),
        "fit s": fit["wall"],
        "score s": scoring["wall"],
    }
    say(f"  {name}: AUROC {row['AUROC']:.3f}, AP {row['AP']:.3f}, {fit['wall']:.1f} s")
    return row


def warm_up(X):
    """Pay for imports and first calls before the clock runs."""
    for model in detectors(max_epochs=1).values():
        model.fit(X[:64]).score_samples(X[:64])


def tune(pipeline, X, y):
    """Choose hyper-parameters by cross-validation.

    Every fold trains on benign rows only and is judged by rows of both kinds.
    """
    folds = StratifiedKFold(3, shuffle=True, random_state=SEED).split(X, y)
    labels = y.to_numpy()
    search = GridSearchCV(
        pipeline,
        {
            "autoencoder__latent_dim": [4, 32],
            "autoencoder__max_epochs": [100, 300],
        },
        scoring=anomaly_scorer("roc_auc"),
        cv=[(train[labels[train] == 0], test) for train, test in folds],
        refit=False,
    ).fit(X, y)
    chosen = {k.partition("__")[2]: v for k, v in search.best_params_.items()}
    for params, auroc in zip(
        search.cv_results_["params"],
        search.cv_results_["mean_test_score"],
        strict=True,
    ):
        setting = {k.partition("__")[2]: v for k, v in params.items()}
        say(f"  {setting}: mean AUROC over 3 folds {auroc:.4f}")
    say(f"  chosen: {chosen}")
    return clone(pipeline).set_params(**search.best_params_)


def compare(X_train, X_test, y_train, y_test):
    """Return the table, the best AUROC first."""
    benign = X_train[y_train == 0]
    warm_up(benign)
    data = benign, X_test, y_test
    models = detectors()
    rows = [evaluate(name, model, *data) for name, model in models.items()]
    say(f"With {N_MALIGNANT} malignant ones among the training rows, which are scored:")
    X, y = with_malignant()
    again = [evaluate(name, model, X, X, y) for name, model in models.items()]
    for row, other in zip(rows, again, strict=True):
        row["AUROC*"], row["AP*"] = other["AUROC"], other["AP"]
    say("Tuning AutoEncoder in its Pipeline by GridSearchCV ...")
    name = "skanomaly AutoEncoder"
    tuned = tune(models[name], X_train, y_train)
    rows.append(evaluate(f"{name}, tuned", tuned, *data))
    return pd.DataFrame(rows).sort_values("AUROC", ascending=False)


def save_table(table, n_train, n_test):
    """Print the table and write it as Markdown and as CSV."""
    table.to_csv(OUTPUT / "comparison.csv", index=False)
    seconds = {name: table[name].map(rounded) for name in ("fit s", "score s")}
    text = (
        f"# Breast tumours: {n_train} benign rows to learn from, {n_test} test rows\n\n"
        f"{to_markdown(table.assign(**seconds))}\n\n"
        f"*: {N_MALIGNANT} malignant rows and all benign ones, without labels, to "
        "learn from and to score; a tenth is the prevalence. Train on normal rows if "
        "you have them.\n\n"
        "Chance level: AUROC 0.5, AP = the prevalence. One seed and one split: take no "
        "ranking from it. All with their defaults (PyOD's KNN: distance to the 5th "
        "neighbour) behind a StandardScaler, on one thread. "
        "`python -m benchmarks.detection` compares on 24 data sets.\n"
    )
    (OUTPUT / "comparison.md").write_text(text)
    say(f"\n{text}")


def draw_tumours(X_train, X_test, y_test):
    """Draw scores, training curve and the reasons for the most anomalous rows.

    Without a Pipeline, the detector standardizes and the pictures have the units of X.
    """
    detector = AutoEncoder(random_state=SEED).fit(X_train)
    new = detector.score_samples(X_test[y_test == 0])
    # With contamination=0.1 it would be here: the network knows its training rows.
    threshold = np.percentile(detector.score_samples(X_train), 10)
    say(
        f"  benign test rows called anomalous: {(new < detector.offset_).mean():.0%} "
        f'by default (contamination="auto"), {(new < threshold).mean():.0%} by a '
        "threshold set on the training rows (wanted: 10%)"
    )
    scores = ScoreDistributionDisplay.from_estimator(detector, X_test, y_test)
    save(scores.figure_, "score_distribution")
    save(TrainingCurveDisplay.from_estimator(detector).figure_, "training_curve")
    most_anomalous = X_test.iloc[np.argsort(detector.score_samples(X_test))[:2]]
    bars = ReconstructionDisplay.from_estimator(
        detector, most_anomalous, max_features=8
    )
    save(bars.figure_, "feature_bars")


def draw_digits():
    """Train on one digit; draw what becomes of others, and what the code means."""
    X, digit = load_digits(return_X_y=True)
    normal = X[digit == NORMAL_DIGIT]
    detector = AutoEncoder(
        image_shape=(1, 8, 8), latent_dim=6, max_epochs=300, random_state=SEED
    ).fit(normal[:120])
    others = digit != NORMAL_DIGIT
    X_test = np.concatenate([normal[120:], X[others]])
    y_test = np.arange(len(X_test)) >= len(normal) - 120
    auroc = anomaly_roc_auc(y_test, -detector.score_samples(X_test))
    say(f"  digit {NORMAL_DIGIT} against all others: AUROC {auroc:.3f} (chance 0.5)")
    kinds = [X[digit == d][:1] for d in (0, 1, 2, 7, 8)]
    shown = np.concatenate([normal[120:123], *kinds])
    images = ReconstructionDisplay.from_estimator(detector, shown)
    save(images.figure_, "reconstruction")
    codes = LatentTraversalDisplay.from_estimator(detector, normal[120:121])
    save(codes.figure_, "latent_traversal")


def save(figure, name):
    """Write a picture and say so."""
    path = OUTPUT / f"{name}.png"
    figure.savefig(path, dpi=100, bbox_inches="tight")
    plt.close(figure)
    say(f"  {path.relative_to(ROOT)}")


def main():
    """Run all parts."""
    start = time.perf_counter()
    one_thread()
    OUTPUT.mkdir(exist_ok=True)
    X_train, X_test, y_train, y_test = tumours()
    n_benign = int((y_train == 0).sum())
    say(
        f"Breast tumours, {X_train.shape[1]} columns: {n_benign} benign rows to learn "
        f"from; {len(X_test)} test rows, {y_test.sum()} of them malignant.\n"
        f"Chance level: AUROC 0.5, AP {y_test.mean():.3f} (the prevalence)."
    )
    table = compare(X_train, X_test, y_train, y_test)
    save_table(table, n_benign, len(X_test))
    say("Pictures of AutoEncoder on the tumours:")
    draw_tumours(X_train[y_train == 0], X_test, y_test)
    say("Images of handwritten digits:")
    draw_digits()
    say("Repair of digits as a table of shades, without labels:")
    repair_digits(save)
    say(f"\nDone in {time.perf_counter() - start:.0f} s. Look into {OUTPUT}.")


if __name__ == "__main__":
    main()
