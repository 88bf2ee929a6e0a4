"""The report: ours beside the published figures."""

import pandas as pd

from benchmarks.common import machine, rounded, to_markdown
from benchmarks.one_vs_rest.data import CLASSES
from benchmarks.one_vs_rest.methods import DETECTORS, REDUCED
from benchmarks.one_vs_rest.published import PUBLISHED

TITLES = {
    "mnist": "MNIST",
    "cifar10": "CIFAR-10 (a subset)",
    "fashion_mnist": "Fashion-MNIST",
}
SCHEDULES = {
    "paper": "Schedule of the paper",
    "reduced": "Reduced schedule",
    "quick": "A trial run with 256 training images, **not a result**",
}
INTRODUCTION = (
    "# One class against the rest",
    "Written by `python -m benchmarks.one_vs_rest`. Trained on the training images of "
    "one class, tested on all test images; AUROC x 100, mean over the seeds, +- their "
    "standard deviation where there are several. *paper* is the column of L. Ruff et "
    'al., "Deep one-class classification", ICML 2018 (ten seeds). Every image is '
    "contrast-normalised and scaled to [0, 1] by the training images, as there.",
    "No test label is used to choose anything; *OC-SVM* of the paper is an exception.",
)
NOTES = {
    "cifar10": "Not CIFAR-10 itself: 2,000 training and 300 test images of each class "
    "(the paper has 5,000 and 1,000), decoded from JPEG copies, so that the published "
    "figures are near and not exact comparisons.",
    "fashion_mnist": "The paper has no such table.",
}


def write_report(table, path):
    """Write the report of all finished cells, and return it."""
    table = table[table["auroc"].notna()]
    parts = [*INTRODUCTION]
    for schedule in SCHEDULES:
        for data in TITLES:
            chosen = table[(table["data"] == data) & (table["schedule"] == schedule)]
            if len(chosen):
                parts += _section(chosen, data, schedule)
    parts.append(_detectors(table))
    text = "\n\n".join(parts) + "\n"
    path.write_text(text)
    return text


def _section(table, data, schedule):
    names = [name for name in DETECTORS if (table["detector"] == name).any()]
    columns: dict[str, list] = {"class": [*CLASSES[data], "**mean**"]}
    for name in names:
        own = table[table["detector"] == name]
        columns[name] = _column(own)
        published = PUBLISHED.get(data, {}).get(DETECTORS[name].column)
        if published is not None:
            columns[f"paper ({name})"] = [
                *(f"{value:.1f}" for value in published),
                f"{sum(published) / len(published):.2f}",
            ]
    parts = [f"## {TITLES[data]}: {SCHEDULES[schedule].lower()}"]
    if data in NOTES:
        parts.append(NOTES[data])
    return [*parts, to_markdown(pd.DataFrame(columns)), _cost(table, names)]


def _column(own):
    """Mean and spread of every class, and of the mean over the classes."""
    cells = []
    for k in range(10):
        cells.append(_figure(own.loc[own["class"] == k, "auroc"], 1))
    by_seed = own.groupby("seed")["auroc"].agg(["mean", "size"])
    whole = by_seed.loc[by_seed["size"] == 10, "mean"]
    return [*cells, _figure(whole, 2)]


def _figure(values, digits):
    if not len(values):
        return "-"
    spread = f" +- {values.std(ddof=0):.{digits}f}" if len(values) > 1 else ""
    return f"{values.mean():.{digits}f}{spread}"


def _cost(table, names):
    rows = []
    for name in names:
        own = table[table["detector"] == name]
        rows.append(
            {
                "detector": name,
                "seeds": str(own["seed"].nunique()),
                "fit, s": rounded(own["fit_s"].median()),
                "fit, processor s": rounded(own["fit_cpu_s"].median()),
                "scores of all test images, s": rounded(own["score_s"].median()),
            }
        )
    return "Medians over the classes, one thread:\n\n" + to_markdown(pd.DataFrame(rows))


def _detectors(table):
    lines = [
        f"- *{name}*: {candidate.note}"
        for name, candidate in DETECTORS.items()
        if (table["detector"] == name).any()
    ]
    epochs = "; ".join(
        f"{shape[0]} x {shape[1]} x {shape[2]} pixels: {a} epochs of pretraining and "
        f"{b} of training"
        for shape, (a, b) in REDUCED.items()
    )
    schedule = (
        f"The reduced schedule is sized for two cores ({epochs}; autoencoders train "
        "for the sum of both; batches of 200, learning rate 1e-3 falling along a "
        "cosine). The paper has 150 + 150 epochs for MNIST and 350 + 150 for CIFAR-10 "
        "at 1e-4."
    )
    return "\n\n".join(["## Detectors", "\n".join(lines), schedule, machine()])
