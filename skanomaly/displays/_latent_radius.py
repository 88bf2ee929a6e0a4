"""Distances of latents from the centre of the base distribution of a flow."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import cycle
from typing import Any, Self

import numpy as np

from skanomaly.displays import _drawing as drawing
from skanomaly.displays._drawing import Axes
from skanomaly.displays._row_images import rows_at_detector, take_rows
from skanomaly.utils._typing import Estimator, FloatArray, MatrixLike, VectorLike

# Black is for the reference distribution.
COLORS = [color for color in drawing.LINE_COLORS if color != drawing.BLACK]

N_BINS = 60

# Rows beyond this many times the typical norm are not drawn, so that the reference
# distribution and the normal rows stay visible.
FAR = 4.0


@dataclass(kw_only=True, eq=False, repr=False)
class LatentRadiusDisplay:
    r"""Histogram of the norms of latents, with the distribution they should follow.

    Use :meth:`from_estimator` to make one. A normalizing flow turns rows like its
    training rows into standard normal latents. The norm of such a latent of :math:`d`
    columns has the :math:`\chi_d` distribution, which for many columns is a thin shell
    around :math:`\sqrt d`; rows outside of it are not like the training rows, nor are
    rows inside of it.

    Parameters
    ----------
    radii : dict of str to ndarray of shape (n_samples,)
        Norms of the latents of each data set.
    n_features : int
        Columns of a latent: the degrees of freedom of the distribution.
    name : str, default=None
        Title of the plot.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Where it was drawn.
    figure_ : matplotlib Figure
        The figure of `ax_`.
    bars_ : list of matplotlib StepPatch
        The histogram of each data set, a density.
    law_ : matplotlib Line2D
        The density of the reference distribution.
    legend_ : matplotlib Legend
        The legend.

    See Also
    --------
    ScoreDistributionDisplay : Histogram of anomaly scores.

    Examples
    --------
    >>> import numpy as np
    >>> from skanomaly.detectors import NormalizingFlow
    >>> from skanomaly.displays import LatentRadiusDisplay
    >>> X = np.random.default_rng(0).normal(size=(200, 3))
    >>> flow = NormalizingFlow(noise=0.1, max_epochs=5, random_state=0).fit(X)
    >>> display = LatentRadiusDisplay.from_estimator(
    ...     flow, {"training": X, "shifted": X + 5}
    ... )
    >>> [float(radii.mean().round()) for radii in display.radii.values()]
    [2.0, 10.0]
    """

    radii: dict[str, FloatArray]
    n_features: int
    name: str | None = None

    @classmethod
    def from_estimator(
        cls,
        estimator: Estimator,
        X: MatrixLike | dict[str, Any],
        y: VectorLike | None = None,
        *,
        name: str | None = None,
        ax: Axes | None = None,
        **kwargs: Any,
    ) -> Self:
        """Compute the latents of rows and draw their norms.

        Parameters
        ----------
        estimator : estimator
            Fitted detector with `transform`, such as `NormalizingFlow`, or a Pipeline
            or a search that ends in one.
        X : array-like of shape (n_samples, n_features), or dict of str to such arrays
            Rows, or several data sets by their names.
        y : array-like of shape (n_samples,), default=None
            Labels that split `X` into data sets; not for a dict.
        name : str, default=None
            Title. None takes the name of the detector's class.
        ax : matplotlib Axes, default=None
            Where to draw. None makes a new figure.
        **kwargs : dict
            Further arguments of :meth:`plot`.

        Returns
        -------
        display : LatentRadiusDisplay
            The display, drawn.
        """
        drawing.import_pyplot()
        detector = drawing.last_step(estimator)
        if not hasattr(detector, "inverse_transform"):
            raise TypeError(
                f"estimator={detector!r} has no latents of the size of its rows: give "
                "a NormalizingFlow, or a Pipeline that ends in one."
            )
        radii = {}
        for label, rows in _data_sets(X, y).items():
            _, rows, _ = rows_at_detector(estimator, rows, ("transform",))
            Z = np.asarray(detector.transform(rows))
            if Z.shape[1] != detector.n_features_in_:
                raise TypeError(
                    f"estimator={detector!r} has latents of {Z.shape[1]} columns for "
                    f"rows of {detector.n_features_in_}: give a NormalizingFlow."
                )
            radii[label] = np.linalg.norm(Z, axis=1)
        name = type(detector).__name__ if name is None else name
        display = cls(radii=radii, n_features=detector.n_features_in_, name=name)
        return display.plot(ax=ax, **kwargs)

    def plot(
        self, ax: Axes | None = None, *, bins: int | VectorLike = N_BINS, **kwargs: Any
    ) -> Self:
        """Draw the histograms and the reference distribution.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw. None makes a new figure.
        bins : int or array-like, default=60
            Number of bins, or their edges. The legend gives the fraction of a data set
            beyond the last edge; a number of bins ends at four typical norms at the
            latest.
        **kwargs : dict
            Arguments of matplotlib's ``Axes.stairs`` for the bars.

        Returns
        -------
        display : LatentRadiusDisplay
            The display itself.
        """
        self.ax_, self.figure_ = drawing.axes_and_figure(ax)
        edges = self._edges(bins)
        self.bars_ = [
            self._draw(edges, radii, label, color, kwargs)
            for (label, radii), color in zip(self.radii.items(), cycle(COLORS))
        ]
        self.law_ = self._draw_law(edges)
        self.ax_.set(title=self.name, ylabel="Density")
        self.ax_.set_xlabel("Norm of the latent")
        self.legend_ = drawing.add_legend(self.ax_, below=ax is None)
        return self

    def _edges(self, bins):
        if np.ndim(bins) == 1:
            return np.asarray(bins, dtype=np.float64)
        from scipy.stats import chi

        far = FAR * chi.mean(self.n_features)
        top = max(chi.ppf(0.9999, self.n_features), *map(np.max, self.radii.values()))
        return np.linspace(0.0, min(top, far), bins + 1)

    def _draw(self, edges, radii, label, color, kwargs):
        heights = np.histogram(radii, edges)[0] / (len(radii) * np.diff(edges))
        beyond = np.mean(radii > edges[-1])
        label = f"{label} ({len(radii)})"
        if beyond > 0:
            label += f", {beyond:.0%} beyond"
        look = {"fill": True, "facecolor": (color, 0.35), "edgecolor": color}
        look |= {"linewidth": 1.2, "label": label}
        return self.ax_.stairs(heights, edges, **(look | kwargs))

    def _draw_law(self, edges):
        from scipy.stats import chi

        at = np.linspace(edges[0], edges[-1], 500)
        label = f"$\\chi_{{{self.n_features}}}$ distribution"
        law = chi.pdf(at, self.n_features)
        return self.ax_.plot(at, law, label=label, **drawing.REFERENCE)[0]


def _data_sets(X, y):
    """Data sets by their names."""
    if isinstance(X, dict):
        if y is not None:
            raise ValueError("y splits X into data sets, and X is a dict of them.")
        if not X:
            raise ValueError("X is an empty dict.")
        return X
    if y is None:
        return {"rows": X}
    y = np.asarray(y)
    if y.shape != (len(X),):
        raise ValueError(f"y has shape {y.shape}; expected ({len(X)},), one for a row.")
    return {str(k): take_rows(X, np.flatnonzero(y == k)) for k in np.unique(y)}
