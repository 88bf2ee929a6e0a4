"""How odd a cell is, apart from whether it may be changed.

A verdict is cautious: it asks for evidence in the row, for values that are common, for
somebody to blame. An order of the cells needs none of that. So the cells about which
no verdict is spoken are ordered by how likely they are wrong, all things considered,
and keep away from one half, which would be a verdict.
"""

import numpy as np

from skanomaly.correctors._cleaning.alike import in_parts
from skanomaly.correctors._cleaning.calibration import Calibration, draw_errors
from skanomaly.correctors._cleaning.similar_rows import SimilarRows
from skanomaly.correctors._table.codec import MISSING

__all__ = ["Ranking"]

# Rows on which the model is weighed, and into which errors are injected.
SAMPLE_ROWS = 1000
# Undecided cells are pressed together from here to one half, which would be a flag.
BELOW_HALF, UNDECIDED = 0.45, 0.499
# A cell that is less likely wrong than this, all things considered, is not called so.
DOUBTED = 0.4
# Rows that are compared with others at once.
CHUNK_ROWS = 1000


class Ranking:
    """Calibrated probability of each cell to be wrong, for the order of the cells.

    Parameters
    ----------
    verdicts : Verdicts
        Fitted: it says how many errors there are, and how far to trust them.

    Attributes
    ----------
    similar : SimilarRows
        What similar rows say, besides the counts of the model.
    calibration : Calibration
    """

    def __init__(self, verdicts):
        self.verdicts = verdicts

    def fit_order(self, model, codes, belief, raw, result):
        """Learn from a table, and return `order` of its rows.

        Parameters
        ----------
        model, codes, belief, raw
            As in `Verdicts.fit`.
        result : CellPosterior
            Verdicts.
        """
        sample = _sample(len(codes), model.seed)
        logs = {j: _logs(model, belief, j, sample) for j in self._judged(model)}
        priors = [column.prior_.log_p for column in model.columns_]
        self.similar = SimilarRows(model.n_categories, priors, model.seed)
        self.similar.fit(belief, sample, logs)
        evidence = belief.evidence[sample]
        nearness = self.similar.nearness(evidence, sample)
        for j in self.similar.pool:
            similar = self.similar.log_p(j, nearness, evidence[:, j])
            logs[j] = self.similar.pooled(j, logs[j], similar)
        trusted = np.where(raw.p_error[sample] < 0.5, codes[sample], MISSING)
        errors = [_injected(model, j, p, trusted[:, j]) for j, p in logs.items()]
        known = np.arange(len(codes))
        suspicion, fits = self._suspicion(model, codes, belief, raw, known=known)
        self._calibrate(suspicion[model.replaced(codes)], list(logs), errors)
        return self._in_order(model, codes, result, suspicion, fits)

    def order(self, model, codes, belief, raw, result, extra=()):
        """Return verdicts on new rows with the cells without one in order.

        Parameters
        ----------
        model, codes, belief, raw, result
            As in `fit_order`, of these rows.
        extra : list of lists of arrays, default=()
            Their log-conditionals by further models.
        """
        suspicion, fits = self._suspicion(model, codes, belief, raw, extra)
        return self._in_order(model, codes, result, suspicion, fits)

    def _calibrate(self, observed, columns, errors):
        n_errors = self.verdicts.n_errors[columns]
        mass = [
            np.full(len(found), n / max(1, len(found)))
            for found, n in zip(errors, n_errors, strict=True)
        ]
        injected = np.concatenate([*errors, np.zeros(0)])
        self.calibration = Calibration(
            observed, injected, np.concatenate([*mass, np.zeros(0)])
        )

    def _in_order(self, model, codes, result, suspicion, fits):
        """Order the cells without a verdict, and take back what similar rows deny."""
        replaced = model.replaced(codes)
        # Of a vote against what similar rows hold, the voter is the wrong one.
        voted = self.verdicts.voted(codes, result, replaced) & ~fits
        p = self.calibration(suspicion)
        # Verdicts heed how far a column is to be trusted, the order does not: values in
        # two cases are all errors in columns where nothing else is one.
        doubted = ~voted & (p * self.verdicts.trust.alone < DOUBTED)
        pressed = BELOW_HALF + (UNDECIDED - BELOW_HALF) * p
        p = np.where(p < BELOW_HALF, p, pressed)
        undecided = replaced & ((result.p_error < 0.5) | doubted)
        p_error = np.where(undecided, p, result.p_error)
        p_new = np.minimum(result.p_new, p_error)
        return result._replace(p_error=p_error, p_new=p_new)

    def _judged(self, model):
        judged = self.verdicts.judged
        columns = range(len(model.n_categories))
        return [
            j
            for j in columns
            if model.n_categories[j] > 1 and (judged is None or judged[j])
        ]

    def _suspicion(self, model, codes, belief, raw, extra=(), known=None):
        """Probability to be wrong, not calibrated, by counts and by similar rows.

        And which cells hold what most of the similar rows hold there.
        """
        result, fits = raw.suspicion.copy(), np.zeros(codes.shape, bool)
        if not self.similar.pool:
            return result, fits
        evidence, every = belief.evidence, np.arange(len(codes))
        new = known is None and not extra
        some, kind = self.similar.unlike(evidence) if new else (every, every)
        for rows, few, which in in_parts(some, kind, CHUNK_ROWS):
            nearness = self.similar.nearness(
                evidence[few], None if known is None else few
            )
            for j in self.similar.pool:
                at = same = np.arange(len(rows))
                if new:
                    at, same = model.unlike(j, codes[rows], evidence[rows], which)
                log_p = model.conditional(belief, j, rows[at], extra, known is not None)
                similar = self.similar.log_p(j, nearness, evidence[few, j])[which[at]]
                log_p = self.similar.pooled(j, log_p, similar)
                cells = codes[rows[at], j]
                result[rows, j] = _wrong(model, j, log_p, cells)[same]
                fits[rows, j] = (similar.argmax(axis=1) == cells)[same]
        return result, fits


def _sample(n_rows, seed):
    rng = np.random.default_rng([seed, n_rows])
    return np.sort(rng.permutation(n_rows)[:SAMPLE_ROWS])


def _logs(model, belief, j, rows):
    return np.concatenate([p for _, p in model.known_conditionals(belief, j, rows)])


def _injected(model, j, log_p, cells):
    """How likely errors are wrong that replace the right ones, `cells`."""
    right = np.flatnonzero(cells >= 0)
    rng = np.random.default_rng([model.seed, j])
    errors = draw_errors(cells[right], model.channels_[j], rng)
    return _wrong(model, j, log_p[right], errors)


def _wrong(model, j, log_p, cells):
    """Probability that cells are wrong; 0 for missing ones."""
    joint = model.channels_[j].posterior(log_p, cells)
    p = 1 - joint[np.arange(len(cells)), cells]
    return np.where(cells >= 0, p, 0.0)
