"""Annotations are there, say what the docstrings say, and bite in a user's mypy."""

import ast
import functools
import importlib
import importlib.util
import inspect
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Literal, Unpack, get_args, get_origin, get_type_hints

import pytest
from numpydoc.docscrape import NumpyDocString

from skanomaly.metrics import _scorers
from skanomaly.nets import layers

ROOT = Path(__file__).parents[2]
PROGRAM = Path(__file__).with_name("typed_program.py")

# Every public name of these is annotated.
PACKAGES = (
    "base",
    "classifiers",
    "correctors",
    "datasets",
    "detectors",
    "displays",
    "metrics",
    "nets",
    "pyod",
    "samplers",
)

# Types of docstrings that leave one way to write the annotation.
PLAIN = {"bool": bool, "float": float, "int": int, "str": str}


def _functions():
    """Pairs (dotted name, function): what users call, methods included."""
    for package in PACKAGES:
        module = importlib.import_module(f"skanomaly.{package}")
        for name in module.__all__:
            value = getattr(module, name)
            if inspect.isfunction(value):
                yield f"{package}.{name}", value
            elif inspect.isclass(value):
                yield from _methods(f"{package}.{name}", value)


def _methods(path, cls):
    members: dict = {}
    for base in reversed(cls.__mro__):
        # What others wrote is for them to annotate.
        members |= vars(base) if base.__module__.startswith("skanomaly.") else {}
    for name, member in members.items():
        function = getattr(member, "__func__", getattr(member, "fget", member))
        is_public = not name.startswith("_") or name in ("__init__", "__call__")
        if is_public and inspect.isfunction(function):
            yield f"{path}.{name}", inspect.unwrap(function)


FUNCTIONS = dict(_functions())


@functools.cache
def _annotations(name):
    """Annotations of a function; those of shared parameters from their `TypedDict`."""
    # Names that displays import for type checkers only.
    others = {"Axes": object, "AxesLike": object}
    hints = get_type_hints(FUNCTIONS[name], localns=others)
    shared = [get_args(h)[0] for h in hints.values() if get_origin(h) is Unpack]
    for table in shared:
        hints |= get_type_hints(table)
    return hints


# A test for each of 400 functions would spend more time on tests than on checks.
every_package = pytest.mark.parametrize("package", PACKAGES)


def _of(package):
    return [name for name in FUNCTIONS if name.startswith(f"{package}.")]


@every_package
def test_every_parameter_and_every_result_is_annotated(package):
    assert _of(package)
    for name in _of(package):
        annotated = {"self", "cls", *_annotations(name)}
        declared = inspect.signature(FUNCTIONS[name]).parameters.keys()
        assert declared - annotated == set(), name
        assert "return" in annotated, name


def _owner(name):
    """Return the object whose docstring describes the parameters of a function."""
    path = name.removesuffix(".__init__").split(".")
    value = importlib.import_module(f"skanomaly.{path[0]}")
    for part in path[1:]:
        value = getattr(value, part)
    return value


@every_package
def test_annotations_agree_with_the_docstring(package):
    for name in _of(package):
        doc = NumpyDocString(inspect.getdoc(_owner(name)) or "")
        for entry in doc["Parameters"]:
            for parameter in entry.name.split(", "):
                annotation = _annotations(name).get(parameter)
                _check_annotation(annotation, entry.type, f"{name}: {parameter}")


def _check_annotation(annotation, said, where):
    text, _, default = said.partition(", default=")
    if choices := re.match(r"\{.+?\}", text):
        assert _choices(annotation) == ast.literal_eval(choices[0]), where
    elif text in PLAIN and not _choices(annotation):
        plain = PLAIN[text]
        plain = plain | None if default == "None" else plain
        assert annotation == plain, where


def _choices(annotation):
    """Values of the `Literal` in an annotation."""
    parts = (annotation, *get_args(annotation))
    return {v for p in parts if get_origin(p) is Literal for v in get_args(p)}


def test_names_for_type_checkers_are_those_that_are_known():
    assert set(get_args(_scorers.Metric)) == set(_scorers.METRICS)
    assert set(_scorers.ScorerOptions.__annotations__) == set(_scorers.OPTION_CHECKS)
    assert set(get_args(layers.ActivationName)) == set(layers.ACTIVATIONS)


def _expected(program):
    """Codes of the errors that a program announces, sorted: line -> codes."""
    lines = enumerate(program.read_text().splitlines(), start=1)
    marks = ((n, re.search(r"  # E: (.+)$", line)) for n, line in lines)
    return {n: sorted(mark[1].split(", ")) for n, mark in marks if mark}


# Of torch only what the program names: mypy would read 1,384 modules of it, which is
# most of the test's time.
CONFIG = """\
[mypy]
[mypy-torch.*]
follow_imports = skip
[mypy-torch,torch._C.*,torch._tensor,torch.nn.*,torch.optim.*,torch.types]
follow_imports = silent
"""


def _found(program, folder):
    """Codes of the errors that a strict mypy finds, likewise; others by their text."""
    config = folder / "mypy.ini"
    config.write_text(CONFIG)
    options = (
        "--strict", "--follow-imports=silent", f"--config-file={config}",
        f"--cache-dir={os.devnull}", "--no-error-summary", "--hide-error-context",
        "--no-pretty", "--no-color-output", "--show-error-codes",
    )  # fmt: skip
    result = subprocess.run(
        [sys.executable, "-m", "mypy", *options, str(program.relative_to(ROOT))],
        cwd=ROOT,
        env={**os.environ, "MYPYPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert result.stderr == ""
    found = {}
    for line in result.stdout.splitlines():
        error = re.match(rf"\S*{program.name}:(\d+): error: .*\[([a-z-]+)\]$", line)
        place, code = (int(error[1]), error[2]) if error else (line, line)
        if error or ": note: " not in line:
            found.setdefault(place, []).append(code)
    return {place: sorted(codes) for place, codes in found.items()}


@pytest.mark.skipif(
    importlib.util.find_spec("mypy") is None,
    reason="mypy is not installed (it is in the extra `test`)",
)
def test_a_strict_mypy_refuses_wrong_calls_and_no_others(tmp_path):
    assert _found(PROGRAM, tmp_path) == _expected(PROGRAM)


def test_the_package_says_that_it_is_typed():
    assert (ROOT / "skanomaly" / "py.typed").exists()
