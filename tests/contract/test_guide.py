"""Pages of the user guide: their snippets, pictures and examples."""

import doctest
import re
from pathlib import Path

import pytest

GUIDE = Path(__file__).parents[2] / "docs" / "user_guide"
PAGES = {page.name: page.read_text() for page in sorted(GUIDE.glob("*.md"))}
WITH_SNIPPETS = [name for name, text in PAGES.items() if ">>> " in text]
# About running programs: nothing of theirs has been drawn yet.
WITHOUT_PICTURE = {"dask.md", "faults.md", "saving.md", "serving.md", "streams.md"}
SHOWN = sorted(PAGES.keys() - WITHOUT_PICTURE - {"index.md"})
SCRIPTS = {path.stem for path in GUIDE.parent.glob("examples/*/plot_*.py")}


@pytest.mark.parametrize("name", WITH_SNIPPETS)
def test_snippets_print_what_the_guide_says(name):
    # To doctest, the line that ends a block would be a part of what is printed.
    text = PAGES[name].replace("\n```", "\n\n")
    page = doctest.DocTestParser().get_doctest(text, {}, name, name, 0)
    failed, tried = doctest.DocTestRunner().run(page)
    assert tried and not failed


@pytest.mark.parametrize("name", SHOWN)
def test_a_page_has_a_picture_and_names_an_example(name):
    links = r"`(?:\.\./auto_examples/|sphx_glr_auto_examples_)[a-z]+[/_](plot_\w+)"
    named = re.findall(links, PAGES[name])
    assert "{figure}" in PAGES[name]
    assert named and set(named) <= SCRIPTS


def test_the_index_lists_every_page_once():
    listed = re.findall(r"^[a-z_]+$", PAGES["index.md"], flags=re.MULTILINE)
    assert sorted(f"{name}.md" for name in listed) == sorted(
        PAGES.keys() - {"index.md"}
    )


def test_the_gallery_has_a_place_for_every_script():
    conf = (GUIDE.parent / "conf.py").read_text()
    sections = conf[conf.index("SECTIONS = ") : conf.index("SCRIPTS = ")]
    words = {f"plot_{word}" for word in re.findall(r"\w+", sections)}
    assert SCRIPTS and words >= SCRIPTS
