"""A CSV file of figures, one a row, that remembers what is finished."""

import csv
import time
import warnings

import pandas as pd
from _common import duration, say


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
    """

    def __init__(self, path, keys, labels):
        self.path, self.keys, self.labels = path, keys, labels
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            self._write(pd.DataFrame(columns=[*keys, *labels, "value", "error"]))

    def read(self):
        """Return the rows; the latest of each counts."""
        table = pd.read_csv(self.path)
        return table.drop_duplicates([*self.keys, *self.labels], keep="last")

    def run(self, wanted, compute, *, fresh=False):
        """Compute what is not finished, and write each cell at once.

        Parameters
        ----------
        wanted : list of tuple
            The cells.
        compute : callable
            ``compute(*cell)`` returns a dict from labels (a tuple) to figures.
        fresh : bool, default=False
            Whether to forget earlier figures of the wanted cells.
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
            told = self._compute(cell, compute)
            now = time.perf_counter()
            place = f"[{i}/{len(cells)} {duration(now - start)}]"
            say(f"{place} {' | '.join(map(str, cell))}: {told}, {now - began:.1f} s")

    def _compute(self, cell, compute):
        nothing = (float("nan"),) * len(self.labels)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                figures = compute(*cell)
            except Exception as error:
                text = f"{type(error).__name__}: {error}"[:200]
                self._append(cell, {nothing: float("nan")}, text)
                return text
        self._append(cell, figures)
        shown = [f"{'/'.join(map(str, k))} {v:.3g}" for k, v in figures.items()]
        return ", ".join(shown[:4])

    def _append(self, cell, figures, error=""):
        with self.path.open("a", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            for labels, value in figures.items():
                writer.writerow([*cell, *labels, f"{float(value):.6g}", error])

    def _finished(self):
        table = self.read()
        table = table[table["error"].isna()]
        return set(table[self.keys].itertuples(index=False, name=None))

    def _forget(self, cells):
        table = self.read()
        gone = table[self.keys].apply(tuple, axis=1).isin(set(cells))
        self._write(table[~gone] if len(table) else table)

    def _write(self, table):
        table.to_csv(self.path, index=False)
