"""Grids of generated images, at growing distance from the training images."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from skanomaly.displays._drawing import AxesLike, import_pyplot, last_step
from skanomaly.displays._row_images import axes_grid, draw_images, shape_of_images
from skanomaly.utils._typing import Estimator, FloatArray


@dataclass(kw_only=True, eq=False, repr=False)
class SampledImagesDisplay:
    """Images that a sampler draws, one row of the grid for each value of `p`.

    Use :meth:`from_estimator` to make one. All rows are drawn with the same random
    numbers, so that a column of the grid shows, with `FlowSampler`, one direction from
    the centre of the latent space, followed outwards.

    Parameters
    ----------
    samples : ndarray of shape (n_lines, n_columns, n_features)
        The images, as flat rows.
    p : sequence of float of length n_lines
        The value of `p` of each row of the grid.
    image_shape : tuple of (channels, height, width)
        Shape of an image.
    limits : pair of floats, default=None
        Values drawn black and white. None takes the range of the first row.
    name : str, default=None
        Title of the plot.

    Attributes
    ----------
    axes_ : ndarray of matplotlib Axes, of shape (n_lines, n_columns)
        The grid.
    figure_ : matplotlib Figure
        The figure of `axes_`.
    images_ : ndarray of matplotlib AxesImage, of shape (n_lines, n_columns)
        The images.

    See Also
    --------
    LatentRadiusDisplay : Distances of latents from the centre.
    skanomaly.samplers.FlowSampler : Draws rows at a chosen distance.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from skanomaly.detectors import NormalizingFlow
    >>> from skanomaly.displays import SampledImagesDisplay
    >>> from skanomaly.samplers import FlowSampler
    >>> X, _ = load_digits(return_X_y=True)
    >>> flow = NormalizingFlow("coupling", max_epochs=2, contamination=0.1)
    >>> sampler = FlowSampler(flow=flow, random_state=0).fit(X)
    >>> display = SampledImagesDisplay.from_estimator(
    ...     sampler, p=(1.5, 2.5), image_shape=(1, 8, 8), n_columns=4
    ... )
    >>> display.samples.shape
    (2, 4, 64)
    """

    samples: NDArray[Any]
    p: Sequence[float] | FloatArray
    image_shape: Sequence[int]
    limits: tuple[float, float] | None = None
    name: str | None = None

    @classmethod
    def from_estimator(
        cls,
        estimator: Estimator,
        *,
        p: Sequence[float] | FloatArray = (1.25, 1.5, 2.0, 2.5, 3.0),
        n_columns: int = 10,
        image_shape: Sequence[int] | None = None,
        limits: tuple[float, float] | None = None,
        random_state: int = 0,
        name: str | None = None,
        ax: AxesLike | None = None,
        sample_params: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> Self:
        """Draw images at every `p`.

        Parameters
        ----------
        estimator : estimator
            Fitted sampler whose `sample` has the argument `p`: `FlowSampler`, or
            `ArchetypalFlowSampler`.
        p : array-like of float, default=(1.25, 1.5, 2.0, 2.5, 3.0)
            Values of `p`, one row of the grid each.
        n_columns : int, default=10
            Images in a row of the grid.
        image_shape : tuple of (channels, height, width), default=None
            Shape of an image. None takes a square one in grey.
        limits : pair of floats, default=None
            Values drawn black and white, such as (0, 255). None takes the range of the
            first row.
        random_state : int, default=0
            Seed of every row of the grid.
        name : str, default=None
            Title. None leaves it out.
        ax : matplotlib Axes or array-like of Axes, default=None
            Where to draw: axes whose place to fill, or one for each image. None makes a
            new figure.
        sample_params : dict, default=None
            Further arguments of the sampler's `sample`, such as ``{"kind": "normal"}``.
        **kwargs : dict
            Further arguments of :meth:`plot`.

        Returns
        -------
        display : SampledImagesDisplay
            The display, drawn.
        """
        import_pyplot()
        sampler = last_step(estimator)
        if not hasattr(sampler, "sample"):
            raise TypeError(f"estimator={sampler!r} has no sample: give a FlowSampler.")
        if "p" not in inspect.signature(sampler.sample).parameters:
            raise TypeError(
                f"estimator={sampler!r} has a sample without p: give a FlowSampler."
            )
        p = np.ravel(np.asarray(p, dtype=np.float64))
        if not len(p):
            raise ValueError("p is empty: give at least one value.")
        params = sample_params or {}
        samples = [
            sampler.sample(n_columns, random_state=random_state, p=float(q), **params)
            for q in p
        ]
        shape = shape_of_images(sampler, image_shape)
        return cls(
            samples=np.stack(samples),
            p=p,
            image_shape=_square(samples[0].shape[1]) if shape is None else shape,
            limits=limits,
            name=name,
        ).plot(ax=ax, **kwargs)

    def plot(self, ax: AxesLike | None = None, **kwargs: Any) -> Self:
        """Draw the grid.

        Parameters
        ----------
        ax : matplotlib Axes or array-like of Axes, default=None
            Where to draw: axes whose place to fill, or one for each image. None makes a
            new figure.
        **kwargs : dict
            Arguments of matplotlib's ``Axes.imshow``.

        Returns
        -------
        display : SampledImagesDisplay
            The display itself.
        """
        n_lines, n_columns = self.samples.shape[:2]
        size = (0.8 * n_columns + 0.8, 0.8 * n_lines + 0.4)
        self.axes_ = axes_grid(ax, n_lines, n_columns, size=size)
        self.figure_ = self.axes_.flat[0].figure
        first, limits = self.samples[0], self.limits
        limits = (first.min(), first.max()) if limits is None else tuple(limits)
        self.images_ = draw_images(
            self.axes_, self.samples, self.image_shape, limits, **kwargs
        )
        for axes, p in zip(self.axes_[:, 0], self.p, strict=True):
            axes.set_ylabel(f"p = {p:g}", fontsize="small")
        if self.name is not None:
            self.figure_.suptitle(self.name, fontsize="medium")
        return self


def _square(n_features):
    side = round(n_features**0.5)
    if side**2 != n_features:
        raise ValueError(
            f"image_shape=None takes rows as square images in grey, but they have "
            f"{n_features} columns: give (channels, height, width)."
        )
    return (1, side, side)
