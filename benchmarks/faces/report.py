"""The report: the table, and whether each step gains more than the seeds differ."""

from datetime import date

import numpy as np
import pandas as pd

from benchmarks.common import machine, rounded, to_markdown
from benchmarks.faces.methods import BATCH, DETECTORS, EPOCHS

# The course's own figures, on other faces and other anomalies: 100,000 faces to train
# on, public part of the hidden labels.
COURSE = {
    "dense": "53", "convolutions": "73", "multi-encoder": "77.2",
    "noise, cooperative": "79.5", "noise, adversarial": "79.5",
}  # fmt: skip
STEPS = (
    ("dense", "convolutions"),
    ("convolutions", "multi-encoder"),
    ("multi-encoder", "noise, cooperative"),
    ("multi-encoder", "noise, adversarial"),
    ("convolutions", "noise, cooperative"),
    ("convolutions", "noise, adversarial"),
    ("PCA", "AutoEncoder"),
    ("kNN", "AutoEncoder"),
    ("kNN", "GEOM"),
)
INTRODUCTION = (
    "# Faces\n\nWritten by `python -m benchmarks.faces`. Trained on four fifths of the "
    "1,877 different faces without a mask, tested on the others and on all 2,113 "
    "different faces with one (`fetch_face_masks`, pixels in [0, 1]). "
    "Changed copies of one photograph are all trained on, or all tested on. AUROC x "
    "100, mean over the seeds of split and training, +- their standard deviation; "
    "chance is 50. *FA* is the fraction of the test faces without a mask that "
    "`predict` calls anomalous (wanted: .1), where `fit` holds out images for it. No "
    "label is used to choose anything. *course*: the homework's public baselines, on "
    "100,000 other faces and with anomalies that are not known: not comparable, but "
    "for their order."
)
SCHEDULE = (
    f"Schedules are short, sized for half an hour on one core: {EPOCHS} epochs in "
    f"batches of {BATCH} at lr 2e-3 for all autoencoders and the VAE; the others as "
    "listed."
)


def write_report(table, path, trial):
    """Write the report, and return it."""
    names = [name for name in DETECTORS if (table["detector"] == name).any()]
    parts = [INTRODUCTION, f"{date.today()}. {machine()}."]
    parts += ["**A trial run with few images, not a result.**"] * trial
    for side in sorted(table["side"].unique()):
        own = table[table["side"] == side]
        parts += [f"## {side} x {side} pixels", _table(own, names), _steps(own)]
    parts += ["## Detectors", _notes(names), SCHEDULE]
    text = "\n\n".join(parts) + "\n"
    path.write_text(text)
    return text


def _table(table, names):
    rows = []
    for name in names:
        own = table[table["detector"] == name]
        if own.empty:
            continue
        rows.append(
            {
                "detector": name,
                "seeds": str(len(own)),
                "AUROC": _spread(own["auroc"]),
                "course": COURSE.get(name, "-"),
                "FA": own["false_alarms"].mean(),
                "fit, s": rounded(own["fit_s"].median()),
                "fit, processor s": rounded(own["fit_cpu_s"].median()),
                "scores, processor s": rounded(own["score_cpu_s"].median()),
            }
        )
    return to_markdown(pd.DataFrame(rows))


def _spread(values):
    spread = f" +- {values.std(ddof=0):.1f}" if len(values) > 1 else ""
    return f"{values.mean():.1f}{spread}"


def _steps(table):
    """Differences by seed, and whether they are more than chance."""
    auroc = table.pivot(index="seed", columns="detector", values="auroc")
    rows = []
    for before, after in STEPS:
        if not {before, after} <= set(auroc.columns):
            continue
        gains = (auroc[after] - auroc[before]).dropna().to_numpy()
        if len(gains):
            rows.append(
                {
                    "from": before,
                    "to": after,
                    "gain": gains.mean(),
                    "by seed": ", ".join(f"{gain:+.1f}" for gain in gains),
                    "beyond its spread": _verdict(gains),
                }
            )
    text = (
        "Gain in AUROC x 100, paired by seed. *Beyond its spread*: the mean exceeds "
        "twice its standard error; with three seeds a hint, not a proof."
    )
    return f"{text}\n\n{to_markdown(pd.DataFrame(rows), 1)}" if rows else text


def _verdict(gains):
    if len(gains) < 2:
        return "one seed"
    error = gains.std(ddof=1) / np.sqrt(len(gains))
    if abs(gains.mean()) <= 2 * error:
        return "no"
    return "gains" if gains.mean() > 0 else "loses"


def _notes(names):
    return "\n".join(f"- *{name}*: {DETECTORS[name].note}" for name in names)
