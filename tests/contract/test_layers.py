"""What import-linter cannot say of the layers (the layers: pyproject.toml)."""

import ast
from dataclasses import dataclass
from pathlib import Path

import skanomaly

ROOT = Path(skanomaly.__file__).parent

# Their modules are for the whole package.
SHARED = {"_training", "utils"}

FUNCTIONS = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


@dataclass(frozen=True)
class Import:
    """A name of the package that a file imports, by its parts below `skanomaly`."""

    file: Path
    line: int
    in_function: bool
    parts: tuple

    @property
    def is_private(self):
        """Whether the name is another sub-package's own business."""
        owner, *below = self.parts or [""]
        if owner in SHARED or owner == self.file.with_suffix("").parts[0]:
            return False
        return any(part.startswith("_") for part in below)

    def __str__(self):
        return f"{self.file}:{self.line}: {'.'.join(self.parts)}"


def imports_of(file, source):
    """Return every import of a name of the package."""
    tree = ast.parse(source)
    functions = [node for node in ast.walk(tree) if isinstance(node, FUNCTIONS)]
    inside = {id(node) for function in functions for node in ast.walk(function)}
    return [
        Import(file, node.lineno, id(node) in inside, tuple(parts))
        for node in ast.walk(tree)
        for root, *parts in _names(node)
        if root == "skanomaly"
    ]


def _names(node):
    if isinstance(node, ast.Import):
        return [alias.name.split(".") for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        assert not node.level, "the package imports by full names"
        return [[*node.module.split("."), alias.name] for alias in node.names]
    return []


def imports():
    """Return the imports of all files."""
    return [
        found
        for path in sorted(ROOT.rglob("*.py"))
        for found in imports_of(path.relative_to(ROOT), path.read_text())
    ]


def test_no_module_imports_a_private_name_of_another_sub_package():
    assert [str(found) for found in imports() if found.is_private] == []


def test_no_import_hides_in_a_function():
    """A circle is broken by moving what both sides need, not by importing late."""
    assert [str(found) for found in imports() if found.in_function] == []


def test_the_tests_above_would_see_what_they_forbid():
    source = (
        "from skanomaly.metrics._ranking import check\n"
        "from skanomaly.metrics import anomaly_scorer, _scorers\n"
        "from skanomaly.utils._scores import check_scores\n"
        "from skanomaly.displays._drawing import import_pyplot\n"
        "def f():\n"
        "    import skanomaly.nets.layers\n"
    )
    found = imports_of(Path("displays/_scores.py"), source)
    assert [i.line for i in found if i.is_private] == [1, 2]
    assert [i.line for i in found if i.in_function] == [6]
    assert len(imports()) > 300
