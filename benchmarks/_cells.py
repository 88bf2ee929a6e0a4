"""CSV files that remember what of a benchmark is finished.

In `Rows` a run is one row; in `Cells` it has a row for each of its figures.
"""

import csv
import time
import warnings

import pandas as pd

from benchmarks.common import duration, say


class Rows:
    """A CSV file with one row for each run; what is written later counts.

    Parameters
    ----------
    path : Path
        The file; it is made if it is not there.
    keys : list of str
        Columns that name a run.
    columns : list of str
        All columns, the keys first.
    """

    def __init__(self, path, keys, columns):
        self.path, self.keys, self.columns = path, keys, columns
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            self.clear()

    def clear(self):
        """Forget all rows."""
        self.path.write_text(",".join(self.columns) + "\n")

    def read(self):
        """Return the rows, the latest of each run."""
        table = pd.read_csv(self.path, dtype={"params": str, "error": str})
        return table.drop_duplicates(self.keys, keep="last")

    def append(self, row):
        """Write a row at once: what comes next may be interrupted."""
        with self.path.open("a", newline="") as file:
            csv.DictWriter(file, self.columns, lineterminator="\n").writerow(row)


class Cells:
    """What is finished of a benchmark, and a place for what follows.

    A cell is one run, named by its keys; it has any number of rows, one for each
    figure, which may have further labels.

    Parameters
    ----------
    path : Path
        The file; it is made if it is not there.
    keys : list of str
        Columns that name a cell.
    labels : list of str
        Columns that tell the figures of a cell apart.
    error : str, default="error"
        Column that says why a cell has no figures.
    """

    def __init__(self, path, keys, labels, error="error"):
        self.path, self.keys, self.labels, self.error = path, keys, labels, error
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            self._write(pd.DataFrame(columns=[*keys, *labels, "value", error]))

    def read(self):
        """Return the rows; the latest of each counts."""
        table = pd.read_csv(self.path)
        return table.drop_duplicates([*self.keys, *self.labels], keep="last")

    def run(self, wanted, compute, *, fresh=False, debug=False):
        """Compute what is not finished, and write each cell at once.

        Parameters
        ----------
        wanted : list of tuple
            The cells.
        compute : callable
            ``compute(*cell)`` returns a dict from labels to figures: tuples, or strings
            if there is one column of labels.
        fresh : bool, default=False
            Whether to forget earlier figures of the wanted cells.
        debug : bool, default=False
            Whether to print warnings and to stop at the first error.
        """
        if fresh:
            self._forget(wanted)
        done = self._finished()
        cells = [cell for cell in wanted if cell not in done]
        self._forget(cells)
        say(f"{len(wanted) - len(cells)} cells finished, {len(cells)} to run")
        start = time.perf_counter()
        for i, cell in enumerate(cells, 1):
            began = time.perf_counter()
            told = self._compute(cell, compute, debug)
            now = time.perf_counter()
            place = f"[{i}/{len(cells)} {duration(now - start)}]"
            say(f"{place} {' | '.join(map(str, cell))}: {told}, {now - began:.1f} s")

    def _compute(self, cell, compute, debug):
        nothing = (float("nan"),) * len(self.labels)
        with warnings.catch_warnings():
            warnings.simplefilter("default" if debug else "ignore")
            try:
                figures = compute(*cell)
            except Exception as error:
                if debug:
                    raise
                text = f"{type(error).__name__}: {error}"[:200]
                self._append(cell, {nothing: float("nan")}, text)
                return text
        self._append(cell, figures)
        names = [k if isinstance(k, str) else "/".join(k) for k in figures]
        shown = [f"{k} {v:.3g}" for k, v in zip(names, figures.values(), strict=True)]
        return ", ".join(shown[:6])

    def _append(self, cell, figures, error=""):
        with self.path.open("a", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            for labels, value in figures.items():
                labels = (labels,) if isinstance(labels, str) else labels
                writer.writerow([*cell, *labels, f"{float(value):.6g}", error])

    def _finished(self):
        table = self.read()
        table = table[table[self.error].isna()]
        return set(table[self.keys].itertuples(index=False, name=None))

    def _forget(self, cells):
        table = self.read()
        gone = table[self.keys].apply(tuple, axis=1).isin(set(cells))
        self._write(table[~gone] if len(table) else table)

    def _write(self, table):
        table.to_csv(self.path, index=False)
