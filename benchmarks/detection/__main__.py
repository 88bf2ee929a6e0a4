"""How well the detectors detect: ROC AUC and average precision on ADBench.

Two settings. *contaminated*: fit on all rows, without labels, and score the same rows.
*clean*: fit on a random half of the normal rows, score all other rows.
Every row of detection_<setting>.csv is written when it is known, so a run that was
stopped goes on where it was. See benchmarks/README.md.

    python -m benchmarks.detection --quick
    python -m benchmarks.detection --jobs 2
    python -m benchmarks.detection --setting clean --datasets wine cardio --seeds 0
"""

import argparse
import time
from itertools import product

import joblib

from benchmarks._cells import Rows
from benchmarks.common import (
    add_trial_options,
    duration,
    has_pyod,
    one_thread,
    results_folder,
    say,
)
from benchmarks.detection.data import QUICK_SETS, available, by_size
from benchmarks.detection.methods import DEFAULT, DETECTORS, fingerprint, run_cell
from benchmarks.detection.report import write_report

SETTINGS = ("contaminated", "clean")
KEYS = ["detector", "data", "seed"]
COLUMNS = [
    *KEYS, "auroc", "ap", "prevalence", "fit_s", "fit_cpu_s", "score_s", "score_cpu_s",
    "n_train", "n_test", "n_columns", "jobs", "max_train_rows", "trial", "params",
    "warnings", "error",
]  # fmt: skip


class Progress:
    """One line for every finished cell, with elapsed time and time to go."""

    def __init__(self, cells, n_rows, jobs):
        self.left, self.n_rows, self.jobs = list(cells), n_rows, jobs
        self.n_cells, self.start, self.rates = len(cells), time.perf_counter(), {}

    def tell(self, setting, cell):
        """Count a cell and print its line."""
        key = tuple(cell[k] for k in KEYS)
        self.left.remove(key)
        seconds = cell.get("fit_s", 0.0) + cell.get("score_s", 0.0)
        self.rates[cell["detector"]] = seconds / self.n_rows[cell["data"]]
        result = cell.get("error") or f"AUROC {cell['auroc']:.4f} AP {cell['ap']:.4f}"
        elapsed = time.perf_counter() - self.start
        say(
            f"[{self.n_cells - len(self.left)}/{self.n_cells} {duration(elapsed)}"
            f"<{duration(self._to_go())}] {setting} {key[1]} seed {key[2]} {key[0]}: "
            f"{result}, {seconds:.1f} s"
        )

    def _to_go(self):
        """Seconds if time grows with the rows from each detector's latest cell on."""
        known = self.rates.get
        work = (known(d, 0.0) * self.n_rows[data] for d, data, _ in self.left)
        return sum(work) / self.jobs


def run(setting, args, n_rows):
    """Run what is not finished yet; return the table of all that was asked for."""
    table = Rows(args.results / f"detection_{setting}.csv", KEYS, COLUMNS)
    if args.fresh:
        table.clear()
    params = {name: fingerprint(name, trial=args.quick) for name in args.detectors}
    done = _finished(table.read(), params, args.max_train_rows)
    wanted = list(product(n_rows, args.seeds, args.detectors))
    cells = [(d, data, s) for data, s, d in wanted if (d, data, s) not in done]
    say(f"{setting}: {len(wanted) - len(cells)} cells finished, {len(cells)} to run")
    progress = Progress(cells, n_rows, args.jobs)
    parallel = joblib.Parallel(
        n_jobs=args.jobs, batch_size=1, return_as="generator_unordered"
    )
    jobs = (
        joblib.delayed(run_cell)(
            setting, data, seed, name, args.max_train_rows, args.quick
        )
        for name, data, seed in cells
    )
    for cell in parallel(jobs):
        cell |= {"jobs": args.jobs, "trial": int(args.quick)}
        cell["params"] = params[cell["detector"]]
        cell["max_train_rows"] = args.max_train_rows
        table.append(cell)
        progress.tell(setting, cell)
    return _selection(table.read(), params, wanted)


def _finished(table, params, max_train_rows):
    """Return the keys of the rows that need no second run."""
    fits = table["params"] == table["detector"].map(params)
    fits &= table["max_train_rows"].fillna(0) == (max_train_rows or 0)
    fits &= table["auroc"].notna()
    return set(table.loc[fits, KEYS].itertuples(index=False, name=None))


def _selection(table, params, wanted):
    keys = {(name, data, seed) for data, seed, name in wanted}
    chosen = table[KEYS].apply(tuple, axis=1).isin(keys)
    fits = table["params"].isna() | (table["params"] == table["detector"].map(params))
    return table[chosen & fits]


def arguments():
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--setting", nargs="+", choices=SETTINGS, default=SETTINGS)
    parser.add_argument("--detectors", nargs="+", choices=DETECTORS, default=DEFAULT)
    parser.add_argument("--datasets", nargs="+", help="default: all on disk")
    parser.add_argument("--seeds", nargs="+", type=int, default=(0, 1, 2))
    parser.add_argument("--jobs", type=int, default=1, help="processes, 1 thread each")
    parser.add_argument("--max-train-rows", type=int)
    parser.add_argument("--fresh", action="store_true", help="forget earlier results")
    add_trial_options(parser, "three sets, one seed")
    args = parser.parse_args()
    if args.quick:
        args.datasets, args.seeds = args.datasets or QUICK_SETS, args.seeds[:1]
    args.results = results_folder(args)
    args.detectors = list(args.detectors)
    if not has_pyod():
        args.detectors = [n for n in args.detectors if DETECTORS[n].family != "PyOD"]
    return args


def main():
    """Run both settings and write table, summary and picture of each."""
    args = arguments()
    one_thread()
    n_rows = by_size(args.datasets or available())
    for setting in args.setting:
        table = run(setting, args, n_rows)
        path = args.results / f"detection_{setting}"
        say(write_report(table, setting, list(n_rows), args.detectors, path))


if __name__ == "__main__":
    main()
