"""The figures that README and documentation show first, read from benchmarks/results.

``python -m benchmarks.summary`` prints the table of five rows; it measures nothing.
"""

import pandas as pd

from benchmarks.common import RESULTS
from benchmarks.detection.data import DEVELOPMENT

# Names in the results files, and how the documentation writes them.
NAMES = {
    "kNN": "nearest neighbours, k = 5",
    "AutoEncoder alone": "`AutoEncoder(n_neighbors=0)`, the network alone",
    "PyOD AutoEncoder": "PyOD's AutoEncoder",
    "PyOD VAE": "PyOD's VAE",
    "PyOD DeepSVDD": "PyOD's DeepSVDD",
}
FOREIGN = {"LOF", "IsolationForest", "MCD", "ECOD"}
# Published, by systems that learn from labelled rows, as docs/measured.md says.
PUBLISHED_F1 = "0.66 to 0.73"


def shown(detector):
    """The name of a detector in the documentation, ours as code."""
    return NAMES.get(detector, detector if detector in FOREIGN else f"`{detector}`")


def detection(setting):
    """Mean AUROC and AP over all sets and over the held-out ones, and seconds of a fit.

    Parameters
    ----------
    setting : "clean" or "contaminated"

    Returns
    -------
    DataFrame with a row for each detector, the best AUROC first.
    """
    table = pd.read_csv(RESULTS / f"detection_{setting}.csv")
    groups = table.groupby("detector")
    held_out = table[~table["data"].isin(DEVELOPMENT)].groupby("detector")
    summary = pd.DataFrame(
        {
            "AUROC": groups["auroc"].mean(),
            "held out": held_out["auroc"].mean(),
            "AP": groups["ap"].mean(),
            "fit s": groups["fit_cpu_s"].median(),
        }
    )
    return summary.sort_values("AUROC", ascending=False)


def mixed(detector, given):
    """Mean AUROC on tables with text, of the table as it is ("native") or one-hot."""
    table = pd.read_csv(RESULTS / "mixed.csv")
    chosen = (table["detector"] == detector) & (table["input"] == given)
    return table[chosen & (table["figure"] == "auroc")]["value"].mean()


def false_alarms(threshold):
    """Fraction of new normal rows that are called anomalous, the mean over the sets."""
    table = pd.read_csv(RESULTS / "thresholds.csv")
    return table[table["threshold"] == threshold]["false_alarms"].mean()


def repairs(track):
    """What `AnomalyCorrector` did on a track of benchmarks.repair."""
    table = pd.read_csv(RESULTS / "repair.csv", low_memory=False)
    chosen = (table["track"] == track) & (table["method"] == "AnomalyCorrector")
    return table[chosen]


def repair_score(data, metric):
    """Precision, recall or F1 ("P", "R", "F1") on real errors, the mean over seeds."""
    table = repairs("T3")
    return table[(table["data"] == data) & (table["metric"] == metric)]["value"].mean()


def clean_tables():
    """How many clean tables there are, and how many of their cells were changed."""
    table = repairs("T12")
    changed = table[table["metric"] == "changed"]
    return changed["data"].nunique(), int(changed["value"].sum())


def _detection_row(question, setting):
    """A row of `headline`: the default detector beside what most people use."""
    auroc = detection(setting)["AUROC"].map("{:.3f}".format)
    beside = (
        f"nearest neighbours {auroc['kNN']}, IsolationForest "
        f"{auroc['IsolationForest']}, PyOD's AutoEncoder {auroc['PyOD AutoEncoder']}"
    )
    return question, f"`AutoEncoder` {auroc['AutoEncoder']}", beside


def _mixed_row():
    forest, neighbours = (mixed(name, "one-hot") for name in ("IsolationForest", "kNN"))
    return (
        "tables with text, three sets, AUROC",
        f"`AutoEncoder` {mixed('AutoEncoder', 'native'):.3f}",
        f"one-hot: nearest neighbours {neighbours:.3f}, IsolationForest {forest:.3f}",
    )


def _threshold_row():
    auto, training = (100 * false_alarms(name) for name in ("auto", "training rows"))
    return (
        "new normal rows called anomalous, wanted: 10 %",
        f"{auto:.1f} %",
        f"threshold from the training rows: {training:.0f} %",
    )


def _repair_row():
    n_tables, n_changed = clean_tables()
    f1 = repair_score("hospital", "F1")
    return (
        "real errors of *hospital* repaired without labels, F1",
        f"`AnomalyCorrector` {f1:.3f}; in {n_tables} clean tables it changes "
        f"{n_changed} cells",
        f"published, with labelled rows: {PUBLISHED_F1}",
    )


def headline():
    """The table of five rows.

    Returns
    -------
    DataFrame with the columns "what", "skanomaly" and "beside it".
    """
    rows = [
        _detection_row("odd rows, trained on normal ones, 24 sets, AUROC", "clean"),
        _detection_row("odd rows among the training rows, AUROC", "contaminated"),
        _mixed_row(),
        _threshold_row(),
        _repair_row(),
    ]
    return pd.DataFrame(rows, columns=["what", "skanomaly", "beside it"])


def markdown(frame):
    """A frame of texts as a Markdown table, without its index."""
    lines = [frame.columns, ["---"] * frame.shape[1], *frame.to_numpy()]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)


if __name__ == "__main__":
    print(markdown(headline()))
