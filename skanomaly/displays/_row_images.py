"""Code that plots of rows share: the rows that reach a detector, grids, images."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from skanomaly.displays._drawing import import_pyplot, last_step, next_step
from skanomaly.utils._typing import MatrixLike


def rows_at_detector(estimator, X, needs=()):
    """Return the detector, the rows as they reach it, and their columns' names."""
    names = None
    for steps in _steps_before(estimator):
        X, names = steps.transform(X), _names_out(steps)
    estimator = last_step(estimator)
    missing = [method for method in needs if not hasattr(estimator, method)]
    if missing:
        raise TypeError(
            f"estimator={estimator!r} has no {missing[0]}: give a detector that "
            "reconstructs rows, such as AutoEncoder, or a Pipeline that ends in one."
        )
    check_is_fitted(estimator)
    names = getattr(X, "columns", names)
    return estimator, X, getattr(estimator, "feature_names_in_", names)


def unit_note(estimator):
    """Say which transformers gave values their unit; None if there are none."""
    steps = [step for before in _steps_before(estimator) for _, step in before.steps]
    names = [type(step).__name__ for step in steps if not isinstance(step, str)]
    return f"values after {', '.join(names)}" if names else None


def to_data_units(estimator, rows, columns):
    """Rows as they came into a Pipeline, or None where that cannot be told.

    It can where every step before the detector changes columns one by one and can be
    undone; other steps (PCA, say) make columns of their own.
    """
    was_missing = pd.isna(np.asarray(rows))
    with np.errstate(all="ignore"):
        for steps in reversed(_steps_before(estimator)):
            names = _names_out(steps)
            if names is None or list(names) != list(columns):
                return None
            try:
                rows = np.asarray(steps.inverse_transform(rows))
            except (AttributeError, NotImplementedError, ValueError):
                return None
    # What a step maps to infinity or NaN is no value to show; missing cells were none.
    return rows if np.isfinite(rows[~was_missing]).all() else None


def _steps_before(estimator):
    """What stands before the detector in pipelines, the outermost first."""
    found = []
    while (inside := next_step(estimator)) is not None:
        if isinstance(estimator, Pipeline) and len(estimator) > 1:
            found.append(estimator[:-1])
        estimator = inside
    return found


def _names_out(steps):
    # Not every transformer has feature names out, and they fail in different ways.
    try:
        return steps.get_feature_names_out()
    except (AttributeError, NotImplementedError, ValueError):
        return None


def take_rows(X, index):
    """Rows of a frame or of anything that makes an array."""
    return X.iloc[index] if hasattr(X, "iloc") else np.asarray(X)[index]


def shape_of_images(detector, given):
    """The shape that is given, else that of the detector, else None."""
    return getattr(detector, "image_shape", None) if given is None else given


def flat_rows(X: MatrixLike) -> NDArray[Any]:
    """Rows as an array of shape (n_samples, n_features); images are laid out."""
    X = np.asarray(X)
    return X.reshape(len(X), -1)


def axes_grid(ax, n_rows, n_columns, *, size, share=False):
    """Axes of shape (n_rows, n_columns): new ones, in the place of `ax`, or `ax`."""
    if np.ndim(ax):
        if np.size(ax) != n_rows * n_columns:
            raise ValueError(
                f"ax holds {np.size(ax)} axes; {n_rows} x {n_columns} are wanted."
            )
        return np.reshape(ax, (n_rows, n_columns))
    if ax is None:
        figure = import_pyplot().figure(figsize=size, layout="constrained")
        grid = figure.add_gridspec(n_rows, n_columns)
    elif ax.get_subplotspec() is None:
        raise ValueError("ax must be in a grid (plt.subplots), or an array of axes.")
    else:
        ax.set_axis_off()
        grid = ax.get_subplotspec().subgridspec(n_rows, n_columns)
    return grid.subplots(squeeze=False, sharex=share, sharey=share)


def draw_images(grid, rows, image_shape, limits, **kwargs):
    """Draw each row of (n, m, n_features) in the axes of an (n, m) grid."""
    images = np.empty(grid.shape, dtype=object)
    for at, ax in np.ndenumerate(grid):
        images[at] = _draw_image(ax, rows[at], image_shape, limits, **kwargs)
    return images


def feature_name(names, j):
    """Name of a column, if there are names."""
    return f"x{j}" if names is None else str(names[j])


def _draw_image(ax, values, image_shape, limits, **kwargs):
    """Draw a flat row as an image; `limits` are black and white."""
    if len(image_shape) != 3:
        raise ValueError(
            f"image_shape={tuple(image_shape)} must be (channels, height, width)."
        )
    if np.prod(image_shape) != np.size(values):
        raise ValueError(
            f"image_shape={tuple(image_shape)} has {np.prod(image_shape)} cells, but "
            f"rows have {np.size(values)} columns."
        )
    image = np.reshape(values, image_shape)
    low, high = limits
    if len(image) == 3:
        image = np.clip((np.moveaxis(image, 0, -1) - low) / (high - low or 1.0), 0, 1)
    else:
        image = image.mean(axis=0)
    ax.set(xticks=[], yticks=[])
    return ax.imshow(image, **({"cmap": "gray", "vmin": low, "vmax": high} | kwargs))
