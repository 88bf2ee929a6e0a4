"""Rows at a chosen distance from the training rows, from a normalizing flow."""

from numbers import Real
from typing import Any, Literal, Self, TypeAlias, overload

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.frozen import FrozenEstimator
from sklearn.utils.validation import check_is_fitted

from skanomaly._saving.mixin import SavingMixin
from skanomaly.samplers._class_flow import ClassFlow, class_numbers
from skanomaly.samplers._flow import clone_flow, p_bounds
from skanomaly.samplers._radius import KINDS
from skanomaly.utils._compat import HasMethods, Interval, StrOptions, validate_data
from skanomaly.utils._inputs import NUMERIC_DTYPES, check_n_samples, refuse_non_numeric
from skanomaly.utils._seeds import draw_seed, random_generator
from skanomaly.utils._state import all_or_nothing, of_one_fit
from skanomaly.utils._typing import (
    Estimator,
    FloatArray,
    MatrixLike,
    RandomStateLike,
    VectorLike,
)

__all__ = ["FlowSampler"]

Kind: TypeAlias = Literal["extremal", "normal", "inlier"]


class FlowSampler(SavingMixin, BaseEstimator):
    r"""Draw rows at a chosen distance from the training rows.

    A normalizing flow :math:`z = f(x)` turns training rows into standard normal
    latents. In :math:`d` dimensions nearly all of those lie at the same distance
    :math:`\sqrt d` from the centre. A latent :math:`z` that is drawn farther out gives
    a row :math:`f^{-1}(z)` that is unlike the training rows; `p` sets how far:

    - ``kind="extremal"``: a random direction and a radius of about :math:`p \sqrt d`,
      Gumbel-distributed as the largest of very many norms are, with the location
      :math:`\sqrt d + 0.7 b` and the scale :math:`0.7 / a`, where
      :math:`a = \sqrt{2 L}, b = a - (\ln L + \ln 4 \pi) / (2 a)` and
      :math:`L = \max(d (p - 1)^2, 1/4)`;
    - ``kind="normal"``: :math:`z \sim N(0, p^2 I)`, in few dimensions near the centre,
      too;
    - ``kind="inlier"``: :math:`z \sim N(0, I)`, rows like the training rows.

    Parameters
    ----------
    p : float or pair of floats, default=2.5
        Multiple of the typical radius, above 1 for "extremal" and above 0 for "normal".
        A pair (low, high) draws it anew for every row, uniformly between the two.
    kind : {"extremal", "normal", "inlier"}, default="extremal"
        How latents are drawn.
    flow : NormalizingFlow, default=None
        The flow; a copy is fitted. ``FrozenEstimator(flow)`` is taken as it is, so that
        a search over `p` trains no flow. None takes one that draws rows as fast as it
        scores them, ``NormalizingFlow("coupling", noise=0.1, lr=0.005)``.
    conditional : bool, default=False
        Whether the flow learns the rows of each class given in `fit`, and draws rows of
        a class.
    empirical_covariance : bool, default=False
        Whether latents get the mean and the covariance of those of the training rows,
        in place of 0 and I, which a flow matches only approximately.
    random_state : int, RandomState instance or None, default=None
        Source of the initial weights and of all else that is random in `fit`, unless
        `flow` has its own.

    Attributes
    ----------
    flow_ : NormalizingFlow
        The fitted flow. If `conditional`, its `transform` and `inverse_transform` take
        the numbers of the classes as a second argument.
    classes_ : ndarray of shape (n_classes,)
        The classes, if `conditional`.
    class_prior_ : ndarray of shape (n_classes,)
        Probability of each class in `sample`: its frequency in the training rows.
    latent_mean_ : ndarray of shape (n_features,)
        Mean of the latents that are drawn.
    latent_covariance_ : ndarray of shape (n_features, n_features)
        Covariance of inlier latents.
    n_features_in_ : int
        Number of columns seen in `fit`.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns, when all of them are strings.

    Raises
    ------
    ValueError
        By `fit` and `sample`, when `p` is not above 1 ("extremal") or 0 ("normal"), and
        by `fit`, when `conditional` and there is no `y`.

    See Also
    --------
    ArchetypalFlowSampler : Rows between and beyond archetypes.
    UniformSampler : Uniform noise in the range of each column.
    skanomaly.detectors.NormalizingFlow : The flow itself, which also draws inliers.
    skanomaly.detectors.OutlierDiscriminator : Learns to tell normal rows from these.

    Notes
    -----
    `p` and `kind` have no effect on `fit`, and `sample` takes others. Whether rows from
    outside of the data are like the anomalies that matter is not known: look at them.

    References
    ----------
    .. [1] L. Dinh, J. Sohl-Dickstein, S. Bengio, "Density estimation using Real NVP",
       ICLR 2017. :arxiv:`1605.08803`
    .. [2] P. Embrechts, C. Klüppelberg, T. Mikosch, "Modelling extremal events",
       Springer, 1997, section 3.3. :doi:`10.1007/978-3-642-33483-2`

    Examples
    --------
    >>> import numpy as np
    >>> from skanomaly.detectors import NormalizingFlow
    >>> from skanomaly.samplers import FlowSampler
    >>> X = np.random.default_rng(0).normal(10.0, 2.0, size=(500, 2))
    >>> flow = NormalizingFlow("coupling", max_epochs=20)
    >>> sampler = FlowSampler(p=3, flow=flow, random_state=0).fit(X)
    >>> outliers = sampler.sample(1000, random_state=0)
    >>> radius = np.linalg.norm((outliers - 10.0) / 2.0, axis=1)
    >>> float(radius.mean().round())
    4.0
    """

    _parameter_constraints: dict = {
        "p": [Interval(Real, 0, None, closed="neither"), tuple, list],
        "kind": [StrOptions(set(KINDS))],
        "flow": [HasMethods(["fit", "transform", "inverse_transform"]), None],
        "conditional": ["boolean"],
        "empirical_covariance": ["boolean"],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        p: float | tuple[float, float] = 2.5,
        *,
        kind: Kind = "extremal",
        flow: Estimator | None = None,
        conditional: bool = False,
        empirical_covariance: bool = False,
        random_state: RandomStateLike = None,
    ) -> None:
        self.p = p
        self.kind = kind
        self.flow = flow
        self.conditional = conditional
        self.empirical_covariance = empirical_covariance
        self.random_state = random_state

    @all_or_nothing
    def fit(self, X: MatrixLike, y: VectorLike | None = None) -> Self:
        """Train the flow.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Normal rows.
        y : array-like of shape (n_samples,), default=None
            Their classes, ignored unless `conditional`.

        Returns
        -------
        self : object
            The fitted sampler. When anything fails, an earlier fit is kept.
        """
        self._validate_params()
        p_bounds(self.p, self.kind)
        refuse_non_numeric(X)
        X, y = self._validate(X, y)
        codes = self._set_classes(y)
        self.flow_ = self._fit_flow(X, codes)
        self._set_latents(X, codes)
        return self

    @overload
    def sample(
        self,
        n_samples: int = ...,
        random_state: RandomStateLike = ...,
        *,
        kind: Kind | None = ...,
        p: float | tuple[float, float] | None = ...,
        y: Any = ...,
        return_latent: Literal[False] = ...,
    ) -> FloatArray: ...

    @overload
    def sample(
        self,
        n_samples: int = ...,
        random_state: RandomStateLike = ...,
        *,
        kind: Kind | None = ...,
        p: float | tuple[float, float] | None = ...,
        y: Any = ...,
        return_latent: Literal[True],
    ) -> tuple[FloatArray, FloatArray]: ...

    @overload
    def sample(
        self,
        n_samples: int = ...,
        random_state: RandomStateLike = ...,
        *,
        kind: Kind | None = ...,
        p: float | tuple[float, float] | None = ...,
        y: Any = ...,
        return_latent: bool,
    ) -> FloatArray | tuple[FloatArray, FloatArray]: ...

    @of_one_fit
    def sample(
        self,
        n_samples: int = 1,
        random_state: RandomStateLike = None,
        *,
        kind: Kind | None = None,
        p: float | tuple[float, float] | None = None,
        y: Any = None,
        return_latent: bool = False,
    ) -> FloatArray | tuple[FloatArray, FloatArray]:
        """Draw rows.

        Parameters
        ----------
        n_samples : int, default=1
            How many, at least 1.
        random_state : int, RandomState instance or None, default=None
            Source of the latents and the classes.
        kind : {"extremal", "normal", "inlier"}, default=None
            How latents are drawn; None takes the parameter.
        p : float or pair of floats, default=None
            Multiple of the typical radius; None takes the parameter.
        y : label or array-like of shape (n_samples,), default=None
            Class of all rows, or of each, if `conditional`. None draws them.
        return_latent : bool, default=False
            Whether to return the latents, too.

        Returns
        -------
        X : ndarray of shape (n_samples, n_features)
            The rows, in the units of the training rows.
        Z : ndarray of shape (n_samples, n_features)
            Their latents. Only returned if `return_latent`.
        """
        check_is_fitted(self)
        check_n_samples(n_samples)
        rng = random_generator(random_state)
        Z = self._latents(n_samples, kind or self.kind, self.p if p is None else p, rng)
        codes = self._codes(y, n_samples, rng)
        X = self._rows(Z, codes)
        return (X, Z) if return_latent else X

    @of_one_fit
    def encode(self, X: MatrixLike, y: Any = None) -> FloatArray:
        """Compute the latents of rows.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.
        y : label or array-like of shape (n_samples,), default=None
            Class of all rows, or of each; needed if `conditional`, else ignored.

        Returns
        -------
        ndarray of shape (n_samples, n_features)
            The latents; those of rows like the training rows are about standard normal.
        """
        check_is_fitted(self)
        refuse_non_numeric(X)
        X = validate_data(self, X, reset=False, dtype=NUMERIC_DTYPES)
        if not self.conditional:
            return self.flow_.transform(X)
        if y is None:
            raise ValueError("y is None, but the latent of a row depends on its class.")
        return self._to_latents(X, self._codes(y, len(X), None))

    def _validate(self, X, y):
        if not self.conditional:
            X = validate_data(self, X, dtype=NUMERIC_DTYPES, ensure_min_samples=2)
            return X, None
        if y is None:
            raise ValueError("y is None, but conditional=True needs the classes.")
        return validate_data(self, X, y, dtype=NUMERIC_DTYPES, ensure_min_samples=2)

    def _set_classes(self, y):
        if y is None:
            return None
        self.classes_, codes = np.unique(y, return_inverse=True)
        self.class_prior_ = np.bincount(codes) / len(codes)
        return codes

    def _fit_flow(self, X, codes):
        flow = clone_flow(self.flow, draw_seed(self.random_state))
        if isinstance(flow, FrozenEstimator):
            if codes is not None:
                raise ValueError(
                    "flow is frozen, but conditional=True has to train one of classes."
                )
            n_features = getattr(flow, "n_features_in_", X.shape[1])
            if n_features != X.shape[1]:
                raise ValueError(
                    f"flow is frozen and has {n_features} columns, but X has "
                    f"{X.shape[1]}."
                )
            return flow
        if codes is None:
            return flow.fit(X)
        params = {**flow.get_params(deep=False), "n_classes": len(self.classes_)}
        flow = ClassFlow(**params)
        return flow.fit(X, codes)

    def _set_latents(self, X, codes):
        d = X.shape[1]
        self.latent_mean_, self.latent_covariance_ = np.zeros(d), np.eye(d)
        if self.empirical_covariance:
            Z = self._to_latents(X, codes)
            self.latent_mean_ = Z.mean(axis=0)
            self.latent_covariance_ = np.cov(Z, rowvar=False).reshape(d, d)

    def _latents(self, n_samples, kind, p, rng):
        """Draw latents."""
        low, high = p_bounds(p, kind)
        p = rng.uniform(low, high, size=n_samples)
        Z = KINDS[kind](n_samples, self.n_features_in_, p, rng)
        if self.empirical_covariance:
            values, vectors = np.linalg.eigh(self.latent_covariance_)
            Z = Z * np.sqrt(values.clip(0.0)) @ vectors.T + self.latent_mean_
        return Z

    def _codes(self, y, n_samples, rng):
        """Numbers of the classes of rows, drawn if none are given."""
        if not self.conditional:
            if y is not None:
                raise ValueError("y is given, but the sampler is not conditional.")
            return None
        if y is None:
            return rng.choice(len(self.classes_), size=n_samples, p=self.class_prior_)
        y = np.asarray(y)
        if y.shape not in ((), (n_samples,)):
            raise ValueError(
                f"y has shape {y.shape}; expected one class, or ({n_samples},)."
            )
        return class_numbers(self.classes_, np.broadcast_to(y, n_samples))

    def _to_latents(self, X, codes):
        if codes is None:
            return self.flow_.transform(X)
        return self.flow_.transform(X, codes)

    def _rows(self, Z, codes):
        if codes is None:
            return self.flow_.inverse_transform(Z)
        return self.flow_.inverse_transform(Z, codes)
