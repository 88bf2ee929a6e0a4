"""Two ways to repair a table: by what is learned from it, or by decisions."""

import contextlib

import numpy as np
import pandas as pd

import skanomaly
from skanomaly._cli.answers import read_answers
from skanomaly._cli.columns import known_columns, without_empty
from skanomaly._cli.errors import InputError
from skanomaly._cli.sampling import require_rows, sampled_rows

__all__ = ["DecidedRepair", "LearnedRepair", "require_method"]


class LearnedRepair:
    """Learn from the table, or from some of its rows, and repair all of it."""

    def __init__(self, options, table, n_rows, messages):
        require_rows(table, n_rows)
        corrections = None
        if options.corrections is not None:
            corrections = read_answers(
                "--corrections", options.corrections, table, n_rows
            )
        X = _rows_to_learn_from(options, table, n_rows, corrections)
        X, empty = without_empty(X)
        if not X.shape[1]:
            raise InputError(f"{table.name}: no column has a value that can be judged.")
        self.columns = list(X.columns)
        self.left_out = table.left_out | empty
        self.n_fitted = len(X)
        self.corrector = _corrector(options, table, self.columns)
        given = {} if corrections is None else {"corrections": corrections}
        if given:
            require_method(self.corrector, "suggest_rows", "--corrections")
        messages.wait(f"learning from {len(X):,} rows")
        with _refusals(table.name):
            self.corrector.fit(X, **given)

    def repair(self, frame):
        """Return the repaired rows, and the report of their cells."""
        repaired = self.corrector.repair(frame)
        return repaired.table, repaired.report

    def not_judged(self):
        """Columns of which not all cells were judged, and why."""
        report = self.corrector.column_report_
        told = report[~report["status"].str.startswith(("judged", "ignored"))]
        return self.left_out | dict(zip(told["column"], told["status"], strict=True))


class DecidedRepair:
    """Do what a person decided, and nothing else."""

    n_fitted = 0

    def __init__(self, options, table, n_rows, messages):
        self.columns = [name for name in table.names if name not in table.left_out]
        self._decisions = _decided(
            options.decisions,
            read_answers("--decisions", options.decisions, table, n_rows),
        )
        self.corrector = _corrector(options, table, self.columns)
        self._name = table.name
        require_method(self.corrector, "apply", "--decisions")

    def repair(self, frame):
        """Return the rows as decided, and the log of it."""
        here = self._decisions[self._decisions["row"].isin(frame.index)]
        if not len(here):
            return frame, pd.DataFrame()
        with _refusals(self._name):
            return self.corrector.apply(frame, here)

    def not_judged(self):
        """Nothing is judged here."""
        return {}


def _decided(path, answers):
    """Only what is decided, so that parts of the table without it are left alone."""
    if "decision" not in answers:
        raise InputError(f"--decisions {path}: there is no column 'decision'.")
    words = answers["decision"].fillna("").astype(str).str.strip()
    if not (words != "").any():
        raise InputError(f"--decisions {path}: the column 'decision' is empty.")
    return answers[words != ""]


def _corrector(options, table, columns):
    ignored = known_columns("--ignore", options.ignore, table)
    flagged = known_columns("--flag", options.flag, table)
    keys = known_columns("--key", options.key, table)
    roles = dict.fromkeys(flagged, "flag") | dict.fromkeys(ignored, "ignore")
    given = {"error_rate": options.error_rate, "alpha": options.alpha}
    return skanomaly.correctors.AnomalyCorrector(
        **{name: value for name, value in given.items() if value is not None},
        roles={name: role for name, role in roles.items() if name in columns},
        keys=[name for name in keys if name in columns] or "auto",
        fill=True if options.fill else "auto",
        # A cell whose value was not among the rows learned from stays as it is.
        handle_unknown="keep",
        random_state=options.seed,
    )


def _rows_to_learn_from(options, table, n_rows, corrections):
    always = ()
    if corrections is not None:  # a corrected row is an example, so it must be there
        always = corrections["row"] if "row" in corrections else corrections.index
    return sampled_rows(
        table,
        n_rows,
        options.fit_rows,
        seed=options.seed,
        always=np.asarray(always, np.int64),
    )


def require_method(corrector, method, option):
    """Refuse an option that the corrector has no method for."""
    if not hasattr(corrector, method):
        raise InputError(f"{option}: this version of skanomaly has no {method}()")


@contextlib.contextmanager
def _refusals(name):
    """Say in one line what the corrector refuses about a table."""
    try:
        yield
    except (TypeError, ValueError) as error:
        raise InputError(f"{name}: {error}") from error
