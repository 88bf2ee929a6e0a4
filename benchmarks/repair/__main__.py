"""How well the correctors repair, beside null baselines and other libraries.

Rules whose best repair is known (T1), rows that a classifier flags (T2), tables with
real errors (T3), injected errors (T6), missing cells (T7), kept risks (T8),
counterfactuals (T9), tables as users have them (T10), errors by kind (T11), clean
tables (T12), scale (T13), corrections (T14), tables of other domains (T15), and speed.
Every cell (track, data, method, seed) is appended to repair.csv when it is known, so a
run that was stopped goes on where it was. See benchmarks/README.md.

    python -m benchmarks.repair --quick
    python -m benchmarks.repair
    python -m benchmarks.repair --only T3 T8 --methods absorbing --fresh
"""

import argparse

from benchmarks._cells import Cells
from benchmarks.common import (
    add_trial_options,
    one_thread,
    results_folder,
    say,
)
from benchmarks.repair import (
    by_kind,
    cells,
    clean_tables,
    corrections,
    other_domains,
    pairs,
    rows,
    scale,
    speed,
    toys,
    user_tables,
)
from benchmarks.repair.methods import shorten
from benchmarks.repair.report import write_report

PARTS = (
    toys,
    rows,
    pairs,
    cells,
    user_tables,
    by_kind,
    clean_tables,
    scale,
    corrections,
    other_domains,
    speed,
)
TRACKS = {track.name: track for part in PARTS for track in part.TRACKS}
KEYS = ["track", "data", "method", "seed"]


def _wanted(args):
    for name in args.only:
        for data, method, seed in TRACKS[name].cases(args.quick, args.data or ()):
            chosen = args.methods is None or method in args.methods
            chosen &= args.data is None or data in args.data
            if chosen and (args.seeds is None or seed in args.seeds):
                yield name, data, method, seed


def arguments():
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=TRACKS, default=list(TRACKS))
    parser.add_argument("--data", nargs="+", help="default: all of a track")
    parser.add_argument("--methods", nargs="+", help="default: all of a track")
    parser.add_argument("--seeds", nargs="+", type=int, help="default: all of a track")
    parser.add_argument("--fresh", action="store_true", help="run what is named anew")
    add_trial_options(parser, "few rows, one seed")
    parser.add_argument(
        "--debug", action="store_true", help="print warnings, stop at the first error"
    )
    args = parser.parse_args()
    args.results = results_folder(args)
    return args


def main():
    """Run the tracks and write table, summary and picture."""
    args = arguments()
    one_thread()
    if args.quick:
        shorten()
    path = args.results / "repair"
    table = Cells(path.with_suffix(".csv"), KEYS, ["metric"], error="text")
    table.run(
        list(_wanted(args)),
        lambda track, *cell: TRACKS[track].run(*cell, args.quick),
        fresh=args.fresh,
        debug=args.debug,
    )
    say(write_report(table.read(), list(TRACKS.values()), path, args.quick))


if __name__ == "__main__":
    main()
