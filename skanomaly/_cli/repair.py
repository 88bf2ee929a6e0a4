"""`skanomaly repair`: change the cells of a table that are wrong."""

import contextlib

import pandas as pd

from skanomaly._cli.errors import InputError
from skanomaly._cli.frames import frame_writer
from skanomaly._cli.messages import Messages, described, listed, plural
from skanomaly._cli.outputs import STANDARD, Outputs, spooled_input
from skanomaly._cli.repairers import DecidedRepair, LearnedRepair, require_method
from skanomaly._cli.sampling import count_rows
from skanomaly._cli.tables import check_same_format, open_table
from skanomaly._cli.tally import Tally, changes_between

__all__ = ["run"]

# A page with more rows would be slow to open.
MOST_REVIEWED = 10_000


def run(options):
    """Run the command."""
    _check(options)
    inputs = [options.table, options.corrections, options.decisions]
    messages = Messages(
        quiet=options.quiet, piped=STANDARD in (options.output, options.report)
    )
    with contextlib.ExitStack() as stack:
        outputs = stack.enter_context(Outputs(inputs, force=options.force))
        paths = _output_paths(options, outputs)
        path = stack.enter_context(spooled_input(options.table))
        table = _open(options, path)
        n_rows = count_rows(table)
        if not n_rows:
            raise InputError(f"{table.name}: no rows below the line of names.")
        way = LearnedRepair if options.decisions is None else DecidedRepair
        repairer = way(options, table, n_rows, messages)
        if options.review:
            require_method(repairer.corrector, "review", "--review")
        tally = _write(table, n_rows, repairer, paths, messages)
        outputs.finish()
    _summarize(options, table, n_rows, repairer, tally, messages)


def _check(options):
    """Refuse arguments that do not go together."""
    if not (options.output or options.report or options.review):
        raise InputError("say what to write: -o, --report or --review.")
    if options.decisions and options.corrections:
        raise InputError(
            "--decisions does what was decided, --corrections learns from it: give one."
        )
    if options.decisions and options.review:
        raise InputError("--decisions are the answers to a --review: give one.")
    both = sorted(set(options.ignore) & set(options.flag))
    if both:
        raise InputError(f"--ignore and --flag: both name {both[0]!r}.")


def _output_paths(options, outputs):
    targets = {
        "-o": options.output,
        "--report": options.report,
        "--review": options.review,
    }
    return {o: outputs.path(o, t) if t else None for o, t in targets.items()}


def _open(options, path):
    standard = options.table == STANDARD
    table = open_table(
        path,
        name="standard input" if standard else options.table,
        encoding=options.encoding,
        delimiter=options.delimiter,
    )
    if options.output:
        check_same_format(table, options.output)
    return table


def _write(table, n_rows, repairer, paths, messages):
    """Repair chunk by chunk, and write table, report and page."""
    tally, for_review = Tally(), ReviewedRows(n_rows, wanted=bool(paths["--review"]))
    with contextlib.ExitStack() as stack:
        write = stack.enter_context(_table_writer(table, paths["-o"]))
        write_report = stack.enter_context(frame_writer(paths["--report"]))
        for chunk in messages.progress(table.chunks(), n_rows, "repairing"):
            frame = chunk.frame()[repairer.columns]
            repaired, report = repairer.repair(frame)
            changes = changes_between(frame, repaired, table.names)
            write(chunk, *changes)
            write_report(report)
            tally.add(changes, report, table.names)
            for_review.add(frame, report)
    if paths["--review"]:
        for_review.write(repairer.corrector, paths["--review"], messages)
    return tally


def _table_writer(table, path):
    if path is None:
        return contextlib.nullcontext(lambda *_: None)
    return table.writer(path)


class ReviewedRows:
    """Rows for the review page: all of a small table, those with changes of others."""

    def __init__(self, n_rows, *, wanted):
        self._n_rows, self._wanted = n_rows, wanted
        self._parts, self._n_kept, self._n_left_out = [], 0, 0

    def add(self, frame, report):
        """Keep the rows that the page shows."""
        if not self._wanted:
            return
        if len(frame) < self._n_rows:
            frame = frame[frame.index.isin(report["row"])]
            kept = frame[: MOST_REVIEWED - self._n_kept]
            self._n_left_out += len(frame) - len(kept)
            frame = kept
        self._n_kept += len(frame)
        self._parts.append(frame)

    def write(self, corrector, path, messages):
        """Write the page, and say where it does not show all."""
        corrector.review(pd.concat(self._parts), path)
        if self._n_left_out:
            shown = f"{self._n_kept:,} of {self._n_kept + self._n_left_out:,}"
            messages.say(f"the page shows the first {shown} rows with changes")


def _summarize(options, table, n_rows, repairer, tally, messages):
    """Say in a few lines what was done."""
    say = messages.say
    say(described(table, n_rows))
    if 0 < repairer.n_fitted < n_rows:
        say(f"learned from {repairer.n_fitted:,} rows, see --fit-rows")
    say(_changed(tally, "changed" if options.output else "would change"))
    for what, counts in [("flagged", tally.flagged), ("failed", tally.failed)]:
        if counts:
            cells = plural(counts.total(), "cell")
            say(f"{what} {cells}, as they were: {listed(counts)}")
    reasons = repairer.not_judged()
    for name in filter(reasons.__contains__, table.names):
        say(f"{name}: {reasons[name]}")
    written = [options.output, options.report, options.review]
    say(f"wrote {', '.join(w for w in written if w)} in {messages.seconds()}")


def _changed(tally, verb):
    if not tally.changed:
        return f"{verb} nothing"
    cells, rows = plural(tally.changed.total(), "cell"), plural(tally.rows, "row")
    return f"{verb} {cells} in {rows}: {listed(tally.changed)}"
