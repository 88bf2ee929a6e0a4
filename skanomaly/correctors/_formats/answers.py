"""Answers that are written out at times, and abbreviated at others."""

from dataclasses import dataclass, field

from scipy.stats import binomtest

from skanomaly.correctors._formats.column import Step

__all__ = ["WriteAnswers", "learn_answers"]

# What a column may ask for; the first letter of each stands for it.
PAIRS = (
    ("yes", "no"), ("ja", "nein"), ("oui", "non"), ("sí", "no"), ("si", "no"),
    ("ja", "nee"), ("ja", "nej"), ("tak", "nie"), ("true", "false"), ("male", "female"),
    ("männlich", "weiblich"),
)  # fmt: skip
# A column asks for them if so many rows hold one of the two, and one word of so many
# letters: "F" is of a sex, or of a truth value, and "NO" a point of the compass.
MIN_ANSWERED, MIN_LETTERS = 0.95, 3
# It writes them in the way of so many rows of each, and of this part of these.
MIN_ROWS, MIN_ALIKE = 10, 0.8
STYLES = str.lower, str.upper, str.capitalize
# Another way comes as often for one as for the other answer, but by this chance, and
# for one alone in fewer rows: if "N" comes often, it may be "not asked", or cut off.
MIN_P, MIN_ROWS_OF_BOTH = 0.01, 5


@dataclass(frozen=True)
class WriteAnswers(Step):
    """Write the answers of a column in one way; `answers` has it by folded value."""

    first: str
    second: str
    answers: dict = field(hash=False)

    def __str__(self):
        return f"write answers as '{self.first}' and '{self.second}'"

    def rewrite(self, value):
        """Return the answer in the way of the column; what is none stays."""
        return self.answers.get(value.lower(), value)


def learn_answers(column):
    """Return the steps of a column of answers: one for case, and one for length.

    They are two, since another column may give a reason for one of them only.
    """
    pair = next((pair for pair in PAIRS if _asks(pair, column)), None)
    steps: list = []
    for learn in (_learn_case, _learn_length) if pair else ():
        rows = _rows_of(pair, column)
        ways = _ways(rows)
        if ways is not None:
            steps.append(learn(pair, rows, ways))
            column = column.after(steps[-1])
    return steps


def _asks(pair, column):
    """Tell whether nearly all rows hold one of two answers, some of them as a word."""
    rows = _rows_of(pair, column)
    answered = sum(sum(forms.values()) for forms in rows)
    if len(column.values) <= 2 or answered < MIN_ANSWERED * column.n_rows:
        return False
    values = [value for forms in rows for value in forms]
    words = {value.lower() for value in values} & set(pair)
    # Of two letters each, "si" and "no", but not the countries SI and NO.
    both = len(words) == 2 and any(v.islower() for v in values if v.lower() in pair)
    return both or any(len(word) >= MIN_LETTERS for word in words)


def _rows_of(pair, column):
    """Rows of each spelling of the two answers, a dict for each."""
    rows: tuple[dict, dict] = ({}, {})
    for value, n in zip(column.values, column.counts.tolist(), strict=True):
        for forms, word in zip(rows, pair, strict=True):
            if value.lower() in (word, word[0]):
                forms[value] = n
    return rows


def _ways(rows):
    """Return how the column writes the answers; None where it has no way.

    Both are words, or both letters, and in the same case.
    """
    if not all(rows):
        return None
    ways = [max(forms, key=lambda form: (forms[form], form)) for forms in rows]
    for forms, way in zip(rows, ways, strict=True):
        if forms[way] < max(MIN_ROWS, MIN_ALIKE * sum(forms.values())):
            return None
    same_length = len({len(way) == 1 for way in ways}) == 1
    same_case = any(all(style(way) == way for way in ways) for style in STYLES)
    return ways if same_length and same_case else None


def _learn_case(pair, rows, ways):
    """Return the step that unifies the case of what is written in full, or is not."""
    first, second = ways
    return WriteAnswers(first, second, {way.lower(): way for way in ways})


def _learn_length(pair, rows, ways):
    """Return the step that abbreviates the answers or writes them out."""
    first, second = ways
    forms = [word if len(first) == 1 else word[0] for word in pair]
    other = [
        sum(n for value, n in each.items() if value.lower() == form)
        for each, form in zip(rows, forms, strict=True)
    ]
    known = [each[way] for each, way in zip(rows, ways, strict=True)]
    answers = dict(zip(forms, ways, strict=True)) if _come_alike(other, known) else {}
    return WriteAnswers(first, second, answers)


def _come_alike(other, known):
    """Tell whether another way of writing comes for both answers as the known one."""
    n, share = sum(other), known[0] / sum(known)
    if not n or (not min(other) and n >= MIN_ROWS_OF_BOTH):
        return False
    return binomtest(other[0], n, share).pvalue >= MIN_P
