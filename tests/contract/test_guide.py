"""Snippets of the user guide that show what they print."""

import doctest
from pathlib import Path

import pytest

GUIDE = Path(__file__).parents[2] / "docs" / "user_guide"
PAGES = sorted(page.name for page in GUIDE.glob("*.md") if ">>> " in page.read_text())


@pytest.mark.parametrize("name", PAGES)
def test_snippets_print_what_the_guide_says(name):
    # To doctest, the line that ends a block would be a part of what is printed.
    text = (GUIDE / name).read_text().replace("\n```", "\n\n")
    page = doctest.DocTestParser().get_doctest(text, {}, name, name, 0)
    failed, tried = doctest.DocTestRunner().run(page)
    assert tried and not failed
