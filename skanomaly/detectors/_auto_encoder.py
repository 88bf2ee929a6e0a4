"""Autoencoder: rows that the network cannot reconstruct are anomalous."""

from numbers import Integral, Real
from typing import Annotated, Any, Unpack

import numpy as np
import torch
from torch import nn

from skanomaly._training.missing import filled, known, parted
from skanomaly._training.parameters import NetworkParams
from skanomaly.detectors._reconstruction import ReconstructionDetector
from skanomaly.detectors._reference_distances import (
    Neighbors,
    SubsetDistance,
    mean_or_one,
)
from skanomaly.detectors._row_distances import row_distances
from skanomaly.nets.layers import NetworkType, squared_error
from skanomaly.utils._compat import Interval
from skanomaly.utils._params import Param

__all__ = ["AutoEncoder"]


class AutoEncoderParams(NetworkParams, total=False):
    """What autoencoders share beside the parameters of their networks."""

    noise: Annotated[
        float | tuple[float, float],
        Param(
            (0.05, 2.0),
            [Interval(Real, 0, None, closed="left"), tuple, list],
            "float or pair of floats",
            "Standard deviation of the noise on the training rows, in units of the "
            "standardized columns. A pair draws it anew for every row, log-uniformly "
            "between the two. 0 trains a plain autoencoder.",
        ),
    ]
    n_passes: Annotated[
        int,
        Param(
            2,
            [Interval(Integral, 1, None, closed="left")],
            "int",
            "How often a row goes through the network before it is compared with "
            "itself. Another pass moves it closer to the training rows and costs as "
            "much as the first.",
        ),
    ]
    n_neighbors: Annotated[
        int | None,
        Param(
            None,
            [Interval(Integral, 0, None, closed="left"), None],
            "int",
            "Nearest training rows whose mean squared distance is added to the error; "
            "0 leaves it out. None takes 5 for tables and 0 for images.",
        ),
    ]
    subset_size: Annotated[
        int | None,
        Param(
            None,
            [Interval(Integral, 0, None, closed="left"), None],
            "int",
            "Size of a random subset of training rows, the expected squared distance "
            "to the nearest of which is added to the error; 0 leaves it out. None "
            "takes 16 where neighbours count, and 0 where they do not.",
        ),
    ]


# Rows that set the units of the parts of a score.
MAX_REFERENCES = 1000


class AutoEncoderModel(nn.Module):
    """Squared error between a row and its reconstruction.

    In training the input is a row with noise, and the target the row without.
    """

    supports_stacking = True  # see `skanomaly.nets.stacked`
    masks_missing = True
    only_for_scores = ("distances",)  # see `skanomaly._training.folds`

    def __init__(self, *, encoder, decoder, distances, noise, n_passes, stream):
        super().__init__()
        self.distances: Any = nn.ModuleList(distances)
        # Means of all parts over training rows; computed by `set_reference_rows`.
        self.register_buffer("unit_error", torch.ones(()))
        self.register_buffer("unit_distances", torch.ones(len(self.distances)))
        self.encoder, self.decoder = encoder, decoder
        self.noise, self.n_passes, self.stream = noise, n_passes, stream

    @property
    def n_references(self):
        """Rows that are kept, or that set units: none where the error counts alone."""
        return MAX_REFERENCES if len(self.distances) else 0

    def encode(self, x):
        """Codes, shape (n, n_codes)."""
        return self.encoder(filled(x))

    def decode(self, z):
        """Rows from codes, shape (n, n_features)."""
        return self.decoder(z)

    def forward(self, x):
        """Loss of each row, shape (n,)."""
        return self.error(self.decode(self.encode(self.corrupt(x))), x).sum(dim=-1)

    def error(self, output, x):
        """Squared error of each cell, zero where it is missing."""
        x, missing = parted(x)
        return known(squared_error(output, x), missing)

    def corrupt(self, x):
        """Add noise to the rows, in training only."""
        x = filled(x)
        if not self.training or self.noise == (0.0, 0.0):
            return x
        low, high = self.noise
        level = low * (high / low) ** self.stream.uniform((*x.shape[:-1], 1), like=x)
        return x + level * self.stream.normal_like(x)

    def reconstruct(self, x):
        """Rows after all passes through the network, shape (n, n_features)."""
        output = x
        for _ in range(self.n_passes):
            output = self.decode(self.encode(output))
        return output

    def feature_scores(self, x):
        """Anomaly score of each cell, shape (n, n_features)."""
        cells = self.error(self.reconstruct(x), x)
        if not len(self.distances):
            return cells
        cells = cells / self.unit_error
        for distance, unit in zip(self.distances, self.unit_distances, strict=True):
            cells = cells + distance(x) / unit
        return cells

    @torch.no_grad()
    def set_reference_rows(self, x):
        """Measure distances to training rows, and scale all parts by their means."""
        if not len(self.distances):
            return
        for distance in self.distances:
            distance.set_reference_rows(x)
        self.unit_error = mean_or_one(self.error(self.reconstruct(x), x))
        units = [mean_or_one(distance(x)) for distance in self.distances]
        self.unit_distances = torch.stack(units)

    def score(self, x):
        """Anomaly score of each row, shape (n,)."""
        total = self.error(self.reconstruct(x), x).sum(dim=-1)
        if len(self.distances):
            total = total / self.unit_error
            parts = row_distances(self.distances, x)
            total = total + (parts / self.unit_distances[:, None]).sum(dim=0)
        return self.row_score(total[..., None], x)

    def row_score(self, cells, x):
        """Anomaly score of each row from those of its cells, shape (n,)."""
        return cells.sum(dim=-1)


class AutoEncoder(ReconstructionDetector):
    r"""Score rows by how badly an autoencoder reconstructs them.

    An encoder :math:`f` squeezes a row into a code and a decoder :math:`g` expands the
    code again. Trained on normal rows, the pair learns to reproduce those; what it
    cannot reproduce is anomalous. The error is that of the standardized row,

    .. math:: e(x) = \lVert x - r(x) \rVert^2, \quad r = (g \circ f)^{n} ,

    after `n_passes` = :math:`n` passes through the network. For tables two distances to
    training rows are added, because an error is blind to density. :math:`d_k(x)` is the
    mean squared distance to the `n_neighbors` = :math:`k` nearest. :math:`D_m(x)` is
    the expected squared distance to the nearest of `subset_size` = :math:`m` random
    rows: several anomalies that lie close together are near each other, but rarely in
    one subset. Each part is divided by its mean over training rows,

    .. math:: s(x) = e(x) / \bar e + d_k(x) / \bar d_k + D_m(x) / \bar D_m ;

    with ``n_neighbors=0`` the score is :math:`e(x)` alone. A row is never its own
    neighbour.

    By default the network is trained to remove noise of many strengths from its inputs
    (a denoising autoencoder). The best denoiser returns the weighted mean of the
    training rows around :math:`x`, so that the error grows with the distance to where
    the training rows are, even though the code is wide enough to copy most tables.

    Parameters
    ----------
    module : type, default=None
        Class of the encoder and of the decoder, for which `hidden_units`,
        `activation` and `dropout` do not count, called as
        ``module(n_inputs, n_outputs, **module__…)``. None takes fully
        connected networks, or convolutional ones when `image_shape` is given.
    {parameters}

    Attributes
    ----------
    {attributes}

    Raises
    ------
    TrainingDivergedError
        By `fit`, when the loss is no longer finite.

    See Also
    --------
    MultiEncoderAutoEncoder : Several encoders of different kinds.
    NoiseContrastiveAutoEncoder : A classifier beside the decoder.
    skanomaly.displays.ReconstructionDisplay : Look at what was not reconstructed.

    Notes
    -----
    ``noise=0, n_passes=1, n_neighbors=0`` is the plain autoencoder; with `image_shape`
    it is the deep convolutional autoencoder (DCAE) of the one-class literature. The
    code is a linear layer, and so is the output: standardized columns have no bounds.
    The fewer the rows, the more the network overfits them, and the larger its error on
    new rows beside that on training rows: the error then outweighs the distances, and
    the threshold of `predict` has to be set by held-out rows (``contamination="auto"``,
    `calibrate`).

    With neighbours the model keeps up to 1,000 training rows for :math:`d_k` and 512 of
    them for :math:`D_m`, also in its pickle. :math:`D_m` is a mean over all subsets of
    them, in closed form: of :math:`N` rows by distance, the r-th is the nearest of a
    subset with the probability :math:`\binom{N - r}{m - 1} / \binom N m`. The nearest
    of a small sample is the score of [3]_, and that of many samples of [4]_. Of rows
    with missing cells the distances are those of `NeighborsDetector`; the error of a
    missing cell is zero.

    References
    ----------
    .. [1] P. Vincent, H. Larochelle, Y. Bengio, P.-A. Manzagol, "Extracting and
       composing robust features with denoising autoencoders", ICML 2008.
       :doi:`10.1145/1390156.1390294`
    .. [2] T. Sattarov, M. Schreyer, D. Borth, "Diffusion-scheduled denoising
       autoencoders for anomaly detection in tabular data", KDD 2025.
       :arxiv:`2508.00758`
    .. [3] M. Sugiyama, K. M. Borgwardt, "Rapid distance-based outlier detection via
       sampling", NeurIPS 2013.
    .. [4] T. R. Bandaragoda, K. M. Ting, D. Albrecht, F. T. Liu, Y. Zhu, J. R. Wells,
       "Isolation-based anomaly detection using nearest-neighbor ensembles",
       Computational Intelligence 34, 2018. :doi:`10.1111/coin.12156`

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from skanomaly.detectors import AutoEncoder
    >>> X, benign = load_breast_cancer(return_X_y=True)
    >>> detector = AutoEncoder(max_epochs=50, random_state=0).fit(X[benign == 1])
    >>> scores = detector.anomaly_score(X)
    >>> bool(scores[benign == 0].mean() > 2 * scores[benign == 1].mean())
    True
    """

    _params = AutoEncoderParams
    _changed_params = {
        "max_epochs": {
            "text": 'Passes over the training rows. "auto" trains tables for about as '
            "many gradient steps as there are rows, but for 500 to 1,000, and images "
            "for 4,000; a pass at least."
        }
    }
    # Longer training memorizes small tables, and gains little on others.
    _table_steps = (500, 1000)

    noise: float | tuple[float, float]
    n_passes: int
    n_neighbors: int | None
    subset_size: int | None

    def __init__(
        self, module: NetworkType | None = None, **params: Unpack[AutoEncoderParams]
    ) -> None:
        super().__init__(**params)
        self.module = module

    def _make_model(self, n_features, **build):
        self._check_shapes(n_features)
        return AutoEncoderModel(
            encoder=self._encoder(n_features, self.latent_dim, **build),
            decoder=self._decoder(self.latent_dim, n_features, **build),
            stream=build["stream"],
            **self._common(n_features),
        )

    def _common(self, n_features):
        """Arguments that the models of all autoencoders take."""
        return {
            "noise": self._noise_levels(),
            "n_passes": self.n_passes,
            "distances": self._distances(n_features),
        }

    def _distances(self, n_features):
        """Distances to training rows that are added to the error."""
        n_neighbors, subset_size = self.n_neighbors, self.subset_size
        if n_neighbors is None:
            n_neighbors = 0 if self.image_shape is not None else 5
        if subset_size is None:
            subset_size = 16 if n_neighbors else 0
        sizes = {Neighbors: n_neighbors, SubsetDistance: subset_size}
        weights = None if self._table is None else self._table.input_weights
        return [
            kind(size, n_features, weights=weights)
            for kind, size in sizes.items()
            if size
        ]

    def _noise_levels(self):
        """Lowest and highest standard deviation of the noise."""
        low, high = levels = (
            tuple(self.noise)
            if isinstance(self.noise, (tuple, list)) and len(self.noise) == 2
            else (self.noise, self.noise)
        )
        numbers = _is_number(low) and _is_number(high)
        if levels == (0, 0) or (numbers and 0 < low <= high):
            return float(low), float(high)
        raise ValueError(
            f"noise={self.noise!r} must be a number that is not negative, or a pair "
            "(low, high) with 0 < low <= high."
        )


def _is_number(value):
    return isinstance(value, (int, float, np.number)) and np.isfinite(value)
