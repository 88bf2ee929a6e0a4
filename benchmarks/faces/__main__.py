"""Faces of a course's homework: which steps of its autoencoders gain, and how much?

Fit on four fifths of the faces without masks, score the others and all faces with
masks, AUROC x 100. Every cell (detector, seed) is appended to faces.csv when it is
known, so a run that was stopped goes on where it was.

    python -m benchmarks.faces --quick
    python -m benchmarks.faces --detectors PCA kNN --seeds 0
    python -m benchmarks.faces
    python -m benchmarks.faces --side 64            # three times as long
"""

import argparse
import time
from itertools import product

from benchmarks._cells import Rows
from benchmarks.common import (
    add_trial_options,
    duration,
    one_thread,
    results_folder,
    say,
)
from benchmarks.faces.methods import DETECTORS, run_cell
from benchmarks.faces.report import write_report

KEYS = ["detector", "seed", "side"]
COLUMNS = [
    *KEYS, "auroc", "false_alarms", "fit_s", "fit_cpu_s", "score_s", "score_cpu_s",
    "n_train", "n_test",
]  # fmt: skip
# Enough for a threshold by held-out images.
QUICK_IMAGES = 400


def run(args, table):
    """Run what is not finished yet."""
    done = set(table.read()[KEYS].itertuples(index=False, name=None))
    cells = [(n, s, args.side) for s, n in product(args.seeds, args.detectors)]
    left = [cell for cell in cells if cell not in done]
    say(f"{len(cells) - len(left)} cells finished, {len(left)} to run")
    start = time.perf_counter()
    for i, (name, seed, side) in enumerate(left, 1):
        cell = run_cell(name, seed, side, QUICK_IMAGES if args.quick else None)
        table.append(cell)
        place = f"[{i}/{len(left)} {duration(time.perf_counter() - start)}]"
        times = f"fit {cell['fit_cpu_s']:.0f} s, scores {cell['score_cpu_s']:.0f} s"
        say(f"{place} {name}, seed {seed}: AUROC {cell['auroc']:.1f}, {times}")


def main():
    """Run the cells, write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add = parser.add_argument
    add("--detectors", nargs="+", choices=DETECTORS, default=list(DETECTORS))
    add("--seeds", nargs="+", type=int, default=[0, 1, 2])
    add("--side", type=int, default=32, help="pixels of a side: 64, 32 or 16")
    add_trial_options(parser, "400 images, one seed, not a result")
    args = parser.parse_args()
    if args.quick:
        args.seeds = args.seeds[:1]
    args.results = results_folder(args)
    one_thread()
    table = Rows(args.results / "faces.csv", KEYS, COLUMNS)
    run(args, table)
    say(write_report(table.read(), args.results / "faces.md", args.quick))


if __name__ == "__main__":
    main()
