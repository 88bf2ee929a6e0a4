"""Outliers from flows and archetypes: what networks learn that are trained on them.

Two parts. *images*: discriminators and classifiers of MNIST digits, trained against
generated outliers, noise and real images of other kinds, tested on other kinds.
*tables*: discriminators against the density of the flow that drew their outliers, on
the ADBench sets. Every cell is written when it is known, so a run that was stopped
goes on where it was. See benchmarks/README.md.

    python -m benchmarks.outliers --quick
    python -m benchmarks.outliers --part images --seeds 0
"""

import argparse

from benchmarks._cells import Cells
from benchmarks.common import (
    add_trial_options,
    one_thread,
    results_folder,
    say,
)
from benchmarks.detection.data import available
from benchmarks.outliers import images, tables
from benchmarks.outliers.report import write_report

KEYS, LABELS = ["part", "name", "seed"], ["network", "tested_on", "metric"]
QUICK_ROWS = ("none", "uniform", "INN normal 2.5", "DeepAA 1.0", "fashion_mnist")
QUICK_SETS = ("14_glass", "43_WDBC")


def wanted(args):
    """Every cell that the command line asks for, those of one flow together."""
    cells = []
    if "images" in args.part:
        cells += [("images", name, seed) for seed in args.seeds for name in args.rows]
    if "tables" in args.part:
        sets = args.datasets or sorted(available())
        cells += [("tables", name, seed) for seed in args.table_seeds for name in sets]
    return cells


def arguments():
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    both = ("images", "tables")
    parser.add_argument("--part", nargs="+", choices=both, default=both)
    parser.add_argument("--rows", nargs="+", choices=images.AGAINST)
    parser.add_argument("--datasets", nargs="+", help="ADBench sets; default: all here")
    parser.add_argument("--seeds", nargs="+", type=int, default=(0, 1, 2))
    parser.add_argument("--table-seeds", nargs="+", type=int, default=(0, 1, 2))
    parser.add_argument("--fresh", action="store_true", help="forget earlier results")
    add_trial_options(parser, "few rows, steps and sets")
    args = parser.parse_args()
    if args.quick:
        args.seeds, args.table_seeds = args.seeds[:1], args.table_seeds[:1]
        args.datasets = args.datasets or QUICK_SETS
    args.rows = args.rows or (QUICK_ROWS if args.quick else images.AGAINST)
    args.results = results_folder(args)
    return args


def main():
    """Run what is not finished yet, and write the tables."""
    args = arguments()
    one_thread()
    parts = {"images": images.run, "tables": tables.run}
    path = args.results / "outlier_generation.csv"
    cells = Cells(path, KEYS, LABELS)
    cells.run(
        wanted(args),
        lambda part, name, seed: parts[part](name, seed, quick=args.quick),
        fresh=args.fresh,
    )
    say(write_report(cells.read(), path, quick=args.quick))


if __name__ == "__main__":
    main()
