"""How well the correctors repair, beside null baselines and other libraries.

Ten tracks: rules whose best repair is known (T1), rows that a classifier flags (T2),
tables with real errors (T3), injected errors (T6), missing cells (T7), kept risks (T8),
counterfactuals (T9), and speed. Every cell (track, data, method, seed) is appended to
repair.csv when it is known, so a run that was stopped goes on where it was. See
README.md in this folder.

    python benchmarks/repair.py --quick
    python benchmarks/repair.py
    python benchmarks/repair.py --only T3 T8 --methods absorbing --fresh
"""

import argparse
import csv
import time
import warnings
from pathlib import Path

import _repair_cells
import _repair_pairs
import _repair_rows
import _repair_speed
import _repair_toys
import pandas as pd
from _common import QUICK_RESULTS, RESULTS, duration, one_thread, say
from _repair_ours import shorten
from _repair_report import write_report

TRACKS = {
    track.name: track
    for part in (
        _repair_toys, _repair_rows, _repair_pairs, _repair_cells, _repair_speed,
    )
    for track in part.TRACKS
}  # fmt: skip
KEYS = ["track", "data", "method", "seed"]
COLUMNS = [*KEYS, "metric", "value", "text"]


class Table:
    """The CSV file: what is finished, and a place for what follows."""

    def __init__(self, path):
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            self.write(pd.DataFrame(columns=COLUMNS))

    def read(self):
        """Return the rows; the latest counts."""
        table = pd.read_csv(self.path)
        return table.drop_duplicates([*KEYS, "metric"], keep="last")

    def write(self, table):
        """Replace all rows."""
        table.to_csv(self.path, index=False)

    def forget(self, cells):
        """Take out rows of some cells, those that failed among them."""
        table = self.read()
        gone = table[KEYS].apply(tuple, axis=1).isin(set(cells))
        self.write(table[~gone] if len(table) else table)

    def append(self, cell, figures, text=""):
        """Write the figures of a cell at once: what comes next may be interrupted."""
        with self.path.open("a", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            for metric, value in figures.items():
                writer.writerow([*cell, metric, f"{float(value):.6g}", text])

    def finished(self):
        """Return the cells that have figures."""
        table = self.read()
        table = table[table["metric"] != "error"]
        return set(table[KEYS].itertuples(index=False, name=None))


def run(args):
    """Run what is not finished yet."""
    table = Table(args.results / "repair.csv")
    wanted = list(_wanted(args))
    if args.fresh:
        table.forget(wanted)
    done = table.finished()
    cells = [cell for cell in wanted if cell not in done]
    table.forget(cells)
    say(f"{len(wanted) - len(cells)} cells finished, {len(cells)} to run")
    start = time.perf_counter()
    for i, cell in enumerate(cells, 1):
        began = time.perf_counter()
        told = _run_cell(table, cell, args)
        now = time.perf_counter()
        place = f"[{i}/{len(cells)} {duration(now - start)}]"
        say(f"{place} {' | '.join(map(str, cell))}: {told}, {now - began:.1f} s")
    return table.read()


def _wanted(args):
    for name in args.only:
        for data, method, seed in TRACKS[name].cases(args.quick):
            chosen = args.methods is None or method in args.methods
            chosen &= args.data is None or data in args.data
            if chosen and (args.seeds is None or seed in args.seeds):
                yield name, data, method, seed


def _run_cell(table, cell, args):
    """Compute the figures of a cell, or write down why it has none."""
    track, data, method, seed = cell
    with warnings.catch_warnings():
        warnings.simplefilter("ignore" if not args.warn else "default")
        try:
            figures = TRACKS[track].run(data, method, seed, args.quick)
        except Exception as error:
            if args.raise_errors:
                raise
            text = f"{type(error).__name__}: {error}"
            table.append(cell, {"error": float("nan")}, text)
            return text
    table.append(cell, figures)
    shown = {name: f"{value:.3g}" for name, value in list(figures.items())[:6]}
    return ", ".join(f"{name} {value}" for name, value in shown.items())


def arguments():
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=TRACKS, default=list(TRACKS))
    parser.add_argument("--data", nargs="+", help="default: all of a track")
    parser.add_argument("--methods", nargs="+", help="default: all of a track")
    parser.add_argument("--seeds", nargs="+", type=int, help="default: all of a track")
    parser.add_argument("--fresh", action="store_true", help="run what is named anew")
    parser.add_argument("--quick", action="store_true", help="few rows, one seed")
    parser.add_argument("--warn", action="store_true", help="print warnings")
    parser.add_argument("--raise-errors", action="store_true", help="stop at the first")
    parser.add_argument("--results", type=Path, help="folder of the results")
    args = parser.parse_args()
    args.results = args.results or (QUICK_RESULTS if args.quick else RESULTS)
    return args


def main():
    """Run the tracks and write table, summary and picture."""
    args = arguments()
    one_thread()
    if args.quick:
        shorten()
    table = run(args)
    tracks = list(TRACKS.values())
    say(write_report(table, tracks, args.results / "repair", args.quick))


if __name__ == "__main__":
    main()
