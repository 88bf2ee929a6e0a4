"""Programs of one column: chosen by the cells that a person corrected or confirmed."""

from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np

from skanomaly.correctors._examples.date_orders import date_orders, is_possible
from skanomaly.correctors._examples.guards import Guard, learn_guard
from skanomaly.correctors._examples.rewriting import Constant, Program, Taken
from skanomaly.correctors._examples.support import Support
from skanomaly.correctors._examples.tokens import pattern

__all__ = ["Example", "LearnedProgram", "learn_programs"]

# Programs of a column, and different examples that programs are taken from.
MAX_PROGRAMS, MAX_EXAMPLES = 12, 40
# Before any example: half a cell that is right and one that is not.
RIGHT_BEFORE, WRONG_BEFORE = 0.5, 1.0
# What other cells of the column say for a program counts as so many examples.
SUPPORT = 3.0
# An example whose text came before counts as this part of another one.
PER_REPEAT = 0.25
# A test of tokens that was searched for counts as this part of a cell done wrong.
PER_TEST = 0.5
# More right values that a program would change count as so many.
MAX_UNSETTLED = 8
# Programs of which it is looked up what other cells say; that have a say as rivals.
N_SUPPORTED, N_RIVALS = 20, 12


class Example(NamedTuple):
    """A cell whose right value is known; `source` is the text that it is made of.

    `source` is `old` itself but for programs that take from another column.
    """

    source: str | None
    old: str | None
    new: str | None
    source_stays: bool = True  # whether the source is right as it is


@dataclass(frozen=True)
class LearnedProgram:
    r"""A program with the cells that it is for, and what speaks for it.

    Its probability of being right is, with :math:`n` examples that it writes as they
    should be, :math:`m` others that it is for, the share :math:`s` of the cells that it
    makes look like the rest of their column and :math:`t` tests in its guard,

    .. math:: \frac{n + 3s + 1/2}{n + 3s + m + t/2 + 3/2} ,

    times the share of the weight of its rivals that write the same into a cell. Rivals
    agree with it about every example; each has a weight of two to the minus its cost,
    and to the minus the number of right values that it would not leave alone.
    """

    program: Program
    guard: Guard
    patterns: frozenset | None  # of the old value, where it is made of another text
    n_right: float
    n_wrong: int
    n_examples: int
    n_texts: int = 1  # different texts among those that are right
    charge: float = 0.0  # how much it says, in bits, and how much it unsettles
    orders: tuple[str, ...] = ()  # of day, month and year; see `date_orders`
    support: float = 0.0
    rivals: tuple[Program, ...] = field(default=(), repr=False)
    odds: tuple[float, ...] = field(default=(), repr=False)  # of each rival

    @property
    def p_right(self):
        """Probability that what it writes is right, by its examples."""
        right = self.n_right + SUPPORT * self.support + RIGHT_BEFORE
        wrong = self.n_wrong + PER_TEST * len(self.guard.tests) + WRONG_BEFORE
        return right / (right + wrong)

    def __str__(self):
        where = str(self.guard)
        return str(self.program) + (f" (for {where})" if where else "")

    def write(self, source, old):
        """Return what a cell is to hold, the old text if the program is not for it."""
        mine = self.patterns is None or pattern(old) in self.patterns
        if not mine or not self.guard.holds(source):
            return old
        written = self.program.written(source, old)
        return written if is_possible(written, self.orders) else old

    def apply(self, sources, olds):
        """Rewrite cells: the new texts, and their probability (NaN: it stays)."""
        new, p = np.array(olds, dtype=object), np.full(len(olds), np.nan)
        for k, (source, old) in enumerate(zip(sources, olds, strict=True)):
            written = self.write(source, old)
            if written != old:
                new[k] = written
                p[k] = self.p_right * self._agreed(source, old, written)
        return new, p

    def _agreed(self, source, old, written):
        """Share of the weight of all programs with its examples that write the same."""
        same = [rival.written(source, old) == written for rival in self.rivals]
        return (1 + np.dot(self.odds, same)) / (1 + sum(self.odds))


def learn_programs(examples, cells, counts, propose):
    """Learn programs from cells whose right value is known.

    Parameters
    ----------
    examples : list of Example
        Most are right as they are; what is right beside what is wrong makes guards.
    cells : list of (source, old)
        Different cells of the column, as in `Example`.
    counts : array of shape (k,)
        How many rows hold each of them.
    propose : callable
        Takes an `Example` and returns the programs that make it right.

    Returns
    -------
    programs : list of LearnedProgram
        The first that is for a cell rewrites it.
    """
    programs: list[LearnedProgram] = []
    support = Support(cells, counts, [e.new for e in examples])
    orders = date_orders(e.new for e in examples)
    while len(programs) < MAX_PROGRAMS and any(e.old != e.new for e in examples):
        best = _best(examples, support, propose, orders)
        if best is None:
            break
        programs.append(best)
        examples = [e for e in examples if best.write(e.source, e.old) == e.old]
    return programs


def _best(examples, support, propose, orders):
    """Return the program that explains most of the cells and says least."""
    errors = [e for e in dict.fromkeys(examples) if e.old != e.new][:MAX_EXAMPLES]
    tried = dict.fromkeys(p for error in errors for p in propose(error))
    fitted = [one for p in tried if (one := _fit(p, examples, orders)) is not None]
    fitted.sort(key=lambda one: (-_worth(one), str(one)))
    fitted = [
        replace(one, support=support.of(one)) for one in fitted[:N_SUPPORTED]
    ] + fitted[N_SUPPORTED:]
    proved = [one for one in fitted[:N_SUPPORTED] if _is_proved(one)]
    if not proved:
        return None
    best = max(proved, key=_worth)
    equal = (best.n_right, best.n_wrong)
    rivals = [
        one for one in fitted if one is not best and (one.n_right, one.n_wrong) == equal
    ]
    rivals.sort(key=lambda one: (one.charge, str(one.program)))
    return replace(
        best,
        rivals=tuple(one.program for one in rivals[:N_RIVALS]),
        odds=tuple(2.0 ** (best.charge - one.charge) for one in rivals[:N_RIVALS]),
    )


def _worth(one):
    """Examples explained, less those contradicted and what the program says."""
    said = 0.2 * one.charge + 0.3 * len(one.guard.tests)
    return one.n_texts + one.support - 2 * one.n_wrong - said


def _fit(program, examples, orders):
    """Guard a program by the known cells; None if they contradict it."""
    done = [(e, program.written(e.source, e.old)) for e in examples]
    changed = [(e, w) for e, w in done if w != e.old and is_possible(w, orders)]
    right = [e for e, written in changed if written == e.new]
    wrong = [e for e, written in changed if written != e.new]
    patterns = None
    if isinstance(program, Taken):
        patterns = frozenset(pattern(e.old) for e in right)
        wrong = _contradicting(right, wrong, patterns)
    unsettled = _unsettled(program, examples)
    spoilt = [e.source for e in wrong] + unsettled
    guard = learn_guard([e.source for e in right], spoilt, program.anywhere)
    kept = [e for e in right if guard.holds(e.source)]
    missed = sum(map(guard.holds, spoilt))
    n_texts = _n_different(program, kept)
    n = n_texts + PER_REPEAT * (len(kept) - n_texts)
    if isinstance(program, Constant):
        n = len(kept)
    if n <= missed:
        return None
    charge = program.cost + min(MAX_UNSETTLED, len(unsettled))
    return LearnedProgram(
        program, guard, patterns, n, missed, len(kept), n_texts, charge, orders
    )


def _n_different(program, examples):
    """Return the number of different examples.

    Where a program writes letters by itself, several old texts with one and the same
    new text are one: that is a constant in disguise.
    """
    by_itself = program.n_letters > 0
    return len({e.new if by_itself else e.source for e in examples})


def _unsettled(program, examples):
    """Return the right values that the program would change."""
    if not program.settles:
        return []
    right = dict.fromkeys(e.new for e in examples if e.new)
    return [text for text in right if program.rewrite(text) != text]


def _contradicting(right, wrong, patterns):
    """Known cells that speak against taking a value from another column.

    What is copied from a cell that stays holds in all rows; what is moved, only where
    the old value is as in the examples.
    """
    if all(e.source_stays for e in right):
        return wrong
    return [e for e in wrong if pattern(e.old) in patterns]


def _is_proved(one):
    """Tell whether there are examples enough: one is, but not for all programs."""
    if isinstance(one.program, Constant):
        return one.n_examples > 1
    if one.n_texts > 1:
        return True
    if one.guard.tests:
        return False
    by_itself = one.program.n_letters > 0 or one.patterns is not None
    return not by_itself or one.support > 0.5
