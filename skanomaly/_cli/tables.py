"""Open a table by what is in the file, and the answers that belong to it."""

from skanomaly._cli.csv_table import CsvTable
from skanomaly._cli.errors import InputError
from skanomaly._cli.parquet_table import ParquetTable

__all__ = ["check_same_format", "open_table"]

PARQUET = (".parquet", ".pq")
OTHERS = {
    b"PK\x03\x04": "an Excel or zip file; save the sheet as CSV",
    b"\xd0\xcf\x11\xe0": "an old Excel file; save the sheet as CSV",
    b"%PDF": "a PDF file",
    b"BZh": "packed by bzip2; unpack it, or use gzip",
    b"\xfd7zX": "packed by xz; unpack it, or use gzip",
    b"\x28\xb5\x2f\xfd": "packed by zstd; unpack it, or use gzip",
}


def open_table(path, *, name=None, **options):
    """Open a CSV file, packed or not, or a Parquet file; `options` of `CsvTable`."""
    name = name or path
    with open(path, "rb") as file:
        head = file.read(4)
    if not head:
        raise InputError(f"{name}: the file is empty.")
    for magic, what in OTHERS.items():
        if head.startswith(magic):
            raise InputError(f"{name}: this is {what}.")
    if head == b"PAR1":
        return ParquetTable(path, name=name)
    if name.lower().endswith(PARQUET):
        raise InputError(
            f"{name}: its name says Parquet, but it does not begin like such a file: "
            "it is broken, or has another format and needs another name."
        )
    return CsvTable(path, name=name, **options)


def check_same_format(table, target):
    """Refuse a name that promises another format than that of the table."""
    named = target.lower().endswith(PARQUET)
    if named != isinstance(table, ParquetTable) and target != "-":
        is_text = target.lower().removesuffix(".gz").endswith((".csv", ".tsv", ".txt"))
        if named or is_text:
            raise InputError(
                f"-o {target}: the table keeps its format, {table}; "
                f"name it {_renamed(target, '.csv' if named else '.parquet')}."
            )


def _renamed(target, suffix):
    stem = target[:-3] if target.lower().endswith(".gz") else target
    return stem[: stem.rindex(".")] + suffix
