"""`docs/check.py` finds what it looks for."""

import importlib.util
from pathlib import Path

import pytest

TYPO = "recie" + "ved"  # in two parts, or the linter finds it
PATH = Path(__file__).parents[2] / "docs" / "check.py"


@pytest.fixture
def check(tmp_path, capsys):
    """Check a page with this body, beside a good one; return status and faults."""
    spec = importlib.util.spec_from_file_location("check", PATH)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    (tmp_path / "fine.html").write_text('<p id="here">Fine.</p>')

    def run(body):
        (tmp_path / "page.html").write_text(f"<article>{body}</article>")
        status = module.main(tmp_path)
        return status, capsys.readouterr().out

    return run


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ('<a href="gone.html">x</a>', "gone.html: no such file"),
        ('<a href="fine.html#there">x</a>', "fine.html#there: no such anchor"),
        ('<img src="gone.png">', "gone.png: no such file"),
        ('<script src="https://cdn.example/x.js"></script>', "loads https://cdn"),
        pytest.param(
            f"<p>The numbers {TYPO}</p>",
            f"{TYPO} ==> received",
            marks=pytest.mark.skipif(
                importlib.util.find_spec("codespell_lib") is None,
                reason="codespell is a tool of make docs, not of make test",
            ),
        ),
    ],
)
def test_a_fault_is_named(check, body, fault):
    status, printed = check(body)
    assert status == 1 and fault in printed


def test_a_good_page_passes(check):
    status, printed = check(
        '<a href="fine.html#here">x</a> <a href="https://example.org">y</a>'
        f"<pre>{TYPO}</pre>"
        f'<div class="output_subarea x"><div></div>{TYPO}</div><p>Fine.</p>'
    )
    assert (status, printed) == (0, "2 pages checked, 0 faults\n")
