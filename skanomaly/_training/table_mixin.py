"""What detectors do with tables: validate them, and give results of their form."""

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from skanomaly._training.frames import in_form_of, is_frame
from skanomaly._training.table import TableEncoder, validated_table
from skanomaly.utils._images import flat_images, refuse_images
from skanomaly.utils._inputs import refuse_non_numeric

if TYPE_CHECKING:
    from skanomaly.base import BaseDetector as Mixed
else:
    Mixed = object  # the detector follows among the bases

__all__ = ["TableMixin"]

IMAGE_ADVICE = "with image_shape, every column is the brightness of a pixel."


class TableMixin(Mixed):
    """Takes frames with categories and missing cells; images are numbers alone."""

    categorical_features: Any
    _table: TableEncoder

    def _is_for_images(self):
        return getattr(self, "image_shape", None) is not None

    def _validate(self, X, *, reset):
        """Rows of numbers and of codes."""
        if not self._is_for_images():
            if hasattr(self, "image_shape"):
                refuse_images(X)
            return validated_table(self, X, reset=reset)
        X = flat_images(self, X)
        refuse_non_numeric(X, advice=IMAGE_ADVICE)
        rows = super()._validate(X, reset=reset)
        if reset:
            self._table = TableEncoder(rows.shape[1], {})
        return rows

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        is_table = not self._is_for_images()
        tags.input_tags.allow_nan = tags.input_tags.sparse = is_table
        return tags

    def _scoring_module(self):
        """Copy of the module as it scores, float64, on the CPU; subclasses write it."""
        raise NotImplementedError

    def _check_threshold(self):
        """Refuse a threshold that was set for another score."""

    def _score_shift(self):
        """Constant that converts the model's score to the units of X."""
        return 0.0

    def _cell_shift(self):
        """Constants that do the same for the model's scores of the inputs of a row."""
        return np.zeros(1)

    def _as_table(self, rows, X=None):
        """Rows with categories in place of codes, in the form of `X`.

        Without `X`, as a frame where there are categories, which an array cannot hold.
        """
        if X is None and self._table.categories:
            names = getattr(self, "feature_names_in_", None)
            X = pd.DataFrame(index=range(len(rows)), columns=names, dtype=float)
            if names is None:
                X = X.reindex(columns=range(rows.shape[1]))
        if not (is_frame(X) or self._table.categories):
            return rows
        return in_form_of(X, self._table.decode(rows))

    def _by_column(self, cells, X):
        """Values of all inputs, summed to one a column, in the form of `X`."""
        expansion = self._table.expansion()
        cells = cells if expansion is None else expansion.by_column(cells)
        return in_form_of(X, list(cells.T)) if is_frame(X) else cells
