"""Rows, their reconstruction, and the contribution of each column to the score."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from skanomaly.displays import _row_images as row_images
from skanomaly.displays._drawing import BLUE, AxesLike, import_pyplot
from skanomaly.utils._typing import Estimator, FloatArray, MatrixLike

IMAGE_ROWS = ("original", "reconstruction", "part in score")
GREY = "#999999"

# Charts side by side when rows of a table are drawn.
TABLE_COLUMNS = 2


@dataclass(kw_only=True, eq=False, repr=False)
class ReconstructionDisplay:
    """Rows, their reconstruction, and the contribution of each column to the score.

    Use :meth:`from_estimator` or :meth:`from_predictions` to make one. Images are drawn
    above their reconstruction and the contribution of each pixel to the anomaly score,
    on one colour scale. Rows of a table get a bar chart each: the columns with the
    largest contributions, with the value and the expected one, the reconstruction.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
        The rows.
    reconstruction : ndarray of shape (n_samples, n_features)
        The rows as reconstructed by the detector, in the units of `X`.
    feature_scores : ndarray of shape (n_samples, n_features)
        Contribution of each column to the anomaly score, in the unit of that score; the
        sum of a row is its score.
    image_shape : tuple of int, default=None
        (channels, height, width) if rows are images.
    feature_names : sequence of str, default=None
        Names of the columns. None calls them x0, x1, ….
    row_names : sequence, default=None
        Names of the rows. None takes their positions.
    note : str, default=None
        A remark on the values of a table, written below each chart.

    Attributes
    ----------
    axes_ : ndarray of matplotlib Axes
        For images of shape (3, n_samples), else of the shape of the grid.
    figure_ : matplotlib Figure
        The figure of `axes_`.
    images_ : ndarray of matplotlib AxesImage, of shape (3, n_samples), or None
        Originals, reconstructions and contributions to the score.
    bars_ : list of matplotlib BarContainer or None
        The bars of every row, the largest contribution first.

    See Also
    --------
    LatentTraversalDisplay : Effect of single latent coordinates.

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

    X: FloatArray
    reconstruction: FloatArray
    feature_scores: FloatArray
    image_shape: Sequence[int] | None = None
    feature_names: Sequence[Any] | NDArray[Any] | None = None
    row_names: Sequence[Any] | NDArray[Any] | None = None
    note: str | None = None

    @classmethod
    def from_estimator(
        cls,
        estimator: Estimator,
        X: MatrixLike,
        *,
        max_rows: int | None = 10,
        image_shape: Sequence[int] | None = None,
        ax: AxesLike | None = None,
        **kwargs: Any,
    ) -> Self:
        """Reconstruct rows and draw them.

        Parameters
        ----------
        estimator : estimator
            Fitted detector with `reconstruct` and `feature_scores`, or a Pipeline or a
            search that ends in one. In a Pipeline, rows and columns are those that
            reach the detector. Values of a table are turned back into the units of `X`
            where the steps before the detector change columns one by one and have
            `inverse_transform`, as scalers have; else the charts say whose units they
            are.
        X : array-like of shape (n_samples, n_features)
            Rows to draw.
        max_rows : int or None, default=10
            Draw at most this many rows, from the first on. None draws all.
        image_shape : tuple of int, default=None
            (channels, height, width) of the images. None takes that of the detector.
        ax : matplotlib Axes or array-like of Axes, default=None
            Where to draw: axes whose place to fill, or one for each plot. None makes
            a new figure.
        **kwargs : dict
            Further arguments of :meth:`plot`.

        Returns
        -------
        display : ReconstructionDisplay
            The display, drawn.
        """
        import_pyplot()
        by_position: Any = getattr(X, "iloc", X)
        X = by_position[:max_rows]
        needs = ("reconstruct", "feature_scores")
        detector, rows, names = row_images.rows_at_detector(estimator, X, needs)
        image_shape = row_images.shape_of_images(detector, image_shape)
        copies, parts = detector.reconstruct(rows), detector.feature_scores(rows)
        note = None
        if image_shape is None:
            rows, copies, note = _in_data_units(estimator, X, rows, copies)
        return cls.from_predictions(
            rows,
            copies,
            parts,
            image_shape=image_shape,
            feature_names=names,
            row_names=getattr(X, "index", None),
            note=note,
            ax=ax,
            **kwargs,
        )

    @classmethod
    def from_predictions(
        cls,
        X: MatrixLike,
        reconstruction: MatrixLike,
        feature_scores: MatrixLike,
        *,
        image_shape: Sequence[int] | None = None,
        feature_names: Sequence[Any] | NDArray[Any] | None = None,
        row_names: Sequence[Any] | NDArray[Any] | None = None,
        note: str | None = None,
        ax: AxesLike | None = None,
        **kwargs: Any,
    ) -> Self:
        """Draw given reconstructions.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The rows.
        reconstruction : array-like of shape (n_samples, n_features)
            The rows as reconstructed by the detector, in the units of `X`.
        feature_scores : array-like of shape (n_samples, n_features)
            Contribution of each column to the anomaly score.
        image_shape : tuple of int, default=None
            (channels, height, width) if rows are images.
        feature_names, row_names : sequence, default=None
            Names of the columns and of the rows. None counts them from 0.
        note : str, default=None
            A remark on the values of a table, written below each chart.
        ax : matplotlib Axes or array-like of Axes, default=None
            Where to draw: axes whose place to fill, or one for each plot. None makes
            a new figure.
        **kwargs : dict
            Further arguments of :meth:`plot`.

        Returns
        -------
        display : ReconstructionDisplay
            The display, drawn.
        """
        X = row_images.flat_rows(X)
        others = {"reconstruction": reconstruction, "feature_scores": feature_scores}
        others = {name: row_images.flat_rows(rows) for name, rows in others.items()}
        for name, rows in others.items():
            if rows.shape != X.shape:
                raise ValueError(
                    f"{name} has shape {rows.shape}; expected that of X, {X.shape}."
                )
        display = cls(
            X=X,
            **others,
            image_shape=image_shape,
            feature_names=feature_names,
            row_names=row_names,
            note=note,
        )
        return display.plot(ax=ax, **kwargs)

    def plot(
        self, ax: AxesLike | None = None, *, max_features: int = 10, **kwargs: Any
    ) -> Self:
        """Draw the rows.

        Parameters
        ----------
        ax : matplotlib Axes or array-like of Axes, default=None
            Where to draw: axes whose place to fill, or one for each plot. None makes
            a new figure.
        max_features : int, default=10
            Bars for a row of a table; one more holds the sum of the other columns.
        **kwargs : dict
            Arguments of matplotlib's ``Axes.imshow`` for originals and reconstructions,
            or of ``Axes.barh``.

        Returns
        -------
        display : ReconstructionDisplay
            The display itself.
        """
        self.images_: NDArray[Any] | None = None
        self.bars_: list[Any] | None = None
        if self.image_shape is None:
            self._plot_table(ax, max_features, kwargs)
        else:
            self._plot_images(ax, kwargs)
        self.figure_ = self.axes_.flat[0].figure
        return self

    def _titles(self):
        names = range(len(self.X)) if self.row_names is None else self.row_names
        scores = np.sum(self.feature_scores, axis=1)
        return [f"row {n}: score {s:.3g}" for n, s in zip(names, scores, strict=True)]

    def _plot_images(self, ax, kwargs):
        n_rows = len(self.X)
        self.axes_ = row_images.axes_grid(ax, 3, n_rows, size=(1.2 * n_rows + 0.9, 4.2))
        limits = self.X.min(), self.X.max()
        rows = np.stack([self.X, self.reconstruction])
        images = row_images.draw_images(
            self.axes_[:2], rows, self.image_shape, limits, **kwargs
        )
        self.images_ = np.vstack([images, self._draw_heat(self.axes_[2])])
        for axes, title in zip(self.axes_[0], self._titles(), strict=True):
            axes.set_title(title.replace(": ", "\n"), fontsize="small")
        for axes, label in zip(self.axes_[:, 0], IMAGE_ROWS, strict=True):
            axes.set_ylabel(label, fontsize="small")

    def _draw_heat(self, axes):
        """Draw the contribution of each pixel, summed over channels, on one scale."""
        assert self.image_shape is not None
        shape = (-1, *self.image_shape)
        parts = np.reshape(self.feature_scores, shape).sum(axis=1)
        most = np.abs(parts).max()
        look = {"cmap": "magma", "vmin": 0.0, "vmax": most}
        # Terms of a log-likelihood may be negative: they lower the anomaly score.
        if parts.min() < 0:
            look |= {"cmap": "PuOr_r", "vmin": -most}
        images = [a.imshow(part, **look) for a, part in zip(axes, parts, strict=True)]
        for a in axes:
            a.set(xticks=[], yticks=[])
        where = axes[-1].inset_axes([1.08, 0, 0.08, 1])
        axes[-1].figure.colorbar(images[-1], cax=where)
        where.tick_params(labelsize="x-small")
        return images

    def _plot_table(self, ax, max_features, kwargs):
        n_rows, n_bars = len(self.X), min(max_features + 1, self.X.shape[1])
        n_columns = min(TABLE_COLUMNS, n_rows)
        n_lines = -(-n_rows // n_columns)
        size = (5.0 * n_columns, (0.26 * n_bars + 1.0) * n_lines)
        self.axes_ = row_images.axes_grid(ax, n_lines, n_columns, size=size)
        self.bars_ = []
        for i, title in enumerate(self._titles()):
            axes = self.axes_.flat[i]
            self.bars_.append(self._draw_bars(axes, i, max_features, kwargs))
            axes.set_title(title, fontsize="medium")
        for axes in self.axes_.flat[n_rows:]:
            axes.set_axis_off()

    def _draw_bars(self, ax, i, max_features, kwargs):
        parts = self.feature_scores[i]
        largest = np.argsort(-parts, kind="stable")
        shown, rest = largest[:max_features], largest[max_features:]
        names = [row_images.feature_name(self.feature_names, j) for j in shown]
        widths = list(parts[shown])
        values = [
            f"{_text(self.X[i, j])}, expected {_text(self.reconstruction[i, j])}"
            for j in shown
        ]
        if len(rest):
            names.append(f"{len(rest)} others")
            widths.append(parts[rest].sum())
            values.append("")
        colors = [BLUE] * len(shown) + [GREY] * bool(len(rest))
        bars = ax.barh(range(len(widths)), widths, **({"color": colors} | kwargs))
        ax.bar_label(bars, values, padding=3, fontsize="small")
        ax.set_yticks(range(len(names)), names, fontsize="small")
        ax.invert_yaxis()
        note = f"\n({self.note})" if self.note else ""
        ax.set_xlabel(f"Contribution to the anomaly score{note}", fontsize="small")
        # Room for the text next to the longest bar.
        low, high = min(0.0, *widths), max(0.0, *widths)
        ax.set_xlim(2.0 * low, 2.0 * high or 1.0)
        return bars


def _text(value):
    """Write a number, or the level of a category, or that the cell is missing."""
    if pd.isna(value):
        return "missing"
    return f"{value:.4g}" if isinstance(value, Real) else str(value)


def _in_data_units(estimator, X, rows, reconstruction):
    """Both in the units of `X`, and no remark, or as they are, and a remark."""
    note = row_images.unit_note(estimator)
    if note is None:
        return rows, reconstruction, None
    columns = getattr(X, "columns", [f"x{j}" for j in range(np.shape(X)[1])])
    values = [
        row_images.to_data_units(estimator, part, columns)
        for part in (rows, reconstruction)
    ]
    if any(part is None for part in values):
        return rows, reconstruction, note
    return *values, None
