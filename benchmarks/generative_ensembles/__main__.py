"""Generative ensembles: what single likelihoods miss, and what an ensemble adds.

Two parts. *images*: train on Fashion-MNIST or MNIST, score the other and flips, noise
and adversarial noise. *fraud*: credit cards, clean protocol. The ADBench sets are in
`benchmarks.detection`. Every cell is written when it is known, so a run that was
stopped goes on where it was. See benchmarks/README.md.

    python -m benchmarks.generative_ensembles --quick
    python -m benchmarks.generative_ensembles --part images --seeds 0
"""

import argparse
from datetime import date

import pandas as pd

from benchmarks._cells import Cells
from benchmarks.common import (
    add_trial_options,
    machine,
    one_thread,
    results_folder,
    say,
    to_markdown,
)
from benchmarks.generative_ensembles import fraud, images

KEYS, LABELS = ["part", "data", "seed"], ["out", "score", "metric"]


def wanted(args):
    """Every cell that the command line asks for."""
    cells = []
    for seed in args.seeds:
        if "images" in args.part:
            cells += [("images", name, seed) for name in images.FETCH]
        if "fraud" in args.part:
            methods = [*fraud.METHODS, *fraud.SUPERVISED]
            cells += [("fraud", method, seed) for method in methods]
    return cells


def compute(quick):
    """Return the function that computes a cell."""
    parts = {"images": images.run, "fraud": fraud.run}
    return lambda part, data, seed: parts[part](data, seed, quick=quick)


def write_report(table, path, quick):
    """Write the tables as Markdown; return the text."""
    seeds = ", ".join(map(str, sorted(table["seed"].unique())))
    parts = [
        "# Generative ensembles",
        f"Written by `python -m benchmarks.generative_ensembles` on {date.today()}. "
        f"{machine()}. Seeds {seeds}; figures are means, +- the standard deviation "
        "over the seeds. Anomalies are the positive class; chance is .5 for AUROC, the "
        "prevalence for AP, .95 for FPR at TPR .95.",
    ]
    if quick:
        parts.append("**A trial run, not a result.**")
    for name in images.FETCH:
        part = table[(table["part"] == "images") & (table["data"] == name)]
        if len(part):
            parts += [f"## Trained on {name}", IMAGE_NOTE, _by_out(part, "auroc")]
            parts += ["FPR at TPR .95:", _by_out(part, "fpr95")]
    part = table[table["part"] == "fraud"]
    if len(part):
        parts += ["## Credit-card fraud", FRAUD_NOTE, _by_metric(part)]
    text = "\n\n".join(parts) + "\n"
    path.with_suffix(".md").write_text(text)
    return text


IMAGE_NOTE = (
    f"AUROC, {images.N_TEST} test images of each kind; five dense members "
    f"(784-256-128-16, Bernoulli pixels, about {images.N_STEPS} steps at batch 128, 8 "
    "draws). *single* is the first member alone, in nats; *waic* is mean minus "
    "variance of the log-likelihoods. Published for Fashion-MNIST against MNIST, WAIC, "
    "second-hand: .766. The originals are convolutional with a flow prior."
)
FRAUD_NOTE = (
    "Trained on normal rows alone (standardized by them), tested on 2,000 other normal "
    "rows and half of the frauds. A sample with more frauds than life: AUROC compares "
    "with the literature, AP does not. *AP, balanced* weighs the rows as if there were "
    "as many frauds as normal rows. Two classifiers learn from the other half of the "
    "frauds, too. The project that this follows (Deep Learning Camp Jeju 2018) reports "
    "AUROC .94 and AP .94 for a supervised network, .927 and .940 for the variance of "
    "the posterior means over an ensemble; it does not say at which prevalence. AP "
    "above AUROC is what balanced classes give."
)


def _by_out(part, metric):
    part = part[part["metric"] == metric]
    names = list(dict.fromkeys(part["score"]))
    groups = part.groupby(["score", "out"])["value"]
    mean, spread = groups.mean().unstack(), groups.std().unstack()
    cells = mean.map("{:.3f}".format) + " +- " + spread.map("{:.3f}".format)
    outs = list(dict.fromkeys(part["out"]))
    return to_markdown(cells.loc[names, outs].reset_index(names="score"))


def _by_metric(part):
    names = list(dict.fromkeys(part["score"]))
    mean = part.groupby(["score", "metric"])["value"].mean().unstack()
    spread = part[part["metric"] == "auroc"].groupby("score")["value"].std()
    frame = pd.DataFrame(
        {
            "AUROC": mean["auroc"],
            "+-": spread,
            "AP": mean["ap"],
            "prevalence": mean["prevalence"],
            "AP, balanced": mean["ap_balanced"],
            "FPR at TPR .95": mean["fpr95"],
        }
    )
    frame = frame.loc[names].sort_values("AUROC", ascending=False)
    return to_markdown(frame.reset_index(names="method"))


def arguments():
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--part", nargs="+", default=["images", "fraud"])
    parser.add_argument("--seeds", nargs="+", type=int, default=(0, 1, 2))
    parser.add_argument("--fresh", action="store_true", help="run what is named anew")
    add_trial_options(parser, "few rows, one seed")
    args = parser.parse_args()
    args.results = results_folder(args)
    if args.quick:
        args.seeds = args.seeds[:1]
    return args


def main():
    """Run what is not finished and write the tables."""
    args = arguments()
    one_thread()
    path = args.results / "generative_ensembles"
    table = Cells(path.with_suffix(".csv"), KEYS, LABELS)
    table.run(wanted(args), compute(args.quick), fresh=args.fresh)
    finished = table.read()
    say(write_report(finished[finished["error"].isna()], path, args.quick))


if __name__ == "__main__":
    main()
