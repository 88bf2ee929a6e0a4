"""Rows beside their reconstruction, and the part of every column in their score."""

import numpy as np
from sklearn.pipeline import Pipeline

from skanomaly.displays._training_curve import BLUE, VERMILION, import_pyplot

__all__ = ["ReconstructionDisplay"]

IMAGE_ROWS = ("original", "reconstruction", "part in score")


class ReconstructionDisplay:
    """Rows, what the detector makes of them, and where the difference lies.

    Use :meth:`from_estimator` or :meth:`from_predictions` to make one. Images are drawn
    above their reconstruction and the part of every pixel in the anomaly score, with one
    colour scale for all. Rows of a table get one bar chart each: the columns with the
    largest parts, beside them the value and the value that was expected.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
        The rows.
    reconstruction : ndarray of shape (n_samples, n_features)
        The rows as the detector would have them, in the units of `X`.
    feature_scores : ndarray of shape (n_samples, n_features)
        Part of every column in the anomaly score, in the unit of that score; the sum of
        a row is its score.
    image_shape : tuple of int, default=None
        (channels, height, width) if rows are images.
    feature_names : sequence of str, default=None
        Names of the columns. None calls them x0, x1, ….
    row_names : sequence, default=None
        Names of the rows. None takes their positions.

    Attributes
    ----------
    axes_ : ndarray of matplotlib Axes
        For images of shape (3, n_samples), else of the shape of the grid.
    figure_ : matplotlib Figure
        The figure of `axes_`.
    images_ : ndarray of matplotlib AxesImage, of shape (3, n_samples), or None
        Originals, reconstructions and parts in the score.
    bars_ : list of matplotlib BarContainer or None
        The bars of every row, the largest part first.

    See Also
    --------
    LatentTraversalDisplay : What the numbers of the code stand for.

    Examples
    --------
    >>> from sklearn.datasets import load_wine
    >>> from skanomaly.detectors import AutoEncoder
    >>> from skanomaly.displays import ReconstructionDisplay
    >>> X = load_wine(as_frame=True).data
    >>> detector = AutoEncoder(hidden_units=(8,), max_epochs=5, random_state=0).fit(X)
    >>> display = ReconstructionDisplay.from_estimator(detector, X[:2], max_features=4)
    >>> len(display.bars_)
    2
    """

    def __init__(
        self,
        *,
        X,
        reconstruction,
        feature_scores,
        image_shape=None,
        feature_names=None,
        row_names=None,
    ):
        self.X = X
        self.reconstruction = reconstruction
        self.feature_scores = feature_scores
        self.image_shape = image_shape
        self.feature_names = feature_names
        self.row_names = row_names

    @classmethod
    def from_estimator(
        cls, estimator, X, *, max_rows=10, image_shape=None, ax=None, **kwargs
    ):
        """Reconstruct rows and draw them.

        Parameters
        ----------
        estimator : estimator
            Fitted detector with `reconstruct` and `feature_scores`, or a Pipeline or a
            search that ends in one. In a Pipeline, rows and columns are those that reach
            the detector.
        X : array-like of shape (n_samples, n_features)
            Rows to draw.
        max_rows : int, default=10
            Draw at most this many rows, from the first on.
        image_shape : tuple of int, default=None
            (channels, height, width) of the images. None takes that of the detector.
        ax : matplotlib Axes or array-like of Axes, default=None
            Where to draw: axes whose place to fill, or one for each picture. None makes
            a new figure.
        **kwargs : dict
            Further arguments of :meth:`plot`.

        Returns
        -------
        display : ReconstructionDisplay
            The display, drawn.
        """
        import_pyplot()
        X = getattr(X, "iloc", X)[:max_rows]
        detector, rows, names = rows_at_detector(
            estimator, X, needs=("reconstruct", "feature_scores")
        )
        return cls.from_predictions(
            rows,
            detector.reconstruct(rows),
            detector.feature_scores(rows),
            max_rows=max_rows,
            image_shape=image_shape or getattr(detector, "image_shape", None),
            feature_names=names,
            row_names=getattr(X, "index", None),
            ax=ax,
            **kwargs,
        )

    @classmethod
    def from_predictions(
        cls,
        X,
        reconstruction,
        feature_scores,
        *,
        max_rows=10,
        image_shape=None,
        feature_names=None,
        row_names=None,
        ax=None,
        **kwargs,
    ):
        """Draw reconstructions that you have.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The rows.
        reconstruction : array-like of shape (n_samples, n_features)
            The rows as the detector would have them, in the units of `X`.
        feature_scores : array-like of shape (n_samples, n_features)
            Part of every column in the anomaly score.
        max_rows : int, default=10
            Draw at most this many rows, from the first on.
        image_shape : tuple of int, default=None
            (channels, height, width) if rows are images.
        feature_names : sequence of str, default=None
            Names of the columns. None calls them x0, x1, ….
        row_names : sequence, default=None
            Names of the rows. None takes their positions.
        ax : matplotlib Axes or array-like of Axes, default=None
            Where to draw: axes whose place to fill, or one for each picture. None makes
            a new figure.
        **kwargs : dict
            Further arguments of :meth:`plot`.

        Returns
        -------
        display : ReconstructionDisplay
            The display, drawn.
        """
        import_pyplot()
        tables = {
            "X": X, "reconstruction": reconstruction, "feature_scores": feature_scores
        }  # fmt: skip
        tables = {name: _flat(table)[:max_rows] for name, table in tables.items()}
        _check_same_shape(tables)
        display = cls(
            **tables,
            image_shape=image_shape,
            feature_names=feature_names,
            row_names=None if row_names is None else list(row_names)[:max_rows],
        )
        return display.plot(ax=ax, **kwargs)

    def plot(self, ax=None, *, max_features=10, **kwargs):
        """Draw the rows.

        Parameters
        ----------
        ax : matplotlib Axes or array-like of Axes, default=None
            Where to draw: axes whose place to fill, or one for each picture. None makes
            a new figure.
        max_features : int, default=10
            Bars of a row of a table; one more holds the sum of the other columns.
        **kwargs : dict
            Arguments of matplotlib's ``Axes.imshow`` for originals and reconstructions,
            or of ``Axes.barh``.

        Returns
        -------
        display : ReconstructionDisplay
            The display itself.
        """
        self.images_ = self.bars_ = None
        if self.image_shape is None:
            self._plot_table(ax, max_features, kwargs)
        else:
            self._plot_images(ax, kwargs)
        self.figure_ = self.axes_.flat[0].figure
        return self

    def _plot_images(self, ax, kwargs):
        n_rows = len(self.X)
        self.axes_ = axes_grid(ax, 3, n_rows, size=(1.0 * n_rows + 1.5, 4.0))
        limits = self.X.min(), self.X.max()
        shape = tuple(self.image_shape)
        parts = self.feature_scores.reshape(-1, *shape).sum(axis=1)
        self.images_ = np.array(
            [
                [draw_image(a, x, shape, limits, **kwargs)
                 for a, x in zip(axes, table, strict=True)]
                for axes, table in zip(self.axes_, (self.X, self.reconstruction))
            ]
            + [[draw_heat(a, part, parts) for a, part in zip(self.axes_[2], parts)]]
        )  # fmt: skip
