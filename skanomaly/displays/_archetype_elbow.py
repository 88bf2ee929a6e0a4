"""Loss of archetypal analysis by the number of archetypes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from sklearn.base import clone

from skanomaly.displays import _drawing as drawing
from skanomaly.displays._drawing import Axes
from skanomaly.samplers import ArchetypalAnalysis
from skanomaly.utils._typing import FloatArray, IntArray, MatrixLike, RandomStateLike


@dataclass(kw_only=True, eq=False, repr=False)
class ArchetypeElbowDisplay:
    """Unexplained fraction of the variance by the number of archetypes.

    Use :meth:`from_data` to make one. Beyond the elbow of the curve, more archetypes
    explain little more: a choice for `n_archetypes`.

    Parameters
    ----------
    n_archetypes : ndarray of shape (n_fits,)
        Numbers of archetypes.
    unexplained : ndarray of shape (n_fits,)
        Loss of each, as a fraction of the loss of the mean alone.
    name : str, default=None
        Title of the plot. None leaves it out.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Where it was drawn.
    figure_ : matplotlib Figure
        The figure of `ax_`.
    line_ : matplotlib Line2D
        The curve.

    See Also
    --------
    skanomaly.samplers.ArchetypalAnalysis : The transformer.

    Examples
    --------
    >>> import numpy as np
    >>> from skanomaly.displays import ArchetypeElbowDisplay
    >>> corners = np.array([[0.0, 0.0], [4.0, 0.0], [0.0, 3.0]])
    >>> X = np.random.default_rng(0).dirichlet(0.3 * np.ones(3), size=100) @ corners
    >>> display = ArchetypeElbowDisplay.from_data(X, [1, 2, 3], random_state=0)
    >>> bool(display.unexplained[2] < 0.05 < display.unexplained[1])
    True
    """

    n_archetypes: IntArray
    unexplained: FloatArray
    name: str | None = None

    @classmethod
    def from_data(
        cls,
        X: MatrixLike,
        n_archetypes: Iterable[int] = range(1, 11),
        *,
        estimator: ArchetypalAnalysis | None = None,
        random_state: RandomStateLike = None,
        name: str | None = None,
        ax: Axes | None = None,
        **kwargs: Any,
    ) -> Self:
        """Fit one analysis for each number of archetypes and draw the losses.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.
        n_archetypes : iterable of int, default=range(1, 11)
            Numbers of archetypes to try.
        estimator : ArchetypalAnalysis, default=None
            Analysis whose other parameters to take. None takes the defaults.
        random_state : int, RandomState instance or None, default=None
            Seed of the fits, unless `estimator` is given.
        name : str, default=None
            Title of the plot. None leaves it out.
        ax : matplotlib Axes, default=None
            Where to draw. None makes a new figure.
        **kwargs : dict
            Further arguments of :meth:`plot`.

        Returns
        -------
        display : ArchetypeElbowDisplay
            The display, drawn.
        """
        drawing.import_pyplot()
        numbers = np.sort(np.fromiter(n_archetypes, dtype=np.int64))
        if not len(numbers):
            raise ValueError("n_archetypes is empty: give at least one number.")
        if estimator is None:
            estimator = ArchetypalAnalysis(random_state=random_state)
        fits = [clone(estimator).set_params(n_archetypes=int(k)) for k in numbers]
        losses = np.array([analysis.fit(X).loss_ for analysis in fits])
        of_the_mean = clone(estimator).set_params(n_archetypes=1).fit(X).loss_
        unexplained = losses / of_the_mean if of_the_mean else np.zeros(len(losses))
        return cls(n_archetypes=numbers, unexplained=unexplained, name=name).plot(
            ax=ax, **kwargs
        )

    def plot(
        self, ax: Axes | None = None, *, yscale: str = "linear", **kwargs: Any
    ) -> Self:
        """Draw the losses.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw. None makes a new figure.
        yscale : str, default="linear"
            Scale of the losses: "linear", "log" or another one of matplotlib.
        **kwargs : dict
            Arguments of matplotlib's ``Axes.plot`` for the curve.

        Returns
        -------
        display : ArchetypeElbowDisplay
            The display itself.
        """
        self.ax_, self.figure_ = drawing.axes_and_figure(ax)
        look = {"color": drawing.BLUE, "marker": "o", "markersize": 4, "linewidth": 1.5}
        (self.line_,) = self.ax_.plot(
            self.n_archetypes, self.unexplained, **(look | kwargs)
        )
        self.ax_.set_yscale(yscale)
        if yscale == "linear":
            self.ax_.set_ylim(bottom=0.0)
        self.ax_.locator_params(axis="x", integer=True)
        drawing.label_log_ticks(self.ax_.yaxis)
        self.ax_.set(title=self.name, xlabel="Number of archetypes")
        self.ax_.set_ylabel("Unexplained variance (fraction)")
        return self
