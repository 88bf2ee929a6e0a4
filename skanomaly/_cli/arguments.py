"""The arguments of the command line; nothing heavy is imported for `--help`."""

import argparse

from skanomaly import __version__

__all__ = ["parse"]

EPILOG = """\
Files are CSV (any delimiter, encoding and line ends; also .csv.gz) or Parquet (needs
pyarrow). "-" is the standard input or output. Rows are counted from 0, without the line
of names. Exit status: 0 fine, 1 failure, 2 wrong arguments or input."""


def parse(arguments):
    """Read the arguments; argparse ends the program with status 2 if they are wrong."""
    parser = argparse.ArgumentParser(
        prog="skanomaly",
        description="Repair a table, or find the rows in it that are anomalous.",
        epilog=EPILOG,
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_repair(commands)
    _add_detect(commands)
    return parser.parse_args(arguments)


def _add_repair(commands):
    command = commands.add_parser(
        "repair",
        help="change the cells of a table that are wrong, and nothing else",
        description="Change the cells of a table that are wrong. All bytes of the "
        "file that are not part of a changed cell stay as they are.",
        epilog=EPILOG,
    )
    add = command.add_argument
    add("table", help="table to repair")
    add(
        "-o",
        "--output",
        metavar="FILE",
        help="repaired table, in the format of the table; without it nothing is "
        "repaired, only reported",
    )
    add(
        "--report",
        metavar="FILE",
        help="list of changed and flagged cells, with reasons; CSV or Parquet",
    )
    add("--review", metavar="FILE", help="HTML page on which a person decides")
    add(
        "--corrections",
        metavar="FILE",
        help="learn from corrected cells: row, column, "
        "value; or from the decisions of a review page; CSV or Parquet",
    )
    add(
        "--decisions",
        metavar="FILE",
        help="do what was decided on a review page, and nothing else; CSV or Parquet",
    )
    add(
        "--error-rate",
        type=_share,
        metavar="P",
        help="share of wrong cells to expect (0.03)",
    )
    add("--alpha", type=_share, metavar="P", help="largest risk of a change (0.2)")
    add(
        "--ignore",
        nargs="+",
        action="extend",
        default=[],
        metavar="COL",
        help="columns that are neither judged nor evidence for others",
    )
    add(
        "--flag",
        nargs="+",
        action="extend",
        default=[],
        metavar="COL",
        help="columns in which wrong cells are reported, not changed",
    )
    add(
        "--key",
        nargs="+",
        action="extend",
        default=[],
        metavar="COL",
        help="columns that together name what a row describes, if several rows "
        "describe the same",
    )
    add("--fill", action="store_true", help="fill missing cells too")  # fmt: skip
    add(
        "--fit-rows",
        type=_count,
        default=100_000,
        metavar="N",
        help="learn from so many rows, drawn at random, where there are more (100000)",
    )
    _add_common(command)


def _add_detect(commands):
    command = commands.add_parser(
        "detect",
        help="score the rows of a table: which are anomalous?",
        description="Score the rows of a table. A detector learns what most rows look "
        "like; the scores are higher for more anomalous rows.",
        epilog=EPILOG,
    )
    add = command.add_argument
    add("table", help="table whose rows are scored")
    add(
        "-o",
        "--output",
        metavar="FILE",
        required=True,
        help="scores: row, score, anomalous (1 or 0); CSV or Parquet",
    )
    add(
        "--detector",
        default="AutoEncoder",
        metavar="NAME",
        help="any detector of skanomaly.detectors (AutoEncoder)",
    )
    add(
        "--explain",
        action="store_true",
        help="write the columns too that contribute most to the score of each row",
    )
    add(
        "--train",
        metavar="TABLE",
        help="learn from the rows of this table, which are "
        "normal, in place of those that are scored",
    )
    add(
        "--contamination",
        type=_share,
        metavar="P",
        help="share of the rows learned from that is called anomalous; by default the "
        "threshold that a tenth of new normal rows exceeds",
    )
    add(
        "--ignore",
        nargs="+",
        action="extend",
        default=[],
        metavar="COL",
        help="columns that are left out, such as numbers that only name a row",
    )
    add(
        "--fit-rows",
        type=_count,
        default=100_000,
        metavar="N",
        help="learn from so many rows, drawn at random, where there are more (100000)",
    )
    _add_common(command)


def _add_common(command):
    add = command.add_argument
    add(
        "--encoding",
        metavar="NAME",
        help="encoding of the CSV file, if what is found is wrong",
    )
    add(
        "--delimiter",
        type=_delimiter,
        metavar="CHAR",
        help="delimiter of the CSV file, if what is found is wrong; 'tab' is a tab",
    )
    add(
        "--seed",
        type=int,
        default=0,
        metavar="N",
        help="equal seeds give equal results (0)",
    )
    add("--force", action="store_true", help="replace outputs that exist")
    add("--quiet", action="store_true", help="say nothing unless it fails")
    add("--debug", action="store_true", help="show the traceback of an error")


def _delimiter(text):
    char = {"tab": "\t", "\\t": "\t"}.get(text, text)
    if len(char) != 1 or not char.isascii() or char in '"\n\r':
        raise argparse.ArgumentTypeError(f"{text!r} is not a single ASCII character")
    return char


def _share(text):
    try:
        share = float(text)
    except ValueError:
        share = 0.0
    if not 0 < share < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number between 0 and 1")
    return share


def _count(text):
    try:
        count = int(text.replace(",", "").replace("_", ""))
    except ValueError:
        count = 0
    if count < 2:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of rows above 1")
    return count
