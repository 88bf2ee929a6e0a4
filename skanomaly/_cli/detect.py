"""`skanomaly detect`: score the rows of a table."""

import contextlib

import numpy as np
import pandas as pd

import skanomaly
from skanomaly._cli.columns import known_columns
from skanomaly._cli.errors import InputError, closest
from skanomaly._cli.features import TableFeatures
from skanomaly._cli.frames import frame_writer
from skanomaly._cli.messages import Messages, described, plural
from skanomaly._cli.outputs import STANDARD, Outputs, spooled_input
from skanomaly._cli.sampling import count_rows, require_rows, sampled_rows
from skanomaly._cli.tables import open_table

__all__ = ["run"]

EXPLAINED = 3  # columns that are named for each row


def run(options):
    """Run the command."""
    messages = Messages(quiet=options.quiet, piped=options.output == STANDARD)
    with contextlib.ExitStack() as stack:
        inputs = [options.table, options.train]
        outputs = stack.enter_context(Outputs(inputs, force=options.force))
        target = outputs.path("-o", options.output)
        detector = _detector(options)
        table = _open(stack, options.table, options)
        train = _open(stack, options.train, options) if options.train else table
        _check_same_columns(table, train)
        n_rows = _count(table)
        scorer = _fitted(detector, train, options, messages)
        with frame_writer(target) as write:
            for chunk in messages.progress(table.chunks(), n_rows, "scoring"):
                write(scorer.score(chunk.frame()))
        outputs.finish()
    _summarize(options, table, n_rows, scorer, messages)


class RowScorer:
    """Scores of rows, and the columns that contribute to them."""

    def __init__(self, detector, features, n_fitted, *, explain):
        self._detector, self._explain = detector, explain
        self.features, self.n_fitted = features, n_fitted
        self.n_anomalous = 0  # so far

    def score(self, X):
        """Return one line for each row."""
        rows = self.features.features(X)
        score = self._detector.anomaly_score(rows)
        anomalous = score > -self._detector.offset_
        self.n_anomalous += int(anomalous.sum())
        found = {"row": X.index, "score": score, "anomalous": anomalous.astype(int)}
        if self._explain and len(X):
            found |= self._strongest(rows, score)
        return pd.DataFrame(found)

    def _strongest(self, rows, score):
        """Return the columns with the largest contributions to each score."""
        parts = self._contributions(rows, score)
        names = np.array([column.name for column in self.features.used], dtype=object)
        order = np.argsort(-parts, axis=1, kind="stable")[:, :EXPLAINED]
        found = {}
        for k, chosen in enumerate(order.T, start=1):
            found[f"column_{k}"] = names[chosen]
            found[f"contribution_{k}"] = parts[np.arange(len(parts)), chosen]
        return found

    def _contributions(self, rows, score):
        """Part of each column in the score.

        A detector that cannot say is asked what the score would be with the column's
        usual value.
        """
        if hasattr(self._detector, "feature_scores"):
            return self._detector.feature_scores(rows).to_numpy()
        usual = (self.features.without(rows, c) for c in self.features.used)
        return np.stack(
            [score - self._detector.anomaly_score(x) for x in usual], axis=1
        )


def _detector(options):
    # A detector around another one is nothing to name by a word.
    names = [n for n in skanomaly.detectors.__all__ if n != "CalibratedDetector"]
    if options.detector not in names:
        near = closest(options.detector, names) or f"; there are {', '.join(names)}"
        raise InputError(f"--detector: there is no {options.detector!r}{near}")
    detector = getattr(skanomaly.detectors, options.detector)()
    given = {"contamination": options.contamination, "random_state": options.seed}
    known = detector.get_params(deep=False)
    return detector.set_params(
        **{k: value for k, value in given.items() if k in known and value is not None}
    )


def _open(stack, path, options):
    name = "standard input" if path == STANDARD else path
    path = stack.enter_context(spooled_input(path))
    return open_table(
        path, name=name, encoding=options.encoding, delimiter=options.delimiter
    )


def _count(table):
    n_rows = count_rows(table)
    if not n_rows:
        raise InputError(f"{table.name}: no rows below the line of names.")
    return n_rows


def _check_same_columns(table, train):
    lacking = [name for name in train.names if name not in table.names]
    if lacking:
        raise InputError(
            f"{table.name} has no column {lacking[0]!r}, which {train.name} has."
        )


def _fitted(detector, train, options, messages):
    """Learn from a table, and return what scores rows."""
    ignored = known_columns("--ignore", options.ignore, train)
    n_rows = _count(train)
    require_rows(train, n_rows)
    X = sampled_rows(train, n_rows, options.fit_rows, seed=options.seed)
    features = TableFeatures(X, ignored)
    if not features.used:
        reasons = ", ".join(f"{c} ({why})" for c, why in features.left_out.items())
        raise InputError(f"{train.name}: no column can be used: {reasons}")
    messages.wait(f"learning from {plural(len(X), 'row')}")
    try:
        detector.fit(features.features(X))
    except (TypeError, ValueError) as error:
        raise InputError(f"{train.name}: {error}") from error
    return RowScorer(detector, features, len(X), explain=options.explain)


def _summarize(options, table, n_rows, scorer, messages):
    say, fitted = messages.say, plural(scorer.n_fitted, "row")
    say(described(table, n_rows))
    say(f"{options.detector} learned from {fitted}: {_kinds(scorer.features)}")
    for name, reason in scorer.features.left_out.items():
        say(f"{name}: {reason}")
    say(f"{plural(scorer.n_anomalous, 'row')} of {n_rows:,} anomalous")
    say(f"wrote {options.output} in {messages.seconds()}")


def _kinds(features):
    """Return "2 columns of numbers, 1 column of dates"."""
    kinds = [column.kind for column in features.used]
    what = {
        "number": "of numbers",
        "date": "of dates",
        "category": "of categories",
    }
    return ", ".join(
        f"{plural(kinds.count(kind), 'column')} {text}"
        for kind, text in what.items()
        if kind in kinds
    )
