"""Summary, table by set and picture of what was measured."""

from datetime import date

import numpy as np
import pandas as pd

from benchmarks.common import machine, rounded, to_markdown
from benchmarks.detection.data import DEVELOPMENT
from benchmarks.detection.methods import DETECTORS, TRIAL_EPOCHS

SETTINGS = {
    "contaminated": "Fitted on all rows without labels, scored on the same rows.",
    "clean": "Fitted on a random half of the normal rows, scored on the other half and "
    "on all anomalies.",
}
TRIAL_NOTE = (
    f"**A trial run, not a result:** our detectors trained for {TRIAL_EPOCHS} epochs."
)
# Okabe and Ito's colours; ours are filled circles, the others are not.
STYLES = {
    "AutoEncoder": ("#0072B2", "o"),
    "AutoEncoder alone": ("#0072B2", "."),
    "MultiEncoderAutoEncoder": ("#009E73", "o"),
    "NoiseContrastiveAutoEncoder": ("#CC79A7", "o"),
    "VAE": ("#56B4E9", "."),
    "VAEEnsemble": ("#56B4E9", "o"),
    "NormalizingFlow": ("#E69F00", "o"),
    "DeepSVDD": ("#F0E442", "o"),
    "AnoGAN": ("#8C564B", "o"),
    "FastAnoGAN": ("#8C564B", "."),
    "WGANEnsemble": ("#8C564B", "d"),
    "GeometricTransformations": ("#7F7F7F", "o"),
    "NeighborsDetector": ("#000000", "o"),
    "PyOD AutoEncoder": ("#D55E00", "x"),
    "PyOD VAE": ("#D55E00", "+"),
    "PyOD DeepSVDD": ("#D55E00", "1"),
    "kNN": ("#000000", "|"),
    "LOF": ("#E69F00", "+"),
    "IsolationForest": ("#56B4E9", "+"),
    "OneClassSVM": ("#999999", "+"),
    "MCD": ("#009E73", "+"),
    "ECOD": ("#CC79A7", "+"),
}


def write_report(table, setting, sets, detectors, path):
    """Write <path>.md and <path>.png; return the text."""
    complete = complete_sets(table, sets, detectors)
    shown = table[table["data"].isin(complete)]
    parts = [_head(table, setting, sets, complete)]
    if (table["trial"] == 1).any():
        parts.append(TRIAL_NOTE)
    if complete:
        groups = {
            "All sets": complete,
            "Held-out sets": [d for d in complete if d not in DEVELOPMENT],
            "Sets on which our defaults were chosen": [
                d for d in complete if d in DEVELOPMENT
            ],
        }
        for title, names in groups.items():
            if names:
                part = shown[shown["data"].isin(names)]
                summary = to_markdown(summarize(part, detectors))
                parts.append(f"## {title} ({len(names)})\n\n{summary}")
        parts.append(_by_set(shown, complete, detectors))
        draw(shown, complete, detectors, setting, path.with_suffix(".png"))
        parts.append(f"![AUROC by set]({path.name}.png)")
    parts.append(_notes(table, detectors))
    text = "\n\n".join(parts) + "\n"
    path.with_suffix(".md").write_text(text)
    return text


def complete_sets(table, sets, detectors):
    """Return the sets on which every detector has finished every seed."""
    finished = table[table["auroc"].notna()]
    n_seeds = table["seed"].nunique()
    counts = finished.groupby(["data", "detector"]).size().unstack("detector")
    counts = counts.reindex(index=sets, columns=detectors).fillna(0)
    return [name for name in sets if (counts.loc[name] == n_seeds).all()]


def summarize(table, detectors):
    """Return one row for each detector, the best mean AUROC first."""
    by_set = _mean_auroc(table, detectors)
    ranks = by_set.rank(axis=1, ascending=False)
    wins = by_set.eq(by_set.max(axis=1), axis=0).sum()
    by_seed = table.groupby(["detector", "seed"])["auroc"].mean().unstack("seed")
    groups = table.groupby("detector")
    summary = pd.DataFrame(
        {
            "AUROC": by_seed.mean(axis=1),
            "+-": by_seed.std(axis=1),
            "AP": groups["ap"].mean(),
            "prevalence": groups["prevalence"].mean(),
            "mean rank": ranks.mean(),
            "wins": wins,
            "fit s": groups["fit_cpu_s"].median().map(rounded),
            "score s": groups["score_cpu_s"].median().map(rounded),
        }
    )
    summary = summary.loc[detectors].sort_values("AUROC", ascending=False)
    return summary.reset_index(names="detector")


def _mean_auroc(table, detectors):
    return table.groupby(["data", "detector"])["auroc"].mean().unstack()[detectors]


def _head(table, setting, sets, complete):
    seeds = ", ".join(map(str, sorted(table["seed"].unique())))
    lines = [
        f"# Detection, {setting} setting",
        f"Written by `python -m benchmarks.detection` on {date.today()}. {machine()}.",
        f"{SETTINGS[setting]} Seeds {seeds}.",
        "AUROC is the mean over sets of the mean over seeds, +- its standard deviation "
        "over the seeds; chance is 0.5. AP is average precision; chance is the "
        "prevalence beside it. Ranks and wins are by AUROC on each set, a tie is a win "
        "of both. Seconds are of processor time with one thread, medians over sets and "
        "seeds; fitting includes the scoring of the training rows for the threshold.",
    ]
    if table["jobs"].max() > 1:
        lines.append(
            f"**Timings were taken under load**: {table['jobs'].max():.0f} processes "
            "side by side. Compare them with each other, not with other tables."
        )
    if missing := [name for name in sets if name not in complete]:
        lines.append(f"**Left out, not finished:** {', '.join(missing)}.")
    if table["max_train_rows"].notna().any():
        lines.append(
            f"**At most {table['max_train_rows'].max():.0f} training rows**; larger "
            "sets are scored on the other rows."
        )
    return "\n\n".join(lines)


def _by_set(table, sets, detectors):
    """Table of the mean AUROC by set, the best one in bold."""
    auroc = _mean_auroc(table, detectors).loc[sets]
    best = auroc.max(axis=1)
    cells = {
        name: [
            f"**{value:.3f}**" if value == best[data] else f"{value:.3f}"
            for data, value in auroc[name].items()
        ]
        for name in detectors
    }
    facts = table.groupby("data").agg(
        rows=("n_test", "max"),
        columns=("n_columns", "max"),
        share=("prevalence", "mean"),
    )
    facts = facts.loc[sets]
    frame = pd.DataFrame(
        {
            "set": [f"{s} *" if s in DEVELOPMENT else s for s in sets],
            "scored rows": facts["rows"].astype(int).to_numpy(),
            "columns": facts["columns"].astype(int).to_numpy(),
            "prevalence": facts["share"].to_numpy(),
            **cells,
        }
    )
    return (
        "## AUROC by set\n\nMean over the seeds; * marks the sets on which our "
        f"defaults were chosen.\n\n{to_markdown(frame)}"
    )


def _notes(table, detectors):
    lines = ["## The detectors\n"]
    for name in detectors:
        scaling = "standardizes by itself"
        if DETECTORS[name].family == "scikit-learn":
            scaling = "behind a `StandardScaler` fitted on the training rows"
        lines.append(f"- **{name}**: {DETECTORS[name].note}; {scaling}.")
    for kind in ("warnings", "error"):
        told = table[table[kind].notna() & (table[kind] != "")]
        for (name, text), rows in told.groupby(["detector", kind]):
            where = ", ".join(dict.fromkeys(rows["data"]))
            lines.append(f"- {kind.rstrip('s')} of {name} on {where}: {text}")
    return "\n".join(lines)


def draw(table, sets, detectors, setting, path):
    """Draw the AUROC of every detector, a line for each set, the easiest on top."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    auroc = _mean_auroc(table, detectors).loc[sets]
    auroc = auroc.loc[auroc.mean(axis=1).sort_values().index]
    height = 1.6 + 0.27 * len(sets)
    figure, ax = plt.subplots(figsize=(8, height), layout="constrained")
    positions = np.arange(len(auroc))
    ax.hlines(positions, auroc.min(axis=1), auroc.max(axis=1), color="0.85", zorder=0)
    for name in detectors:
        # A detector out of fold looks like the detector.
        color, marker = STYLES[name.partition(", ")[0]]
        ax.scatter(auroc[name], positions, c=color, marker=marker, label=name, s=36)
    ax.axvline(0.5, color="0.6", linewidth=0.8, linestyle=":")
    labels = [f"{s} *" if s in DEVELOPMENT else s for s in auroc.index]
    ax.set_yticks(positions, labels, fontsize="small")
    ax.set_xlabel("AUROC, mean over seeds (chance 0.5); * chose our defaults")
    ax.set_title(f"Detection on ADBench, {setting} setting")
    figure.legend(loc="outside lower center", ncols=3, fontsize="small", frameon=False)
    figure.savefig(path, dpi=90)
    plt.close(figure)
