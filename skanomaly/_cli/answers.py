"""Corrections and decisions of a person, read from a file."""

import numpy as np
import pandas as pd

from skanomaly._cli.errors import InputError, closest
from skanomaly._cli.outputs import spooled_input
from skanomaly._cli.tables import open_table
from skanomaly.utils._spreadsheet import from_spreadsheet

__all__ = ["read_answers"]

# The columns of a report that hold numbers.
NUMBERS = (
    "p_new", "p_error", "low", "high", "n_edits", "p_anomaly_before", "p_anomaly_after",
)  # fmt: skip


def read_answers(option, path, table, n_rows):
    """Read a file of corrections or decisions about the rows of a table.

    Parameters
    ----------
    option : str
        Argument that named the file, for messages.
    path : str
        CSV or Parquet file: cells (row, column, value), a reviewed report, or whole
        rows (row, and the columns of the table).
    table : CsvTable or ParquetTable
        What the answers are about.
    n_rows : int
        Number of its rows.

    Returns
    -------
    DataFrame
        As `fit` takes it for `corrections`, and `apply` for `decisions`.
    """
    with spooled_input(path) as file:
        chunks = open_table(file, name=path).chunks()
        answers = pd.concat([chunk.frame() for chunk in chunks], ignore_index=True)
    if "decision" in answers.columns and not path.lower().endswith((".parquet", ".pq")):
        # It was a report, or a page made it: an apostrophe in front hides a formula.
        answers = answers.map(from_spreadsheet)
    if "row" not in answers.columns:
        raise InputError(
            f"{option} {path}: there is no column 'row', but {list(answers.columns)}."
        )
    answers["row"] = _row_numbers(option, path, answers["row"], n_rows)
    if "column" in answers.columns:
        _check_columns(option, path, answers["column"], table)
        for name in set(NUMBERS) & set(answers.columns):
            answers[name] = pd.to_numeric(answers[name], errors="coerce")
        return answers
    if set(answers.columns) - {"row"} <= set(table.names):
        return answers.set_index("row").rename_axis(None)
    raise InputError(
        f"{option} {path}: there is neither a column 'column', for cells, nor are the "
        "others those of the table, for whole rows."
    )


def _row_numbers(option, path, rows, n_rows):
    numbers = pd.to_numeric(rows, errors="coerce").to_numpy(float, na_value=np.nan)
    with np.errstate(invalid="ignore"):
        wrong = ~((numbers >= 0) & (numbers < n_rows) & (numbers % 1 == 0))
    if wrong.any():
        first = int(np.flatnonzero(wrong)[0])
        raise InputError(
            f"{option} {path}, entry {first + 1:,}: row {rows.iloc[first]!r} is not a "
            f"row of the table, which has the rows 0 to {n_rows - 1:,}."
        )
    return numbers.astype(np.int64)


def _check_columns(option, path, columns, table):
    known = [column in table.names for column in columns]
    wrong = np.flatnonzero(~np.array(known, bool) & columns.notna().to_numpy())
    if len(wrong):
        name = columns.iloc[wrong[0]]
        raise InputError(
            f"{option} {path}, entry {wrong[0] + 1:,}: the table has no column "
            f"{name!r}{closest(name, table.names)}"
        )
