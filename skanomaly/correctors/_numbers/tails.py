"""How far a sample reaches: a generalised Pareto tail, and what lies beyond it."""

from dataclasses import dataclass

import numpy as np

__all__ = ["Tail", "Tails"]

# The tail is the uppermost tenth of the sample, and never fewer than these.
TAIL_SHARE = 0.1
MIN_TAIL = 30
# The shape is taken this many standard errors above its estimate: a longer tail than
# the sample shows is always possible.
CAUTION = 2.0
SHAPES = (-1.0, 0.9)
# Expected number of right values so far out below which one is taken to be wrong.
EXPECTED = 0.02
# A wrong value is off by at least this many lengths of the tail, and by more where one
# in a hundred is: then it is rather a second kind of right values.
GAP = 0.8
GAP_PER_HUNDREDTH = 0.8
# It is also off by this part of the distance from the lowest to the highest tenth.
BULK_GAP = 0.3


@dataclass(frozen=True)
class Tail:
    """Number of right values expected beyond x, upwards.

    `start` is where the tail begins, `count` how many values it has, `end` the
    greatest value believed to be right. `wild` values lie beyond it.
    """

    start: float
    count: int
    shape: float
    size: float
    end: float
    guard: float
    n: int
    wild: int = 0
    abstains: bool = False

    @classmethod
    def of(cls, values, max_wild, step=0.0, gap=GAP):
        """Fit a sorted sample; at most `max_wild` of its values may be wrong.

        `step` is the least distance of a wrong value from the right ones, `gap` the
        same in lengths of the tail.
        """
        n = len(values)
        k = min(max(int(TAIL_SHARE * n), MIN_TAIL), n // 2)
        below = np.searchsorted(values, values[n - k]) if k else 0
        if below == 0:
            return cls.endless(values)
        start = values[below - 1]
        excess = values[below:] - start
        least = max(step, BULK_GAP * (start - values[int(TAIL_SHARE * n)]))
        return cls._fit(excess, start, n, max_wild, least, gap)

    @classmethod
    def endless(cls, values):
        """A tail beside which nothing stands out."""
        return cls(np.inf, 0, 0.0, 1.0, float(values[-1]), np.inf, len(values))

    @classmethod
    def _fit(cls, excess, start, n, max_wild, least, gap):
        """Cut off as many values as stand out from the tail of those that are left."""
        k = len(excess)
        kept = np.arange(k, max(k // 2, 2) - 1, -1)  # how many are left
        shape, size = _moments(excess, kept)
        end = excess[kept - 1]
        share = 100 * (k - kept) / n
        guard = np.maximum(end * (gap + GAP_PER_HUNDREDTH * share), least)
        first = np.append(0.0, excess[kept[1:]])
        expected = _beyond(first, kept, shape, size)
        stands_out = (expected < EXPECTED) & (first - end > guard)
        cut = np.flatnonzero(stands_out)
        r = int(cut[-1]) if len(cut) else 0
        too_many = r > max_wild
        r = 0 if too_many else r
        return cls(
            float(start), int(kept[r]), float(shape[r]), float(size[r]),
            float(start + end[r]), float(guard[r]), n, r, bool(too_many),
        )  # fmt: skip

    def is_far(self, values):
        """Whether values are too far out to be a second kind of right ones."""
        return values > self.end + 3 * self.guard

    def expected(self, values):
        """Number of right values expected beyond each value, of `n`."""
        if self.count == 0 or self.abstains:
            return np.full(np.shape(values), float(self.n))
        excess = values - self.start
        out = _beyond(excess, self.count, self.shape, self.size)
        out = np.where(excess <= 0, float(self.n), out)
        # What is no further out than the tail is long may be its own next value.
        near = values <= self.end + self.guard
        return np.where(near, np.maximum(out, 4 * EXPECTED), out)


@dataclass(frozen=True)
class Tails:
    """Both tails of a sample."""

    upper: Tail
    lower: Tail

    @classmethod
    def of(cls, values, error_rate, steps=(0.0, 0.0), gap=GAP):
        """Fit the tails of a sample, in any order and without missing values.

        `steps` are the least distances of wrong values above and below.
        """
        ordered = np.sort(values)
        max_wild = max(3, int(np.ceil(error_rate * len(ordered))))
        upper = Tail.of(ordered, max_wild, steps[0], gap)
        lower = Tail.of(-ordered[::-1], max_wild, steps[1], gap)
        return cls(upper, lower)

    def expected(self, values):
        """Number of right values expected as far out, on the value's own side."""
        out = np.minimum(self.upper.expected(values), self.lower.expected(-values))
        return np.where(np.isfinite(values), out, np.nan)

    def is_far(self, values):
        """Whether values are too far out to be a second kind of right ones."""
        return self.upper.is_far(values) | self.lower.is_far(-values)

    @property
    def abstains(self):
        """Whether more values look wrong than there can be."""
        return self.upper.abstains or self.lower.abstains

    @property
    def bounds(self):
        """Least and greatest value believed to be right."""
        return -self.lower.end, self.upper.end


def _moments(excess, kept):
    """Shape and size of generalised Pareto tails by L-moments, with caution."""
    index = np.arange(len(excess))
    first = np.cumsum(excess)[kept - 1] / kept
    second = np.cumsum(index * excess)[kept - 1] / (kept * np.maximum(kept - 1, 1))
    spread = np.maximum(2 * second - first, 1e-12 * first)
    shape = np.clip(2 - first / spread, *SHAPES)
    shape = np.minimum(shape + CAUTION * _standard_error(shape, kept), SHAPES[1])
    return shape, (1 - shape) * first


def _standard_error(shape, kept):
    """Hosking and Wallis (1987), equation 9; kept finite for heavy tails."""
    s = np.minimum(shape, 0.4)
    variance = (1 - s) * (2 - s) ** 2 * (1 - s + 2 * s**2) / ((1 - 2 * s) * (3 - 2 * s))
    return np.sqrt(variance / kept)


def _beyond(excess, count, shape, size):
    """Return count * (1 + shape * excess / size) ** (-1 / shape)."""
    size = np.maximum(size, 1e-300)
    excess = np.maximum(excess, 0)
    flat = np.abs(shape) < 1e-6
    shape = np.where(flat, 1e-6, shape)
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        inside = np.maximum(1 + shape * excess / size, 0)
        return count * np.where(inside > 0, inside ** (-1 / shape), 0.0)
