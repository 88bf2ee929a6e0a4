"""Effect of single latent coordinates on the decoded row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from skanomaly.displays import _row_images as row_images
from skanomaly.displays._drawing import LINE_COLORS, AxesLike, import_pyplot
from skanomaly.utils._typing import Estimator, FloatArray, MatrixLike, VectorLike

# Of more coordinates than this, a selection is drawn unless the user names them.
MAX_COORDINATES = 10

# A coordinate is idle if it changes no column by this fraction of the largest change.
IDLE = 0.01


@dataclass(kw_only=True, eq=False, repr=False)
class LatentTraversalDisplay:
    """A row decoded repeatedly while one coordinate of its latent code is changed.

    Use :meth:`from_estimator` to make one. Images form a grid: one row for each
    coordinate of the code, one column for each factor that it is multiplied by. A row
    of a table gives one chart for each coordinate: how much every column of the table
    changes with the factor. Columns of categories are left out: a decoded category is
    one level or another, and has no size.

    A coordinate that hardly changes the row is called *idle*: either its value in the
    code of this row is near zero, and so are all multiples of it, or the decoder
    ignores it. Another row tells the two apart.

    Parameters
    ----------
    decoded : ndarray of shape (n_coordinates, n_factors, n_features)
        The decoded rows, in the units of the data.
    reconstruction : ndarray of shape (n_features,)
        The row decoded from its code as it is.
    index : sequence of int of length n_coordinates
        Which coordinates of the code were changed.
    factors : sequence of float of length n_factors
        The factors they were multiplied by.
    scale : ndarray of shape (n_features,), default=None
        Unit in which to draw the change of each column. None keeps the columns' units.
    image_shape : tuple of int, default=None
        (channels, height, width) if rows are images.
    feature_names : sequence of str, default=None
        Names of the columns. None calls them x0, x1, ….

    Attributes
    ----------
    axes_ : ndarray of matplotlib Axes
        For images of shape (n_coordinates, n_factors), else of the shape of the grid.
    figure_ : matplotlib Figure
        The figure of `axes_`.
    images_ : ndarray of AxesImage of shape (n_coordinates, n_factors), or None
        The images.
    lines_ : list of list of matplotlib Line2D, or None
        For every coordinate, the lines of the columns.
    legend_ : matplotlib Legend or None
        Names of the columns that are drawn in colour.
    idle_ : list of int
        Coordinates that change no column by a hundredth of the largest change.

    See Also
    --------
    ReconstructionDisplay : The reconstruction and the original.

    Examples
    --------
    >>> import numpy as np
    >>> from skanomaly.detectors import AutoEncoder
    >>> from skanomaly.displays import LatentTraversalDisplay
    >>> X = np.random.default_rng(0).normal(size=(100, 3))
    >>> detector = AutoEncoder(
    ...     hidden_units=(8,), latent_dim=2, max_epochs=5, random_state=0
    ... ).fit(X)
    >>> display = LatentTraversalDisplay.from_estimator(detector, X[:1])
    >>> display.decoded.shape
    (2, 5, 3)
    """

    decoded: FloatArray
    reconstruction: FloatArray
    index: Sequence[int]
    factors: Sequence[float] | FloatArray
    scale: FloatArray | None = None
    image_shape: Sequence[int] | None = None
    feature_names: Sequence[Any] | NDArray[Any] | None = None

    @classmethod
    def from_estimator(
        cls,
        estimator: Estimator,
        X: MatrixLike,
        *,
        index: VectorLike | None = None,
        factors: VectorLike = (-2, -1, 0, 1, 2),
        image_shape: Sequence[int] | None = None,
        ax: AxesLike | None = None,
        **kwargs: Any,
    ) -> Self:
        """Change the code of a row and draw what is decoded.

        Parameters
        ----------
        estimator : estimator
            Fitted detector with `encode` and `latent_traversal`, or a Pipeline or a
            search that ends in one. In a Pipeline, columns are those that reach the
            detector.
        X : array-like of shape (1, n_features)
            The row to start from.
        index : array-like of int, default=None
            Coordinates of the code to change, one after the other. None takes all, or
            the ten that change the row most if there are more.
        factors : array-like of float, default=(-2, -1, 0, 1, 2)
            Factors of a coordinate; 1 is the plain reconstruction.
        image_shape : tuple of int, default=None
            (channels, height, width) of the images. None takes that of the detector.
        ax : matplotlib Axes or array-like of Axes, default=None
            Where to draw: axes whose place to fill, or one for each plot. None makes
            a new figure.
        **kwargs : dict
            Further arguments of :meth:`plot`.

        Returns
        -------
        display : LatentTraversalDisplay
            The display, drawn.
        """
        import_pyplot()
        needs = ("encode", "latent_traversal")
        detector, row, names = row_images.rows_at_detector(estimator, X, needs)
        numbers, scale = _number_columns(detector)
        if len(row) != 1:
            raise ValueError(f"X has {len(row)} rows: give one to start from, X[:1].")
        factors = np.atleast_1d(np.asarray(factors, dtype=np.float64))

        def decode(index, factor):
            rows = np.asarray(detector.latent_traversal(row, index, factor))
            return rows[0, numbers].astype(np.float64)

        n_coordinates = detector.encode(row).shape[1]
        index, decoded = _decode_changed(decode, n_coordinates, index, factors, scale)
        display = cls(
            decoded=decoded,
            reconstruction=decode([], 1.0),
            index=index,
            factors=factors,
            scale=scale,
            image_shape=row_images.shape_of_images(detector, image_shape),
            feature_names=None if names is None else np.asarray(names)[numbers],
        )
        return display.plot(ax=ax, **kwargs)

    def plot(
        self, ax: AxesLike | None = None, *, max_features: int = 7, **kwargs: Any
    ) -> Self:
        """Draw the decoded rows.

        Parameters
        ----------
        ax : matplotlib Axes or array-like of Axes, default=None
            Where to draw: axes whose place to fill, or one for each plot. None makes
            a new figure.
        max_features : int, default=7
            Columns of a table to draw in colour: those that change most. The others
            are thin and grey.
        **kwargs : dict
            Arguments of matplotlib's ``Axes.imshow``, or of ``Axes.plot`` for the lines
            in colour.

        Returns
        -------
        display : LatentTraversalDisplay
            The display itself.
        """
        self.images_: NDArray[Any] | None = None
        self.lines_: list[list[Any]] | None = None
        self.legend_: Any = None
        effects = np.abs(self._moves()).max(axis=(1, 2))
        is_idle = effects <= IDLE * effects.max()
        self.idle_ = [
            int(j) for j, idle in zip(self.index, is_idle, strict=True) if idle
        ]
        if self.image_shape is None:
            self._plot_table(ax, max_features, kwargs)
        else:
            self._plot_images(ax, kwargs)
        self.figure_ = self.axes_.flat[0].figure
        return self

    def _moves(self):
        """Change of each column, in its standard deviation if that is known."""
        moves = self.decoded - self.reconstruction
        return moves if self.scale is None else moves / self.scale

    def _title(self, j):
        return f"z[{j}], idle" if j in self.idle_ else f"z[{j}]"

    def _plot_images(self, ax, kwargs):
        n_rows, n_columns = self.decoded.shape[:2]
        size = (1.0 * n_columns + 0.6, 1.0 * n_rows + 0.5)
        self.axes_ = row_images.axes_grid(ax, n_rows, n_columns, size=size)
        limits = self.reconstruction.min(), self.reconstruction.max()
        self.images_ = row_images.draw_images(
            self.axes_, self.decoded, self.image_shape, limits, **kwargs
        )
        for axes, factor in zip(self.axes_[0], self.factors, strict=True):
            axes.set_title(f"$\\times{{{factor:g}}}$", fontsize="medium")
        for axes, j in zip(self.axes_[:, 0], self.index, strict=True):
            axes.set_ylabel(self._title(j).replace(", ", "\n"))

    def _plot_table(self, ax, max_features, kwargs):
        moves = self._moves()
        most = np.argsort(-np.abs(moves).max(axis=(0, 1)), kind="stable")[:max_features]
        n_columns = min(3, len(moves))
        n_lines = -(-len(moves) // n_columns)
        size = (max(2.3 * n_columns, 3.5) + 1.6, 2.0 * n_lines + 0.7)
        self.axes_ = row_images.axes_grid(ax, n_lines, n_columns, size=size, share=True)
        self.lines_ = lines = [
            self._draw_lines(axes, move, most, kwargs)
            for axes, move in zip(self.axes_.flat, moves, strict=False)
        ]
        self._label_table(named=lines[0][len(lines[0]) - len(most) :])

    def _draw_lines(self, ax, moves, most, kwargs):
        others = np.setdiff1d(np.arange(moves.shape[1]), most)
        lines = ax.plot(self.factors, moves[:, others], color="0.8", linewidth=0.8)
        for j, color in zip(most, cycle(LINE_COLORS)):
            label = row_images.feature_name(self.feature_names, j)
            look = {"color": color, "marker": ".", "label": label}
            lines += ax.plot(self.factors, moves[:, j], **(look | kwargs))
        return lines

    def _label_table(self, named):
        for axes, j in zip(self.axes_.flat, self.index, strict=False):
            axes.set_title(self._title(j), fontsize="medium")
        for axes in self.axes_.flat[len(self.index) :]:
            axes.set_axis_off()
        unit = "its own unit" if self.scale is None else "standard deviations"
        for axes in self.axes_[:, 0]:
            axes.set_ylabel(f"Change of a column\n({unit})", fontsize="small")
        # The lowest chart of a column need not be in the last row of the grid.
        for axes in self.axes_.flat[: len(self.index)][-self.axes_.shape[1] :]:
            axes.set_xlabel("Factor", fontsize="small")
            axes.tick_params(labelbottom=True)
        where = {"loc": "upper left", "bbox_to_anchor": (1.02, 1), "borderaxespad": 0}
        self.legend_ = self.axes_[0, -1].legend(
            handles=named, fontsize="small", frameon=False, **where
        )


def _decode_changed(decode, n_coordinates, index, factors, scale):
    """Coordinates, and the rows decoded (n_coordinates, n_factors, n_features)."""
    chosen = range(n_coordinates) if index is None else np.ravel(index)
    decoded = np.array([[decode(j, factor) for factor in factors] for j in chosen])
    if index is not None or len(chosen) <= MAX_COORDINATES:
        return list(chosen), decoded
    effect = (np.ptp(decoded, axis=1) / (1.0 if scale is None else scale)).sum(axis=1)
    chosen = np.sort(np.argsort(-effect, kind="stable")[:MAX_COORDINATES])
    return list(chosen), decoded[chosen]


def _number_columns(detector):
    """Columns of numbers, and their standard deviations if the network holds them."""
    module = getattr(getattr(detector, "net_", None), "module_", None)
    scale, expansion = (getattr(module, name, None) for name in ("scale", "expansion"))
    scale = None if scale is None else scale.cpu().numpy()
    if expansion is None:
        return slice(None), scale
    columns = np.flatnonzero(np.array(expansion.n_codes) == 0)
    if not len(columns):
        raise ValueError(
            f"{detector!r} knows categories alone: no number can be drawn."
        )
    return columns, None if scale is None else scale[expansion.is_number.cpu().numpy()]
