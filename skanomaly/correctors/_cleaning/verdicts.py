"""From suspicion to a verdict: calibrated, weighed, and of contradicting cells, one."""

import numpy as np

from skanomaly.correctors._cleaning.beliefs import SURE, ranked
from skanomaly.correctors._cleaning.calibration import (
    Calibration,
    ErrorRates,
    draw_errors,
    draw_values,
)
from skanomaly.correctors._cleaning.explanations import (
    ODD,
    find_causes,
    n_decided,
    share_blame,
)
from skanomaly.correctors._cleaning.own_words import (
    are_numbers,
    unforeseen_words,
    unlike_words,
)
from skanomaly.correctors._cleaning.slips import of_other_words
from skanomaly.correctors._cleaning.steps import Steps
from skanomaly.correctors._cleaning.trust import Trust
from skanomaly.correctors._cleaning.witnesses import Witnesses

__all__ = ["Verdicts"]

INJECTED_ROWS = 1000
# Values drawn for each of these rows, to see how odd right ones look.
NULL_DRAWS = 3
# Undecided cells are pressed together from here to one half, which would be a flag.
BELOW_HALF = 0.4
# What a cell keeps of its probability when another one of its row takes the blame.
CLEARED = 0.49
# ... and what a change has where as many rows of the same thing speak against it.
EVEN = 0.49
# Of two rows of a thing that disagree one is wrong if votes are right this often.
ONE_IS_WRONG = 0.8
# No word was replaced by a value of fewer rows than these: who could know it?
MIN_SUPPORT = 5
# What is left of suspicion where a row says nothing about a cell.
NO_EVIDENCE = 0.05
# A row speaks clearly if it makes another value so many times likelier.
CLEAR = 10
# ... and against a cell where another value is so many times likelier in all.
UNLIKELY = 2


class Verdicts:
    """What to make of the suspicion of an `ErrorPosterior`, learned from its table.

    Cells are corrupted as the channel would, and judged, so that suspicion becomes a
    probability; how many cells of a column deviate tells errors from rare truths
    (`Trust`); and of cells that contradict each other the likeliest is blamed.

    Parameters
    ----------
    by_vote, judged, numbers
        As in `ErrorPosterior`.

    Attributes
    ----------
    trust : Trust
    calibration : pair of Calibration
        Of the probability to be wrong, and of that of the new value to be right.
    n_errors : ndarray of shape (d,)
        How many cells of each column are replaced by others.
    n_decided : ndarray of shape (d,)
        How many are wrong where no other cell of the row can be.
    unforeseen : list of d bool arrays
        Values of few rows that no other row foretells.
    """

    def __init__(self, by_vote, judged, numbers):
        self.by_vote, self.judged, self.numbers = by_vote, judged, numbers

    def fit(self, model, codes, belief, raw):
        """Inject replaced cells where the table is trusted and see what they become.

        Parameters
        ----------
        model : ErrorPosterior
        codes : int array of shape (n, d)
            Its table.
        belief : Belief
            What its conditionals were counted on.
        raw : CellPosterior
            Its suspicion, see `weighted`.
        """
        d = codes.shape[1]
        replaced = model.replaced(codes)
        corrupted = [
            _corrupted(model, codes, belief, j, raw.p_error[:, j]) for j in range(d)
        ]
        observed = [raw.p_error[replaced[:, j], j] for j in range(d)]
        rates = ErrorRates(
            observed, [part[0] for part in corrupted], [part[3] for part in corrupted]
        )
        self.n_errors = rates.columns * [len(seen) for seen in observed]
        every = np.concatenate(
            [
                np.full(len(part[0]), n / max(1, len(part[0])))
                for part, n in zip(corrupted, self.n_errors, strict=True)
            ]
        )
        p_error, p_new, right, _ = map(np.concatenate, zip(*corrupted, strict=True))
        self.calibration = (
            Calibration(raw.p_error[replaced], p_error, every),
            Calibration(raw.p_new[replaced], p_new[right], every[right]),
        )
        n_rows, texts = model.strings_.n_rows, model.strings_.values
        amounts = np.array([numbers is not None for numbers in self.numbers])
        described = model.n_categories, n_rows, self.judged, amounts, texts
        self.trust = Trust(model.error_rate, *described)
        known = np.where(replaced, codes, -1)
        never = np.mean((codes >= 0) & ~replaced, axis=0)
        self.trust.fit(known, raw.expected, rates.columns, never, model.told_wrong_)
        self.steps = Steps(self.numbers, n_rows, self.trust.dependencies.determined)
        self.steps.fit(known, raw.expected)
        self.unforeseen = unforeseen_words(known, raw.expected, n_rows)
        likely = replaced & (np.maximum(raw.p_new, raw.p_error) >= 0.5)
        likely |= replaced & (raw.expected >= 0) & (raw.expected != codes)
        self.witnesses = Witnesses(model.n_categories)
        self.witnesses.fit(known, likely.any(axis=0))
        return self

    def judge(self, model, codes, raw, counted=False, seen=None):
        """Return the `CellPosterior` with calibrated probabilities.

        `counted` says that these are the rows of the table; `seen` is the model's
        `suspicion` of the rows, where that is known already.
        """
        missing, replaced = codes < 0, model.replaced(codes)
        if not model.has_more_models and seen is None:
            seen = model.suspicion(codes)
        result = self._calibrated(raw, replaced)
        result = self._voted(model, codes, raw, seen, replaced, result, counted)
        result = result._replace(
            p_error=np.where(missing, 1.0, result.p_error),
            # Calibrated each by itself; a right repair is of a cell in error all the
            # same.
            p_new=np.minimum(result.p_new, np.where(missing, 1.0, result.p_error)),
        )
        result = result._replace(p_error=_in_order(raw, replaced, result.p_error))
        if not model.has_more_models:
            self._blame(model, codes, raw, result, seen, counted)
        return result._replace(p_new=np.minimum(result.p_new, result.p_error))

    def voted(self, codes, result, replaced):
        """Cells that are voted against, by votes for the best value of their verdict.

        That of the model alone may be another one: it was found without what votes.
        """
        known = np.where(replaced, codes, -1)
        votes = self.trust.votes(known, result.expected)
        few = self.trust.few_against(known)
        votes = np.where(votes < 0, few, votes)
        against = (votes >= 0) & (votes != codes) & (votes == result.best)
        return replaced & (against | self.trust.doubtful(known))

    def _calibrated(self, raw, replaced):
        error, new = self.calibration
        return raw._replace(
            p_error=np.where(replaced, error(raw.p_error), raw.p_error),
            p_new=np.where(replaced, new(raw.p_new), raw.p_new),
        )

    def _voted(self, model, codes, raw, seen, replaced, result, counted):
        """Trust replaced cells as far as their columns' votes and other rows say."""
        known = np.where(replaced, codes, -1)
        votes = self.trust.votes(known, raw.expected)
        against = (
            replaced & (votes >= 0) & (votes != codes) & ~_fit_their_row(raw, seen)
        )
        lead = self.witnesses.lead(known, votes, against, counted)
        # What only rows speak against that are not sure enough to change it is flagged.
        loose = against & (lead > 0) & self.trust.flagged_only(known, votes)
        voted = against & (lead > 0) & ~loose
        # One of two rows that disagree is wrong, if votes are right at all. Both are
        # only flagged, so that it may be an exception.
        disputed = against & (lead == 0) & (self.trust.before_most >= ONE_IS_WRONG)
        disputed |= self._few_against(known, raw, seen, votes) & replaced
        disputed |= self.trust.doubtful(known) & ~_fit_their_row(raw, seen)
        agreed = voted & (votes == raw.best)
        to_change = self.trust.to_change(known)
        result = self._trusted(model, raw, replaced, result, agreed, to_change)
        result = self._as_slips(model, codes, known, result)
        likely = replaced & (result.p_new >= EVEN)
        even = self.witnesses.lead(known, raw.best, likely, counted) <= 0
        result = _even(result, even, disputed | loose)
        # Rows are sure of what nearly all have; that says nothing against the others.
        said = ~self.trust.is_usual(votes) | (raw.evidence >= np.log(CLEAR))
        result = self._overruled(result, raw, votes, voted & said, loose, to_change)
        result = self._in_place_of_slips(model.strings_, codes, known, result)
        most = np.where(against & self.trust.even(known), EVEN, 1.0)
        result = result._replace(p_new=np.minimum(result.p_new, most))
        return self._held_back(model, codes, known, result)

    def _few_against(self, known, raw, seen, votes):
        """Cells against which few rows speak, but all of them."""
        few = self.trust.few_against(known)
        against = (votes < 0) & (few >= 0) & (few != known)
        against &= self.trust.before_most >= ONE_IS_WRONG
        return against & ~_fit_their_row(raw, seen)

    def _held_back(self, model, codes, known, result):
        """Change no quantity that may move, and no word that may be one of its own."""
        by_step = self.steps.most(codes, result.best)
        result = result._replace(
            p_error=np.minimum(result.p_error, by_step),
            p_new=np.minimum(result.p_new, by_step),
        )
        new = np.where(result.p_new > EVEN, result.best, -1)
        unlike = unlike_words(model.strings_, self.unforeseen, known, new)
        # A postcode that a town names, and that names it, is no word.
        named = self.trust.dependencies.names(known) == new
        unlike &= ~(named & are_numbers(model.strings_, known, unlike))
        return _even(result, unlike, unlike)

    def _trusted(self, model, raw, replaced, result, agreed, to_change):
        """Believe the model alone less than where votes agree with it."""
        trust = np.where(agreed, self.trust.in_votes, self.trust.alone)
        trust = np.where(replaced, trust, 1.0)
        weak = replaced & ~_is_common(raw.best, model.strings_.n_rows)
        most = np.where(weak, CLEARED, 1.0)
        alone = np.minimum(self.trust.alone, self.trust.share)
        may_change = np.where(agreed, to_change, alone)
        may_change = np.where(replaced, may_change, 1.0)
        return result._replace(
            p_error=np.minimum(result.p_error * trust, most),
            p_new=np.minimum(result.p_new * may_change, most),
        )

    def _as_slips(self, model, codes, known, result):
        """Believe in slips of the word that fits, and as far as there are others."""
        other = of_other_words(model.channels_, codes, result.best)
        result = _even(result, other, other & (result.p_error >= 0.5))
        most = np.column_stack(
            [np.append(p, 1.0)[c] for p, c in zip(model.repeats_, codes.T, strict=True)]
        )
        # What names the word in both directions needs no other slips.
        named = self.trust.dependencies.names(known) == result.best
        most = np.where(named, 1.0, most)
        return result._replace(
            p_error=np.minimum(result.p_error, most),
            p_new=np.minimum(result.p_new, most),
        )

    def _overruled(self, result, raw, votes, voted, loose, to_change):
        """Let votes overrule the model where they are the surer ones."""
        by_votes = self.trust.in_votes
        over = voted & (by_votes > result.p_new)
        p_error = np.where(over, np.maximum(result.p_error, by_votes), result.p_error)
        p_new = np.where(over, to_change, result.p_new)
        silent = ~voted & ~loose & (False if self.by_vote is None else self.by_vote)
        return result._replace(
            p_error=np.where(silent, 0, p_error),
            p_new=np.where(silent, 0, p_new),
            best=np.where(over, votes, raw.best),
        )

    def _in_place_of_slips(self, strings, codes, known, result):
        """Let columns say what belongs in place of a value that was never right.

        A word of its own is none: the final is played in a ground of nobody. Nor is a
        number written by vote.
        """
        votes = self.trust.dependencies.votes(known)
        trust = np.minimum(self.trust.in_votes, self.trust.share)
        trust = np.where(self.trust.amounts, 0.0, trust)
        over = (codes >= 0) & (known < 0) & (votes >= 0) & (trust > result.p_new)
        rare = [np.ones(n, bool) for n in map(len, strings.n_rows)]
        over &= ~unlike_words(strings, rare, np.where(over, codes, -1), votes)
        return result._replace(
            p_error=np.where(over, np.maximum(result.p_error, trust), result.p_error),
            p_new=np.where(over, trust, result.p_new),
            best=np.where(over, votes, result.best),
        )

    def _blame(self, model, codes, raw, result, seen, counted):
        """Give the blame where cells of a row contradict each other."""
        before, replaced = result.p_error.copy(), model.replaced(codes)
        wrong = (codes >= 0) & ~replaced
        right = np.where(result.p_new >= SURE, result.best, -1)
        base = np.where(wrong, right, codes)
        judged = True if self.judged is None else self.judged

        def find_odd(rows):
            return self._contradicted(model, rows, model.suspicion(rows))

        fixed = ~np.broadcast_to(judged, codes.shape[1:])
        odd = self._odd_in_rows(model, codes, raw, result, seen)
        found = find_causes(base, odd, result.best, find_odd, fixed)
        if counted:
            known = np.where(replaced, codes, -1)
            repeated = self.trust.dependencies.repeated(known)
            self.n_decided = n_decided(found, odd, result.p_new >= 0.5, repeated)
        share_blame(found, result, self.trust.dirt, self.n_decided)
        # What contradicts it may be surer than its own column allows.
        to_change = self.trust.to_change(np.where(replaced, codes, -1))
        np.minimum(result.p_new, np.where(replaced, to_change, 1), out=result.p_new)
        kept = np.where(replaced, CLEARED * before, 0)
        np.maximum(result.p_error, kept, out=result.p_error)

    def _odd_in_rows(self, model, codes, raw, result, seen):
        """Cells that contradict something, with their best values as they are seen."""
        odd = self._odd(model, codes, raw)
        # The model has believed one of two contradicting cells without the other.
        more = self._odd(model, codes, seen)
        rows = (odd | more).any(axis=1, keepdims=True)
        more |= rows & self._contradicted(model, codes, seen)
        more &= ~odd
        result.best[more] = seen.best[more]
        return odd | more

    def _odd(self, model, codes, raw):
        """Cells that do not go with the rest of their row."""
        known = np.where(model.replaced(codes), codes, -1)
        votes = self.trust.votes(known, raw.expected)
        odd = (raw.surprise >= np.log(ODD)) | ((votes >= 0) & (votes != codes))
        return odd & (known >= 0)

    def _contradicted(self, model, codes, raw):
        """The same with cells that their row, where one is odd, speaks against.

        Of two cells that contradict each other one is odder, which does not clear the
        other one.
        """
        against = raw.surprise >= np.log(UNLIKELY)
        against &= raw.evidence >= np.log(CLEAR)
        return self._odd(model, codes, raw) | (against & model.replaced(codes))


def weighted(raw, replaced):
    """Suspect replaced cells only as far as their rows speak against them.

    Without evidence in its row a rare value is as right as rare values are.
    """
    weight = np.where(replaced, _weight(raw.evidence), 1.0)
    p_error, p_new = weight * raw.p_error, weight * raw.p_new
    return raw._replace(p_error=p_error, p_new=p_new, suspicion=raw.p_error)


def _even(result, even, disputed):
    """Change nothing on an even vote; flag both of two rows that disagree."""
    even = even | disputed
    p_error = np.where(even, np.minimum(result.p_error, 0.5), result.p_error)
    p_new = np.where(even, np.minimum(result.p_new, EVEN), result.p_new)
    return result._replace(p_error=np.where(disputed, 0.5, p_error), p_new=p_new)


def _fit_their_row(raw, seen):
    """Cells that the rest of their row makes likelier than any other value.

    Mostly a partner is paid in francs; where the rate is that of the euro, it was in
    euros, whatever the partner votes for. `seen` takes all cells as evidence.
    """
    return (raw.surprise <= 0) & (True if seen is None else seen.surprise <= 0)


def _is_common(codes, n_rows):
    """Whether values come in so many rows that these say something of them."""
    columns = [
        np.append(n >= MIN_SUPPORT, False)[code]  # -1 points at the last one
        for n, code in zip(n_rows, codes.T, strict=True)
    ]
    return np.column_stack(columns)


def _weight(evidence):
    return np.clip(evidence / np.log(CLEAR), NO_EVIDENCE, 1.0)


def _in_order(raw, replaced, p_error):
    """Order the cells about which nothing is decided by how suspicious they are."""
    pressed = BELOW_HALF + (0.5 - BELOW_HALF) * raw.suspicion
    order = np.where(raw.suspicion < BELOW_HALF, raw.suspicion, pressed)
    undecided = replaced & (p_error < 0.5)
    return np.where(undecided, np.minimum(order, 0.499), p_error)


def _corrupted(model, codes, belief, j, p_error):
    """Posterior of cells of column `j` after the channel has corrupted them.

    Returns probabilities of an error and of the best value, whether this is right, and
    probabilities of an error of right values, which are drawn.
    """
    rows = np.flatnonzero((codes[:, j] >= 0) & (p_error < 0.5))
    if model.n_categories[j] < 2 or not len(rows):
        return np.zeros(0), np.zeros(0), np.zeros(0, dtype=bool), np.zeros(0)
    rng = np.random.default_rng([model.seed, j])
    rows = np.sort(rng.choice(rows, min(len(rows), INJECTED_ROWS), replace=False))
    corrupted = draw_errors(codes[rows, j], model.channels_[j], rng)
    parts, rare = [], []
    for at, log_p in model.known_conditionals(belief, j, rows):
        p_wrong, best, p_best = _judged_as(model, j, log_p, corrupted[at])
        parts.append((p_wrong, p_best, best == codes[rows[at], j]))
        drawn = (draw_values(log_p, rng) for _ in range(NULL_DRAWS))
        rare += [_judged_as(model, j, log_p, values)[0] for values in drawn]
    return (*map(np.concatenate, zip(*parts, strict=True)), np.concatenate(rare))


def _judged_as(model, j, log_p, cells):
    """How likely cells are wrong, their best alternatives, and their probability."""
    joint = model.channels_[j].posterior(log_p, cells)
    p_right, best, p = ranked(joint, cells, 1)
    weight = _weight(model.evidence_against(j, log_p, cells))
    return weight * (1 - p_right), best[:, 0], p[:, 0] * weight
