"""The programs of a table as a list: read, switched off, saved, and applied."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self, overload

import numpy as np

from skanomaly.correctors._examples.columns import LearnedProgram
from skanomaly.correctors._examples.saving import allow, decode, encode
from skanomaly.correctors._examples.table import ColumnPrograms
from skanomaly.correctors._examples.texts import text_columns
from skanomaly.correctors._formats.neighbours import Move
from skanomaly.correctors._formats.program import ColumnProgram
from skanomaly.correctors._formats.table import (
    FormatColumn,
    FormatEdits,
    TableFormats,
    joined_edits,
    last_of_each,
)
from skanomaly.correctors._table.frames import to_frame
from skanomaly.correctors._table.reading import Reader
from skanomaly.correctors._table.writing import try_write_cells
from skanomaly.utils._typing import MatrixLike

__all__ = ["BELIEVED", "ListedProgram", "RepairPrograms", "listed", "run_programs"]

# What programs write is evidence for other cells from this probability on; the rest of
# what they say only ranks, and flags, the cells.
BELIEVED = 0.8
_KIND = "skanomaly programs"


@allow
@dataclass
class ListedProgram:
    """One program of a table: what is done to one column, and whether it is done.

    Parameters
    ----------
    column : object
        Name of the column, or its position in an array.
    program : ColumnProgram, Move or LearnedProgram
        What is done.
    source : object
        The column whose text is read, mostly `column` itself.
    reader : Reader or None
        What stands for a missing value, for formats.
    enabled : bool
        Whether it is done; set it to False to switch the program off.
    """

    column: Any
    program: ColumnProgram | Move | LearnedProgram
    source: Any
    reader: Reader | None = None
    enabled: bool = True

    @property
    def is_learned(self) -> bool:
        """Whether it was learned from corrections."""
        return isinstance(self.program, LearnedProgram)

    @property
    def p_right(self) -> float:
        """Probability that what it writes is right."""
        return float(self.program.p_right)

    @property
    def n_examples(self) -> int:
        """Number of corrected cells that it writes as they should be."""
        return (
            self.program.n_examples if isinstance(self.program, LearnedProgram) else 0
        )

    def __str__(self) -> str:
        if isinstance(self.program, Move):
            return f"{self.source}: move the end into empty '{self.column}'"
        if isinstance(self.program, ColumnProgram):
            return str(self.program)
        return f"{self.column}: {self.program}"

    def __repr__(self) -> str:
        state = "" if self.enabled else ", switched off"
        return f"<{self}, p {self.p_right:.2f}{state}>"


class RepairPrograms(Sequence):
    r"""Programs that rewrite cells of a table, in the order in which they are applied.

    The ``programs_`` of `AnomalyCorrector` and `NoisyChannelCorrector`: formats that
    the table itself shows, then what was learned from corrections. Setting ``enabled``
    of an entry to False switches it off, in the corrector too.

    Parameters
    ----------
    entries : iterable of programs, default=()
        What `programs_` consists of: each with ``str``, ``column``, ``enabled``,
        ``p_right``, ``is_learned`` and ``n_examples``.

    Examples
    --------
    >>> import pandas as pd
    >>> from skanomaly.correctors import AnomalyCorrector, RepairPrograms
    >>> X = pd.DataFrame({"size": [f"{k} cm" for k in range(10, 60)]})
    >>> right = pd.DataFrame({"size": ["10", "11", "12"]}, index=[0, 1, 2])
    >>> corrector = AnomalyCorrector(random_state=0).fit(X, corrections=right)
    >>> print(*corrector.programs_, sep="\n")
    size: keep digits only (for like '9 a')
    >>> programs = RepairPrograms.from_json(corrector.programs_.to_json())
    >>> programs.apply(pd.DataFrame({"size": ["75 cm", "many"]}))["size"].tolist()
    ['75', 'many']
    """

    def __init__(self, entries: Iterable[ListedProgram] = ()) -> None:
        self.entries: list[ListedProgram] = list(entries)

    def __len__(self) -> int:
        return len(self.entries)

    def __iter__(self) -> Iterator[ListedProgram]:
        return iter(self.entries)

    @overload
    def __getitem__(self, index: int) -> ListedProgram: ...

    @overload
    def __getitem__(self, index: slice) -> RepairPrograms: ...

    def __getitem__(self, index: int | slice) -> ListedProgram | RepairPrograms:
        if isinstance(index, slice):
            return RepairPrograms(self.entries[index])
        return self.entries[index]

    def __repr__(self) -> str:
        lines = [f"{i}: {entry!r}" for i, entry in enumerate(self.entries)]
        return "\n".join(lines) or "no programs"

    def to_json(self) -> str:
        """Write the programs as JSON, switches included.

        Returns
        -------
        str
            What `from_json` reads.
        """
        content = {"kind": _KIND, "version": 1, "programs": encode(self.entries)}
        return json.dumps(content, indent=1)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read programs that `to_json` wrote.

        Parameters
        ----------
        text : str
            The JSON; nothing in it is executed.

        Returns
        -------
        RepairPrograms
            The programs.

        Raises
        ------
        ValueError
            If the text is something else.
        """
        try:
            content = json.loads(text)
            if content["kind"] != _KIND or content["version"] != 1:
                raise ValueError
            return cls(decode(content["programs"]))
        except (KeyError, TypeError, ValueError, AttributeError):
            raise ValueError(
                "text is no JSON of programs; pass what to_json returned."
            ) from None

    def apply(self, X: MatrixLike, *, alpha: float = 0.2) -> Any:
        """Rewrite a table with the programs that are switched on; needs no fit.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, n_features)
            A table that has the columns of the programs.
        alpha : float, default=0.2
            Largest risk of a change, in (0, 1): what a program writes with a smaller
            probability than ``1 - alpha`` is left out.

        Returns
        -------
        DataFrame or ndarray of shape (n_samples, n_features)
            A copy of `X` of the same type.

        Raises
        ------
        ValueError
            If a column is missing.
        """
        frame = to_frame(X)
        self._require_columns(frame)
        _, edits = run_programs([e for e in self.entries if e.enabled], frame)
        sure = edits.p >= 1 - alpha
        cells = (edits.rows[sure], edits.columns[sure], edits.values[sure])
        return try_write_cells(X, *cells)[0]

    def _require_columns(self, frame):
        for entry in self.entries:
            for name in (entry.column, entry.source):
                if name not in frame.columns:
                    raise ValueError(
                        f"X has no column {name!r}, which '{entry}' needs."
                    )


def run_programs(entries, frame):
    """Return the table as some of the programs write it, and the `FormatEdits`."""
    place = {name: j for j, name in enumerate(frame.columns)}
    table, edits = _formats_of(entries, frame, place).apply(frame)
    return _by_examples([e for e in entries if e.is_learned], table, edits, place)


def listed(frame, formats, learned):
    """Return the entries of a table's formats and learned programs."""
    names = list(frame.columns)
    entries: list[ListedProgram] = []
    if formats is not None:
        entries += [
            ListedProgram(names[j], column.program, names[j], column.reader)
            for j, column in formats.columns.items()
            if column.program.steps
        ]
        entries += [
            ListedProgram(names[m.target], m, names[m.source]) for m in formats.moves
        ]
    return entries + [
        ListedProgram(names[part.column], program, names[part.source])
        for part in learned
        for program in part.programs
    ]


def _formats_of(entries, frame, place):
    """Put the formats among the entries together again."""
    formats = TableFormats("auto", None)
    formats.names = [str(name) for name in frame.columns]
    formats.moves = []
    formats.columns = {
        place[e.column]: FormatColumn(e.reader, e.program)
        for e in entries
        if isinstance(e.program, ColumnProgram)
    }
    for entry in entries:
        if isinstance(entry.program, Move):
            _add_move(formats, entry, frame, place)
    return formats


def _add_move(formats, entry, frame, place):
    """Add a move, unless one of its columns holds no text here."""
    ends = place[entry.source], place[entry.column]
    for j in ends:
        if j not in formats.columns:
            formats.columns[j] = formats.plain_column(frame, j)
    if None not in (formats.columns[j] for j in ends):
        move = replace(entry.program, source=ends[0], target=ends[1])
        formats.moves.append(move)
    formats.columns = {j: c for j, c in formats.columns.items() if c is not None}


def _by_examples(entries, table, edits, place):
    """Add what the learned programs write; all of them read the same table."""
    if not entries:
        return table, edits
    texts = text_columns(table)
    made = joined_edits([_edits(part, texts) for part in _by_source(entries, place)])
    sure = made.p >= BELIEVED
    written, _ = try_write_cells(
        table, made.rows[sure], made.columns[sure], made.values[sure]
    )
    # A doubtful program is no reason to give up what a format has written.
    key, taken = (
        e.columns.astype(np.int64) * len(table) + e.rows for e in (made, edits)
    )
    made = made.where(sure | ~np.isin(key, taken))
    return written, last_of_each(joined_edits([edits, made]))


def _by_source(entries, place):
    """Gather programs of the same column that read the same text, in their order."""
    parts: dict = {}
    for e in entries:
        key = place[e.column], place[e.source]
        parts.setdefault(key, ColumnPrograms(*key, [])).programs.append(e.program)
    return parts.values()


def _edits(part, texts):
    if part.column not in texts or part.source not in texts:
        return joined_edits([])
    rows, values, p, by = part.edits(texts)
    reasons = np.array(
        [f"{one}, as in {one.n_examples} corrected" for one in by], object
    )
    return FormatEdits(rows, np.full(len(rows), part.column), values, p, reasons)
