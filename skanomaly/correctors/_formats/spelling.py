"""Values that differ by case, separators or marks only, where one spelling prevails."""

import re
from dataclasses import dataclass, field

from skanomaly.correctors._formats.column import Step

__all__ = ["PreferSpelling", "learn_spelling"]

# A spelling prevails if it has at least this part of the rows of its value ...
MIN_PREVAILS = 0.9
MIN_ROWS = 10
# ... and where rows of other spellings are this rare in the column; a column that mixes
# styles ("eng", "ENG", "English") has no rule to apply.
MAX_DEVIATING = 0.01
# More may deviate where several values do, and nearly all values have a rule.
MAX_DEVIATING_OF_MANY = 0.1
MIN_VALUES = 3
# Letters that a value must have: in short codes case, dots and dashes carry meaning.
# Values of two letters count where many values show that they do not.
MIN_LETTERS = 3
MIN_LETTERS_OF_MANY = 2

_SEPARATORS = re.compile(r"[\s_\-]+")
_MARK = "[\"'`\u201c\u201d\u2018\u2019*.,;:\\s]+"
_MARKS = re.compile(f"^{_MARK}|{_MARK}$")
FOLDS = {
    "case": str.casefold,
    "separators": lambda value: _SEPARATORS.sub(" ", value),
    "marks at the ends": lambda value: _MARKS.sub("", value),
}


@dataclass(frozen=True)
class PreferSpelling(Step):
    """Write a value in its prevailing spelling; `spellings` has it by folded value."""

    what: str
    spellings: dict = field(hash=False)
    n_values: int

    def __str__(self):
        return f"unify {self.what} ({self.n_values} values)"

    def rewrite(self, value):
        """Return the prevailing spelling; a value that has none stays."""
        return self.spellings.get(FOLDS[self.what](value), value)


def learn_spelling(column):
    """Return the steps for the kinds of spelling in which the column has a rule."""
    steps = []
    for what in FOLDS:
        step = _learn(what, column)
        if step is not None:
            steps.append(step)
            column = column.after(step)
    return steps


def _learn(what, column):
    """Return the step for one kind of spelling, None without a rule."""
    for n_letters, n_values in (
        (MIN_LETTERS_OF_MANY, MIN_VALUES),
        (MIN_LETTERS, 1),
    ):
        step = _learn_from(what, column, n_letters, n_values)
        if step is not None:
            return step
    return None


def _learn_from(what, column, n_letters, n_values):
    groups = _groups(FOLDS[what], column, n_letters)
    several = {key: group for key, group in groups.items() if len(group) > 1}
    rules = {key: rule for key, group in several.items() if (rule := _rule(group))}
    if len(rules) < n_values or not _has_rule(several, rules, column.n_rows):
        return None
    # A value that was only seen in one spelling has a rule too, if it was seen enough.
    single = {k: next(iter(g)) for k, g in groups.items() if len(g) == 1 and _rule(g)}
    return PreferSpelling(what, single | rules, len(rules))


def _groups(fold, column, n_letters):
    """Rows of each spelling, by folded value; short codes are left out."""
    groups: dict = {}
    for value, n in zip(column.values, column.counts.tolist(), strict=True):
        if sum(map(str.isalpha, value)) >= n_letters:
            groups.setdefault(fold(value), {})[value] = n
    return groups


def _rule(group):
    """Return the spelling that prevails, None if none does."""
    best = max(group, key=lambda value: (group[value], value))
    total = sum(group.values())
    return best if group[best] >= max(MIN_PREVAILS * total, MIN_ROWS) else None


def _has_rule(several, rules, n_rows):
    """Tell whether other spellings are exceptions in the column as a whole."""
    deviating = sum(sum(g.values()) - max(g.values()) for g in several.values())
    if deviating <= MAX_DEVIATING * n_rows:
        return len(rules) >= 0.5 * len(several)
    many = len(rules) >= max(MIN_VALUES, MIN_PREVAILS * len(several))
    return many and deviating <= MAX_DEVIATING_OF_MANY * n_rows
