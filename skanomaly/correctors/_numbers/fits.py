"""How well every number of some rows fits its column and the rest of its row."""

from dataclasses import dataclass

import numpy as np

from skanomaly.correctors._numbers.tails import EXPECTED

__all__ = ["Fits"]


@dataclass(frozen=True, eq=False)
class Fits:
    """Rows beside what their columns expect.

    `alone` and `given` are numbers of right values expected as far out, in the column
    by itself and given the rest of the row (NaN: the rest says nothing). `predicted`
    and `spread` are on the columns' scales.
    """

    columns: list
    x: np.ndarray
    alone: np.ndarray
    given: np.ndarray
    predicted: np.ndarray
    spread: np.ndarray

    @classmethod
    def of(cls, columns, x, codes, suspect):
        """Compare rows; what is `suspect` or wild by itself says nothing of others."""
        scaled = scale(columns, x)
        alone = _alone(columns, x)
        hidden = suspect | (alone <= EXPECTED) | _news(columns, x)
        first = cls._given(columns, x, codes, scaled, alone, hidden)
        return first._again(codes, hidden)

    @classmethod
    def _given(cls, columns, x, codes, scaled, alone, hidden):
        given, predicted, spread = np.full((3, *x.shape), np.nan)
        believed = np.where(hidden, np.nan, scaled)
        for j, column in enumerate(columns):
            if column.expectation is not None:
                ask = column.expectation
                predicted[:, j], spread[:, j] = ask.predict(believed, codes, hidden)
                given[:, j] = ask.expected(scaled[:, j], predicted[:, j], spread[:, j])
                # Nothing is predicted there, either.
                given[column.is_news(x[:, j]), j] = np.nan
        return cls(columns, x, alone, given, predicted, spread)

    def _again(self, codes, hidden):
        """Ask again, without what is odd, in rows with several odd cells.

        An odd cell makes the others of its row look odd.
        """
        odd = np.nan_to_num(self.given, nan=np.inf) <= EXPECTED
        rows = np.flatnonzero((odd | hidden).sum(axis=1) > 1)
        rows = rows[odd[rows].any(axis=1)]
        if not len(rows):
            return self
        again = self._given(
            self.columns, self.x[rows], codes[rows], scale(self.columns, self.x[rows]),
            self.alone[rows], (hidden | odd)[rows],
        )  # fmt: skip
        given, predicted, spread = (
            a.copy() for a in (self.given, self.predicted, self.spread)
        )
        given[rows], predicted[rows] = again.given, again.predicted
        spread[rows] = again.spread
        return Fits(self.columns, self.x, self.alone, given, predicted, spread)

    def take(self, rows):
        """Return some of the rows."""
        arrays = self.x, self.alone, self.given, self.predicted, self.spread
        return Fits(self.columns, *(a[rows] for a in arrays))

    def p_wrong(self):
        """Probability of each cell to be wrong, relations left aside."""
        out = np.zeros(self.x.shape)
        for j, column in enumerate(self.columns):
            if column.is_judged:
                out[:, j] = column.p_wrong(
                    self.x[:, j], self.alone[:, j], self.given[:, j]
                )
            else:
                out[:, j] = column.p_undecided(self.x[:, j], self.given[:, j])
        return np.where(np.isfinite(self.x), out, 0.0)

    def log_plausibility(self):
        """How well every value fits, 0 for usual ones and below for odd ones."""
        out = np.zeros(self.x.shape)
        for j, column in enumerate(self.columns):
            fit = column.plausibility(self.alone[:, j], self.given[:, j])
            out[:, j] = np.log(fit)
        return np.where(np.isfinite(self.x), out, 0.0)

    def log_plausibility_of(self, j, values, rows):
        """The same for other values in column j of some of the rows."""
        column = self.columns[j]
        scaled = column.scale.forward(values)
        given = np.full(len(values), np.nan)
        if column.expectation is not None:
            given = column.expectation.expected(
                scaled, self.predicted[rows, j], self.spread[rows, j]
            )
        return np.log(column.plausibility(column.alone(values), given))

    def bounds(self):
        """Least and greatest value that column and row allow, in the column's units."""
        low, high = np.full((2, *self.x.shape), np.nan)
        for j, column in enumerate(self.columns):
            if column.is_judged:
                ends = self._bounds_of(j, column)
                back = [column.grid.round(column.scale.back(e)) for e in ends]
                low[:, j], high[:, j] = back
        return low, high

    def _bounds_of(self, j, column):
        least, most = column.bounds()
        low, high = np.full(len(self.x), least), np.full(len(self.x), most)
        if column.expectation is None:
            return low, high
        ends = column.expectation.bounds(self.predicted[:, j], self.spread[:, j])
        low, high = np.fmax(low, ends[0]), np.fmin(high, ends[1])
        apart = low > high
        return np.where(apart, ends[0], low), np.where(apart, ends[1], high)


def scale(columns, x):
    """Every column on its scale."""
    out = np.empty(x.shape)
    for j, column in enumerate(columns):
        out[:, j] = column.scale.forward(x[:, j])
    return out


def _news(columns, x):
    """Values out of the range that was learned from: nothing follows from them."""
    cells = zip(columns, x.T, strict=True)
    return np.stack([column.is_news(values) for column, values in cells], axis=1)


def _alone(columns, x):
    out = np.full(x.shape, np.inf)
    for j, column in enumerate(columns):
        out[:, j] = column.alone(x[:, j])
    return np.where(np.isfinite(x), out, np.inf)
