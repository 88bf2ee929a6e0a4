"""What a reader sees first: README and first page run, and say what was measured."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "benchmarks" / "results"
README = (ROOT / "README.md").read_text(encoding="utf-8")
FRONT = (ROOT / "docs/index.md").read_text(encoding="utf-8")


def programs(text):
    """The Python blocks of a Markdown page."""
    return re.findall(r"^```python\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("program", [*programs(README), *programs(FRONT)])
def test_programs_of_the_first_pages_run(program):
    exec(program, {})


def test_the_report_of_the_readme_is_what_its_program_prints():
    names = {}
    exec(programs(README)[1], names)
    columns = ["row", "column", "old", "new", "status", "reason"]
    lines = names["corrector"].report_[columns].to_numpy().tolist()
    printed = [f"| {' | '.join(map(str, line))} |" for line in lines]
    assert len(printed) == 4 and "\n".join(printed) in README


@pytest.mark.skipif(not RESULTS.exists(), reason="a source archive has no results")
def test_the_table_of_the_readme_is_read_from_the_results():
    from benchmarks import summary

    assert summary.markdown(summary.headline()) in README


def test_the_readme_is_short_and_has_no_link_that_a_package_index_breaks():
    assert len(README.splitlines()) <= 120
    links = re.findall(r"\]\(([^)]*)\)", README)
    assert links and all(link.startswith("https://") for link in links)


@pytest.mark.skipif(not RESULTS.exists(), reason="a source archive has no results")
def test_the_table_of_estimators_names_every_estimator(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "docs")
    from generators import estimators

    from skanomaly import classifiers, correctors, detectors, samplers

    # Data of others, programs and searches: what an estimator is given or makes.
    helpers = {"RowSampler", "RepairPrograms", "BeamSearch", "GradientSearch"}
    public = {
        name
        for module in (classifiers, correctors, detectors, samplers)
        for name in module.__all__
        if isinstance(getattr(module, name), type)
    }
    assert {entry.name for entry in estimators.ESTIMATORS} == public - helpers
