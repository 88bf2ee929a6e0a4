"""Which cells a program is for: their pattern, then at most two tests of tokens."""

from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import Any

import numpy as np

from skanomaly.correctors._examples.tokens import pattern, tokens

__all__ = ["Guard", "Test", "learn_guard"]

# Tests that are combined in pairs, the best alone.
N_BEST = 12
# Longer patterns are cut where people read them.
MAX_SHOWN = 20


@dataclass(frozen=True)
class Test:
    """A question about one token, such as whether its number is at most so much.

    `sign` is "<=", ">=", "==" or "!=" (the last two compare words). What has no such
    token, or no number there, fails.
    """

    at: int
    sign: str
    value: Any

    __test__ = False  # pytest takes the name for one of its own

    def __str__(self):
        value = f"{self.value:g}" if isinstance(self.value, float) else repr(self.value)
        return f"token {self.at + 1} {self.sign} {value}"

    def holds(self, text):
        """Tell whether a text passes."""
        parts = tokens(text) if text else ()
        if self.at >= len(parts):
            return False
        token = parts[self.at]
        if self.sign in ("==", "!="):
            return (token == self.value) == (self.sign == "==")
        if not token.isdigit():
            return False
        number = float(token)
        return number <= self.value if self.sign == "<=" else number >= self.value


@dataclass(frozen=True)
class Guard:
    """Patterns that a program is for (None: all of them), and tests that all hold."""

    patterns: frozenset | None = None
    tests: tuple[Test, ...] = ()

    def __str__(self):
        said = []
        if self.patterns is not None:
            shown = sorted(map(_shown, self.patterns))
            more = f" and {len(shown) - 3} more" if len(shown) > 3 else ""
            said.append("like " + ", ".join(shown[:3]) + more)
        said += map(str, self.tests)
        return " and ".join(said)

    def holds(self, text):
        """Tell whether the program is for a text."""
        fits = self.patterns is None or pattern(text) in self.patterns
        return fits and all(test.holds(text) for test in self.tests)


def _shown(kinds):
    """Return a pattern as it is read, the beginning of a long one."""
    if not kinds:
        return "empty"
    return f"'{kinds}'" if len(kinds) <= MAX_SHOWN else f"'{kinds[:MAX_SHOWN]}...'"


def learn_guard(right, wrong, anywhere):
    """Find the weakest guard that keeps a program to the texts it is right for.

    Parameters
    ----------
    right, wrong : list of str
        Texts that the program writes as it should, and others.
    anywhere : bool
        Whether the program may be for texts of other patterns than the `right` ones.

    Returns
    -------
    guard : Guard
        It lets some of the `wrong` texts pass where no two tests tell them apart.
    """
    guards = [Guard(frozenset(map(pattern, right)))]
    if anywhere:
        guards.insert(0, Guard())
    for guard in guards:
        if not any(guard.holds(text) for text in wrong):
            return guard
    guard = guards[-1]
    return _tested(guard, right, [text for text in wrong if guard.holds(text)])


def _tested(guard, right, wrong):
    """Add the tests that keep most of the right texts, and few of the wrong ones."""
    gaps = _tests(right, wrong)
    passed = {t: (_passed(t, right), _passed(t, wrong)) for t in gaps}

    def worth(tests):
        n_right, n_wrong = (
            np.logical_and.reduce([passed[t][k] for t in tests]).sum() for k in (0, 1)
        )
        return n_right - n_wrong - 0.5 * len(tests), sum(gaps[t] for t in tests)

    alone = [(t,) for t in gaps]
    best = [t for (t,) in sorted(alone, key=worth, reverse=True)[:N_BEST]]
    chosen = max([*alone, *combinations(best, 2)], key=worth, default=())
    return Guard(guard.patterns, chosen)


def _passed(test, texts):
    return np.array([test.holds(text) for text in texts], dtype=bool)


def _tests(right, wrong):
    """Return the tests between two texts that differ in a token, how sharp each is."""
    found: dict = {}
    n_tokens = min(len(tokens(text or "")) for text in [*right, *wrong])
    for at in range(n_tokens):
        ours, theirs = ([tokens(text)[at] for text in part] for part in (right, wrong))
        if all(token.isdigit() for token in [*ours, *theirs]):
            found |= _thresholds(at, ours, theirs)
        elif len(set(ours)) == 1:
            found[Test(at, "==", ours[0])] = 0.0
        elif len(set(theirs)) == 1 and theirs[0] not in ours:
            found[Test(at, "!=", theirs[0])] = 0.0
    return found


def _thresholds(at, ours, theirs):
    """Tests between numbers that follow each other; the wider their gap the better."""
    every = np.unique(np.array([*ours, *theirs], dtype=np.float64))
    width = max(1.0, every[-1] - every[0])
    found = {}
    for low, high in pairwise(every):
        for sign in ("<=", ">="):
            found[Test(at, sign, float((low + high) / 2))] = (high - low) / width
    return found
