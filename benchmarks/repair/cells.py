"""T6 and T7: wrong cells found and filled, missing cells filled, in known tables."""

from functools import cache

import numpy as np
from sklearn.metrics import average_precision_score, roc_auc_score

from benchmarks.repair.baselines import IMPUTERS, MISSING, Marginals, NeighborVote
from benchmarks.repair.common import (
    NEW,
    Codes,
    Track,
    aligned_proba,
    no_answer_as_value,
    sample_rows,
    timed,
)
from benchmarks.repair.methods import (
    CORRECTORS,
    WITH_NETWORK,
    cell_corrector,
    inpainter,
)
from skanomaly.datasets import (
    fetch_bank_marketing,
    fetch_categorical,
    inject_cell_errors,
)
from skanomaly.metrics import expected_calibration_error, repair_scores

N_DIRTY = 6000
RATES = (0.2, 0.5)
# Rows to train on and to fill.
SIZES = {"mushroom": (6499, 1500), "bank": (16_000, 600), "adult": (16_000, 600)}
SETS = ("mushroom", "adult", "bank")
# They draw rows step by step, and take their time: fewer rows to fill, one seed.
VOTES, N_VOTED = ("multinomial", "Gaussian, no re-sampling"), 200


@cache
def complete_table(name):
    """Nominal columns with the class, less the constant ones."""
    if name == "bank":
        X, y = fetch_bank_marketing(return_X_y=True, download_if_missing=False)
        return no_answer_as_value(X.assign(y=y.astype(str)))
    X, y = fetch_categorical(name, return_X_y=True, download_if_missing=False)
    X = X if name == "mushroom" else X.assign(y=y)
    return no_answer_as_value(X.loc[:, X.nunique() > 1])


@cache
def dirty_table(name, seed, n_rows):
    """Return a table with 5 % errors, the same without, and where they are."""
    clean = sample_rows(complete_table(name), n_rows, seed)
    dirty, wrong = inject_cell_errors(clean, 0.05, random_state=seed)
    return dirty, clean, wrong


def find_errors(data, method, seed, quick):
    """Fit on a dirty table, score its cells, fill those that are known to be wrong."""
    dirty, clean, wrong = dirty_table(data, seed, 800 if quick else N_DIRTY)
    codec = Codes(dirty, clean)
    before, truth = codec.encode(dirty), codec.encode(clean)
    judge = {"mode": _by_marginals, "kNN-15 Hamming": _by_neighbors}.get(method)
    if method == "absorbing":
        return _by_inpainter(dirty, clean, wrong, codec, seed)
    if judge is None:
        return _by_corrector(method, dirty, clean, wrong, seed)
    (score, filled), seconds = timed(judge, before, codec.sizes)
    return _error_figures(wrong, score, filled == truth) | {"seconds": seconds}


def _by_marginals(codes, sizes):
    p = Marginals().fit(codes, sizes).p_
    score = np.column_stack([-np.log(p[j][column]) for j, column in enumerate(codes.T)])
    filled = [best_other(p[j][None], column) for j, column in enumerate(codes.T)]
    return score, np.column_stack(filled)


def _by_neighbors(codes, sizes):
    """Judge a column by the rows that are nearest in the other columns."""
    score, filled = np.empty(codes.shape), np.empty(codes.shape, dtype=np.int64)
    vote = NeighborVote(leave_out=True).fit(codes, sizes)
    for j, nearest in enumerate(vote.neighbors_without_a_column()):
        p = vote.vote(nearest, j)
        score[:, j] = 1 - p[np.arange(len(codes)), codes[:, j]]
        filled[:, j] = best_other(p, codes[:, j])
    return score, filled


def _by_inpainter(dirty, clean, wrong, codec, seed):
    """Judge cells by the diffusion model alone; each half by a model of the other."""
    model, fit_s = timed(inpainter(seed, n_folds=2).fit, dirty)
    p_error, seconds = timed(model.error_proba, dirty)
    filled = _fill_one_by_one(model, codec, codec.encode(dirty), wrong)
    figures = _error_figures(wrong, p_error, filled == codec.encode(clean))
    figures["ECE"] = expected_calibration_error(wrong.ravel(), p_error.ravel())
    return figures | {"seconds": fit_s + seconds}


def _by_corrector(method, dirty, clean, wrong, seed):
    model, fit_s = timed(cell_corrector(method, seed).fit, dirty)
    p_error, seconds = timed(model.error_proba, dirty)
    figures = _error_figures(wrong, p_error)
    figures["ECE"] = expected_calibration_error(wrong.ravel(), p_error.ravel())
    scores = repair_scores(dirty, model.transform(dirty), clean)
    for name in ("precision", "recall", "clean_broken", "clean_broken_rate"):
        figures[f"transform: {name}"] = scores[name]
    return figures | {"seconds": fit_s + seconds}


def _fill_one_by_one(model, codec, codes, wrong):
    """Most probable other value of each wrong cell, the rest of its row as it is."""
    filled = codes.copy()
    for j in range(codes.shape[1]):
        rows = np.flatnonzero(wrong[:, j])
        mask = np.zeros((len(rows), codes.shape[1]), dtype=bool)
        mask[:, j] = True
        p = aligned_proba(model, codec, codes[rows], mask)[j]
        filled[rows, j] = best_other(p, codes[rows, j])
    return filled


def best_other(p, current):
    """Most probable value but the current one: a wrong cell cannot keep its value."""
    p = np.array(np.broadcast_to(p, (len(current), p.shape[1])))
    p[np.arange(len(current)), current] = -1.0
    return p.argmax(axis=1)


def _error_figures(wrong, score, is_right=None):
    by_column = [
        average_precision_score(wrong[:, j], score[:, j])
        for j in range(wrong.shape[1])
        if wrong[:, j].any()
    ]
    figures = {
        "AP macro": float(np.mean(by_column)),
        "AP micro": average_precision_score(wrong.ravel(), score.ravel()),
        "AUROC": roc_auc_score(wrong.ravel(), score.ravel()),
        "row AUROC": roc_auc_score(wrong.any(axis=1), score.max(axis=1)),
    }
    if is_right is not None:
        figures["repair accuracy"] = is_right[wrong].mean()
    return figures


class Inpainter:
    """`DiffusionInpainter` with the interface of the baselines.

    Multinomial and Gaussian diffusion have no probabilities, only votes: the value that
    wins gets all of it.
    """

    def __init__(self, name, codec):
        self.name, self.codec = name, codec

    def fit(self, codes, sizes, seed=0):
        self.model_ = inpainter(seed, name=self.name, mask="missing")
        self.model_.fit(self.codec.decode(codes))
        return self

    def proba(self, codes, mask):
        if self.name == "absorbing":
            return aligned_proba(self.model_, self.codec, codes, mask)
        filled = self.codec.encode(self.model_.transform(self.codec.decode(codes)))
        return [
            np.eye(size)[filled[mask[:, j], j]]
            for j, size in enumerate(self.codec.sizes)
        ]


def impute(data, method, seed, quick):
    """Fit on complete rows, fill gaps in other rows: how well, how calibrated?"""
    sizes = SIZES[data]
    n_train, n_test = (2000, 200) if quick else sizes
    if method in VOTES:
        n_test = 20 if quick else min(n_test, N_VOTED)
    table = sample_rows(complete_table(data), n_train + n_test, seed)
    codec = Codes(table)
    codes = codec.encode(table)
    train, test = codes[:n_train], codes[n_train:]
    model = IMPUTERS[method]() if method in IMPUTERS else Inpainter(method, codec)
    _, fit_s = timed(model.fit, train, codec.sizes, seed)
    figures = {"fit s": fit_s}
    for rate in RATES:
        mask = np.random.default_rng(seed + NEW).random(test.shape) < rate
        gaps = np.where(mask, MISSING, test)
        proba, seconds = timed(model.proba, gaps, mask)
        suffix = f" {100 * rate:.0f} %"
        found = _filling_figures(proba, test, mask)
        if method in VOTES:
            found = {"accuracy": found["accuracy"]}
        figures |= {name + suffix: value for name, value in found.items()}
        figures["ms/row" + suffix] = 1000 * seconds / len(test)
    return figures


def _filling_figures(proba, truth, mask):
    right, confidence, p_truth = [], [], []
    for j, p in enumerate(proba):
        wanted = truth[mask[:, j], j]
        right.append(p.argmax(axis=1) == wanted)
        confidence.append(p.max(axis=1, initial=0.0))
        p_truth.append(p[np.arange(len(wanted)), wanted])
    right, confidence = np.concatenate(right), np.concatenate(confidence)
    p_truth = np.concatenate(p_truth)
    return {
        "accuracy": right.mean(),
        "NLL": -np.log(np.maximum(p_truth, 1e-6)).mean(),
        "ECE": expected_calibration_error(right, np.clip(confidence, 0, 1)),
    }


T6 = Track(
    "T6", "Wrong cells in a dirty table",
    "6,000 rows, 5 % of the cells replaced by other values of their column (tempered "
    "marginal), fitted on the dirty table itself. AP of the cells over all columns at "
    "once (micro; chance .05) and the mean over the columns (macro); *repair "
    "accuracy*: the most probable other value of a cell that is known to be wrong, its "
    "neighbours as they stand, is the right one; ECE of `error_proba`; *transform* is "
    "what the corrector changes on its own. *absorbing* is the diffusion model alone, "
    "by Bayes' rule; pooled with the noisy channel it takes most of the time: is the "
    "network worth it? Target (mushroom, adult, bank): AP macro "
    ".90, .48, .30; repair accuracy .85, .79, .76; ECE .03.",
    SETS, ("mode", "kNN-15 Hamming", "absorbing", *CORRECTORS, WITH_NETWORK),
    find_errors, quick_data=SETS[:1], once=("kNN-15 Hamming",),
)  # fmt: skip
T7 = Track(
    "T7", "Missing cells",
    "Fitted on complete rows; 20 % and 50 % of the cells of other rows are missing "
    "completely at random. Seconds are of one processor. The forests train on 6,000 "
    "rows at most, the boosted trees on 4,000. Multinomial and Gaussian diffusion run "
    "with one seed, fill 200 rows and take a vote of 8 draws. Target: accuracy not "
    "below the best of the others, NLL below it, ECE .03, .1 ms a row.",
    SETS, (*IMPUTERS, "absorbing", *VOTES), impute,
    once=VOTES, only={VOTES[1]: ("adult",)},
)  # fmt: skip
TRACKS = (T6, T7)
