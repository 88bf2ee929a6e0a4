"""Distances between classes in the latent space of a model."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import check_consistent_length, check_random_state

from skanomaly.displays._drawing import Axes, axes_and_figure, import_pyplot
from skanomaly.displays._row_images import rows_at_detector, take_rows
from skanomaly.utils._typing import (
    Estimator,
    FloatArray,
    MatrixLike,
    RandomStateLike,
    VectorLike,
)

MIN_ROWS = 8

# Cells darker than this get white text.
DARK = 0.5


@dataclass(kw_only=True, eq=False, repr=False)
class ClusterDistanceDisplay:
    r"""Matrix of the distances between classes in the latent space of a model.

    Use :meth:`from_estimator` to make one. For two classes, linear discriminant
    analysis finds the axis that separates their latents best. Along it, the distance is
    the mean of :math:`|z_i - z'_i|` over pairs of rows, one of each class, in standard
    deviations within the classes. The axis is learned from one half of the rows and the
    distance is that of the other half, for in many dimensions some axis separates any
    two finite samples.

    The diagonal is the distance of one half of a class from the other: the floor,
    :math:`2 / \sqrt \pi = 1.13` for normal latents. The model does not
    distinguish classes at that distance.

    With a sampler that is conditional on the class, row :math:`k` has the latents of
    all rows given class :math:`k`: on the diagonal are rows of that class, and the
    other columns show how far from them the *compared* classes are.

    Parameters
    ----------
    distances : ndarray of shape (n_classes, n_classes)
        The distances. Without conditions they are symmetric.
    classes : sequence of length n_classes
        Names of the classes.
    name : str, default=None
        Title of the plot.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Where it was drawn.
    figure_ : matplotlib Figure
        The figure of `ax_`.
    image_ : matplotlib AxesImage
        The matrix.
    text_ : ndarray of matplotlib Text, of shape (n_classes, n_classes)
        The distances in it.

    See Also
    --------
    LatentRadiusDisplay : How far latents are from the centre.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skanomaly.detectors import NormalizingFlow
    >>> from skanomaly.displays import ClusterDistanceDisplay
    >>> X, y = load_iris(return_X_y=True)
    >>> flow = NormalizingFlow(max_epochs=20, contamination=0.1, random_state=0).fit(X)
    >>> display = ClusterDistanceDisplay.from_estimator(flow, X, y)
    >>> display.distances.shape
    (3, 3)
    """

    distances: FloatArray
    classes: Sequence[Any] | NDArray[Any]
    name: str | None = None

    @classmethod
    def from_estimator(
        cls,
        estimator: Estimator,
        X: MatrixLike,
        y: VectorLike,
        *,
        max_rows: int = 1000,
        random_state: RandomStateLike = 0,
        name: str | None = None,
        ax: Axes | None = None,
        **kwargs: Any,
    ) -> Self:
        """Compute the latents of rows, and the distances of their classes.

        Parameters
        ----------
        estimator : estimator
            Fitted model with `encode` or `transform` to latents, such as `FlowSampler`,
            `NormalizingFlow` or `VAE`, or a Pipeline or a search that ends in one.
        X : array-like of shape (n_samples, n_features)
            Rows.
        y : array-like of shape (n_samples,)
            Their classes. A conditional sampler has to know all of them.
        max_rows : int, default=1000
            Maximum number of rows of a class, drawn at random; at least 8.
        random_state : int, RandomState instance or None, default=0
            Seed of the choice of rows, halves and pairs.
        name : str, default=None
            Title. None takes the name of the model's class.
        ax : matplotlib Axes, default=None
            Where to draw. None makes a new figure.
        **kwargs : dict
            Further arguments of :meth:`plot`.

        Returns
        -------
        display : ClusterDistanceDisplay
            The display, drawn.
        """
        import_pyplot()
        model, X, _ = rows_at_detector(estimator, X)
        encode = _encoder(model)
        if not isinstance(max_rows, Integral) or max_rows < MIN_ROWS:
            raise ValueError(
                f"max_rows={max_rows!r} must be an integer of {MIN_ROWS} or more."
            )
        y = np.asarray(y)
        check_consistent_length(X, y)
        classes, groups = _groups(y, max_rows, check_random_state(random_state))
        rows = [take_rows(X, group) for group in groups]
        condition = getattr(model, "conditional", False)
        distances = np.empty((len(classes), len(classes)))
        latents = None
        for i, label in enumerate(classes):
            if condition or latents is None:
                latents = [np.asarray(encode(r, label)) for r in rows]
            for j in range(len(classes)):
                distances[i, j] = _distance(latents, i, j)
        name = type(model).__name__ if name is None else name
        return cls(distances=distances, classes=classes, name=name).plot(ax, **kwargs)

    def plot(
        self, ax: Axes | None = None, *, values_format: str = ".1f", **kwargs: Any
    ) -> Self:
        """Draw the matrix.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw. None makes a new figure.
        values_format : str, default=".1f"
            How to write the distances.
        **kwargs : dict
            Arguments of matplotlib's ``Axes.imshow``.

        Returns
        -------
        display : ClusterDistanceDisplay
            The display itself.
        """
        self.ax_, self.figure_ = axes_and_figure(ax)
        look = {"cmap": "viridis", "vmin": 0.0}
        self.image_ = self.ax_.imshow(self.distances, **(look | kwargs))
        label = "Distance (standard deviations)"
        self.figure_.colorbar(self.image_, ax=self.ax_, label=label)
        self.text_ = np.empty(self.distances.shape, dtype=object)
        for (i, j), value in np.ndenumerate(self.distances):
            dark = self.image_.norm(value) < DARK
            self.text_[i, j] = self.ax_.text(
                j, i, format(value, values_format), ha="center", va="center",
                color="white" if dark else "black", fontsize="small",
            )  # fmt: skip
        ticks = range(len(self.classes))
        names = [str(label) for label in self.classes]
        self.ax_.set_xticks(ticks, names)
        self.ax_.set_yticks(ticks, names)
        self.ax_.set(title=self.name, xlabel="Compared class", ylabel="Class")
        return self


def _encoder(model):
    """Return a function from rows, and the class to condition on, to latents."""
    method = getattr(model, "encode", None) or getattr(model, "transform", None)
    if method is None:
        raise TypeError(
            f"estimator={model!r} has no latents: it needs encode or transform."
        )
    takes_class = "y" in inspect.signature(method).parameters
    return method if takes_class else lambda X, label: method(X)


def _groups(y, max_rows, rng):
    """Classes, and for each as many rows as the smallest has, in random order."""
    classes, counts = np.unique(y, return_counts=True)
    n_rows = min(max_rows, counts.min())
    if len(classes) < 2 or n_rows < MIN_ROWS:
        raise ValueError(
            f"y has {len(classes)} classes, the smallest of {n_rows} rows: at least 2 "
            f"classes with {MIN_ROWS} rows each are needed."
        )
    return classes, [rng.permutation(np.flatnonzero(y == k))[:n_rows] for k in classes]


def _distance(latents, i, j):
    """Distance of two classes, or of the halves of one, along the best axis."""
    a, b = latents[i], latents[j]
    if i == j:
        half = len(a) // 2
        a, b = a[:half], a[half : 2 * half]
    n_fit = len(a) // 2
    fitted = np.concatenate([a[:n_fit], b[:n_fit]])
    labels = np.repeat([0, 1], n_fit)
    # Imported when needed: it imports half of scikit-learn.
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

    if not np.ptp(fitted, axis=0).any():
        return 0.0  # all latents are equal: nothing separates the classes
    axis = LinearDiscriminantAnalysis(solver="eigen", shrinkage="auto")
    axis.fit(fitted, labels)
    left, right = axis.transform(a[n_fit:]), axis.transform(b[n_fit:])
    within = np.sqrt((left.var() + right.var()) / 2.0)
    return np.abs(left - right).mean() / within if within else 0.0
