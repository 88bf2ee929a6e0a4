"""The columns of text of a table: distinct texts, and which rows hold them."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from skanomaly.correctors._table.distinct import distinct_cells

__all__ = ["TextCells", "pairs_of", "text_columns"]


@dataclass(frozen=True)
class TextCells:
    """Distinct texts of one column, None at the end, and the number of each row's.

    Other objects than texts are None too, and not `is_text`; they are never rewritten.
    """

    name: str
    texts: np.ndarray
    codes: np.ndarray
    is_text: np.ndarray

    @property
    def cells(self):
        """The text of each row, None where it has none."""
        return self.texts[self.codes]


def text_columns(frame):
    """Return the `TextCells` of the columns that hold text, by their number."""
    found = {}
    for j, name in enumerate(frame.columns):
        cells = frame.iloc[:, j]
        if not pd.api.types.is_numeric_dtype(cells.dtype):
            column = _text_cells(str(name), cells)
            if column is not None:
                found[j] = column
    return found


def _text_cells(name, cells):
    try:
        distinct = distinct_cells(repr(name), cells)
    except TypeError:  # lists, say: the codec says so
        return None
    is_text = np.array([isinstance(v, str) for v in distinct.values], dtype=bool)
    if not is_text.any():
        return None
    texts = np.full(len(is_text) + 1, None, dtype=object)
    texts[:-1][is_text] = [str(v) for v in distinct.values[is_text]]
    # A missing cell may be filled, an object that is no text may not be replaced.
    is_text = np.append(is_text, True)
    codes = np.where(distinct.codes < 0, len(texts) - 1, distinct.codes)
    return TextCells(name, texts, codes, is_text[codes])


def pairs_of(source, target):
    """Different pairs of texts of two columns, the number of each row's, and counts."""
    key = source.codes.astype(np.int64) * len(target.texts) + target.codes
    found, codes, counts = np.unique(key, return_inverse=True, return_counts=True)
    first, second = np.divmod(found, len(target.texts))
    pairs = list(zip(source.texts[first], target.texts[second], strict=True))
    return pairs, codes.ravel(), counts
