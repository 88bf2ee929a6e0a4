"""A text as tokens, and its pattern: which kinds of tokens follow each other."""

import re
from functools import lru_cache

__all__ = ["is_word", "pattern", "tokens"]

# A capital with what follows it is a word, so that "6:45aDec 1" has a "Dec" in it.
_TOKEN = re.compile(
    r"\d+|[A-Z][a-z]+|[A-Z]+(?![a-z])|[a-z]+|[^\W\d_]+|\s+|[^\w\s]|_|.", re.DOTALL
)
# Several words, or several numbers, one after the other are one kind of thing.
_REPEATED = re.compile(r"(?<![a-zA-Z])(Aa|A|a|9)(?: \1)+(?![a-zA-Z])")
# Longer texts than this are told apart by their beginning only.
MAX_TOKENS = 40


@lru_cache(maxsize=200_000)
def tokens(text):
    """Return runs of digits, words, runs of blanks, and other characters one by one."""
    return tuple(_TOKEN.findall(text))


def is_word(token):
    """Tell whether a token has letters or digits."""
    return token[:1].isalnum()


@lru_cache(maxsize=200_000)
def pattern(text):
    """Return the kinds of the tokens: 9, Aa, A and a for numbers and words.

    Repeated kinds count once: "New York" is of the pattern of "Rome". None, for a
    missing cell, is a pattern of its own.
    """
    if text is None:
        return None
    kinds = [_kind(token) for token in tokens(text)[:MAX_TOKENS]]
    return _REPEATED.sub(r"\1", "".join(kinds))


def _kind(token):
    if not is_word(token):
        return " " if token.isspace() else token
    if token.isdigit():
        return "9"
    if token.islower():
        return "a"
    return "A" if token.isupper() else "Aa"
