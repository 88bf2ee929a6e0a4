"""Pieces of a new text: taken from the tokens of another one, or always the same."""

from dataclasses import dataclass

__all__ = ["FORMS", "Literal", "Span", "Word"]

_LONG = (
    "January", "February", "March", "April", "May", "June", "July", "August",
    "September", "October", "November", "December",
)  # fmt: skip
_SHORT = tuple(name[:3] for name in _LONG)
_NUMBER = {
    name.lower(): i for names in (_SHORT, _LONG) for i, name in enumerate(names, 1)
}
# Longest number that is padded by zeros.
MAX_DIGITS = 12


def _month_number(token, width):
    """Return the number of a month's name as text; None for other words."""
    number = _NUMBER.get(token.lower())
    return None if number is None else str(number).zfill(width)


def _month_name(token, names):
    number = int(token) if token.isdigit() and len(token) <= 2 else 0
    return names[number - 1] if 1 <= number <= 12 else None


def _digits(token, change):
    return change(token) if token.isdigit() else None


def _letters(token, change):
    return change(token) if token.isalpha() else None


def _padded(width):
    return lambda token: _digits(token, lambda t: t.zfill(width))


# What may be done to one token: text to text, or to None where it does not apply.
FORMS = {
    "upper case": lambda token: _letters(token, str.upper),
    "lower case": lambda token: _letters(token, str.lower),
    "capitalized": lambda token: _letters(token, str.capitalize),
    "first letter": lambda token: _letters(token, lambda t: t[0]),
    "without leading zeros": lambda token: _digits(token, lambda t: str(int(t))),
    "last two digits": lambda token: _digits(token, lambda t: t[-2:]),
    "short month name": lambda token: _month_name(token, _SHORT),
    "long month name": lambda token: _month_name(token, _LONG),
    "month number": lambda token: _month_number(token, 1),
    "month number, two digits": lambda token: _month_number(token, 2),
    **{f"{n} digits": _padded(n) for n in range(2, MAX_DIGITS + 1)},
}


def _place(at):
    """Name a token as people count: from 1, or from the end."""
    if at >= 0:
        return f"token {at + 1}"
    return "the last token" if at == -1 else f"token {-at} from the end"


@dataclass(frozen=True)
class Span:
    """Tokens `start` to `stop`, as they are; negative ones count from the end."""

    start: int
    stop: int | None

    cost = 1.0

    def __str__(self):
        if self.stop == (self.start + 1 or None):
            return _place(self.start)
        if self.stop is None:
            return "all" if not self.start else f"from {_place(self.start)} on"
        if not self.start:
            return f"all before {_place(self.stop)}"
        return f"{_place(self.start)} to before {_place(self.stop)}"

    def write(self, parts):
        """Return the text of the tokens; None where there are none."""
        return "".join(parts[self.start : self.stop]) or None


@dataclass(frozen=True)
class Word:
    """One token in another form, see `FORMS`."""

    at: int
    form: str

    cost = 1.5

    def __str__(self):
        return f"{_place(self.at)} ({self.form})"

    def write(self, parts):
        """Return the token in its form; None where it has none."""
        if not -len(parts) <= self.at < len(parts):
            return None
        return FORMS[self.form](parts[self.at])


@dataclass(frozen=True)
class Literal:
    """The same text everywhere; letters and digits cost more than signs."""

    text: str

    def __str__(self):
        return repr(self.text)

    @property
    def cost(self):
        """How much it says."""
        return 1.0 + 0.2 * len(self.text) + self.n_letters

    @property
    def n_letters(self):
        """Letters and digits in it."""
        return sum(map(str.isalnum, self.text))

    def write(self, parts):
        """Return the text."""
        return self.text
