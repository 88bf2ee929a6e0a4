"""What a command says about its work."""

import sys
import time

from tqdm import tqdm

__all__ = ["Messages", "described", "listed", "plural"]


class Messages:
    """Lines for people on standard output, or on standard error where data go there.

    Parameters
    ----------
    quiet : bool
        Whether to say nothing.
    piped : bool
        Whether the standard output is for data.
    """

    def __init__(self, *, quiet, piped):
        self._quiet = quiet
        self._file = sys.stderr if piped else sys.stdout
        self._start = time.perf_counter()

    def say(self, line):
        """Print a line."""
        if not self._quiet:
            print(line, file=self._file)

    def progress(self, chunks, n_rows, what):
        """Pass chunks through, and show how many rows are done, on a terminal."""
        hidden = self._quiet or not sys.stderr.isatty()
        with tqdm(
            total=n_rows, desc=what, unit=" rows", unit_scale=True, disable=hidden,
            leave=False,
        ) as bar:  # fmt: skip
            for chunk in chunks:
                yield chunk
                bar.update(len(chunk))

    def wait(self, what):
        """Say what takes a while, on a terminal."""
        if not self._quiet and sys.stderr.isatty():
            print(what, file=sys.stderr)

    def seconds(self):
        """Seconds since the command began, as text."""
        return f"{time.perf_counter() - self._start:.1f} s"


def described(table, n_rows):
    """Return "dirty.csv: 500 rows, 7 columns, UTF-8, delimiter comma"."""
    n_columns = len(table.names)
    size = f"{plural(n_rows, 'row')}, {plural(n_columns, 'column')}"
    return f"{table.name}: {size}, {table}"


def plural(count, noun):
    """Return "1 row", "2,000 rows"."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def listed(counts, limit=12):
    """Return "ounces 2,410, abv 945" of a mapping from names to counts."""
    found = sorted(counts.items(), key=lambda item: -item[1])
    parts = [f"{name} {count:,}" for name, count in found[:limit]]
    rest = len(found) - limit
    more = [plural(rest, "more column")] if rest > 0 else []
    return ", ".join(parts + more)
