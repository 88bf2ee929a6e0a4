"""Snippets of the user guide that show what they print."""

import doctest
from pathlib import Path

import pytest

GUIDE = Path(__file__).parents[2] / "docs" / "user_guide"
PAGES = sorted(page.name for page in GUIDE.glob("*.md") if ">>> " in page.read_text())


@pytest.mark.parametrize("name", PAGES)
def test_snippets_print_what_the_guide_says(name):
    flags = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    path = str(GUIDE / name)
    failed, tried = doctest.testfile(path, module_relative=False, optionflags=flags)
    assert tried and not failed
