"""A Parquet file, row group by row group; needs pyarrow."""

import contextlib
import datetime
from decimal import Decimal
from importlib import import_module

import numpy as np
import pandas as pd

from skanomaly._cli.csv_dialect import unique_names
from skanomaly._cli.errors import InputError

__all__ = ["ParquetTable"]


class ParquetTable:
    """A Parquet file whose columns keep their types, and whose metadata is kept.

    Parameters
    ----------
    path : str
        File.
    name : str
        What it is called in messages.
    """

    def __init__(self, path, *, name):
        self.name = name
        self._arrow, self._parquet = _pyarrow()
        try:
            self._file = self._parquet.ParquetFile(path)
        except self._arrow.ArrowException as error:
            raise InputError(f"{name}: not a Parquet file: {error}") from None
        self.schema = self._file.schema_arrow
        self.names = unique_names(self.schema.names)
        kinds = [self._reason(field) for field in self.schema]
        found = zip(self.names, kinds, strict=True)
        self.left_out = {name: reason for name, reason in found if reason}

    def __str__(self):
        return f"Parquet, {self._file.num_row_groups} row groups"

    def chunks(self):
        """Yield the table from top to bottom, as `ParquetChunk`."""
        row = 0
        for i in range(self._file.num_row_groups):
            chunk = ParquetChunk(self, self._file.read_row_group(i), row)
            yield chunk
            row += len(chunk)

    @contextlib.contextmanager
    def writer(self, path):
        """Yield what writes a chunk with some cells replaced, after those before it."""
        options = {"compression": self._compression(), "use_dictionary": True}
        version = self._file.metadata.format_version
        with self._parquet.ParquetWriter(
            path, self.schema, version=version, **options
        ) as writer:
            # One row group each, as in the file that was read.
            yield lambda chunk, *changes: writer.write_table(
                chunk.written(*changes), row_group_size=max(1, len(chunk))
            )

    def _compression(self):
        """Codec of each column, as it is in the first row group."""
        if not self._file.num_row_groups:
            return "snappy"
        group = self._file.metadata.row_group(0)
        columns = [group.column(i) for i in range(group.num_columns)]
        codecs = {c.path_in_schema: c.compression for c in columns}
        return {p: "NONE" if c == "UNCOMPRESSED" else c for p, c in codecs.items()}

    def _reason(self, field):
        """Why a column cannot be judged, or "" if it can."""
        types = self._arrow.types
        kind = field.type
        if types.is_dictionary(kind):
            kind = kind.value_type
        if field.name in _index_columns(self.schema):
            return "index of the table"
        known = (
            types.is_boolean, types.is_integer, types.is_floating, types.is_decimal,
            types.is_date, types.is_timestamp, types.is_string, types.is_large_string,
            getattr(types, "is_string_view", types.is_string),
        )  # fmt: skip
        return "" if any(is_kind(kind) for is_kind in known) else f"cells are {kind}"


class ParquetChunk:
    """A row group of a `ParquetTable`."""

    def __init__(self, table, data, row):
        self.table = table
        self._arrow = table._arrow
        self._data = data
        self._row = row

    def __len__(self):
        return self._data.num_rows

    @property
    def labels(self):
        """Index labels of the rows: their numbers from 0."""
        return self._row + np.arange(len(self))

    def frame(self, rows=None):
        """Return the columns that can be judged, with their types; all or some rows."""
        rows = np.arange(len(self)) if rows is None else rows
        columns = {
            name: self._column(j).iloc[rows].set_axis(self.labels[rows])
            for j, name in enumerate(self.table.names)
            if name not in self.table.left_out
        }
        return pd.DataFrame(columns, index=self.labels[rows])

    def written(self, rows, columns, values):
        """Return this row group with some cells replaced."""
        data = self._data
        for j in np.unique(columns):
            here = np.flatnonzero(columns == j)
            cells = [values[i] for i in here]
            column = self._replaced(int(j), rows[here], cells)
            data = data.set_column(int(j), data.schema.field(int(j)), column)
        return data

    def _column(self, j):
        column, kind = self._data.column(j), self._data.schema.field(j).type
        if self._arrow.types.is_dictionary(kind):
            column, kind = column.cast(kind.value_type), kind.value_type
        if self._arrow.types.is_decimal(kind):
            column = column.cast("float64")
        return column.to_pandas(types_mapper=_nullable, date_as_object=False)

    def _replaced(self, j, rows, cells):
        field = self._data.schema.field(j)
        is_coded = self._arrow.types.is_dictionary(field.type)
        kind = field.type.value_type if is_coded else field.type
        column = self._data.column(j).cast(kind).combine_chunks()
        order = np.argsort(rows)
        mask = np.zeros(len(self), bool)
        mask[rows] = True
        try:
            cells = [_as_type(cells[i], kind, self._arrow.types) for i in order]
            new = self._arrow.array(cells, type=kind)
        except (self._arrow.ArrowException, ValueError, TypeError) as error:
            name = self.table.names[j]
            raise InputError(
                f"column {name!r} cannot hold a new value: {error}"
            ) from None
        column = self._arrow.compute.replace_with_mask(
            column, self._arrow.array(mask), new
        )
        return column.dictionary_encode().cast(field.type) if is_coded else column


def _pyarrow():
    try:
        import_module("pyarrow.compute")
        return import_module("pyarrow"), import_module("pyarrow.parquet")
    except ImportError:
        raise InputError(
            "Parquet files need pyarrow: pip install pyarrow, or use a CSV file."
        ) from None


def _index_columns(schema):
    pandas = schema.pandas_metadata or {}
    return [c for c in pandas.get("index_columns", []) if isinstance(c, str)]


def _nullable(kind):
    """Type of pandas that holds whole numbers exactly where some are missing."""
    name = str(kind)
    if name == "bool":
        return pd.BooleanDtype()
    if name.startswith(("int", "uint")):
        return pd.api.types.pandas_dtype(name.capitalize().replace("Ui", "UI"))
    return None


def _as_type(cell, kind, types):
    """Value that pyarrow takes for a cell of this type."""
    if cell is None or pd.isna(cell):
        return None
    if types.is_decimal(kind):
        return round(Decimal(str(cell)), kind.scale)
    if types.is_date(kind):
        return (
            pd.Timestamp(cell).date() if not isinstance(cell, datetime.date) else cell
        )
    if types.is_integer(kind):
        return int(cell)
    return bool(cell) if types.is_boolean(kind) else cell
