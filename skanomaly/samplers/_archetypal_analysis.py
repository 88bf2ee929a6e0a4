"""Archetypal analysis: extreme points whose mixtures explain the rows."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Self

import numpy as np
from sklearn.base import (
    BaseEstimator,
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
)
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_array
from sklearn.utils.validation import check_is_fitted

from skanomaly._saving.mixin import SavingMixin
from skanomaly.samplers._simplex import mixtures, nearest_in_hull
from skanomaly.utils._compat import Interval, validate_data
from skanomaly.utils._inputs import refuse_non_numeric
from skanomaly.utils._seeds import random_generator
from skanomaly.utils._state import all_or_nothing, of_one_fit
from skanomaly.utils._typing import FloatArray, MatrixLike, RandomStateLike
from skanomaly.utils._warn import warn_user

__all__ = ["ArchetypalAnalysis"]

# Rounds of FurthestSum that replace a row once all archetypes are chosen (Mørup).
EXTRA_ROUNDS = 10

# Gradient steps for the mixtures in a round; the next round continues from there.
STEPS_IN_ROUND = 100

# An archetype with less weight than this, squared and summed over the rows, is unused.
UNUSED = 1e-12

# Largest duality gap of an archetype, as a fraction of the largest squared distance to
# the mean.
GAP = 1e-10


class ArchetypalAnalysis(
    SavingMixin, ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator
):
    r"""Explain rows as mixtures of a few extreme ones, the archetypes.

    Every row is approximated by a mixture of :math:`k` archetypes, and every archetype
    is a mixture of rows, so that it looks like one:

    .. math::

        \min_{A, B} \lVert X - A B X \rVert_F^2 , \quad
        A_{ij} \ge 0, \; \sum_j A_{ij} = 1, \quad
        B_{ji} \ge 0, \; \sum_i B_{ji} = 1 .

    The archetypes :math:`Z = B X` lie at the boundary of the convex hull of the rows;
    `transform` gives the weights :math:`A`, the coordinates of a row between them. Rows
    close to an archetype are pure types, and rows far from all mixtures lie outside.

    Parameters
    ----------
    n_archetypes : int, default=3
        Number of archetypes :math:`k`, at most the number of rows.
        :class:`~skanomaly.displays.ArchetypeElbowDisplay` helps to choose it.
    max_iter : int, default=300
        Largest number of rounds, each an update of all archetypes and all mixtures.
    tol : float, default=1e-5
        Stop when a round lowers the loss by no more than this fraction of it.
    n_init : int, default=1
        Runs from different first rows, of which the one with the lowest loss is kept.
    random_state : int, RandomState instance or None, default=None
        Source of the row that the search for the first archetypes starts from.

    Attributes
    ----------
    archetypes_ : ndarray of shape (n_archetypes, n_features)
        The archetypes.
    archetype_weights_ : ndarray of shape (n_archetypes, n_samples)
        The mixtures :math:`B` of training rows that they are.
    loss_ : float
        Sum of the squared errors over the training rows.
    loss_curve_ : ndarray of shape (`n_iter_` + 1,)
        The loss at the start and after every round; it never increases.
    n_iter_ : int
        Number of rounds.
    n_features_in_ : int
        Number of columns seen in `fit`.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns, when all of them are strings.

    See Also
    --------
    skanomaly.displays.ArchetypeElbowDisplay : The loss by the number of archetypes.

    Notes
    -----
    Columns count by their scale: put a ``StandardScaler`` before it where their units
    differ. The archetypes start at rows that are far apart (FurthestSum [2]_). Each is
    then moved to the point of the convex hull of the rows that lowers the loss most (by
    Wolfe's algorithm, with the others fixed), and all mixtures follow by accelerated
    projected gradient. Both steps minimize the loss over their part, so that there is
    no step size and the loss never increases; it can still end in a local minimum, see
    `n_init`. A round takes time in proportion to the size of `X` times `n_archetypes`.
    ``n_archetypes=1`` gives the mean.

    References
    ----------
    .. [1] A. Cutler, L. Breiman, "Archetypal analysis", Technometrics 36, 1994.
       :doi:`10.1080/00401706.1994.10485840`
    .. [2] M. Mørup, L. K. Hansen, "Archetypal analysis for machine learning and data
       mining", Neurocomputing 80, 2012. :doi:`10.1016/j.neucom.2011.06.033`

    Examples
    --------
    >>> import numpy as np
    >>> from skanomaly.samplers import ArchetypalAnalysis
    >>> corners = np.array([[0.0, 0.0], [4.0, 0.0], [0.0, 3.0]])
    >>> mixed = np.random.default_rng(0).dirichlet(np.ones(3), size=100) @ corners
    >>> X = np.vstack([mixed, corners])
    >>> analysis = ArchetypalAnalysis(n_archetypes=3, random_state=0).fit(X)
    >>> found = analysis.archetypes_.round(3) + 0.0
    >>> sorted(found.tolist())
    [[0.0, 0.0], [0.0, 3.0], [4.0, 0.0]]
    >>> analysis.transform(X[:5]).sum(axis=1).round(6).tolist()
    [1.0, 1.0, 1.0, 1.0, 1.0]
    """

    _parameter_constraints: dict = {
        "n_archetypes": [Interval(Integral, 1, None, closed="left")],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "tol": [Interval(Real, 0, None, closed="left")],
        "n_init": [Interval(Integral, 1, None, closed="left")],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        n_archetypes: int = 3,
        *,
        max_iter: int = 300,
        tol: float = 1e-5,
        n_init: int = 1,
        random_state: RandomStateLike = None,
    ) -> None:
        self.n_archetypes = n_archetypes
        self.max_iter = max_iter
        self.tol = tol
        self.n_init = n_init
        self.random_state = random_state

    @all_or_nothing
    def fit(self, X: MatrixLike, y: object = None) -> Self:
        """Find the archetypes.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows, at least `n_archetypes`.
        y : Ignored
            Present for API consistency.

        Returns
        -------
        self : object
            The fitted transformer. When anything fails, an earlier fit is kept.
        """
        self._validate_params()
        X = self._validate(X, reset=True)
        if len(X) < self.n_archetypes:
            raise ValueError(
                f"n_archetypes={self.n_archetypes} must be at most n_samples={len(X)}."
            )
        rng = random_generator(self.random_state)
        # The problem does not depend on the origin, but rounding errors do.
        centered = X - X.mean(axis=0)
        runs = [self._run(centered, rng) for _ in range(self.n_init)]
        B, self.loss_curve_ = min(runs, key=lambda run: run[1][-1])
        self.archetypes_, self.archetype_weights_ = B @ X, B
        self.loss_ = float(self.loss_curve_[-1])
        self.n_iter_ = len(self.loss_curve_) - 1
        return self

    @of_one_fit
    def transform(self, X: MatrixLike) -> FloatArray:
        """Find the mixture of archetypes that is nearest to each row.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        ndarray of shape (n_samples, n_archetypes)
            Weights of the archetypes, not negative; rows add up to 1.
        """
        check_is_fitted(self)
        return mixtures(self._validate(X, reset=False), self.archetypes_)

    @of_one_fit
    def inverse_transform(self, X: MatrixLike) -> FloatArray:
        """Mix the archetypes.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_archetypes)
            Weights of the archetypes.

        Returns
        -------
        ndarray of shape (n_samples, n_features)
            The mixtures, in the units of the rows.
        """
        check_is_fitted(self)
        X = check_array(X, dtype=np.float64)
        if X.shape[1] != len(self.archetypes_):
            raise ValueError(
                f"X has {X.shape[1]} columns, but {len(self.archetypes_)} weights, one "
                "for each archetype, are expected."
            )
        return X @ self.archetypes_

    @property
    def _n_features_out(self):
        return len(self.archetypes_)

    def _validate(self, X: MatrixLike, *, reset: bool) -> FloatArray:
        refuse_non_numeric(X)
        return validate_data(self, X, reset=reset, dtype=np.float64)

    def _run(self, X, rng):
        """Mixtures of rows that make the archetypes, and the loss of every round."""
        B = _first_archetypes(X, self.n_archetypes, rng)
        A = mixtures(X, B @ X)
        losses = [_loss(X - A @ (B @ X))]
        while len(losses) <= self.max_iter:
            B = _moved_archetypes(X, A, B)
            A = mixtures(X, B @ X, A, max_iter=STEPS_IN_ROUND)
            losses.append(_loss(X - A @ (B @ X)))
            if losses[-2] - losses[-1] <= self.tol * losses[-2]:
                return B, np.array(losses)
        warn_user(
            f"max_iter={self.max_iter} rounds ended before the loss fell by less than "
            f"tol={self.tol} of itself: raise one of them.",
            ConvergenceWarning,
        )
        return B, np.array(losses)


def _loss(errors):
    return np.square(errors).sum()


def _first_archetypes(X, n_archetypes, rng):
    """Rows that are far from each other (FurthestSum); the mean if there is only one.

    The search starts at a random row, which is replaced in the end.
    """
    if n_archetypes == 1:
        return np.full((1, len(X)), 1.0 / len(X))
    chosen = [int(rng.randint(len(X)))]
    total = _distances(X, chosen[0])
    for _ in range(n_archetypes - 1 + EXTRA_ROUNDS):
        if len(chosen) == n_archetypes:
            total = total - _distances(X, chosen.pop(0))
        rest = total.copy()
        rest[chosen] = -np.inf
        chosen.append(int(np.argmax(rest)))
        total = total + _distances(X, chosen[-1])
    B = np.zeros((n_archetypes, len(X)))
    B[np.arange(n_archetypes), chosen] = 1.0
    return B


def _distances(X, row):
    return np.sqrt(np.square(X - X[row]).sum(axis=1))


def _moved_archetypes(X, A, B):
    """Move one archetype after the other to where the loss is lowest."""
    B, Z = B.copy(), B @ X
    if len(B) == 1:
        return B  # the mean is optimal
    errors = X - A @ Z
    gap = GAP * np.square(X).sum(axis=1).max()
    for j, a in enumerate(A.T):
        weight = a @ a
        if weight < UNUSED:
            # Its restart at the row of the largest error costs nothing.
            B[j] = 0.0
            B[j, np.argmax(np.square(errors).sum(axis=1))] = 1.0
            continue
        target = Z[j] + a @ errors / weight
        weights = nearest_in_hull(X, target, B[j], gap=gap)
        z = weights @ X
        if np.square(z - target).sum() < np.square(Z[j] - target).sum():
            errors = errors - np.outer(a, z - Z[j])
            B[j], Z[j] = weights, z
    return B
