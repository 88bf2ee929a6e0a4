"""Mixtures of archetypes, with or without noise, from a normalizing flow (DeepAA)."""

from numbers import Integral, Real
from typing import Literal, Self, overload

import numpy as np
from scipy.special import softmax
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from skanomaly._normalizing_flow import NormalizingFlow
from skanomaly._saving.mixin import SavingMixin
from skanomaly.samplers._archetypal_flow import ArchetypalFlow, null_projector
from skanomaly.samplers._flow import clone_flow
from skanomaly.utils._compat import Interval, validate_data
from skanomaly.utils._inputs import NUMERIC_DTYPES, check_n_samples, refuse_non_numeric
from skanomaly.utils._seeds import draw_seed
from skanomaly.utils._state import all_or_nothing, of_one_fit
from skanomaly.utils._typing import FloatArray, MatrixLike, RandomStateLike, VectorLike

__all__ = ["ArchetypalFlowSampler"]


class ArchetypalFlowSampler(SavingMixin, BaseEstimator):
    r"""Draw rows that are mixtures of archetypes, in the latents of a flow.

    A normalizing flow :math:`t = f(x)` is trained together with three linear maps, so
    that rows are nearly mixtures of :math:`k` archetypes: a row has the mixture
    :math:`A = \mathrm{softmax}(M_A t)`, the mixture the code :math:`A Z` with the
    corners :math:`Z` of a regular simplex in :math:`k - 1` dimensions, and the code the
    row :math:`f^{-1}(M_C A Z)`. The loss is

    .. math::

        0.1 \left(\tfrac12 \lVert t \rVert^2 - \log \lvert \det J \rvert\right)
        + 100 \, \overline{\lVert B A Z - Z \rVert}
        + 80 \lVert f^{-1}(M_C A Z) - x \rVert_F ,

    the last over a whole batch of standardized rows; :math:`B`, a softmax of
    :math:`M_B t` over the batch, makes every archetype a mixture of rows.

    New rows come from mixtures that follow a Dirichlet distribution. With a small
    concentration `p` they are close to single archetypes, where few training rows are;
    with a large one in the middle of all. Codes have only :math:`k - 1` dimensions, so
    that all such rows lie on a manifold of that dimension. `nullspace` draws the part
    of the latent on which the mixture does not depend,

    .. math:: t = M_A^+ M_A \, M_C A Z + (I - M_A^+ M_A) w, \quad w \sim N(0, I),

    with the Moore-Penrose inverse :math:`M_A^+`.

    Parameters
    ----------
    n_archetypes : int, default=10
        Number of archetypes :math:`k`, at least 2.
    p : float or array-like of shape (n_archetypes,), default=0.3
        Concentration of the mixtures, above 0; one number is for all archetypes.
    nullspace : bool, default=True
        Whether to draw the part of the latent on which the mixture does not depend.
    flow : NormalizingFlow, default=None
        The flow, of which a copy is fitted. Training runs it in both directions, so use
        "coupling". None is ``NormalizingFlow("coupling", noise=0.1, lr=0.005)``.
    random_state : int, RandomState instance or None, default=None
        Source of the initial weights and all else that is random in `fit`, unless
        `flow` has its own.

    Attributes
    ----------
    flow_ : NormalizingFlow
        The fitted flow.
    archetypes_ : ndarray of shape (n_archetypes, n_features)
        The pure archetypes, in the units of the training rows.
    projector_ : ndarray of shape (n_features, n_features)
        The orthogonal projector :math:`I - M_A^+ M_A`.
    n_features_in_ : int
        Number of columns seen in `fit`.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns, when all of them are strings.

    Raises
    ------
    ValueError
        By `fit` and `sample`, when `p` is not above 0 or not one for each archetype.
    TrainingDivergedError
        By `fit`, when the loss is no longer finite.

    See Also
    --------
    ArchetypalAnalysis : Linear archetypes, without a network.
    FlowSampler : Rows at a chosen distance from the training rows.

    Notes
    -----
    In the published code the weights :math:`B` add up to 1 over the archetypes instead
    of the rows, so that archetypes are no mixtures of rows; here they are. It adds
    :math:`(I - M_A^+ M_A) w` to all of :math:`M_C A Z`, so that a part of a row that is
    reconstructed with its own latent counts twice; here that part is replaced, which
    never takes the latent farther from the row's own (the row itself it may). Its side
    information, a classifier of the codes, is left out. Its weight of the archetypes is
    10, with which they may end far outside of all rows; that of [1]_ is 100. The
    mixture of a row that was drawn is in general not the one that it was drawn from.

    References
    ----------
    .. [1] S. M. Keller, M. Samarin, F. A. Torres, M. Wieser, V. Roth, "Learning
       extremal representations with deep archetypal analysis", International Journal of
       Computer Vision 129, 2021. :arxiv:`2002.00815`

    Examples
    --------
    >>> import numpy as np
    >>> from skanomaly.detectors import NormalizingFlow
    >>> from skanomaly.samplers import ArchetypalFlowSampler
    >>> X = np.random.default_rng(0).dirichlet([1, 1, 1], size=300)[:, :2]
    >>> flow = NormalizingFlow("coupling", max_epochs=5)
    >>> sampler = ArchetypalFlowSampler(3, flow=flow, random_state=0).fit(X)
    >>> sampler.sample(5, random_state=0).shape
    (5, 2)
    >>> sampler.archetypes_.shape
    (3, 2)
    """

    _parameter_constraints: dict = {
        "n_archetypes": [Interval(Integral, 2, None, closed="left")],
        "p": [Interval(Real, 0, None, closed="neither"), "array-like"],
        "nullspace": ["boolean"],
        "flow": [NormalizingFlow, None],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        n_archetypes: int = 10,
        p: float | VectorLike = 0.3,
        *,
        nullspace: bool = True,
        flow: NormalizingFlow | None = None,
        random_state: RandomStateLike = None,
    ) -> None:
        self.n_archetypes = n_archetypes
        self.p = p
        self.nullspace = nullspace
        self.flow = flow
        self.random_state = random_state

    @all_or_nothing
    def fit(self, X: MatrixLike, y: object = None) -> Self:
        """Train the flow and the maps.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Normal rows.
        y : Ignored
            Present for API consistency.

        Returns
        -------
        self : object
            The fitted sampler. When anything fails, an earlier fit is kept.
        """
        self._validate_params()
        self._concentrations(self.p)
        refuse_non_numeric(X)
        X = validate_data(self, X, dtype=NUMERIC_DTYPES, ensure_min_samples=2)
        self.flow_ = self._make_flow().fit(X)
        model = self.flow_.net_.module_.model
        self._corners = _matrix(model.corners)
        self._to_mixture = _matrix(model.to_mixture.weight)
        self._from_code = _matrix(model.from_code.weight)
        self.projector_ = null_projector(self._to_mixture)
        pure = self._latents(np.eye(self.n_archetypes))
        self.archetypes_ = self.flow_.inverse_transform(pure)
        return self

    @overload
    def sample(
        self,
        n_samples: int = ...,
        random_state: RandomStateLike = ...,
        *,
        p: float | VectorLike | None = ...,
        nullspace: bool | None = ...,
        return_mixtures: Literal[False] = ...,
    ) -> FloatArray: ...

    @overload
    def sample(
        self,
        n_samples: int = ...,
        random_state: RandomStateLike = ...,
        *,
        p: float | VectorLike | None = ...,
        nullspace: bool | None = ...,
        return_mixtures: Literal[True],
    ) -> tuple[FloatArray, FloatArray]: ...

    @overload
    def sample(
        self,
        n_samples: int = ...,
        random_state: RandomStateLike = ...,
        *,
        p: float | VectorLike | None = ...,
        nullspace: bool | None = ...,
        return_mixtures: bool,
    ) -> FloatArray | tuple[FloatArray, FloatArray]: ...

    @of_one_fit
    def sample(
        self,
        n_samples: int = 1,
        random_state: RandomStateLike = None,
        *,
        p: float | VectorLike | None = None,
        nullspace: bool | None = None,
        return_mixtures: bool = False,
    ) -> FloatArray | tuple[FloatArray, FloatArray]:
        """Draw rows.

        Parameters
        ----------
        n_samples : int, default=1
            How many, at least 1.
        random_state : int, RandomState instance or None, default=None
            Source of the mixtures and of what is added to them.
        p : float or array-like of shape (n_archetypes,), default=None
            Concentration of the mixtures; None takes the parameter.
        nullspace : bool, default=None
            Whether to draw the part of the latent on which the mixture does not depend;
            None takes the parameter.
        return_mixtures : bool, default=False
            Whether to return the mixtures, too.

        Returns
        -------
        X : ndarray of shape (n_samples, n_features)
            The rows, in the units of the training rows.
        A : ndarray of shape (n_samples, n_archetypes)
            Their mixtures; rows add up to 1. Only returned if `return_mixtures`.
        """
        check_is_fitted(self)
        check_n_samples(n_samples)
        # Not a RandomState, which returns NaN for tiny concentrations.
        rng = np.random.default_rng(draw_seed(random_state))
        concentrations = self._concentrations(self.p if p is None else p)
        A = rng.dirichlet(concentrations, size=n_samples)
        Z = self._latents(A)
        if self.nullspace if nullspace is None else nullspace:
            Z = self._with_nullspace(Z, rng.standard_normal(Z.shape))
        X = self.flow_.inverse_transform(Z)
        return (X, A) if return_mixtures else X

    @of_one_fit
    def encode(self, X: MatrixLike) -> FloatArray:
        """Compute the mixtures of rows.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        ndarray of shape (n_samples, n_archetypes)
            Weight of each archetype in each row; rows add up to 1.
        """
        return self._mixtures(self._flow_latents(X))

    @of_one_fit
    def reconstruct(self, X: MatrixLike, nullspace: bool | None = None) -> FloatArray:
        """Reconstruct rows from their mixtures.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.
        nullspace : bool, default=None
            Whether to take the part on which the mixture does not depend from the row's
            own latent; None takes the parameter.

        Returns
        -------
        ndarray of shape (n_samples, n_features)
            The rows as mixtures of archetypes.
        """
        t = self._flow_latents(X)
        Z = self._latents(self._mixtures(t))
        if self.nullspace if nullspace is None else nullspace:
            Z = self._with_nullspace(Z, t)
        return self.flow_.inverse_transform(Z)

    def _make_flow(self):
        flow = clone_flow(self.flow, draw_seed(self.random_state))
        params = flow.get_params(deep=False)
        return ArchetypalFlow(n_archetypes=self.n_archetypes, **params)

    def _concentrations(self, p):
        """One concentration for each archetype."""
        k = self.n_archetypes
        values = np.asarray(p, dtype=np.float64)
        if values.shape not in ((), (k,)) or not (
            0 < values.min() <= values.max() < np.inf
        ):
            raise ValueError(
                f"p={p!r} must be a number above 0, or one for each of the {k} "
                "archetypes."
            )
        return np.broadcast_to(values, k)

    def _flow_latents(self, X):
        check_is_fitted(self)
        refuse_non_numeric(X)
        X = validate_data(self, X, reset=False, dtype=NUMERIC_DTYPES)
        return self.flow_.transform(X)

    def _mixtures(self, t):
        return softmax(t @ self._to_mixture.T, axis=1)

    def _with_nullspace(self, Z, W):
        """Latents of mixtures, their part in the null space taken from others."""
        return Z + (W - Z) @ self.projector_

    def _latents(self, A):
        return A @ self._corners @ self._from_code.T


def _matrix(tensor):
    return tensor.detach().double().cpu().numpy()
