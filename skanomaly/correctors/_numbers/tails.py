"""How far a sample reaches: a generalised Pareto tail, and what lies beyond it."""

from dataclasses import dataclass

import numpy as np

__all__ = ["Tail", "Tails"]

# The tail is the uppermost tenth of the sample, and never fewer than these.
TAIL_SHARE = 0.1
MIN_TAIL = 30
# So many values must be left of it when the wrong ones are cut off.
MIN_LEFT = 10
# So many gaps are looked at for slips of the pen, the widest; they may be narrower by
# this factor than before other wrong values, for they are explained.
MAX_CUTS = 20
SLIP_GAP = 0.3
# A wrong sign must be off by this many times the usual.
SIGN_GAP = 1.4
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
    greatest value believed to be right. `wild` values lie beyond it; a value that many
    rows have is odd only if it is `far` beyond it. `slips` of them are right values
    times ten or with another sign.
    """

    start: float
    count: int
    shape: float
    size: float
    end: float
    guard: float
    n: int
    far: float = np.inf
    slips: int = 0
    wild: int = 0
    abstains: bool = False

    @classmethod
    def of(cls, values, max_wild, step=0.0, gap=GAP, slips=None, dense=False):
        """Fit a sorted sample; `max_wild` of its values may be wrong, usually and most.

        `step` is the least distance of a wrong value from the right ones, `gap` the
        same in lengths of the tail. `slips` tells whether far values are made from
        the others. In a `dense` sample the rest begins beyond a gap.
        """
        n = len(values)
        k = min(max(int(TAIL_SHARE * n), MIN_TAIL), n // 2)
        below = np.searchsorted(values, values[n - k]) if k else 0
        if below == 0:
            return cls.endless(values)
        start = values[below - 1]
        excess = values[below:] - start
        least = max(step, BULK_GAP * (start - values[int(TAIL_SHARE * n)]))
        cuts = _Cuts.of(excess, n, max_wild[1], least, gap)
        return cls._fit(cuts, start, n, max_wild, least, slips, dense)

    @classmethod
    def endless(cls, values):
        """A tail beside which nothing stands out."""
        return cls(np.inf, 0, 0.0, 1.0, float(values[-1]), np.inf, len(values))

    @classmethod
    def _fit(cls, cuts, start, n, max_wild, least, slips, dense):
        """Cut off as many values as stand out from the tail of those that are left."""
        r, is_far, guard = cuts.widest()
        rest = cuts.rest(least, max_wild[0]) if dense else 0
        if rest > r:
            r, is_far, guard = rest, False, cuts.guard[rest]
        slip, guard_of_slip = _slip(cuts.gaps, cuts.expected, least, max_wild[1], slips)
        slips_are_it = slip > 0 and slip >= r
        if slips_are_it:
            r, is_far, guard = slip, True, guard_of_slip
        return cls(
            float(start), int(cuts.kept[r]), float(cuts.shape[r]), float(cuts.size[r]),
            float(start + cuts.end[r]), float(guard), n,
            float(3 * min(guard, cuts.far[r])), slip if r == slip else 0, r,
            bool(r > max_wild[int(is_far)]),
        )  # fmt: skip

    def is_far(self, values):
        """Whether values are too far out to be a second kind of right ones."""
        return values > self.end + self.far

    def expected(self, values):
        """Number of right values expected beyond each value, of `n`."""
        if self.count == 0 or self.abstains:
            return np.full(np.shape(values), float(self.n))
        excess = values - self.start
        out = _beyond(excess, self.count, self.shape, self.size)
        out = np.where(excess <= 0, float(self.n), out)
        # What is no further out than the tail is long may be its own next value.
        near = values <= self.end + self.guard
        # Adding, not clipping: the order of the values is kept. Where there are many
        # slips, the right ones that are expected are few among them.
        return np.where(near, out + 4 * EXPECTED, out / max(self.slips, 1))


@dataclass(frozen=True)
class _Cuts:
    """What is left of a tail without its greatest values; arrays by their number.

    `gaps` lie between the `end` of what is left and the least value that is cut off;
    they must be wider than `guard`, and `far` is what is wide where few are cut off.
    """

    kept: np.ndarray
    shape: np.ndarray
    size: np.ndarray
    end: np.ndarray
    gaps: np.ndarray
    expected: np.ndarray
    guard: np.ndarray
    far: np.ndarray

    @classmethod
    def of(cls, excess, n, most, least, gap):
        """Fit what is left after each cut of at most `most` values of n."""
        k = len(excess)
        # How many are left: enough for a fit, beyond the most that may be cut off.
        fewest = max(min(k // 2, k - most - 1), MIN_LEFT, 2)
        kept = np.arange(k, min(fewest, k) - 1, -1)
        shape, size = _moments(excess, kept)
        end, first = excess[kept - 1], np.append(0.0, excess[kept[1:]])
        share = 100 * (k - kept) / n
        guard = np.maximum(end * (gap + GAP_PER_HUNDREDTH * share), least)
        far = np.maximum(end * (gap + GAP_PER_HUNDREDTH), least)
        expected = _beyond(first, kept, shape, size)
        return cls(kept, shape, size, end, first - end, expected, guard, far)

    def widest(self):
        """Most values that stand out, whether they are far out, and their guard."""
        cut = np.flatnonzero((self.expected < EXPECTED) & (self.gaps > self.guard))
        r = int(cut[-1]) if len(cut) else 0
        return r, self.gaps[r] > 3 * self.far[r], self.guard[r]

    def rest(self, least, most):
        """Most values that lie beyond some gap, and are too many for a tail.

        A single one hides nothing.
        """
        r = np.arange(2, min(most + 1, len(self.gaps)))
        too_many = self.expected[r] < EXPECTED * r
        return int(r[too_many & (self.gaps[r] > least)].max(initial=0))


@dataclass(frozen=True)
class Tails:
    """Both tails of a sample."""

    upper: Tail
    lower: Tail

    @classmethod
    def of(
        cls, values, error_rate, steps=(0.0, 0.0), gap=GAP, *,
        most=1.0, slips=None, dense=False,
    ):  # fmt: skip
        """Fit the tails of a sample, in any order and without missing values.

        `steps` are the least distances of wrong values above and below. More than
        `error_rate` of the values, up to `most` times that, are cut off on either
        side only if they are far, or slips of the others. In a `dense` sample nearly
        every possible value of the bulk is there, so that a gap says more.
        """
        ordered = np.sort(values)
        max_wild = tuple(
            max(3, int(np.ceil(rate * len(ordered))))
            for rate in (error_rate, most * error_rate)
        )
        mirrored = None if slips is None else slips.mirrored()
        upper = Tail.of(ordered, max_wild, steps[0], gap, slips, dense)
        lower = Tail.of(-ordered[::-1], max_wild, steps[1], gap, mirrored, dense)
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


def _slip(gaps, expected, least, max_wild, slips):
    """Return how many cells are slips of the others, 0 for none, and their guard.

    What has the other sign may be meant so, money given back for instance. Without a
    wide gap between the signs it is doubted, not flagged: nothing is beyond its guard.
    """
    if slips is None:
        return 0, least
    gaps = gaps[: max_wild + 1]
    too_many = expected[: len(gaps)] < EXPECTED * np.arange(len(gaps))
    cuts = np.flatnonzero(too_many & (gaps > SLIP_GAP * least))
    widest = cuts[np.argsort(-gaps[cuts], kind="stable")[:MAX_CUTS]]
    for r in np.sort(widest)[::-1].tolist():
        factor = slips.factor_of(r)
        if factor:
            is_sure = factor > 0 or gaps[r] > SIGN_GAP * least
            return r, SLIP_GAP * least if is_sure else np.inf
    return 0, least


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
