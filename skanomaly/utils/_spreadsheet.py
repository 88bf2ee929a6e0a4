"""Texts in a CSV file that a spreadsheet takes for nothing else than texts."""

import re

__all__ = ["for_spreadsheet", "from_spreadsheet"]

# A number that any program writes as it is read: no sign but minus, no leading or
# trailing zeros, no more digits than a float has.
_PLAIN = re.compile(r"-?(?=[\d.]{1,16}$)(0|[1-9]\d{0,14})(\.\d*[1-9])?", re.ASCII)
# Some spreadsheets take the wide forms of = + - @ for these.
_FORMULA = re.compile("\\s*[=+\\-@'\\t\\r\\n\uff1d\uff0b\uff0d\uff20]")
_MONTH = re.compile(
    r"(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\W*\d", re.IGNORECASE
)
_BOOLEANS = ("true", "false")
# A file that is opened with another separator would begin a cell after one of these.
_INSIDE = re.compile(r"(?<=[;\t\r\n])(?=[=+\-@'])")
_QUOTE_INSIDE = re.compile(r"(?<=[;\t\r\n])'(?=[=+\-@'])")


def for_spreadsheet(text):
    """Text of a cell in a file: no formula, and nothing that is read as another value.

    What would be one begins with an apostrophe, also what begins with an apostrophe
    itself; missing is nothing, and an empty text one apostrophe. So
    `from_spreadsheet` finds every text again.
    """
    if text is None:
        return ""
    text = _INSIDE.sub("'", text)
    return f"'{text}" if not text or _is_mistaken(text) else text


def from_spreadsheet(text):
    """Return the text behind a cell of a file; None for a missing one."""
    if not isinstance(text, str) or text == "":
        return None
    return _QUOTE_INSIDE.sub("", text.removeprefix("'"))


def _is_mistaken(text):
    """Whether a spreadsheet would read a formula, or change the text to its liking."""
    if _PLAIN.fullmatch(text):
        return False
    has_digit = any(character.isdigit() for character in text)
    odd_number = has_digit and not text[0].isalpha()
    other = text.lower() in _BOOLEANS or _MONTH.match(text) is not None
    return bool(odd_number or other or _FORMULA.match(text))
