"""Reports and scores as files, appended chunk by chunk."""

import contextlib

import pandas as pd

from skanomaly._cli.errors import InputError
from skanomaly._cli.outputs import create
from skanomaly.utils._spreadsheet import for_spreadsheet

__all__ = ["frame_writer"]


@contextlib.contextmanager
def frame_writer(path):
    """Yield what appends a frame to a CSV or Parquet file; None writes nothing."""
    if path is None:
        yield lambda _: None
    elif path.lower().endswith((".parquet", ".pq")):
        parts: list[pd.DataFrame] = []
        yield parts.append
        _write_parquet(path, [part for part in parts if len(part.columns)])
    else:
        with create(path) as file:
            yield _CsvAppender(file)


class _CsvAppender:
    """Writes the names once, above the first frame that has columns."""

    def __init__(self, file):
        self._file = file
        self._names = None

    def __call__(self, frame):
        if not len(frame.columns):
            return
        first, self._names = self._names is None, frame.columns
        text = _safe(frame).to_csv(index=False, header=first, lineterminator="\n")
        self._file.write(text.encode("utf-8"))


def _safe(frame):
    """Write texts so that a spreadsheet takes them for nothing else.

    People open reports there. `read_answers` finds the texts again.
    """
    texts = frame.select_dtypes(exclude="number")
    return frame.assign(**{name: texts[name].map(_safe_cell) for name in texts})


def _safe_cell(cell):
    return for_spreadsheet(None if pd.isna(cell) else str(cell))


def _write_parquet(path, parts):
    whole = pd.concat(parts) if parts else pd.DataFrame()
    mixed = whole.select_dtypes(object).columns  # old and new values of all columns
    texts = whole[mixed].map(lambda cell: None if pd.isna(cell) else str(cell))
    try:
        whole.assign(**texts).to_parquet(path, index=False)
    except ImportError:
        raise InputError(
            "Parquet files need pyarrow: pip install pyarrow, or name a CSV file."
        ) from None
