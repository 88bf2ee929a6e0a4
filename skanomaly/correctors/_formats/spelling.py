"""Values that differ by case, separators or marks, where one spelling prevails."""

import re
from dataclasses import dataclass, field

import numpy as np
from scipy.stats import chi2_contingency

from skanomaly.correctors._formats.column import Step
from skanomaly.correctors._formats.units import UNITS, canonical_unit, fold_unit

__all__ = ["PreferSpelling", "learn_spelling"]

# A spelling prevails if so many rows have it ...
MIN_ROWS = 10
# ... and in their value, and in the column as a whole, so few rows differ. A column
# that mixes styles ("eng", "ENG", "English") has no rule to apply.
FEW_IN_VALUE, FEW_IN_COLUMN = 0.1, 0.01
# More may differ where several values do, most of them by the rule.
MIN_VALUES = 2
MANY_IN_VALUE, MANY_IN_COLUMN = 0.3, 0.2
MIN_RULED = 0.8
# Letters that a value must have: in short codes case, dots and dashes carry meaning.
# Values of two letters count where several values show that they do not.
MIN_LETTERS, MIN_LETTERS_OF_CODE = 3, 2
MIN_CODES = 3
# ... or where they are one of two answers, "ja" and "nein", that so many rows hold.
N_ANSWERS, MIN_ANSWERED = 2, 0.95
WORDS = str.lower, str.upper, str.title
# In codes of one letter it carries none where so many come in the other case in so many
# rows each, all as often but by this chance, and hardly a row of the column holds
# anything else.
MIN_LETTER_CODES, MIN_ROWS_OF_OTHER = 2, 5
MIN_P_ALIKE, MIN_LETTER_ROWS = 1e-3, 0.95
# Capitals are slips in a column in which hardly a row has nothing but them, and most of
# these, of so many values, are known in the way of the others.
FEW_IN_STYLE, MIN_STYLED = 0.05, 5
STYLES = str.upper, str.lower

_SEPARATORS = re.compile(r"[\s_\-]+")
_BLANKS = re.compile(r"(?<=\d)\s+(?=[^\W\d])")
_UNIT = re.compile(r"(?<=\d)(\s*)([^\W\d]{2,})\b")
_DOTS = re.compile(r"(?<=[^\W\d])\.(?=\s|$)")
_MARK = "[\"'`\u201c\u201d\u2018\u2019*.,;:\\s]+"
_MARKS = re.compile(f"^{_MARK}|{_MARK}$")


def _with_one_word_for_units(value):
    return _UNIT.sub(lambda found: found[1] + _one_word(found[2]), value)


def _one_word(text):
    return canonical_unit(text) if fold_unit(text) in UNITS else text


FOLDS = {
    # Not casefold: Weiß and Weiss are two names.
    "case": str.lower,
    "separators": lambda value: _SEPARATORS.sub(" ", value),
    "marks at the ends": lambda value: _MARKS.sub("", value),
    "words for units": _with_one_word_for_units,
    "blanks before units": lambda value: _BLANKS.sub("", value),
    "dots of abbreviations": lambda value: _DOTS.sub("", value),
}

# A unit has one letter often.
OF_UNITS = "words for units", "blanks before units"


@dataclass(frozen=True)
class PreferSpelling(Step):
    """Write a value in its prevailing spelling; `spellings` has it by folded value."""

    what: str
    spellings: dict = field(hash=False)
    n_values: int

    def __str__(self):
        values = "value" if self.n_values == 1 else "values"
        return f"unify {self.what} ({self.n_values} {values})"

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
    fold = FOLDS[what]
    groups = _groups(fold, column, 1 if what in OF_UNITS else MIN_LETTERS)
    codes = _groups(fold, column, MIN_LETTERS_OF_CODE)
    rules = (
        _rules_of_many(codes, column.n_rows, MIN_CODES)
        or _rules_of_answers(what, codes, column.n_rows)
        or _rules_of_many(groups, column.n_rows, MIN_VALUES)
        or _rules_of_few(groups, column.n_rows)
        or _rules_of_letters(what, _groups(fold, column, 1), column.n_rows)
    )
    rules = _rules_of_style(what, groups, column.n_rows) | rules
    if not rules:
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


def _rule(group, few=FEW_IN_VALUE):
    """Return the spelling that prevails, None if none does."""
    best = max(group, key=lambda value: (group[value], value))
    enough = max((1 - few) * sum(group.values()), MIN_ROWS)
    return best if group[best] >= enough else None


def _rules_of_few(groups, n_rows):
    """Return the rules where other spellings are rare exceptions in the column."""
    several = {key: group for key, group in groups.items() if len(group) > 1}
    rules = {key: rule for key, group in several.items() if (rule := _rule(group))}
    rare = sum(map(_n_differing, several.values())) <= FEW_IN_COLUMN * n_rows
    return rules if rare and len(rules) >= 0.5 * len(several) else {}


def _rules_of_many(groups, n_rows, n_values):
    """Return the rules where several values are spelled in another way at times."""
    several = {key: group for key, group in groups.items() if len(group) > 1}
    rules = {k: rule for k, g in several.items() if (rule := _rule(g, MANY_IN_VALUE))}
    differing = {key: _n_differing(group) for key, group in several.items()}
    ruled = sum(differing[key] for key in rules)
    proved = len(rules) >= n_values and ruled >= MIN_RULED * sum(differing.values())
    return rules if proved and ruled <= MANY_IN_COLUMN * n_rows else {}


def _rules_of_answers(what, groups, n_rows):
    """Return the rules where a column has two answers, one of two letters.

    Both are words, in one case: "kW" and "mWh" are none, nor are "CO" and "CO2".
    """
    if what != "case":
        return {}
    answers = {k: g for k, g in groups.items() if sum(g.values()) >= MIN_ROWS}
    covered = sum(sum(group.values()) for group in answers.values())
    if len(answers) != N_ANSWERS or covered < MIN_ANSWERED * n_rows:
        return {}
    short, long = sorted(answers, key=len)
    if len(long) < MIN_LETTERS or not (short + long).isalpha() or short in long:
        return {}
    rules = _rules_of_many(answers, n_rows, N_ANSWERS)
    styles = [style for style in WORDS if all(style(r) == r for r in rules.values())]
    return rules if styles else {}


def _rules_of_letters(what, groups, n_rows):
    """Return the rules for codes of one letter: slips come alike in all of them.

    A letter that means something else in the other case has a frequency of its own. A
    mark beside a letter ("A*") is no slip, however often it comes.
    """
    if what != "case":
        return {}
    codes = {key: group for key, group in groups.items() if len(key) == 1}
    rules = _rules_of_many(codes, n_rows, MIN_LETTER_CODES)
    other = np.array([_n_differing(group) for group in codes.values()])
    known = np.array([max(group.values()) for group in codes.values()])
    few = (other >= MIN_ROWS_OF_OTHER).sum() < MIN_LETTER_CODES
    both_cases = len({rule.islower() for rule in rules.values()}) != 1
    mixed = (other + known).sum() < MIN_LETTER_ROWS * n_rows
    if few or both_cases or mixed:
        return {}
    alike = chi2_contingency(np.stack([other, known]), correction=False).pvalue
    return rules if alike >= MIN_P_ALIKE else {}


def _rules_of_style(what, groups, n_rows):
    """Return the rules where many values, of few rows each, have a row in capitals.

    No value has the rows to decide how it is written; the column has. Or in small
    letters, where no other value is.
    """
    rules: dict[str, str] = {}
    for style in STYLES if what == "case" else ():
        styled = {
            key: sum(n for value, n in group.items() if style(value) == value)
            for key, group in groups.items()
        }
        twins = {key: _usual(style, groups[key]) for key, n in styled.items() if n}
        twins = {key: twin for key, twin in twins.items() if twin is not None}
        n_styled, ruled = sum(styled.values()), sum(styled[key] for key in twins)
        is_slip = ruled >= MIN_RULED * n_styled and n_styled <= FEW_IN_STYLE * n_rows
        if is_slip and len(twins) >= MIN_STYLED:
            rules |= twins
    return rules


def _usual(style, group):
    """Return the only spelling that is not in a style, None if it has fewer rows."""
    others = [value for value in group if style(value) != value]
    is_usual = len(others) == 1 and 2 * group[others[0]] >= sum(group.values())
    return others[0] if is_usual else None


def _n_differing(group):
    return sum(group.values()) - max(group.values())
