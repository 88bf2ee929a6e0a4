"""The table of Deep SVDD: one class of images is normal, the nine others are not.

Fit on the training images of one class, score all test images, AUROC x 100. Every cell
(detector, set, class, seed) is appended to one_vs_rest.csv when it is known, so a run
that was stopped goes on where it was. The report covers what the file holds.

    python -m benchmarks.one_vs_rest --quick
    python -m benchmarks.one_vs_rest --datasets mnist --detectors DeepSVDD --classes 2 5
    python -m benchmarks.one_vs_rest --jobs 2 --seeds 0 1 2
    python -m benchmarks.one_vs_rest --paper        # the paper's schedule: hours
"""

import argparse
import time
from itertools import product

import joblib

from benchmarks._cells import Rows
from benchmarks.common import (
    add_trial_options,
    duration,
    one_thread,
    results_folder,
    say,
)
from benchmarks.one_vs_rest.data import CLASSES
from benchmarks.one_vs_rest.methods import DETECTORS, fingerprint, run_cell
from benchmarks.one_vs_rest.report import write_report

KEYS = ["detector", "data", "class", "seed", "schedule"]
COLUMNS = [
    *KEYS, "auroc", "fit_s", "fit_cpu_s", "score_s", "score_cpu_s", "n_train",
    "n_test", "jobs", "params", "error",
]  # fmt: skip
SHAPES = {"mnist": (1, 28, 28), "fashion_mnist": (1, 28, 28), "cifar10": (3, 32, 32)}


def run(args, table):
    """Run what is not finished yet."""
    pairs = product(args.detectors, args.datasets)
    params = {(n, d): fingerprint(n, SHAPES[d], args.paper) for n, d in pairs}
    schedule = "quick" if args.quick else "paper" if args.paper else "reduced"
    done = _finished(table.read(), params)
    # One detector after the other: after the first, a column of the table is there.
    wanted = product(args.datasets, args.seeds, args.detectors, args.classes)
    cells = [(n, d, c, s, schedule) for d, s, n, c in wanted]
    left = [cell for cell in cells if cell not in done]
    say(f"{len(cells) - len(left)} cells finished, {len(left)} to run")
    parallel = joblib.Parallel(
        n_jobs=args.jobs, batch_size=1, return_as="generator_unordered"
    )
    rows = 256 if args.quick else None
    jobs = (
        joblib.delayed(run_cell)(d, c, s, n, args.paper, rows) for n, d, c, s, _ in left
    )
    start = time.perf_counter()
    for i, cell in enumerate(parallel(jobs), 1):
        cell |= {"schedule": schedule, "jobs": args.jobs}
        cell["params"] = params[cell["detector"], cell["data"]]
        table.append(cell)
        say(f"[{i}/{len(left)} {duration(time.perf_counter() - start)}] {_told(cell)}")


def _finished(table, params):
    """Return the cells that need no second run."""
    names = table[["detector", "data"]].itertuples(index=False, name=None)
    fits = table["params"] == [params.get(name) for name in names]
    fits &= table["auroc"].notna()
    return set(table.loc[fits, KEYS].itertuples(index=False, name=None))


def _told(cell):
    name = f"{cell['data']} {CLASSES[cell['data']][cell['class']]}"
    result = cell.get("error") or (
        f"AUROC {cell['auroc']:.1f}, fit {cell['fit_s']:.0f} s, "
        f"scores {cell['score_s']:.0f} s"
    )
    return f"{name}, seed {cell['seed']}, {cell['detector']}: {result}"


def arguments():
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add = parser.add_argument
    add("--detectors", nargs="+", choices=DETECTORS, default=list(DETECTORS))
    add("--datasets", nargs="+", choices=CLASSES, default=list(CLASSES))
    add("--classes", nargs="+", type=int, choices=range(10), default=list(range(10)))
    add("--seeds", nargs="+", type=int, default=[0])
    add("--jobs", type=int, default=1, help="processes, 1 thread each")
    add("--paper", action="store_true", help="the paper's full schedule")
    add_trial_options(parser, "256 images of two digits, not a result")
    args = parser.parse_args()
    if args.quick:
        args.datasets, args.classes = ["mnist"], args.classes[:2]
    args.results = results_folder(args)
    return args


def main():
    """Run the cells, write the table."""
    args = arguments()
    one_thread()
    table = Rows(args.results / "one_vs_rest.csv", KEYS, COLUMNS)
    run(args, table)
    say(write_report(table.read(), args.results / "one_vs_rest.md"))


if __name__ == "__main__":
    main()
