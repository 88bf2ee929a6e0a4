"""Texts that several docstrings share, written once."""

import re
from collections.abc import Callable
from textwrap import indent
from typing import Any, TypeVar

__all__ = ["filled", "with_texts"]

FunctionT = TypeVar("FunctionT", bound=Callable[..., Any])


def filled(doc: str, texts: dict[str, str]) -> str:
    """Docstring with a text for each line that is a name in braces."""

    def text_of(match):
        margin, name = match.groups()
        return indent(texts[name], margin) if name in texts else match.group()

    return re.sub(r"^( *)\{(\w+)\}$", text_of, doc, flags=re.MULTILINE)


def with_texts(**texts: str) -> Callable[[FunctionT], FunctionT]:
    """Fill the docstring of a function: texts for names in braces."""

    def fill(function):
        if function.__doc__:  # python -OO has none
            function.__doc__ = filled(function.__doc__, texts)
        return function

    return fill
