"""Normalizing flow: rows of low density are anomalous, and the density is exact."""

from collections.abc import Callable, Sequence
from numbers import Integral, Real
from typing import Any, Literal, Unpack

import numpy as np
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils import check_array
from sklearn.utils.validation import check_is_fitted
from torch import nn

from skanomaly._training.detector import DeepDetector
from skanomaly._training.networks import are_positive_integers
from skanomaly._training.parameters import DetectorParams
from skanomaly.nets import ACTIVATIONS
from skanomaly.nets.flows import ARCHITECTURES, Flow
from skanomaly.utils._compat import Interval, StrOptions
from skanomaly.utils._inputs import check_n_samples
from skanomaly.utils._seeds import draw_seed
from skanomaly.utils._state import of_one_fit
from skanomaly.utils._typing import FloatArray, MatrixLike, RandomStateLike
from skanomaly.utils._warn import warn_user

__all__ = ["FlowModel", "NormalizingFlow"]


# Columns from which building the masks of an autoregressive flow takes seconds.
MANY_COLUMNS = 3000


class FlowModel(nn.Module):
    """Negative log density of a row, in nats.

    In training there is noise on the rows, so that the flow learns their density
    smoothed by a normal kernel.
    """

    def __init__(self, *, flow, noise, stream):
        super().__init__()
        self.flow, self.noise, self.stream = flow, noise, stream

    def forward(self, x):
        """Loss of each row, shape (n,)."""
        return -self.flow.log_prob(self.blur(x))

    def blur(self, x):
        """Add noise to the rows, in training only."""
        if not self.training or self.noise == 0.0:
            return x
        return x + self.noise * self.stream.normal_like(x)

    def score(self, x):
        """Anomaly score of each row, shape (n,)."""
        return -self.flow.log_prob(x)


class NormalizingFlow(ClassNamePrefixFeaturesOutMixin, TransformerMixin, DeepDetector):
    r"""Score rows by their exact log density under a normalizing flow.

    A flow is an invertible network :math:`z = f(x)` that turns rows into standard
    normal latents. With the determinant of its Jacobian :math:`J` the density of a row
    is known exactly,

    .. math:: \log p(x) = \log N(f(x); 0, I) + \log \lvert \det J(x) \rvert ,

    and maximized on the training rows. `score_samples` is :math:`\log p(x)` in nats,
    the density being that of `X` in its own units, and the anomaly score is
    :math:`s(x) = -\log p(x)`. Inverted, the flow generates new rows (`sample`).

    Parameters
    ----------
    architecture : {"maf", "nsf", "coupling"}, default="maf"
        Which flow: "maf" scales and shifts each column by a function of those before
        it (masked autoregressive flow); "nsf" bends each column by a spline instead,
        which fits many modes with few transforms and takes several times longer (neural
        spline flow); "coupling" scales and shifts each half of the columns by a
        function of the other (RealNVP), and draws rows as fast as it scores them, the
        others `n_features_in_` times slower.
    n_transforms : int, default=3
        Transforms, at least 1, in sequence. The columns change their order from each to
        the next; a "coupling" transform changes both halves.
    hidden_units : tuple of int, default=(64, 64)
        Units of the hidden layers of the network of each transform. With fewer units
        than columns, some dependences cannot be learned.
    activation : str or type, default="relu"
        "elu", "gelu", "leaky_relu", "relu", "sigmoid", "silu", "tanh", or a class.
    noise : float, default=0.4
        Standard deviation of the noise on the training rows, in units of the
        standardized columns, at least 0. Less of it keeps density and samples closer to
        the rows, more of it prevents overfitting. See the notes.
    {parameters}

    Attributes
    ----------
    net_ : skorch.NeuralNet
        The trained net; ``net_.history`` holds the losses of every epoch, in nats per
        standardized row.
    {threshold_attributes}

    Raises
    ------
    TrainingDivergedError
        By `fit`, when the loss is no longer finite.

    See Also
    --------
    AutoEncoder : Score rows by what a network cannot reconstruct.
    skanomaly.displays.LatentRadiusDisplay : How far from the centre the latents lie.
    skanomaly.samplers.fast_gradient_perturbation : Rows that look normal to it.

    Notes
    -----
    *Noise.* What is learned is the density of the training rows with a normal noise on
    them, that is smoothed, as by a kernel density estimate (noise regularization [4]_).
    Without it a flow overfits a small table, and the density grows without bound
    where columns are constant, take few values, or depend on each other exactly. With
    noise of standard deviation :math:`\sigma` the true density of a standardized
    column, given the others, is at most :math:`1 / \sqrt{2 \pi} \sigma`, however often
    a value occurs. Samples have the noise, too.

    *Bounds.* The log of the slope of a transform in a column is kept within
    3 softly, a factor of 20; ``module__max_log_scale`` sets another bound, and
    ``module__n_bins`` the bins of splines (8). A single column has nothing to depend
    on: "maf" and "coupling" then fit a normal distribution.

    *Units.* In another unit of a column, all scores move by the same number, the log of
    the ratio of the units; ranks and labels stay.

    The transforms are those of zuko. The latents are also the output of `transform`, so
    that a flow can stand inside a Pipeline.

    References
    ----------
    .. [1] G. Papamakarios, T. Pavlakou, I. Murray, "Masked autoregressive flow for
       density estimation", NeurIPS 2017. :arxiv:`1705.07057`
    .. [2] C. Durkan, A. Bekasov, I. Murray, G. Papamakarios, "Neural spline flows",
       NeurIPS 2019. :arxiv:`1906.04032`
    .. [3] L. Dinh, J. Sohl-Dickstein, S. Bengio, "Density estimation using Real NVP",
       ICLR 2017. :arxiv:`1605.08803`
    .. [4] J. Rothfuss, F. Ferreira, S. Boehm, S. Walther, M. Ulrich, T. Asfour,
       A. Krause, "Noise regularization for conditional density estimation", 2019.
       :arxiv:`1907.08982`

    Examples
    --------
    >>> import numpy as np
    >>> from skanomaly.detectors import NormalizingFlow
    >>> X = np.random.default_rng(0).normal(10.0, 2.0, size=(500, 2))
    >>> flow = NormalizingFlow(noise=0.05, max_epochs=30, random_state=0).fit(X)
    >>> flow.predict([[10.0, 10.0], [10.0, 18.0]])
    array([ 1, -1])
    >>> float(flow.score_samples([[10.0, 10.0]])[0].round(1))  # -log(2 pi 2^2) is -3.2
    -3.2
    >>> flow.sample(1000, random_state=0).mean(axis=0).round()
    array([10., 10.])
    """

    _changed_params = {
        "lr": {"default": 2e-2},
        "max_epochs": {
            "text": 'Passes over the training rows. "auto" takes as many as make 1,000 '
            "gradient steps, whatever the number of rows, and at least one."
        },
    }
    _table_steps = (1000, 1000)
    _parameter_constraints: dict = {
        "architecture": [StrOptions(set(ARCHITECTURES))],
        "n_transforms": [Interval(Integral, 1, None, closed="left")],
        "hidden_units": ["array-like"],
        "activation": [StrOptions(set(ACTIVATIONS)), callable],
        "noise": [Interval(Real, 0, None, closed="left")],
    }

    def __init__(
        self,
        architecture: Literal["maf", "nsf", "coupling"] = "maf",
        *,
        n_transforms: int = 3,
        hidden_units: Sequence[int] = (64, 64),
        activation: str | Callable[[], nn.Module] = "relu",
        noise: float = 0.4,
        **params: Unpack[DetectorParams],
    ) -> None:
        super().__init__(**params)
        self.architecture = architecture
        self.n_transforms = n_transforms
        self.hidden_units = hidden_units
        self.activation = activation
        self.noise = noise

    @of_one_fit
    def transform(self, X: MatrixLike) -> FloatArray:
        """Compute the latents of rows.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        ndarray of shape (n_samples, n_latents)
            Their latents, as many as columns, or more where these are categories; those
            of rows like the training rows are about standard normal.
        """
        return self._apply(X, lambda model, x: model.flow(x)[0])

    @of_one_fit
    def inverse_transform(self, X: MatrixLike) -> Any:
        """Compute rows from latents: the inverse of `transform`.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_latents)
            Latents.

        Returns
        -------
        ndarray or DataFrame of shape (n_samples, n_features)
            The rows, in the units of the training rows; a frame if these have
            categories, of which it is the likeliest.
        """
        check_is_fitted(self)
        Z = check_array(X, dtype=np.float64, input_name="X")
        if Z.shape[1] != self._n_features_out:
            raise ValueError(
                f"X has {Z.shape[1]} columns; latents have {self._n_features_out}."
            )
        return self._as_table(self._rows(Z))

    @of_one_fit
    def sample(self, n_samples: int = 1, random_state: RandomStateLike = None) -> Any:
        """Draw new rows from the density.

        Parameters
        ----------
        n_samples : int, default=1
            How many, at least 1.
        random_state : int, RandomState instance or None, default=None
            Source of the latents.

        Returns
        -------
        ndarray or DataFrame of shape (`n_samples`, n_features)
            The rows, in the units of the training rows; a frame if these have
            categories.
        """
        check_is_fitted(self)
        check_n_samples(n_samples)
        generator = np.random.default_rng(draw_seed(random_state))
        shape = n_samples, self._n_features_out
        return self._as_table(self._rows(generator.standard_normal(shape)))

    def _rows(self, Z):
        """Rows in units of X from latents."""
        rows = self._in_chunks(Z, lambda module, z: module.model.flow.inverse(z))
        return self._restored(rows)

    def _score_shift(self):
        # The density is that of X in its own units.
        return self.net_.module_.log_scale().item()

    @property
    def _n_features_out(self):
        return self._table.n_inputs

    def _make_model(self, n_features, **build):
        flow = self._build_flow(n_features, **build)
        return FlowModel(flow=flow, noise=self.noise, stream=build["stream"])

    def _build_flow(self, n_features, **build):
        if not are_positive_integers(self.hidden_units):
            raise ValueError(
                f"hidden_units={self.hidden_units!r} must hold positive integers."
            )
        if self.architecture != "coupling" and n_features >= MANY_COLUMNS:
            _warn_of_many_columns(self.architecture, n_features)
        own = {
            "architecture": self.architecture,
            "n_transforms": self.n_transforms,
            "hidden_units": tuple(self.hidden_units),
            "activation": self.activation,
        }
        return Flow(n_features, **{**own, **build})


def _warn_of_many_columns(architecture, n_features):
    """Say beforehand how long the masks of an autoregressive flow take to build."""
    seconds = 8 * (n_features / 4000) ** 3  # measured on one core
    warn_user(
        f"architecture={architecture!r} with {n_features:,} columns: building the "
        f"masks of one network takes about {seconds:,.0f} s, and grows with the cube "
        "of the columns. architecture='coupling' needs no masks.",
    )
