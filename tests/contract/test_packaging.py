"""What is said about the package elsewhere than in its code, and must agree with it."""

import ast
import importlib.util
import re
import subprocess
import sys
from configparser import ConfigParser
from pathlib import Path

import pytest

import skanomaly

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = Path(skanomaly.__file__).parent
if not (ROOT / "setup.cfg").exists():
    pytest.skip("tests without a source tree around them", allow_module_level=True)

# Distributions that are named otherwise than what is imported.
DISTRIBUTIONS = {"sklearn": "scikit-learn", "PIL": "pillow"}


def metadata():
    config = ConfigParser()
    config.read(ROOT / "setup.cfg", "utf-8")
    return config


def declared(lines):
    """Names of the distributions in a list of requirements."""
    return {
        re.split(r"[\[<>=!~ ]", line, maxsplit=1)[0]
        for line in lines.strip().splitlines()
        if not line.startswith("#")
    }


def imported():
    """What the files of the package import, beside Python's own."""
    found = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                found |= {alias.name.partition(".")[0] for alias in node.names}
            if isinstance(node, ast.ImportFrom):
                found.add(node.module.partition(".")[0])
    return found - set(sys.stdlib_module_names) - {"skanomaly"}


def modules_at_import(extras):
    """What is imported when all modules are, but those that are named as an extra."""
    code = (
        "import pkgutil, sys, importlib, skanomaly\n"
        "for m in pkgutil.walk_packages(skanomaly.__path__, 'skanomaly.'):\n"
        f"    if m.name.split('.')[1] not in {['__main__', *extras]!r}:\n"
        "        importlib.import_module(m.name)\n"
        "print(*{name.partition('.')[0] for name in sys.modules})\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True
    )
    return set(result.stdout.split())


def test_every_import_is_declared_and_every_declaration_imported():
    config = metadata()
    needed = declared(config["options"]["install_requires"])
    extras = config["options.extras_require"]
    optional = [declared(extras[name]) for name in extras if name not in TOOLS]
    used = {DISTRIBUTIONS.get(name, name) for name in imported()}
    assert used - needed - set().union(*optional) <= NOT_DECLARED
    assert needed - used <= NOT_IMPORTED


def test_all_modules_are_imported_without_the_extras():
    config = metadata()
    extras = config["options.extras_require"]
    optional = [declared(extras[name]) for name in extras if name not in TOOLS]
    assert modules_at_import(extras) & set().union(*optional) <= COME_ALONG


# Extras for work on the package.
TOOLS = ("test", "bench", "docs", "dev", "release")
# They come with scikit-learn; frames of polars come from users who have it.
NOT_DECLARED = {"joblib", "threadpoolctl", "polars"}
NOT_IMPORTED = {"skops"}
# pandas and skops import them where they are installed.
COME_ALONG = {"pyarrow", "dask"}


def release_script():
    path = ROOT / ".ci" / "prepare_release.py"
    spec = importlib.util.spec_from_file_location("prepare_release", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_relative_links_of_the_readme_lead_somewhere():
    text = (ROOT / "README.md").read_text("utf-8")
    relative = release_script().RELATIVE_LINK.findall(text)
    assert [link for link in relative if not (ROOT / link).exists()] == []


def test_relative_links_are_absolute_on_pypi():
    text = "[a](CHANGELOG.md), [b](docs/b.md), ![c](c.png), [d](https://d), [e](#e)"
    script = release_script()
    released = script.absolute_links(text, "https://host/owner/name", "v1.2.3")
    assert script.RELATIVE_LINK.findall(released) == []
    assert "[a](https://host/owner/name/blob/v1.2.3/CHANGELOG.md)" in released
    assert released.endswith("[d](https://d), [e](#e)")
    assert released.count("](https://") == 4


def test_the_metadata_of_a_release_has_the_addresses_of_its_repository():
    config = ConfigParser()
    text = (ROOT / "setup.cfg").read_text("utf-8")
    config.read_string(release_script().with_addresses(text, "https://host/o/n"))
    urls = config["metadata"]["project_urls"]
    assert "Source = https://host/o/n\n" in urls
    assert config["metadata"]["name"] == "skanomaly"


def test_a_release_is_refused_where_tag_and_version_differ():
    check = release_script().check_version
    check('__version__ = "0.1.0"', "v0.1.0")
    for tag in ("v0.2.0", "0.1.0", "v0.1.0.dev0"):
        with pytest.raises(SystemExit, match=r"but __version__ is '0\.1\.0'"):
            check('__version__ = "0.1.0"', tag)


def test_versions_agree():
    cited = (ROOT / "CITATION.cff").read_text("utf-8")
    assert f"version: {skanomaly.__version__}\n" in cited
    release = skanomaly.__version__.partition(".dev")[0]
    newest = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.M)
    assert newest[1] in (release, "Unreleased")


def test_every_classifier_of_python_is_tested():
    config = metadata()
    named = re.findall(r"Python :: (3\.\d+)", config["metadata"]["classifiers"])
    tested = (ROOT / ".github/workflows/ci.yml").read_text("utf-8")
    assert named and all(f'"{version}"' in tested for version in named)
    assert config["options"]["python_requires"] == f">={named[0]}"


def test_every_test_folder_and_every_asset_is_packed():
    """A folder without Python files, or a new kind of asset, is easily left out."""
    packed = metadata()["options.package_data"]
    assets = {
        path.relative_to(PACKAGE)
        for path in PACKAGE.rglob("*")
        if path.is_file() and path.suffix not in (".py", ".pyc")
        # Caches of tools are no assets.
        if not any(part.startswith(".") for part in path.relative_to(PACKAGE).parts)
    }
    patterns = [
        (part.removeprefix("skanomaly").strip(".").replace(".", "/"), pattern.strip())
        for part, names in packed.items()
        for pattern in names.split(",")
    ]
    for asset in assets:
        folder = "" if str(asset.parent) == "." else asset.parent.as_posix()
        assert any(folder == f and asset.match(p) for f, p in patterns), asset


def test_the_tests_that_the_table_of_faults_names_are_there():
    page = (ROOT / "docs/user_guide/faults.md").read_text("utf-8")
    named = re.findall(r"`([\w/]+\.py)::(\w+)`", page)
    assert len(named) == page.count("::") > 15
    for file, test in named:
        assert f"def {test}(" in (ROOT / "tests" / file).read_text("utf-8"), test
