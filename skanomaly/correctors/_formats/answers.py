"""Answers that are written out at times, and abbreviated at others."""

from dataclasses import dataclass, field

from skanomaly.correctors._formats.column import Step

__all__ = ["WriteAnswers", "learn_answers"]

# What a column may ask for; the first letter of each stands for it. A letter alone says
# nothing: "F" is of a sex, or of a truth value.
PAIRS = (
    ("yes", "no"), ("ja", "nein"), ("oui", "non"), ("sí", "no"), ("si", "no"),
    ("ja", "nee"), ("ja", "nej"), ("tak", "nie"), ("true", "false"), ("male", "female"),
    ("männlich", "weiblich"),
)  # fmt: skip
# So many rows of a column hold one of the two, so many of these in the same way, and
# each of the two is known in that way from so many rows.
MIN_ANSWERED, MIN_ALIKE, MIN_ROWS = 0.95, 0.8, 10
STYLES = str.lower, str.upper, str.capitalize


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
    """Return the step of a column of answers, if it writes them in several ways."""
    if len(column.values) <= 2:
        return []
    steps = (_of_pair(pair, column) for pair in PAIRS)
    return [step for step in steps if step is not None][:1]


def _of_pair(pair, column):
    """Return the step for two answers, None if the column is none of these."""
    answer = {form: i for i in (0, 1) for form in (pair[i], pair[i][0])}
    rows: tuple[dict, dict] = ({}, {})
    for value, n in zip(column.values, column.counts.tolist(), strict=True):
        if value.lower() in answer:
            rows[answer[value.lower()]][value] = n
    ways = [
        max(forms, key=lambda form: (forms[form], form), default="") for forms in rows
    ]
    as_words = any(value.lower() in pair for forms in rows for value in forms)
    if not as_words or not _prevail(rows, ways, column.n_rows):
        return None
    first, second = ways
    return WriteAnswers(first, second, {form: ways[i] for form, i in answer.items()})


def _prevail(rows, ways, n_rows):
    """Tell whether the column holds the two answers, and each mostly in this way.

    Both are words, or both letters, and in the same case: what is mixed has no rule.
    """
    answered = sum(sum(forms.values()) for forms in rows)
    known = [forms.get(way, 0) for forms, way in zip(rows, ways, strict=True)]
    many = min(known) >= MIN_ROWS and sum(known) >= MIN_ALIKE * answered
    same_form = len({len(way) == 1 for way in ways}) == 1
    same_case = any(all(style(way) == way for way in ways) for style in STYLES)
    return many and same_form and same_case and answered >= MIN_ANSWERED * n_rows
